-- Nine metrics of two facts by channel for 2025, best return first. Every channel that either fact has stays.
WITH earned AS (
    SELECT channel, sum(revenue) AS revenue, count(*) AS orders, count(DISTINCT customer_id) AS customers
    FROM fact_orders LEFT JOIN dim_campaign USING (campaign_id)
    WHERE order_date >= DATE '2025-01-01' AND order_date < DATE '2026-01-01'
    GROUP BY channel
),
by_campaign AS (
    SELECT campaign_id, sum(cost) AS cost, sum(clicks) AS clicks, sum(impressions) AS impressions
    FROM fact_ad_spend
    WHERE spend_date >= DATE '2025-01-01' AND spend_date < DATE '2026-01-01'
    GROUP BY campaign_id
),
spent AS (
    SELECT channel, sum(cost) AS cost, sum(clicks) AS clicks, sum(impressions) AS impressions
    FROM by_campaign LEFT JOIN dim_campaign USING (campaign_id)
    GROUP BY channel
)
SELECT coalesce(earned.channel, spent.channel) AS channel, revenue, coalesce(orders, 0) AS order_count, customers,
       cost, clicks::BIGINT AS clicks, impressions::BIGINT AS impressions,
       cost / nullif(orders, 0) AS cpa, clicks / nullif(impressions, 0) AS ctr, revenue / nullif(cost, 0) AS roas
FROM earned FULL JOIN spent ON earned.channel IS NOT DISTINCT FROM spent.channel
ORDER BY roas DESC NULLS LAST, channel NULLS LAST
