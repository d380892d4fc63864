"""The history of alerts, with one row per alert, recipient and period.

A row's outcome was judged under the recipient's own policy. It contains a number that only this recipient may be able
to see, so no one else sees the row. A second table has the alert's memory about each recipient.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast, get_args

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Double,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from semantic.alerts.judging import Judgement, Memory, Outcome, Side
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata, parse_day, parse_moment, storable
from semantic.store.outbox.sends import Recipient

KEPT: Final = timedelta(days=400)
"""How long the history is stored."""
LONGEST_WHY: Final = 400

ALERT_RUNS: Final = Table(
    "alert_runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("alert", String(32), nullable=False),
    Column("recipient_kind", String(20), nullable=False),
    Column("recipient", String(64), nullable=False, index=True),
    Column("period", Date, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("side", String(10), nullable=False),
    Column("value", Double),
    Column("low", Double),
    Column("high", Double),
    Column("days", Integer, nullable=False),  # that the number covers, if not the period
    Column("is_final", Integer, nullable=False),
    Column("until", Date),
    Column("why", Text, nullable=False),
    Column("receipt", String(40), nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Index("ix_alert_runs_alert_recipient_period", "alert", "recipient_kind", "recipient", "period", unique=True),
)

ALERT_READERS: Final = Table(
    "alert_readers",
    metadata,
    Column("alert", String(32), primary_key=True),
    Column("recipient_kind", String(20), primary_key=True),
    Column("recipient", String(64), primary_key=True, index=True),
    Column("memory", Text, nullable=False),  # what the alert remembers, as JSON; "" for nothing
    Column("snoozed_until", Date),  # for this recipient alone
    Column("ended_at", Instant),  # when they unsubscribed
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRun:
    """An alert's outcome for one recipient in one period."""

    id: str
    alert: str
    recipient: Recipient
    judgement: Judgement
    receipt: str
    at: datetime

    @property
    def period(self) -> date:
        return self.judgement.period

    @property
    def outcome(self) -> Outcome:
        return self.judgement.outcome

    @property
    def why(self) -> str:
        return self.judgement.why


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReader:
    """An alert's memory about one recipient, and the recipient's choices."""

    memory: Memory = field(default_factory=Memory)
    snoozed_until: date | None = None
    ended_at: datetime | None = None


# Runs


def note_run(
    transaction: Transaction, alert: str, recipient: Recipient, judgement: Judgement, receipt: str = ""
) -> str | None:
    """Add an outcome for a period, or replace the previous one, and return the row's ID.

    If the alert has already fired for the period, or another worker adds the same outcome at this moment, changes
    nothing and returns None.
    """
    connection, mine = transaction.connection, _of(ALERT_RUNS, alert, recipient)
    mine &= ALERT_RUNS.c.period == judgement.period
    row = connection.execute(select(ALERT_RUNS.c.id, ALERT_RUNS.c.outcome).where(mine)).one_or_none()
    if row is not None and row.outcome == "fired":
        return None
    values = _values(judgement) | {"receipt": receipt, "at": transaction.now}
    if row is not None:
        connection.execute(update(ALERT_RUNS).where(ALERT_RUNS.c.id == row.id).values(**values))
        return str(row.id)
    values |= {"id": secrets.token_hex(8), "alert": alert, "period": judgement.period}
    values |= {"recipient_kind": recipient.kind, "recipient": recipient.id}
    return str(values["id"]) if insert_if_missing(connection, ALERT_RUNS, values) else None


def find_run(connection: Connection, id_: str) -> AlertRun | None:
    """Return the outcome with this ID, or None if it doesn't exist or is damaged."""
    row = connection.execute(_rows().where(ALERT_RUNS.c.id == id_)).one_or_none() if id_.isascii() else None
    return _run(row) if row is not None else None


