SELECT
  facts.channel AS channel,
  facts.date_month AS date_month,
  CAST(MAX(facts._m0) AS DOUBLE PRECISION) AS net_revenue,
  CAST(MAX(facts._m1) AS DOUBLE PRECISION) AS spend
FROM (
  SELECT
    channels.channel COLLATE "C" AS channel,
    CAST(DATE_TRUNC('MONTH', orders._k1) AS DATE) AS date_month,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      orders.channel_key AS channel_key,
      orders.order_date AS _k1,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    WHERE
      NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1,
      2
  ) AS orders
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = orders.channel_key
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    channels.channel COLLATE "C" AS channel,
    CAST(DATE_TRUNC('MONTH', ad_spend._k1) AS DATE) AS date_month,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(ad_spend._p0) AS _m1
  FROM (
    SELECT
      ad_spend.channel_key AS channel_key,
      ad_spend.date_day AS _k1,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    GROUP BY
      1,
      2
  ) AS ad_spend
  LEFT JOIN dim_channel AS channels
    ON channels.channel_key = ad_spend.channel_key
  GROUP BY
    1,
    2
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  1 ASC
