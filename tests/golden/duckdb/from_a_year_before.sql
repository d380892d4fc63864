SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  CAST((
    MAX(facts._m0) - MAX(facts._m1)
  ) AS DOUBLE) / NULLIF(CAST(NULLIF(MAX(facts._m1), 0) AS DOUBLE), 0) AS net_revenue_growth
FROM (
  SELECT
    orders._k0 AS channel,
    CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-01-01' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
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
    CAST(DATE_TRUNC('MONTH', CAST(orders._k1 + INTERVAL '12' MONTH AS DATE)) AS DATE) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
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
      orders.order_date >= CAST('2025-01-01' AS DATE)
      AND orders.order_date < CAST('2025-07-01' AS DATE)
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
