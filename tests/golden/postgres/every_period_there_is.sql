SELECT
  facts.date_month AS date_month,
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) AS DOUBLE PRECISION) AS spend
FROM (
  WITH _leg0 AS (
    SELECT
      CAST(DATE_TRUNC('MONTH', ad_spend._k0) AS DATE) AS date_month,
      ad_spend._k1 AS date_day,
      SUM(ad_spend._p0) AS _m0
    FROM (
      SELECT
        ad_spend.date_day AS _k0,
        ad_spend.date_day AS _k1,
        SUM(ad_spend.spend) AS _p0
      FROM fct_ad_campaign_daily AS ad_spend
      WHERE
        ad_spend.date_day >= CAST('2026-06-01' AS DATE)
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
    CAST(DATE_TRUNC('MONTH', days._day) AS DATE) AS date_month,
    days._day AS date_day,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0
  FROM (
    SELECT
      CAST(_day AS DATE) AS _day
    FROM GENERATE_SERIES(
      CAST(CAST(CAST('2026-06-01' AS DATE) AS DATE) AS TIMESTAMP),
      CAST((
        SELECT
          MAX(edges._day)
        FROM (
          SELECT
            _leg0.date_day AS _day
          FROM _leg0
        ) AS edges
      ) AS TIMESTAMP),
      INTERVAL '1 DAY'
    ) AS t(_day)
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
