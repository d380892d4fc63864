-- Return on ad spend by channel and month: each fact by day, both below each other, then by month.
WITH by_day AS (
    SELECT channel, order_date AS day, sum(revenue) AS revenue, NULL::DECIMAL(38, 2) AS cost
    FROM fact_orders JOIN dim_campaign USING (campaign_id)
    GROUP BY channel, day
    UNION ALL
    SELECT channel, spend_date, NULL, sum(cost)
    FROM fact_ad_spend JOIN dim_campaign USING (campaign_id)
    GROUP BY channel, spend_date
)
SELECT channel, date_trunc('month', day)::DATE AS date_month,
       sum(revenue) AS revenue, sum(cost) AS cost, sum(revenue) / nullif(sum(cost), 0) AS roas
FROM by_day
GROUP BY channel, date_month
