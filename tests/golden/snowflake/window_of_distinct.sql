SELECT
  shown._day AS date_day,
  COUNT(DISTINCT found._m0) AS monthly_active_visitors
FROM (
  SELECT
    CAST(DATEADD(DAY, CAST(value AS INT), CAST(CAST('2026-06-24' AS DATE) AS DATE)) AS DATE) AS _day
  FROM TABLE(
    FLATTEN(
      INPUT => ARRAY_GENERATE_RANGE(
        0,
        DATEDIFF(
          DAY,
          CAST(CAST('2026-06-24' AS DATE) AS DATE),
          CAST(CAST('2026-06-30' AS DATE) AS DATE)
        ) + 1
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
    sessions.session_date >= CAST('2026-05-26' AS DATE)
    AND sessions.session_date < CAST('2026-07-01' AS DATE)
    AND sessions.is_engaged
    AND NOT sessions.is_bot
    AND NOT sessions.is_internal
) AS found
  ON found._day <= shown._day
  AND found._day > CAST(DATEADD(DAY, -30, shown._day) AS DATE)
GROUP BY
  1
ORDER BY
  1 ASC
