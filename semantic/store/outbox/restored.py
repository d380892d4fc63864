"""Outbox state that survives restoring a backup: stopped deliveries stay stopped, and no message is sent twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, inspect, select, update

from semantic.store.database import Transaction, insert_if_missing
from semantic.store.outbox.deliveries import DELIVERIES
from semantic.store.outbox.recipients import DELIVERY_RECIPIENTS
from semantic.store.outbox.sends import SENDS

_AGO: Final = timedelta(days=31)
_OUTCOME: Final = ("state", "due_at", "holder", "claims", "attempts", "message_id", "receipts", "why", "answer",
                   "rendered_at", "ended_at")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outbox:
    """The outbox of a store before a backup replaced it, as rows with their seals."""

    deliveries: tuple[Mapping[str, Any], ...] = ()  # Any: rows as they are. Removed and paused ones
    next_slots: Mapping[str, Any] = field(default_factory=dict[str, Any])
    recipients: tuple[Mapping[str, Any], ...] = ()  # ended and paused ones
    sends: tuple[Mapping[str, Any], ...] = ()  # unfinished ones, and those that ended in the last month


def read_outbox(connection: Connection, now: datetime) -> Outbox:
    """Return the outbox of a store. Empty for a store without the tables."""
    if not inspect(connection).has_table(DELIVERY_RECIPIENTS.name):
        return Outbox()
    is_off = DELIVERIES.c.removed_at.is_not(None) | DELIVERIES.c.paused_at.is_not(None)
    is_over = DELIVERY_RECIPIENTS.c.ended_at.is_not(None) | DELIVERY_RECIPIENTS.c.paused_at.is_not(None)
    slots = select(DELIVERIES.c.id, DELIVERIES.c.next_at).where(DELIVERIES.c.next_at.is_not(None))
    return Outbox(
        deliveries=_rows(connection, select(DELIVERIES).where(is_off)),
        next_slots={row.id: row.next_at for row in connection.execute(slots)},
        recipients=_rows(connection, select(DELIVERY_RECIPIENTS).where(is_over)),
        sends=_rows(connection, select(SENDS).where(SENDS.c.ended_at.is_(None) | (SENDS.c.ended_at > now - _AGO))),
    )


def keep_outbox(transaction: Transaction, outbox: Outbox) -> None:
    """Apply the earlier outbox to deliveries and messages that also exist in the restored store.

    The caller records this in the audit log.
    """
    connection = transaction.connection
    for row in outbox.deliveries:
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == row["id"]).values(**row))
    for id_, next_at in outbox.next_slots.items():
        is_behind = (DELIVERIES.c.id == id_) & (DELIVERIES.c.next_at < next_at)
        connection.execute(update(DELIVERIES).where(is_behind).values(next_at=next_at))
    known = set(connection.execute(select(DELIVERIES.c.id)).scalars())
    table = DELIVERY_RECIPIENTS.c
    for row in outbox.recipients:
        if row["delivery"] in known and not insert_if_missing(connection, DELIVERY_RECIPIENTS, row):
            chosen = (table.delivery == row["delivery"]) & (table.kind == row["kind"])
            chosen &= table.recipient == row["recipient"]
            connection.execute(update(DELIVERY_RECIPIENTS).where(chosen).values(**row))
    for row in outbox.sends:
        if row["ended_at"] is None and insert_if_missing(connection, SENDS, row):
            continue
        is_open = (SENDS.c.number == row["number"]) & SENDS.c.ended_at.is_(None)
        connection.execute(update(SENDS).where(is_open).values(**{name: row[name] for name in _OUTCOME}))


def _rows(connection: Connection, chosen: Any) -> tuple[Mapping[str, Any], ...]:  # Any: a query over a whole table
    return tuple(dict(row) for row in connection.execute(chosen).mappings())
