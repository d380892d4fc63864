"""Fill fct_web_session with the session of every order, and with visits without an order."""

import duckdb

from semantic.demo.shop.customers import customer_drawn
from semantic.demo.world.channels import PRODUCT_LINES
from semantic.demo.world.days import MARKET_SLOTS, MIX_SLOTS
from semantic.demo.world.planted import (
    BOT_SESSIONS,
    INTERNAL_SESSIONS,
    NO_CHANNEL_SESSIONS,
    ORPHAN_CHANNEL,
    ORPHAN_CHANNEL_SESSIONS,
    TEST_ORDERS,
)

_SIGNED_IN, _FRESH = 0.12, 0.53  # of visits without an order: known customers, people never seen before
_STRIDE = 223  # coprime to MARKET_SLOTS


def create_visit_rules(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros that return a visit's market slot, and whether the visitor is new.

    They only depend on the visit's number. A repeat visit finds its visitor by stepping back to a first visit in the
    same slot. A visitor therefore stays in one market and has exactly one first session, and no macro has to scan all
    sessions.
    """
    connection.execute(f"CREATE MACRO visit_slot(visit) AS visit * {_STRIDE} % {MARKET_SLOTS}")
    connection.execute(f"CREATE MACRO slot_visit(slot) AS slot * {pow(_STRIDE, -1, MARKET_SLOTS)} % {MARKET_SLOTS}")
    connection.execute(
        f"CREATE MACRO is_fresh(visit) AS chance(visit, 'visit kind') BETWEEN {_SIGNED_IN} AND {_SIGNED_IN + _FRESH}"
    )
    connection.execute(
        "CREATE MACRO earlier_visit(visit, purpose) AS"
        f" visit - {MARKET_SLOTS} * (1 + floor(12 * pow(chance(visit, purpose), 2))::BIGINT)"
    )


def fill_sessions(connection: duckdb.DuckDBPyConnection, first_day: int, last_day: int, ratio: float) -> None:
    """Append the sessions of these days in order of time. It reads the table `stretch` from `fill_orders`.

    `ratio` is the number of sessions per order.
    """
    _create_visits(connection, first_day, last_day, ratio)
    lines = ", ".join(f"'{line.lower()}'" for line in PRODUCT_LINES)
    connection.execute(
        f"""
        INSERT INTO company.fct_web_session
        WITH ordering AS (
            SELECT 2 * order_no + 1 AS number, visitor_no, customer_id, order_date AS session_date,
                greatest(start_at, created_at - to_seconds(90 + pick(order_no, 'before order', 2400)))
                    AS session_start_at,
                channel_key, known_campaign AS campaign_id, market, device, source, medium,
                4 + pick(order_no, 'order pages', 12) AS pageviews,
                60 + pick(order_no, 'order seconds', 900) AS engagement_seconds,
                order_number = 1 AND NOT coalesce(was_visitor, false) AS is_first_session, false AS is_bot,
                is_test AS is_internal
            FROM stretch
        ), every AS (SELECT * FROM ordering UNION ALL SELECT * FROM visit),
        dirty AS (
            SELECT *, chance(number, 'channel dirt') AS dirt, chance(number, 'landing') AS landing FROM every
        )
        SELECT 'S' || lpad(number::VARCHAR, 10, '0'), 'V' || lpad(visitor_no::VARCHAR, 12, '0'), customer_id,
            session_start_at, session_date,
            CASE WHEN dirt < {NO_CHANNEL_SESSIONS} THEN NULL WHEN dirt < {NO_CHANNEL_SESSIONS + ORPHAN_CHANNEL_SESSIONS}
                THEN '{ORPHAN_CHANNEL}' ELSE channel_key END,
            CASE WHEN dirt >= {NO_CHANNEL_SESSIONS} THEN campaign_id END, market, device,
            CASE WHEN landing < 0.30 THEN '/' WHEN landing < 0.40 THEN '/sale' WHEN landing < 0.48 THEN '/journal'
                ELSE '/' || [{lines}][1 + pick(number, 'landing line', {len(PRODUCT_LINES)})] END,
            source, medium, pageviews, engagement_seconds, engagement_seconds >= 10 OR pageviews > 1,
            NOT (engagement_seconds >= 10 OR pageviews > 1), is_first_session, is_bot, is_internal,
            loaded(session_date, number, 'session')
        FROM dirty ORDER BY session_start_at, number
        """
    )


def _create_visits(connection: duckdb.DuckDBPyConnection, first_day: int, last_day: int, ratio: float) -> None:
    """Create these days' sessions without an order. They have the same columns as sessions with one."""
    # Bots never order or sign in, and test orders' sessions are internal, so the remaining ones must make up the rate.
    without_order = 1 - 1 / ratio
    bots = BOT_SESSIONS / (without_order * (1 - _SIGNED_IN))
    internal = (INTERNAL_SESSIONS - TEST_ORDERS / ratio) / without_order
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE visit AS
        WITH numbered AS (
            SELECT day_no, day, period, progress, start_at, seconds, first_visit, visits,
                unnest(range(first_visit, first_visit + visits)) AS visit_no
            FROM day WHERE day_no BETWEEN {first_day} AND {last_day}
        ), located AS (
            SELECT n.*, s.market AS slot_market, chance(visit_no, 'visit kind') < {_SIGNED_IN} AS is_signed_in,
                earlier_visit(visit_no, 'return') AS earlier, earlier_visit(visit_no, 'other return') AS earlier_still
            FROM numbered n JOIN market_slot s ON s.day_no = n.day_no AND s.slot = visit_slot(visit_no)
        ), recognised AS (
            SELECT o.*, CASE WHEN is_signed_in THEN l.customer_no END AS customer_no, l.visitor_no AS customer_visitor,
                CASE WHEN l.moved_day <= o.day_no THEN moved_market ELSE slot_market END AS market,
                CASE WHEN is_signed_in OR is_fresh(visit_no) THEN visit_no
                    WHEN earlier >= 0 AND is_fresh(earlier) THEN earlier
                    WHEN earlier_still >= 0 AND is_fresh(earlier_still) THEN earlier_still ELSE visit_no END
                        AS own_visitor
            FROM located o LEFT JOIN pool p ON is_signed_in AND p.day_no = o.day_no AND p.market = slot_market
            LEFT JOIN life l ON l.home = slot_market AND l.home_no = {customer_drawn("visit_no", "signed in")}
        ), behaved AS (
            SELECT *, 2 * visit_no AS number, coalesce(customer_visitor, own_visitor) AS visitor_no,
                seconds * clock((visit_no - first_visit + chance(visit_no, 'visit clock')) / visits) AS second,
                customer_no IS NULL AND chance(visit_no, 'bot') < {bots} AS is_bot,
                chance(visit_no, 'stays') AS stays, chance(visit_no, 'visit device') AS held
            FROM recognised
        )
        SELECT number, visitor_no, customer_id(customer_no) AS customer_id, day AS session_date,
            start_at + to_microseconds((second * 1e6)::BIGINT) AS session_start_at, x.channel_key, x.campaign_id,
            b.market,
            CASE WHEN held < 0.58 + 0.12 * progress THEN 'mobile' WHEN held > 0.965 THEN 'tablet' ELSE 'desktop' END
                AS device,
            x.source, x.medium,
            CASE WHEN is_bot OR stays < 0.42 THEN 1 ELSE 2 + floor(8 * pow(chance(visit_no, 'pages'), 2)) END::INTEGER
                AS pageviews,
            CASE WHEN is_bot THEN 0 WHEN stays < 0.42 THEN pick(visit_no, 'seconds', 14)
                ELSE 12 + floor(600 * pow(chance(visit_no, 'seconds'), 3)) END::INTEGER AS engagement_seconds,
            customer_no IS NULL AND visitor_no = visit_no AS is_first_session, is_bot,
            chance(visit_no, 'internal') < {internal} AS is_internal
        FROM behaved b JOIN mix_slot x ON x.kind = 'visit' AND x.period = b.period AND x.market = b.market
            AND x.slot = pick(visit_no, 'visit mix', {MIX_SLOTS})
        """
    )
