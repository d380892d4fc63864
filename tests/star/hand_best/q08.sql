-- Revenue of the last 28 days, day by day.
WITH by_day AS (SELECT order_date AS date_day, sum(revenue) AS revenue FROM fact_orders GROUP BY date_day)
SELECT date_day, sum(revenue) OVER (ORDER BY date_day RANGE BETWEEN INTERVAL 27 DAYS PRECEDING AND CURRENT ROW)
           AS revenue_28_days
FROM by_day