def read_runs(
    connection: Connection, recipient: Recipient, *, alert: str | None = None, most: int = 200
) -> list[AlertRun]:
    """Return a recipient's outcomes, newest period first, for one alert or all. Damaged rows are omitted."""
    mine = (ALERT_RUNS.c.recipient_kind == recipient.kind) & (ALERT_RUNS.c.recipient == recipient.id)
    if alert is not None:
        mine &= ALERT_RUNS.c.alert == alert
    rows = connection.execute(_rows().where(mine).order_by(ALERT_RUNS.c.period.desc(), ALERT_RUNS.c.id).limit(most))
    return [run for row in rows if (run := _run(row)) is not None]


def read_newest_runs(connection: Connection, recipient: Recipient) -> dict[str, AlertRun]:
    """Return each alert's newest outcome for a recipient, by the alert's ID. Damaged rows are omitted."""
    mine = _is_of(ALERT_RUNS, recipient)
    newest = select(ALERT_RUNS.c.alert, func.max(ALERT_RUNS.c.period)).where(mine).group_by(ALERT_RUNS.c.alert)
    rows = connection.execute(_rows().where(mine, tuple_(ALERT_RUNS.c.alert, ALERT_RUNS.c.period).in_(newest)))
    return {run.alert: run for row in rows if (run := _run(row)) is not None}


def read_alerts_fired(connection: Connection, recipient: Recipient, since: datetime) -> set[str]:
    """Return the IDs of alerts that have fired for a recipient since a moment."""
    has_fired = (ALERT_RUNS.c.outcome == "fired") & (ALERT_RUNS.c.at > since)
    rows = connection.execute(select(ALERT_RUNS.c.alert).distinct().where(_is_of(ALERT_RUNS, recipient), has_fired))
    return set(rows.scalars())


def forget_runs(transaction: Transaction, *, most: int = 5_000) -> int:
    """Delete up to `most` rows older than `KEPT`, and return how many were deleted."""
    old = select(ALERT_RUNS.c.id).where(ALERT_RUNS.c.at < transaction.now - KEPT).limit(most)
    return transaction.connection.execute(delete(ALERT_RUNS).where(ALERT_RUNS.c.id.in_(old))).rowcount


def forget_reader(transaction: Transaction, subject: str) -> None:
    """Delete alerts' outcomes for a person, and their memory about that person."""
    for table in (ALERT_RUNS, ALERT_READERS):
        transaction.connection.execute(delete(table).where(_is_of(table, Recipient(kind="person", id=subject))))


# Readers


def read_reader(connection: Connection, alert: str, recipient: Recipient) -> AlertReader:
    """Return an alert's memory about a recipient. A damaged memory counts as empty."""
    days = type_coerce(ALERT_READERS.c.snoozed_until, NullType()), type_coerce(ALERT_READERS.c.ended_at, NullType())
    columns = ALERT_READERS.c.memory, days[0].label("snoozed_until"), days[1].label("ended_at")
    row = connection.execute(select(*columns).where(_of(ALERT_READERS, alert, recipient))).one_or_none()
    if row is None:
        return AlertReader()
    ended_at = parse_moment(row.ended_at)
    if row.ended_at is not None and ended_at is None:
        ended_at = datetime.max.replace(tzinfo=UTC)  # an end that can't be read still counts
    return AlertReader(memory=_memory(row.memory), snoozed_until=parse_day(row.snoozed_until), ended_at=ended_at)


def read_readers(connection: Connection, recipient: Recipient) -> dict[str, AlertReader]:
    """Return each alert's memory about a recipient, by the alert's ID."""
    ids = connection.execute(select(ALERT_READERS.c.alert).where(_is_of(ALERT_READERS, recipient))).scalars()
    return {str(id_): read_reader(connection, str(id_), recipient) for id_ in list(ids)}


def keep_memory(transaction: Transaction, alert: str, recipient: Recipient, memory: Memory) -> None:
    """Save an alert's memory about a recipient."""
    _put(transaction, alert, recipient, memory=_memory_text(memory))


def snooze_reader(transaction: Transaction, alert: str, recipient: Recipient, until: date | None) -> None:
    """Snooze an alert for one recipient until a day, or end the snooze if `until` is None."""
    _put(transaction, alert, recipient, snoozed_until=until)


