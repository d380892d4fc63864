SELECT
  facts.channel AS channel,
  facts._t0 AS _t0,
  CAST(COALESCE(MAX(facts._m0), 0) AS Nullable(Int64)) AS customers,
  CAST(MAX(facts._m1) AS Nullable(Float64)) AS spend
FROM (
  SELECT
    facts.channel AS channel,
    GROUPING(facts.channel) AS _t0,
    COUNT(DISTINCT facts._m0) AS _m0,
    NULL AS _m1
  FROM (
    SELECT
      channels.channel AS channel,
      orders.customer_id AS _m0
    FROM fct_order AS orders
    LEFT JOIN dim_channel AS channels
      ON channels.channel_key = orders.channel_key
    WHERE
      NOT orders.is_test AND orders.status <> 'cancelled'
  ) AS facts
  GROUP BY
    GROUPING SETS (
      (facts.channel),
      ()
    )
  UNION ALL
  SELECT
    facts.channel AS channel,
    GROUPING(facts.channel) AS _t0,
    NULL AS _m0,
    SUM(facts._m1) AS _m1
  FROM (
    SELECT
      channels.channel AS channel,
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
    GROUPING SETS (
      (facts.channel),
      ()
    )
) AS facts
GROUP BY
  1,
  2
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC
