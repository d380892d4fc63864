-- Return on ad spend of each month beside that of the same month a year before.
WITH by_day AS (
    SELECT order_date AS day, sum(revenue) AS revenue, NULL::DECIMAL(38, 2) AS cost FROM fact_orders GROUP BY day
    UNION ALL
    SELECT spend_date, NULL, sum(cost) FROM fact_ad_spend GROUP BY spend_date
),
by_month AS (
    SELECT date_trunc('month', day)::DATE AS month, sum(revenue) / nullif(sum(cost), 0) AS roas
    FROM by_day
    GROUP BY month
)
SELECT now.month AS date_month, now.roas, before.roas AS roas_year_before
FROM by_month AS now LEFT JOIN by_month AS before ON before.month = now.month - INTERVAL 1 YEAR
