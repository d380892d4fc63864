"""Windows, offsets, balances and conversions compared with a day-by-day calculation in Polars.

That calculation uses only the definitions: the rows of each day, the day that represents a period, and the visit that
an order belongs to. The data is dirty: keys and dates are missing, days are empty, months end on different days.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import isclose
from typing import Any

import duckdb
import polars as pl
import pytest

from semantic.compile import compile_query
from semantic.errors import TimeMismatch
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.sql.dialects.table import DUCKDB
from tests.proof import part_of

FIRST, LAST = date(2023, 11, 1), date(2024, 7, 1)
CHANNELS = ("Email", "Search", "Social", None)
TODAY = date(2024, 7, 1)
MODEL = """
datasets:
  - name: orders
    table: orders
    grain: [id]
    time: ordered_on
    columns: {id: integer, customer: string, channel: string, day: date, amount: "decimal(18,2)"}
    entities: [{name: customer, kind: foreign, columns: [customer]}]
    dimensions: [{name: channel}, {name: ordered_on, kind: time, sql: day}]
    measures:
      - {name: revenue, agg: sum, sql: amount}
      - {name: orders, agg: count}
      - {name: buyers, agg: count_distinct, sql: customer}
  - name: visits
    table: visits
    grain: [id]
    time: visited_on
    columns: {id: integer, customer: string, channel: string, day: date}
    entities: [{name: customer, kind: foreign, columns: [customer]}]
    dimensions: [{name: channel}, {name: visited_on, kind: time, sql: day}]
    measures: [{name: visits, agg: count}]
  - name: stock
    table: stock
    grain: [shelf, day]
    time: counted_on
    columns: {shelf: string, channel: string, day: date, pieces: integer}
    entities: [{name: shelf, kind: foreign, columns: [shelf]}]
    dimensions: [{name: channel}, {name: counted_on, kind: time, sql: day}]
    measures:
      - {name: at_end, agg: sum, sql: pieces, additivity: semi, over_time: last}
      - {name: at_start, agg: sum, sql: pieces, additivity: semi, over_time: first}
      - {name: on_average, agg: sum, sql: pieces, additivity: semi, over_time: average}
      - {name: of_each, agg: sum, sql: pieces, additivity: semi, over_time: last, per: [shelf]}
  - name: shelves
    table: shelves
    grain: [shelf]
    columns: {shelf: string}
    entities: [{name: shelf, kind: primary, columns: [shelf]}]
metrics:
  - {name: revenue, measure: orders.revenue}
  - {name: orders, measure: orders.orders}
  - {name: buyers, measure: orders.buyers}
  - {name: visits, measure: visits.visits}
  - {name: by_mail, measure: orders.revenue, where: channel = 'Email'}
  - {name: per_visit, kind: ratio, numerator: revenue, denominator: visits}
  - {name: revenue_28d, kind: cumulative, metric: revenue, window: 28 days}
  - {name: revenue_2m, kind: cumulative, metric: revenue, window: 2 months, at: first}
  - {name: revenue_so_far, kind: cumulative, metric: revenue, to_date: month}
  - {name: revenue_ever, kind: cumulative, metric: revenue}
  - {name: buyers_7d, kind: cumulative, metric: buyers, window: 7 days, at: average}
  - {name: per_visit_14d, kind: cumulative, metric: per_visit, window: 14 days}
  - {name: week_before, kind: derived, expression: b, inputs: [{name: b, metric: revenue, offset: 7 days}]}
  - {name: two_weeks_before, kind: derived, expression: b, inputs: [{name: b, metric: week_before, offset: 1 week}]}
  - {name: month_before, kind: derived, expression: b, inputs: [{name: b, metric: revenue, offset: 1 month}]}
  - {name: growth, kind: derived, expression: revenue - b, inputs: [{name: b, metric: revenue, offset: 1 month}]}
  - name: since_start
    kind: derived
    expression: revenue_ever - b
    inputs: [{name: b, metric: revenue_ever, offset_to: month}]
  - {name: rolling_before, kind: derived, expression: b, inputs: [{name: b, metric: revenue_28d, offset: 7 days}]}
  - {name: at_end, measure: stock.at_end}
  - {name: at_start, measure: stock.at_start}
  - {name: on_average, measure: stock.on_average}
  - {name: of_each, measure: stock.of_each}
  - {name: bought, kind: conversion, base: visits, conversion: orders, entity: customer, window: 7 days}
  - {name: bought_at_last, kind: conversion, base: visits, conversion: orders, entity: customer, gives: count}
  - name: bought_then
    kind: conversion
    base: visits
    conversion: orders
    entity: customer
    window: 7 days
    gives: count
    by: period
