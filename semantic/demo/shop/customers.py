"""Decide who orders when: the customer of each order, each customer's history, and dim_customer."""

import duckdb

from semantic.demo.world.days import MARKET_SLOTS
from semantic.demo.world.draw import insert
from semantic.demo.world.planted import DAYS, ERASED_CUSTOMERS, GUEST_ORDERS, KnownPatterns

# Calibrated so that REPEAT_ORDERS of all orders are repeats: the share grows towards the first number.
_REPEAT_CEILING, _REPEAT_DAYS = 0.575, 250

_SILVER_ORDER, _GOLD_ORDER = 3, 6  # the tier changes on the day after this order
_MOVED, _NEW_SEGMENT = 0.02, 0.10  # share of customers who move to another market, whose segment changes

# A visitor number below this is an unknown visitor's; from here on, a customer's; from twice this, a guest's.
OWN_VISITOR = 100_000_000_000

_NAMES = (
    ("DE", "Anna Jürgen Katrin Lukas Sabine Moritz Greta Björn Heike Felix Lena Uwe",
     "Müller Weiß Schröder Krüger Vogel Brandt Köhler Jansen Lorenz Busch"),
    ("AT", "Theresa Florian Magdalena Sepp Valerie Matthias Elfriede Jakob",
     "Gruber Huber Pichler Steiner Moser Hofer Fuchs Eder"),
    ("FR", "Chloé Hugo Camille Étienne Manon Théo Zoé Gaëlle Baptiste Inès",
     "Lefèvre Moreau Girard Bonnet Roche Garnier Faure Mercier Blanc Dupuis"),
    ("NL", "Daan Sanne Bram Fleur Joost Lotte Ruben Femke Thijs Noor",
     "Bakker Visser Smit Meijer Mulder Bos Vos Peters Hendriks Dekker"),
    ("SE", "Åsa Erik Linnéa Göran Maja Oskar Ebba Nils Siv Alva",
     "Lindqvist Åberg Nyström Sjöberg Ek Holm Ström Lundin Öberg Dahl"),
    ("GB", "Oliver Amelia Harry Isla George Poppy Callum Freya Rhys Niamh",
     "Ashworth Bennett Clarke Doyle Ellis Fletcher Hughes Kerr Morgan Walsh"),
    ("NO", "Ingrid Lars Sølvi Håkon Astrid Magnus Bjørg Sindre Tuva Øyvind",
     "Haugen Berg Bakke Nygård Lie Moen Strand Sæther Aas Eide"),
)  # fmt: skip
_SEGMENTS = ("families", "couples", "students", "professionals", "retirees")


