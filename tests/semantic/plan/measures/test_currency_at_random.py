"""Amounts in several currencies compared with a row-by-row calculation with decimals, at each day's rates or one day's.

That calculation uses only the definitions: which rows a number covers, and what a row is worth. The tables are dirty:
rates are missing, null, 0 or less, days and currencies are missing, and the model's own currency has rates, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import isclose
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from semantic.compile import Statement, compile_query
from semantic.errors import MissingRate, TimeMismatch
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.results.missing_rates import check_rates
from semantic.sql.dialects.table import DUCKDB
from tests.proof import part

TODAY = date(2026, 3, 1)
DAYS = [date(2026, 1, 26) + timedelta(days=n) for n in range(12)]  # into February
SHOPS = ("north", "south", None)
MODEL = """
model:
  name: Fairs
  currency: EUR
  rates: {dataset: rates, currency: code, day: day, rate: rate, currencies: [GBP, SEK]}
datasets:
  - name: rates
    table: rates
    grain: [code, day]
    columns: {code: string, day: date, rate: "decimal(18,8)"}
  - name: sales
    table: sales
    grain: [id]
    time: sold_on
    columns: {id: integer, day: date, shop: string, code: string, amount: "decimal(18,4)", booked: "decimal(18,4)",
      whole: integer, pieces: integer}
    dimensions: [{name: sold_on, kind: time, sql: day}, {name: shop}, {name: code}]
    measures:
      - {name: paid, agg: sum, sql: amount, currency: code}
      - {name: booked, agg: sum, sql: booked, currency: code, local: amount}
      - {name: whole, agg: sum, sql: whole, currency: code}
      - {name: mean, agg: avg, sql: amount, currency: code}
      - {name: most, agg: max, sql: amount, currency: code}
      - {name: least, agg: min, sql: amount, currency: code}
      - {name: at_end, agg: sum, sql: amount, currency: code, additivity: semi, over_time: last}
      - {name: pieces, agg: sum, sql: pieces}
metrics:
  - {name: paid, measure: sales.paid, unit: EUR, format: money}
  - {name: booked, measure: sales.booked, unit: EUR, format: money}
  - {name: whole, measure: sales.whole, unit: EUR, format: money}
  - {name: mean, measure: sales.mean, unit: EUR, format: money}
  - {name: most, measure: sales.most, unit: EUR, format: money}
  - {name: least, measure: sales.least, unit: EUR, format: money}
  - {name: at_end, measure: sales.at_end, unit: EUR, format: money}
  - {name: pieces, measure: sales.pieces}
  - {name: abroad, measure: sales.paid, filter: "code <> 'EUR'", unit: EUR, format: money}
  - {name: per_piece, kind: ratio, numerator: paid, denominator: pieces, unit: EUR, format: money}
  - {name: three_days, kind: cumulative, metric: paid, window: 3 days, unit: EUR, format: money}
  - {name: so_far, kind: cumulative, metric: paid, to_date: month, unit: EUR, format: money}
  - name: before
    kind: derived
    expression: b
    inputs: [{name: b, metric: paid, offset: 4 days}]
    unit: EUR
    format: money
policies:
  - {name: everything, who: {roles: [steward]}, grant: {metrics: all, dimensions: all}, whole: all}
  - name: north
    who: {roles: [viewer]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: sales, where: "shop = 'north'"}]
