-- Revenue by month; orders without a date stand under null. By day first: a month is worked out once a day.
SELECT date_trunc('month', day)::DATE AS date_month, sum(revenue) AS revenue
FROM (SELECT ordered_on AS day, sum(revenue) AS revenue FROM orders GROUP BY ordered_on)
GROUP BY date_month
