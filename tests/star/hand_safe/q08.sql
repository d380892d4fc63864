-- Revenue of the last 28 days, for every day there is: the window goes by the calendar, not by rows.
-- Orders without a date belong to no day.
WITH by_day AS (SELECT order_date AS day, sum(revenue) AS revenue FROM fact_orders GROUP BY order_date)
SELECT date_key AS date_day,
       sum(revenue) OVER (ORDER BY date_key RANGE BETWEEN INTERVAL 27 DAYS PRECEDING AND CURRENT ROW) AS revenue_28_days
FROM dim_date LEFT JOIN by_day ON day = date_key
