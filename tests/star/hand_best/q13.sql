-- Revenue since the first of January, month by month.
WITH by_month AS (
    SELECT date_trunc('month', day)::DATE AS date_month, sum(revenue) AS revenue
    FROM (SELECT order_date AS day, sum(revenue) AS revenue FROM fact_orders GROUP BY day)
    GROUP BY date_month
)
SELECT date_month, revenue, sum(revenue) OVER (PARTITION BY year(date_month) ORDER BY date_month) AS revenue_this_year
FROM by_month
