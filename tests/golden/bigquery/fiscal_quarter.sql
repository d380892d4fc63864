SELECT
  DATE_ADD(DATE_TRUNC(DATE_ADD(orders._k0, INTERVAL -3 MONTH), QUARTER), INTERVAL 3 MONTH) AS date_fiscal_quarter,
  CAST(SUM(orders._p0) AS FLOAT64) AS net_revenue
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
