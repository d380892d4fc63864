"""A star schema of any size, with or without the dirt of real data: orders, ad spend, customers, campaigns and
dates.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import duckdb

FIRST_DAY, DAYS = "2022-01-01", 1_461
CHANNELS = ("search", "social", "display", "email", "affiliates", "video", "direct", "marketplace")
PLATFORMS = ("google", "kiosk", "spinel", "tern", "lumen", "inhouse")
OBJECTIVES = ("awareness", "conversion", "loyalty")
COUNTRIES = ("AT", "BE", "CZ", "DE", "DK", "FR", "GB", "IT", "PL", "SE")
SEGMENTS = ("new", "regular", "enterprise", "lapsed")
STATUSES = ("completed", "completed", "completed", "completed", "returned", "cancelled")

SPEND_ONLY_CHANNEL, ORDERS_ONLY_CHANNEL = "sponsorship", "referral"
MONTHS_WITHOUT_ORDERS = ("2023-05-01", "2025-02-01")
MONTHS_WITHOUT_SPEND = ("2022-11-01", "2024-09-01")
MISSING_KEYS_PER_1000, ORPHAN_KEYS_PER_1000 = 5, 5
ORPHAN_KEYS = 25


@dataclass(frozen=True)
class StarSize:
    orders: int
    spend: int

    @property
    def customers(self) -> int:
        return max(200, self.orders // 50)

    @property
    def campaigns(self) -> int:
        return max(60, min(2_000, self.orders // 500))


def build_star(connection: duckdb.DuckDBPyConnection, size: StarSize, *, dirty: bool, by_day: bool = False) -> None:
    """Create the five tables. Every value follows from the row's number, so the same size always gives the same rows.

    With `by_day`, facts are stored by day, as in a table that is loaded daily. Otherwise, they are unordered.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO draw(number, stream, sides) AS (hash(number * 1000 + stream) % sides)::INTEGER"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO pick(number, stream, choices) AS choices[1 + draw(number, stream, len(choices))]"
    )
    connection.execute(_dates())
    connection.execute(_campaigns(size, dirty=dirty))
    connection.execute(_customers(size, dirty=dirty))
    connection.execute(_orders(size, dirty=dirty, by_day=by_day))
    connection.execute(_spend(size, dirty=dirty, by_day=by_day))


def _dates() -> str:
    return f"""
        CREATE TABLE dim_date AS
        SELECT day AS date_key, year(day)::INTEGER AS year, quarter(day)::INTEGER AS quarter,
               month(day)::INTEGER AS month, date_trunc('week', day)::DATE AS week_start,
               year(day - INTERVAL 3 MONTH)::INTEGER AS fiscal_year
        FROM (SELECT (DATE '{FIRST_DAY}' + number::INTEGER)::DATE AS day FROM range({DAYS}) AS numbers(number))"""


def _campaigns(size: StarSize, *, dirty: bool) -> str:
    channel = f"pick(number, 1, {list(CHANNELS)})"
    if dirty:
        channel = f"""CASE number % 20 WHEN 3 THEN '{SPEND_ONLY_CHANNEL}' WHEN 4 THEN '{ORDERS_ONLY_CHANNEL}'
            ELSE CASE WHEN number % 50 = 7 THEN NULL ELSE {channel} END END"""
    return f"""
        CREATE TABLE dim_campaign AS
        SELECT number::INTEGER AS campaign_id, 'Campaign ' || number AS campaign_name, {channel} AS channel,
               pick(number, 2, {list(PLATFORMS)}) AS platform, pick(number, 3, {list(OBJECTIVES)}) AS objective
        FROM range(1, {size.campaigns} + 1) AS numbers(number)"""


def _customers(size: StarSize, *, dirty: bool) -> str:
    country = f"pick(number, 4, {list(COUNTRIES)})"
    if dirty:
        country = f"CASE WHEN draw(number, 5, 100) < 2 THEN NULL ELSE {country} END"
    return f"""
        CREATE TABLE dim_customer AS
        SELECT number::INTEGER AS customer_id, {country} AS country, pick(number, 6, {list(SEGMENTS)}) AS segment,
               (DATE '{FIRST_DAY}' + draw(number, 7, {DAYS - 60}))::DATE AS signup_date
        FROM range(1, {size.customers} + 1) AS numbers(number)"""


