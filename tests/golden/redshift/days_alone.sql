SELECT
  channels.channel AS channel,
  CAST(DATE_TRUNC('MONTH', days._day) AS DATE) AS date_month
FROM channels
CROSS JOIN (
  SELECT
    CAST(calendar.retail_day AS DATE) AS _day
  FROM retail_days AS calendar
  WHERE
    CAST(calendar.retail_day AS DATE) >= CAST('2026-03-01' AS DATE)
    AND CAST(calendar.retail_day AS DATE) < CAST('2026-05-01' AS DATE)
) AS days
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
