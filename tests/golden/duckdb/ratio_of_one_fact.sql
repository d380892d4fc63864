SELECT
  ad_spend.platform AS platform,
  CAST(SUM(ad_spend.clicks) AS DOUBLE) / NULLIF(CAST(SUM(ad_spend.impressions) AS DOUBLE), 0) AS ctr,
  CAST(SUM(ad_spend.clicks) AS DOUBLE) AS _s0,
  CAST(SUM(ad_spend.impressions) AS DOUBLE) AS _s1
FROM fct_ad_campaign_daily AS ad_spend
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC
