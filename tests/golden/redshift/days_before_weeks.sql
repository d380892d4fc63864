SELECT
  CAST(DATE_TRUNC('WEEK', orders._k0) AS DATE) AS date_week,
  CAST(SUM(orders._p0) AS DOUBLE PRECISION) AS net_revenue
FROM (
  SELECT
    orders.order_date AS _k0,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2026-03-30' AS DATE)
    AND orders.order_date < CAST('2026-06-29' AS DATE)
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS orders
GROUP BY
  1
ORDER BY
  1 ASC
