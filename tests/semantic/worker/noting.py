"""Test jobs that record the start and end of each run in their own table.

This lets tests follow workers in other processes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, update

from semantic.store.database import Instant, Store
from semantic.worker.job import Job, Turn

RUNS = Table(
    "runs_of_tests",
    MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("job", String(60), nullable=False),
    Column("process", Integer, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
)
KILLED_JOBS, ONCE_JOBS = 12, 300


@dataclass(frozen=True, slots=True)
class NotedRun:
    job: str
    process: int
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Noting:
    """A job that adds a row when it begins, and completes the row when it ends."""

    store: Store
    name: str
    every: timedelta
    is_shared: bool = False

    def run(self, turn: Turn) -> datetime | None:
        with self.store.write(recorded=False) as transaction:
            row = {"job": self.name, "process": os.getpid(), "began_at": datetime.now(UTC)}
            number = transaction.connection.execute(insert(RUNS).values(**row).returning(RUNS.c.number)).scalar_one()
        with self.store.write(recorded=False) as transaction:
            ended = update(RUNS).where(RUNS.c.number == number).values(ended_at=datetime.now(UTC))
            transaction.connection.execute(ended)
        return None


def again_and_again(store: Store) -> tuple[Job, ...]:
    """Return a dozen jobs that are always due."""
    return tuple(Noting(store, f"job {number}", timedelta(0)) for number in range(KILLED_JOBS))


def once(store: Store) -> tuple[Job, ...]:
    """Return three hundred jobs that are due once within an hour."""
    return tuple(Noting(store, f"job {number}", timedelta(hours=1)) for number in range(ONCE_JOBS))


def make_table(store: Store) -> None:
    with store.write(recorded=False) as transaction:
        RUNS.create(transaction.connection)


def read_runs(store: Store) -> list[NotedRun]:
    """Return every run, in the order in which they began."""
    with store.read() as connection:
        rows = connection.execute(select(RUNS).order_by(RUNS.c.number)).all()
    return [NotedRun(row.job, row.process, row.began_at, row.ended_at) for row in rows]


def count_runs(store: Store) -> int:
    return sum(run.ended_at is not None for run in read_runs(store))
