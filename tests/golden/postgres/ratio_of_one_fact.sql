SELECT
  ad_spend.platform COLLATE "C" AS platform,
  CAST(SUM(ad_spend.clicks) AS DOUBLE PRECISION) / NULLIF(CAST(SUM(ad_spend.impressions) AS DOUBLE PRECISION), 0) AS ctr,
  CAST(SUM(ad_spend.clicks) AS DOUBLE PRECISION) AS _s0,
  CAST(SUM(ad_spend.impressions) AS DOUBLE PRECISION) AS _s1
FROM fct_ad_campaign_daily AS ad_spend
GROUP BY
  1
ORDER BY
  2 DESC NULLS LAST,
  1 ASC
