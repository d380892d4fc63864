SELECT
  orders.market AS market,
  COUNT(*) FILTER(WHERE
    NOT orders.is_test AND orders.status <> 'cancelled') AS orders,
  COUNT(*) FILTER(WHERE
    orders.is_first_order AND NOT orders.is_test AND orders.status <> 'cancelled') AS new_customer_orders
FROM fct_order AS orders
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC
