SELECT
  customer_current.tier AS customer_tier,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.customer_key AS customer_key,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS orders
LEFT JOIN dim_customer AS customer
  ON customer.customer_key = orders.customer_key
LEFT JOIN dim_customer AS customer_current
  ON customer_current.customer_id = customer.customer_id
  AND customer_current.is_current
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC
