-- Return on ad spend by channel and month. The facts meet one below the other, so that null meets null and a month or
-- channel that only one of them has stays.
WITH earned AS (
    SELECT campaign_id, year(order_date) * 12 + month(order_date) - 1 AS months, sum(revenue) AS revenue
    FROM fact_orders GROUP BY campaign_id, months
),
spent AS (
    SELECT campaign_id, year(spend_date) * 12 + month(spend_date) - 1 AS months, sum(cost) AS cost
    FROM fact_ad_spend GROUP BY campaign_id, months
),
both_facts AS (
    SELECT campaign_id, months, revenue, NULL::DECIMAL(38, 2) AS cost FROM earned
    UNION ALL
    SELECT campaign_id, months, NULL, cost FROM spent
)
SELECT channel, make_date(months // 12, months % 12 + 1, 1) AS date_month,
       sum(revenue) AS revenue, sum(cost) AS cost, sum(revenue) / nullif(sum(cost), 0) AS roas
FROM both_facts LEFT JOIN dim_campaign USING (campaign_id)
GROUP BY channel, date_month
