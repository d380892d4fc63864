SELECT
  CAST(CAST(AT_TIMEZONE(orders.created_at, 'America/New_York') AS TIMESTAMP) AS DATE) AS date_day,
  COUNT(*) AS orders
FROM fct_order AS orders
WHERE
  orders.created_at >= CAST('2026-06-24 04:00:00+00:00' AS TIMESTAMP WITH TIME ZONE)
  AND orders.created_at < CAST('2026-07-01 04:00:00+00:00' AS TIMESTAMP WITH TIME ZONE)
  AND NOT orders.is_test
  AND orders.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  1 ASC
