"""Read entries of the audit log, newest first, filtered by person, kind, item and days, a page at a time.

Rows aren't trusted. A damaged row is shown as damaged, and doesn't affect other rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from semantic.errors import InvalidQuery
from semantic.store.audit.checkpoints import read_checkpoint
from semantic.store.audit.log import (
    AGENT,
    AUDIT,
    NOTHING,
    Plain,
    is_agent,
    mac_of,
    parse_sealed,
    parse_words,
    place_of,
    sealed_entries,
)
from semantic.store.database import parse_moment
from semantic.store.keys import Keys, unseal
from semantic.store.people import PEOPLE, KeyHolder, read_key_holders

Seal = Literal["open", "erased", "damaged"]
Relation = Literal["viewed_by", "for_person", "through", ""]
_Words = Mapping[str, Plain]
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person in an entry, or the agent that asked on someone's behalf.

    `id` and `name` are from the time of the entry, or "" if they can't be read.
    """

    subject: str
    id: str = ""
    name: str = ""
    state: Literal["known", "erased", "damaged"]

    @property
    def words(self) -> str:
        """The person's name, without a job title after a comma."""
        if self.state == "erased":
            return "An erased person"
        return self.name.partition(", ")[0] or self.id or "Someone who can't be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act by `person`.

    `behind` is who else was involved: the person who viewed as `person` (viewed_by), the one they acted for
    (for_person), or the agent that asked on their behalf (through), with its number as ID. `at` is None if damaged.
    `personal` is empty unless the seal opens. `about_person` is the person that the act is about, if any.
    """

    number: int
    at: datetime | None
    kind: str
    about: str
    about_person: Person | None
    person: Person
    behind: Person | None
    relation: Relation
    details: Mapping[str, Plain]
    personal: Mapping[str, Plain]
    seal: Seal
    mac: str
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """A filter for entries. Empty fields match every entry.

    `person` is a number, `about` an item (`question:7f`) or a kind of item (`question`). The days include `since`, but
    not `until`.
    """

    person: str = ""
    kind: str = ""
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.person:
            conditions.append(or_(AUDIT.c.subject == self.person, AUDIT.c.behind == self.person))
        if self.kind:
            conditions.append(AUDIT.c.kind == self.kind)
        if self.about:
            of_noun = AUDIT.c.about.startswith(f"{self.about}:", autoescape=True)
            conditions.append(
                AUDIT.c.about == self.about if ":" in self.about else or_(AUDIT.c.about == self.about, of_noun)
            )
        if self.since is not None:
            conditions.append(AUDIT.c.at >= self.since)
        if self.until is not None:
            conditions.append(AUDIT.c.at < self.until)
        return conditions


EVERYTHING: Final = EntryFilter()


def read_entries(
    connection: Connection, keys: Keys, chosen: EntryFilter = EVERYTHING, *, before: int | None = None, limit: int = 50
) -> tuple[Entry, ...]:
    """Return up to `limit` matching entries, newest first. `before` is the last entry's number on the previous page."""
    query = sealed_entries().where(*chosen.conditions()).order_by(AUDIT.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(AUDIT.c.number < before)
    return _opened(connection, keys, connection.execute(query).all())


def each_entry(connection: Connection, keys: Keys, chosen: EntryFilter = EVERYTHING) -> Iterator[Entry]:
    """Yield every matching entry, oldest first, without loading them all at once."""
    query = sealed_entries().where(*chosen.conditions()).order_by(AUDIT.c.number).limit(_AT_ONCE)
    part = connection.execute(query).all()
    while part:
        yield from _opened(connection, keys, part)
        after = part[-1].number
        part = connection.execute(query.where(AUDIT.c.number > after)).all() if isinstance(after, int) else []


def read_entry(connection: Connection, keys: Keys, number: int) -> Entry | None:
    """Return the entry with this number, or None."""
    if not 0 < number < 2**63:
        return None
    return next(iter(_opened(connection, keys, connection.execute(_numbered(number)).all())), None)


def is_chained(connection: Connection, keys: Keys, number: int) -> bool:
    """Whether an entry is signed with this key and chained to the previous entry. The rest of the log isn't checked."""
    rows = {row.number: row for row in connection.execute(_numbered(number, number - 1))}
    parsed = parse_sealed(rows[number]) if number in rows else None
    before: object = rows[number - 1].mac if number - 1 in rows else None
    if before is None:
        checkpoint = read_checkpoint(connection, keys)
        before = checkpoint.mac if checkpoint is not None and checkpoint.number == number - 1 else None
    if parsed is None or not isinstance(before, str):
        return False
    entry, mac = parsed
    return mac_of(entry, before, keys) == mac


def count_entries(connection: Connection, chosen: EntryFilter = EVERYTHING) -> int:
    """Return the number of entries that match a filter."""
    return connection.execute(select(func.count()).select_from(AUDIT).where(*chosen.conditions())).scalar_one()


def last_written(connection: Connection) -> datetime | None:
    """Return when the newest entry was written, or None if the log is empty or the time can't be read."""
    row = connection.execute(sealed_entries().order_by(AUDIT.c.number.desc()).limit(1)).first()
    return parse_moment(row.at) if row is not None else None


def read_kinds(connection: Connection) -> list[str]:
    """Return the kinds of acts in the log, sorted."""
    return sorted(str(row) for row in connection.execute(select(AUDIT.c.kind).distinct()).scalars())


def find_subject(connection: Connection, person: str) -> str | None:
    """Return the number of the person who currently has this ID, or None."""
    return connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == person)).scalar()


