SELECT
  shown._day AS date_day,
  COUNT(DISTINCT found._m0) AS monthly_active_visitors
FROM (
  SELECT
    EXPLODE(
      SEQUENCE(
        CAST(CAST('2026-06-24' AS DATE) AS DATE),
        CAST(CAST('2026-06-30' AS DATE) AS DATE),
        INTERVAL '1' DAY
      )
    ) AS _day
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
  ON found._day <= shown._day AND found._day > DATE_ADD(shown._day, -30)
GROUP BY
  1
ORDER BY
  1 ASC NULLS LAST
