SELECT
  answer.channel AS channel,
  answer.spend AS spend,
  answer._t0 AS _t0
FROM (
  SELECT
    facts.channel AS channel,
    GROUPING(facts.channel) AS _t0,
    CAST(SUM(facts._m0) AS DOUBLE) AS spend,
    CAST(SUM(facts._m0) AS DOUBLE) AS _h0
  FROM (
    SELECT
      channels.channel AS channel,
      SUM(ad_spend._p0) AS _m0
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
) AS answer
WHERE
  answer._t0 = 1 OR answer._h0 BETWEEN 1 AND 1000
ORDER BY
  3 ASC NULLS LAST,
  2 DESC,
  1 ASC NULLS LAST
