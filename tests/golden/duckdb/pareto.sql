WITH _top AS (
  SELECT
    ranked.channel AS channel,
    1 AS found
  FROM (
    SELECT
      channels.channel AS channel,
      CAST(SUM(ad_spend._p0) AS DOUBLE) AS spend
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
    ORDER BY
      2 DESC,
      1 ASC
    LIMIT 3
  ) AS ranked
)
SELECT
  groups.channel AS channel,
  groups._other AS _other,
  groups.spend AS spend,
  CAST(SUM(groups.spend) OVER (
    ORDER BY groups._other ASC, groups.spend DESC, groups.channel ASC
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS DOUBLE) AS so_far
FROM (
  SELECT
    facts.channel AS channel,
    facts._other AS _other,
    CAST(SUM(facts._m0) AS DOUBLE) AS spend
  FROM (
    SELECT
      CASE WHEN _top.found = 1 THEN every.channel END AS channel,
      CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
      every._m0 AS _m0
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
    ) AS every
    LEFT JOIN _top
      ON _top.channel IS NOT DISTINCT FROM every.channel
  ) AS facts
  GROUP BY
    facts.channel,
    facts._other
) AS groups
ORDER BY
  2 ASC,
  3 DESC,
  1 ASC
