"""Reconciliations in the store, and their results.

A result can be a reason to certify a metric, so reconciliations and results are sealed. Write access to the store isn't
enough to make a metric look reconciled. Rows with an invalid seal don't count.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Integer,
    Row,
    String,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from semantic.errors import ChangedMeanwhile, InvalidQuery
from semantic.policy.actor import Actor
from semantic.reconciliation.setup import Setup, setup_from_json, setup_to_json
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata, parse_day, parse_moment, storable
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of

MOST_RECONCILIATIONS: Final = 200

RECONCILIATIONS: Final = Table(
    "reconciliations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal", String(64), nullable=False),
    Column("owner", String(32), nullable=False, index=True),  # a subject
    Column("metric", String(200), nullable=False, index=True),  # the setup's, for searching
    Column("content", Text, nullable=False),  # the setup as JSON
    Column("removed_at", Instant),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
)
RECONCILIATION_RESULTS: Final = Table(
    "reconciliation_results",
    metadata,
    Column("reconciliation", String(32), primary_key=True),
    Column("month", Date, primary_key=True),
    Column("seal", String(64), nullable=False),
    Column("digest", String(64), nullable=False),  # of the setup that was compared
    Column("content", Text, nullable=False),  # the numbers as JSON
    Column("compared_by", String(32), nullable=False),  # a subject
    Column("compared_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReconciliation:
    """A reconciliation in the store. `owner_id` and `owner_name` are "" if the owner was erased."""

    id: str
    owner: str
    owner_id: str
    owner_name: str
    setup: Setup
    made_at: datetime
    changed_at: datetime
    revision: int
    is_sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthResult:
    """The result of the last comparison for a month.

    `is_whole` means that the comparison covered all rows. `meaning` is the digest of the definitions it used, and
    `receipts` belong to the questions it asked.
    """

    month: date
    ours: Fraction
    theirs: Fraction
    unexplained: Fraction
    tolerance: Fraction
    is_whole: bool
    meaning: str
    receipts: tuple[str, ...]
    at: datetime

    @property
    def off(self) -> Fraction | None:
        """The unexplained share of the platform's number, or None if there is no number."""
        return abs(self.unexplained / self.theirs) if self.theirs else None

    @property
    def is_within(self) -> bool:
        return self.off is not None and self.off <= self.tolerance


# Changing: the caller has checked that the actor can


def make_reconciliation(transaction: Transaction, keys: Keys, setup: Setup, actor: Actor) -> str:
    """Add a reconciliation, and return its ID. Raises InvalidQuery."""
    current = select(func.count()).select_from(RECONCILIATIONS).where(RECONCILIATIONS.c.removed_at.is_(None))
    if transaction.connection.execute(current).scalar_one() >= MOST_RECONCILIATIONS:
        raise InvalidQuery(f"There are {MOST_RECONCILIATIONS} reconciliations, which is the limit. Remove one first.")
    id_ = secrets.token_hex(8)
    row: dict[str, object] = {"id": id_, "owner": subject_of(transaction, actor.id, actor.name), **_content(setup)}
    row |= {"removed_at": None, "made_at": transaction.now, "changed_at": transaction.now, "revision": 1}
    transaction.connection.execute(insert(RECONCILIATIONS).values(**row, seal=_seal(keys, row)))
    _record(transaction, keys, "made", id_, setup, actor)
    return id_


def change_reconciliation(
    transaction: Transaction, keys: Keys, kept: StoredReconciliation, setup: Setup, actor: Actor
) -> None:
    """Change the setup of a reconciliation. Earlier results no longer count. Raises ChangedMeanwhile, InvalidQuery."""
    _write(transaction, keys, kept, _content(setup))
    _record(transaction, keys, "changed", kept.id, setup, actor)


def remove_reconciliation(transaction: Transaction, keys: Keys, kept: StoredReconciliation, actor: Actor) -> None:
    """Remove a reconciliation with its results. Raises ChangedMeanwhile."""
    _write(transaction, keys, kept, {"removed_at": transaction.now})
    gone = RECONCILIATION_RESULTS.c.reconciliation == kept.id
    transaction.connection.execute(RECONCILIATION_RESULTS.delete().where(gone))
    _record(transaction, keys, "removed", kept.id, kept.setup, actor)


