"""A company with orders in two markets, stewards who see both or one, and saved work on its metrics.

Each market has 440 days of orders (see alerts_world). Orders at an even position in their day are from the web, and the
others from shops: five each of ten orders a day, or eight and seven of fifteen.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from semantic.alerts.alert import Alert, Threshold
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Query
from semantic.services.boards import BoardWork
from semantic.store.models.versions import Files
from semantic.store.numbers.targets import keep_targets
from semantic.store.outbox.deliveries import NewDelivery, make_delivery
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE, make_space
from semantic.targets.target import Target
from tests.semantic.services.alerts.alerts_world import World, alerts_world

MODEL = """
model: {time_zone: UTC}
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [id]
    time: day
    columns: {id: integer, day: date, market: string, channel: string, amount: "decimal(18,2)", loaded_at: timestamptz}
    dimensions:
      - {name: day, kind: time}
      - {name: market, label: Market}
      - {name: channel, label: Channel}
      - {name: kind_of_channel, label: Kind of channel, sql: "upper(channel)"}
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: orders, agg: count}
metrics:
  - name: revenue
    label: Revenue
    measure: orders.amount
    format: money
    unit: EUR
    certified: {by: stew, until: 2027-01-01}
  - {name: orders, label: Orders, measure: orders.orders, format: count}
  - {name: per_order, label: Per order, kind: ratio, numerator: revenue, denominator: orders, format: money, unit: EUR}
  - {name: web, label: Web orders, measure: orders.orders, filter: "channel = 'web'", format: count}
policies:
  - name: all_rows
    who: {people: [ana, stew, otto]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: own_market
    who: {people: [dee]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: orders, where: "market IN (:markets)"}]
  - name: no_revenue
    who: {people: [nora]}
    grant: {metrics: [orders, web], dimensions: all}
    whole: all
people:
  - {id: ana, name: Ana, roles: [marketer]}
  - {id: nora, name: Nora, roles: [steward]}
  - {id: stew, name: Stew, roles: [steward]}
  - {id: otto, name: Otto, roles: [administrator]}
  - {id: dee, name: Dee, roles: [steward], attributes: {markets: [DE]}}
"""
BASE: Files = {"all.yml": MODEL}

AUGUST = Between(date(2026, 8, 1), date(2026, 8, 28))
REVENUE = Query(metrics=("revenue",), time=AUGUST)
ORDERS = Query(metrics=("orders",), time=AUGUST)
PER_ORDER = Query(metrics=("per_order",), by=(Breakdown("market"),), time=AUGUST)
BY_KIND = Query(metrics=("orders",), by=(Breakdown("kind_of_channel"),), time=AUGUST)
WEB_ONLY = ("measure: orders.amount", "measure: orders.amount\n    filter: \"channel = 'web'\"")


@dataclass
class ImpactWorld:
    """One process, and the IDs of everything saved in it, by name."""

    world: World
    ids: dict[str, str]

    def actor(self, name: str) -> Actor:
        return self.world.actor(name)

    def subject(self, name: str) -> str:
        return self.world.subject(name)

    def asks(self, name: str, query: Query) -> None:
        """Ask a question as someone, with a receipt."""
        live = self.world.live
        live.workspace().ask(query, self.actor(name))
        live.recorder.flush(seconds=10)

    def sql(self, text: str) -> list[tuple[Any, ...]]:  # Any: a row of any columns
        """Return rows of the data, read from a copy of its file."""
        source = Path(self.world.live.settings.data)
        copy = shutil.copy(source, source.with_name("copy.duckdb"))
        with duckdb.connect(copy) as connection:
            return connection.execute(text).fetchall()

    def question(self, owner: str, name: str, query: Query, *, shared: bool = True) -> str:
        live = self.world.live
        with live.store.write() as transaction:
            id_ = save_question(
                transaction, Content(query=query), self.actor(owner), live.keys, name=name, sentence="",
                space=self.ids["space"] if shared else MINE,
            )  # fmt: skip
        self.ids[name] = id_
        return id_

    def board(self, owner: str, title: str, *queries: Query, shared: bool = True) -> str:
        live = self.world.live
        tiles = [Tile(id=f"t{at}", kind=TileKind.CHART, question=query) for at, query in enumerate(queries)]
        board = Board(title=title, tabs=(Tab(rows=tuple(Row(tiles=(tile,)) for tile in tiles)),))
        work = BoardWork(live.store, live.keys, live.workspace(), self.actor(owner))
        id_ = self.ids[title] = work.make(board, space=self.ids["space"] if shared else MINE)
        work.publish(id_, work.draft(id_).revision)
        return id_

    def target(self, owner: str, metric: str) -> None:
        live = self.world.live
        target = Target(metric=metric, first=date(2026, 8, 1), last=date(2026, 8, 31), value=Decimal(130_000))
        with live.store.write() as transaction:
            keep_targets(transaction, [target], self.actor(owner), live.keys)

    def alert(self, owner: str, metric: str, *, above: float, name: str = "") -> str:
        alert = Alert(metric=metric, rule=Threshold(side="above", value=above), name=name)
        return self.world.make(owner, owner, alert=alert)

    def delivery(self, owner: str, question: str) -> None:
        live = self.world.live
        wanted = NewDelivery(what="question", about=self.ids[question], title=question, cron="0 8 * * *", zone="UTC")
        with live.store.write() as transaction:
            make_delivery(
                transaction, live.keys, wanted, self.actor(owner), next_at=datetime(2026, 8, 30, 8, tzinfo=UTC)
            )


@contextmanager
def impact_world(folder: Path, *changes: str, model: str = MODEL) -> Iterator[ImpactWorld]:
    """Open the company until the block ends, with `changes` made to its data in SQL."""
    with alerts_world(str(folder / "store.sqlite"), folder, *changes, model=model) as world:
        live = world.live
        with live.store.write() as transaction:
            space = make_space(transaction, "Marketing", world.actor("otto"), live.keys).id
        yield ImpactWorld(world, {"space": space})


def edited(*pairs: tuple[str, str], model: str = MODEL) -> Files:
    """Return the model with some texts replaced. Each must occur exactly once."""
    for old, new in pairs:
        assert model.count(old) == 1, old
        model = model.replace(old, new)
    return {"all.yml": model}
