SELECT
  CAST(orders.created_at AT TIME ZONE 'America/New_York' AS DATE) AS date_day,
  COUNT(*) AS orders
FROM fct_order AS orders
WHERE
  orders.created_at >= CAST('2026-06-24 04:00:00+00:00' AS TIMESTAMPTZ)
  AND orders.created_at < CAST('2026-07-01 04:00:00+00:00' AS TIMESTAMPTZ)
  AND NOT orders.is_test
  AND orders.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  1 ASC