def require_subject(connection: Connection, person: str) -> str:
    """Return the number of the person with this ID. Raises InvalidQuery that suggests similar IDs."""
    subject = find_subject(connection, person)
    if subject is None:
        known = [row for row in connection.execute(select(PEOPLE.c.id)).scalars() if row]
        near = get_close_matches(person, sorted(known), n=3)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "An erased person has no ID any more."
        raise InvalidQuery(f"There's no person in the store with the ID {person!r}. {remedy}")
    return subject


def _numbered(*numbers: int) -> Any:  # Any: a query over columns in which a damaged store can have anything
    return sealed_entries().where(AUDIT.c.number.in_(numbers))


def _opened(connection: Connection, keys: Keys, rows: Sequence[Row[Any]]) -> tuple[Entry, ...]:
    named = (subject for row in rows for subject in (row.subject, row.behind, _person_in(row.about)))
    subjects = {subject for subject in named if isinstance(subject, str) and subject and not is_agent(subject)}
    holders = read_key_holders(connection, subjects, keys)
    return tuple(_entry(row, holders) for row in rows)


def _entry(row: Row[Any], holders: Mapping[str, KeyHolder]) -> Entry:  # Any: whatever a damaged store holds
    parsed = parse_sealed(row)
    if parsed is None:
        return _damaged(row)
    sealed, mac = parsed
    who, personal, seal = _unsealed(holders.get(sealed.subject), sealed.sealed, sealed.number)
    words = parse_words(sealed.said)
    state: Literal["known", "erased", "damaged"] = "known" if seal == "open" else seal
    person = Person(subject=sealed.subject, id=_text(who, "id"), name=_text(who, "name"), state=state)
    relation: Relation = ""
    if sealed.behind:
        relation = "for_person" if who.get("for_person") == sealed.behind else "viewed_by"
    if is_agent(sealed.behind):
        relation = "through"
    return Entry(
        number=sealed.number,
        at=sealed.at,
        kind=sealed.kind,
        about=sealed.about,
        about_person=_holder_as_person(text, holders.get(text)) if (text := _person_in(sealed.about)) else None,
        person=person,
        behind=_behind(sealed.behind, who, seal, holders) if sealed.behind else None,
        relation=relation if seal == "open" or relation == "through" else "",
        details=words if words is not None else NOTHING,
        personal=personal,
        seal="damaged" if words is None else seal,
        mac=mac,
        sealed=sealed.sealed,
    )


def _damaged(row: Row[Any]) -> Entry:  # Any: a damaged store can contain anything
    return Entry(
        number=row.number if isinstance(row.number, int) else 0,
        at=None,
        kind=str(row.kind)[:60],
        about=str(row.about)[:200],
        about_person=None,
        person=Person(subject=str(row.subject)[:32], state="damaged"),
        behind=None,
        relation="",
        details=NOTHING,
        personal=NOTHING,
        seal="damaged",
        mac=str(row.mac)[:64],
        sealed=b"",
    )


def _unsealed(holder: KeyHolder | None, sealed: bytes, number: int) -> tuple[_Words, _Words, Seal]:
    """Return the actor, the act's personal part and the seal's state. The first two are empty unless the seal opens."""
    if holder is not None and holder.state == "erased":
        return NOTHING, NOTHING, "erased"
    text = unseal(holder.key, sealed, place_of(number)) if holder is not None and holder.key is not None else None
    words = parse_words(text) if text is not None else None
    who, personal = (words.get("who"), words.get("act")) if words is not None else (None, None)
    if holder is None or not isinstance(who, dict) or not isinstance(personal, dict) or who.get("id") != holder.id:
        return NOTHING, NOTHING, "damaged"
    return who, personal, "open"


def _person_in(about: object) -> str:
    """Return the number of the person that an act is about, or "" if it isn't about a person."""
    return about.removeprefix("person:") if isinstance(about, str) and about.startswith("person:") else ""


def _behind(behind: str, who: _Words, seal: Seal, holders: Mapping[str, KeyHolder]) -> Person:
    if not is_agent(behind):
        return _holder_as_person(behind, holders.get(behind))
    number = behind.removeprefix(AGENT)
    if seal == "open" and who.get("agent") != number:
        return Person(subject=behind, state="damaged")
    # Its name is its person's own, so it's erased with them. The number stays.
    return Person(subject=behind, id=number, name=_text(who, "agent_name") or f"agent {number}", state="known")


def _holder_as_person(subject: str, holder: KeyHolder | None) -> Person:
    if holder is None or holder.state == "damaged":
        return Person(subject=subject, state="damaged")
    return Person(subject=subject, id=holder.id, name=holder.name, state=holder.state)


def _text(values: Mapping[str, Plain], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
