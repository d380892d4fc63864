SELECT
  CAST(DATEADD(
    DAY,
    6,
    CAST(DATE_TRUNC('WEEK', CAST(DATEADD(DAY, -6, ad_spend._k0) AS DATE)) AS DATE)
  ) AS DATE) AS date_week,
  CAST(SUM(ad_spend._p0) AS DOUBLE PRECISION) AS spend
FROM (
  SELECT
    ad_spend.date_day AS _k0,
    SUM(ad_spend.spend) AS _p0
  FROM fct_ad_campaign_daily AS ad_spend
  GROUP BY
    1
) AS ad_spend
GROUP BY
  1
ORDER BY
  1 ASC
