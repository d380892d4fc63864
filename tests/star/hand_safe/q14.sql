-- Return on ad spend of each month of 2022 to 2025 beside that of the same month a year before.
WITH earned AS (
    SELECT order_date AS day, sum(revenue) AS revenue FROM fact_orders
    WHERE order_date >= DATE '2021-01-01' AND order_date < DATE '2026-01-01' GROUP BY order_date
),
spent AS (
    SELECT spend_date AS day, sum(cost) AS cost FROM fact_ad_spend
    WHERE spend_date >= DATE '2021-01-01' AND spend_date < DATE '2026-01-01' GROUP BY spend_date
),
both_facts AS (
    SELECT day, revenue, NULL::DECIMAL(38, 2) AS cost FROM earned UNION ALL SELECT day, NULL, cost FROM spent
),
by_month AS (
    SELECT date_trunc('month', day)::DATE AS month, sum(revenue) / nullif(sum(cost), 0) AS roas
    FROM both_facts GROUP BY month
),
placed AS (
    SELECT month, roas, NULL::DOUBLE AS before FROM by_month
    UNION ALL
    SELECT (month + INTERVAL 1 YEAR)::DATE, NULL, roas FROM by_month
)
SELECT month AS date_month, max(roas) AS roas, max(before) AS roas_year_before
FROM placed
WHERE month >= DATE '2022-01-01' AND month < DATE '2026-01-01'
GROUP BY month
