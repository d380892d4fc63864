"""Which processes record, and until when all of their acts are in the log. One that ends unexpectedly leaves a gap.

A process has a row from its start until it ends in order, and updates it with each write and once a minute.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, String, Table, delete, insert, select, update

from semantic.store.audit_gaps import Gap, record_gap
from semantic.store.database import Instant, Transaction, hold_log, metadata
from semantic.store.keys import Keys

RECORDERS: Final = Table(
    "recorders",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("complete_at", Instant, nullable=False),  # every act before this moment is in the log
)
BEAT_SECONDS: Final = 60.0
SILENT: Final = timedelta(minutes=3)
"""A process that hasn't updated its row for this long has ended."""


def note_recorder(transaction: Transaction, recorder: str, complete_at: datetime) -> None:
    """Note until when all acts of a process are in the log."""
    connection = transaction.connection
    mine = update(RECORDERS).where(RECORDERS.c.id == recorder).values(complete_at=complete_at)
    if not connection.execute(mine, execution_options={"preserve_rowcount": True}).rowcount:
        connection.execute(insert(RECORDERS).values(id=recorder, complete_at=complete_at))


def forget_recorder(transaction: Transaction, recorder: str) -> None:
    """Remove a process that ended with all of its acts in the log."""
    transaction.connection.execute(delete(RECORDERS).where(RECORDERS.c.id == recorder))


def name_lost_acts(transaction: Transaction, keys: Keys) -> int:
    """Write a gap for each process that ended unexpectedly: its last acts may be missing. Returns how many."""
    connection = transaction.connection
    hold_log(connection)
    silent = RECORDERS.c.complete_at < transaction.now - SILENT
    ended = connection.execute(select(RECORDERS).where(silent).order_by(RECORDERS.c.complete_at)).all()
    connection.execute(delete(RECORDERS).where(RECORDERS.c.id.in_([row.id for row in ended])))
    for row in ended:
        record_gap(transaction, Gap(cause="process_ended", first=row.complete_at, last=transaction.now), keys)
    return len(ended)
