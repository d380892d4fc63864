SELECT
  orders.market AS market,
  COUNT(*) AS orders,
  COUNT(*) FILTER(WHERE
    orders.is_first_order) AS new_customer_orders
FROM fct_order AS orders
WHERE
  NOT orders.is_test AND orders.status <> 'cancelled'
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC NULLS LAST
