SELECT
  channels.channel AS channel,
  CAST(SUM(orders._p0) AS DOUBLE) AS net_revenue
FROM (
  SELECT
    orders.channel_key AS channel_key,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    (
      orders.market IN ('DE', 'AT')
    )
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
  GROUP BY
    1
) AS orders
LEFT JOIN dim_channel AS channels
  ON channels.channel_key = orders.channel_key
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC
