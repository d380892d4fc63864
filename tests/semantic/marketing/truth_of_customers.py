"""Questions about refunds, mails, credit, membership, leads and deals, and segments, each with hand-written SQL."""

from tests.semantic.marketing.truth_of_shop import DAYS, PLACED, Question

REAL = "NOT is_test AND NOT is_internal"
MONTH = [{"dim": "date", "grain": "month"}]
LINEAR_30 = {
    "and": [
        {"dim": "attribution_model", "op": "in", "values": ["linear"]},
        {"dim": "attribution_window", "op": "in", "values": [30]},
    ]
}
# Deals have the market of their lead; those without one are for people who are bound to no market.
DEALS = """(SELECT o.*, l.market, account FROM fct_opportunity o LEFT JOIN fct_lead l USING (lead_id)
    LEFT JOIN dim_account USING (account_key) WHERE o.merged_into IS NULL)"""

CUSTOMERS: list[Question] = [
    (
        "money given back, month by month, on its own day, for each EUR sold in the same month",
        {"metrics": ["refunded_amount", "refunds", "refund_rate_period"], "by": MONTH},
        f"""
        WITH back AS (SELECT date_trunc('month', refund_date)::DATE AS month, sum(amount) AS amount,
                count(DISTINCT refund_id) AS refunds FROM fct_refund WHERE refund_date {DAYS} AND {{m}} GROUP BY 1),
            sold AS (SELECT date_trunc('month', order_date)::DATE AS month, sum(net_sales) AS sold FROM fct_order
                WHERE {PLACED} AND order_date {DAYS} AND {{m}} GROUP BY 1)
        SELECT month, amount, refunds, amount::DOUBLE / sold::DOUBLE FROM back JOIN sold USING (month)
        """,
    ),
    (
        "money given back by the customer's tier on the day of the order",
        {"metrics": ["refunded_amount"], "by": ["customer_tier"]},
        f"""
        SELECT tier, sum(amount) FROM fct_refund r, fct_order o LEFT JOIN dim_customer USING (customer_key)
        WHERE r.order_id = o.order_id AND refund_date {DAYS} AND r.{{m}} GROUP BY tier
        """,
    ),
    (
        "mails by series, newsletters as none",
        {
            "metrics": [
                "mails_sent",
                "mails_delivered",
                "mails_bounced",
                "mail_opens",
                "machine_opens",
                "mail_clicks",
                "open_rate",
                "mail_click_rate",
                "click_to_open_rate",
                "delivery_rate",
            ],
            "by": ["mail_flow"],
        },
        f"""
        WITH m AS (SELECT *, CASE WHEN opens > 0 AND NOT is_machine_open THEN 1 ELSE 0 END AS opened,
                CASE WHEN first_click_at IS NOT NULL AND NOT is_bot_click THEN 1 ELSE 0 END AS clicked
                FROM fct_message_recipient WHERE sent_date {DAYS} AND {{m}})
        SELECT flow_id, count(*), sum(delivered::INT), sum(1 - delivered::INT), sum(opened), sum(is_machine_open::INT),
            sum(clicked), sum(opened)::DOUBLE / nullif(sum((delivered AND NOT is_machine_open)::INT), 0),
            sum(clicked)::DOUBLE / sum(delivered::INT),
            sum(clicked)::DOUBLE / nullif(sum(opened), 0), sum(delivered::INT)::DOUBLE / count(*)
        FROM m GROUP BY flow_id
        """,
    ),
    (
        "what mails brought and cost the list, by region",
        {
            "metrics": [
                "mail_unsubscribes",
                "mail_complaints",
                "unsubscribe_rate",
                "complaint_rate",
                "mail_revenue",
                "revenue_per_recipient",
            ],
            "by": ["region_group"],
        },
        f"""
        SELECT CASE WHEN market IN ('DE', 'AT') THEN 'DACH' WHEN market IN ('SE', 'NO') THEN 'Nordics'
                WHEN market = 'NL' THEN 'Benelux' WHEN market = 'FR' THEN 'France' ELSE 'UK and Ireland' END,
            count(unsubscribed_at), count(complained_at),
            count(unsubscribed_at)::DOUBLE / count(*) FILTER (delivered),
            count(complained_at)::DOUBLE / count(*) FILTER (delivered), sum(attributed_revenue),
            sum(attributed_revenue)::DOUBLE / count(*) FILTER (delivered)
        FROM fct_message_recipient WHERE sent_date {DAYS} AND {{m}} GROUP BY 1
        """,
    ),
    (
        "conversions by kind, without those sent twice",
        {"metrics": ["conversions", "conversion_value"], "by": ["conversion_type"]},
        f"""
        SELECT conversion_type, count(DISTINCT source_id), sum(CASE WHEN NOT is_duplicate THEN value END)
        FROM fct_conversion WHERE converted_date {DAYS} AND {{m}} GROUP BY 1
        """,
    ),
    (
        "credit by channel under one model and window, and the return on spend it makes",
        {
            "metrics": ["attributed_conversions", "attributed_value", "attributed_roas"],
            "by": ["channel"],
            "where": LINEAR_30,
        },
        f"""
        WITH c AS (SELECT channel, sum(credit) AS credit, sum(attributed_value) AS value
                FROM fct_attribution_credit a JOIN fct_conversion v USING (conversion_id)
                LEFT JOIN dim_channel d ON d.channel_key = a.channel_key
                WHERE model = 'linear' AND window_days = 30 AND a.converted_date {DAYS} AND {{m}} GROUP BY channel),
            s AS (SELECT channel, sum(spend) AS spend FROM fct_ad_campaign_daily JOIN dim_channel USING (channel_key)
                WHERE date_day {DAYS} AND {{m}} GROUP BY channel)
        SELECT coalesce(c.channel, s.channel), credit, value, value::DOUBLE / nullif(spend, 0)::DOUBLE
        FROM c FULL JOIN s ON s.channel = c.channel
        """,
    ),
    (
        "all models and windows side by side, by kind of contact",
        {"metrics": ["attributed_value"], "by": ["attribution_model", "attribution_window", "contact_type"]},
        f"""
        SELECT model, window_days, type, sum(attributed_value)
        FROM (FROM fct_attribution_credit UNION ALL FROM fct_attribution_weighted) a
        JOIN fct_touchpoint USING (touchpoint_id)
        WHERE a.converted_date {DAYS} AND conversion_id IN (SELECT conversion_id FROM fct_conversion WHERE {{m}})
        GROUP BY ALL
        """,
    ),
    (
        "how recurring revenue moved, month by month",
        {
            "metrics": [
                "new_mrr",
                "reactivation_mrr",
                "expansion_mrr",
                "contraction_mrr",
                "churned_mrr",
                "net_new_mrr",
                "new_members",
                "churned_members",
                "mrr_quick_ratio",
            ],
            "by": MONTH,
        },
        f"""
        WITH moved AS (SELECT *, mrr - opening_mrr AS rise FROM fct_mrr_month WHERE month {DAYS} AND {{m}}),
            summed AS (SELECT month, sum(rise) FILTER (category = 'new') AS new,
                sum(rise) FILTER (category = 'reactivation') AS back, sum(rise) FILTER (category = 'expansion') AS more,
                -sum(rise) FILTER (category = 'contraction') AS less, -sum(rise) FILTER (category = 'churn') AS gone,
                sum(rise) AS net, count(*) FILTER (category = 'new') AS joined,
                count(*) FILTER (mrr = 0 AND opening_mrr > 0) AS lost FROM moved GROUP BY month)
        SELECT *, (coalesce(new, 0) + coalesce(back, 0) + coalesce(more, 0))::DOUBLE
            / nullif(coalesce(less, 0) + coalesce(gone, 0), 0)::DOUBLE FROM summed
        """,
    ),
    (
        "trials by plan",
        {"metrics": ["trials_started"], "by": ["plan", "billing_period"], "time": None},
        """
        SELECT plan, billing_period, count(*) FROM (
            SELECT arg_min(plan_key, valid_from) AS plan_key FROM fct_subscription_period WHERE {m}
            GROUP BY subscription_id HAVING arg_min(status, valid_from) = 'trial'
        ) JOIN dim_plan USING (plan_key) GROUP BY ALL
        """,
    ),
    (
        "memberships that ended, by market",
        {"metrics": ["memberships_ended"], "by": ["market"], "time": None},
        "SELECT market, count(*) FROM fct_subscription_period WHERE status = 'ended' AND {m} GROUP BY ALL",
    ),
]

