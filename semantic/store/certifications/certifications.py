"""Acts on the certification of metrics and named analyses, in order and sealed. They are never changed or deleted.

A row decides whether people trust a number, so write access to the store isn't enough to certify a metric. If Samepage
didn't write one of its rows, a metric isn't certified until someone certifies it again.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, cast, get_args

from sqlalchemy import Column, Connection, Index, Integer, Row, String, Table, Text, func, inspect, select, type_coerce
from sqlalchemy.types import NullType

from semantic.errors import ChangedMeanwhile
from semantic.policy.actor import Actor
from semantic.store.audit.log import AUDIT, Act, Plain, record
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata, parse_moment, storable
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of

Deed = Literal["requested", "declined", "granted", "renewed", "revoked"]
ANALYSIS: Final = "analysis:"
"""The prefix of a named analysis's key in this table. A metric's key is its name, which has no colon."""
GIVES: Final[tuple[Deed, ...]] = ("granted", "renewed")
LONGEST_NOTE: Final = 500

CERTIFICATIONS: Final = Table(
    "certifications",
    metadata,
    Column("metric", String(200), primary_key=True),  # the name of a metric, or the key of an analysis
    Column("number", Integer, primary_key=True, autoincrement=False),  # increases for each metric
    Column("seal", String(64), nullable=False),  # a keyed digest of everything else, and of the seal before
    Column("deed", String(20), nullable=False),
    Column("by", String(32), nullable=False),  # a subject
    Column("at", Instant, nullable=False),
    Column("until", String(10), nullable=False),  # a day; "" if it gives nothing
    Column("meaning", String(64), nullable=False),  # the digest of what was certified; "" if it gives nothing
    Column("note", Text, nullable=False),
    Index("ix_certifications_at", "at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationAct:
    """An act on the certification of a metric. `by_id` and `by_name` are "" if the person was erased."""

    metric: str
    number: int
    deed: Deed
    by: str
    by_id: str
    by_name: str
    at: datetime
    until: date | None
    meaning: str
    note: str


@dataclass(frozen=True, slots=True)
class Acts:
    """The acts on one metric's certification, oldest first.

    If `is_sealed` is false, someone changed a row outside Samepage.
    """

    acts: tuple[CertificationAct, ...] = ()
    is_sealed: bool = True

    @property
    def decision(self) -> CertificationAct | None:
        """The last act that granted, renewed or revoked the certification."""
        return next((act for act in reversed(self.acts) if act.deed in (*GIVES, "revoked")), None)

    @property
    def request(self) -> CertificationAct | None:
        """The open request for certification, or None if it was decided or there is none."""
        last = self.acts[-1] if self.acts else None
        return last if last is not None and last.deed == "requested" else None


NONE: Final = Acts()


def add_act(
    transaction: Transaction,
    keys: Keys,
    metric: str,
    deed: Deed,
    actor: Actor,
    *,
    known: int,
    until: date | None = None,
    meaning: str = "",
    note: str = "",
    label: str = "",
) -> None:
    """Add an act by `actor`, who has seen `known` earlier acts. The caller checks the actor's rights.

    The audit log names an analysis by its `label`. Raises ChangedMeanwhile if someone else acted first.
    """
    row = {
        "metric": metric, "number": known + 1, "deed": deed, "by": subject_of(transaction, actor.id, actor.name),
        "at": transaction.now.replace(microsecond=0), "until": until.isoformat() if until else "", "meaning": meaning,
        "note": storable(note).strip()[:LONGEST_NOTE],
    }  # fmt: skip
    before = _last_seal(transaction.connection, metric, known)
    if before is None or not insert_if_missing(
        transaction.connection, CERTIFICATIONS, {**row, "seal": _seal(keys, row, before)}
    ):
        raise ChangedMeanwhile("Someone else changed this certification. Reload the page, then try again.")
    is_analysis = metric.startswith(ANALYSIS)
    details: dict[str, Plain] = (
        {"named": label or metric.removeprefix(ANALYSIS)} if is_analysis else {"metrics": [metric]}
    )
    details |= {"until": until.isoformat()} if until else {}
    personal: dict[str, Plain] = {"note": str(row["note"])} if row["note"] else {}
    act = Act(kind=f"certification.{deed}", actor=actor, about=_about(metric), details=details, personal=personal)
    record(transaction, act, keys)


def read_acts(connection: Connection, keys: Keys) -> Mapping[str, Acts]:
    """Return the acts on every metric's certification, by metric."""
    rows: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(_rows().order_by(CERTIFICATIONS.c.metric, CERTIFICATIONS.c.number)):
        rows.setdefault(row.metric, []).append(row)
    recorded = _recorded(connection)
    return {metric: _acts(rows.get(metric, ()), keys, recorded.get(metric, 0)) for metric in {**rows, **recorded}}


def read_acts_of(connection: Connection, keys: Keys, metric: str) -> Acts:
    """Return the acts on one metric's certification."""
    chosen = _rows().where(CERTIFICATIONS.c.metric == metric).order_by(CERTIFICATIONS.c.number)
    return _acts(connection.execute(chosen).all(), keys, _recorded(connection, metric).get(metric, 0))


