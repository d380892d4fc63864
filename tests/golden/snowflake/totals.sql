SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  GROUPING(facts.channel) AS _t0,
  GROUPING(facts.date_month) AS _t1,
  CAST(SUM(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(COALESCE(SUM(facts._m1), 0) AS BIGINT) AS orders
FROM (
  SELECT
    orders._k0 AS channel,
    CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
    SUM(orders._p0) AS _m0,
    SUM(orders._p1) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      SUM(CASE WHEN orders.status <> 'returned' THEN orders.net_sales END) AS _p0,
      COUNT(*) AS _p1
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-01-01' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
    GROUP BY
      1,
      2
  ) AS orders
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  GROUPING SETS (
    (facts.channel, facts.date_month),
    (),
    (facts.channel)
  )
ORDER BY
  3 ASC,
  4 ASC,
  2 ASC,
  1 ASC
