-- Customers on file beside what customers spent, by country, each counted apart.
WITH on_file AS (SELECT country, count(*) AS customer_count FROM dim_customer GROUP BY country),
earned AS (
    SELECT country, sum(revenue) AS revenue FROM fact_orders JOIN dim_customer USING (customer_id) GROUP BY country
)
SELECT country, customer_count, revenue FROM on_file FULL JOIN earned USING (country)
