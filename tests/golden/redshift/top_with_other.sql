WITH _top AS (
  SELECT
    ranked.campaign AS campaign,
    1 AS found
  FROM (
    SELECT
      campaigns.campaign AS campaign,
      CAST(SUM(ad_spend._p0) AS DOUBLE PRECISION) AS spend,
      CAST(SUM(ad_spend._p1) AS BIGINT) AS clicks
    FROM (
      SELECT
        ad_spend.campaign_id AS campaign_id,
        SUM(ad_spend.spend) AS _p0,
        SUM(ad_spend.clicks) AS _p1
      FROM fct_ad_campaign_daily AS ad_spend
      GROUP BY
        1
    ) AS ad_spend
    LEFT JOIN dim_campaign AS campaigns
      ON campaigns.campaign_id = ad_spend.campaign_id
    GROUP BY
      1
    ORDER BY
      2 DESC NULLS LAST,
      1 ASC
    LIMIT 8
  ) AS ranked
)
SELECT
  facts.campaign AS campaign,
  facts._other AS _other,
  CAST(SUM(facts._m0) AS DOUBLE PRECISION) AS spend,
  CAST(SUM(facts._m1) AS BIGINT) AS clicks
FROM (
  SELECT
    CASE WHEN _top.found = 1 THEN every.campaign END AS campaign,
    CASE WHEN _top.found = 1 THEN 0 ELSE 1 END AS _other,
    every._m0 AS _m0,
    every._m1 AS _m1
  FROM (
    SELECT
      campaigns.campaign AS campaign,
      SUM(ad_spend._p0) AS _m0,
      SUM(ad_spend._p1) AS _m1
    FROM (
      SELECT
        ad_spend.campaign_id AS campaign_id,
        SUM(ad_spend.spend) AS _p0,
        SUM(ad_spend.clicks) AS _p1
      FROM fct_ad_campaign_daily AS ad_spend
      GROUP BY
        1
    ) AS ad_spend
    LEFT JOIN dim_campaign AS campaigns
      ON campaigns.campaign_id = ad_spend.campaign_id
    GROUP BY
      1
  ) AS every
  LEFT JOIN _top
    ON (
      _top.campaign = every.campaign
      OR (
        _top.campaign IS NULL AND every.campaign IS NULL
      )
    )
) AS facts
GROUP BY
  facts.campaign,
  facts._other
ORDER BY
  2 ASC,
  3 DESC NULLS LAST,
  1 ASC
