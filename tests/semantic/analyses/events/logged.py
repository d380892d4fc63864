"""A log of what people did, in four tables with different kinds of time, and who can see which part.

Actions and purchases have instants, and letters only have a day. Clicks have no person of their own, but their session
has one. Many things happen at the same time.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from semantic.config.settings import Settings
from semantic.workspace import Workspace

TODAY = date(2026, 3, 20)
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
MARKETS, DEVICES, PRODUCTS = ("DE", "FR"), ("phone", "desktop", None), ("apple", "pear", "plum", None)

MODEL = """
model: {name: Log, time_zone: UTC}
datasets:
  - name: actions
    label: Actions
    table: actions
    grain: [id]
    time: acted
    columns: {id: string, person: string, session: string, act: string, moment: timestamptz, device: string,
      product: string, market: string}
    entities: [{name: person, kind: foreign, columns: [person]}, {name: session, kind: foreign, columns: [session]}]
    dimensions:
      - {name: acted, label: Acted, kind: time, sql: moment}
      - {name: act, label: Action}
      - {name: device, label: Device, labels: {phone: Phone, desktop: Desktop}}
      - {name: product, label: Product}
      - {name: market, label: Market}
    measures: [{name: acts, agg: count}, {name: named, agg: count, sql: product}]
  - name: purchases
    label: Purchases
    table: purchases
    grain: [id]
    time: paid
    columns: {id: integer, buyer: string, moment: timestamptz, product: string, market: string, amount: "decimal(18,2)",
      is_gift: boolean}
    entities: [{name: buyer, entity: person, kind: foreign, columns: [buyer]}]
    dimensions:
      - {name: paid, label: Paid, kind: time, sql: moment}
      - {name: product, label: Product}
      - {name: market, label: Market}
    measures: [{name: amount, agg: sum, sql: amount}, {name: gifts, agg: sum_boolean, sql: is_gift}]
  - name: letters
    label: Letters
    table: letters
    grain: [person, sent]
    time: sent
    columns: {person: string, sent: date, market: string}
    entities: [{name: person, kind: foreign, columns: [person]}]
    dimensions: [{name: sent, label: Sent, kind: time}, {name: market, label: Market}]
    measures: [{name: letters, agg: count}]
  - name: clicks
    label: Clicks
    table: clicks
    grain: [id]
    time: clicked
    columns: {id: string, session: string, moment: timestamptz, market: string}
    entities: [{name: session, kind: foreign, columns: [session]}]
    dimensions: [{name: clicked, label: Clicked, kind: time, sql: moment}, {name: market, label: Market}]
    measures: [{name: clicks, agg: count}]
  - name: sessions
    label: Sessions
    table: sessions
    grain: [session]
    columns: {session: string, person: string, page: string}
    entities: [{name: session, kind: primary, columns: [session]}, {name: person, kind: foreign, columns: [person]}]
    dimensions: [{name: page, label: Landing page}]
  - name: stock
    label: Stock
    table: stock
    grain: [person]
    time: counted
    columns: {person: string, counted: date, pieces: integer}
    entities: [{name: person, kind: foreign, columns: [person]}]
    dimensions: [{name: counted, label: Counted, kind: time}]
    measures: [{name: pieces, agg: sum, sql: pieces, additivity: semi, over_time: last}]
segments:
  - {name: gift_givers, label: Gift givers, dataset: purchases, entity: person, where: is_gift}
metrics:
  - {name: acts, label: Actions, measure: actions.acts, format: count}
  - {name: named_acts, label: Actions with a product, measure: actions.named, format: count}
  - {name: views, label: Views, measure: actions.acts, filter: act = 'a', format: count}
  - {name: carts, label: Carts, measure: actions.acts, filter: act = 'b', format: count}
  - {name: checkouts, label: Checkouts, measure: actions.acts, filter: act = 'c', format: count}
  - {name: removals, label: Removals, measure: actions.acts, filter: act = 'd', format: count}
  - {name: searches, label: Searches, measure: actions.acts, filter: "act IN ('b', 'e')", format: count}
  - {name: revenue, label: Revenue, measure: purchases.amount, format: count}
  - {name: gifts, label: Gifts, measure: purchases.gifts, format: count}
  - {name: letters, label: Letters, measure: letters.letters, format: count}
  - {name: clicks, label: Clicks, measure: clicks.clicks, format: count}
  - {name: pieces, label: Pieces, measure: stock.pieces, format: count}
  - {name: cart_rate, label: Cart rate, kind: ratio, numerator: carts, denominator: views, format: share}
policies:
  - name: all_rows
    who: {people: [ana]}
    grant: {metrics: all, dimensions: all, segments: all}
    whole: all
  - name: own_market
    who: {people: [dora]}
    grant: {metrics: all, dimensions: all, segments: all}
    whole: [sessions]
    rows:
      - {dataset: actions, where: "market IN (:markets)"}
      - {dataset: purchases, where: "market IN (:markets)"}
      - {dataset: letters, where: "market IN (:markets)"}
      - {dataset: clicks, where: "market IN (:markets)"}
      - {dataset: stock, where: "person IN (:markets)"}
  - name: no_carts
    who: {people: [nora]}
    grant: {metrics: [views, checkouts], dimensions: [device]}
    whole: all
  - name: large_groups
    who: {people: [gus]}
    grant: {metrics: all, dimensions: all, segments: all}
    whole: all
    min_group: {entity: person, at_least: 4}
  - name: no_devices
    who: {people: [mia]}
    grant: {metrics: all, dimensions: all}
    whole: all
    masks: [{dimension: device, kind: "null"}, {dimension: product, kind: hash}]
  - name: no_dates
    who: {people: [ida]}
    grant: {metrics: all, dimensions: all}
    whole: all
    deny: {dimensions: [acted]}
