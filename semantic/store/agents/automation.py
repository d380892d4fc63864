"""The automation log: when flows, bidding, AI features and agents were launched, changed, paused or ended.

Stewards add entries, so that people can compare results with what was running. Entries say what happened on a day, not
who did it. After an entry's author is erased, the entry has no author.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, cast

from sqlalchemy import Column, Connection, Date, Integer, RowMapping, String, Table, Text, func, insert, select, update

from semantic.annotations.remarks import AUTOMATION, Remark
from semantic.errors import ChangedMeanwhile, InvalidQuery
from semantic.policy.actor import Actor
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata, storable
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"flow": "Flow", "bidding": "Bidding automation", "ai_feature": "AI feature", "agent": "Agent", "other": "Other"}
)
"""The kinds of automation, with their labels on pages."""
CHANGES: Final[Mapping[str, str]] = MappingProxyType(
    {"launched": "Launched", "changed": "Changed", "paused": "Paused", "ended": "Ended"}
)
LONGEST_NAME: Final = 120
LONGEST_CONCERNS: Final = 200
LONGEST_NOTE: Final = 400
MOST: Final = 5_000
AHEAD: Final = timedelta(days=366)

AUTOMATIONS: Final = Table(
    "automations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("change", String(20), nullable=False),
    Column("day", Date, nullable=False, index=True),
    Column("concerns", Text, nullable=False),  # markets or channels, as text; "" is everything
    Column("owner", Text, nullable=False),  # the person or team that runs it, as text
    Column("note", Text, nullable=False),
    Column("author", String(32), nullable=False, index=True),  # a subject
    Column("written_at", Instant, nullable=False),
    Column("removed_at", Instant),
    Column("revision", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """A change to an automation on a day. `concerns` names markets or channels, or is "" for all."""

    kind: str
    name: str
    change: str
    day: date
    concerns: str = ""
    owner: str = ""
    note: str = ""

    @property
    def words(self) -> str:
        """The change as a short text: `Bidding automation Smart bids: launched`."""
        kind = KINDS.get(self.kind, KINDS["other"])
        named = self.name if self.kind == "other" else f"{kind} {self.name}"
        about = f" ({self.concerns})" if self.concerns else ""
        return f"{named}: {CHANGES.get(self.change, self.change).lower()}{about}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAutomation:
    """An entry in the store. `author_name` is "" if the author was erased."""

    id: str
    automation: Automation
    author_name: str
    written_at: datetime
    revision: int


def read_automations(connection: Connection) -> list[StoredAutomation]:
    """Return all entries, latest day first."""
    named = select(AUTOMATIONS, PEOPLE.c.name.label("author_name")).outerjoin(
        PEOPLE, PEOPLE.c.subject == AUTOMATIONS.c.author
    )
    order = (AUTOMATIONS.c.day.desc(), AUTOMATIONS.c.written_at.desc(), AUTOMATIONS.c.id)
    rows = connection.execute(cast("Any", named).where(AUTOMATIONS.c.removed_at.is_(None)).order_by(*order))
    return [
        StoredAutomation(
            id=row["id"],
            automation=_automation(row),
            author_name=row["author_name"] or "",
            written_at=row["written_at"],
            revision=row["revision"],
        )
        for row in rows.mappings()
    ]


def read_automation_remarks(
    connection: Connection, *, first: date | None, end: date | None
) -> list[tuple[str, Remark]]:
    """Return the entries for the days [first, end) as remarks for charts, with their IDs. None means no limit.

    Entries about particular markets or channels are only for people who see every row of the chart's numbers, because
    an entry's text can't be checked against row rules.
    """
    wanted = [AUTOMATIONS.c.removed_at.is_(None)]
    wanted += [AUTOMATIONS.c.day >= first] if first is not None else []
    wanted += [AUTOMATIONS.c.day < end] if end is not None else []
    found = list[tuple[str, Remark]]()
    for row in connection.execute(select(AUTOMATIONS).where(*wanted)).mappings():
        entry = _automation(row)
        remark = Remark(first=entry.day, last=entry.day, text=entry.words, kind=AUTOMATION, whole=bool(entry.concerns))
        found.append((f"automation-{row['id']}", remark))
    return found


def add_automation(transaction: Transaction, keys: Keys, entry: Automation, actor: Actor) -> str:
    """Add an entry, and return its ID. The caller checks the actor's rights. Raises InvalidQuery."""
    row = _row(entry, transaction.now.date())
    current = select(func.count()).select_from(AUTOMATIONS).where(AUTOMATIONS.c.removed_at.is_(None))
    if transaction.connection.execute(current).scalar_one() >= MOST:
        raise InvalidQuery(f"The log has {MOST:,} entries, which is the limit. Remove old ones first.")
    id_ = secrets.token_hex(8)
    row |= {"id": id_, "author": subject_of(transaction, actor.id, actor.name), "revision": 1}
    transaction.connection.execute(insert(AUTOMATIONS).values(**row, written_at=transaction.now, removed_at=None))
    _record(transaction, keys, "noted", id_, entry, actor)
    return id_


