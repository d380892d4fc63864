SELECT
  COUNT(*) AS orders
FROM fct_order AS orders
LEFT JOIN dim_channel AS channels
  ON channels.channel_key = orders.channel_key
WHERE
  NOT orders.is_test
  AND orders.status <> 'cancelled'
  AND NOT channels.channel IS NULL
  AND NOT channels.channel IN ('Display')
  AND (
    STRPOS(
      LOWER(TRANSLATE(orders.coupon_code, 'İΣ', 'iσ')),
      LOWER(TRANSLATE(CAST('o''clock' AS VARCHAR), 'İΣ', 'iσ'))
    ) > 0
    OR NOT COALESCE((
      orders.device IN ('tablet')
    ), FALSE)
  )
