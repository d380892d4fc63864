"""Questions whose answer hangs on a definition that people argue about, each with the SQL that settles it."""

from tests.semantic.truth_of_shop import DAYS, KEPT, PLACED, Question

MONTH = [{"dim": "date", "grain": "month"}]
YEAR = {"from": "2025-01-01", "to": "2025-12-31"}
FIRSTS = f"""(SELECT customer_id, min(order_date) AS first FROM fct_order
    WHERE {PLACED} AND customer_id IS NOT NULL GROUP BY customer_id)"""
BACK = "(SELECT order_id, sum(amount) AS back FROM fct_refund GROUP BY order_id)"

DEFINITIONS: list[Question] = [
    (
        "members who left in a month of the year, on average, and starters who are gone at its end",
        {
            "metrics": [
                "members_at_month_starts",
                "member_churn_rate",
                "mrr_churn_rate",
                "members_a_year_before",
                "members_lost_within_year",
                "annual_member_churn_rate",
                "annual_mrr_churn_rate",
            ],
            "by": ["market"],
            "time": YEAR,
        },
        """
        WITH months AS (SELECT market, count(*) FILTER (opening_mrr > 0) AS openings,
                count(*) FILTER (category = 'churn')::DOUBLE AS churned, sum(opening_mrr)::DOUBLE AS opening,
                sum(opening_mrr - mrr) FILTER (category = 'churn')::DOUBLE AS lost
                FROM fct_mrr_month WHERE year(month) = 2025 AND {m} GROUP BY market),
            starters AS (SELECT market, mrr, customer_id NOT IN (SELECT customer_id FROM fct_mrr_month
                WHERE month = '2025-12-01' AND mrr > 0) AS is_gone
                FROM fct_mrr_month WHERE month = '2024-12-01' AND mrr > 0),
            years AS (SELECT market, count(*) AS members, count(*) FILTER (is_gone) AS gone,
                sum(mrr)::DOUBLE AS paid, coalesce(sum(mrr) FILTER (is_gone), 0)::DOUBLE AS lost
                FROM starters GROUP BY market)
        SELECT market, openings, churned / nullif(openings, 0), coalesce(m.lost, 0) / nullif(opening, 0), members, gone,
            gone::DOUBLE / members, y.lost / paid FROM months m LEFT JOIN years y USING (market)
        """,
    ),
    (
        "new customers are those whose first valid order falls in the month, and what each cost",
        {"metrics": ["new_customers", "cac"], "by": MONTH},
        f"""
        WITH n AS (SELECT date_trunc('month', first)::DATE AS month, count(*) AS new FROM {FIRSTS} JOIN (
                SELECT DISTINCT customer_id, order_date AS first FROM fct_order WHERE {PLACED} AND {{m}})
                USING (customer_id, first) WHERE first {DAYS} GROUP BY 1),
            s AS (SELECT date_trunc('month', date_day)::DATE AS month, sum(spend)::DOUBLE AS spend
                FROM fct_ad_campaign_daily WHERE date_day {DAYS} AND {{m}} GROUP BY 1)
        SELECT month, new, spend / new FROM n JOIN s USING (month)
        """,
    ),
    (
        "what the whole shop sells for each EUR of ads",
        {"metrics": ["mer", "shop_net_revenue", "shop_ad_spend"], "by": ["market"], "totals": ["grand"]},
        f"""
        WITH o AS (SELECT market, sum(net_sales) AS v FROM fct_order WHERE {KEPT} AND order_date {DAYS} AND {{m}}
                GROUP BY ROLLUP (market)),
            s AS (SELECT market, sum(spend) AS v FROM fct_ad_campaign_daily WHERE date_day {DAYS} AND {{m}}
                GROUP BY ROLLUP (market))
        SELECT o.market, o.v::DOUBLE / s.v::DOUBLE, o.v, s.v FROM o JOIN s ON o.market IS NOT DISTINCT FROM s.market
        """,
    ),
    (
        "net revenue after refunds takes parts of orders off too, by channel",
        {"metrics": ["net_revenue", "partial_refunds", "net_revenue_after_refunds"], "by": ["channel"]},
        f"""
        SELECT channel, sum(net_sales), sum(back), sum(net_sales - coalesce(back, 0))::DOUBLE
        FROM fct_order LEFT JOIN {BACK} USING (order_id) LEFT JOIN dim_channel USING (channel_key)
        WHERE {KEPT} AND order_date {DAYS} AND {{m}} GROUP BY channel
        """,
    ),
    (
        "what customers are charged per order, orders sent back on both sides",
        {"metrics": ["sales_after_discounts", "aov"], "by": ["device"]},
        f"""
        SELECT device, sum(gross_sales) - sum(discounts), avg((gross_sales - discounts)::DOUBLE)
        FROM fct_order WHERE {PLACED} AND order_date {DAYS} AND {{m}} GROUP BY device
        """,
    ),
    (
        "the open rate with machines on both sides, and with machines on neither",
        {"metrics": ["mail_opens_raw", "mails_delivered_without_machines", "open_rate_raw", "open_rate"], "by": MONTH},
        f"""
        SELECT date_trunc('month', sent_date)::DATE, count(*) FILTER (opens > 0),
            count(*) FILTER (delivered AND NOT is_machine_open),
            count(*) FILTER (opens > 0)::DOUBLE / count(*) FILTER (delivered),
            count(*) FILTER (opens > 0 AND NOT is_machine_open)::DOUBLE
                / count(*) FILTER (delivered AND NOT is_machine_open)
        FROM fct_message_recipient WHERE sent_date {DAYS} AND {{m}} GROUP BY 1
        """,
    ),
    (
        "share of voice and of search brand by brand",
        {
            "metrics": ["all_voice_spend", "all_brands_voice_spend", "brand_share_of_voice", "brand_share_of_search"],
            "by": ["brand"],
            "time": {"from": "2026-01-05", "to": "2026-06-28"},
        },
        """
        WITH v AS (FROM fct_share_of_voice_week WHERE week BETWEEN '2026-01-05' AND '2026-06-22' AND {m})
        SELECT brand, sum(ad_spend_est), (SELECT sum(ad_spend_est) FROM v),
            sum(ad_spend_est)::DOUBLE / (SELECT sum(ad_spend_est) FROM v)::DOUBLE,
            sum(search_volume)::DOUBLE / (SELECT sum(search_volume) FROM v)::DOUBLE FROM v GROUP BY brand
        """,
    ),
    (
        "what ads for leads cost, campaign by campaign",
        {"metrics": ["lead_ad_spend"], "by": ["lead_campaign"]},
        f"SELECT campaign, sum(spend) FROM fct_lead_ad_daily WHERE date_day {DAYS} AND {{m}} GROUP BY campaign",
    ),
]

