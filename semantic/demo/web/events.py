"""Fill fct_web_event with the products that each session viewed, added to the cart and bought."""

import duckdb

from semantic.demo.shop.orders import PRICE_LEVEL
from semantic.demo.world.catalogue import PRODUCT_SLOTS
from semantic.demo.world.planted import (
    BOT_SESSIONS,
    CART_OF_VIEW,
    CHECKOUT_OF_CART,
    DUPLICATE_PURCHASES,
    NO_PRODUCT_EVENTS,
    ORPHAN_PRODUCT_EVENTS,
    VIEW_OF_SESSION,
)

_SEVERAL_PAGES = 0.58  # of visits without an order: one page isn't enough to look at a product
_SEARCHES, _LOOKS_AGAIN = 0.12, 0.25
_NAMES = ("search", "view_item", "view_item", "add_to_cart", "sign_up", "begin_checkout", "purchase", "purchase")


def fill_events(connection: duckdb.DuckDBPyConnection, first_day: int, last_day: int, ratio: float) -> None:
    """Append the events of these days' sessions, in the order of the sessions.

    A session with an order reaches the purchase, at the time of the order. Other sessions end earlier, at the rates in
    `planted`. Events stay within their session's day.
    """
    view, cart, checkout = _thresholds(ratio)
    names = ", ".join(f"'{name}'" for name in _NAMES)
    no_product, orphan = NO_PRODUCT_EVENTS, NO_PRODUCT_EVENTS + ORPHAN_PRODUCT_EVENTS
    connection.execute(
        f"""
        INSERT INTO company.fct_web_event
        WITH ordered AS (
            SELECT order_id, session_id, created_at, net_sales, product_id AS bought FROM company.fct_order
            JOIN (SELECT order_id, product_id FROM company.fct_order_line WHERE line_no = 1) USING (order_id)
            WHERE order_date BETWEEN (SELECT day FROM day WHERE day_no = {first_day})
                AND (SELECT day FROM day WHERE day_no = {last_day})
        ), met AS (
            SELECT s.*, substr(s.session_id, 2)::BIGINT AS number, order_id, created_at, net_sales, bought, d.month,
                d.start_at + to_microseconds((d.seconds * 1e6)::BIGINT) AS day_ends,
                chance(number, 'funnel') AS luck,
                CASE WHEN order_id IS NOT NULL THEN 4 WHEN is_bot THEN (luck < 0.3)::INTEGER WHEN pageviews < 2 THEN 0
                    WHEN luck < {checkout} THEN 3 WHEN luck < {cart} THEN 2 WHEN luck < {view} THEN 1 ELSE 0 END
                    AS depth
            FROM company.fct_web_session s JOIN day d ON d.day = s.session_date LEFT JOIN ordered o USING (session_id)
            WHERE d.day_no BETWEEN {first_day} AND {last_day}
        ), planned AS (
            SELECT *, list_filter([
                CASE WHEN NOT is_bot AND pageviews > 1 AND chance(number, 'searches') < {_SEARCHES} THEN 1 END,
                CASE WHEN depth >= 1 THEN 2 END,
                CASE WHEN depth >= 1 AND chance(number, 'looks again') < {_LOOKS_AGAIN} THEN 3 END,
                CASE WHEN depth >= 2 THEN 4 END,
                CASE WHEN depth >= 1 AND NOT is_bot AND chance(number, 'signs up')
                    < CASE WHEN depth = 4 AND is_first_session THEN 0.4 ELSE 0.01 END THEN 5 END,
                CASE WHEN depth >= 3 THEN 6 END,
                CASE WHEN depth = 4 THEN 7 END,
                CASE WHEN depth = 4 AND chance(number, 'purchase twice') < {DUPLICATE_PURCHASES} THEN 8 END
            ], lambda step: step IS NOT NULL) AS steps
            FROM met
        ), stepped AS (
            SELECT *, unnest(steps) AS step, generate_subscripts(steps, 1)::INTEGER AS event_index,
                len(steps) AS many FROM planned WHERE len(steps) > 0
        ), drawn AS (
            SELECT s.*, number * 8 + step AS event_no, chance(event_no, 'product dirt') AS dirt,
                CASE WHEN order_id IS NULL THEN engagement_seconds ELSE epoch(created_at - session_start_at) END
                    * event_index / (many + 1.0) AS after,
                CASE WHEN step IN (2, 3, 4) THEN CASE WHEN dirt < {no_product} THEN NULL WHEN dirt < {orphan}
                    THEN 'p-9999' WHEN step <> 3 AND bought IS NOT NULL THEN bought ELSE product_id END END AS about,
                round({PRICE_LEVEL} * price, 2) AS price
            FROM stepped s JOIN product_slot o ON o.month = s.month
                AND o.slot = pick(number + 1000003 * (step = 3)::INTEGER, 'looks at', {PRODUCT_SLOTS})
            JOIN product ON place = product_no
        )
        SELECT 'E' || substr(session_id, 2) || '-' || event_index, session_id, visitor_id,
            greatest(session_start_at, least(day_ends - to_microseconds(1000 * (12 - event_index)),
                CASE WHEN step < 7 THEN session_start_at + to_microseconds((after * 1e6)::BIGINT)
                    ELSE created_at + to_seconds(2 * (step - 7)) END)),
            session_date, event_index, [{names}][step], channel_key, market, device, is_bot, is_internal,
            CASE WHEN step = 1 THEN '/search' WHEN step IN (2, 3, 4) THEN '/p/' || about
                WHEN step = 5 THEN '/account' WHEN step = 6 THEN '/checkout' ELSE '/thanks' END,
            about, CASE WHEN step IN (2, 3, 4) THEN price WHEN step >= 6 THEN coalesce(net_sales, price) END,
            CASE WHEN step >= 7 THEN order_id END, loaded_at
        FROM drawn ORDER BY session_start_at, number, event_index
        """
    )


def _thresholds(ratio: float) -> tuple[float, float, float]:
    """Return how likely a visit is to reach a product view, the cart and the checkout.

    This is for visits to several pages without an order. With few sessions per order (above 100,000 orders), more
    sessions end in an order than the rates say.
    """
    people, orders = 1 - BOT_SESSIONS, 1 / ratio
    viewed = VIEW_OF_SESSION * people
    carted = max(CART_OF_VIEW * viewed, 1.25 * orders)
    checked = max(CHECKOUT_OF_CART * carted, 1.1 * orders)
    eligible = (people - orders) * _SEVERAL_PAGES
    view, cart, checkout = ((part - orders) / eligible for part in (viewed, carted, checked))
    return min(1.0, view), cart, checkout
