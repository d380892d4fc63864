SELECT
  facts.date_month AS date_month,
  CAST(COALESCE(MAX(facts._m0), 0) AS Nullable(Float64)) / nullIf(CAST(COALESCE(MAX(facts._m1), 0) AS Nullable(Float64)), 0) AS stickiness
FROM (
  SELECT
    rows.date_month AS date_month,
    CAST(SUM(rows._m0) AS Nullable(Float64)) / nullIf(COUNT(rows._m0), 0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      daily.date_month AS date_month,
      daily._day AS _day,
      COUNT(DISTINCT daily._m0) AS _m0
    FROM (
      SELECT
        CAST(dateTrunc('MONTH', shown._day) AS Nullable(Date32)) AS date_month,
        shown._day AS _day,
        found._m0 AS _m0
      FROM (
        SELECT
          addDays(CAST(CAST('2026-04-01' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
        FROM numbers(
          0,
          GREATEST(
            0,
            COALESCE(
              DATE_DIFF(
                DAY,
                CAST(CAST('2026-04-01' AS Nullable(Date32)) AS Nullable(Date32)),
                CAST(CAST('2026-06-30' AS Nullable(Date32)) AS Nullable(Date32))
              ) + 1,
              0
            )
          )
        )
      ) AS shown
      JOIN (
        SELECT
          sessions.session_date AS _day,
          sessions.visitor_id AS _m0
        FROM fct_web_session AS sessions
        WHERE
          sessions.session_date >= CAST('2026-04-01' AS Nullable(Date32))
          AND sessions.session_date < CAST('2026-07-01' AS Nullable(Date32))
          AND sessions.is_engaged
          AND NOT sessions.is_bot
          AND NOT sessions.is_internal
      ) AS found
        ON found._day <= shown._day AND found._day > addDays(shown._day, -1)
    ) AS daily
    GROUP BY
      1,
      2
  ) AS rows
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(dateTrunc('MONTH', shown._day) AS Nullable(Date32)) AS date_month,
    NULL AS _m0,
    COUNT(DISTINCT found._m1) AS _m1
  FROM (
    SELECT
      MAX(days._day) AS _day
    FROM (
      SELECT
        addDays(CAST(CAST('2026-04-01' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
      FROM numbers(
        0,
        GREATEST(
          0,
          COALESCE(
            DATE_DIFF(
              DAY,
              CAST(CAST('2026-04-01' AS Nullable(Date32)) AS Nullable(Date32)),
              CAST(CAST('2026-06-30' AS Nullable(Date32)) AS Nullable(Date32))
            ) + 1,
            0
          )
        )
      )
    ) AS days
    GROUP BY
      CAST(dateTrunc('MONTH', days._day) AS Nullable(Date32))
  ) AS shown
  JOIN (
    SELECT
      sessions.session_date AS _day,
      sessions.visitor_id AS _m1
    FROM fct_web_session AS sessions
    WHERE
      sessions.session_date >= CAST('2026-03-03' AS Nullable(Date32))
      AND sessions.session_date < CAST('2026-07-01' AS Nullable(Date32))
      AND sessions.is_engaged
      AND NOT sessions.is_bot
      AND NOT sessions.is_internal
  ) AS found
    ON found._day <= shown._day AND found._day > addDays(shown._day, -30)
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
