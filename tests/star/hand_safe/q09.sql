-- Revenue so far, month by month of 2022 to 2025; a month without orders shows what there was before it.
WITH by_day AS (SELECT order_date AS day, sum(revenue) AS revenue FROM fact_orders
    WHERE order_date < DATE '2026-01-01' GROUP BY order_date
),
by_month AS (
    SELECT date_trunc('month', date_key)::DATE AS month, sum(revenue) AS revenue
    FROM dim_date LEFT JOIN by_day ON day = date_key GROUP BY 1
)
SELECT month AS date_month, revenue, sum(revenue) OVER (ORDER BY month) AS revenue_so_far
FROM by_month
