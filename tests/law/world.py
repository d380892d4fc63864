"""A made-up company with a few tiny facts over three years: as Python rows, as a DuckDB file and as a YAML model.

Each fact has its own first day and last loaded day. Days have gaps. Plans extend into the future, by day and by month.
Stock has a balance per day, subscriptions one per month.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from semantic.config.settings import Settings
from semantic.model.loading.schema import DatasetDoc
from semantic.workspace import Workspace
from tests.law.law import DAY, days_between, first_of_month_before

ZONE = "Europe/Berlin"
CHANNELS = ("Mail", "Search", "Social", None)
CUSTOMERS = tuple(f"c{n}" for n in range(20))
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Fact:
    """A dataset's rows. `day` is the column that dates them; `at` the column with the exact time, if there is one.

    `load` is the time of the newest load, or None if the dataset doesn't have one.
    """

    name: str
    rows: Sequence[Row]
    day: str = "day"
    at: str = ""
    load: datetime | None = None
    is_plan: bool = False
    by_month: bool = False
    begins: date | None = None


@dataclass(frozen=True)
class World:
    facts: Mapping[str, Fact]
    sizes: Mapping[str, str] = field(default_factory=dict[str, str])  # of customers
    retail: Mapping[date, int] = field(default_factory=dict[date, int])  # the number of each day's period
    zone: str = ZONE
    end: date = date(2026, 6, 24)  # roughly where facts end


def retail_calendar(first: date, last: date) -> dict[date, int]:
    """Return periods of 4, 4 and 5 weeks, numbered from 1, up to the one that contains `last`."""
    numbers: dict[date, int] = {}
    number, day = 1, first
    while day <= last:
        weeks = 5 if number % 3 == 0 else 4
        for _ in range(7 * weeks):
            numbers[day] = number
            day += DAY
        number += 1
    return numbers


def make_world(seed: int) -> World:
    """Return the same world for the same seed, ending some time in the first half of 2026."""
    chance = random.Random(seed)
    end = date(2026, 1, 20) + chance.randrange(170) * DAY
    begins = {"orders": date(2023, 3, 9), "ads": date(2023, 6, 26), "stock": date(2023, 2, 20)}
    late = {name: chance.choice((0, 0, 1, 3, 12)) for name in ("orders", "ads", "mrr")}
    loads = {name: _load(end - days * DAY, chance) for name, days in late.items()}
    retail = retail_calendar(date(2023, 5, 1), end + chance.choice((-40, 30, 100)) * DAY)
    return World(
        {
            "orders": Fact("orders", _orders(begins["orders"], loads["orders"], chance), at="at", load=loads["orders"]),
            "ads": Fact("ads", _ads(begins["ads"], loads["ads"], chance), load=loads["ads"]),
            "stock": Fact("stock", _stock(begins["stock"], end, chance)),
            "mrr": Fact("mrr", _mrr(date(2023, 4, 1), loads["mrr"], chance), load=loads["mrr"], by_month=True),
            "plan": Fact("plan", _plan(date(2023, 3, 1), end + 150 * DAY, chance), is_plan=True),
            "budgets": Fact("budgets", _budgets(date(2023, 3, 1), end, chance), is_plan=True, by_month=True),
        },
        {customer: chance.choice(("small", "large")) for customer in CUSTOMERS},
        retail,
        end=end,
    )


def _load(last: date, chance: random.Random) -> datetime:
    """Return a load time that makes `last` complete: early on the next day, or just after midnight there, when it's
    still `last` in UTC.
    """
    at = datetime.combine(last + DAY, chance.choice((time(0, 20), time(6, 10), time(15, 0))), ZoneInfo(ZONE))
    return at.astimezone(UTC)


def _money(chance: random.Random, most: int) -> Decimal:
    return Decimal(chance.randrange(1, most)) / 100


def _orders(first: date, load: datetime, chance: random.Random) -> list[Row]:
    """Return one or two orders a day, with an occasional fortnight without any.

    Social has none before 2024; some are near midnight.
    """
    rows: list[Row] = []
    last = load.astimezone(ZoneInfo(ZONE)).date()
    day = first
    while day <= last:
        for _ in range(chance.choice((0, 1, 1, 2, 3)) if day != first else 1):
            clock = chance.choice((time(0, 30), time(2, 0), time(9, 15), time(18, 40), time(23, 45)))
            at = datetime.combine(day, clock, ZoneInfo(ZONE)).astimezone(UTC)
            channel = chance.choice(CHANNELS)
            if (channel == "Social" and day.year < 2024) or at > load:
                continue
            rows.append({
                "id": len(rows), "at": at, "day": day, "channel": channel, "customer": chance.choice(CUSTOMERS),
                "amount": _money(chance, 20_000),
            })  # fmt: skip
        day += DAY * (chance.randrange(8, 15) if chance.random() < 0.01 else 1)
    return rows


def _ads(first: date, load: datetime, chance: random.Random) -> list[Row]:
    last = load.astimezone(ZoneInfo(ZONE)).date()
    return [
        {"day": day, "channel": channel, "spend": _money(chance, 9_000), "clicks": chance.randrange(1, 60)}
        for day in days_between(first, last)
        for channel in CHANNELS[1:]
        if day == first or chance.random() < 0.5
    ]


def _stock(first: date, last: date, chance: random.Random) -> list[Row]:
    """Return stock counts on nearly every day, for most channels."""
    rows: list[Row] = []
    for day in days_between(first, last):
        if day in (first, last) or chance.random() < 0.96:
            rows += [
                {"day": day, "channel": channel, "pieces": chance.randrange(1, 90)}
                for channel in CHANNELS
                if chance.random() < 0.85
            ]
    return rows


def _mrr(first: date, load: datetime, chance: random.Random) -> list[Row]:
    """Return the opening and closing values of each channel and month, and the losses in between."""
    rows: list[Row] = []
    month, closing = first, {channel: Decimal(chance.randrange(100, 500)) for channel in CHANNELS}
    while month <= load.astimezone(ZoneInfo(ZONE)).date() - DAY:
        for channel in CHANNELS:
            lost, won = _money(chance, 3_000), _money(chance, 4_000)
            opening = closing[channel]
            closing[channel] = opening + won - lost
            rows.append({
                "day": month, "channel": channel, "opening": opening, "closing": closing[channel], "lost": lost,
                "change": won - lost,
            })  # fmt: skip
        month = first_of_month_before(month, -1)
    return rows


def _plan(first: date, last: date, chance: random.Random) -> list[Row]:
    return [
        {"day": day, "channel": chance.choice(CHANNELS[:3]), "planned": Decimal(chance.randrange(20, 200))}
        for day in days_between(first, last)
        if chance.random() < 0.9
    ]


def _budgets(first: date, end: date, chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    month = first
    while month <= end + 240 * DAY:
        rows += [
            {"day": month, "channel": channel, "amount": Decimal(chance.randrange(200, 3_000))}
            for channel in CHANNELS[:3]
        ]
        month = first_of_month_before(month, -1)
    return rows


# The same as a DuckDB file

_TYPES: Mapping[str, pa.DataType] = {
    "id": pa.int64(), "at": pa.timestamp("us", "UTC"), "day": pa.date32(), "channel": pa.string(),
    "customer": pa.string(), "clicks": pa.int64(), "pieces": pa.int64(), "size": pa.string(), "number": pa.int64(),
    "loaded_at": pa.timestamp("us", "UTC"),
}  # fmt: skip
_MONEY = pa.decimal128(18, 2)


def build_world(world: World, path: Path) -> Path:
    """Write the world to a DuckDB file, and return its path."""
    tables: dict[str, list[Row]] = {}
    for name, fact in world.facts.items():
        load = {"loaded_at": fact.load} if fact.load else {}
        tables[name] = [{**row, **load} for row in fact.rows]
    tables["customers"] = [{"customer": text, "size": size} for text, size in world.sizes.items()]
    tables["retail"] = [{"day": day, "number": number} for day, number in world.retail.items()]
    with duckdb.connect(path) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, rows in tables.items():
            schema = pa.schema([(column, _TYPES.get(column, _MONEY)) for column in rows[0]])
            connection.register("rows_of_it", pa.Table.from_pylist([dict(row) for row in rows], schema=schema))
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows_of_it")
            connection.unregister("rows_of_it")
    return path


# The same as a model

KEEPS_PLANS = "forward" in DatasetDoc.model_fields
"""Whether the model language can declare that a dataset's rows can be in the future."""

MODEL = Path(__file__).parent / "model" / "model.yml"


def model_text() -> str:
    """Return the model, with plans marked as such if the language supports it."""
    text = MODEL.read_text(encoding="utf-8")
    return text.replace("# forward: true", "forward: true") if KEEPS_PLANS else text


@contextmanager
def open_world(world: World, folder: Path) -> Iterator[Workspace]:
    """Open a workspace over the world until the block ends, in the given folder."""
    model = folder / "model"
    model.mkdir(parents=True, exist_ok=True)
    (model / "model.yml").write_text(model_text(), encoding="utf-8")
    data = build_world(world, folder / "world.duckdb")
    workspace = Workspace.open(Settings(data=str(data), model=model, model_cache=None, workers=1))
    try:
        yield workspace
    finally:
        workspace.close()