people:
  - {id: ana, name: Ana, roles: [marketer]}
  - {id: dora, name: Dora, roles: [marketer], attributes: {markets: [DE]}}
  - {id: nora, name: Nora, roles: [viewer]}
  - {id: gus, name: Gus, roles: [viewer]}
  - {id: mia, name: Mia, roles: [viewer]}
  - {id: ida, name: Ida, roles: [viewer]}
"""

TABLES = """
CREATE TABLE actions (id VARCHAR, person VARCHAR, session VARCHAR, act VARCHAR, moment TIMESTAMPTZ, device VARCHAR,
    product VARCHAR, market VARCHAR);
CREATE TABLE purchases (id BIGINT, buyer VARCHAR, moment TIMESTAMPTZ, product VARCHAR, market VARCHAR,
    amount DECIMAL(18,2), is_gift BOOLEAN);
CREATE TABLE letters (person VARCHAR, sent DATE, market VARCHAR);
CREATE TABLE clicks (id VARCHAR, session VARCHAR, moment TIMESTAMPTZ, market VARCHAR);
CREATE TABLE sessions (session VARCHAR, person VARCHAR, page VARCHAR);
CREATE TABLE stock (person VARCHAR, counted DATE, pieces BIGINT);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table, with the columns that the table has."""

    table: str
    key: str  # as text
    person: str | None
    at: datetime  # of a letter, the beginning of its day
    market: str
    act: str = ""
    device: str | None = None
    product: str | None = None
    session: str | None = None
    amount: int | None = None
    is_gift: bool = False


class LoggedWorkspace(Workspace):
    """A workspace in which today is `TODAY`."""

    def today(self) -> date:
        return TODAY


def make_log(seed: int, people: int = 90) -> list[Row]:
    """Return a log with few different timestamps, so that many rows share one. The same seed gives the same log."""
    chance, rows = random.Random(seed), list[Row]()
    for person in range(people):
        for _ in range(chance.choice((1, 3, 6, 12, 18))):
            at = FIRST + timedelta(minutes=30 * chance.randrange(chance.choice((6, 60, 900))))
            who = None if chance.random() < 0.03 else f"p{person}"
            more: dict[str, Any] = {"at": at, "market": chance.choice(MARKETS), "product": chance.choice(PRODUCTS)}
            kind, number = chance.random(), len(rows)
            if kind < 0.72:
                session = f"s{person}_{chance.randrange(3)}"
                act, device = chance.choice("aaabbbccde"), chance.choice(DEVICES)
                key = f"{chance.randrange(10**6)}x{number}"
                rows.append(Row(table="actions", key=key, person=who, act=act, device=device, session=session, **more))
            elif kind < 0.86:
                amount, gift = chance.choice((None, 5, 9)), chance.random() < 0.4
                rows.append(Row(table="purchases", key=str(number), person=who, amount=amount, is_gift=gift, **more))
            elif kind < 0.93:
                session = f"s{person}_{chance.randrange(3)}"
                rows.append(Row(table="clicks", key=f"k{number}", person=f"p{person}", session=session, **more))
            else:
                day = at.replace(hour=0, minute=0)
                key = f"p{person}{day:%Y-%m-%d}"
                if not any(row.key == key for row in rows):
                    rows.append(Row(table="letters", key=key, person=f"p{person}", at=day, market=more["market"]))
    return rows


def tables_of(rows: Sequence[Row]) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of each table, with values in the order of its columns."""
    people = sorted({row.person for row in rows if row.person})
    return {
        "actions": [
            (row.key, row.person, row.session, row.act, row.at, row.device, row.product, row.market)
            for row in rows
            if row.table == "actions"
        ],
        "purchases": [
            (int(row.key), row.person, row.at, row.product, row.market, row.amount, row.is_gift)
            for row in rows
            if row.table == "purchases"
        ],
        "letters": [(row.person, row.at.date(), row.market) for row in rows if row.table == "letters"],
        "clicks": [(row.key, row.session, row.at, row.market) for row in rows if row.table == "clicks"],
        "sessions": [
            (f"{person.replace('p', 's')}_{number}", person, f"page{number}")
            for person in people
            for number in range(3)
        ],
        "stock": [],
    }


def statements(tables: Mapping[str, Sequence[tuple[object, ...]]]) -> Iterable[str]:
    """Yield the statements that create the log, in DuckDB's SQL."""
    yield TABLES
    for table, rows in tables.items():
        for start in range(0, len(rows), 500):
            values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows[start : start + 500])
            yield f"INSERT INTO {table} VALUES {values};"


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool() | int():
            return str(value).upper()
        case datetime():
            return f"TIMESTAMPTZ '{value:%Y-%m-%d %H:%M:%S.%f}+00'"
        case date():
            return f"DATE '{value}'"
        case _:
            return f"'{value}'"


def open_log(folder: Path, rows: Sequence[Row], *changes: str, model: str = MODEL) -> LoggedWorkspace:
    """Write the log to a DuckDB file in this folder, run further SQL on it, and open it."""
    file = folder / "log.duckdb"
    with duckdb.connect(file) as connection:
        for sql in (*statements(tables_of(rows)), *changes):
            connection.execute(sql)
    return open_at(str(file), folder, model)


def open_at(data: str, folder: Path, model: str = MODEL) -> LoggedWorkspace:
    """Open the log at an engine's address. The model is written to this folder."""
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "all.yml").write_text(model, encoding="utf-8")
    opened = LoggedWorkspace.open(Settings(data=data, model=folder / "model", mask_key="a key of the tests"))
    assert isinstance(opened, LoggedWorkspace)
    return opened
