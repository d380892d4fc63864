SELECT
  facts.date_month AS date_month,
  CAST(COALESCE(MAX(facts._m0), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(MAX(facts._m1), 0) AS DOUBLE PRECISION), 0) AS stickiness
FROM (
  SELECT
    rows.date_month AS date_month,
    CAST(SUM(rows._m0) AS DOUBLE PRECISION) / NULLIF(COUNT(rows._m0), 0) AS _m0,
    CAST(NULL AS BIGINT) AS _m1
  FROM (
    SELECT
      daily.date_month AS date_month,
      daily._day AS _day,
      COUNT(DISTINCT daily._m0) AS _m0
    FROM (
      SELECT
        CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
        shown._day AS _day,
        found._m0 AS _m0
      FROM (
        SELECT
          CAST(_day AS DATE) AS _day
        FROM GENERATE_SERIES(
          CAST(CAST(CAST('2026-04-01' AS DATE) AS DATE) AS TIMESTAMP),
          CAST(CAST(CAST('2026-06-30' AS DATE) AS DATE) AS TIMESTAMP),
          INTERVAL '1 DAY'
        ) AS t(_day)
      ) AS shown
      JOIN (
        SELECT
          sessions.session_date AS _day,
          sessions.visitor_id AS _m0
        FROM fct_web_session AS sessions
        WHERE
          sessions.session_date >= CAST('2026-04-01' AS DATE)
          AND sessions.session_date < CAST('2026-07-01' AS DATE)
          AND sessions.is_engaged
          AND NOT sessions.is_bot
          AND NOT sessions.is_internal
      ) AS found
        ON found._day <= shown._day
        AND found._day > CAST(shown._day + INTERVAL '-1 DAY' AS DATE)
    ) AS daily
    GROUP BY
      1,
      2
  ) AS rows
  GROUP BY
    1
  UNION ALL
  SELECT
    CAST(DATE_TRUNC('MONTH', shown._day) AS DATE) AS date_month,
    CAST(NULL AS DOUBLE PRECISION) AS _m0,
    COUNT(DISTINCT found._m1) AS _m1
  FROM (
    SELECT
      MAX(days._day) AS _day
    FROM (
      SELECT
        CAST(_day AS DATE) AS _day
      FROM GENERATE_SERIES(
        CAST(CAST(CAST('2026-04-01' AS DATE) AS DATE) AS TIMESTAMP),
        CAST(CAST(CAST('2026-06-30' AS DATE) AS DATE) AS TIMESTAMP),
        INTERVAL '1 DAY'
      ) AS t(_day)
    ) AS days
    GROUP BY
      CAST(DATE_TRUNC('MONTH', days._day) AS DATE)
  ) AS shown
  JOIN (
    SELECT
      sessions.session_date AS _day,
      sessions.visitor_id AS _m1
    FROM fct_web_session AS sessions
    WHERE
      sessions.session_date >= CAST('2026-03-03' AS DATE)
      AND sessions.session_date < CAST('2026-07-01' AS DATE)
      AND sessions.is_engaged
      AND NOT sessions.is_bot
      AND NOT sessions.is_internal
  ) AS found
    ON found._day <= shown._day
    AND found._day > CAST(shown._day + INTERVAL '-30 DAY' AS DATE)
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
