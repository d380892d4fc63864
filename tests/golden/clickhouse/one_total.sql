SELECT
  CAST(SUM(ad_spend.spend) AS Nullable(Float64)) AS spend
FROM fct_ad_campaign_daily AS ad_spend