CONTRACT: list[Question] = [
    (
        "leads month by month, each stage on its own day",
        {
            "metrics": ["leads", "mqls", "sals", "sqls", "lead_to_mql_rate_period", "mql_to_sql_rate_period"],
            "by": MONTH,
            "time": {"from": "2024-01-01", "to": "2026-06-30"},
        },
        f"""
        WITH step AS (UNPIVOT (SELECT lead_date, mql_date, sal_date, sql_date FROM fct_lead WHERE {REAL} AND {{m}})
                ON lead_date, mql_date, sal_date, sql_date INTO NAME stage VALUE day),
            monthly AS (SELECT date_trunc('month', day)::DATE AS month, count(*) FILTER (stage = 'lead_date') AS leads,
                count(*) FILTER (stage = 'mql_date') AS mqls, count(*) FILTER (stage = 'sal_date') AS sals,
                count(*) FILTER (stage = 'sql_date') AS sqls FROM step
                WHERE day BETWEEN '2024-01-01' AND '2026-06-30' GROUP BY 1)
        SELECT *, mqls::DOUBLE / nullif(leads, 0), sqls::DOUBLE / nullif(mqls, 0) FROM monthly
        """,
    ),
    (
        "the wait for an answer and the leads given up, by where contacts come from",
        {
            "metrics": [
                "average_response_minutes",
                "median_response_minutes",
                "long_response_minutes",
                "disqualified_leads",
            ],
            "by": ["lead_source"],
            "time": None,
        },
        """
        SELECT lead_source, avg(first_response_minutes::DOUBLE), quantile_cont(first_response_minutes::DOUBLE, 0.5),
            quantile_cont(first_response_minutes::DOUBLE, 0.9), count(disqualified_date)
        FROM fct_lead l LEFT JOIN dim_person p USING (person_id)
        WHERE NOT l.is_test AND NOT l.is_internal AND {m} GROUP BY lead_source
        """,
    ),
    (
        "what ads for leads cost for each lead and MQL, by market",
        {"metrics": ["cost_per_lead", "cost_per_mql"], "by": ["market"]},
        f"""
        WITH l AS (SELECT market, count(*) FILTER (lead_date {DAYS}) AS leads, count(*) FILTER (mql_date {DAYS}) AS mqls
                FROM fct_lead WHERE {REAL} AND {{m}} GROUP BY market),
            a AS (SELECT market, sum(spend) AS spend FROM fct_lead_ad_daily
                WHERE date_day {DAYS} AND {{m}} GROUP BY market)
        SELECT market, spend::DOUBLE / nullif(leads, 0), spend::DOUBLE / nullif(mqls, 0)
        FROM a LEFT JOIN l USING (market)
        """,
    ),
    (
        "deals quarter by quarter, opened and closed each on its own day",
        {
            "metrics": [
                "opportunities_created",
                "pipeline_created",
                "won_opportunities",
                "lost_opportunities",
                "won_amount",
                "win_rate_count",
                "win_rate_amount",
                "average_deal_size",
            ],
            "by": [{"dim": "date", "grain": "quarter"}],
            "time": {"from": "2024-01-01", "to": "2026-06-30"},
        },
        f"""
        WITH seen AS (SELECT * FROM {DEALS} WHERE {{m}} OR {{all}}),
            o AS (SELECT date_trunc('quarter', created_date)::DATE AS q, count(*) AS n, sum(amount) AS worth FROM seen
                WHERE created_date BETWEEN '2024-01-01' AND '2026-06-30' GROUP BY 1),
            c AS (SELECT date_trunc('quarter', closed_date)::DATE AS q, sum((stage = 'won')::INT) AS won,
                sum((stage = 'lost')::INT) AS lost, sum(CASE stage WHEN 'won' THEN amount END) AS got,
                sum(amount) AS closed
                FROM seen WHERE closed_date BETWEEN '2024-01-01' AND '2026-06-30' GROUP BY 1)
        SELECT coalesce(o.q, c.q), coalesce(n, 0), worth, coalesce(won, 0), coalesce(lost, 0), got,
            won::DOUBLE / nullif(won + lost, 0), coalesce(got, 0)::DOUBLE / nullif(closed, 0)::DOUBLE,
            got::DOUBLE / nullif(won, 0) FROM o FULL JOIN c ON o.q = c.q
        """,
    ),
    (
        "bookings by the territory of the day the deal was opened",
        {"metrics": ["won_amount"], "by": ["territory"], "time": None},
        f"""
        SELECT territory, sum(amount) FROM {DEALS} AS d JOIN dim_account a USING (account_id)
        WHERE is_won AND created_date >= valid_from AND created_date < valid_to AND ({{m}} OR {{all}}) GROUP BY 1
        """,
    ),
    (
        "bookings by the territory of today",
        {"metrics": ["won_amount"], "by": ["territory"], "time": None, "history": "as_is"},
        f"""
        SELECT territory, sum(amount) FROM {DEALS} AS d JOIN dim_account a USING (account_id)
        WHERE is_won AND valid_to = '9999-12-31' AND ({{m}} OR {{all}}) GROUP BY 1
        """,
    ),
]

