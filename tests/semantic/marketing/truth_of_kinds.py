"""Questions about windows, the year before, balances and conversions, each with hand-written SQL."""

from tests.semantic.marketing.truth_of_shop import DAYS, KEPT, PLACED, Question

MONTH = [{"dim": "date", "grain": "month"}]
REAL = "NOT is_bot AND NOT is_internal"
ENDS = """(SELECT CAST(d AS DATE) AS last FROM (VALUES ('2026-01-31'), ('2026-02-28'), ('2026-03-31'), ('2026-04-30'),
    ('2026-05-31'), ('2026-06-30')) v(d))"""
DEALS = (
    """(SELECT o.*, l.market FROM fct_opportunity o LEFT JOIN fct_lead l USING (lead_id) WHERE o.merged_into IS NULL)"""
)
SHOWN = "({all} OR {m})"
"""Deals without a lead have no market, so only people who aren't limited to markets see them."""
BERLIN = "date_trunc('month', t AT TIME ZONE 'Europe/Berlin')::DATE"
LOCAL = " (t AT TIME ZONE 'Europe/Berlin')::DATE"


def led_to(base: str, conversion: str, key: str, days: int, groups: str = "date_trunc('month', t)::DATE") -> str:
    """Return SQL for the share of `base` (key, t) that is the latest event before one of `conversion`, at most `days`
    days earlier.
    """
    return f"""
        WITH base AS ({base}), conv AS ({conversion}),
            taken AS (SELECT c.id, max(b.t) AS t FROM conv c JOIN base b ON b.{key} = c.{key}
                AND b.t <= c.t AND b.t > c.t - INTERVAL {days} DAY GROUP BY c.id),
            counted AS (SELECT {groups} AS g, count(*) AS n FROM taken WHERE t::DATE {DAYS} GROUP BY 1)
        SELECT b.g, b.n, coalesce(c.n, 0)::DOUBLE / b.n FROM
            (SELECT {groups} AS g, count(*) AS n FROM base WHERE t::DATE {DAYS} GROUP BY 1) b
            LEFT JOIN counted c ON c.g = b.g
        """


