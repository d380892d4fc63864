-- Each month beside the one before: every month has orders, so the row before is the month before.
WITH by_month AS (
    SELECT date_trunc('month', day)::DATE AS date_month, sum(revenue) AS revenue
    FROM (SELECT order_date AS day, sum(revenue) AS revenue FROM fact_orders GROUP BY day)
    GROUP BY date_month
)
SELECT date_month, revenue, lag(revenue) OVER months AS revenue_month_before,
       (revenue - lag(revenue) OVER months) / nullif(lag(revenue) OVER months, 0) AS revenue_change
FROM by_month
WINDOW months AS (ORDER BY date_month)
