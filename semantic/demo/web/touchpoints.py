"""Fill bridge_identity, fct_touchpoint, fct_conversion and the table of credit: what led to each order."""

import duckdb

from semantic.demo.world.days import MIX_SLOTS
from semantic.demo.world.planted import DUPLICATE_CONVERSIONS

WINDOWS = (7, 30)  # days before a conversion in which a touchpoint counts
MODELS = ("first", "last", "linear")
WEIGHTED_MODELS = ("last_non_direct", "position_based", "time_decay")
HALF_LIFE = 7  # days: under time decay a touchpoint that is older by this counts half
_DIRECT = "ch-11"
_AD_VIEWS = 3  # at most, before an order; about a third of the draws are social, video or display ads


def fill_attribution(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the attribution tables, which need sessions, orders, messages, leads and opportunities."""
    _fill_identity(connection)
    _fill_touchpoints(connection)
    _fill_conversions(connection)
    _fill_credit(connection)
    _fill_weighted(connection)


def _fill_identity(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the links between visitors and customers.

    A link begins on the day of the first session in which the customer was known.
    """
    connection.execute(
        """
        INSERT INTO company.bridge_identity
        WITH met AS (
            SELECT visitor_id, customer_id, min(session_date) AS valid_from,
                chance(substr(visitor_id, 2)::BIGINT, 'method') AS luck
            FROM company.fct_web_session WHERE customer_id IS NOT NULL GROUP BY ALL
        )
        SELECT visitor_id, customer_id, valid_from,
            CASE WHEN luck < 0.7 THEN 'login' WHEN luck < 0.9 THEN 'form' ELSE 'click' END,
            CASE WHEN luck < 0.7 THEN 1 WHEN luck < 0.9 THEN 0.95 ELSE 0.8 END
        FROM met ORDER BY visitor_id, customer_id
        """
    )


def _fill_touchpoints(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the touchpoints.

    They're customers' sessions (including earlier ones), clicks in emails, ads seen before an order, and the sources of
    leads.
    """
    connection.execute(
        f"""
        INSERT INTO company.fct_touchpoint
        WITH every AS (
            SELECT 'T-' || session_id AS touchpoint_id, coalesce(s.customer_id, k.customer_id) AS subject_id,
                session_start_at AS occurred_at, session_date AS occurred_date, 'session' AS type, channel_key,
                campaign_id, session_id, loaded_at
            FROM company.fct_web_session s LEFT JOIN (SELECT visitor_id, min(customer_id) AS customer_id
                FROM company.bridge_identity GROUP BY visitor_id) k USING (visitor_id)
            WHERE coalesce(s.customer_id, k.customer_id) IS NOT NULL AND NOT is_bot
            UNION ALL
            SELECT 'T-' || message_id || '-' || recipient_id, customer_id, first_click_at, clicked_date, 'email_click',
                'ch-08', campaign_id, NULL, loaded(clicked_date, substr(recipient_id, 5)::BIGINT, 'email touch')
            FROM company.fct_message_recipient WHERE clicks > 0 AND NOT is_bot_click AND customer_id IS NOT NULL
                AND send_no = 1
            UNION ALL
            SELECT 'T-A' || substr(order_id, 2) || '-' || nth, customer_id, seen, seen_on, 'ad_view', x.channel_key,
                x.campaign_id, NULL, loaded(seen_on, number, 'ad touch')
            FROM (
                SELECT order_id, customer_id, market, nth, substr(order_id, 2)::BIGINT * 4 + nth AS number,
                    created_at - to_seconds(7200 + floor(2200000 * pow(chance(number, 'ad seen'), 2))::BIGINT) AS seen,
                    timezone('Europe/Berlin', seen)::DATE AS seen_on
                FROM company.fct_order, range({_AD_VIEWS}) AS views(nth) WHERE customer_id IS NOT NULL
            ) o JOIN day d ON d.day = seen_on JOIN mix_slot x ON x.kind = 'visit' AND x.period = d.period
                AND x.market = o.market AND x.slot = pick(number, 'ad mix', {MIX_SLOTS})
            WHERE x.channel_key IN ('ch-04', 'ch-05', 'ch-06')
            UNION ALL
            SELECT 'T-' || lead_id, person_id,
                (lead_date + to_seconds(25200 + pick(substr(lead_id, 3)::BIGINT, 'lead hour', 28800)))
                    AT TIME ZONE 'Europe/Berlin', lead_date, 'session', channel_key, campaign_id, NULL,
                loaded(lead_date, substr(lead_id, 3)::BIGINT, 'lead touch')
            FROM company.fct_lead
        )
        FROM every ORDER BY occurred_at, touchpoint_id
        """
    )


def _fill_conversions(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the conversions: orders of known customers that weren't cancelled, and won opportunities.

    A few orders appear twice.
    """
    connection.execute(
        f"""
        INSERT INTO company.fct_conversion
        WITH sold AS (
            SELECT *, substr(order_id, 2)::BIGINT AS number, unnest(range(CASE
                WHEN chance(substr(order_id, 2)::BIGINT, 'converts twice') < {DUPLICATE_CONVERSIONS}
                THEN 2 ELSE 1 END)) AS nth
            FROM company.fct_order WHERE customer_id IS NOT NULL AND status <> 'cancelled' AND NOT is_test
        ), every AS (
            SELECT 'CV-' || order_id || CASE WHEN nth = 1 THEN '-2' ELSE '' END AS conversion_id,
                customer_id AS subject_id, 'order' AS conversion_type, created_at AS converted_at,
                order_date AS converted_date, market, net_sales AS value, nth = 1 AS is_duplicate,
                order_id AS source_id, loaded_at
            FROM sold
            UNION ALL
            SELECT 'CV-' || opportunity_id, person_id, 'won_opportunity',
                (closed_date + to_seconds(36000 + pick(substr(opportunity_id, 3)::BIGINT, 'won hour', 21600)))
                    AT TIME ZONE 'Europe/Berlin', closed_date, market, amount, false, opportunity_id, loaded_at
            FROM company.fct_opportunity o JOIN (SELECT opportunity_id, person_id, market FROM deal) d
                USING (opportunity_id)
            WHERE is_won
        )
        FROM every ORDER BY converted_at, conversion_id
        """
    )


def _fill_credit(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the credit of each conversion that isn't a duplicate. The last touchpoint absorbs the rounding.

    A touchpoint without credit under a model has no row there.
    """
    models = ", ".join(f"('{model}')" for model in MODELS)
    connection.execute(
        f"""
        INSERT INTO company.fct_attribution_credit
        WITH touched AS ({_touched()}
        ), shared AS (
            SELECT *, CASE model WHEN 'first' THEN (position = 1)::INTEGER
                WHEN 'last' THEN (position = touch_count)::INTEGER
                WHEN 'linear' THEN CASE WHEN position < touch_count THEN round(1.0 / touch_count, 12)
                    ELSE 1 - (touch_count - 1) * round(1.0 / touch_count, 12) END END::DECIMAL(18,12) AS credit,
                CASE WHEN model <> 'linear' THEN value * credit::INTEGER
                    WHEN position < touch_count THEN round(value::DOUBLE / touch_count, 4)::DECIMAL(18,4)
                    ELSE value - (touch_count - 1) * round(value::DOUBLE / touch_count, 4)::DECIMAL(18,4)
                    END::DECIMAL(18,4) AS attributed_value
            FROM touched, (VALUES {models}) AS m(model)
        )
        SELECT conversion_id, touchpoint_id, model, window_days, channel_key, campaign_id, converted_date, credit,
            attributed_value, position, touch_count, loaded_at
        FROM shared WHERE credit > 0 ORDER BY converted_at, conversion_id, window_days, model, position
        """
    )


def _fill_weighted(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the credit under the models that weight touchpoints by channel, position or age.

    Last non-direct gives all credit to the last touchpoint that isn't Direct, or to the last one if all are. Position
    based gives 40% to the first, 40% to the last, and splits the rest. Of two touchpoints, each gets half.
    """
    models = ", ".join(f"('{model}')" for model in WEIGHTED_MODELS)
    connection.execute(
        f"""
        INSERT INTO company.fct_attribution_weighted
        WITH touched AS ({_touched()}
        ), aged AS (
            SELECT *, pow(2, -epoch(converted_at - occurred_at) / {HALF_LIFE * 86_400})::DECIMAL(18,12) AS fresh
            FROM touched
        ), weighed AS (
            SELECT *, CASE model
                WHEN 'last_non_direct' THEN (position = coalesce(max(position)
                    FILTER (channel_key IS DISTINCT FROM '{_DIRECT}') OVER path, touch_count))::INTEGER
                WHEN 'position_based' THEN CASE WHEN touch_count <= 2 THEN 1.0 / touch_count
                    WHEN position IN (1, touch_count) THEN 0.4 ELSE 0.2 / (touch_count - 2) END
                ELSE fresh::DOUBLE / (sum(fresh) OVER path)::DOUBLE END::DOUBLE AS weight,
                round(weight, 12)::DECIMAL(18,12) AS rounded,
                round(value::DOUBLE * weight, 4)::DECIMAL(18,4) AS rounded_value
            FROM aged, (VALUES {models}) AS m(model) WINDOW path AS (PARTITION BY conversion_id, window_days, model)
        ), shared AS (
            SELECT *, CASE WHEN position < touch_count THEN rounded
                    ELSE 1 - coalesce(sum(rounded) FILTER (position < touch_count) OVER path, 0) END::DECIMAL(18,12)
                    AS credit,
                CASE WHEN position < touch_count THEN rounded_value
                    ELSE value - coalesce(sum(rounded_value) FILTER (position < touch_count) OVER path, 0)
                    END::DECIMAL(18,4) AS attributed_value
            FROM weighed WINDOW path AS (PARTITION BY conversion_id, window_days, model)
        )
        SELECT conversion_id, touchpoint_id, model, window_days, channel_key, campaign_id, converted_date, credit,
            attributed_value, position, touch_count, loaded_at
        FROM shared WHERE credit > 0 ORDER BY converted_at, conversion_id, window_days, model, position
        """
    )


def _touched() -> str:
    """Return SQL for the touchpoints of each conversion that isn't a duplicate, with their positions.

    A touchpoint appears once for each window that it's in.
    """
    windows = ", ".join(f"({days})" for days in WINDOWS)
    return f"""
            SELECT conversion_id, converted_at, occurred_at, converted_date, value, c.loaded_at, touchpoint_id,
                t.channel_key, t.campaign_id, window_days, row_number() OVER touches AS position,
                count(*) OVER (PARTITION BY conversion_id, window_days) AS touch_count
            FROM company.fct_conversion c JOIN company.fct_touchpoint t ON t.subject_id = c.subject_id
                AND occurred_at <= converted_at AND occurred_at >= converted_at - INTERVAL {max(WINDOWS)} DAY
            JOIN (VALUES {windows}) AS w(window_days) ON occurred_at >= converted_at - to_days(window_days)
            WHERE NOT is_duplicate
            WINDOW touches AS (PARTITION BY conversion_id, window_days ORDER BY occurred_at, touchpoint_id)"""
