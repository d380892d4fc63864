-- The ten campaigns with the most revenue: the engine adds up by key before it joins the names.
SELECT campaign_name, sum(revenue) AS revenue
FROM fact_orders JOIN dim_campaign USING (campaign_id)
GROUP BY campaign_name
ORDER BY revenue DESC, campaign_name
LIMIT 10
