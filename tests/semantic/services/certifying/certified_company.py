"""A small company with metrics that can be certified: two stewards, a marketer who sees less, and forty days of
checks.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.services.certifying.work import CertifyWork
from semantic.services.process import Live
from semantic.store.audit.entries import find_subject
from semantic.store.keys import keys_of
from semantic.store.models.versions import Version, files_of, publish, read_version
from semantic.store.people import subject_of
from semantic.workspace import Workspace
from tests.copies import empty_store
from tests.semantic.store.clock import Clock
from tests.semantic.store.stores import SECRET

TODAY = date(2026, 11, 30)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)

MODEL = """
model:
  time_zone: UTC
  certification: {check_days: 30}
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [id]
    time: day
    columns: {id: integer, day: date, market: string, amount: "decimal(18,2)", cost: "decimal(18,2)"}
    dimensions: [{name: day, kind: time}, {name: market, label: Market}]
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: cost, agg: sum, sql: cost}
    checks: [{not_null: {column: market}}]
metrics:
  - name: revenue
    label: Revenue
    owner: Bo, marketing operations
    means: What customers paid.
    does_not_mean: What we kept.
    measure: orders.amount
    format: money
    unit: EUR
    direction: up
  - name: cost
    label: Cost
    owner: Finance
    measure: orders.cost
    certified: {by: "Ana, marketing operations", until: 2027-06-30}
  - {name: margin, label: Margin, kind: derived, expression: revenue - cost, owner: Finance}
policies:
  - name: all_rows
    who: {people: [ana, bo, otto, mia]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: costs_only
    who: {people: [nora]}
    grant: {metrics: [cost], dimensions: all}
    whole: all
people:
  - {id: ana, name: "Ana, marketing operations", roles: [steward]}
  - {id: bo, name: "Bo, marketing operations", roles: [steward]}
  - {id: otto, name: Otto, roles: [administrator]}
  - {id: mia, name: Mia, roles: [marketer]}
  - {id: nora, name: Nora, roles: [viewer]}
"""

OTTO = Actor(id="otto", name="Otto", roles=frozenset({"administrator"}))

DATA = """
CREATE TABLE orders AS SELECT CAST(n AS INTEGER) AS id, (DATE '2026-11-29' - CAST(n AS INTEGER))::DATE AS day,
    CASE WHEN n % 2 = 0 THEN 'DE' ELSE 'FR' END AS market, CAST(100 AS DECIMAL(18,2)) AS amount,
    CAST(40 AS DECIMAL(18,2)) AS cost FROM range(90) AS t(n);
"""
"""One order of 100 a day, with costs of 40."""


class CertifiedWorkspace(Workspace):
    """A workspace in which today is the store's current day."""

    clock: Clock | None = None

    def today(self) -> date:
        return self.clock().date() if self.clock is not None else TODAY

    def succeeded_by(self, files: Mapping[str, str], published: Version) -> Workspace:
        after = super().succeeded_by(files, published)
        assert isinstance(after, CertifiedWorkspace)
        after.clock = self.clock
        return after


@dataclass
class Company:
    """One process over a store, and its clock."""

    live: Live
    clock: Clock
    people: dict[str, Actor]
    file: Path

    def work(self, person: str) -> CertifyWork:
        return CertifyWork(self.live, self.people[person])

    def subject(self, person: str) -> str:
        with self.live.store.read() as connection:
            found = find_subject(connection, person)
        assert found is not None
        return found

    def checked(self, days: int = 0) -> None:
        """Run the checks now and, if `days` is given, again that many days later."""
        self.live.checks.run(self.people["otto"])
        if days:
            self.clock.move(days=days)
            self.live.checks.run(self.people["otto"])
        self.live.settle()

    def certify(self, metric: str, by: str, until: date = date(2027, 6, 30)) -> None:
        work = self.work(by)
        work.grant(metric, until, meaning=work.meaning(work.seen.metric(metric)))

    def publish(self, old: str, new: str, *, by: str = "ana", note: str = "Changed") -> Version:
        with self.live.store.read() as connection:
            head = self.live.workspace().published
            assert head is not None
            files = files_of(connection, head.number)
        text = files["model.yml"]
        assert old in text, old
        version = publish(
            self.live.store, self.live.keys, {**files, "model.yml": text.replace(old, new)}, parent=head.number,
            actor=self.people[by], note=note,
        )  # fmt: skip
        self.live.take()
        return version

    def break_check(self) -> None:
        """Load an order without a market, and run the checks."""
        self._load("INSERT INTO orders VALUES (1000, DATE '2026-11-29', NULL, 100, 40)")

    def repair_data(self) -> None:
        self._load("DELETE FROM orders WHERE id = 1000")

    def _load(self, sql: str) -> None:
        """Publish changed data as another file in the same place."""
        loaded = self.file.with_suffix(".new")
        shutil.copyfile(self.file, loaded)
        with duckdb.connect(str(loaded)) as connection:
            connection.execute(sql)
        os.replace(loaded, self.file)
        self.live.checks.run(self.people["otto"])


@contextmanager
def company(address: str, folder: Path, model: str = MODEL) -> Iterator[Company]:
    file = folder / "orders.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(DATA)
    clock = Clock(NOON)
    store = empty_store(address, clock=clock)
    settings = Settings(
        data=str(file), model=folder, store=address, audit_key=SECRET, demo=True, model_source="store",
        mask_key="a key of the tests", uploads=folder / "uploads",
    )  # fmt: skip
    keys = keys_of(SECRET)
    publish(store, keys, {"model.yml": model}, parent=None, actor=OTTO, note="First")
    with store.read() as connection:
        version, files = read_version(connection, 1), files_of(connection, 1)
    opened = CertifiedWorkspace.open(settings, files, version)
    assert isinstance(opened, CertifiedWorkspace)
    opened.clock = clock
    live = Live(settings, store, keys, opened)
    people = dict(opened.people)
    with store.write(recorded=False) as transaction:
        for person in people.values():
            subject_of(transaction, person.id, person.name)
    live.settle()
    try:
        yield Company(live, clock, people, file)
    finally:
        live.close()
