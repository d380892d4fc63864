SELECT
  facts.channel AS channel,
  facts._t0 AS _t0,
  CAST(COALESCE(MAX(facts._m0), 0) AS Nullable(Int64)) AS visits,
  CAST(COALESCE(MAX(facts._m1), 0) AS Nullable(Float64)) AS revenue_by_visit
FROM (
  SELECT
    facts.channel AS channel,
    GROUPING(facts.channel) AS _t0,
    SUM(facts._m0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      channels.channel AS channel,
      SUM(sessions._p0) AS _m0
    FROM (
      SELECT
        sessions.channel_key AS channel_key,
        COUNT(*) AS _p0
      FROM sessions
      WHERE
        (
          sessions.channel_key IN ('c1', 'c5')
        )
        AND sessions.start_day >= CAST('2026-03-01' AS Nullable(Date32))
        AND sessions.start_day < CAST('2026-05-01' AS Nullable(Date32))
        AND NOT sessions.is_bot
      GROUP BY
        1
    ) AS sessions
    LEFT JOIN channels
      ON channels.channel_key = sessions.channel_key
    GROUP BY
      1
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel),
      ()
    )
  UNION ALL
  SELECT
    facts.channel AS channel,
    0 AS _t0,
    NULL AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      found.channel AS channel,
      found._m1 AS _m1
    FROM (
      SELECT
        met.channel AS channel,
        met._day AS _day,
        met._m1 AS _m1
      FROM (
        SELECT
          base.channel AS channel,
          event._on_day AS _day,
          event._m1 AS _m1,
          ROW_NUMBER() OVER (PARTITION BY event._j0 ORDER BY base._at DESC, base._i0) AS _place
        FROM (
          SELECT
            channels.channel AS channel,
            sessions.start_day AS _day,
            sessions.channel_key AS _b0,
            sessions.started_at AS _at,
            sessions.session_id AS _i0
          FROM sessions
          LEFT JOIN channels
            ON channels.channel_key = sessions.channel_key
          WHERE
            (
              sessions.channel_key IN ('c1', 'c5')
            )
            AND sessions.start_day >= CAST('2026-02-22' AS Nullable(Date32))
            AND sessions.start_day < CAST('2026-05-01' AS Nullable(Date32))
            AND (
              NOT sessions.is_bot
            )
        ) AS base
        JOIN (
          SELECT
            orders.channel_key AS _c0,
            orders.ordered_at AS _on,
            orders.order_day AS _on_day,
            orders.order_id AS _j0,
            orders.amount AS _m1
          FROM orders
          WHERE
            (
              orders.channel_key IN ('c1', 'c5')
            ) AND NOT orders.is_test
        ) AS event
          ON event._c0 = base._b0
          AND base._at <= event._on
          AND base._at > event._on - INTERVAL '7' DAY
      ) AS met
      WHERE
        met._place = 1
        AND met._day >= CAST('2026-03-01' AS Nullable(Date32))
        AND met._day < CAST('2026-05-01' AS Nullable(Date32))
    ) AS found
  ) AS facts
  GROUP BY
    facts.channel
  UNION ALL
  SELECT
    NULL AS channel,
    1 AS _t0,
    NULL AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      found.channel AS channel,
      found._m1 AS _m1
    FROM (
      SELECT
        met.channel AS channel,
        met._day AS _day,
        met._m1 AS _m1
      FROM (
        SELECT
          base.channel AS channel,
          event._on_day AS _day,
          event._m1 AS _m1,
          ROW_NUMBER() OVER (PARTITION BY event._j0 ORDER BY base._at DESC, base._i0) AS _place
        FROM (
          SELECT
            channels.channel AS channel,
            sessions.start_day AS _day,
            sessions.channel_key AS _b0,
            sessions.started_at AS _at,
            sessions.session_id AS _i0
          FROM sessions
          LEFT JOIN channels
            ON channels.channel_key = sessions.channel_key
          WHERE
            (
              sessions.channel_key IN ('c1', 'c5')
            )
            AND sessions.start_day >= CAST('2026-02-22' AS Nullable(Date32))
            AND sessions.start_day < CAST('2026-05-01' AS Nullable(Date32))
            AND (
              NOT sessions.is_bot
            )
        ) AS base
        JOIN (
          SELECT
            orders.channel_key AS _c0,
            orders.ordered_at AS _on,
            orders.order_day AS _on_day,
            orders.order_id AS _j0,
            orders.amount AS _m1
          FROM orders
          WHERE
            (
              orders.channel_key IN ('c1', 'c5')
            ) AND NOT orders.is_test
        ) AS event
          ON event._c0 = base._b0
          AND base._at <= event._on
          AND base._at > event._on - INTERVAL '7' DAY
      ) AS met
      WHERE
        met._place = 1
        AND met._day >= CAST('2026-03-01' AS Nullable(Date32))
        AND met._day < CAST('2026-05-01' AS Nullable(Date32))
    ) AS found
  ) AS facts
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC
