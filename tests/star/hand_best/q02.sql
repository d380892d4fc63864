-- Revenue, orders and order value by channel and month: every order has a campaign, so the join drops none.
WITH by_day AS (
    SELECT channel, order_date AS day, sum(revenue) AS revenue, count(*) AS orders
    FROM fact_orders JOIN dim_campaign USING (campaign_id)
    GROUP BY channel, day
)
SELECT channel, date_trunc('month', day)::DATE AS date_month,
       sum(revenue) AS revenue, sum(orders)::BIGINT AS order_count, sum(revenue) / sum(orders) AS aov
FROM by_day
GROUP BY channel, date_month
