-- Revenue of the last 28 days, for every day there is: the window goes by the calendar, not by rows.
-- Orders without a date belong to no day.
WITH by_day AS (SELECT ordered_on AS day, sum(revenue) AS revenue FROM orders GROUP BY ordered_on)
SELECT day AS date_day,
       sum(revenue) OVER (ORDER BY day RANGE BETWEEN INTERVAL 27 DAYS PRECEDING AND CURRENT ROW) AS revenue_28_days
FROM dates LEFT JOIN by_day USING (day)
