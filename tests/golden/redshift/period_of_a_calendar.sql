SELECT
  retail_days.month_start AS date_retail_month,
  orders.device AS device,
  CAST(SUM(orders.amount) AS DOUBLE PRECISION) AS revenue,
  COUNT(DISTINCT orders.customer_id) AS buyers
FROM orders
LEFT JOIN retail_days
  ON retail_days.retail_day = orders.order_day
WHERE
  orders.order_day >= CAST('2026-03-01' AS DATE)
  AND orders.order_day < CAST('2026-05-03' AS DATE)
  AND NOT orders.is_test
GROUP BY
  1,
  2
ORDER BY
  1 ASC,
  2 ASC
