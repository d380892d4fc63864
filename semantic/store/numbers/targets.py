"""Targets that people set: a value for a metric and its days, optionally for one member of a dimension.

Every change is stored with its author. The store has everyone's targets, and `semantic.targets.target` decides who can
see which under their policy.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    and_,
    func,
    insert,
    select,
    update,
)

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.policy.members import Member
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata, storable
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.targets.target import Target

MOST_TARGETS: Final = 10_000
LONGEST_MEMBER: Final = 200
LARGEST: Final = Decimal(10) ** 15
DECIMALS: Final = 4
CHANGED: Final = "Someone else changed this target. Reload it, then try again."
_REMOVED: Final = ""
_WIDTH: Final = 260

TARGETS: Final = Table(
    "targets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("metric", String(200), nullable=False, index=True),
    Column("dim", String(200), nullable=False),  # "" is everything
    Column("member", String(_WIDTH), nullable=False),  # JSON: null is no value; "" without a dimension
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("value", String(40), nullable=False),  # exact digits; "" once removed
    Column("author", String(32), nullable=False),  # a subject: who set it last
    Column("changed_at", Instant, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    UniqueConstraint("metric", "dim", "member", "first", "last", name="uq_targets_metric_dim_member_first_last"),
)

TARGET_VERSIONS: Final = Table(
    "target_versions",
    metadata,
    Column("target", String(32), ForeignKey("targets.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("value", String(40), nullable=False),
    Column("author", String(32), nullable=False),
    Column("set_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTarget:
    """A target in the store. `version` increases with each change."""

    id: str
    target: Target
    version: int
    author: str = ""  # a subject
    author_name: str  # "" if they have left
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetVersion:
    """A past value of a target. It is None if the target was removed."""

    number: int
    value: Decimal | None
    author_name: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class SavedCounts:
    """The numbers of saved targets that are new, that changed, and that already had the same value."""

    added: int
    changed: int
    same: int


# Reading


def list_targets(connection: Connection, *, metric: str = "") -> list[StoredTarget]:
    """Return all targets, or those of one metric, sorted by metric, member and days."""
    wanted = TARGETS.c.value != _REMOVED
    if metric:
        wanted = and_(wanted, TARGETS.c.metric == metric)
    order = (TARGETS.c.metric, TARGETS.c.dim, TARGETS.c.member, TARGETS.c.first, TARGETS.c.last)
    return [
        _stored_target(row) for row in connection.execute(_heads().where(wanted).order_by(*order).limit(MOST_TARGETS))
    ]


def find_target(connection: Connection, target: str) -> StoredTarget | None:
    """Return the target with this ID, or None."""
    wanted = and_(TARGETS.c.id == target, TARGETS.c.value != _REMOVED)
    row = connection.execute(_heads().where(wanted)).one_or_none() if target.isascii() else None
    return _stored_target(row) if row is not None else None


def read_target_versions(connection: Connection, target: str) -> list[TargetVersion]:
    """Return the past values of a target, newest first, even if it was removed."""
    rows = connection.execute(
        select(TARGET_VERSIONS, PEOPLE.c.name.label("author_name"))
        .outerjoin(PEOPLE, PEOPLE.c.subject == TARGET_VERSIONS.c.author)
        .where(TARGET_VERSIONS.c.target == target)
        .order_by(TARGET_VERSIONS.c.number.desc())
    )
    return [
        TargetVersion(
            number=row.number,
            value=_number(row.value),
            author_name=row.author_name or "",
            set_at=row.set_at,
        )
        for row in rows
    ]


# Writing


def keep_targets(transaction: Transaction, targets: Iterable[Target], actor: Actor, keys: Keys) -> SavedCounts:
    """Save these targets, replacing previous values. Raises NotAllowed, and InvalidQuery if one can't be saved.

    If two have the same metric, member and days, the later one is saved. Either all are saved or none.
    """
    check_may_set(actor)
    wanted = {_place(target): (target, _text(target)) for target in targets}
    known = _stored_by_place(transaction.connection, [target for target, _ in wanted.values()])
    counts = {"added": 0, "changed": 0, "same": 0}
    author = subject_of(transaction, actor.id, actor.name)
    for place, (target, text) in wanted.items():
        row = known.get(place)
        if row is not None and row.value == text:
            counts["same"] += 1
            continue
        counts["changed" if row is not None and row.value != _REMOVED else "added"] += 1
        _set(transaction, target, text, row, author)
    _check_room(transaction.connection)
    _record_saved(transaction, [target for target, _ in wanted.values()], counts, actor, keys)
    return SavedCounts(**counts)


def change_target(transaction: Transaction, kept: StoredTarget, value: Decimal, actor: Actor, keys: Keys) -> None:
    """Change a target's value, unless the target has changed since it was read as `kept`.

    Raises NotAllowed, InvalidQuery, ChangedMeanwhile.
    """
    check_may_set(actor)
    target = replace(kept.target, value=value)
    _put(transaction, kept.id, _text(target), kept.version, subject_of(transaction, actor.id, actor.name))
    texts: dict[str, Plain] = {**_log_details(target), "before": _text(kept.target)}
    record(transaction, Act(kind="target.changed", actor=actor, about=_about(target), details=texts), keys)


def remove_target(transaction: Transaction, kept: StoredTarget, actor: Actor, keys: Keys) -> None:
    """Remove a target, unless it has changed since it was read as `kept`. `restore_target` undoes this.

    Raises NotAllowed, ChangedMeanwhile.
    """
    check_may_set(actor)
    _put(transaction, kept.id, _REMOVED, kept.version, subject_of(transaction, actor.id, actor.name))
    record(
        transaction,
        Act(kind="target.removed", actor=actor, about=_about(kept.target), details=_log_details(kept.target)),
        keys,
    )


def restore_target(transaction: Transaction, kept: StoredTarget, actor: Actor, keys: Keys) -> None:
    """Restore a removed target with the values in `kept`, unless someone has changed it since.

    Raises NotAllowed, InvalidQuery, ChangedMeanwhile.
    """
    check_may_set(actor)
    author = subject_of(transaction, actor.id, actor.name)
    meanwhile = "Someone else has set this target since, so it isn't restored. The current one stays."
    _put(transaction, kept.id, _text(kept.target), kept.version + 1, author, changed=meanwhile)
    _check_room(transaction.connection)
    act = Act(kind="target.set", actor=actor, about=_about(kept.target), details=_log_details(kept.target))
    record(transaction, act, keys)


def check_may_set(actor: Actor) -> None:
    """Raise NotAllowed if someone can't set targets. Everyone can read targets, as they can read definitions."""
    if not may_set(actor):
        raise NotAllowed("Only stewards can set targets. Ask one of them.")


