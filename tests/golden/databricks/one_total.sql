SELECT
  CAST(SUM(ad_spend.spend) AS DOUBLE) AS spend
FROM fct_ad_campaign_daily AS ad_spend
