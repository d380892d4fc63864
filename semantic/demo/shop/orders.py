"""Fill fct_order and fct_order_line, some days at a time to limit the memory in use."""

import duckdb

from semantic.demo.world.catalogue import PRODUCT_SLOTS
from semantic.demo.world.days import MIX_SLOTS
from semantic.demo.world.planted import (
    CANCELLED_ORDERS,
    LATE_ROWS,
    NO_CAMPAIGN_ORDERS,
    ORPHAN_CAMPAIGN_ORDERS,
    ORPHAN_CAMPAIGNS,
    RETURNED_ORDERS,
    TEST_ORDERS,
    KnownPatterns,
)

PRICE_LEVEL = 0.845  # calibrates the average order to AVERAGE_ORDER_VALUE
_YEARLY_INFLATION = 0.035
PARCEL_COST, PARCEL_SPREAD = 0.85, 0.5  # the shop's cost of a parcel: 0.85 to 1.35 times the market's shipping charge
PAYMENT_RATE, PAYMENT_FIXED = 0.014, 0.25  # the payment provider's share of a payment, and EUR per payment


def create_order_rules(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Create the macros that several facts share.

    They return an order's slot in the mix, whether an order is valid, and when a row was loaded.
    """
    connection.execute(f"CREATE MACRO order_slot(number) AS pick(number, 'mix', {MIX_SLOTS})")
    connection.execute(
        f"CREATE MACRO is_valid_order(number) AS chance(number, 'status') >= {CANCELLED_ORDERS}"
        f" AND chance(number, 'test') >= {TEST_ORDERS}"
    )
    # Rows arrive in the night after their day; some days later, but none after the last night.
    connection.execute(
        f"""
        CREATE MACRO loaded(day, number, purpose) AS least(
            day::TIMESTAMP + INTERVAL 1 DAY + to_seconds(10800 + pick(number, purpose, 3600))
                + to_days(CASE WHEN chance(number, purpose || ' late') < {LATE_ROWS}
                    THEN 1 + pick(number, purpose || ' days', 3) ELSE 0 END),
            TIMESTAMP '{planted.until}' + INTERVAL 1 DAY
                + to_seconds(14400 + pick(number, purpose, 600))) AT TIME ZONE 'UTC'
        """
    )


def fill_orders(connection: duckdb.DuckDBPyConnection, first_day: int, last_day: int) -> None:
    """Append the orders and lines of these days, given as day numbers, both included.

    The table `stretch` remains for `fill_sessions`.
    """
    _create_stretch(connection, first_day, last_day)
    _create_lines(connection)
    connection.execute(
        f"""
        INSERT INTO company.fct_order
        WITH summed AS (
            SELECT order_no, sum(gross)::DECIMAL(18,4) AS gross, sum(discount)::DECIMAL(18,4) AS discount,
                sum(cogs)::DECIMAL(18,4) AS cogs
            FROM line GROUP BY order_no
        ), netted AS (
            SELECT s.*, h.gross_local, gross, discount, gross - discount AS net, cogs,
                CASE WHEN gross_local >= free_above THEN 0 ELSE round(shipping_local * fx_rate, 4) END::DECIMAL(18,4)
                    AS shipping
            FROM stretch s JOIN header h USING (order_no) JOIN summed USING (order_no)
        )
        SELECT order_id, customer_id, customer_key, created_at, order_date, channel_key, campaign_id, session_id,
            market, currency_code, fx_rate, gross_local, gross, discount, shipping,
            round((net + shipping) * vat, 4)::DECIMAL(18,4), net, cogs, order_number = 1, order_number, status, is_test,
            coupon_code, device, loaded(order_date, order_no, 'order'), valid_order_number,
            CASE WHEN status = 'cancelled' THEN 0 ELSE round(shipping_local * fx_rate
                * ({PARCEL_COST} + {PARCEL_SPREAD} * chance(order_no, 'parcel')), 4) END::DECIMAL(18,4),
            CASE WHEN status = 'cancelled' THEN 0
                ELSE round((net + shipping) * (1 + vat) * {PAYMENT_RATE} + {PAYMENT_FIXED}, 4) END::DECIMAL(18,4)
        FROM netted ORDER BY order_no
        """
    )
    connection.execute(
        """
        INSERT INTO company.fct_order_line
        SELECT order_id(order_no), line_no, product_id, product, product_category, quantity, gross, discount,
            gross - discount, cogs
        FROM line JOIN product ON place = product_no ORDER BY order_no, line_no
        """
    )


def _create_stretch(connection: duckdb.DuckDBPyConnection, first_day: int, last_day: int) -> None:
    """Create the orders of these days without their amounts."""
    orphans = ", ".join(f"'{campaign}'" for campaign in ORPHAN_CAMPAIGNS)
    connection.execute("CREATE MACRO IF NOT EXISTS order_id(number) AS 'O' || lpad(number::VARCHAR, 9, '0')")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE stretch AS
        WITH dated AS (
            SELECT p.order_no, p.customer_no, p.version, p.visitor_no, p.was_visitor, p.order_number,
                p.valid_order_number, d.day_no,
                d.day AS order_date, d.month, d.quarter_no, d.progress, d.period, d.is_black_week, d.start_at, m.market,
                m.currency_code, m.list_rate, m.vat, m.shipping AS shipping_local, m.free_above, r.fx_rate,
                d.seconds * clock((order_no - first_order + chance(order_no, 'clock')) / orders) AS second,
                CASE WHEN order_number = 1 THEN 'new' ELSE 'repeat' END AS kind, chance(order_no, 'discount') AS luck
            FROM placed p JOIN day d ON d.day_no = p.day_no JOIN market m ON m.market = p.market
            JOIN rate r ON r.currency_code = m.currency_code AND r.day_no = p.day_no
            WHERE p.day_no BETWEEN {first_day} AND {last_day}
        ), discounted AS (
            SELECT *, (CASE
                WHEN is_black_week AND luck < 0.75 THEN 15 + 5 * pick(order_no, 'black discount', 4)
                WHEN NOT is_black_week AND kind = 'new' AND luck < 0.14 THEN 10
                WHEN NOT is_black_week AND month IN (1, 7) AND luck < 0.40
                    THEN 10 + 5 * pick(order_no, 'sale discount', 3)
                WHEN NOT is_black_week AND luck > 0.88 THEN 5 + 5 * pick(order_no, 'discount', 2)
                ELSE 0 END / 100)::DECIMAL(4,2) AS discount_rate
            FROM dated
        )
        SELECT t.* EXCLUDE (second, luck), order_id(order_no) AS order_id, customer_id(customer_no) AS customer_id,
            customer_id(customer_no) || '-' || version AS customer_key,
            'S' || lpad((2 * order_no + 1)::VARCHAR, 10, '0') AS session_id,
            start_at + to_microseconds((second * 1e6)::BIGINT) AS created_at, x.channel_key, x.source, x.medium,
            x.campaign_id AS known_campaign,
            CASE WHEN x.campaign_id IS NOT NULL
                    AND chance(order_no, 'orphan') < {ORPHAN_CAMPAIGN_ORDERS} / (1 - {NO_CAMPAIGN_ORDERS})
                THEN [{orphans}][1 + pick(order_no, 'orphans', {len(ORPHAN_CAMPAIGNS)})] ELSE x.campaign_id END
                    AS campaign_id,
            CASE WHEN discount_rate > 0 AND chance(order_no, 'coupon') < 0.55 THEN CASE WHEN is_black_week THEN 'BLACK'
                WHEN t.kind = 'new' AND discount_rate = 0.10 THEN 'WELCOME' WHEN month IN (1, 7) THEN 'SALE'
                    ELSE 'THANKS' END
                || (discount_rate * 100)::INTEGER END AS coupon_code,
            CASE WHEN chance(order_no, 'device') < 0.50 + 0.12 * progress THEN 'mobile'
                WHEN chance(order_no, 'tablet') < 0.10 THEN 'tablet' ELSE 'desktop' END AS device,
            CASE WHEN chance(order_no, 'status') < {CANCELLED_ORDERS} THEN 'cancelled'
                WHEN chance(order_no, 'status') < {CANCELLED_ORDERS + RETURNED_ORDERS} THEN 'returned'
                    ELSE 'completed' END AS status,
            chance(order_no, 'test') < {TEST_ORDERS} AS is_test
        FROM discounted t JOIN mix_slot x ON x.kind = t.kind AND x.period = t.period AND x.market = t.market
            AND x.slot = order_slot(order_no)
        """
    )


