SELECT
  orders.market AS market,
  COUNT(*) AS orders,
  COUNT(CASE WHEN orders.is_first_order THEN 1 END) AS new_customer_orders
FROM fct_order AS orders
WHERE
  NOT orders.is_test AND orders.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC NULLS LAST
