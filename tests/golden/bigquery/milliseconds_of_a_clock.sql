SELECT
  DATETIME_TRUNC(scans.till_clock, MILLISECOND) AS date_millisecond,
  CAST(SUM(scans.items) AS INT64) AS items_by_till
FROM scans
GROUP BY
  1
ORDER BY
  1 ASC NULLS LAST
