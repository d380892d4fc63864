-- Revenue by month; orders without a date stand under null. By day first: a month is worked out once a day.
SELECT date_trunc('month', day)::DATE AS date_month, sum(revenue) AS revenue
FROM (SELECT order_date AS day, sum(revenue) AS revenue FROM fact_orders GROUP BY order_date)
GROUP BY date_month