def create_customers(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Create customer, life and placed in the staging database, and fill dim_customer."""
    insert(
        connection,
        "name",
        "market VARCHAR, first_names VARCHAR[], last_names VARCHAR[]",
        [(market, first.split(), last.split()) for market, first, last in _NAMES],
    )
    _create_customer(connection)
    _create_placed(connection)
    _fill_dim_customer(connection, planted)


def _create_customer(connection: duckdb.DuckDBPyConnection) -> None:
    """Decide whether an order is by a guest, a first order or a repeat order. First orders create customers."""
    connection.execute(
        f"""
        CREATE TABLE called AS
        WITH numbered AS (SELECT day_no, unnest(range(first_order, first_order + orders)) AS order_no FROM day)
        SELECT order_no, n.day_no, market, CASE WHEN chance(order_no, 'guest') < {GUEST_ORDERS} THEN 'guest'
            WHEN chance(order_no, 'repeat') < {_REPEAT_CEILING}
                * (1 - exp((opens - n.day_no) / {_REPEAT_DAYS})) THEN 'repeat'
            ELSE 'new' END AS kind
        FROM numbered n JOIN market_slot s ON s.day_no = n.day_no AND s.slot = pick(order_no, 'market', {MARKET_SLOTS})
        """
    )
    # Moves stay between neighbours that have been open from the start and share a currency.
    connection.execute(
        f"""
        CREATE TABLE customer AS
        SELECT row_number() OVER (ORDER BY order_no) - 1 AS customer_no, order_no AS first_order_no,
            day_no AS first_day,
            market AS home, row_number() OVER (PARTITION BY market ORDER BY order_no) - 1 AS home_no,
            CASE WHEN market IN ('DE', 'AT', 'FR', 'NL') AND chance(order_no, 'moves') < {_MOVED}
                THEN day_no + 60 + pick(order_no, 'moves on', 500) END AS moved_day,
            CASE market WHEN 'DE' THEN 'AT' WHEN 'AT' THEN 'DE' WHEN 'FR' THEN 'NL' ELSE 'FR' END AS moved_market,
            CASE WHEN chance(order_no, 'segment changes') < {_NEW_SEGMENT}
                THEN day_no + 30 + pick(order_no, 'segment changes on', 600) END AS segment_day,
            chance(order_no, 'erased') < {ERASED_CUSTOMERS} AS is_erased
        FROM called WHERE kind = 'new' ORDER BY order_no
        """
    )
    connection.execute(
        """
        CREATE TABLE pool AS
        WITH joined AS (SELECT first_day AS day_no, home AS market, count(*) AS customers FROM customer GROUP BY ALL)
        SELECT d.day_no, m.market, (sum(coalesce(customers, 0)) OVER (PARTITION BY m.market ORDER BY d.day_no
            ROWS UNBOUNDED PRECEDING) - coalesce(customers, 0))::BIGINT AS customers
        FROM day d CROSS JOIN market m LEFT JOIN joined j ON j.day_no = d.day_no AND j.market = m.market
        """
    )


def customer_drawn(number: str, purpose: str) -> str:
    """Return SQL that draws the home_no of someone who was a customer before that day.

    Recent customers, and every sixth customer, order more often. The number is negative if there are no customers yet.
    """
    drawn = f"floor(customers * pow(chance({number}, '{purpose}'), 0.75))::BIGINT"
    loyal = f"CASE WHEN pick({number}, '{purpose} loyal', 100) < 45 THEN {drawn} % 6 ELSE 0 END"
    return f"({drawn} - {loyal} - (customers = 0)::INTEGER)"


def _create_placed(connection: duckdb.DuckDBPyConnection) -> None:
    """Give each order its customer, its position among the customer's orders, and the customer's version on that day.

    It also gets its position among the customer's valid orders, which are neither tests nor cancelled. A repeat order
    in a market without customers becomes a guest order.
    """
    connection.execute(
        f"""
        CREATE TABLE numbered AS
        WITH owned AS (
            SELECT first_order_no AS order_no, first_day AS day_no, customer_no, home AS market FROM customer
            UNION ALL
            SELECT order_no, day_no, NULL, market FROM called WHERE kind = 'guest'
            UNION ALL
            SELECT order_no, o.day_no, customer_no, CASE WHEN o.day_no >= moved_day THEN moved_market ELSE o.market END
            FROM called o JOIN pool p ON p.day_no = o.day_no AND p.market = o.market
            LEFT JOIN customer c ON c.home = o.market AND c.home_no = {customer_drawn("order_no", "owner")}
            WHERE kind = 'repeat'
        )
        SELECT *, CASE WHEN customer_no IS NULL THEN 1 ELSE row_number() OVER orders END::INTEGER AS order_number,
            CASE WHEN NOT is_valid_order(order_no) THEN NULL WHEN customer_no IS NULL THEN 1
                ELSE count(*) FILTER (is_valid_order(order_no)) OVER orders END::INTEGER AS valid_order_number
        FROM owned WINDOW orders AS (PARTITION BY customer_no ORDER BY order_no)
        """
    )
    connection.execute("DROP TABLE called")
    connection.execute(
        f"""
        CREATE TABLE life AS
        WITH steps AS (
            SELECT customer_no, min(day_no) FILTER (order_number = {_SILVER_ORDER}) + 1 AS silver_day,
                min(day_no) FILTER (order_number = {_GOLD_ORDER}) + 1 AS gold_day
            FROM numbered WHERE order_number IN ({_SILVER_ORDER}, {_GOLD_ORDER})
                AND customer_no IS NOT NULL GROUP BY customer_no
        ), visited AS (
            -- Some had been there before: an earlier visit of nobody known, through the same market slot.
            SELECT c.*, silver_day, gold_day, d.first_visit - {MARKET_SLOTS} * (2 + pick(customer_no, 'visited', 8))
                AS reach
            FROM customer c JOIN day d ON d.day_no = c.first_day LEFT JOIN steps USING (customer_no)
        ), linked AS (
            SELECT *, reach + (slot_visit(pick(first_order_no, 'market', {MARKET_SLOTS})) - reach % {MARKET_SLOTS}
                + {MARKET_SLOTS}) % {MARKET_SLOTS} AS earlier
            FROM visited
        )
        SELECT customer_no, first_order_no, first_day, home, home_no, moved_day, moved_market, segment_day, silver_day,
            gold_day, is_erased,
            reach >= 0 AND is_fresh(earlier) AND chance(customer_no, 'unknown before') < 0.8 AS was_visitor,
            CASE WHEN was_visitor THEN earlier ELSE {OWN_VISITOR} + customer_no END AS visitor_no,
            list_sort(list_distinct(list_filter([first_day, moved_day, segment_day, silver_day, gold_day],
                lambda changed: changed < {DAYS}))) AS changes
        FROM linked ORDER BY customer_no
        """
    )
    connection.execute("DROP TABLE customer")
    connection.execute(
        f"""
        CREATE TABLE placed AS
        SELECT n.*, len(list_filter(changes, lambda changed: changed <= day_no))::INTEGER AS version,
            coalesce(visitor_no, 2 * {OWN_VISITOR} + order_no) AS visitor_no, was_visitor
        FROM numbered n LEFT JOIN life USING (customer_no)
        ORDER BY order_no
        """
    )
    connection.execute("DROP TABLE numbered")
    connection.execute("CREATE MACRO customer_id(number) AS 'C' || lpad(number::VARCHAR, 8, '0')")


def _fill_dim_customer(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill a row per version of a customer, with half-open intervals.

    The current version has no end. Erased customers are left out.
    """
    listed = ", ".join(f"'{segment}'" for segment in _SEGMENTS)
    connection.execute(
        f"""
        INSERT INTO company.dim_customer
        WITH version AS (
            SELECT * EXCLUDE (changes), unnest(changes) AS since, generate_subscripts(changes, 1) AS version,
                unnest(list_append(changes[2:], NULL)) AS until
            FROM life WHERE NOT is_erased
        ), placed_in AS (
            SELECT *, CASE WHEN since >= moved_day THEN moved_market ELSE home END AS country FROM version
        )
        SELECT customer_id(customer_no) || '-' || version, customer_id(customer_no),
            first_names[1 + pick(customer_no, 'first name', len(first_names))] || ' '
                || last_names[1 + pick(customer_no, 'last name', len(last_names))],
            lower(customer_id(customer_no)) || '@'
                || ['example.com', 'example.net', 'example.org'][1 + pick(customer_no, 'mail', 3)],
            country, regions[1 + pick(customer_no, 'region', len(regions))],
            1948 + floor(29 * (chance(customer_no, 'born') + chance(customer_no, 'born, too')))::INTEGER,
            x.channel_key, DATE '{planted.first_day}' + first_day, chance(customer_no, 'consent') < 0.62,
            [{listed}][1 + (pick(customer_no, 'segment', {len(_SEGMENTS)})
                + CASE WHEN since >= segment_day THEN 1 + pick(customer_no, 'next segment', {len(_SEGMENTS) - 1})
                    ELSE 0 END)
                % {len(_SEGMENTS)}],
            CASE WHEN since >= gold_day THEN 'gold' WHEN since >= silver_day THEN 'silver' ELSE 'basic' END,
            DATE '{planted.first_day}' + since, coalesce(DATE '{planted.first_day}' + until, DATE '9999-12-31'),
            until IS NULL
        FROM placed_in p JOIN name n ON n.market = p.home JOIN market m ON m.market = p.country
        JOIN day d ON d.day_no = p.first_day
        JOIN mix_slot x ON x.kind = 'new' AND x.period = d.period AND x.market = p.home
            AND x.slot = order_slot(first_order_no)
        ORDER BY customer_no, version
        """
    )