policies:
  - {name: everything, who: {roles: [steward]}, grant: {metrics: all, dimensions: all}, whole: all}
  - name: own
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: all}
    rows:
      - {dataset: orders, where: "channel IN (:channels)"}
      - {dataset: visits, where: "channel IN (:channels)"}
      - {dataset: stock, where: "channel IN (:channels)"}
"""
STEWARD = Actor(id="s", roles=frozenset({"steward"}))
MARKETER = Actor(id="m", roles=frozenset({"marketer"}), attributes={"channels": ("Email", "Social")})


@dataclass(frozen=True)
class Data:
    orders: pl.DataFrame
    visits: pl.DataFrame
    stock: pl.DataFrame

    def seen_by(self, person: Actor) -> Data:
        if person is STEWARD:
            return self
        mine = pl.col("channel").is_in(["Email", "Social"])
        return Data(self.orders.filter(mine), self.visits.filter(mine), self.stock.filter(mine))


def make(chance: random.Random) -> Data:
    def day(missing: float = 0.05) -> date | None:
        return None if chance.random() < missing else FIRST + timedelta(days=chance.randrange((LAST - FIRST).days))

    def customer() -> str | None:
        return None if chance.random() < 0.1 else f"c{chance.randrange(12)}"

    orders = [
        (n, customer(), chance.choice(CHANNELS), day(), Decimal(chance.randrange(0, 9000)) / 100) for n in range(220)
    ]
    visits = [(n, customer(), chance.choice(CHANNELS), day()) for n in range(420)]
    dates = sorted({each_day for each_day in (day(0) for _ in range(70)) if each_day})
    shelves = [("s1", "Email"), ("s2", "Search"), ("s3", None), ("s4", "Email")]
    stock = [(s, c, d, chance.randrange(20)) for d in dates for s, c in shelves if chance.random() < 0.6]
    key = {"id": pl.Int64, "customer": pl.String, "channel": pl.String, "day": pl.Date}
    shelf = {"shelf": pl.String, "channel": pl.String, "day": pl.Date, "pieces": pl.Int64}
    return Data(
        pl.DataFrame(orders, schema=key | {"amount": pl.Decimal(18, 2)}, orient="row"),
        pl.DataFrame(visits, schema=key, orient="row"),
        pl.DataFrame(stock, schema=shelf, orient="row"),
    )


def database(data: Data) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name in ("orders", "visits", "stock"):
        frame = getattr(data, name).to_arrow()
        connection.register("frame", frame)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
        connection.unregister("frame")
    connection.execute("CREATE TABLE shelves AS SELECT DISTINCT shelf FROM stock")
    return connection


# The calculation


def months_before(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def start_of(day: date, grain: str) -> date:
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": date(day.year, (day.month - 1) // 3 * 3 + 1, 1),
    }[grain]


def between(rows: pl.DataFrame, after: date | None, until: date) -> pl.DataFrame:
    """Return the rows after the day `after`, up to and including the day `until`."""
    frame = rows.filter(pl.col("day") <= until)
    return frame if after is None else frame.filter(pl.col("day") > after)


def total(rows: pl.DataFrame) -> float | None:
    return float(rows["amount"].sum()) if len(rows) else None


def quotient(top: float | None, bottom: float | None) -> float | None:
    return None if top is None or not bottom else top / bottom


@dataclass(frozen=True)
class Reckoning:
    """A calculation of one group's numbers in one period, from the rows of the days that the question covers."""

    data: Data  # of the group
    everyone: Data  # of all groups
    days: list[date]
    grain: str | None  # None: no date is shown
    asked: tuple[date, date]

    def value(self, metric: str) -> float | None:
        return getattr(self, metric)()

    def of_days(self, rows: pl.DataFrame, moved: Callable[[date], date] = lambda day: day) -> pl.DataFrame:
        """Return the rows with a day that, after `moved`, is in the period."""
        return rows.filter(pl.col("day").map_elements(lambda day: moved(day) in self.days, return_dtype=pl.Boolean))

    def revenue(self) -> float | None:
        return total(self.of_days(self.data.orders))

    def visits(self) -> float | None:
        return len(self.of_days(self.data.visits)) or None

    def by_mail(self) -> float | None:
        return total(self.of_days(self.data.orders.filter(pl.col("channel") == "Email")))

    def up_to(self, day: date, back: Callable[[date], date | None]) -> float | None:
        return total(between(self.data.orders, back(day), day))

    def revenue_28d(self) -> float | None:
        return self.up_to(max(self.days), lambda day: day - timedelta(days=28))

    def revenue_2m(self) -> float | None:
        return self.up_to(min(self.days), lambda day: months_before(day, 2))

    def revenue_so_far(self) -> float | None:
        return self.up_to(max(self.days), lambda day: day.replace(day=1) - timedelta(days=1))

    def revenue_ever(self) -> float | None:
        return self.up_to(max(self.days), lambda _: None)

    def buyers_7d(self) -> float | None:
        frames = [between(self.data.orders, day - timedelta(days=7), day) for day in self.days]
        counts = [rows["customer"].drop_nulls().n_unique() for rows in frames if len(rows)]
        return sum(counts) / len(counts) if counts else None

    def per_visit_14d(self) -> float | None:
        day = max(self.days)
        after = day - timedelta(days=14)
        return quotient(total(between(self.data.orders, after, day)), len(between(self.data.visits, after, day)))

    def overlaps(self, earlier: date) -> bool:
        """Return whether days as a whole overlap the days that they would be shown next to, so that a total has no
        value.
        """
        return self.grain is None and earlier in self.days

    def week_before(self) -> float | None:
        if self.overlaps(self.days[-1] - timedelta(days=7)):
            return None
        return total(self.of_days(self.data.orders, lambda day: day + timedelta(days=7)))

    def two_weeks_before(self) -> float | None:
        if self.overlaps(self.days[-1] - timedelta(days=14)):
            return None
        return total(self.of_days(self.data.orders, lambda day: day + timedelta(days=14)))

    def month_before(self) -> float | None:
        if self.overlaps(months_before(self.days[-1], 1)):
            return None
        if self.grain == "day":
            return total(self.data.orders.filter(pl.col("day") == months_before(self.days[0], 1)))
        first, end = self.days[0], self.days[-1] + timedelta(days=1)
        return total(
            between(
                self.data.orders, months_before(first, 1) - timedelta(days=1), months_before(end, 1) - timedelta(days=1)
            )
        )

    def growth(self) -> float | None:
        now, before = self.revenue(), self.month_before()
        return None if now is None or before is None else now - before

    def since_start(self) -> float | None:
        day = (min if self.grain else max)(self.days)
        ever, start = self.revenue_ever(), self.up_to(day.replace(day=1), lambda _: None)
        return None if ever is None or start is None else ever - start

    def rolling_before(self) -> float | None:
        return self.up_to(max(self.days) - timedelta(days=7), lambda day: day - timedelta(days=28))

    # Balances

    def on(self, pick: Callable[[Any], Any]) -> float | None:
        counted = self.of_days(self.everyone.stock)
        if not len(counted):
            return None
        rows = self.data.stock.filter(pl.col("day") == pick(counted["day"]))
        return float(rows["pieces"].sum()) if len(rows) else None

    def at_end(self) -> float | None:
        return self.on(lambda days: days.max())

    def at_start(self) -> float | None:
        return self.on(lambda days: days.min())

    def on_average(self) -> float | None:
        daily = self.of_days(self.data.stock).group_by("day").agg(pl.col("pieces").sum())
        return daily["pieces"].mean() if len(daily) else None  # type: ignore[return-value]

    def of_each(self) -> float | None:
        rows = self.of_days(self.data.stock)
        if not len(rows):
            return None
        last = self.of_days(self.everyone.stock).group_by("shelf").agg(pl.col("day").max())
        return float(rows.join(last, on=["shelf", "day"])["pieces"].sum())

    # Conversions

    def taken(self, window: int | None) -> Iterator[tuple[int, date]]:
        """Yield the visit that each order is attributed to, and the order's day."""
        visits = [one for one in self.everyone.visits.iter_rows(named=True) if one["day"] and one["customer"]]
        for order in self.everyone.orders.iter_rows(named=True):
            if order["day"] is None or order["customer"] is None:
                continue
            fits = [
                (visit["day"], -visit["id"])
                for visit in visits
                if visit["customer"] == order["customer"]
                and visit["day"] <= order["day"]
                and (window is None or visit["day"] > order["day"] - timedelta(days=window))
            ]
            if fits:
                yield -max(fits)[1], order["day"]  # of several visits of one day the first

    def count(self, window: int | None, *, by_order: bool = False) -> int:
        mine = {one["id"]: one["day"] for one in self.data.visits.iter_rows(named=True)}
        return sum(
            visit in mine and (day if by_order else mine[visit]) in self.days for visit, day in self.taken(window)
        )

    def bought(self) -> float | None:
        return quotient(self.count(7), self.visits())

    def bought_at_last(self) -> float | None:
        return self.count(None)

    def bought_then(self) -> float | None:
        return self.count(7, by_order=True)


