SELECT
  ads.creative_type AS creative_type,
  COUNT(ad_creatives.ad_key) AS active_ads
FROM (
  SELECT
    ad_creatives.ad_key AS ad_key
  FROM (
    SELECT
      c.date_day AS date_day,
      c.platform AS platform,
      c.account_id AS account_id,
      c.campaign_id AS campaign_id,
      c.ad_key AS ad_key,
      c.impressions AS impressions,
      c.clicks AS clicks,
      c.spend AS spend,
      c.is_final AS is_final,
      c.loaded_at AS loaded_at,
      a.market AS market
    FROM fct_ad_creative_daily AS c
    LEFT JOIN (
      SELECT
        account_id,
        MIN(market) AS market
      FROM fct_ad_campaign_daily
      GROUP BY
        account_id
    ) AS a
      ON a.account_id = c.account_id
  ) AS ad_creatives
  WHERE
    ad_creatives.spend > 0
  GROUP BY
    1
) AS ad_creatives
LEFT JOIN dim_ad AS ads
  ON ads.ad_key = ad_creatives.ad_key
GROUP BY
  1
ORDER BY
  2 DESC,
  1 ASC
