SELECT
  toTimeZone(dateTrunc('MINUTE', toTimeZone(sessions.session_start_at, 'Europe/Berlin')), 'UTC') AS date_minute,
  COUNT(*) AS sessions
FROM fct_web_session AS sessions
WHERE
  sessions.session_date >= CAST('2026-06-30' AS Nullable(Date32))
  AND sessions.session_date < CAST('2026-07-01' AS Nullable(Date32))
  AND NOT sessions.is_bot
  AND NOT sessions.is_internal
GROUP BY
  1
ORDER BY
  1 ASC
