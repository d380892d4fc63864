SELECT
  ads.creative_type AS creative_type,
  ad_creatives._k1 AS channel,
  COUNT(ad_creatives.ad_key) AS active_ads
FROM (
  SELECT
    ad_creatives.ad_key AS ad_key,
    channels.channel AS _k1
  FROM (
    SELECT
      c.date_day,
      c.platform,
      c.account_id,
      c.campaign_id,
      c.ad_key,
      c.impressions,
      c.clicks,
      c.spend,
      c.is_final,
      c.loaded_at,
      a.market
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
  JOIN dim_campaign AS campaigns
    ON campaigns.campaign_id = ad_creatives.campaign_id
  JOIN dim_channel AS channels
    ON channels.channel_key = campaigns.channel_key
  WHERE
    ad_creatives.spend > 0
  GROUP BY
    1,
    2
) AS ad_creatives
JOIN dim_ad AS ads
  ON ads.ad_key = ad_creatives.ad_key
GROUP BY
  1,
  2
ORDER BY
  3 DESC NULLS LAST,
  1 ASC,
  2 ASC
