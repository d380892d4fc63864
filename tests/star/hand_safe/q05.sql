-- Orders of 2024 of one platform and one segment, by country. Both filters ask for a known member: inner joins.
SELECT country, sum(revenue) AS revenue, count(*) AS order_count
FROM orders JOIN customers USING (customer_id) JOIN campaigns USING (campaign_id)
WHERE platform = 'northads' AND segment = 'business'
  AND ordered_on >= DATE '2024-01-01' AND ordered_on < DATE '2025-01-01'
GROUP BY country
