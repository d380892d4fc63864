"""Questions about bridges by plan, cohorts, targets, reach, the mail list and the pace of sales, with
hand-written SQL.
"""

from tests.semantic.marketing.truth_of_kinds import DEALS, ENDS, MONTH, SHOWN
from tests.semantic.marketing.truth_of_shop import DAYS, HUMAN, KEPT, NTH, PLACED, Question

# The plan that a member had last, in months in which something is or was paid.
PLANNED = """(SELECT *, CASE WHEN mrr > 0 OR opening_mrr > 0 THEN (SELECT plan FROM fct_subscription_period p
        JOIN dim_plan USING (plan_key) WHERE p.customer_id = m.customer_id AND p.status = 'active'
        AND p.valid_from <= last_day(m.month) ORDER BY p.valid_from DESC LIMIT 1) END AS plan FROM fct_mrr_month m)"""
REAL = "NOT is_test AND NOT is_internal"
FIRST = f"""(SELECT o.* REPLACE (f.market AS market), f.first, f.first_channel FROM fct_order o
    JOIN (SELECT customer_id, order_date AS first, market, channel_key AS first_channel FROM {NTH}
        WHERE nth = 1 AND customer_id IS NOT NULL) f USING (customer_id))"""
"""SQL for orders of known customers, with the day, market and channel of the customer's first order."""
REACHED = """(SELECT r.*, campaign, market FROM fct_ad_reach_period r LEFT JOIN dim_campaign USING (campaign_id)
    WHERE period_type = 'month')"""
LISTED = """(SELECT customer_id, min(valid_from) AS joined, arg_max(country, valid_from) AS market,
        (SELECT min((unsubscribed_at AT TIME ZONE 'Europe/Berlin')::DATE) FROM fct_message_recipient r
            WHERE r.customer_id = c.customer_id) AS gone
    FROM dim_customer c WHERE consent_email GROUP BY customer_id)"""

