-- Revenue, orders and order value by channel and month. By key and month first, so that the join meets few rows;
-- a month as a number (months since year 0) is cheap to group by.
WITH by_campaign AS (
    SELECT campaign_id, year(order_date) * 12 + month(order_date) - 1 AS months,
           sum(revenue) AS revenue, count(*) AS orders
    FROM fact_orders
    GROUP BY campaign_id, months
)
SELECT channel, make_date(months // 12, months % 12 + 1, 1) AS date_month,
       sum(revenue) AS revenue, sum(orders)::BIGINT AS order_count, sum(revenue) / sum(orders) AS aov
FROM by_campaign LEFT JOIN dim_campaign USING (campaign_id)
GROUP BY channel, date_month
