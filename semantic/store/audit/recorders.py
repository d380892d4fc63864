"""The processes that record acts, and up to when each one's acts are all in the log.

A process adds a row when it starts, updates it with each write and once a minute, and removes it when it shuts down
normally. A row that is no longer updated means that the process ended unexpectedly, and its last acts may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, String, Table, delete, insert, select, update

from semantic.store.audit.gaps import Gap, record_gap
from semantic.store.database import Instant, Transaction, hold_log, metadata
from semantic.store.keys import Keys

RECORDERS: Final = Table(
    "recorders",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("complete_at", Instant, nullable=False),  # every act before this time is in the log
)
BEAT_SECONDS: Final = 60.0
SILENT_LOOKS: Final = 4
"""After how many checks, `BEAT_SECONDS` apart, an unchanged row means that its process has ended.

The checks are made by another running process.
"""
SILENT: Final = timedelta(minutes=33)
"""How long a row must be unchanged for a single check to mean that its process has ended.

Half an hour, because the clocks of two machines differ.
"""


class Watch:
    """Detects processes that no longer update their rows, by comparing successive checks.

    It doesn't use a clock, because the times in rows come from other machines' clocks, and a process that was suspended
    checks less often.
    """

    def __init__(self, own: str) -> None:
        """`own` is the ID of the process that checks."""
        self._own = own
        self._seen: dict[str, tuple[datetime, int]] = {}

    def look(self, rows: Mapping[str, datetime]) -> frozenset[str]:
        """Return the processes with a row that have ended, given the current rows."""
        before = self._seen
        self._seen = {}
        for name, complete_at in rows.items():
            if name == self._own:
                continue
            at, looks = before.get(name, (complete_at, 0))
            self._seen[name] = (complete_at, looks + 1 if at == complete_at else 1)
        return frozenset(name for name, (_, looks) in self._seen.items() if looks >= SILENT_LOOKS)


def note_recorder(transaction: Transaction, recorder: str, complete_at: datetime) -> None:
    """Record the time up to which all of a process's acts are in the log."""
    connection = transaction.connection
    mine = update(RECORDERS).where(RECORDERS.c.id == recorder).values(complete_at=complete_at)
    if not connection.execute(mine, execution_options={"preserve_rowcount": True}).rowcount:
        connection.execute(insert(RECORDERS).values(id=recorder, complete_at=complete_at))


def forget_recorder(transaction: Transaction, recorder: str) -> None:
    """Remove the row of a process that ended with all its acts in the log."""
    transaction.connection.execute(delete(RECORDERS).where(RECORDERS.c.id == recorder))


def name_lost_acts(transaction: Transaction, keys: Keys, watch: Watch | None = None) -> int:
    """Write a gap for each process that ended unexpectedly, and return how many gaps were written.

    A running process passes its `watch`. A command checks only once, so it relies on the clock.
    """
    connection = transaction.connection
    hold_log(connection)
    rows = {row.id: row.complete_at for row in connection.execute(select(RECORDERS))}
    if watch is None:
        ended = {name for name, complete_at in rows.items() if complete_at < transaction.now - SILENT}
    else:
        ended = watch.look(rows)
    count = 0
    for name in sorted(ended, key=lambda key: (rows[key], key)):
        unchanged = (RECORDERS.c.id == name) & (RECORDERS.c.complete_at == rows[name])
        gone = connection.execute(delete(RECORDERS).where(unchanged), execution_options={"preserve_rowcount": True})
        if gone.rowcount:
            last = max(rows[name], transaction.now)  # its clock may have been ahead
            record_gap(transaction, Gap(cause="process_ended", first=rows[name], last=last), keys)
            count += 1
    return count
