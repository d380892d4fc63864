"""A company with 440 days of orders in two markets, the last day's data broken in one, and people who see one or both.

Every day before the last, each market has ten orders on a weekday and fifteen on a Saturday or Sunday, of 100 and 102
in turn, so the total is 2,020 on a weekday, and 3,030 on a weekend day. On Friday 28 August 2026, the last day, DE has
four orders of 100, or 400 in all, while FR is as usual.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from semantic.alerts.alert import Alert, OutsideUsual
from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.services.alerts.job import Alerts
from semantic.services.alerts.work import AlertWork
from semantic.services.process import Live
from semantic.store.alerts.alerts import AlertRecipient
from semantic.store.alerts.runs import AlertRun, read_runs
from semantic.store.keys import keys_of
from semantic.store.outbox.sends import Recipient, Send, read_sends
from semantic.store.people import subject_of
from semantic.worker.job import Turn
from semantic.workspace import Workspace
from tests.copies import empty_store
from tests.semantic.store.clock import Clock
from tests.semantic.store.stores import SECRET

TODAY = date(2026, 8, 29)
BROKEN = date(2026, 8, 28)
NOON = datetime(2026, 8, 29, 12, tzinfo=UTC)

MODEL = """
model: {time_zone: UTC}
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [id]
    time: day
    columns:
      {id: integer, day: date, market: string, channel: string, amount: "decimal(18,2)", loaded_at: timestamptz}
    freshness: {column: loaded_at, warn_after_hours: 36}
    dimensions: [{name: day, kind: time}, {name: market, label: Market}, {name: channel, label: Channel}]
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: orders, agg: count}
      - {name: slow, agg: sum, sql: amount, final_after: 2 days}
metrics:
  - name: revenue
    label: Revenue
    description: What customers paid.
    measure: orders.amount
    format: money
    unit: EUR
    direction: up
  - {name: slow, label: Slow revenue, measure: orders.slow, format: money, unit: EUR, direction: up}
  - {name: orders, label: Orders, measure: orders.orders, format: count, direction: up}
  - {name: per_order, label: Per order, kind: ratio, numerator: revenue, denominator: orders, format: money, unit: EUR}
policies:
  - name: all_rows
    who: {people: [ana, otto]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: own_market
    who: {people: [dora, fred]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: orders, where: "market IN (:markets)"}]
  - name: no_revenue
    who: {people: [nora]}
    grant: {metrics: [orders], dimensions: all}
    whole: all
people:
  - {id: ana, name: Ana, roles: [marketer]}
  - {id: otto, name: Otto, roles: [administrator]}
  - {id: dora, name: Dora, roles: [viewer], attributes: {markets: [DE]}, groups: [germany]}
  - {id: fred, name: Fred, roles: [viewer], attributes: {markets: [FR]}}
  - {id: nora, name: Nora, roles: [viewer]}
"""

DATA = """
CREATE TABLE orders AS
WITH days AS (SELECT (DATE '2026-08-28' - CAST(n AS INTEGER))::DATE AS day, n AS back FROM range(440) AS t(n)),
markets AS (SELECT * FROM (VALUES ('DE'), ('FR')) AS t(market)),
per_day AS (
    SELECT day, market, CASE WHEN back = 0 AND market = 'DE' THEN 4 WHEN isodow(day) > 5 THEN 15 ELSE 10 END AS orders,
        CASE WHEN back = 0 AND market = 'DE' THEN 100 ELSE 100 + 2 * (back % 2) END AS amount
    FROM days, markets
)
SELECT CAST(row_number() OVER (ORDER BY day, market, n) AS INTEGER) AS id, day, market,
    CASE WHEN n % 2 = 0 THEN 'web' ELSE 'shop' END AS channel, CAST(amount AS DECIMAL(18,2)) AS amount,
    TIMESTAMPTZ '2026-08-29 05:00:00+00' AS loaded_at
FROM per_day, range(15) AS r(n) WHERE n < orders;
"""
LATE = "UPDATE orders SET loaded_at = TIMESTAMPTZ '2026-08-28 05:00:00+00'"
"""The last day isn't loaded, although some of its orders are present."""

DROP = Alert(metric="revenue", rule=OutsideUsual())


class AlertsWorkspace(Workspace):
    """A workspace on the Saturday after the broken day."""

    day = TODAY

    def today(self) -> date:
        return self.day


@dataclass
class World:
    """One process over a store."""

    live: Live
    clock: Clock

    def actor(self, name: str) -> Actor:
        return self.live.workspace().people[name]

    def work(self, name: str) -> AlertWork:
        return AlertWork(self.live.store, self.live.keys, self.live.workspace(), self.actor(name))

    def person(self, name: str) -> AlertRecipient:
        return AlertRecipient("person", self.subject(name))

    def subject(self, name: str) -> str:
        with self.live.store.write(recorded=False) as transaction:
            return subject_of(transaction, name, self.actor(name).name)

    def make(self, owner: str, *recipients: str, alert: Alert = DROP) -> str:
        return self.work(owner).make(alert, [self.person(name) for name in recipients])

    def judge(self) -> None:
        now = self.live.store.now()
        Alerts(self.live).run(Turn(now=now, holder="tests", is_mine=lambda: True, is_stopping=lambda: False))

    def runs(self, name: str) -> list[AlertRun]:
        with self.live.store.read() as connection:
            return read_runs(connection, Recipient(kind="person", id=self.subject(name)))

    def sends(self) -> dict[str, list[Send]]:
        """Return the queued messages by recipient."""
        names = {self.subject(name): name for name in self.live.workspace().people}
        found: dict[str, list[Send]] = {}
        with self.live.store.read() as connection:
            for send in read_sends(connection, kind="alert"):
                found.setdefault(names[send.recipient.id], []).append(send)
        return found

    def next_day(self) -> None:
        """Move to the next day, on which nothing is loaded."""
        workspace = self.live.workspace()
        assert isinstance(workspace, AlertsWorkspace)
        workspace.day = date.fromordinal(workspace.day.toordinal() + 1)
        self.clock.move(days=1)


@contextmanager
def alerts_world(address: str, folder: Path, *changes: str, model: str = MODEL) -> Iterator[World]:
    file = folder / "data.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for sql in (DATA, *changes):
            connection.execute(sql)
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "all.yml").write_text(model, encoding="utf-8")
    clock = Clock(NOON)
    store = empty_store(address, clock=clock)
    settings = Settings(
        data=str(file), model=folder / "model", store=address, audit_key=SECRET, demo=True, model_source="folder"
    )
    live = Live(settings, store, keys_of(SECRET), AlertsWorkspace.open(settings))
    try:
        yield World(live, clock)
    finally:
        live.close()


def with_hold(days: int) -> Alert:
    return replace(DROP, hold_days=days)
