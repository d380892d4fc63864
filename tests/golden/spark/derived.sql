SELECT
  orders.market AS market,
  CAST(SUM(orders.net_sales) - SUM(orders.cogs) AS DOUBLE) AS gross_margin,
  COUNT(*) OVER () AS _groups
FROM fct_order AS orders
WHERE
  NOT orders.is_test
  AND orders.status <> 'cancelled'
  AND orders.status <> 'returned'
GROUP BY
  1
ORDER BY
  1 ASC NULLS LAST
LIMIT 3
