"""Questions about the shop's own ads, visits and orders, each with the SQL that a person would write for it."""

from typing import Any

Question = tuple[str, dict[str, Any], str]
"""A title, the question, and hand-written SQL. In the SQL, {m} stands for the person's markets, on a column with that
name, and {all} for whether they see rows without a market.
"""

HALF_YEAR = {"from": "2026-01-01", "to": "2026-06-30"}
DAYS = "BETWEEN DATE '2026-01-01' AND DATE '2026-06-30'"
KEPT = "NOT is_test AND status NOT IN ('cancelled', 'returned')"
PLACED = "NOT is_test AND status <> 'cancelled'"
HUMAN = "NOT is_bot AND NOT is_internal"
NTH = f"""(SELECT *, CASE WHEN {PLACED} THEN CASE WHEN customer_id IS NULL THEN 1 ELSE count(*) FILTER ({PLACED})
        OVER (PARTITION BY customer_id ORDER BY created_at, order_id) END END AS nth FROM fct_order)"""
"""SQL for orders with their position among their customer's valid orders. A guest's order is always a first one."""

QUESTIONS: list[Question] = [
    (
        "orders, customers and revenue of half a year",
        {"metrics": ["orders", "customers", "net_revenue", "aov", "new_customer_orders", "new_customers"]},
        f"""
        SELECT count(*) FILTER ({PLACED}), count(DISTINCT customer_id) FILTER ({PLACED}),
            sum(net_sales) FILTER ({KEPT}),
            (sum(gross_sales - discounts) FILTER ({PLACED}))::DOUBLE / count(*) FILTER ({PLACED}),
            count(*) FILTER (nth = 1), count(DISTINCT customer_id) FILTER (nth = 1)
        FROM {NTH} WHERE order_date {DAYS} AND {{m}}
        """,
    ),
    (
        "gross sales minus discounts minus returns is net revenue, by market",
        {"metrics": ["gross_sales", "discounts", "returns", "net_revenue", "discount_rate"], "by": ["market"]},
        f"""
        SELECT market, sum(gross_sales), sum(discounts), sum(net_sales) FILTER (status = 'returned'),
            sum(gross_sales) - sum(discounts) - coalesce(sum(net_sales) FILTER (status = 'returned'), 0),
            sum(discounts)::DOUBLE / sum(gross_sales)::DOUBLE
        FROM fct_order WHERE {PLACED} AND order_date {DAYS} AND {{m}} GROUP BY market
        """,
    ),
    (
        "what ads cost by platform",
        {"metrics": ["spend", "impressions", "clicks", "ctr", "cpc", "cpm", "platform_roas"], "by": ["platform"]},
        f"""
        SELECT platform, sum(spend), sum(impressions), sum(clicks), sum(clicks)::DOUBLE / nullif(sum(impressions), 0),
            sum(spend)::DOUBLE / nullif(sum(clicks), 0), 1000 * sum(spend)::DOUBLE / nullif(sum(impressions), 0),
            sum(platform_conversion_value)::DOUBLE / nullif(sum(spend), 0)::DOUBLE
        FROM fct_ad_campaign_daily WHERE date_day {DAYS} AND {{m}} GROUP BY platform
        """,
    ),
    (
        "visits by device, without bots and colleagues",
        {"metrics": ["sessions", "visitors", "pages_per_session", "engagement_rate", "bounce_rate"], "by": ["device"]},
        f"""
        SELECT device, count(*), count(DISTINCT visitor_id), sum(pageviews) / count(*)::DOUBLE,
            count(*) FILTER (is_engaged) / count(*)::DOUBLE, 1 - count(*) FILTER (is_engaged) / count(*)::DOUBLE
        FROM fct_web_session WHERE {HUMAN} AND session_date {DAYS} AND {{m}} GROUP BY device
        """,
    ),
    (
        "return on spend by channel, each side by its own channel",
        {"metrics": ["roas", "spend", "net_revenue", "cpa", "cac"], "by": ["channel"]},
        f"""
        WITH o AS (SELECT channel, sum(net_sales) FILTER ({KEPT}) AS revenue, count(*) FILTER ({PLACED}) AS orders,
                count(DISTINCT customer_id) FILTER (nth = 1) AS new
                FROM {NTH} LEFT JOIN dim_channel USING (channel_key)
                WHERE order_date {DAYS} AND {{m}} GROUP BY channel),
            a AS (SELECT channel, sum(spend) AS spend
                FROM fct_ad_campaign_daily LEFT JOIN dim_channel USING (channel_key)
                WHERE date_day {DAYS} AND {{m}} GROUP BY channel)
        SELECT coalesce(o.channel, a.channel), revenue::DOUBLE / nullif(spend, 0)::DOUBLE, spend, revenue,
            spend::DOUBLE / nullif(orders, 0), spend::DOUBLE / nullif(new, 0)
        FROM o FULL JOIN a ON o.channel IS NOT DISTINCT FROM a.channel
        """,
    ),
    (
        "orders per session, month by month",
        {"metrics": ["session_conversion_rate", "revenue_per_session"], "by": [{"dim": "date", "grain": "month"}]},
        f"""
        WITH o AS (SELECT date_trunc('month', order_date)::DATE AS month, count(*) FILTER ({PLACED}) AS orders,
                sum(net_sales) FILTER ({KEPT}) AS revenue FROM fct_order WHERE order_date {DAYS} AND {{m}} GROUP BY 1),
            s AS (SELECT date_trunc('month', session_date)::DATE AS month, count(*) AS sessions
                FROM fct_web_session WHERE {HUMAN} AND session_date {DAYS} AND {{m}} GROUP BY 1)
        SELECT month, orders / sessions::DOUBLE, revenue::DOUBLE / sessions FROM o JOIN s USING (month)
        """,
    ),
    (
        "what was bought, by category",
        {"metrics": ["units", "product_revenue"], "by": ["product_category"]},
        f"""
        SELECT product_category, sum(quantity) FILTER ({PLACED}), sum(net) FILTER ({KEPT})
        FROM fct_order_line JOIN fct_order USING (order_id) WHERE order_date {DAYS} AND {{m}} GROUP BY 1
        """,
    ),
    (
        "revenue by the customer's tier on the day of the order, guests and erased customers as none",
        {"metrics": ["net_revenue", "orders"], "by": ["customer_tier"]},
        f"""
        SELECT tier, sum(net_sales) FILTER ({KEPT}), count(*) FILTER ({PLACED})
        FROM fct_order LEFT JOIN dim_customer USING (customer_key)
        WHERE {PLACED} AND order_date {DAYS} AND {{m}} GROUP BY tier
        """,
    ),
    (
        "revenue by the channel that won the customer",
        {"metrics": ["net_revenue"], "by": [{"dim": "channel", "via": "acquisition_channel"}]},
        f"""
        SELECT channel, sum(net_sales) FROM fct_order LEFT JOIN dim_customer USING (customer_key)
        LEFT JOIN dim_channel ON acquisition_channel_key = dim_channel.channel_key
        WHERE {KEPT} AND order_date {DAYS} AND {{m}} GROUP BY channel
        """,
    ),
    (
        "spend and revenue by campaign objective, with the deleted campaigns and what has no campaign",
        {"metrics": ["spend", "net_revenue", "sessions"], "by": ["objective"]},
        f"""
        WITH part AS (
            SELECT objective, spend, NULL AS revenue, 0 AS session
            FROM fct_ad_campaign_daily a LEFT JOIN dim_campaign c USING (campaign_id) WHERE date_day {DAYS} AND a.{{m}}
            UNION ALL SELECT objective, NULL, CASE WHEN {KEPT} THEN net_sales END, 0
            FROM fct_order o LEFT JOIN dim_campaign c USING (campaign_id) WHERE order_date {DAYS} AND o.{{m}}
            UNION ALL SELECT objective, NULL, NULL, 1
            FROM fct_web_session s LEFT JOIN dim_campaign c USING (campaign_id)
            WHERE {HUMAN} AND session_date {DAYS} AND s.{{m}})
        SELECT objective, sum(spend), sum(revenue), sum(session) FROM part GROUP BY objective
        """,
    ),
    (
        "orders by day around the spring change of clocks",
        {"metrics": ["orders"], "by": ["date"], "time": {"from": "2026-03-28", "to": "2026-03-31"}},
        f"""
        SELECT (created_at AT TIME ZONE 'Europe/Berlin')::DATE AS day, count(*) FROM fct_order
        WHERE {PLACED} AND day BETWEEN '2026-03-28' AND '2026-03-31' AND {{m}} GROUP BY day
        """,
    ),
    (
        "what first orders brought, by market",
        {"metrics": ["new_customer_revenue", "new_customer_roas", "units_per_order"], "by": ["market"]},
        f"""
        WITH o AS (SELECT market, sum(net_sales) FILTER ({KEPT} AND nth = 1) AS first_sales,
                count(*) FILTER ({PLACED}) AS orders FROM {NTH} WHERE order_date {DAYS} AND {{m}} GROUP BY market),
            l AS (SELECT market, sum(quantity) AS pieces FROM fct_order_line JOIN fct_order USING (order_id)
                WHERE {PLACED} AND order_date {DAYS} AND {{m}} GROUP BY market),
            a AS (SELECT market, sum(spend) AS spend FROM fct_ad_campaign_daily
                WHERE date_day {DAYS} AND {{m}} GROUP BY market)
        SELECT market, first_sales, first_sales::DOUBLE / spend::DOUBLE, pieces::DOUBLE / orders
        FROM o JOIN l USING (market) JOIN a USING (market)
        """,
    ),
    (
        "new visitors and their time on the site, by channel group",
        {"metrics": ["new_visitors", "engagement_seconds", "engagement_time_per_session"], "by": ["channel_group"]},
        f"""
        SELECT channel_group, sum(is_first_session::INT), sum(engagement_seconds), avg(engagement_seconds::DOUBLE)
        FROM fct_web_session LEFT JOIN dim_channel USING (channel_key)
        WHERE {HUMAN} AND session_date {DAYS} AND {{m}} GROUP BY channel_group
        """,
    ),
    (
        "conversions as platforms claim them, platform by platform",
        {"metrics": ["platform_conversions", "platform_conversion_rate"], "by": ["platform", "market"]},
        f"""
        SELECT platform, market, sum(platform_conversions), sum(platform_conversions)::DOUBLE / nullif(sum(clicks), 0)
        FROM fct_ad_campaign_daily WHERE date_day {DAYS} AND {{m}} GROUP BY ALL
        """,
    ),
]