"""
FAIRS = parse_model({"model.yml": MODEL})
STEWARD, NORTH = Actor(id="s", roles=frozenset({"steward"})), Actor(id="n", roles=frozenset({"viewer"}))
METRICS = (
    "paid", "booked", "whole", "mean", "most", "least", "at_end", "pieces", "abroad", "per_piece", "three_days",
    "so_far", "before",
)  # fmt: skip


@dataclass(frozen=True)
class Sale:
    day: date | None
    shop: str | None
    code: str | None
    amount: Decimal | None
    booked: Decimal | None
    whole: int | None
    pieces: int


@dataclass(frozen=True)
class Asked:
    metrics: list[str]
    first: date
    last: date
    grain: str | None
    by_shop: bool
    totals: bool
    currency: str | None
    rates: str | None
    person: Actor

    @property
    def overlaps(self) -> bool:
        """Return whether a question compares with the days 4 days before, for periods longer than that."""
        is_longer = self.grain == "month" or (self.grain is None and self.last - self.first >= timedelta(days=4))
        return "before" in self.metrics and is_longer

    def question(self) -> dict[str, Any]:
        by: list[Any] = [{"dim": "date", "grain": self.grain}] if self.grain else []
        said = {
            "metrics": self.metrics,
            "by": [*by, *(["shop"] if self.by_shop else [])],
            "time": {"from": self.first.isoformat(), "to": self.last.isoformat()},
            "totals": ["grand"] if self.totals and (self.grain or self.by_shop) else [],
            "currency": self.currency,
            "rates": self.rates,
        }
        return {key: value for key, value in said.items() if value}


cents = st.integers(-50_000, 90_000).map(lambda n: Decimal(n) / 100)
rate = st.sampled_from(["0.5", "1.25", "2", "0.0125", "1.2345", "0.08"]).map(Decimal)
dirty = st.one_of(*[rate] * 12, st.sampled_from([None, Decimal(0), Decimal(-2)]))
sale = st.builds(
    Sale,
    day=st.one_of(*[st.sampled_from(DAYS)] * 9, st.none()),
    shop=st.sampled_from(SHOPS),
    code=st.sampled_from(["EUR", "EUR", "EUR", "GBP", "GBP", "SEK", "SEK", "NOK", None]),
    amount=st.one_of(cents, cents, cents, st.none()),
    booked=st.one_of(cents, st.none()),
    whole=st.one_of(st.integers(-40, 90), st.none()),
    pieces=st.integers(0, 5),
)


@st.composite
def rate_tables(draw: st.DrawFn) -> dict[tuple[str, date], Decimal | None]:
    """Return a rate for every currency and day. Often none is missing, and otherwise some are."""
    values = rate if draw(st.booleans()) else dirty
    rate_tables: dict[tuple[str, date], Decimal | None] = {
        (code, day): draw(values) for code in ("GBP", "SEK", "NOK") for day in DAYS
    }
    for place in draw(st.lists(st.sampled_from(sorted(rate_tables)), max_size=draw(st.sampled_from([0, 0, 3, 12])))):
        rate_tables.pop(place, None)
    if draw(st.booleans()):
        rate_tables |= {("EUR", day): Decimal(7) for day in DAYS}
    return rate_tables


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    first, last = sorted(draw(st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS))))
    grain = draw(st.sampled_from([None, "day", "month"]))
    return Asked(
        metrics=draw(st.lists(st.sampled_from(METRICS), min_size=1, max_size=3, unique=True)),
        first=first,
        last=last,
        grain=grain,
        by_shop=draw(st.booleans()),
        totals=draw(st.booleans()),
        currency=draw(st.sampled_from([None, None, "EUR", "GBP", "SEK"])),
        rates=draw(st.sampled_from([None, None, None, "period_end", DAYS[3].isoformat()])),
        person=draw(st.sampled_from([STEWARD, STEWARD, NORTH])),
    )


# The calculation


class Lacking(Exception):
    """Raised if an amount that counts has no rate."""


@dataclass(frozen=True)
class Reckoning:
    """A calculation of each cell's value from the rows that a person sees."""

    sales: list[Sale]
    rates: Mapping[tuple[str, date], Decimal | None]
    asked: Asked

    def worth(self, paid: Decimal | int | None, sale: Sale) -> Fraction | None:
        """Return an amount in the question's currency. Raises Lacking."""
        if paid is None:
            return None
        into = self.asked.currency or "EUR"
        if sale.code == into:
            return Fraction(paid)
        assert sale.day is not None
        rates = self.asked.rates
        day = sale.day if rates is None else self.asked.last if rates == "period_end" else date.fromisoformat(rates)
        return Fraction(paid) * self.of_one(sale.code, day) / self.of_one(into, day)

    def of_one(self, code: str | None, day: date) -> Fraction:
        """Return the value of one unit of a currency in EUR."""
        if code == "EUR":
            return Fraction(1)
        rate = self.rates.get((code, day)) if code else None
        if rate is None or rate <= 0:
            raise Lacking
        return Fraction(rate)

    def amount(self, sale: Sale) -> Fraction | None:
        return self.worth(sale.amount, sale)

    def booked(self, sale: Sale) -> Fraction | None:
        if self.asked.rates is None and self.asked.currency in (None, "EUR"):
            return None if sale.booked is None else Fraction(sale.booked)
        return self.amount(sale)

    def rows(self, days: set[date], shop: object) -> list[Sale]:
        return [sale for sale in self.sales if sale.day in days and (shop == "all" or sale.shop == shop)]

    def cell(self, metric: str, days: list[date], shop: object) -> Fraction | None:
        """Return one number for the days of a period and for a shop, or for all shops."""
        last = max(days)
        match metric:
            case "three_days":
                days = [last - timedelta(days=n) for n in range(3)]
            case "so_far":
                days = [last.replace(day=n) for n in range(1, last.day + 1)]
            case "before":
                days = [day - timedelta(days=4) for day in days]
            case "at_end":
                every = [row.day for row in self.rows(set(days), "all") if row.day]
                days = [max(every)] if every else []
            case _:
                pass
        rows = self.rows(set(days), shop)
        if metric == "abroad":
            rows = [row for row in rows if row.code not in ("EUR", None)]
        match metric:
            case "pieces":
                return Fraction(sum(row.pieces for row in rows)) if rows else None
            case "per_piece":
                top, bottom = total(self.amount(row) for row in rows), sum(row.pieces for row in rows)
                return top / bottom if top is not None and bottom else None
            case "booked":
                return total(self.booked(row) for row in rows)
            case "whole":
                return total(self.worth(row.whole, row) for row in rows)
            case _:
                pass
        values = [value for row in rows if (value := self.amount(row)) is not None]
        if not values:
            return None
        whole_total = sum(values, Fraction(0))
        return {"mean": whole_total / len(values), "most": max(values), "least": min(values)}.get(metric, whole_total)

    def lacks_beside(self) -> bool:
        """Return whether an amount lacks a rate on a day that a window or a balance skips, because it shows one day of
        a period.
        """
        firsts = {"at_end": self.asked.first, "three_days": self.asked.first - timedelta(days=2)}
        firsts["so_far"] = self.asked.first.replace(day=1)
        for first in (firsts[metric] for metric in self.asked.metrics if metric in firsts):
            try:
                for sale in self.sales:
                    if sale.day is not None and first <= sale.day <= self.asked.last:
                        self.amount(sale)
            except Lacking:
                return True
        return False

    def cells(self) -> dict[tuple[object, object], dict[str, Fraction | None]]:
        """Return every cell by period and shop, with the grand total under "all", "all". Raises Lacking."""
        asked = self.asked
        days = [asked.first + timedelta(days=n) for n in range((asked.last - asked.first).days + 1)]
        periods: dict[date | None, list[date]] = {}
        for day in days:
            start = day if asked.grain == "day" else day.replace(day=1) if asked.grain else None
            periods.setdefault(start, []).append(day)
        shops: list[object] = [*SHOPS] if asked.by_shop else ["all"]
        places: list[tuple[object, object, list[date]]] = [(p, s, d) for p, d in periods.items() for s in shops]
        places.append(("all", "all", days))
        return {
            (period, shop): {metric: self.cell(metric, days, shop) for metric in asked.metrics}
            for period, shop, days in places
        }


