WITH _top AS (
  SELECT
    ranked.channel AS channel,
    1 AS found
  FROM (
    SELECT
      facts.channel AS channel,
      CASE
        WHEN CAST(MAX(facts._m1) AS Nullable(Float64)) >= 2
        THEN CAST(MAX(facts._m0) AS Nullable(Float64))
      END AS revenue,
      CAST(COALESCE(MAX(facts._m2), 0) AS Nullable(Int64)) AS visits
    FROM (
      SELECT
        channels.channel AS channel,
        SUM(orders.amount) AS _m0,
        COUNT(DISTINCT CASE WHEN NOT (
          orders.amount IS NULL
        ) THEN orders.customer_id END) AS _m1,
        NULL AS _m2
      FROM orders
      LEFT JOIN channels
        ON channels.channel_key = orders.channel_key
      WHERE
        NOT orders.is_test
      GROUP BY
        1
      UNION ALL
      SELECT
        channels.channel AS channel,
        NULL AS _m0,
        NULL AS _m1,
        SUM(sessions._p0) AS _m2
      FROM (
        SELECT
          sessions.channel_key AS channel_key,
          COUNT(*) AS _p0
        FROM sessions
        WHERE
          NOT sessions.is_bot
        GROUP BY
          1
      ) AS sessions
      LEFT JOIN channels
        ON channels.channel_key = sessions.channel_key
      GROUP BY
        1
    ) AS facts
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
  facts._other AS _other,
  facts._t0 AS _t0,
  CAST(MAX(facts._m0) AS Nullable(Float64)) AS revenue,
  CAST(COALESCE(MAX(facts._m2), 0) AS Nullable(Int64)) AS visits,
  CAST(MAX(facts._m1) AS Nullable(Float64)) AS _g0
FROM (
  SELECT
    facts.channel AS channel,
    facts._other AS _other,
    GROUPING(facts.channel) AS _t0,
    SUM(facts._m0) AS _m0,
    COUNT(DISTINCT facts._m1) AS _m1,
    NULL AS _m2
  FROM (
    SELECT
      CASE WHEN _top.found = 1 THEN every.channel END AS channel,
      CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
      every._m0 AS _m0,
      every._m1 AS _m1
    FROM (
      SELECT
        channels.channel AS channel,
        orders.amount AS _m0,
        CASE WHEN NOT (
          orders.amount IS NULL
        ) THEN orders.customer_id END AS _m1
      FROM orders
      LEFT JOIN channels
        ON channels.channel_key = orders.channel_key
      WHERE
        NOT orders.is_test
    ) AS every
    LEFT JOIN _top
      ON _top.channel IS NOT DISTINCT FROM every.channel
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel, facts._other),
      ()
    )
  UNION ALL
  SELECT
    facts.channel AS channel,
    facts._other AS _other,
    GROUPING(facts.channel) AS _t0,
    NULL AS _m0,
    NULL AS _m1,
    SUM(facts._m2) AS _m2
  FROM (
    SELECT
      CASE WHEN _top.found = 1 THEN every.channel END AS channel,
      CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
      every._m2 AS _m2
    FROM (
      SELECT
        channels.channel AS channel,
        SUM(sessions._p0) AS _m2
      FROM (
        SELECT
          sessions.channel_key AS channel_key,
          COUNT(*) AS _p0
        FROM sessions
        WHERE
          NOT sessions.is_bot
        GROUP BY
          1
      ) AS sessions
      LEFT JOIN channels
        ON channels.channel_key = sessions.channel_key
      GROUP BY
        1
    ) AS every
    LEFT JOIN _top
      ON _top.channel IS NOT DISTINCT FROM every.channel
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel, facts._other),
      ()
    )
) AS facts
GROUP BY
  1,
  2,
  3
ORDER BY
  3 ASC,
  2 ASC,
  1 ASC
