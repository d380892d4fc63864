SELECT
  ADD_MONTHS(TRUNC(ADD_MONTHS(orders._k0, -3), 'QUARTER'), 3) AS date_fiscal_quarter,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.order_date AS _k0,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS orders
GROUP BY
  1
ORDER BY
  1 ASC NULLS LAST
