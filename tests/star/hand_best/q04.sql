-- Different customers by country and channel: a customer has one country, so one row for each (customer, channel) counts.
WITH bought AS (
    SELECT customer_id, channel FROM fact_orders JOIN dim_campaign USING (campaign_id) GROUP BY customer_id, channel
)
SELECT country, channel, count(*) AS customers
FROM bought JOIN dim_customer USING (customer_id)
GROUP BY country, channel