def end_reader(transaction: Transaction, alert: str, recipient: Recipient) -> None:
    """Unsubscribe a recipient from an alert, at their own request."""
    _put(transaction, alert, recipient, ended_at=transaction.now)


def begin_reader_again(transaction: Transaction, alert: str, recipient: Recipient) -> None:
    """Subscribe a recipient again after they unsubscribed."""
    _put(transaction, alert, recipient, ended_at=None)


def forget_memories(transaction: Transaction, alert: str) -> None:
    """Clear an alert's memory about everyone, such as after a change to its rule."""
    values = update(ALERT_READERS).where(ALERT_READERS.c.alert == alert).values(memory="")
    transaction.connection.execute(values)


def _put(transaction: Transaction, alert: str, recipient: Recipient, **values: object) -> None:
    key = {"alert": alert, "recipient_kind": recipient.kind, "recipient": recipient.id}
    empty = {"memory": "", "snoozed_until": None, "ended_at": None}
    if not insert_if_missing(transaction.connection, ALERT_READERS, {**key, **empty, **values}):
        chosen = _of(ALERT_READERS, alert, recipient)
        transaction.connection.execute(update(ALERT_READERS).where(chosen).values(**values))


def _of(table: Table, alert: str, recipient: Recipient) -> Any:  # Any: a condition on either table
    return (table.c.alert == alert) & _is_of(table, recipient)


def _is_of(table: Table, recipient: Recipient) -> Any:  # Any: a condition on either table
    return (table.c.recipient_kind == recipient.kind) & (table.c.recipient == recipient.id)


def _values(judgement: Judgement) -> dict[str, object]:
    numbers = {"value": judgement.value, "low": judgement.low, "high": judgement.high}
    return {
        **{name: one if one is not None and math.isfinite(one) else None for name, one in numbers.items()},
        "outcome": judgement.outcome, "side": judgement.side, "days": judgement.days,
        "is_final": int(judgement.is_final), "until": judgement.until, "why": storable(judgement.why)[:LONGEST_WHY],
    }  # fmt: skip


_COERCED: Final = ("period", "until", "at", "value", "low", "high")


def _rows() -> Any:  # Any: the table's columns, each with its own type
    return select(
        *(
            type_coerce(column, NullType()).label(column.name) if column.name in _COERCED else column
            for column in ALERT_RUNS.c
        )
    )


def _run(row: Row[Any]) -> AlertRun | None:  # Any: SQLite can contain anything
    period, at = parse_day(row.period), parse_moment(row.at)
    is_known = row.outcome in get_args(Outcome) and row.side in get_args(Side)
    if period is None or at is None or not is_known or row.recipient_kind not in ("person", "destination"):
        return None
    judgement = Judgement(
        period=period,
        outcome=row.outcome,
        why=str(row.why),
        side=row.side,
        value=_number(row.value),
        low=_number(row.low),
        high=_number(row.high),
        until=parse_day(row.until),
        is_final=bool(row.is_final),
        days=row.days if isinstance(row.days, int) else 0,
    )
    recipient = Recipient(kind=row.recipient_kind, id=str(row.recipient))
    return AlertRun(
        id=row.id, alert=row.alert, recipient=recipient, judgement=judgement, receipt=str(row.receipt), at=at
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _memory_text(memory: Memory) -> str:
    days = {name: getattr(memory, name) for name in _MEMORY_DAYS}
    texts = {name: day.isoformat() for name, day in days.items() if day is not None}
    return json.dumps({**texts, "normal": memory.normal})


_MEMORY_DAYS: Final = ("open_since", "last_fired", "counted", "settled_to")


def _memory(text: object) -> Memory:
    try:
        data: object = json.loads(text) if isinstance(text, str) and text else {}
    except (ValueError, RecursionError):
        return Memory()
    fields = cast(Mapping[str, object], data) if isinstance(data, dict) else {}
    days = {name: parse_day(fields.get(name)) for name in _MEMORY_DAYS}
    normal = fields.get("normal")
    if isinstance(normal, bool) or not isinstance(normal, int) or normal < 0:
        normal = 0
    return Memory(normal=normal, **days)
