WITH _top AS (
  SELECT
    ranked.channel AS channel,
    ranked.campaign AS campaign,
    1 AS found
  FROM (
    SELECT
      groups.channel AS channel,
      groups.campaign AS campaign,
      ROW_NUMBER() OVER (
        PARTITION BY groups.channel
        ORDER BY groups.spend DESC, groups.campaign ASC NULLS LAST
      ) AS place
    FROM (
      SELECT
        channels.channel AS channel,
        campaigns.campaign AS campaign,
        CAST(SUM(ad_spend.spend) AS DOUBLE) AS spend
      FROM fct_ad_campaign_daily AS ad_spend
      LEFT JOIN dim_channel AS channels
        ON channels.channel_key = ad_spend.channel_key
      LEFT JOIN dim_campaign AS campaigns
        ON campaigns.campaign_id = ad_spend.campaign_id
      GROUP BY
        1,
        2
    ) AS groups
  ) AS ranked
  WHERE
    ranked.place <= 3
)
SELECT
  answer.channel AS channel,
  answer.campaign AS campaign,
  answer.spend AS spend,
  answer._other AS _other,
  answer._groups AS _groups
FROM (
  SELECT
    answer.channel AS channel,
    answer.campaign AS campaign,
    answer.spend AS spend,
    answer._other AS _other,
    CASE WHEN answer._other = 1 THEN 1 ELSE 0 END AS _special,
    ROW_NUMBER() OVER (
      PARTITION BY CASE WHEN answer._other = 1 THEN 1 ELSE 0 END
      ORDER BY answer._other ASC NULLS LAST, answer.spend DESC, answer.channel ASC NULLS LAST, answer.campaign ASC NULLS LAST
    ) AS _place,
    SUM(CASE WHEN answer._other = 1 THEN 0 ELSE 1 END) OVER () AS _groups
  FROM (
    SELECT
      facts.channel AS channel,
      facts.campaign AS campaign,
      facts._other AS _other,
      CAST(SUM(facts._m0) AS DOUBLE) AS spend
    FROM (
      SELECT
        every.channel AS channel,
        CASE WHEN _top.found = 1 THEN every.campaign END AS campaign,
        CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
        every._m0 AS _m0
      FROM (
        SELECT
          channels.channel AS channel,
          campaigns.campaign AS campaign,
          SUM(ad_spend.spend) AS _m0
        FROM fct_ad_campaign_daily AS ad_spend
        LEFT JOIN dim_channel AS channels
          ON channels.channel_key = ad_spend.channel_key
        LEFT JOIN dim_campaign AS campaigns
          ON campaigns.campaign_id = ad_spend.campaign_id
        GROUP BY
          1,
          2
      ) AS every
      LEFT JOIN _top
        ON _top.channel IS NOT DISTINCT FROM every.channel
        AND _top.campaign IS NOT DISTINCT FROM every.campaign
    ) AS facts
    GROUP BY
      facts.channel,
      facts.campaign,
      facts._other
  ) AS answer
) AS answer
WHERE
  answer._special = 1 OR answer._place <= 20
ORDER BY
  4 ASC NULLS LAST,
  3 DESC,
  1 ASC NULLS LAST,
  2 ASC NULLS LAST