METRICS = [name for name in vars(Reckoning) if not name.startswith("_") and name not in (
    "value", "overlaps", "of_days", "up_to", "on", "taken", "count", "data", "everyone", "days", "grain", "asked",
)]  # fmt: skip
RANGES = [
    (date(2024, 1, 1), date(2024, 3, 31)),
    (date(2024, 2, 1), date(2024, 2, 29)),
    (date(2023, 12, 1), date(2024, 5, 31)),
    (date(2024, 3, 1), date(2024, 4, 30)),
]


def questions(chance: random.Random, count: int) -> Iterator[dict[str, Any]]:
    for _ in range(count):
        start, end = chance.choice(RANGES)
        by: list[Any] = []
        grain = chance.choice([None, "day", "week", "month", "quarter"])
        if grain == "week" or (grain == "quarter" and (start.month, end.month) not in ((1, 3),)):
            start, end = date(2024, 1, 1), date(2024, 3, 31)
        if grain:
            by.append({"dim": "date", "grain": grain})
        if chance.random() < 0.5:
            by.append("channel")
        yield {
            "metrics": chance.sample(METRICS, chance.choice([1, 1, 2, 3])),
            "by": by,
            "time": {"from": start.isoformat(), "to": end.isoformat()},
            "totals": ["grand"] if by and chance.random() < 0.4 else [],
        }