QUESTIONS: list[Question] = [
    (
        "the bridge of recurring revenue by plan: of one month it closes for each plan and in total",
        {
            "metrics": [
                "opening_mrr",
                "new_mrr",
                "reactivation_mrr",
                "expansion_mrr",
                "contraction_mrr",
                "churned_mrr",
                "net_new_mrr",
                "mrr",
            ],
            "by": ["plan"],
            "time": {"from": "2025-10-01", "to": "2025-10-31"},
            "totals": ["grand"],
        },
        f"""
        SELECT plan, sum(opening_mrr), sum(change) FILTER (category = 'new'),
            sum(change) FILTER (category = 'reactivation'), sum(change) FILTER (category = 'expansion'),
            -sum(change) FILTER (category = 'contraction'), -sum(change) FILTER (category = 'churn'),
            sum(change), sum(mrr)
        FROM {PLANNED} WHERE month = '2025-10-01' AND {{m}} GROUP BY GROUPING SETS ((plan), ())
        """,
    ),
    (
        "churn of recurring revenue on balance, how it grew, and gained for lost, by market",
        {"metrics": ["net_mrr_churn_rate", "mrr_growth_rate", "mrr_quick_ratio"], "by": ["market"]},
        f"""
        WITH o AS (SELECT market, sum(opening_mrr) FILTER (month = '2026-01-01') AS opening,
                sum(opening_mrr) AS openings FROM fct_mrr_month WHERE month {DAYS} GROUP BY 1),
            c AS (SELECT market, coalesce(sum(change) FILTER (category = 'new'), 0) AS n,
                coalesce(sum(change) FILTER (category = 'reactivation'), 0) AS r,
                coalesce(sum(change) FILTER (category = 'expansion'), 0) AS e,
                coalesce(-sum(change) FILTER (category = 'contraction'), 0) AS d,
                coalesce(-sum(change) FILTER (category = 'churn'), 0) AS l, sum(change) AS net
                FROM fct_mrr_month WHERE month {DAYS} AND {{m}} GROUP BY 1)
        SELECT market, (l + d - e)::DOUBLE / nullif(openings, 0)::DOUBLE, net::DOUBLE / nullif(opening, 0)::DOUBLE,
            (n + r + e)::DOUBLE / nullif(l + d, 0)::DOUBLE
        FROM c LEFT JOIN o USING (market)
        """,
    ),
    (
        "members by plan at the end, and what each pays",
        {"metrics": ["paying_members", "mrr_per_member"], "by": ["plan"]},
        f"""
        SELECT plan, count(*) FILTER (is_active), sum(mrr)::DOUBLE / nullif(count(*) FILTER (is_active), 0)
        FROM {PLANNED} WHERE month = '2026-06-01' AND {{m}} GROUP BY plan
        """,
    ),
    (
        "customers of half a year who have two orders at any time, by market",
        {"metrics": ["repeat_customers", "repeat_rate", "repeat_order_share"], "by": ["market"]},
        f"""
        WITH o AS (SELECT * FROM {NTH} WHERE {PLACED} AND order_date {DAYS} AND {{m}}),
            often AS (SELECT customer_id FROM fct_order WHERE {PLACED} AND {{m}} GROUP BY 1 HAVING count(*) >= 2)
        SELECT market, count(DISTINCT customer_id) FILTER (customer_id IN (FROM often)),
            count(DISTINCT customer_id) FILTER (customer_id IN (FROM often))::DOUBLE / count(DISTINCT customer_id),
            count(*) FILTER (nth > 1)::DOUBLE / count(*)
        FROM o GROUP BY market
        """,
    ),
    (
        "customers with two orders at any time",
        {"metrics": ["repeat_customers", "repeat_rate"], "time": None},
        f"""
        WITH c AS (SELECT customer_id, count(*) AS n FROM fct_order WHERE {PLACED} AND customer_id IS NOT NULL AND {{m}}
            GROUP BY 1)
        SELECT count(*) FILTER (n >= 2), count(*) FILTER (n >= 2)::DOUBLE / count(*) FROM c
        """,
    ),
    (
        "customers of the last twelve months, at the end of each month",
        {"metrics": ["active_customers_12m"], "by": MONTH},
        f"""
        SELECT date_trunc('month', last)::DATE, count(DISTINCT customer_id) FROM {ENDS} JOIN fct_order
            ON order_date <= last AND order_date > last - INTERVAL 12 MONTH WHERE {PLACED} AND {{m}} GROUP BY 1
        """,
    ),
    (
        "what new customers buy in 90 days, by the month of the first order; none where 90 days have not passed",
        {
            "metrics": ["ripe_new_customers", "revenue_of_new_customers_90d", "revenue_per_new_customer_90d"],
            "by": MONTH,
            "time": {"from": "2025-10-01", "to": "2026-06-30"},
        },
        f"""
        SELECT date_trunc('month', first)::DATE, count(DISTINCT customer_id) FILTER (order_date = first AND {PLACED}),
            sum(net_sales) FILTER (order_date < first + 90 AND {KEPT}),
            sum(net_sales) FILTER (order_date < first + 90 AND {KEPT})::DOUBLE
                / count(DISTINCT customer_id) FILTER (order_date = first AND {PLACED})
        FROM {FIRST} WHERE first BETWEEN '2025-10-01' AND DATE '2026-06-30' - 90 AND {{m}} GROUP BY 1
        """,
    ),
    (
        "what comes back of the orders of each month, whenever it does, beside what came back within the month",
        {"metrics": ["refunded_of_orders", "refund_rate_cohort", "refund_rate_period"], "by": MONTH},
        f"""
        WITH o AS (SELECT date_trunc('month', order_date)::DATE AS month, sum(net_sales) AS sold FROM fct_order
                WHERE {PLACED} AND order_date {DAYS} AND {{m}} GROUP BY 1),
            r AS (SELECT date_trunc('month', order_date)::DATE AS month, sum(amount) AS back FROM fct_refund r
                JOIN fct_order o USING (order_id) WHERE {PLACED} AND order_date {DAYS} AND r.{{m}} GROUP BY 1),
            p AS (SELECT date_trunc('month', refund_date)::DATE AS month, sum(amount) AS back FROM fct_refund
                WHERE refund_date {DAYS} AND {{m}} GROUP BY 1)
        SELECT month, r.back, coalesce(r.back, 0)::DOUBLE / sold::DOUBLE, p.back::DOUBLE / sold::DOUBLE
        FROM o LEFT JOIN r USING (month) LEFT JOIN p USING (month)
        """,
    ),
    (
        "what comes back of the orders, by channel",
        {"metrics": ["refund_rate_cohort"], "by": ["channel"]},
        f"""
        WITH o AS (SELECT order_id, channel, net_sales FROM fct_order LEFT JOIN dim_channel USING (channel_key)
                WHERE {PLACED} AND order_date {DAYS} AND {{m}}),
            r AS (SELECT order_id, sum(amount) AS back FROM fct_refund GROUP BY 1)
        SELECT channel, coalesce(sum(back), 0)::DOUBLE / sum(net_sales)::DOUBLE
        FROM o LEFT JOIN r USING (order_id) GROUP BY channel
        """,
    ),
    (
        "what was reached of the targets, by month",
        {
            "metrics": [
                "net_revenue_target",
                "net_revenue_attainment",
                "orders_target",
                "orders_attainment",
                "new_customers_target",
                "new_customers_attainment",
            ],
            "by": MONTH,
        },
        f"""
        WITH t AS (PIVOT (SELECT month, metric_id, target_value FROM fct_target WHERE month {DAYS} AND {{m}})
                ON metric_id IN ('net_revenue', 'orders', 'new_customers') USING sum(target_value) GROUP BY month),
            o AS (SELECT date_trunc('month', order_date)::DATE AS month, sum(net_sales) FILTER ({KEPT}) AS revenue,
                count(*) FILTER ({PLACED}) AS n, count(DISTINCT customer_id) FILTER (nth = 1) AS new
                FROM {NTH} WHERE order_date {DAYS} AND {{m}} GROUP BY 1)
        SELECT month, t.net_revenue, revenue::DOUBLE / t.net_revenue::DOUBLE, t.orders, n / t.orders::DOUBLE,
            t.new_customers, new / t.new_customers::DOUBLE
        FROM t JOIN o USING (month)
        """,
    ),
    (
        "who joined the mail list and left it, how long it is and how it grows, by month",
        {"metrics": ["list_joined", "list_left", "list_size", "list_growth_rate"], "by": MONTH},
        f"""
        WITH l AS (SELECT * FROM {LISTED} WHERE {{m}}),
            n AS (SELECT date_trunc('month', last)::DATE AS month,
                (SELECT count(*) FROM l WHERE date_trunc('month', joined) = date_trunc('month', last)) AS came,
                (SELECT count(*) FROM l WHERE date_trunc('month', gone) = date_trunc('month', last)) AS went,
                (SELECT count(*) FILTER (joined <= last) - count(*) FILTER (gone <= last) FROM l) AS size FROM {ENDS})
        SELECT month, came, went, size, (came - went) / (size - came + went)::DOUBLE FROM n
        """,
    ),
    (
        "the mail list of each market, and of all",
        {"metrics": ["list_size"], "by": ["market"], "totals": ["grand"]},
        f"""
        SELECT market, count(*) FILTER (joined <= '2026-06-30') - count(*) FILTER (gone <= '2026-06-30')
        FROM {LISTED} WHERE {{m}} GROUP BY GROUPING SETS ((market), ())
        """,
    ),
    (
        "people reached by campaign and month, and how often",
        {"metrics": ["reach", "reach_impressions", "frequency"], "by": ["campaign", *MONTH]},
        f"""
        SELECT campaign, period_start, reach, impressions, impressions::DOUBLE / nullif(reach, 0)
        FROM {REACHED} WHERE period_start {DAYS} AND {SHOWN}
        """,
    ),
    (
        "people reached by campaign over half a year: those of its last month, for nobody knows those of all six",
        {"metrics": ["reach", "frequency"], "by": ["campaign"]},
        f"""
        SELECT campaign, reach, impressions::DOUBLE / nullif(reach, 0) FROM {REACHED}
        WHERE period_start = '2026-06-01' AND {SHOWN}
        """,
    ),
    (
        "what deals bring in 90 days, and of the target of each month",
        {"metrics": ["won_amount_90d", "bookings_target", "bookings_attainment"], "by": MONTH},
        f"""
        WITH t AS (SELECT month, sum(target_value) AS target FROM fct_sales_target WHERE {{m}} GROUP BY 1),
            n AS (SELECT last, date_trunc('month', last)::DATE AS month, (SELECT sum(amount) FROM {DEALS}
                WHERE is_won AND closed_date <= last AND closed_date > last - 90 AND {SHOWN}) AS won_90,
                (SELECT sum(amount) FROM {DEALS} WHERE is_won AND date_trunc('month', closed_date)
                    = date_trunc('month', last) AND {SHOWN}) AS won FROM {ENDS})
        SELECT month, won_90, target, won::DOUBLE / target::DOUBLE FROM n LEFT JOIN t USING (month)
        """,
    ),
    (
        "the pipeline of the last day, by stage, weighted and not",
        {
            "metrics": ["open_deals", "open_pipeline", "weighted_pipeline"],
            "by": ["stage_that_day"],
            "totals": ["grand"],
        },
        f"""
        SELECT s.stage, count(*), sum(s.amount), sum(s.amount * s.probability) FROM fct_opportunity_snapshot_daily s
        JOIN {DEALS} USING (opportunity_id) WHERE snapshot_date = '2026-06-30' AND {SHOWN}
        GROUP BY GROUPING SETS ((s.stage), ())
        """,
    ),
    (
        "how long the steps of leads take, by the quarter in which they were taken",
        {
            "metrics": ["days_lead_to_mql", "days_mql_to_sql", "days_sql_to_customer"],
            "by": [{"dim": "date", "grain": "quarter"}],
        },
        f"""
        WITH l AS (SELECT * FROM fct_lead WHERE {REAL} AND {{m}}),
            q AS (SELECT unnest([DATE '2026-01-01', DATE '2026-04-01']) AS quarter)
        SELECT quarter,
            (SELECT median(mql_date - lead_date) FROM l WHERE date_trunc('quarter', mql_date) = quarter),
            (SELECT median(sql_date - mql_date) FROM l WHERE date_trunc('quarter', sql_date) = quarter),
            (SELECT median(customer_date - sql_date) FROM l WHERE date_trunc('quarter', customer_date) = quarter)
        FROM q
        """,
    ),
    (
        "customers for each SQL of the same quarter, and how many of the quarter's SQLs will be customers",
        {
            "metrics": ["contract_customers", "sql_to_customer_rate_period", "sql_to_customer_rate_cohort"],
            "by": [{"dim": "date", "grain": "quarter"}],
            "time": {"from": "2025-01-01", "to": "2025-12-31"},
        },
        f"""
        WITH l AS (SELECT * FROM fct_lead WHERE {REAL} AND {{m}}),
            c AS (SELECT date_trunc('quarter', customer_date)::DATE AS quarter, count(*) AS customers FROM l
                WHERE year(customer_date) = 2025 GROUP BY 1),
            s AS (SELECT date_trunc('quarter', sql_date)::DATE AS quarter, count(*) AS sqls,
                count(*) FILTER (customer_date - sql_date BETWEEN 0 AND 179) AS won FROM l
                WHERE year(sql_date) = 2025 GROUP BY 1)
        SELECT quarter, coalesce(customers, 0), coalesce(customers, 0)::DOUBLE / sqls, won::DOUBLE / sqls
        FROM s LEFT JOIN c USING (quarter)
        """,
    ),
    (
        "growth of MQLs from month to month",
        {"metrics": ["mqls", "mql_velocity"], "by": MONTH},
        f"""
        WITH n AS (SELECT date_trunc('month', mql_date)::DATE AS month, count(*) AS n FROM fct_lead
            WHERE {REAL} AND {{m}} GROUP BY 1),
            b AS (SELECT (month + INTERVAL 1 MONTH)::DATE AS month, n AS before FROM n)
        SELECT month, coalesce(n, 0), (coalesce(n, 0) - before)::DOUBLE / before FROM n FULL JOIN b USING (month)
        WHERE month {DAYS}
        """,
    ),
    (
        "first paid memberships for each trial of the same month",
        {"metrics": ["trials_continued", "trial_conversion_rate_period"], "by": MONTH},
        f"""
        WITH p AS (SELECT subscription_id, min(valid_from) FILTER (status = 'active') AS paid, min(valid_from) AS start,
                bool_or(is_trial) AS tried FROM fct_subscription_period WHERE {{m}} GROUP BY 1),
            a AS (SELECT date_trunc('month', paid)::DATE AS month, count(*) AS n FROM p WHERE paid {DAYS} GROUP BY 1),
            b AS (SELECT date_trunc('month', start)::DATE AS month, count(*) AS n FROM p WHERE tried AND start {DAYS}
                GROUP BY 1)
        SELECT month, coalesce(a.n, 0), coalesce(a.n, 0)::DOUBLE / b.n FROM a FULL JOIN b USING (month)
        """,
    ),
    (
        "return on ad spend, over 28 days, and a year before, by month and channel group, with the total",
        {
            "metrics": ["roas", "roas_28d", "roas_last_year"],
            "by": [*MONTH, "channel_group"],
            "where": {"dim": "channel_group", "op": "in", "values": ["Paid Search", "Paid Social"]},
            "totals": ["grand"],
        },
        f"""
        WITH o AS (SELECT order_date AS d, channel_group AS g, net_sales AS v FROM fct_order
                JOIN dim_channel USING (channel_key) WHERE {KEPT} AND {{m}}),
            s AS (SELECT date_day AS d, channel_group AS g, spend AS v FROM fct_ad_campaign_daily
                JOIN dim_channel USING (channel_key) WHERE {{m}}),
            groups AS (SELECT date_trunc('month', last)::DATE AS month, last, [g] AS gs, date_trunc('month', last)::DATE
                    AS begin FROM {ENDS}, (VALUES ('Paid Search'), ('Paid Social')) v(g)
                UNION ALL SELECT NULL, DATE '2026-06-30', ['Paid Search', 'Paid Social'], DATE '2026-01-01')
        SELECT month, CASE WHEN month IS NOT NULL THEN gs[1] END,
            (SELECT sum(v) FROM o WHERE g IN (SELECT unnest(gs)) AND d BETWEEN begin AND last)::DOUBLE
                / (SELECT sum(v) FROM s WHERE g IN (SELECT unnest(gs)) AND d BETWEEN begin AND last)::DOUBLE,
            (SELECT sum(v) FROM o WHERE g IN (SELECT unnest(gs)) AND d > last - 28 AND d <= last)::DOUBLE
                / (SELECT sum(v) FROM s WHERE g IN (SELECT unnest(gs)) AND d > last - 28 AND d <= last)::DOUBLE,
            (SELECT sum(v) FROM o WHERE g IN (SELECT unnest(gs))
                    AND d BETWEEN begin - INTERVAL 1 YEAR AND last_day(last - INTERVAL 1 YEAR))::DOUBLE
                / (SELECT sum(v) FROM s WHERE g IN (SELECT unnest(gs))
                    AND d BETWEEN begin - INTERVAL 1 YEAR AND last_day(last - INTERVAL 1 YEAR))::DOUBLE
        FROM groups
        """,
    ),
    (
        "active visitors of a day, of seven and of thirty days, by device",
        {
            "metrics": ["daily_active_visitors", "weekly_active_visitors", "monthly_active_visitors"],
            "by": ["device"],
            "time": {"from": "2026-06-01", "to": "2026-06-30"},
            "totals": ["grand"],
        },
        f"""
        WITH v AS (SELECT session_date AS d, device, visitor_id FROM fct_web_session
                WHERE is_engaged AND {HUMAN} AND session_date BETWEEN '2026-06-01' AND '2026-06-30' AND {{m}}),
            n AS (SELECT d, device, grouping(device) AS whole, count(DISTINCT visitor_id) AS n FROM v
                GROUP BY GROUPING SETS ((d, device), (d))),
            daily AS (SELECT device, whole, avg(n) AS n FROM n GROUP BY device, whole),
            most AS (SELECT device, grouping(device) AS whole,
                count(DISTINCT visitor_id) FILTER (d >= '2026-06-24') AS w, count(DISTINCT visitor_id) AS m
                FROM v GROUP BY GROUPING SETS ((device), ()))
        SELECT most.device, n, w, m FROM most JOIN daily
            ON most.device IS NOT DISTINCT FROM daily.device AND most.whole = daily.whole
        """,
    ),
    (
        "the pace of the budget by channel, ten days into June",
        {
            "metrics": ["budget_month_to_date", "spend_month_to_date", "pacing_index"],
            "by": ["channel"],
            "time": {"from": "2026-06-01", "to": "2026-06-10"},
        },
        """
        WITH b AS (SELECT channel, sum(budget_amount) AS meant FROM fct_budget_daily
                LEFT JOIN dim_channel USING (channel_key)
                WHERE scenario = 'plan' AND version = (SELECT max(version) FROM fct_budget_daily
                    WHERE scenario = 'plan' AND date_day = '2026-06-01')
                AND date_day BETWEEN '2026-06-01' AND '2026-06-10' AND {m} GROUP BY 1),
            s AS (SELECT channel, sum(spend) AS spent FROM fct_ad_campaign_daily
                LEFT JOIN dim_channel USING (channel_key)
                WHERE date_day BETWEEN '2026-06-01' AND '2026-06-10' AND {m} GROUP BY 1)
        SELECT channel, meant, spent, spent::DOUBLE / meant::DOUBLE FROM b FULL JOIN s USING (channel)
        """,
    ),
    (
        "pipeline created and bookings by the objective of the campaigns that took part, each deal counted once",
        {
            "metrics": ["pipeline_created", "won_amount"],
            "by": [{"dim": "objective", "via": "influencing_campaign"}],
            "totals": ["grand"],
        },
        f"""
        WITH b AS (SELECT opportunity_id, objective, influence_pct AS part FROM bridge_opportunity_campaign
                LEFT JOIN dim_campaign USING (campaign_id) WHERE influence_model = 'even'),
            d AS (SELECT d.*, objective, coalesce(part, 1) AS part FROM {DEALS} d LEFT JOIN b USING (opportunity_id)
                WHERE {SHOWN}),
            made AS (SELECT objective, grouping(objective) AS whole, sum(amount * part)::DOUBLE AS amount FROM d
                WHERE created_date {DAYS} GROUP BY GROUPING SETS ((objective), ())),
            won AS (SELECT objective, grouping(objective) AS whole, sum(amount * part)::DOUBLE AS amount FROM d
                WHERE is_won AND closed_date {DAYS} GROUP BY GROUPING SETS ((objective), ()))
        SELECT coalesce(made.objective, won.objective), made.amount, won.amount FROM made FULL JOIN won
            ON made.objective IS NOT DISTINCT FROM won.objective AND made.whole = won.whole
        """,
    ),
]