def keep_results(
    transaction: Transaction, keys: Keys, kept: StoredReconciliation, results: Sequence[MonthResult], actor: Actor
) -> None:
    """Save the results for these months, replacing earlier ones. Raises ChangedMeanwhile."""
    present = find_reconciliation(transaction.connection, keys, kept.id)
    if present is None or not present.is_sealed or present.revision != kept.revision:
        raise ChangedMeanwhile("Someone else changed this reconciliation. Reload it, then try again.")
    me, digest = subject_of(transaction, actor.id, actor.name), _digest(kept.setup)
    for result in results:
        content: dict[str, object] = {
            "ours": str(result.ours),
            "theirs": str(result.theirs),
            "unexplained": str(result.unexplained),
            "tolerance": str(result.tolerance),
            "is_whole": result.is_whole,
            "meaning": result.meaning,
            "receipts": list(result.receipts),
            "at": transaction.now.isoformat(timespec="seconds"),
        }
        row: dict[str, object] = {"reconciliation": kept.id, "month": result.month, "digest": digest}
        row |= {"content": json.dumps(content), "compared_by": me, "compared_at": transaction.now}
        chosen = RECONCILIATION_RESULTS.c.reconciliation == kept.id
        chosen &= RECONCILIATION_RESULTS.c.month == result.month
        transaction.connection.execute(RECONCILIATION_RESULTS.delete().where(chosen))
        transaction.connection.execute(insert(RECONCILIATION_RESULTS).values(**row, seal=_seal_result(keys, row)))
    _record(transaction, keys, "compared", kept.id, kept.setup, actor)


# Reading


def find_reconciliation(connection: Connection, keys: Keys, id_: str) -> StoredReconciliation | None:
    """Return a reconciliation that isn't removed, or None if it doesn't exist or its row is damaged."""
    chosen = (RECONCILIATIONS.c.id == id_) & RECONCILIATIONS.c.removed_at.is_(None)
    row = connection.execute(_rows().where(chosen)).one_or_none() if _is_id(id_) else None
    return _reconciliation(row, keys) if row is not None else None


def read_reconciliations(connection: Connection, keys: Keys, *, metric: str = "") -> list[StoredReconciliation]:
    """Return the reconciliations that aren't removed, oldest first, for all metrics or one.

    Damaged rows are omitted.
    """
    rows = _rows().where(RECONCILIATIONS.c.removed_at.is_(None))
    rows = rows.order_by(RECONCILIATIONS.c.made_at, RECONCILIATIONS.c.id)
    if metric:
        rows = rows.where(RECONCILIATIONS.c.metric == metric)
    return [kept for row in connection.execute(rows) if (kept := _reconciliation(row, keys)) is not None]


def read_results(connection: Connection, keys: Keys, kept: StoredReconciliation) -> list[MonthResult]:
    """Return each month's result with the current setup, newest month first.

    Results from an earlier setup, and rows that were changed outside Samepage, are omitted.
    """
    chosen = RECONCILIATION_RESULTS.c.reconciliation == kept.id
    table = RECONCILIATION_RESULTS
    rows = connection.execute(select(*_as_they_are(table)).where(chosen).order_by(table.c.month.desc()))
    digest = _digest(kept.setup)
    results: list[MonthResult] = []
    for row in rows:
        month = parse_day(row.month)
        if month is None or row.digest != digest:
            continue
        seal = _seal_result(keys, _named(row, table) | {"month": month})
        if not hmac.compare_digest(seal.encode(), str(row.seal).encode()):
            continue
        content: dict[str, Any] = json.loads(row.content)  # Any: JSON that was sealed here
        results.append(
            MonthResult(
                month=month,
                ours=Fraction(content["ours"]),
                theirs=Fraction(content["theirs"]),
                unexplained=Fraction(content["unexplained"]),
                tolerance=Fraction(content["tolerance"]),
                is_whole=bool(content["is_whole"]),
                meaning=str(content["meaning"]),
                receipts=tuple(content["receipts"]),
                at=datetime.fromisoformat(content["at"]),
            )
        )
    return results


def _content(setup: Setup) -> dict[str, object]:
    content = setup_to_json(setup)
    if storable(content) != content:
        raise InvalidQuery("The reconciliation has invalid characters, so it can't be saved.")
    setup_from_json(content)  # what can't be read again would be lost
    return {"metric": setup.metric, "content": content}


def _digest(setup: Setup) -> str:
    return sha256(setup_to_json(setup).encode()).hexdigest()


