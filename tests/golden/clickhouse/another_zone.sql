SELECT
  CAST(toDateTime64(toString(toTimeZone(orders.created_at, 'America/New_York')), 6, 'UTC') AS Nullable(Date32)) AS date_day,
  COUNT(*) AS orders
FROM fct_order AS orders
WHERE
  orders.created_at >= toDateTime64('2026-06-24 04:00:00', 6, 'UTC')
  AND orders.created_at < toDateTime64('2026-07-01 04:00:00', 6, 'UTC')
  AND NOT orders.is_test
  AND orders.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  1 ASC
