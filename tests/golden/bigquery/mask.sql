SELECT
  CAST(FLOOR(CAST(customers.birth_year AS FLOAT64) / 10) * 10 AS INT64) AS birth_year,
  CAST(COALESCE(SUM(orders._p0), 0) AS INT64) AS orders
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
  2 DESC,
  1 ASC NULLS LAST
