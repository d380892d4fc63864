SELECT
  facts.channel AS channel,
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(COALESCE(MAX(facts._m1), 0) AS BIGINT) AS orders
FROM (
  WITH _leg0 AS (
    SELECT
      channels.channel AS channel,
      orders.order_date AS date_day,
      SUM(orders.net_sales) FILTER(WHERE
        orders.status <> 'returned') AS _m0,
      COUNT(*) AS _m1
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-06-24' AS DATE)
      AND orders.order_date < CAST('2026-07-01' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
    GROUP BY
      1,
      2
  )
  SELECT
    _leg0.channel AS channel,
    _leg0.date_day AS date_day,
    _leg0._m0 AS _m0,
    _leg0._m1 AS _m1
  FROM _leg0
  UNION ALL
  SELECT
    groups.channel AS channel,
    days._day AS date_day,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    CAST(NULL AS BIGINT) AS _m1
  FROM (
    SELECT
      _day
    FROM UNNEST(SEQUENCE(
      CAST(CAST('2026-06-24' AS DATE) AS DATE),
      CAST(CAST('2026-06-30' AS DATE) AS DATE),
      INTERVAL '1' DAY
    )) AS t(_day)
  ) AS days
  CROSS JOIN (
    SELECT
      _leg0.channel AS channel
    FROM _leg0
    GROUP BY
      1
  ) AS groups
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
