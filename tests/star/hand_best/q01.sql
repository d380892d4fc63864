-- Revenue by month: a sum for each day first, so that months are worked out some hundred times only.
SELECT date_trunc('month', day)::DATE AS date_month, sum(revenue) AS revenue
FROM (SELECT order_date AS day, sum(revenue) AS revenue FROM fact_orders GROUP BY day)
GROUP BY date_month
