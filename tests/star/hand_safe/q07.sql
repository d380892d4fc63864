-- Each month of 2022 to 2025 beside the month before, by the calendar: after an empty month there is nothing to compare.
WITH by_day AS (
    SELECT order_date AS day, sum(revenue) AS revenue FROM fact_orders
    WHERE order_date >= DATE '2021-12-01' AND order_date < DATE '2026-01-01'
    GROUP BY order_date
),
by_month AS (SELECT date_trunc('month', day)::DATE AS month, sum(revenue) AS revenue FROM by_day GROUP BY month),
placed AS (
    SELECT month, revenue, NULL::DECIMAL(38, 2) AS before FROM by_month
    UNION ALL
    SELECT (month + INTERVAL 1 MONTH)::DATE, NULL, revenue FROM by_month
)
SELECT month AS date_month, max(revenue) AS revenue, max(before) AS revenue_month_before,
       (max(revenue) - max(before)) / nullif(max(before), 0) AS revenue_change
FROM placed
WHERE month >= DATE '2022-01-01' AND month < DATE '2026-01-01'
GROUP BY month
