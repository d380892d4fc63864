SELECT
  DATE_TRUNC('MILLISECOND', scans.till_clock) AS date_millisecond,
  CAST(SUM(scans.items) AS BIGINT) AS items_by_till
FROM scans
GROUP BY
  1
ORDER BY
  1 ASC
