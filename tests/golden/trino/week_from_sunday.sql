SELECT
  DATE_ADD('DAY', 6, DATE_TRUNC('WEEK', DATE_ADD('DAY', -6, ad_spend._k0))) AS date_week,
  CAST(SUM(ad_spend._p0) AS DOUBLE) AS spend
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