def _recorded(connection: Connection, metric: str = "") -> dict[str, int]:
    """Return the number of acts on each metric that the audit log has.

    If someone removes a metric's last act, the seals of the others stay valid, but the log shows that the act existed.
    """
    chosen = select(AUDIT.c.about, func.count()).where(
        AUDIT.c.kind.in_([f"certification.{deed}" for deed in get_args(Deed)])
    )
    chosen = chosen.where(AUDIT.c.about == _about(metric)) if metric else chosen
    rows = connection.execute(chosen.group_by(AUDIT.c.about))
    return {str(row[0]).removeprefix("metric:"): int(row[1]) for row in rows}


def _about(metric: str) -> str:
    """Return a metric's or analysis's name in the audit log. For an analysis, that is its key."""
    return metric if metric.startswith(ANALYSIS) else f"metric:{metric}"


def read_acts_state(connection: Connection) -> tuple[int, str]:
    """Return the number of acts, and the time of the newest one as text. Every new act changes this pair."""
    newest = type_coerce(func.max(CERTIFICATIONS.c.at), NullType())
    row = connection.execute(select(func.count(), newest).select_from(CERTIFICATIONS)).one()
    return int(row[0]), str(row[1])


# Restored stores


def read_revoked(connection: Connection) -> tuple[Mapping[str, Any], ...]:  # Any: rows as they are
    """Return the last decision on each metric whose certification was revoked. Empty for a store without the table."""
    if not inspect(connection).has_table(CERTIFICATIONS.name):
        return ()
    decided = CERTIFICATIONS.c.deed.in_((*GIVES, "revoked"))
    last: dict[str, Mapping[str, Any]] = {}
    for row in connection.execute(select(CERTIFICATIONS).where(decided).order_by(CERTIFICATIONS.c.number)).mappings():
        last[row["metric"]] = dict(row)
    return tuple(row for row in last.values() if row["deed"] == "revoked")


def revoke_again(transaction: Transaction, keys: Keys, revoked: tuple[Mapping[str, Any], ...]) -> None:  # Any: as above
    """Revoke certifications again in a restored store. The caller records this in the audit log."""
    connection = transaction.connection
    for row in revoked:
        metric = str(row["metric"])
        of_it = CERTIFICATIONS.c.metric == metric
        known = list(connection.execute(select(CERTIFICATIONS.c.seal).where(of_it)).scalars())
        if row["seal"] in known:
            continue
        number = len(known)
        again = {**row, "number": number + 1}
        before = _last_seal(connection, metric, number) or ""
        insert_if_missing(connection, CERTIFICATIONS, {**again, "seal": _seal(keys, again, before)})


def _last_seal(connection: Connection, metric: str, known: int) -> str | None:
    """Return the seal of a metric's last act, "" if there are no acts. None if the last act's number isn't `known`."""
    chosen = select(CERTIFICATIONS.c.number, CERTIFICATIONS.c.seal).where(CERTIFICATIONS.c.metric == metric)
    last = connection.execute(chosen.order_by(CERTIFICATIONS.c.number.desc()).limit(1)).one_or_none()
    if (last.number if last else 0) != known:
        return None
    return str(last.seal) if last else ""


def _seal(keys: Keys, row: Mapping[str, object], before: str) -> str:
    moment = parse_moment(row["at"])
    texts = [str(row[name]) for name in ("metric", "number", "deed", "by", "until", "meaning", "note")]
    texts += [str(int(moment.timestamp())) if moment is not None else "", before]
    return keys.sign(b"certification", *(text.encode(errors="replace") for text in texts))


def _rows() -> Any:  # Any: the columns of two tables
    own = (
        type_coerce(column, NullType()).label(column.name) if column.name == "at" else column
        for column in CERTIFICATIONS.c
    )
    named = PEOPLE.c.id.label("by_id"), PEOPLE.c.name.label("by_name")
    return select(*own, *named).join_from(CERTIFICATIONS, PEOPLE, CERTIFICATIONS.c.by == PEOPLE.c.subject, isouter=True)


def _acts(rows: Any, keys: Keys, recorded: int) -> Acts:  # Any: SQLite can contain anything
    acts: list[CertificationAct] = []
    before = ""
    for place, row in enumerate(rows, start=1):
        at = parse_moment(row.at)
        seal = _seal(keys, {name: getattr(row, name) for name in CERTIFICATIONS.c.keys()}, before)  # noqa: SIM118
        until = _day(row.until)
        is_own = hmac.compare_digest(seal.encode(), str(row.seal).encode(errors="replace"))
        if not is_own or at is None or row.number != place or row.deed not in get_args(Deed):
            return Acts(tuple(acts), is_sealed=False)
        before = str(row.seal)
        acts.append(
            CertificationAct(
                metric=row.metric,
                number=row.number,
                deed=cast(Deed, row.deed),
                by=row.by,
                by_id=row.by_id or "",
                by_name=row.by_name or "",
                at=at,
                until=until,
                meaning=row.meaning,
                note=row.note,
            )
        )
    return Acts(tuple(acts), is_sealed=recorded <= len(acts))


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
