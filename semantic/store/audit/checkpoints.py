"""Checkpoints of the audit log. Each marks the last removed entry, and is signed to prevent forgery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Integer, Row, String, Table, insert, select, type_coerce
from sqlalchemy.types import NullType

from semantic.store.database import Instant, Transaction, metadata, parse_moment
from semantic.store.keys import Keys

CHECKPOINTS: Final = Table(
    "audit_checkpoints",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # of the last removed entry
    Column("mac", String(64), nullable=False),  # that entry's, which the next one is chained to
    Column("removed", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("signature", String(64), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A mark in the log: entries up to `number` were removed, `removed` of them by the latest removal at `at`.

    The next entry is chained to `mac`.
    """

    number: int
    mac: str
    removed: int
    at: datetime


START: Final = Checkpoint(number=0, mac="", removed=0, at=datetime.min.replace(tzinfo=UTC))
"""Before the first entry, where a log without removed entries begins."""


def write_checkpoint(transaction: Transaction, checkpoint: Checkpoint, keys: Keys) -> None:
    """Add a checkpoint with its signature."""
    row = {"number": checkpoint.number, "mac": checkpoint.mac, "removed": checkpoint.removed, "at": checkpoint.at}
    transaction.connection.execute(insert(CHECKPOINTS).values(**row, signature=_sign(checkpoint, keys)))


def read_checkpoint(connection: Connection, keys: Keys) -> Checkpoint | None:
    """Return the latest checkpoint, START if there is none, or None if any checkpoint isn't signed with this key."""
    columns = (
        type_coerce(column, NullType()).label("at") if column is CHECKPOINTS.c.at else column
        for column in CHECKPOINTS.c
    )
    checkpoints = [_parse(row, keys) for row in connection.execute(select(*columns).order_by(CHECKPOINTS.c.number))]
    whole_checkpoints = [checkpoint for checkpoint in checkpoints if checkpoint is not None]
    if len(whole_checkpoints) < len(checkpoints):
        return None
    return whole_checkpoints[-1] if whole_checkpoints else START


def _parse(row: Row[Any], keys: Keys) -> Checkpoint | None:  # Any: a damaged store can contain anything
    at = parse_moment(row.at)
    texts, numbers = (row.mac, row.signature), (row.number, row.removed)
    if (
        at is None
        or not all(isinstance(text, str) for text in texts)
        or not all(isinstance(number, int) for number in numbers)
    ):
        return None
    checkpoint = Checkpoint(number=row.number, mac=row.mac, removed=row.removed, at=at)
    return checkpoint if compare_digest(_sign(checkpoint, keys).encode(), row.signature.encode()) else None


def _sign(checkpoint: Checkpoint, keys: Keys) -> str:
    at = checkpoint.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = (str(checkpoint.number), checkpoint.mac, str(checkpoint.removed), at)
    return keys.sign(b"audit checkpoint", *(part.encode() for part in parts))
