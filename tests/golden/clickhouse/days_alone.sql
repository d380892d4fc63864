SELECT
  channels.channel AS channel,
  CAST(dateTrunc('MONTH', days._day) AS Nullable(Date32)) AS date_month
FROM channels
CROSS JOIN (
  SELECT
    CAST(calendar.retail_day AS Nullable(Date32)) AS _day
  FROM retail_days AS calendar
  WHERE
    CAST(calendar.retail_day AS Nullable(Date32)) >= CAST('2026-03-01' AS Nullable(Date32))
    AND CAST(calendar.retail_day AS Nullable(Date32)) < CAST('2026-05-01' AS Nullable(Date32))
) AS days
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
