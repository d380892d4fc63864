-- Revenue of the last 28 days, for every day of 2022 to 2025: the window goes by the calendar, not by rows.
-- The calendar has no other days. Orders without a date belong to none.
WITH by_day AS (SELECT order_date AS day, sum(revenue) AS revenue FROM fact_orders
    WHERE order_date >= DATE '2021-12-05' AND order_date < DATE '2026-01-01' GROUP BY order_date
)
SELECT date_key AS date_day,
       sum(revenue) OVER (ORDER BY date_key RANGE BETWEEN INTERVAL 27 DAYS PRECEDING AND CURRENT ROW) AS revenue_28_days
FROM dim_date LEFT JOIN by_day ON day = date_key
