SELECT
  sessions.session_start_at - (
    CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(sessions.session_start_at AS TIMESTAMP_NTZ)) - CAST(DATE_TRUNC(
      'MINUTE',
      CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(sessions.session_start_at AS TIMESTAMP_NTZ))
    ) AS TIMESTAMP_NTZ)
  ) AS date_minute,
  COUNT(*) AS sessions
FROM fct_web_session AS sessions
WHERE
  sessions.session_date >= CAST('2026-06-30' AS DATE)
  AND sessions.session_date < CAST('2026-07-01' AS DATE)
  AND NOT sessions.is_bot
  AND NOT sessions.is_internal
GROUP BY
  1
ORDER BY
  1 ASC NULLS LAST
