SELECT
  customers.country AS customer_country,
  COUNT(DISTINCT orders.customer_id) AS customers
FROM fct_order AS orders
LEFT JOIN dim_customer AS customers
  ON customers.customer_key = orders.customer_key
WHERE
  NOT orders.is_test AND orders.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC NULLS LAST
