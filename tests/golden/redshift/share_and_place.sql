SELECT
  groups.channel AS channel,
  groups.spend AS spend,
  CAST(CAST(groups.spend AS DOUBLE PRECISION) / NULLIF(CAST(SUM(groups.spend) OVER () AS DOUBLE PRECISION), 0) AS DOUBLE PRECISION) AS share,
  CAST(CASE
    WHEN NOT groups.spend IS NULL
    THEN RANK() OVER (ORDER BY groups.spend DESC NULLS LAST)
  END AS BIGINT) AS place,
  COUNT(*) OVER () AS _groups
FROM (
  SELECT
    channels.channel AS channel,
    CAST(SUM(ad_spend._p0) AS DOUBLE PRECISION) AS spend
  FROM (
    SELECT
      ad_spend.channel_key AS channel_key,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    GROUP BY
      1
  ) AS ad_spend
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = ad_spend.channel_key
  GROUP BY
    1
) AS groups
ORDER BY
  2 DESC NULLS LAST,
  1 ASC
LIMIT 5