SPLIT: list[Question] = [
    (
        "sales, discounts and refunds by the category of what was bought",
        {
            "metrics": ["product_gross_sales", "product_discounts", "product_discount_rate", "product_refunds"],
            "by": ["product_category"],
        },
        f"""
        WITH l AS (SELECT product_category, sum(gross) AS gross, sum(discount) AS discount
                FROM fct_order_line JOIN fct_order USING (order_id)
                WHERE {PLACED} AND order_date {DAYS} AND {{m}} GROUP BY 1),
            r AS (SELECT product_category, sum(amount) AS back FROM fct_refund
                JOIN fct_order_line USING (order_id, line_no) WHERE refund_date {DAYS} AND {{m}} GROUP BY 1)
        SELECT product_category, gross, discount, discount::DOUBLE / gross::DOUBLE, back
        FROM l LEFT JOIN r USING (product_category)
        """,
    ),
    (
        "members who left, by what they said",
        {"metrics": ["churned_members", "churned_mrr"], "by": ["cancel_reason"]},
        f"""
        SELECT p.cancel_reason, count(*), sum(opening_mrr)
        FROM fct_mrr_month m JOIN fct_subscription_period p ON p.customer_id = m.customer_id AND status = 'ended'
            AND date_trunc('month', p.valid_from) = month
        WHERE category = 'churn' AND month {DAYS} AND m.{{m}} GROUP BY 1
        """,
    ),
    (
        "what platforms claim of their own campaigns, campaign by campaign, never added up",
        {"metrics": ["platform_conversions", "platform_roas"], "by": ["campaign"], "totals": ["grand"]},
        f"""
        SELECT campaign, sum(platform_conversions),
            sum(platform_conversion_value)::DOUBLE / nullif(sum(spend), 0)::DOUBLE
        FROM fct_ad_campaign_daily a LEFT JOIN dim_campaign USING (campaign_id)
        WHERE date_day {DAYS} AND a.{{m}} GROUP BY campaign
        UNION ALL SELECT NULL, NULL, NULL
        """,
    ),
    (
        "credit where all models and windows but one are left out",
        {
            "metrics": ["attributed_conversions"],
            "by": ["channel_group"],
            "where": {
                "and": [
                    {
                        "dim": "attribution_model",
                        "op": "not_in",
                        "values": ["linear", "last", "first", "position_based", "time_decay"],
                    },
                    {"dim": "attribution_window", "op": "not_in", "values": [7]},
                ]
            },
        },
        f"""
        WITH path AS (SELECT conversion_id, list({{'key': channel_key}} ORDER BY occurred_at, touchpoint_id) AS touches
                FROM fct_conversion c JOIN fct_touchpoint t ON t.subject_id = c.subject_id AND NOT is_duplicate
                AND occurred_at BETWEEN converted_at - INTERVAL 30 DAY AND converted_at
                WHERE converted_date {DAYS} AND {{m}} GROUP BY 1),
            given AS (SELECT coalesce(list_last(list_filter(touches, lambda one: one.key IS DISTINCT FROM 'ch-11')),
                list_last(touches)).key AS channel_key FROM path)
        SELECT channel_group, count(*) FROM given LEFT JOIN dim_channel USING (channel_key) GROUP BY 1
        """,
    ),
]

QUESTIONS = [*DEFINITIONS, *SPLIT]
