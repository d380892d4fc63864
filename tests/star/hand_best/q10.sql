-- Completed revenue and its share by segment and quarter: days first, the quarter of each of them once.
WITH by_day AS (
    SELECT segment, order_date AS day,
           sum(revenue) AS revenue, sum(revenue) FILTER (WHERE status = 'completed') AS completed_revenue
    FROM fact_orders JOIN dim_customer USING (customer_id)
    GROUP BY segment, day
)
SELECT segment, date_trunc('quarter', day)::DATE AS date_quarter,
       sum(revenue) AS revenue, sum(completed_revenue) AS completed_revenue,
       sum(completed_revenue) / nullif(sum(revenue), 0) AS completed_share
FROM by_day
GROUP BY segment, date_quarter
