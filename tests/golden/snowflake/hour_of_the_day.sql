SELECT
  CAST(DATE_PART(
    HOUR,
    CAST(CONVERT_TIMEZONE('Europe/Berlin', sessions.session_start_at) AS TIMESTAMPNTZ)
  ) AS BIGINT) AS date_part_hour,
  COUNT(*) AS sessions
FROM fct_web_session AS sessions
WHERE
  sessions.session_date >= CAST('2026-06-01' AS DATE)
  AND sessions.session_date < CAST('2026-06-29' AS DATE)
  AND NOT sessions.is_bot
  AND NOT sessions.is_internal
GROUP BY
  1
ORDER BY
  1 ASC
