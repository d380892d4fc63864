SELECT
  facts.channel AS channel,
  facts.date_week AS date_week,
  CAST(MAX(facts._m0) AS DOUBLE) AS net_revenue,
  CAST(MAX(facts._m1) AS DOUBLE) AS spend
FROM (
  SELECT
    orders._k0 AS channel,
    CAST(DATE_TRUNC('WEEK', orders._k1) AS DATE) AS date_week,
    SUM(orders._p0) AS _m0,
    CAST(NULL AS DECIMAL(38, 4)) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      orders.order_date AS _k1,
      SUM(orders.net_sales) AS _p0
    FROM fct_order AS orders
    JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      orders.order_date >= CAST('2026-03-30' AS DATE)
      AND orders.order_date < CAST('2026-06-29' AS DATE)
      AND NOT orders.is_test
      AND orders.status <> 'cancelled'
      AND orders.status <> 'returned'
    GROUP BY
      1,
      2
  ) AS orders
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    ad_spend._k0 AS channel,
    CAST(DATE_TRUNC('WEEK', ad_spend._k1) AS DATE) AS date_week,
    CAST(NULL AS DECIMAL(38, 4)) AS _m0,
    SUM(ad_spend._p0) AS _m1
  FROM (
    SELECT
      channels.channel AS _k0,
      ad_spend.date_day AS _k1,
      SUM(ad_spend.spend) AS _p0
    FROM fct_ad_campaign_daily AS ad_spend
    JOIN dim_channel AS channels
      ON channels.channel_key = ad_spend.channel_key
    WHERE
      ad_spend.date_day >= CAST('2026-03-30' AS DATE)
      AND ad_spend.date_day < CAST('2026-06-29' AS DATE)
    GROUP BY
      1,
      2
  ) AS ad_spend
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
