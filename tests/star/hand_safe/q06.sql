-- The ten campaigns with the most revenue; orders of no known campaign compete as one.
WITH by_campaign AS (SELECT campaign_id, sum(revenue) AS revenue FROM fact_orders GROUP BY campaign_id)
SELECT campaign_name, sum(revenue) AS revenue
FROM by_campaign LEFT JOIN dim_campaign USING (campaign_id)
GROUP BY campaign_name
ORDER BY revenue DESC NULLS LAST, campaign_name NULLS LAST
LIMIT 10
