-- The ten campaigns with the most revenue; orders of no known campaign compete as one.
WITH by_campaign AS (SELECT campaign_id, sum(revenue) AS revenue FROM orders GROUP BY campaign_id)
SELECT campaign, sum(revenue) AS revenue
FROM by_campaign LEFT JOIN campaigns USING (campaign_id)
GROUP BY campaign
ORDER BY revenue DESC NULLS LAST, campaign NULLS LAST
LIMIT 10
