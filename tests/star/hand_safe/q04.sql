-- Different customers by country and channel. A customer has one country, so each (customer, channel) counts once;
-- orders without a customer count none but keep their row.
WITH bought AS (
    SELECT DISTINCT customer_id, channel FROM fact_orders LEFT JOIN dim_campaign USING (campaign_id)
)
SELECT country, channel, count(customer_id) AS customers
FROM bought LEFT JOIN dim_customer USING (customer_id)
GROUP BY country, channel