KINDS: list[Question] = [
    (
        "recurring revenue at the end of each month, and what it is made of",
        {
            "metrics": [
                "mrr",
                "arr",
                "opening_mrr",
                "net_new_mrr",
                "paying_members",
                "members_at_start",
                "member_churn_rate",
                "mrr_churn_rate",
                "mrr_per_member",
            ],
            "by": MONTH,
        },
        f"""
        SELECT month, sum(mrr), 12 * sum(mrr), sum(opening_mrr), sum(change), count(*) FILTER (WHERE is_active),
            count(*) FILTER (WHERE opening_mrr > 0),
            count(*) FILTER (WHERE category = 'churn')::DOUBLE / nullif(count(*) FILTER (WHERE opening_mrr > 0), 0),
            coalesce(sum(-change) FILTER (WHERE category = 'churn'), 0)::DOUBLE / nullif(sum(opening_mrr), 0)::DOUBLE,
            sum(mrr)::DOUBLE / nullif(count(*) FILTER (WHERE is_active), 0)
        FROM fct_mrr_month WHERE month {DAYS} AND {{m}} GROUP BY month
        """,
    ),
    (
        "recurring revenue of half a year is that of its last month; at its start it is that of the first",
        {"metrics": ["mrr", "opening_mrr", "net_new_mrr", "paying_members"]},
        f"""
        SELECT (SELECT sum(mrr) FROM fct_mrr_month WHERE month = '2026-06-01' AND {{m}}),
            (SELECT sum(opening_mrr) FROM fct_mrr_month WHERE month = '2026-01-01' AND {{m}}),
            (SELECT sum(change) FROM fct_mrr_month WHERE month {DAYS} AND {{m}}),
            (SELECT count(*) FROM fct_mrr_month WHERE month = '2026-06-01' AND is_active AND {{m}})
        """,
    ),
    (
        "what is left of the recurring revenue of a year before",
        {"metrics": ["gross_revenue_retention", "net_revenue_retention", "mrr_a_year_before"], "by": MONTH},
        f"""
        SELECT (a.month + INTERVAL 1 YEAR)::DATE, sum(least(a.mrr, coalesce(b.mrr, 0)))::DOUBLE / sum(a.mrr)::DOUBLE,
            sum(coalesce(b.mrr, 0))::DOUBLE / sum(a.mrr)::DOUBLE, sum(a.mrr)
        FROM fct_mrr_month a LEFT JOIN fct_mrr_month b
            ON b.customer_id = a.customer_id AND b.month = (a.month + INTERVAL 1 YEAR)::DATE
        WHERE a.mrr > 0 AND (a.month + INTERVAL 1 YEAR)::DATE {DAYS} AND a.{{m}} GROUP BY 1
        """,
    ),
    (
        "new customers who ordered again within 90 days, by the month of the first order",
        {"metrics": ["very_first_orders", "second_order_rate"], "by": MONTH},
        led_to(
            f"SELECT customer_id AS k, created_at AS t FROM fct_order WHERE is_first_order AND {PLACED} AND {{m}}",
            f"""SELECT customer_id AS k, created_at AS t, order_id AS id FROM fct_order
                WHERE order_number = 2 AND {PLACED} AND {{m}}""",
            "k",
            90,
            BERLIN,
        ).replace(" t::DATE", LOCAL),
    ),
    (
        "trials that were continued within 45 days, by the month of the trial",
        {"metrics": ["trials_started", "trial_conversion_rate"], "by": MONTH},
        led_to(
            """SELECT customer_id AS k, valid_from AS t FROM fct_subscription_period p WHERE is_trial AND {m}
                AND valid_from = (SELECT min(valid_from) FROM fct_subscription_period f
                    WHERE f.subscription_id = p.subscription_id)""",
            """SELECT customer_id AS k, valid_from AS t, subscription_id AS id FROM fct_subscription_period p
                WHERE status = 'active' AND {m} AND valid_from = (SELECT min(valid_from) FROM fct_subscription_period f
                    WHERE f.subscription_id = p.subscription_id AND f.status = 'active')""",
            "k",
            45,
        ),
    ),
    (
        "the pipeline at the end of each month, and of the half year",
        {"metrics": ["open_deals", "open_pipeline", "weighted_pipeline"], "by": MONTH, "totals": ["grand"]},
        f"""
        WITH s AS (SELECT s.* FROM fct_opportunity_snapshot_daily s JOIN {DEALS} d USING (opportunity_id)
                WHERE snapshot_date {DAYS} AND {SHOWN}),
            ends AS (SELECT date_trunc('month', snapshot_date)::DATE AS month, max(snapshot_date) AS last
                FROM fct_opportunity_snapshot_daily WHERE snapshot_date {DAYS} GROUP BY 1)
        SELECT month, count(*), sum(amount), sum(amount * probability)
            FROM s JOIN ends ON snapshot_date = last GROUP BY month
        UNION ALL SELECT NULL, count(*), sum(amount), sum(amount * probability) FROM s
            WHERE snapshot_date = (SELECT max(last) FROM ends)
        """,
    ),
    (
        "the median sales cycle of deals won",
        {"metrics": ["sales_cycle_days"]},
        f"""SELECT median(date_diff('day', created_date, closed_date)) FROM {DEALS}
            WHERE is_won AND closed_date {DAYS} AND {SHOWN}""",
    ),
    (
        "return on ad spend, over the last 28 days, and a year before, in one question",
        {"metrics": ["roas", "roas_28d", "roas_last_year"], "by": MONTH},
        f"""
        WITH o AS (SELECT order_date AS d, net_sales AS v FROM fct_order WHERE {KEPT} AND {{m}}),
            s AS (SELECT date_day AS d, spend AS v FROM fct_ad_campaign_daily WHERE {{m}}),
            e AS (SELECT last, date_trunc('month', last)::DATE AS month FROM {ENDS})
        SELECT month,
            (SELECT sum(v) FROM o WHERE d BETWEEN month AND last)::DOUBLE
                / (SELECT sum(v) FROM s WHERE d BETWEEN month AND last)::DOUBLE,
            (SELECT sum(v) FROM o WHERE d > last - 28 AND d <= last)::DOUBLE
                / (SELECT sum(v) FROM s WHERE d > last - 28 AND d <= last)::DOUBLE,
            (SELECT sum(v) FROM o WHERE date_trunc('month', d) = month - INTERVAL 1 YEAR)::DOUBLE
                / (SELECT sum(v) FROM s WHERE date_trunc('month', d) = month - INTERVAL 1 YEAR)::DOUBLE
        FROM e
        """,
    ),
    (
        "net revenue of the year so far, of 28 days, of the year before and how it grew",
        {
            "metrics": ["net_revenue_year_to_date", "net_revenue_28d", "net_revenue_last_year", "net_revenue_growth"],
            "by": MONTH,
        },
        f"""
        WITH o AS (SELECT order_date AS d, net_sales AS v FROM fct_order WHERE {KEPT} AND {{m}}),
            e AS (SELECT last, date_trunc('month', last)::DATE AS month FROM {ENDS}),
            n AS (SELECT month, (SELECT sum(v) FROM o WHERE d BETWEEN '2026-01-01' AND last) AS ytd,
                (SELECT sum(v) FROM o WHERE d > last - 28 AND d <= last) AS four,
                (SELECT sum(v) FROM o WHERE date_trunc('month', d) = month) AS now,
                (SELECT sum(v) FROM o WHERE date_trunc('month', d) = month - INTERVAL 1 YEAR) AS before FROM e)
        SELECT month, ytd, four, before, (now - before)::DOUBLE / before::DOUBLE FROM n
        """,
    ),
    (
        "active visitors of a day, of seven and of thirty days",
        {
            "metrics": ["daily_active_visitors", "weekly_active_visitors", "monthly_active_visitors", "stickiness"],
            "by": MONTH,
        },
        f"""
        WITH v AS (SELECT session_date AS d, visitor_id FROM fct_web_session WHERE is_engaged AND {REAL} AND {{m}}),
            e AS (SELECT last, date_trunc('month', last)::DATE AS month FROM {ENDS}),
            days AS (SELECT date_trunc('month', d)::DATE AS month, d, count(DISTINCT visitor_id) AS n
                FROM v GROUP BY 1, 2)
        SELECT month, (SELECT avg(n) FROM days WHERE days.month = e.month),
            (SELECT count(DISTINCT visitor_id) FROM v WHERE d > last - 7 AND d <= last),
            (SELECT count(DISTINCT visitor_id) FROM v WHERE d > last - 30 AND d <= last),
            (SELECT avg(n) FROM days WHERE days.month = e.month)
                / (SELECT count(DISTINCT visitor_id) FROM v WHERE d > last - 30 AND d <= last)
        FROM e
        """,
    ),
    (
        "budget and spend of the month to date, and the pace",
        {
            "metrics": ["budget_month_to_date", "spend_month_to_date", "pacing_index"],
            "time": {"from": "2026-06-01", "to": "2026-06-10"},
        },
        """
        WITH newest AS (SELECT date_trunc('month', date_day) AS month, max(version) AS v FROM fct_budget_daily
                WHERE scenario = 'plan' GROUP BY 1),
            b AS (SELECT sum(budget_amount) AS v FROM fct_budget_daily
                JOIN newest ON month = date_trunc('month', date_day) AND version = v
                WHERE scenario = 'plan' AND date_day BETWEEN '2026-06-01' AND '2026-06-10' AND {m}),
            s AS (SELECT sum(spend) AS v FROM fct_ad_campaign_daily
                WHERE date_day BETWEEN '2026-06-01' AND '2026-06-10' AND {m})
        SELECT b.v, s.v, s.v::DOUBLE / b.v::DOUBLE FROM b, s
        """,
    ),
]

STAGES: list[Question] = [
    (
        f"leads that were {later} within {days} days of {first}, by the {first} day",
        {"metrics": [base, rate], "by": MONTH},
        f"""
        SELECT date_trunc('month', {begin})::DATE, count(*),
            count(*) FILTER ({end} - {begin} BETWEEN 0 AND {days - 1})::DOUBLE / count(*)
        FROM fct_lead WHERE {begin} {DAYS} AND NOT is_test AND NOT is_internal AND {{m}} GROUP BY 1
        """,
    )
    for first, later, begin, end, base, rate, days in (
        ("lead", "MQL", "lead_date", "mql_date", "leads", "lead_to_mql_rate_cohort", 90),
        ("MQL", "SQL", "mql_date", "sql_date", "mqls", "mql_to_sql_rate_cohort", 90),
        ("SQL", "customer", "sql_date", "customer_date", "sqls", "sql_to_customer_rate_cohort", 180),
    )
]
"""Events after the period count, too, on the day of the event that started them."""
