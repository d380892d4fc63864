WITH _leg0 AS (
  SELECT
    TRUNC(ad_spend._k0, 'MONTH') AS date_month,
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
  facts.date_month AS date_month,
  facts.date_day AS date_day,
  CAST(MAX(facts._m0) AS DOUBLE) AS spend
FROM (
  SELECT
    _leg0.date_month AS date_month,
    _leg0.date_day AS date_day,
    _leg0._m0 AS _m0
  FROM _leg0
  UNION ALL
  SELECT
    TRUNC(days._day, 'MONTH') AS date_month,
    days._day AS date_day,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0
  FROM (
    SELECT
      EXPLODE(
        SEQUENCE(
          CAST(CAST('2026-06-01' AS DATE) AS DATE),
          CAST((
            SELECT
              MAX(edges._day)
            FROM (
              SELECT
                _leg0.date_day AS _day
              FROM _leg0
            ) AS edges
          ) AS DATE),
          INTERVAL '1' DAY
        )
      ) AS _day
  ) AS days
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  1 ASC NULLS LAST,
  2 ASC NULLS LAST