def _orders(size: StarSize, *, dirty: bool, by_day: bool) -> str:
    clean = f"""
        SELECT number::BIGINT AS order_id, {_day(8, size.orders, by_day=by_day)} AS order_date,
               1 + draw(number, 9, {size.customers}) AS customer_id,
               1 + draw(number, 10, {size.campaigns}) AS campaign_id,
               ((draw(number, 11, 50000) + 100) / 100)::DECIMAL(18, 2) AS revenue,
               1 + draw(number, 12, 5) AS quantity, pick(number, 13, {list(STATUSES)}) AS status, number
        FROM range(1, {size.orders} + 1) AS numbers(number)"""
    if not dirty:
        return f"CREATE TABLE fact_orders AS SELECT * EXCLUDE (number) FROM ({clean})"
    return f"""
        CREATE TABLE fact_orders AS
        SELECT order_id,
               CASE WHEN draw(number, 14, 2000) = 0 THEN NULL
                    WHEN date_trunc('month', order_date) IN {_days(MONTHS_WITHOUT_ORDERS)}
                    THEN (order_date - INTERVAL 3 MONTH)::DATE ELSE order_date END AS order_date,
               {_dirty_key("customer_id", 15, size.customers)} AS customer_id,
               {_dirty_key(_around("campaign_id", 3), 16, size.campaigns)} AS campaign_id,
               CASE draw(number, 17, 200) WHEN 0 THEN -revenue WHEN 1 THEN 0 ELSE revenue END AS revenue,
               quantity, status
        FROM ({clean})"""


def _spend(size: StarSize, *, dirty: bool, by_day: bool) -> str:
    clean = f"""
        SELECT number::BIGINT AS spend_id, {_day(18, size.spend, by_day=by_day)} AS spend_date,
               1 + draw(number, 19, {size.campaigns}) AS campaign_id,
               ((draw(number, 20, 20000) + 50) / 100)::DECIMAL(18, 2) AS cost,
               draw(number, 21, 10000) AS impressions, draw(number, 22, 300) AS clicks, number
        FROM range(1, {size.spend} + 1) AS numbers(number)"""
    if not dirty:
        return f"CREATE TABLE fact_ad_spend AS SELECT * EXCLUDE (number) FROM ({clean})"
    return f"""
        CREATE TABLE fact_ad_spend AS
        SELECT spend_id,
               CASE WHEN date_trunc('month', spend_date) IN {_days(MONTHS_WITHOUT_SPEND)}
                    THEN (spend_date + INTERVAL 2 MONTH)::DATE ELSE spend_date END AS spend_date,
               {_dirty_key(_around("campaign_id", 4), 23, size.campaigns)} AS campaign_id,
               CASE draw(number, 24, 200) WHEN 0 THEN -cost WHEN 1 THEN 0 ELSE cost END AS cost, impressions, clicks
        FROM ({clean})"""


def _day(stream: int, rows: int, *, by_day: bool) -> str:
    after = f"((number - 1) * {DAYS} // {rows})::INTEGER" if by_day else f"draw(number, {stream}, {DAYS})"
    return f"(DATE '{FIRST_DAY}' + {after})::DATE"


def _around(key: str, remainder: int) -> str:
    """Return SQL for the drawn campaign, or for a nearby one if the drawn one belongs to the channel that this fact
    never has.
    """
    return f"(CASE WHEN {key} % 20 = {remainder} THEN {key} - 2 ELSE {key} END)"


def _dirty_key(key: str, stream: int, owners: int) -> str:
    """Return SQL for a key that is sometimes missing, sometimes without a member, and otherwise unchanged."""
    return f"""CASE WHEN draw(number, {stream}, 1000) < {MISSING_KEYS_PER_1000} THEN NULL
                    WHEN draw(number, {stream}, 1000) < {MISSING_KEYS_PER_1000 + ORPHAN_KEYS_PER_1000}
                    THEN {owners} + 1 + draw(number, {stream} + 100, {ORPHAN_KEYS}) ELSE {key} END"""


def _days(months: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"DATE '{month}'" for month in months) + ")"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--orders", type=int, default=2_000_000)
    options.add_argument("--spend", type=int, default=200_000)
    options.add_argument("--clean", action="store_true", help="every key has its member, every day its rows")
    options.add_argument("--by-day", action="store_true", help="facts stored as days pass, and not in no order")
    chosen = options.parse_args()
    with duckdb.connect(str(chosen.file)) as connection:
        build_star(connection, StarSize(chosen.orders, chosen.spend), dirty=not chosen.clean, by_day=chosen.by_day)


if __name__ == "__main__":
    main()
