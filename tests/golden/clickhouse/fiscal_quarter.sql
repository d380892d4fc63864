SELECT
  addMonths(CAST(dateTrunc('QUARTER', addMonths(orders._k0, -3)) AS Nullable(Date32)), 3) AS date_fiscal_quarter,
  CAST(SUM(orders._p0) AS Nullable(Float64)) AS net_revenue
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
  1 ASC
