"""Questions whose answer depends on a disputed definition, each with the SQL that decides it."""

from tests.semantic.marketing.truth_of_cohorts import FIRST
from tests.semantic.marketing.truth_of_kinds import DEALS, SHOWN
from tests.semantic.marketing.truth_of_shop import DAYS, HUMAN, KEPT, NTH, PLACED, Question

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
        "open deals due in each quarter, also in those to come, for each EUR that its target still lacks",
        {
            "metrics": ["bookings_target", "won_by_month", "pipeline_due", "pipeline_coverage"],
            "by": [{"dim": "date", "grain": "quarter"}],
            "time": {"from": "2026-01-01", "to": "2026-12-31"},
        },
        f"""
        WITH d AS (SELECT * FROM {DEALS} WHERE {SHOWN}),
            t AS (SELECT date_trunc('quarter', month)::DATE AS q, sum(target_value) AS target FROM fct_sales_target
                WHERE year(month) = 2026 AND {{m}} GROUP BY 1),
            a AS (SELECT q, target, (SELECT sum(amount) FROM d WHERE is_won AND closed_date BETWEEN q AND q + 92
                    AND date_trunc('quarter', closed_date) = q) AS won,
                (SELECT sum(amount) FROM d WHERE NOT is_closed
                    AND date_trunc('quarter', expected_close_date) = q) AS due FROM t)
        SELECT q, target, won, due, CASE WHEN target > coalesce(won, 0)
            THEN due::DOUBLE / (target - coalesce(won, 0))::DOUBLE END FROM a
        """,
    ),
    (
        "the targets of months to come, and how far the months that have begun have come",
        {
            "metrics": ["net_revenue_target", "orders_target", "net_revenue_attainment"],
            "by": MONTH,
            "time": {"from": "2026-05-01", "to": "2026-10-31"},
            "totals": ["grand"],
        },
        f"""
        WITH t AS (SELECT month, sum(target_value) FILTER (metric_id = 'net_revenue') AS money,
                sum(target_value) FILTER (metric_id = 'orders') AS orders FROM fct_target
                WHERE month BETWEEN '2026-05-01' AND '2026-10-01' AND {{m}} GROUP BY 1),
            o AS (SELECT date_trunc('month', order_date)::DATE AS month, sum(net_sales)::DOUBLE AS net FROM fct_order
                WHERE {KEPT} AND order_date BETWEEN '2026-05-01' AND '2026-06-30' AND {{m}} GROUP BY 1)
        SELECT month, sum(money), sum(orders), sum(net) / sum(money) FILTER (month <= '2026-06-30')::DOUBLE
        FROM t LEFT JOIN o USING (month) GROUP BY ROLLUP (month)
        """,
    ),
    (
        "attainment of a half-year that is not over, beside the targets of the months that were known then",
        {
            "metrics": ["net_revenue_attainment"],
            "time": {"from": "2026-05-01", "to": "2026-10-31"},
            "compare": [{"to": "last_year"}, {"to": "previous"}],
        },
        f"""
        WITH s AS (SELECT * FROM (VALUES (DATE '2026-05-01', DATE '2026-06-30'), (DATE '2025-05-01', DATE '2025-06-30'),
                (DATE '2025-11-01', DATE '2025-12-31')) AS days(first, last)),
            a AS (SELECT first, (SELECT sum(net_sales)::DOUBLE FROM fct_order
                    WHERE {KEPT} AND order_date BETWEEN first AND last AND {{m}})
                / (SELECT sum(target_value)::DOUBLE FROM fct_target WHERE metric_id = 'net_revenue'
                    AND month BETWEEN first AND last AND {{m}}) AS reached FROM s)
        SELECT max(reached) FILTER (first = '2026-05-01'), max(reached) FILTER (first = '2025-05-01'),
            max(reached) FILTER (first = '2025-11-01') FROM a
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
        "what platforms claim of their own campaigns, campaign by campaign, never added up, nor where none is named",
        {"metrics": ["platform_conversions", "platform_roas"], "by": ["campaign"], "totals": ["grand"]},
        f"""
        SELECT campaign, CASE WHEN campaign IS NOT NULL THEN sum(platform_conversions) END,
            CASE WHEN campaign IS NOT NULL
                THEN sum(platform_conversion_value)::DOUBLE / nullif(sum(spend), 0)::DOUBLE END
        FROM fct_ad_campaign_daily a LEFT JOIN dim_campaign USING (campaign_id)
        WHERE date_day {DAYS} AND a.{{m}} GROUP BY campaign
        UNION ALL SELECT NULL, NULL, NULL
        """,
    ),
    (
        "what platforms claim by platform and campaign: campaigns of one platform add up",
        {
            "metrics": ["platform_conversions"],
            "by": ["platform", "campaign"],
            "totals": ["grand", "platform"],
        },
        f"""
        SELECT a.platform, campaign, sum(platform_conversions)
        FROM fct_ad_campaign_daily a LEFT JOIN dim_campaign USING (campaign_id)
        WHERE date_day {DAYS} AND a.{{m}} GROUP BY GROUPING SETS ((a.platform, campaign), (a.platform))
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

WANTED: list[Question] = [
    (
        "net revenue with shipping and tax, of new and returning customers, by market",
        {
            "metrics": [
                "shipping_charged",
                "tax_charged",
                "total_sales",
                "new_customer_revenue",
                "returning_customer_revenue",
                "returning_revenue_share",
            ],
            "by": ["market"],
        },
        f"""
        SELECT market, sum(shipping), sum(tax), sum(net_sales + shipping + tax)::DOUBLE,
            sum(net_sales) FILTER (nth = 1), sum(net_sales) FILTER (nth > 1),
            (sum(net_sales) FILTER (nth > 1))::DOUBLE / sum(net_sales)::DOUBLE
        FROM {NTH} WHERE {KEPT} AND order_date {DAYS} AND {{m}} GROUP BY market
        """,
    ),
    (
        "orders that were cancelled and orders that came back, by device",
        {
            "metrics": ["placed_orders", "cancelled_orders", "cancellation_rate", "returned_orders", "return_rate"],
            "by": ["device"],
        },
        f"""
        SELECT device, count(*), count(*) FILTER (status = 'cancelled'), avg((status = 'cancelled')::INT),
            count(*) FILTER (status = 'returned'),
            count(*) FILTER (status = 'returned')::DOUBLE / count(*) FILTER (status <> 'cancelled')
        FROM fct_order WHERE NOT is_test AND order_date {DAYS} AND {{m}} GROUP BY device
        """,
    ),
    (
        "sessions with a purchase, and checkouts without one, by month",
        {"metrics": ["purchase_session_rate", "checkout_abandonment"], "by": MONTH},
        f"""
        WITH s AS (SELECT date_trunc('month', session_date)::DATE AS month, count(*) AS n FROM fct_web_session
                WHERE {HUMAN} AND session_date {DAYS} AND {{m}} GROUP BY 1),
            e AS (SELECT date_trunc('month', event_date)::DATE AS month,
                count(DISTINCT CASE WHEN event_name = 'purchase' THEN session_id END) AS bought,
                count(DISTINCT CASE WHEN event_name = 'begin_checkout' THEN session_id END) AS began
                FROM fct_web_event WHERE {HUMAN} AND event_date {DAYS} AND {{m}} GROUP BY 1)
        SELECT month, bought::DOUBLE / n, 1 - bought::DOUBLE / began FROM s JOIN e USING (month)
        """,
    ),
    (
        "what platforms' conversions and landing page views cost, by platform",
        {
            "metrics": [
                "platform_cpa",
                "landing_page_views",
                "landing_page_view_rate",
                "cost_per_landing_page_view",
            ],
            "by": ["platform"],
        },
        f"""
        SELECT platform, sum(spend)::DOUBLE / nullif(sum(platform_conversions), 0), sum(landing_page_views),
            sum(landing_page_views)::DOUBLE / nullif(sum(clicks), 0),
            sum(spend)::DOUBLE / nullif(sum(landing_page_views), 0)
        FROM fct_ad_campaign_daily WHERE date_day {DAYS} AND {{m}} GROUP BY platform
        """,
    ),
    (
        "how fast sales wins, month by month",
        {"metrics": ["sales_velocity"], "by": MONTH},
        f"""
        WITH d AS (SELECT * FROM {DEALS} WHERE {SHOWN}),
            c AS (SELECT date_trunc('month', closed_date)::DATE AS month, count(*) FILTER (is_won) AS won,
                count(*) AS closed, sum(amount) FILTER (is_won)::DOUBLE AS got,
                median(closed_date - created_date) FILTER (is_won) AS days
                FROM d WHERE closed_date {DAYS} GROUP BY 1),
            o AS (SELECT date_trunc('month', snapshot_date)::DATE AS month, count(*) AS open
                FROM fct_opportunity_snapshot_daily SEMI JOIN d USING (opportunity_id)
                WHERE snapshot_date = last_day(snapshot_date) AND snapshot_date {DAYS} GROUP BY 1)
        SELECT month, open * (won::DOUBLE / nullif(closed, 0)) * (got / nullif(won, 0)) / nullif(days, 0)
        FROM o FULL JOIN c USING (month)
        """,
    ),
    (
        "deals that go on from each stage they have left",
        {"metrics": ["deals_leaving_stage", "deals_going_on", "stage_conversion_rate"], "by": ["stage_of_deal"]},
        f"""
        WITH e AS (SELECT s.opportunity_id, s.stage, min(snapshot_date) AS entered FROM fct_opportunity_snapshot_daily s
                JOIN {DEALS} d USING (opportunity_id) WHERE {SHOWN} GROUP BY ALL),
            step AS (SELECT stage, row_number() OVER (ORDER BY sort_order) AS nth FROM dim_opportunity_stage),
            gone AS (SELECT e.stage, o.stage = 'won' OR EXISTS (FROM fct_opportunity_snapshot_daily l
                    JOIN step later ON later.stage = l.stage
                    WHERE l.opportunity_id = e.opportunity_id AND later.nth > step.nth) AS went_on,
                o.stage = 'lost' AS is_lost
                FROM e JOIN step ON step.stage = e.stage JOIN fct_opportunity o ON o.opportunity_id = e.opportunity_id
                WHERE entered {DAYS})
        SELECT stage, count(*) FILTER (went_on OR is_lost), count(*) FILTER (went_on),
            count(*) FILTER (went_on)::DOUBLE / nullif(count(*) FILTER (went_on OR is_lost), 0)
        FROM gone GROUP BY stage
        """,
    ),
    *(
        (
            f"leads that were {later} within 90 days of {first}",
            {"metrics": [rate], "by": MONTH},
            f"""
            SELECT date_trunc('month', {begin})::DATE,
                count(*) FILTER ({end} - {begin} BETWEEN 0 AND 89)::DOUBLE / count(*)
            FROM fct_lead WHERE {begin} {DAYS} AND NOT is_test AND NOT is_internal AND {{m}} GROUP BY 1
            """,
        )
        for first, later, begin, end, rate in (
            ("MQL", "SAL", "mql_date", "sal_date", "mql_to_sal_rate_cohort"),
            ("SAL", "SQL", "sal_date", "sql_date", "sal_to_sql_rate_cohort"),
        )
    ),
    *(
        (
            f"credit that is {model}, by channel",
            {
                "metrics": ["attributed_conversions"],
                "by": ["channel"],
                "where": {
                    "and": [
                        {"dim": "attribution_model", "op": "in", "values": [model]},
                        {"dim": "attribution_window", "op": "in", "values": [30]},
                    ]
                },
            },
            f"""
            WITH path AS (SELECT conversion_id, channel_key, epoch(converted_at - occurred_at) / 86400 AS days,
                    row_number() OVER (PARTITION BY conversion_id ORDER BY occurred_at, touchpoint_id) AS nth,
                    count(*) OVER (PARTITION BY conversion_id) AS n
                FROM fct_conversion c JOIN fct_touchpoint t ON t.subject_id = c.subject_id AND NOT is_duplicate
                AND occurred_at BETWEEN converted_at - INTERVAL 30 DAY AND converted_at
                WHERE converted_date {DAYS} AND {{m}}),
            given AS (SELECT channel_key, {credit} AS credit FROM path)
            SELECT channel, sum(credit::DOUBLE) FROM given LEFT JOIN dim_channel USING (channel_key) GROUP BY 1
            """,
        )
        for model, credit in (
            (
                "position_based",
                "CASE WHEN n = 1 THEN 1 WHEN n = 2 THEN 0.5 WHEN nth = 1 OR nth = n THEN 0.4 ELSE 0.2 / (n - 2) END",
            ),
            ("time_decay", "0.5 ** (days / 7) / sum(0.5 ** (days / 7)) OVER (PARTITION BY conversion_id)"),
        )
    ),
]

LEADERS: list[Question] = [
    (
        "what platforms claim of one campaign, by market",
        {
            "metrics": ["platform_conversions", "platform_cpa"],
            "by": ["market"],
            "where": {"dim": "campaign", "op": "in", "values": ["FR Social Prospecting"]},
            "time": None,
        },
        """
        SELECT market, sum(platform_conversions), sum(spend)::DOUBLE / sum(platform_conversions)
        FROM fct_ad_campaign_daily a JOIN (SELECT campaign_id, campaign FROM dim_campaign) USING (campaign_id)
        WHERE campaign = 'FR Social Prospecting' GROUP BY market
        """,
    ),
    (
        "what orders leave after goods, parcels, payment and ads, by channel",
        {
            "metrics": [
                "shipping_cost",
                "payment_fees",
                "contribution_margin",
                "contribution_margin_rate",
                "contribution_margin_after_ads",
                "poas",
                "break_even_roas",
            ],
            "by": ["channel"],
        },
        f"""
        WITH o AS (SELECT channel_key, sum(shipping_cost) AS parcels, sum(payment_fee) AS fees,
                sum(net_sales) FILTER ({KEPT})::DOUBLE AS net,
                (coalesce(sum(net_sales - cogs + shipping) FILTER ({KEPT}), 0)
                    - sum(shipping_cost + payment_fee))::DOUBLE AS margin
                FROM fct_order WHERE {PLACED} AND order_date {DAYS} GROUP BY 1),
            s AS (SELECT channel_key, sum(spend)::DOUBLE AS spend FROM fct_ad_campaign_daily
                WHERE date_day {DAYS} GROUP BY 1)
        SELECT channel, parcels, fees, margin, margin / net, margin - coalesce(spend, 0), margin / spend, net / margin
        FROM o LEFT JOIN s USING (channel_key) LEFT JOIN dim_channel USING (channel_key)
        """,
    ),
    (
        "what new customers bring in half a year and in a year, by the channel of the first order",
        {
            "metrics": ["ltv_180d", "ltv_365d", "ltv_cac"],
            "by": ["channel"],
            "time": {"from": "2024-07-01", "to": "2025-12-31"},
        },
        f"""
        WITH o AS (SELECT *, CASE WHEN {KEPT} THEN net_sales - cogs + shipping ELSE 0 END - shipping_cost - payment_fee
                AS margin FROM {FIRST} WHERE {PLACED} AND first BETWEEN '2024-07-01' AND '2025-12-31'),
            c AS (SELECT first_channel AS channel_key,
                sum(margin) FILTER (order_date < first + 180)::DOUBLE
                    / count(DISTINCT customer_id) AS ltv_180,
                sum(margin) FILTER (order_date < first + 365 AND first <= DATE '2026-06-30' - 365)::DOUBLE AS year_long,
                count(DISTINCT customer_id) FILTER (first <= DATE '2026-06-30' - 365) AS new
                FROM o GROUP BY 1),
            s AS (SELECT channel_key, sum(spend)::DOUBLE AS spend FROM fct_ad_campaign_daily
                WHERE date_day BETWEEN '2024-07-01' AND DATE '2026-06-30' - 365 GROUP BY 1)
        SELECT channel, ltv_180, year_long / new, year_long / spend
        FROM c LEFT JOIN s USING (channel_key) LEFT JOIN dim_channel USING (channel_key)
        """,
    ),
    (
        "after how many months new customers have paid for their ads, by channel",
        {"metrics": ["payback_months"], "by": ["channel"], "time": {"from": "2024-07-01", "to": "2026-06-30"}},
        f"""
        WITH o AS (SELECT first_channel AS channel_key, order_date - first AS age,
                CASE WHEN {KEPT} THEN net_sales - cogs + shipping ELSE 0 END - shipping_cost - payment_fee AS margin
                FROM {FIRST} WHERE {PLACED} AND first BETWEEN '2024-07-01' AND '2026-06-30'),
            s AS (SELECT channel_key, sum(spend) AS spend FROM fct_ad_campaign_daily
                WHERE date_day BETWEEN '2024-07-01' AND '2026-06-30' GROUP BY 1),
            n AS (SELECT channel_key, nth, sum(margin) AS margin FROM o, range(1, 13) AS r(nth) WHERE age < 30 * nth
                GROUP BY ALL)
        SELECT channel, min(nth) FILTER (margin >= spend) FROM n LEFT JOIN s USING (channel_key)
        LEFT JOIN dim_channel USING (channel_key) GROUP BY 1
        """,
    ),
]
"""Questions about things that marketers can't see, or that not all marketers have."""

QUESTIONS = [*DEFINITIONS, *SPLIT, *WANTED]