QUESTIONS = [*CUSTOMERS, *CONTRACT]

# What has no market, for people who are bound to none.
WITHOUT_MARKET: list[Question] = [
    (
        "moves of contacts by the stage they came to, without those filled in later",
        {"metrics": ["stage_entries", "stage_regressions"], "by": ["stage_entered"]},
        f"""
        SELECT to_stage, sum(1 - is_skipped_fill::INT), sum((is_regression AND NOT is_skipped_fill)::INT)
        FROM fct_lifecycle_transition WHERE entered_date {DAYS} GROUP BY to_stage
        """,
    ),
    (
        "contacts with marketing by kind and channel, unknown channels as none",
        {"metrics": ["touchpoints"], "by": ["contact_type", "channel"]},
        f"""
        SELECT type, channel, count(*) FROM fct_touchpoint LEFT JOIN dim_channel USING (channel_key)
        WHERE occurred_date {DAYS} GROUP BY ALL
        """,
    ),
]

# Segments, each over a metric that knows its key. Today is 2026-07-01; {m} as above, once for each table.
SEGMENTS: dict[str, tuple[str, str]] = {
    "recent_clickers": (
        "orders",
        """SELECT count(*) FROM fct_order WHERE NOT is_test AND status <> 'cancelled' AND {m} AND customer_id IN (
            SELECT customer_id FROM fct_message_recipient WHERE {m} AND clicks > 0 AND NOT is_bot_click
                AND clicked_date BETWEEN '2026-06-01' AND '2026-06-30')""",
    ),
    "recent_openers": (
        "mails_sent",
        """SELECT count(*) FROM fct_message_recipient WHERE {m} AND customer_id IN (
            SELECT customer_id FROM fct_message_recipient WHERE {m} AND opens > 0 AND NOT is_machine_open
                AND sent_date BETWEEN '2026-06-01' AND '2026-06-30')""",
    ),
    "recent_buyers": (
        "mails_sent",
        """SELECT count(*) FROM fct_message_recipient WHERE {m} AND customer_id IN (
            SELECT customer_id FROM fct_order WHERE {m} AND NOT is_test AND status <> 'cancelled'
                AND order_date BETWEEN '2026-04-02' AND '2026-06-30')""",
    ),
    "has_refund": (
        "orders",
        """SELECT count(*) FROM fct_order WHERE NOT is_test AND status <> 'cancelled' AND {m} AND customer_id IN (
            SELECT customer_id FROM fct_refund WHERE {m})""",
    ),
    "plus_members": (
        "sessions",
        """SELECT count(*) FROM fct_web_session WHERE NOT is_bot AND NOT is_internal AND {m} AND customer_id IN (
            SELECT customer_id FROM fct_subscription_period
            WHERE {m} AND status = 'active' AND year(valid_to) = 9999)""",
    ),
    "saw_larger_pictures": (
        "cart_sessions",
        """SELECT count(DISTINCT session_id) FROM fct_web_event WHERE event_name = 'add_to_cart' AND NOT is_bot
            AND NOT is_internal AND {m} AND visitor_id IN (SELECT unit_id FROM fct_experiment_assignment
                WHERE experiment_id = 'ex-01' AND variant = 'treatment')""",
    ),
    "has_open_lead": (
        "leads",
        """SELECT count(*) FROM fct_lead WHERE NOT is_test AND NOT is_internal AND {m} AND person_id IN (
            SELECT person_id FROM fct_lead WHERE {m} AND NOT is_test AND NOT is_internal
                AND coalesce(customer_date, disqualified_date) IS NULL)""",
    ),
}  # fmt: skip
