SELECT
  channels.channel AS channel,
  CAST(SUM(orders._p0) AS Nullable(Float64)) AS net_revenue
FROM (
  SELECT
    orders.channel_key AS channel_key,
    SUM(orders.net_sales) AS _p0
  FROM fct_order AS orders
  WHERE
    orders.order_date >= CAST('2026-06-01' AS Nullable(Date32))
    AND orders.order_date < CAST('2026-06-29' AS Nullable(Date32))
    AND NOT orders.is_test
    AND orders.status <> 'cancelled'
    AND orders.status <> 'returned'
    AND EXISTS(
      SELECT
        1
      FROM fct_message_recipient AS segment
      WHERE
        segment.customer_id = orders.customer_id
        AND (
          segment.clicks > 0 AND NOT segment.is_bot_click
        )
        AND segment.clicked_date >= CAST('2026-06-01' AS Nullable(Date32))
        AND segment.clicked_date < CAST('2026-07-01' AS Nullable(Date32))
    )
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