def total(values: Iterator[Fraction | None]) -> Fraction | None:
    known = [fraction for fraction in values if fraction is not None]
    return sum(known, Fraction(0)) if known else None


# Next to Samepage's answer


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("CREATE TABLE rates (code VARCHAR, day DATE, rate DECIMAL(18,8))")
        opened.execute(
            "CREATE TABLE sales (id INTEGER, day DATE, shop VARCHAR, code VARCHAR, amount DECIMAL(18,4), "
            "booked DECIMAL(18,4), whole INTEGER, pieces INTEGER)"
        )
        yield opened


def fill(
    connection: duckdb.DuckDBPyConnection, sales: list[Sale], rates: Mapping[tuple[str, date], Decimal | None]
) -> None:
    connection.execute("DELETE FROM rates; DELETE FROM sales")
    if rates:
        connection.executemany("INSERT INTO rates VALUES (?, ?, ?)", [(*key, rate) for key, rate in rates.items()])
    rows = [
        (n, sale.day, sale.shop, sale.code, sale.amount, sale.booked, sale.whole, sale.pieces)
        for n, sale in enumerate(sales)
    ]
    if rows:
        connection.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def answer(connection: duckdb.DuckDBPyConnection, asked: Asked) -> list[dict[str, Any]]:
    """Return the rows of Samepage's answer. Raises MissingRate."""
    query = query_from_data(asked.question())
    compiled = compile_query(FAIRS, query, asked.person, DUCKDB, today=TODAY)
    for check in compiled.rate_checks:
        check_rates([(check, run(connection, check.statement))])
    return run(connection, compiled.legs[0]).to_pylist()


