SELECT
  facts.date_month AS date_month,
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) AS Nullable(Float64)) AS spend
FROM (
  WITH _leg0 AS (
    SELECT
      CAST(dateTrunc('MONTH', ad_spend._k0) AS Nullable(Date32)) AS date_month,
      ad_spend._k1 AS date_day,
      SUM(ad_spend._p0) AS _m0
    FROM (
      SELECT
        ad_spend.date_day AS _k0,
        ad_spend.date_day AS _k1,
        SUM(ad_spend.spend) AS _p0
      FROM fct_ad_campaign_daily AS ad_spend
      WHERE
        ad_spend.date_day >= CAST('2026-06-01' AS Nullable(Date32))
      GROUP BY
        1,
        2
    ) AS ad_spend
    GROUP BY
      1,
      2
  )
  SELECT
    _leg0.date_month AS date_month,
    _leg0.date_day AS date_day,
    _leg0._m0 AS _m0
  FROM _leg0
  UNION ALL
  SELECT
    CAST(dateTrunc('MONTH', days._day) AS Nullable(Date32)) AS date_month,
    days._day AS date_day,
    NULL AS _m0
  FROM (
    SELECT
      addDays(CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)), number) AS _day
    FROM numbers(
      0,
      GREATEST(
        0,
        COALESCE(
          DATE_DIFF(
            DAY,
            CAST(CAST('2026-06-01' AS Nullable(Date32)) AS Nullable(Date32)),
            (
              SELECT
                MAX(edges._day)
              FROM (
                SELECT
                  _leg0.date_day AS _day
                FROM _leg0
              ) AS edges
            )
          ) + 1,
          0
        )
      )
    )
  ) AS days
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  1 ASC,
  2 ASC
