"""The jobs, one row each: when it is due, who is running it and until when, and how its last runs ended.

A worker claims a job with one UPDATE, which succeeds for only one worker, and holds a lease while it runs. If the
worker is killed, the lease expires and the job is due again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, Integer, String, Table, Text, func, select, update

from semantic.store.database import Instant, Transaction, insert_if_missing, metadata, storable
from semantic.store.numbers.checks import AHEAD

JOBS: Final = Table(
    "jobs",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("holder", String(32), nullable=False),  # the worker that is running it; "" is none
    Column("leased_until", Instant),
    Column("next_at", Instant, nullable=False),
    Column("last_began_at", Instant),
    Column("last_ended_at", Instant),
    Column("last_failed_at", Instant),
    Column("failures", Integer, nullable=False),  # since the last success
    Column("why", Text, nullable=False),  # why the last run failed, in words; "" if it didn't
)
BACK_OFF: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=1))
"""How long after a failure a job is tried again: the first, the second, the third, and every later one."""
SEEN_WITHIN: Final = timedelta(minutes=5)
"""A worker runs a job at least every minute. If none has run for this long, there is no worker, or it is stuck."""
_LONGEST_WHY: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job's state in the store."""

    name: str
    holder: str
    leased_until: datetime | None
    next_at: datetime
    last_began_at: datetime | None
    last_ended_at: datetime | None
    last_failed_at: datetime | None
    failures: int
    why: str

    def is_running(self, now: datetime) -> bool:
        return self.leased_until is not None and now < self.leased_until <= now + AHEAD

    def due_at(self, now: datetime, every: timedelta) -> datetime:
        """Return the earliest time at which the job can be claimed: when it is due and no lease is active.

        This can change, because the lease can be extended.
        """
        next_at = now if is_put_off(self.next_at, now, every) else self.next_at
        return max(next_at, self.leased_until) if self.is_running(now) and self.leased_until else next_at


def read_jobs(connection: Connection) -> dict[str, JobState]:
    """Return the jobs by name."""
    return {row["name"]: JobState(**row) for row in connection.execute(select(JOBS)).mappings()}


def read_last_seen(connection: Connection) -> datetime | None:
    """Return when a worker last finished a job, or None if that never happened."""
    return connection.execute(select(func.max(JOBS.c.last_ended_at))).scalar()


def add_jobs(transaction: Transaction, names: Iterable[str]) -> None:
    """Add jobs that have no row yet. They are due immediately."""
    for name in sorted(names):
        row = {"name": name, "holder": "", "next_at": transaction.now, "failures": 0, "why": ""}
        insert_if_missing(transaction.connection, JOBS, row)


def claim_job(transaction: Transaction, name: str, holder: str, *, lease: timedelta, every: timedelta) -> bool:
    """Claim a job that is due, and return whether `holder` has it now. Only one worker can claim it.

    A lease or due time too far in the future comes from a process with a wrong clock, and is ignored.
    """
    now, until, next_at = transaction.now, JOBS.c.leased_until, JOBS.c.next_at
    is_free = until.is_(None) | (until <= now) | (until > now + AHEAD)
    is_due = (next_at <= now) | (next_at > _furthest(now, every))
    taken = transaction.connection.execute(
        update(JOBS)
        .where(JOBS.c.name == name, is_free, is_due)
        .values(holder=holder, leased_until=now + lease, last_began_at=now)
    )
    return taken.rowcount == 1


def hold_job(transaction: Transaction, name: str, holder: str, *, lease: timedelta) -> bool:
    """Extend the lease of a job if `holder` still has it, and return whether it does."""
    return _change(transaction, name, holder, leased_until=transaction.now + lease)


def end_job(transaction: Transaction, name: str, holder: str, *, next_at: datetime) -> bool:
    """Release a job after a successful run. If the lease was lost, change nothing and return False."""
    return _change(
        transaction, name, holder, holder="", leased_until=None, next_at=next_at, last_ended_at=transaction.now,
        failures=0, why="",
    )  # fmt: skip


def give_back_job(transaction: Transaction, name: str, holder: str) -> bool:
    """Release a job whose run was interrupted, so that it is due immediately. Returns False if the lease was lost."""
    return _change(transaction, name, holder, holder="", leased_until=None, next_at=transaction.now)


def fail_job(transaction: Transaction, name: str, holder: str, *, why: str) -> datetime | None:
    """Release a job after a failed run, and return when it is tried again, or None if the lease was lost.

    `why` describes the failure in words, without secrets.
    """
    mine = (JOBS.c.name == name) & (JOBS.c.holder == holder)
    failures = transaction.connection.execute(select(JOBS.c.failures).where(mine)).scalar()
    if failures is None:
        return None
    now = transaction.now
    next_at = now + back_off(failures + 1)
    _change(
        transaction, name, holder, holder="", leased_until=None, next_at=next_at, last_ended_at=now,
        last_failed_at=now, failures=failures + 1, why=storable(why)[:_LONGEST_WHY],
    )  # fmt: skip
    return next_at


def note_shared_run(
    transaction: Transaction, name: str, *, began_at: datetime, next_at: datetime, why: str = ""
) -> None:
    """Record a run of a job without leases, which several workers can run at the same time.

    `why` is "" after success.
    """
    now, values = transaction.now, dict[str, object](why=storable(why)[:_LONGEST_WHY], failures=0)
    if why:
        values |= {"failures": JOBS.c.failures + 1, "last_failed_at": now}
    transaction.connection.execute(
        update(JOBS)
        .where(JOBS.c.name == name)
        .values(last_began_at=began_at, last_ended_at=now, next_at=next_at, **values)
    )


def back_off(failures: int) -> timedelta:
    """Return how long to wait after this many failures in a row."""
    return BACK_OFF[min(failures, len(BACK_OFF)) - 1]


def is_put_off(next_at: datetime, now: datetime, every: timedelta) -> bool:
    """Whether a due time is implausibly far in the future, because it comes from a process with a wrong clock."""
    return next_at > _furthest(now, every)


def _furthest(now: datetime, every: timedelta) -> datetime:
    return now + max(every, BACK_OFF[-1]) + AHEAD


def _change(transaction: Transaction, mine: str, by: str, /, **values: object) -> bool:
    is_mine = (JOBS.c.name == mine) & (JOBS.c.holder == by)
    return transaction.connection.execute(update(JOBS).where(is_mine).values(**values)).rowcount == 1
