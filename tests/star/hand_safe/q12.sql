-- Customers on file beside what customers spent, by country: counted apart, so that no customer counts once an order.
WITH on_file AS (SELECT country, count(*) AS customers FROM dim_customer GROUP BY country),
by_customer AS (SELECT customer_id, sum(revenue) AS revenue FROM fact_orders GROUP BY customer_id),
earned AS (
    SELECT country, sum(revenue) AS revenue FROM by_customer LEFT JOIN dim_customer USING (customer_id) GROUP BY country
)
SELECT coalesce(on_file.country, earned.country) AS country, customers AS customer_count, revenue
FROM on_file FULL JOIN earned ON on_file.country IS NOT DISTINCT FROM earned.country