def _create_lines(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables header (orders with amounts in local currency) and line (with amounts in EUR).

    The last line of an order absorbs the rounding, so that lines add up to the order's round(local * rate, 4).
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE asked AS
        WITH counted AS (
            SELECT order_no, month, quarter_no, progress, list_rate, fx_rate, discount_rate,
                chance(order_no, 'lines') AS luck,
                CASE WHEN luck < 0.38 THEN 1 WHEN luck < 0.66 THEN 2 WHEN luck < 0.84 THEN 3 WHEN luck < 0.94 THEN 4
                    ELSE 5 END AS lines
            FROM stretch
        ), listed AS (
            SELECT *, unnest(range(1, lines + 1))::INTEGER AS line_no, order_no * 8 + line_no AS number,
                chance(number, 'quantity') AS many
            FROM counted
        ), priced AS (
            SELECT l.*, product_no, cost, {PRICE_LEVEL} * price * list_rate
                * pow({1 + _YEARLY_INFLATION}, progress * 3)
                    * (0.98 + 0.04 * chance(product_no * 10000 + quarter_no, 'price')) AS price_local,
                CASE WHEN many < 0.80 THEN 1 WHEN many < 0.93 THEN 2 WHEN many < 0.985 THEN 4 WHEN many < 0.998 THEN 6
                    ELSE 10 + pick(number, 'bulk', 20) END::INTEGER AS quantity
            FROM listed l JOIN product_slot s ON s.month = l.month AND s.slot = pick(number, 'product', {PRODUCT_SLOTS})
            JOIN product ON place = product_no
        )
        SELECT order_no, line_no, lines, product_no, cost, quantity, fx_rate, discount_rate,
            (quantity * CASE WHEN list_rate > 5 THEN ceil(price_local)
                ELSE floor(price_local) + 0.95 END::DECIMAL(10,2))::DECIMAL(18,4) AS local
        FROM priced
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE header AS
        SELECT order_no, sum(local)::DECIMAL(18,4) AS gross_local,
            round(sum(local)::DECIMAL(18,4) * any_value(fx_rate), 4)::DECIMAL(18,4)
                - coalesce(sum(round(local * fx_rate, 4)) FILTER (line_no < lines), 0)::DECIMAL(18,4) AS rest
        FROM asked GROUP BY order_no
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE line AS
        WITH grossed AS (
            SELECT a.*, CASE WHEN line_no = lines THEN rest ELSE round(local * fx_rate, 4) END::DECIMAL(18,4) AS gross
            FROM asked a JOIN header USING (order_no)
        )
        SELECT order_no, line_no, product_no, quantity, gross,
            round(gross * discount_rate, 4)::DECIMAL(18,4) AS discount,
            round(gross * cost, 4)::DECIMAL(18,4) AS cogs
        FROM grossed
        """
    )