def _write(transaction: Transaction, keys: Keys, kept: StoredReconciliation, values: Mapping[str, object]) -> None:
    if not kept.is_sealed and "removed_at" not in values:
        raise InvalidQuery("This reconciliation was changed outside Samepage. Remove it, and create it again.")
    connection = transaction.connection
    chosen = (RECONCILIATIONS.c.id == kept.id) & (RECONCILIATIONS.c.revision == kept.revision)
    changed = {**values, "revision": kept.revision + 1, "changed_at": transaction.now}
    if connection.execute(update(RECONCILIATIONS).where(chosen).values(**changed)).rowcount != 1:
        raise ChangedMeanwhile("Someone else changed this reconciliation. Reload it, then try again.")
    if kept.is_sealed:
        chosen = select(*_as_they_are(RECONCILIATIONS)).where(RECONCILIATIONS.c.id == kept.id)
        row = connection.execute(chosen).mappings().one()
        seal = _seal(keys, {str(key): value for key, value in row.items()})
        connection.execute(update(RECONCILIATIONS).where(RECONCILIATIONS.c.id == kept.id).values(seal=seal))


def _seal(keys: Keys, row: Mapping[str, Any]) -> str:
    texts = [str(row[key]) for key in ("id", "owner", "content")] + ["removed" if row["removed_at"] else ""]
    return keys.sign(b"reconciliation row", *(text.encode(errors="replace") for text in texts))


def _seal_result(keys: Keys, row: Mapping[str, Any]) -> str:
    texts = [str(row[key]) for key in ("reconciliation", "month", "digest", "content", "compared_by")]
    return keys.sign(b"reconciliation result", *(text.encode(errors="replace") for text in texts))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isalnum()


def _as_they_are(table: Table) -> list[Any]:  # Any: columns of any type
    """Return a table's columns with unconverted dates, because converting a damaged date would raise an error."""
    return [
        type_coerce(column, NullType()).label(column.name) if isinstance(column.type, (Instant, Date)) else column
        for column in table.c
    ]


def _named(row: Any, table: Table) -> dict[str, Any]:  # Any: SQLite can contain anything
    return {column.name: getattr(row, column.name) for column in table.c}


def _record(transaction: Transaction, keys: Keys, verb: str, id_: str, setup: Setup, actor: Actor) -> None:
    details: dict[str, Plain] = {"metrics": [setup.metric]}
    act = Act(kind=f"reconciliation.{verb}", actor=actor, about=f"reconciliation:{id_}", details=details)
    record(transaction, act, keys)


def _rows() -> Any:  # Any: the columns of two tables
    named = (PEOPLE.c.id.label("owner_id"), PEOPLE.c.name.label("owner_name"))
    return select(*_as_they_are(RECONCILIATIONS), *named).join_from(
        RECONCILIATIONS, PEOPLE, RECONCILIATIONS.c.owner == PEOPLE.c.subject, isouter=True
    )


def _reconciliation(row: Row[Any], keys: Keys) -> StoredReconciliation | None:  # Any: SQLite can contain anything
    try:
        setup = setup_from_json(str(row.content))
    except InvalidQuery:
        return None
    made_at, changed_at = parse_moment(row.made_at), parse_moment(row.changed_at)
    if made_at is None or changed_at is None:
        return None
    is_sealed = hmac.compare_digest(_seal(keys, _named(row, RECONCILIATIONS)).encode(), str(row.seal).encode())
    return StoredReconciliation(
        id=row.id,
        owner=row.owner,
        owner_id=row.owner_id or "",
        owner_name=row.owner_name or "",
        setup=setup,
        made_at=made_at,
        changed_at=changed_at,
        revision=row.revision,
        is_sealed=is_sealed and setup.metric == row.metric,
    )


# Restored stores


def read_ended_reconciliations(connection: Connection) -> tuple[Mapping[str, Any], ...]:  # Any: rows as they are
    """Return the rows of removed reconciliations, with their seals. Empty for a store without the table."""
    if not inspect(connection).has_table(RECONCILIATIONS.name):
        return ()
    # Without dates, which could be damaged: the seal says that a row is removed, not when.
    read = ("id", "owner", "metric", "content", "seal", "revision")
    gone = select(*(RECONCILIATIONS.c[name] for name in read)).where(RECONCILIATIONS.c.removed_at.is_not(None))
    return tuple(dict(row) for row in connection.execute(gone).mappings())


def end_reconciliations_again(transaction: Transaction, ended: Sequence[Mapping[str, Any]]) -> None:  # Any: as above
    """Remove reconciliations again in a restored store, with their results.

    The caller records this in the audit log.
    """
    for row in ended:
        values = {**row, "removed_at": transaction.now}
        transaction.connection.execute(
            update(RECONCILIATIONS).where(RECONCILIATIONS.c.id == row["id"]).values(**values)
        )
        found = RECONCILIATION_RESULTS.c.reconciliation == row["id"]
        transaction.connection.execute(RECONCILIATION_RESULTS.delete().where(found))