def may_set(actor: Actor) -> bool:
    """Whether someone can set targets. No one can while viewing as someone else."""
    return not actor.only_looks and actor.is_at_least("steward")


# Helpers


def _heads() -> Any:  # Any: a select of more columns than its type has room for
    return select(TARGETS, PEOPLE.c.name.label("author_name")).outerjoin(PEOPLE, PEOPLE.c.subject == TARGETS.c.author)


def _stored_target(row: Row[Any]) -> StoredTarget:  # Any: a row of any columns
    target = Target(
        metric=row.metric,
        dim=row.dim,
        member=_member(row.member),
        first=row.first,
        last=row.last,
        value=_number(row.value) or Decimal(0),
    )
    return StoredTarget(
        id=row.id,
        target=target,
        version=row.version,
        author=row.author,
        author_name=row.author_name or "",
        changed_at=row.changed_at,
    )


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _member(text: str) -> Member:
    document = json.loads(text) if text else None
    return document if document is None or isinstance(document, str | int | bool) else None


Place = tuple[str, str, str, object, object]


def _place(target: Target) -> Place:
    """Return the values that uniquely identify a target. Raises InvalidQuery if the target can't be saved."""
    if target.last < target.first:
        raise InvalidQuery(f"The end date {target.last} is before the start date {target.first}. Swap them.")
    if isinstance(target.member, str) and len(target.member) > LONGEST_MEMBER:
        raise InvalidQuery(f"The value {target.member[:20]!r}… is longer than {LONGEST_MEMBER} characters.")
    member = json.dumps(target.member, ensure_ascii=False) if target.dim else ""
    if len(member) > _WIDTH or storable(member) != member:
        raise InvalidQuery("The target's value has invalid characters, so it can't be saved.")
    return target.metric, target.dim, member, target.first, target.last


