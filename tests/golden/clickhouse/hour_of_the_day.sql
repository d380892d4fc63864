SELECT
  CAST(EXTRACT(HOUR FROM toDateTime64(toString(toTimeZone(sessions.session_start_at, 'Europe/Berlin')), 6, 'UTC')) AS Nullable(Int64)) AS date_part_hour,
  COUNT(*) AS sessions
FROM fct_web_session AS sessions
WHERE
  sessions.session_date >= CAST('2026-06-01' AS Nullable(Date32))
  AND sessions.session_date < CAST('2026-06-29' AS Nullable(Date32))
  AND NOT sessions.is_bot
  AND NOT sessions.is_internal
GROUP BY
  1
ORDER BY
  1 ASC
