-- The ten campaigns with the most revenue: by key first, so that the names are joined to a sum for each campaign.
WITH by_campaign AS (SELECT campaign_id, sum(revenue) AS revenue FROM fact_orders GROUP BY campaign_id)
SELECT campaign_name, sum(revenue) AS revenue
FROM by_campaign JOIN dim_campaign USING (campaign_id)
GROUP BY campaign_name
ORDER BY revenue DESC, campaign_name
LIMIT 10
