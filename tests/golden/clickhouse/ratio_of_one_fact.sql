SELECT
  ad_spend.platform AS platform,
  CAST(SUM(ad_spend.clicks) AS Nullable(Float64)) / nullIf(CAST(SUM(ad_spend.impressions) AS Nullable(Float64)), 0) AS ctr,
  CAST(SUM(ad_spend.clicks) AS Nullable(Float64)) AS _s0,
  CAST(SUM(ad_spend.impressions) AS Nullable(Float64)) AS _s1
FROM fct_ad_campaign_daily AS ad_spend
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC
