SELECT
  facts.channel AS channel,
  CAST(MAX(facts._m0) AS Nullable(Float64)) / nullIf(CAST(MAX(facts._m1) AS Nullable(Float64)), 0) AS roas
FROM (
  SELECT
    channels.channel AS channel,
    SUM(orders._p0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      orders.channel_key AS channel_key,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1
  ) AS orders
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = orders.channel_key
  GROUP BY
    1
  UNION ALL
  SELECT
    channels.channel AS channel,
    NULL AS _m0,
    SUM(ad_spend._p0) AS _m1
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
) AS facts
GROUP BY
  1
HAVING
  CAST(MAX(facts._m1) AS Nullable(Float64)) > 100
ORDER BY
  2 DESC,
  1 ASC
