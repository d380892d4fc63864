-- Orders of 2024 of one platform and one segment, by country: the joins filter, then little is left to group.
SELECT country, sum(revenue) AS revenue, count(*) AS order_count
FROM fact_orders JOIN dim_campaign USING (campaign_id) JOIN dim_customer USING (customer_id)
WHERE platform = 'google' AND segment = 'enterprise'
  AND order_date >= DATE '2024-01-01' AND order_date < DATE '2025-01-01'
GROUP BY country
