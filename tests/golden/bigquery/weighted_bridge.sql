SELECT
  facts.campaign_via_influencing_campaign AS campaign_via_influencing_campaign,
  GROUPING(facts.campaign_via_influencing_campaign) AS _t0,
  CAST(SUM(facts._m0) AS FLOAT64) AS won_amount,
  CAST(COALESCE(SUM(facts._m1), 0) AS FLOAT64) AS opportunities_created
FROM (
  SELECT
    campaigns.campaign AS campaign_via_influencing_campaign,
    SUM(
      CAST(opportunities.amount AS FLOAT64) * CAST(CASE
        WHEN deal_campaigns.opportunity_id IS NULL
        THEN 1
        ELSE deal_campaigns.influence_pct
      END AS FLOAT64)
    ) AS _m0,
    CAST(NULL AS FLOAT64) AS _m1
  FROM fct_opportunity AS opportunities
  LEFT JOIN (
    SELECT
      opportunity_id,
      campaign_id,
      influence_pct
    FROM bridge_opportunity_campaign
    WHERE
      influence_model = 'even'
  ) AS deal_campaigns
    ON deal_campaigns.opportunity_id = opportunities.opportunity_id
  LEFT JOIN dim_campaign AS campaigns
    ON campaigns.campaign_id = deal_campaigns.campaign_id
  WHERE
    opportunities.is_won AND opportunities.merged_into IS NULL
  GROUP BY
    1
  UNION ALL
  SELECT
    campaigns.campaign AS campaign_via_influencing_campaign,
    CAST(NULL AS FLOAT64) AS _m0,
    SUM(
      CAST(1 AS FLOAT64) * CAST(CASE
        WHEN deal_campaigns.opportunity_id IS NULL
        THEN 1
        ELSE deal_campaigns.influence_pct
      END AS FLOAT64)
    ) AS _m1
  FROM fct_opportunity AS opportunities
  LEFT JOIN (
    SELECT
      opportunity_id,
      campaign_id,
      influence_pct
    FROM bridge_opportunity_campaign
    WHERE
      influence_model = 'even'
  ) AS deal_campaigns
    ON deal_campaigns.opportunity_id = opportunities.opportunity_id
  LEFT JOIN dim_campaign AS campaigns
    ON campaigns.campaign_id = deal_campaigns.campaign_id
  WHERE
    opportunities.merged_into IS NULL
  GROUP BY
    1
) AS facts
GROUP BY
  GROUPING SETS (
    (facts.campaign_via_influencing_campaign),
    ()
  )
ORDER BY
  2 ASC NULLS LAST,
  3 DESC,
  1 ASC NULLS LAST
