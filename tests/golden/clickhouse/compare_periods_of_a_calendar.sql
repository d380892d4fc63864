SELECT
  facts.date_retail_month AS date_retail_month,
  CAST(MAX(facts._m0) AS Nullable(Int64)) AS people,
  CAST(MAX(facts._m1) AS Nullable(Int64)) AS people_last_year
FROM (
  SELECT
    retail_days.month_start AS date_retail_month,
    SUM(footfall._p0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      footfall.walk_day AS _k0,
      SUM(footfall.people) AS _p0
    FROM footfall
    WHERE
      footfall.walk_day >= CAST('2026-03-01' AS Nullable(Date32))
      AND footfall.walk_day < CAST('2026-05-03' AS Nullable(Date32))
    GROUP BY
      1
  ) AS footfall
  LEFT JOIN retail_days
    ON retail_days.retail_day = footfall._k0
  GROUP BY
    1
  UNION ALL
  SELECT
    retail_days.period AS date_retail_month,
    NULL AS _m0,
    SUM(footfall._p0) AS _m1
  FROM (
    SELECT
      footfall.walk_day AS _k0,
      SUM(footfall.people) AS _p0
    FROM footfall
    WHERE
      footfall.walk_day >= CAST('2025-03-02' AS Nullable(Date32))
      AND footfall.walk_day < CAST('2025-05-04' AS Nullable(Date32))
    GROUP BY
      1
  ) AS footfall
  LEFT JOIN (
    SELECT
      own.retail_day AS day,
      MIN(partner.month_start) AS period
    FROM retail_days AS own
    INNER JOIN retail_days AS main
      ON main.retail_day = CAST(CAST('2026-03-01' AS Nullable(Date32)) AS Nullable(Date32))
    INNER JOIN retail_days AS other
      ON other.retail_day = CAST(CAST('2025-03-02' AS Nullable(Date32)) AS Nullable(Date32))
    INNER JOIN retail_days AS partner
      ON partner.month_no = own.month_no + main.month_no - other.month_no
    GROUP BY
      1
  ) AS retail_days
    ON retail_days.day = footfall._k0
  GROUP BY
    1
) AS facts
GROUP BY
  1
ORDER BY
  1 ASC