def run(connection: duckdb.DuckDBPyConnection, statement: Statement) -> pa.Table:
    return connection.execute(statement.sql, list(statement.params)).to_arrow_table()


@settings(
    max_examples=part(300, one_in=5),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(sales=st.lists(sale, max_size=25), rates=rate_tables(), asked=questions())
def test_numbers_equal_a_row_by_row_calculation(
    sales: list[Sale],
    rates: dict[tuple[str, date], Decimal | None],
    asked: Asked,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fill(connection, sales, rates)
    if asked.overlaps:
        event("overlapping")
        with pytest.raises(TimeMismatch):
            answer(connection, asked)
        return
    seen = [sale for sale in sales if asked.person is STEWARD or sale.shop == "north"]
    reckoned = Reckoning(seen, rates, asked)
    try:
        cells = reckoned.cells()
    except Lacking:
        event("lacking")
        with pytest.raises(MissingRate):
            answer(connection, asked)
        return
    try:
        rows = answer(connection, asked)
    except MissingRate:
        event("refused, and no amount that counts lacks a rate")
        assert reckoned.lacks_beside(), asked
        return
    event("answered")
    compare(rows, cells, asked)


def compare(
    rows: list[dict[str, Any]], cells: dict[tuple[object, object], dict[str, Fraction | None]], asked: Asked
) -> None:
    """Check that each row is a cell, and that each cell with a number is a row."""
    left = dict(cells)
    cell = left.pop(("all", "all"))
    for row in rows:
        if any(row[name] == 1 for name in row if name.startswith("_t")):
            expected = cell
        else:
            expected = left.pop((row.get(f"date_{asked.grain}"), row["shop"] if asked.by_shop else "all"))
        for metric in asked.metrics:
            assert is_same(row[metric], expected[metric], exact=is_exact(metric, asked)), (metric, asked, row, expected)
    for cell in left.values():
        assert all(value is None for value in cell.values()), (asked, cell)


def is_exact(metric: str, asked: Asked) -> bool:
    """Return whether the result is exact.

    It's exact in the model's currency, because amounts are multiplied as decimals, and these rates have few digits.
    """
    return asked.currency in (None, "EUR") and metric not in ("mean", "per_piece")


def is_same(mine: Any, truth: Fraction | None, *, exact: bool) -> bool:
    if mine is None or truth is None:
        return mine is None and truth is None
    if exact:
        return mine == float(truth)  # the nearest number there is
    return isclose(float(mine), float(truth), rel_tol=1e-9, abs_tol=1e-9)
