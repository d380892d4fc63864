-- Return on ad spend by channel and month. The facts meet one below the other, so that null meets null and a month or
-- channel that only one of them has stays.
WITH earned AS (
    SELECT campaign_id, year(ordered_on) * 12 + month(ordered_on) - 1 AS months, sum(revenue) AS revenue
    FROM orders GROUP BY campaign_id, months
),
spent AS (
    SELECT campaign_id, year(spent_on) * 12 + month(spent_on) - 1 AS months, sum(cost) AS cost
    FROM ad_spend GROUP BY campaign_id, months
),
both_facts AS (
    SELECT campaign_id, months, revenue, NULL::DECIMAL(38, 2) AS cost FROM earned
    UNION ALL
    SELECT campaign_id, months, NULL, cost FROM spent
)
SELECT channel, make_date(months // 12, months % 12 + 1, 1) AS date_month,
       sum(revenue) AS revenue, sum(cost) AS cost, sum(revenue) / nullif(sum(cost), 0) AS roas
FROM both_facts LEFT JOIN campaigns USING (campaign_id)
GROUP BY channel, date_month