def change_automation(
    transaction: Transaction, keys: Keys, kept: StoredAutomation, entry: Automation, actor: Actor
) -> None:
    """Correct an entry. Raises InvalidQuery, ChangedMeanwhile."""
    _update(transaction, kept, _row(entry, transaction.now.date()))
    _record(transaction, keys, "changed", kept.id, entry, actor)


def remove_automation(transaction: Transaction, keys: Keys, kept: StoredAutomation, actor: Actor) -> None:
    """Remove an entry for everyone. Raises ChangedMeanwhile."""
    _update(transaction, kept, {"removed_at": transaction.now})
    _record(transaction, keys, "removed", kept.id, kept.automation, actor)


def note_export(transaction: Transaction, keys: Keys, count: int, actor: Actor) -> None:
    """Record in the audit log that someone exported the automation log."""
    record(
        transaction, Act(kind="automation.exported", actor=actor, about="automation", details={"entries": count}), keys
    )


def _update(transaction: Transaction, kept: StoredAutomation, values: Mapping[str, object]) -> None:
    current = AUTOMATIONS.c.removed_at.is_(None) & (AUTOMATIONS.c.revision == kept.revision)
    changed = update(AUTOMATIONS).where(AUTOMATIONS.c.id == kept.id, current)
    if transaction.connection.execute(changed.values(**values, revision=kept.revision + 1)).rowcount != 1:
        raise ChangedMeanwhile("Someone else changed this entry. Reload the page, then try again.")


def _automation(row: RowMapping) -> Automation:
    return Automation(
        kind=row["kind"] if row["kind"] in KINDS else "other",
        name=row["name"],
        change=row["change"] if row["change"] in CHANGES else "changed",
        day=row["day"],
        concerns=row["concerns"],
        owner=row["owner"],
        note=row["note"],
    )


def _row(entry: Automation, today: date) -> dict[str, object]:
    """Return an entry as columns for the store. Raises InvalidQuery if the entry can't be saved."""
    if entry.kind not in KINDS or entry.change not in CHANGES:
        raise InvalidQuery("The kind or change of this entry is unknown. Choose both from the lists.")
    if entry.day > today + AHEAD:
        raise InvalidQuery("The day is more than a year ahead. Choose an earlier one.")
    texts = {
        "name": ("A name", entry.name, LONGEST_NAME),
        "concerns": ("The markets or channels", entry.concerns, LONGEST_CONCERNS),
        "owner": ("The owner", entry.owner, LONGEST_NAME),
        "note": ("A note", entry.note, LONGEST_NOTE),
    }
    row: dict[str, object] = {"kind": entry.kind, "change": entry.change, "day": entry.day}
    for column, (what, text, longest) in texts.items():
        line = " ".join(storable(text).split())
        if len(line) > longest:
            raise InvalidQuery(f"{what} can have at most {longest} characters, and this has {len(line)}. Shorten it.")
        row[column] = line
    if not row["name"]:
        raise InvalidQuery("Name the automation, for example “Abandoned cart flow”.")
    return row


def _record(transaction: Transaction, keys: Keys, verb: str, id_: str, entry: Automation, actor: Actor) -> None:
    kind = KINDS[entry.kind] if entry.kind in ("ai_feature",) else KINDS[entry.kind].lower()
    personal: dict[str, Plain] = {"name": storable(entry.name).strip()[:LONGEST_NAME], "kind": kind}
    personal |= {"change": entry.change, "day": entry.day.isoformat()}
    act = Act(kind=f"automation.{verb}", actor=actor, about=f"automation:{id_}", personal=personal)
    record(transaction, act, keys)
