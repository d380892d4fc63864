"""Fill fct_subscription_period and fct_mrr_month: the membership Kupferhain Plus."""

from math import log

import duckdb

from semantic.demo.world.planted import (
    MONTHLY_CHURN,
    PLUS_MEMBERS,
    PLUS_TRIALS,
    RETURNING_MEMBERS,
    TRIAL_CONVERSION,
    KnownPatterns,
)

_TRIAL_DAYS = 14
_CHANGES_PLAN = 0.10


def fill_subscriptions(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill periods without gaps or overlaps, of which the last one is open, and a row per paying customer and month."""
    _create_membership(connection, planted)
    _fill_periods(connection, planted)
    _fill_months(connection, planted)


def _create_membership(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Create each customer's first membership, and a second one for some who left, with the days of every change.

    Every paying customer has the same chance of leaving on each monthly anniversary, so the monthly churn rate equals
    that chance.
    """
    opens = (planted.plus_opens - planted.first_day).days
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE membership AS
        WITH joined AS (
            SELECT customer_no, home AS market, DATE '{planted.first_day}' + CASE WHEN first_day >= {opens}
                THEN first_day + pick(customer_no, 'joins on', 60)
                ELSE {opens} + floor(420 * pow(chance(customer_no, 'joins on'), 1.5))::INTEGER END AS starts,
                chance(customer_no, 'trial') < {PLUS_TRIALS} AS tries
            FROM life WHERE chance(customer_no, 'joins') < {PLUS_MEMBERS}
        ), first AS (
            SELECT customer_no * 2 AS number, customer_no, market, starts,
                starts + CASE WHEN tries THEN {_TRIAL_DAYS} ELSE 0 END AS pays,
                NOT tries OR chance(customer_no, 'stays') < {TRIAL_CONVERSION} AS is_kept,
                pays + to_months(CASE WHEN is_kept THEN floor(ln(1 - chance(number, 'leaves'))
                    / {log(1 - MONTHLY_CHURN)})::INTEGER + 1 ELSE 0 END) AS leaves
            FROM joined
        ), every AS (
            SELECT number, customer_no, market, starts, pays, is_kept, leaves::DATE AS leaves FROM first
            UNION ALL
            SELECT number + 1, customer_no, market, leaves::DATE + 45 + pick(number, 'comes back', 150) AS starts,
                starts, true, (starts + to_months(floor(ln(1 - chance(number + 1, 'leaves'))
                    / {log(1 - MONTHLY_CHURN)})::INTEGER + 1))::DATE
            FROM (SELECT * RENAME (starts AS started) FROM first)
            WHERE is_kept AND chance(number, 'returns') < {RETURNING_MEMBERS}
        )
        SELECT *, 1 + (chance(number, 'two homes') < 0.04)::INTEGER AS quantity,
            chance(number, 'plan') AS taste, taste >= 0.85 AS starts_home,
            (taste < 0.60 OR taste >= 0.95) AS is_monthly,
            CASE WHEN is_kept AND chance(number, 'changes plan') < {_CHANGES_PLAN}
                THEN (pays + to_months(2 + pick(number, 'changes after', 10)))::DATE END AS changes
        FROM every WHERE starts <= '{planted.until}'
        """
    )


def _fill_periods(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    connection.execute(
        f"""
        INSERT INTO company.fct_subscription_period
        WITH turned AS (
            SELECT *, list_sort(list_distinct(list_filter([starts, pays, changes, leaves,
                CASE WHEN is_monthly AND NOT (starts_home <> coalesce(changes <= DATE '{planted.price_change}', false))
                    THEN DATE '{planted.price_change}' END],
                lambda turn: turn >= starts AND turn <= leaves AND turn <= DATE '{planted.until}'))) AS turns
            FROM membership
        ), period AS (
            SELECT *, unnest(turns) AS since, unnest(list_append(turns[2:], NULL)) AS until FROM turned
        ), told AS (
            SELECT *, CASE WHEN since >= leaves THEN 'ended' WHEN since < pays THEN 'trial' ELSE 'active' END AS status,
                coalesce(starts_home <> (since >= changes), starts_home) AS is_home,
                CASE WHEN is_home THEN CASE WHEN is_monthly THEN 'pl-03' ELSE 'pl-04' END
                    WHEN NOT is_monthly THEN 'pl-02' WHEN since >= DATE '{planted.price_change}' THEN 'pl-05'
                    ELSE 'pl-01' END AS plan_key
            FROM period
        ), priced AS (
            SELECT t.*, m.currency_code, fx_rate, (CASE WHEN status <> 'active' THEN 0 WHEN list_rate > 5
                THEN ceil(monthly_price * list_rate) ELSE round(monthly_price * list_rate, 2) END
                    * quantity)::DECIMAL(18,4) AS mrr_local
            FROM told t JOIN market m USING (market) JOIN company.dim_plan p USING (plan_key)
            JOIN rate r ON r.currency_code = m.currency_code AND r.rate_date = since
        )
        SELECT 'SUB' || lpad(number::VARCHAR, 9, '0'), since, customer_id(customer_no), plan_key, market, mrr_local,
            currency_code, fx_rate, round(mrr_local * fx_rate, 4)::DECIMAL(18,4), quantity,
            coalesce(until, DATE '9999-12-31'), status,
            CASE WHEN status = 'ended' THEN CASE WHEN NOT is_kept THEN 'trial not continued'
                ELSE ['too expensive', 'not used', 'moved away', 'other'][1 + pick(number, 'why', 4)] END END,
            status = 'trial', loaded(since, number, 'subscription')
        FROM priced ORDER BY number, since
        """
    )


def _fill_months(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill what each customer pays on the last day of each month, or on the last day of the data."""
    connection.execute(
        f"""
        INSERT INTO company.fct_mrr_month
        WITH last AS (
            SELECT DISTINCT month, least(last_day(month), DATE '{planted.until}') AS day FROM company.dim_date
            WHERE month <= '{planted.until}'
        ), paid AS (
            SELECT customer_id, month, sum(mrr)::DECIMAL(18,4) AS mrr FROM company.fct_subscription_period
            JOIN last ON day >= valid_from AND day < valid_to WHERE status = 'active' GROUP BY ALL
        ), spine AS (
            SELECT f.customer_id, market, l.month, day FROM (
                SELECT customer_id, min(month) AS since FROM paid GROUP BY ALL) f
            JOIN last l ON l.month >= since
            JOIN (SELECT DISTINCT customer_id, market FROM company.fct_subscription_period) USING (customer_id)
        ), moved AS (
            SELECT s.customer_id, s.month, day, market, coalesce(p.mrr, 0)::DECIMAL(18,4) AS mrr,
                coalesce(lag(coalesce(p.mrr, 0)) OVER months, 0)::DECIMAL(18,4) AS opening,
                row_number() OVER months = 1 AS is_first
            FROM spine s LEFT JOIN paid p USING (customer_id, month)
            WINDOW months AS (PARTITION BY s.customer_id ORDER BY s.month)
        )
        SELECT customer_id, month, market, mrr, opening, mrr - opening, CASE WHEN is_first THEN 'new'
            WHEN opening = 0 AND mrr > 0 THEN 'reactivation' WHEN opening > 0 AND mrr = 0 THEN 'churn'
            WHEN mrr > opening THEN 'expansion' WHEN mrr < opening THEN 'contraction' ELSE 'none' END,
            mrr > 0, loaded(day, substr(customer_id, 2)::BIGINT, 'mrr')
        FROM moved ORDER BY customer_id, month
        """
    )
