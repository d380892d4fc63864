SELECT
  CAST(FLOOR(CAST(customers.birth_year AS DOUBLE PRECISION) / 10) * 10 AS BIGINT) AS birth_year,
  CAST(COALESCE(SUM(orders._p0), 0) AS BIGINT) AS orders
FROM (
  SELECT
    orders.customer_key AS customer_key,
    COUNT(*) AS _p0
  FROM fct_order AS orders
  WHERE
    (
      orders.market IN ('FR')
    )
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
  GROUP BY
    1
) AS orders
LEFT JOIN dim_customer AS customers
  ON customers.customer_key = orders.customer_key
GROUP BY
  1
ORDER BY
  2 DESC NULLS LAST,
  1 ASC
