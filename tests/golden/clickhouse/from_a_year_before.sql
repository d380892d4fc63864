SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  CAST((
    MAX(facts._m0) - MAX(facts._m1)
  ) AS Nullable(Float64)) / nullIf(CAST(nullIf(MAX(facts._m1), 0) AS Nullable(Float64)), 0) AS net_revenue_growth
FROM (
  SELECT
    orders._k0 AS channel,
    CAST(dateTrunc('MONTH', orders._k1) AS Nullable(Date32)) AS date_month,
    SUM(orders._p0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-01-01' AS Nullable(Date32))
      AND orders.order_date < CAST('2026-07-01' AS Nullable(Date32))
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1,
      2
  ) AS orders
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    orders._k0 AS channel,
    CAST(dateTrunc('MONTH', addMonths(orders._k1, 12)) AS Nullable(Date32)) AS date_month,
    NULL AS _m0,
    SUM(orders._p0) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2025-01-01' AS Nullable(Date32))
      AND orders.order_date < CAST('2025-07-01' AS Nullable(Date32))
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1,
      2
  ) AS orders
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