@pytest.mark.parametrize("person", [STEWARD, MARKETER], ids=["steward", "marketer"])
@pytest.mark.parametrize("seed", part_of([1, 2, 3]))
def test_numbers_equal_a_day_by_day_calculation(seed: int, person: Actor) -> None:
    chance = random.Random(seed)
    data, model = make(chance), parse_model({"model.yml": MODEL})
    seen, compared, refused = data.seen_by(person), 0, 0
    with database(data) as connection:
        for ask in questions(chance, 26):
            try:
                compiled = compile_query(model, query_from_data(ask), person, DUCKDB, today=TODAY)
            except TimeMismatch:
                refused += 1  # months by the week
                continue
            statement = compiled.legs[0]
            rows = connection.execute(statement.sql, list(statement.params))
            names = [one[0] for one in rows.description or ()]
            answer = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
            compared += check(ask, answer, seen)
    assert compared > 150
    assert refused < 8


def check(ask: dict[str, Any], answer: list[dict[str, Any]], data: Data) -> int:
    """Compare every row with the calculation, look for every group with a number, and return how many numbers there
    were.
    """
    start, end = (date.fromisoformat(ask["time"][name]) for name in ("from", "to"))
    grain = next((one["grain"] for one in ask["by"] if isinstance(one, dict)), None)
    moments = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    periods: dict[date | None, list[date]] = {}
    for day in moments:
        periods.setdefault(start_of(day, grain) if grain else None, []).append(day)
    groups = list(CHANNELS) if "channel" in ask["by"] else ["all"]
    rows: dict[tuple[Any, Any], dict[str, Any]] = {}
    compared = 0
    for row in answer:
        is_total = any(row.get(flag) == 1 for flag in row if flag.startswith("_t"))
        if is_total:
            reckoning = Reckoning(data, data, moments, None, (start, end))
            compared += same(row, reckoning, ask)
            continue
        rows[row.get(f"date_{grain}"), row.get("channel") if "channel" in ask["by"] else "all"] = row
    for period, days in periods.items():
        for group in groups:
            mine = data
            if group != "all":
                of_group = pl.col("channel").eq_missing(pl.lit(group, dtype=pl.String))
                mine = Data(*(orders.filter(of_group) for orders in (data.orders, data.visits, data.stock)))
            reckoned = Reckoning(mine, data, days, grain, (start, end))
            row = rows.pop((period, group), dict.fromkeys(ask["metrics"]))
            compared += same(row, reckoned, ask)
    assert not rows, (ask, rows)
    return compared


def same(row: dict[str, Any], reckoned: Reckoning, ask: dict[str, Any]) -> int:
    for metric in ask["metrics"]:
        one, other = row[metric], reckoned.value(metric)
        missing = (one is None and other in (None, 0)) or (other is None and one in (None, 0))
        assert missing or (one is not None and other is not None and isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)), (
            metric, ask, row, other,
        )  # fmt: skip
    return len(ask["metrics"])
