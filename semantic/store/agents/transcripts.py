"""Transcripts: what agents did, call by call.

Questions, refusals and proposals are encrypted with the person's key and bound to their row. So a row that someone
changed can't be read, and erasing the person makes all their rows unreadable.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from semantic.store.audit.log import Plain, canonical, parse_words
from semantic.store.database import Instant, Transaction, metadata, parse_moment, storable
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import key_of, read_key

Outcome = Literal["answered", "asked_back", "refused", "proposed", "failed"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
LONGEST: Final = 60_000
"""The most bytes of a call's details. Longer details are left out, and the entry says so."""

AGENT_CALLS: Final = Table(
    "agent_calls",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("agent", String(32), nullable=False),  # the number of the connected agent
    Column("subject", String(32), nullable=False),  # the person it asked for
    Column("at", Instant, nullable=False, index=True),
    Column("tool", String(60), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("code", String(60), nullable=False),  # of a refusal; "" for none
    Column("receipt", String(32), nullable=False),  # "" for none
    Column("ms", Integer, nullable=False),
    Column("cells", Integer, nullable=False),
    Column("cost", String(20), nullable=False),  # the cost class; "" if it isn't known
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_agent_calls_subject_at", "subject", "at"),
    Index("ix_agent_calls_agent_at", "agent", "at"),
)
_PLACED: Final = ("agent", "subject", "tool", "outcome", "code", "receipt", "ms", "cells", "cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """A call to record. Its `details` are stored encrypted."""

    agent: str
    subject: str
    tool: str
    outcome: Outcome
    code: str = ""
    receipt: str = ""
    ms: int = 0
    cells: int = 0
    cost: str = ""
    details: Mapping[str, Plain] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A recorded call. `details` is None if it can't be read, because the person was erased or the row was changed."""

    id: str
    agent: str
    subject: str
    at: datetime
    tool: str
    outcome: Outcome
    code: str
    receipt: str
    ms: int
    cells: int
    cost: str
    details: Mapping[str, Plain] | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """A filter for calls. An empty field matches all calls."""

    subject: str = ""
    agent: str = ""
    outcome: str = ""
    tool: str = ""
    before: tuple[datetime, str] | None = None  # the time and ID of the last call on the page before


@dataclass(frozen=True, slots=True)
class CallCount:
    """The number of an agent's calls with the same tool, outcome and cost class, and the cells that they returned."""

    agent: str
    subject: str
    tool: str
    outcome: Outcome
    cost: str
    calls: int
    cells: int


def add_call(transaction: Transaction, keys: Keys, new: NewCall) -> str:
    """Record a call, and return its ID, or "" if the person was erased. Not logged: write with `recorded=False`."""
    key = key_of(transaction, new.subject, keys)
    if key is None:
        return ""
    details = canonical(new.details)
    if len(details) > LONGEST:
        details = canonical({"is_too_long": True})
    id_ = secrets.token_hex(8)
    row: dict[str, object] = {
        "id": id_, "agent": new.agent, "subject": new.subject, "tool": storable(new.tool)[:60], "outcome": new.outcome,
        "code": storable(new.code)[:60], "receipt": storable(new.receipt)[:32], "ms": max(0, min(new.ms, 2**31 - 1)),
        "cells": max(0, min(new.cells, 2**31 - 1)), "cost": storable(new.cost)[:20],
    }  # fmt: skip
    sealed = seal(key, details, _place(row))
    transaction.connection.execute(insert(AGENT_CALLS).values(**row, at=transaction.now, sealed=sealed))
    return id_


def read_calls(connection: Connection, keys: Keys, chosen: CallFilter, *, most: int = 25) -> list[Call]:
    """Return calls, newest first. Unreadable rows are omitted."""
    rows = select(*_columns()).where(*_chosen(chosen)).order_by(AGENT_CALLS.c.at.desc(), AGENT_CALLS.c.id.desc())
    read = _Keys(connection, keys)
    return [call for row in connection.execute(rows.limit(most)) if (call := _call(row, read)) is not None]


def count_calls(connection: Connection, chosen: CallFilter) -> int:
    """Return the number of calls that match a filter, on all pages."""
    counted = select(func.count()).select_from(AGENT_CALLS).where(*_chosen(chosen, is_page=False))
    return int(connection.execute(counted).scalar_one())


def find_call(connection: Connection, keys: Keys, id_: str) -> Call | None:
    """Return one call, or None if there is none."""
    row = connection.execute(select(*_columns()).where(AGENT_CALLS.c.id == id_)).one_or_none()
    return _call(row, _Keys(connection, keys)) if row is not None else None


def count_by_agent(connection: Connection, since: datetime) -> list[CallCount]:
    """Count calls since a moment, by agent, tool, outcome and cost class."""
    columns = (
        AGENT_CALLS.c.agent, AGENT_CALLS.c.subject, AGENT_CALLS.c.tool, AGENT_CALLS.c.outcome, AGENT_CALLS.c.cost,
    )  # fmt: skip
    counted = select(*columns, func.count().label("calls"), func.sum(AGENT_CALLS.c.cells).label("cells"))
    rows = connection.execute(counted.where(AGENT_CALLS.c.at >= since).group_by(*columns))
    return [
        CallCount(row.agent, row.subject, row.tool, row.outcome, row.cost, int(row.calls), int(row.cells))
        for row in rows
        if row.outcome in OUTCOMES
    ]


def forget_calls_before(transaction: Transaction, moment: datetime) -> int:
    """Delete calls made before a moment, and return how many were deleted."""
    return transaction.connection.execute(delete(AGENT_CALLS).where(AGENT_CALLS.c.at < moment)).rowcount


def forget_calls(transaction: Transaction, subject: str) -> None:
    """Delete the calls that agents made for a person."""
    transaction.connection.execute(delete(AGENT_CALLS).where(AGENT_CALLS.c.subject == subject))


# Helpers


class _Keys:
    """Reads people's keys, each only once."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self._connection, self._keys = connection, keys
        self._read: dict[str, bytes | None] = {}

    def of(self, subject: str) -> bytes | None:
        if subject not in self._read:
            self._read[subject] = read_key(self._connection, subject, self._keys)
        return self._read[subject]


def _columns() -> Sequence[ColumnElement[Any]]:  # Any: SQLite can contain anything
    return [
        type_coerce(column, NullType()).label("at") if column is AGENT_CALLS.c.at else column
        for column in AGENT_CALLS.c
    ]  # fmt: skip


def _chosen(chosen: CallFilter, *, is_page: bool = True) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for name in ("subject", "agent", "outcome", "tool"):
        if value := getattr(chosen, name):
            conditions.append(AGENT_CALLS.c[name] == value)
    if is_page and chosen.before is not None:
        at, id_ = chosen.before
        conditions.append((AGENT_CALLS.c.at < at) | ((AGENT_CALLS.c.at == at) & (AGENT_CALLS.c.id < id_)))
    return conditions


def _call(row: Row[Any], keys: _Keys) -> Call | None:  # Any: as above
    at = parse_moment(row.at)
    if at is None or row.outcome not in OUTCOMES or not isinstance(row.sealed, bytes):
        return None
    key = keys.of(str(row.subject))
    place = _place({name: getattr(row, name) for name in ("id", *_PLACED)})
    details = unseal(key, row.sealed, place) if key is not None else None
    return Call(
        id=row.id,
        agent=row.agent,
        subject=row.subject,
        at=at,
        tool=row.tool,
        outcome=row.outcome,
        code=row.code,
        receipt=row.receipt,
        ms=row.ms,
        cells=row.cells,
        cost=row.cost,
        details=parse_words(details) if details is not None else None,
    )


def _place(row: Mapping[str, object]) -> str:
    return "agent call " + "\0".join(str(row[name]) for name in ("id", *_PLACED))
