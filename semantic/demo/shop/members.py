"""Fill the small dimensions: days, countries, devices, products, pages, stages and plans."""

from collections.abc import Sequence
from datetime import date, timedelta

import duckdb

from semantic.demo.shop.orders import PRICE_LEVEL
from semantic.demo.world.planted import PLUS_NEW_PRICE, PLUS_OLD_PRICE, UNLISTED_PRODUCT, KnownPatterns

_COUNTRIES = (
    ("DE", "Germany", "DACH"), ("AT", "Austria", "DACH"), ("CH", "Switzerland", "DACH"), ("FR", "France", "France"),
    ("NL", "Netherlands", "Benelux"), ("BE", "Belgium", "Benelux"), ("SE", "Sweden", "Nordics"),
    ("NO", "Norway", "Nordics"), ("DK", "Denmark", "Nordics"), ("GB", "United Kingdom", "UK and Ireland"),
    ("IE", "Ireland", "UK and Ireland"),
)  # fmt: skip
_DEVICES = (("mobile", "Handheld"), ("tablet", "Handheld"), ("desktop", "Desktop"))
_PAGES = (
    ("/", "home"), ("/sale", "sale"), ("/journal", "content"), ("/search", "search"), ("/cart", "cart"),
    ("/checkout", "checkout"), ("/thanks", "confirmation"), ("/account", "account"), ("/plus", "content"),
    ("/contract", "content"),
)  # fmt: skip
LIFECYCLE = ("lead", "mql", "sal", "sql", "opportunity", "customer", "disqualified")
_OPPORTUNITY_STAGES = (
    ("discovery", 1, "0.1000", False, False), ("qualified", 2, "0.2500", False, False),
    ("proposal", 3, "0.4500", False, False), ("negotiation", 4, "0.7000", False, False),
    ("won", 5, "1.0000", True, True), ("lost", 6, "0.0000", True, False),
)  # fmt: skip
_PLANS = (
    ("pl-01", "Plus", "month", PLUS_OLD_PRICE), ("pl-02", "Plus", "year", "4.08"),
    ("pl-03", "Plus Home", "month", "9.90"), ("pl-04", "Plus Home", "year", "8.25"),
    ("pl-05", "Plus", "month", PLUS_NEW_PRICE),
)  # fmt: skip


def fill_members(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill the dimensions that only depend on the catalogue.

    There is a page for every product, but dim_product lacks one product.
    """
    _fill_dates(connection, planted)
    for table, rows in (
        ("dim_geo", _COUNTRIES),
        ("dim_device", _DEVICES),
        ("dim_lifecycle_stage", [(stage, place) for place, stage in enumerate(LIFECYCLE, start=1)]),
        ("dim_opportunity_stage", _OPPORTUNITY_STAGES),
        ("dim_plan", _PLANS),
    ):
        connection.execute(f"INSERT INTO company.{table} {_values(rows)}")
    connection.execute(
        f"""
        INSERT INTO company.dim_product
        SELECT product_id, product, product_category, (floor({PRICE_LEVEL} * price) + 0.95)::DECIMAL(18,4),
            DATE '{planted.first_day}' - pick(place, 'launched', 900)
        FROM product WHERE product <> '{UNLISTED_PRODUCT}' ORDER BY place
        """
    )
    connection.execute(
        f"""
        INSERT INTO company.dim_page
        FROM ({_values([(path, path, kind) for path, kind in _PAGES])})
        UNION ALL
        SELECT '/' || lower(line), '/' || lower(line), 'category'
        FROM (SELECT product_category AS line, min(place) AS place FROM product GROUP BY ALL ORDER BY place)
        UNION ALL
        (SELECT '/p/' || product_id, '/p/' || product_id, 'product' FROM product ORDER BY place)
        """
    )


def _fill_dates(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill all dates from the year of the first day to the year after that of the last day.

    Plans extend beyond the data.
    """
    first, last = date(planted.first_day.year, 1, 1), date(planted.until.year + 1, 12, 31)
    holidays = ", ".join(f"DATE '{day}'" for year in range(first.year, last.year + 1) for day in _holidays(year))
    connection.execute(
        f"""
        INSERT INTO company.dim_date
        WITH listed AS (SELECT unnest(generate_series(DATE '{first}', DATE '{last}', INTERVAL 1 DAY))::DATE AS day),
        opened AS (
            -- The retail year opens on the day after the Saturday nearest to the end of January.
            SELECT day, make_date(year(day), 1, 31) AS january, ((dayofweek(january) + 1) % 7)::INTEGER AS since,
                january - since + CASE WHEN since <= 3 THEN 1 ELSE 8 END AS this_year,
                make_date(year(day) - 1, 1, 31) AS january_before,
                ((dayofweek(january_before) + 1) % 7)::INTEGER AS since_before,
                january_before - since_before + CASE WHEN since_before <= 3 THEN 1 ELSE 8 END AS year_before
            FROM listed
        )
        SELECT day, year(day), quarter(day), date_trunc('month', day)::DATE, date_trunc('week', day)::DATE,
            (day - CASE WHEN day >= this_year THEN this_year ELSE year_before END) // 7 + 1, isodow(day),
            isodow(day) >= 6, day IN ({holidays}), year(day - INTERVAL 3 MONTH),
            (quarter(day) + 2) % 4 + 1, day(last_day(day))
        FROM opened ORDER BY day
        """
    )


def _holidays(year: int) -> list[date]:
    """Return the public holidays in all of Germany."""
    easter = _easter(year)
    moving = [easter + timedelta(days=days) for days in (-2, 1, 39, 50)]
    return [*moving, *(date(year, month, day) for month, day in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26)))]


def _easter(year: int) -> date:
    """Return Easter Sunday of a year from 1900 to 2099, by Gauss's algorithm."""
    golden, leap, week = year % 19, year % 4, year % 7
    moon = (19 * golden + 24) % 30
    sunday = (2 * leap + 4 * week + 6 * moon + 5) % 7
    days = 22 + moon + sunday
    if days == 57 or (days == 56 and moon == 28 and golden > 10):
        days -= 7
    return date(year, 3, 1) + timedelta(days=days - 1)


def _values(rows: Sequence[tuple[object, ...]]) -> str:
    """Return hand-written rows as a VALUES list.

    One statement is much faster than one insert per row.
    """
    return "VALUES " + ", ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)


def _literal(value: object) -> str:
    return str(value) if isinstance(value, bool | int) else "'" + str(value).replace("'", "''") + "'"