def _text(target: Target) -> str:
    """Return a target's value as digits. Raises InvalidQuery if it isn't a number."""
    if not target.value.is_finite() or abs(target.value) >= LARGEST:
        raise InvalidQuery(f"A target must be below {LARGEST:,}. Use a smaller number.")
    if target.value != round(target.value, DECIMALS):
        raise InvalidQuery(f"A target can have at most {DECIMALS} decimals. Round it.")
    text = f"{target.value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) if target.value else "0"


def _stored_by_place(
    connection: Connection, targets: Sequence[Target]
) -> dict[Place, Row[Any]]:  # Any: a row of any columns
    """Return the stored targets of the same metrics, including removed ones, by the values that identify a target."""
    found_rows: dict[Place, Row[Any]] = {}
    metrics = sorted({target.metric for target in targets})
    for start in range(0, len(metrics), 500):
        rows = connection.execute(select(TARGETS).where(TARGETS.c.metric.in_(metrics[start : start + 500])))
        found_rows |= {(row.metric, row.dim, row.member, row.first, row.last): row for row in rows}
    return found_rows


def _set(transaction: Transaction, target: Target, text: str, row: Row[Any] | None, author: str) -> None:
    if row is not None:
        _put(transaction, row.id, text, row.version, author)
        return
    metric, dim, member, first, last = _place(target)
    made = {"id": secrets.token_hex(16), "metric": metric, "dim": dim, "member": member, "first": first, "last": last}
    made |= {"value": text, "author": author, "changed_at": transaction.now, "version": 1}
    transaction.connection.execute(insert(TARGETS).values(**made))
    _add_version(transaction, str(made["id"]), 1, text, author)


def _put(
    transaction: Transaction, target: str, text: str, version: int, author: str, *, changed: str = CHANGED
) -> None:
    """Save a target if it is still at `version`. Otherwise, raise ChangedMeanwhile with the message `changed`."""
    at: ColumnElement[bool] = and_(TARGETS.c.id == target, TARGETS.c.version == version)
    rows = transaction.connection.execute(
        update(TARGETS).where(at).values(value=text, author=author, changed_at=transaction.now, version=version + 1)
    )
    if rows.rowcount != 1:
        raise ChangedMeanwhile(changed)
    _add_version(transaction, target, version + 1, text, author)


def _add_version(transaction: Transaction, target: str, number: int, text: str, author: str) -> None:
    row = {"target": target, "number": number, "value": text, "author": author, "set_at": transaction.now}
    transaction.connection.execute(insert(TARGET_VERSIONS).values(**row))


def _check_room(connection: Connection) -> None:
    count = connection.execute(
        select(func.count()).select_from(TARGETS).where(TARGETS.c.value != _REMOVED)
    ).scalar_one()
    if count > MOST_TARGETS:
        raise InvalidQuery(
            f"There can be at most {MOST_TARGETS:,} targets. Remove old ones first. None of these was saved."
        )


def _record_saved(
    transaction: Transaction, targets: Sequence[Target], counts: dict[str, int], actor: Actor, keys: Keys
) -> None:
    if len(targets) == 1:
        act = Act(kind="target.set", actor=actor, about=_about(targets[0]), details=_log_details(targets[0]))
        record(transaction, act, keys)
    else:
        details: dict[str, Plain] = {**counts, "count": len(targets)}
        record(transaction, Act(kind="target.imported", actor=actor, about="targets", details=details), keys)


def _about(target: Target) -> str:
    return f"metric:{target.metric}"[:200]


def _log_details(target: Target) -> dict[str, Plain]:
    details: dict[str, Plain] = {
        "from": target.first.isoformat(),
        "to": target.last.isoformat(),
        "value": _text(target),
    }
    return details | ({"dimension": target.dim, "member": target.member} if target.dim else {})
