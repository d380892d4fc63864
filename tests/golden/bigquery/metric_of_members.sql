WITH _per0 AS (
  SELECT
    customers.customer_id AS _k0,
    CAST(SUM(orders._p0) AS FLOAT64) / NULLIF(CAST(COALESCE(SUM(orders._p1), 0) AS FLOAT64), 0) AS _value
  FROM (
    SELECT
      orders.customer_key AS customer_key,
      SUM(CASE WHEN orders.status <> 'returned' THEN orders.net_sales END) AS _p0,
      COUNT(*) AS _p1
    FROM fct_order AS orders
    WHERE
      NOT orders.is_test AND orders.status <> 'cancelled' AND orders.market IN ('DE')
    GROUP BY
      1
  ) AS orders
  LEFT JOIN dim_customer AS customers
    ON customers.customer_key = orders.customer_key
  GROUP BY
    1
)
SELECT
  channels.channel AS channel,
  CAST(SUM(orders.net_sales) AS FLOAT64) AS net_revenue
FROM fct_order AS orders
LEFT JOIN dim_channel AS channels
  ON channels.channel_key = orders.channel_key
LEFT JOIN dim_customer AS customers
  ON customers.customer_key = orders.customer_key
WHERE
  NOT orders.is_test
  AND orders.status <> 'cancelled'
  AND orders.status <> 'returned'
  AND EXISTS(
    SELECT
      1
    FROM _per0 AS members
    WHERE
      members._k0 = customers.customer_id AND members._value > 50
  )
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC NULLS LAST
