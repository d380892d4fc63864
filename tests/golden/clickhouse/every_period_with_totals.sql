WITH _top AS (
  SELECT
    ranked.channel AS channel,
    1 AS found
  FROM (
    SELECT
      channels.channel AS channel,
      CAST(SUM(orders._p0) AS Nullable(Float64)) AS net_revenue
    FROM (
      SELECT
        orders.channel_key AS channel_key,
        SUM(orders.net_sales) AS _p0
      FROM fct_order AS orders
      WHERE
        orders.order_date >= CAST('2026-01-01' AS Nullable(Date32))
        AND orders.order_date < CAST('2026-07-01' AS Nullable(Date32))
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
    LIMIT 3
  ) AS ranked
)
SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  facts._other AS _other,
  GROUPING(facts.channel) AS _t0,
  GROUPING(facts.date_month) AS _t1,
  CAST(SUM(facts._m0) AS Nullable(Float64)) AS net_revenue
FROM (
  SELECT
    CASE WHEN _top.found = 1 THEN every.channel END AS channel,
    every.date_month AS date_month,
    CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
    every._m0 AS _m0
  FROM (
    WITH _leg0 AS (
      SELECT
        orders._k0 AS channel,
        CAST(dateTrunc('MONTH', orders._k1) AS Nullable(Date32)) AS date_month,
        SUM(orders._p0) AS _m0
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
    )
    SELECT
      _leg0.channel AS channel,
      _leg0.date_month AS date_month,
      _leg0._m0 AS _m0
    FROM _leg0
    UNION ALL
    SELECT
      groups.channel AS channel,
      CAST(dateTrunc('MONTH', days._day) AS Nullable(Date32)) AS date_month,
      NULL AS _m0
    FROM (
      SELECT
        addDays(CAST(CAST('2026-01-01' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
      FROM numbers(
        0,
        GREATEST(
          0,
          COALESCE(
            DATE_DIFF(
              DAY,
              CAST(CAST('2026-01-01' AS Nullable(Date32)) AS Nullable(Date32)),
              CAST(CAST('2026-06-30' AS Nullable(Date32)) AS Nullable(Date32))
            ) + 1,
            0
          )
        )
      )
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
  ) AS every
  LEFT JOIN _top
    ON _top.channel IS NOT DISTINCT FROM every.channel
) AS facts
GROUP BY
  GROUPING SETS (
    (facts.channel, facts.date_month, facts._other),
    ()
  )
ORDER BY
  4 ASC,
  5 ASC,
  2 ASC,
  3 ASC,
  1 ASC
