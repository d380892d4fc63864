"""Verify that the audit log is intact.

Every entry must be present, unchanged, in its place, and signed with this key and that of the person it names.

Someone with write access to the store, but without the key, can't change an entry unnoticed. They can remove entries
from the end, which a head recorded elsewhere reveals.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hmac import compare_digest
from typing import Final, Literal

from sqlalchemy import Connection, select

from semantic.display.format import counted
from semantic.errors import InvalidQuery
from semantic.store.audit.checkpoints import START, Checkpoint, read_checkpoint
from semantic.store.audit.gaps import NamedGap, named_gap
from semantic.store.audit.log import (
    AGENT,
    AUDIT,
    Sealed,
    is_agent,
    mac_of,
    note,
    parse_sealed,
    place_of,
    sealed_entries,
)
from semantic.store.database import Store
from semantic.store.keys import Keys, unseal
from semantic.store.people import KeyHolder, read_key_holders

Reason = Literal["changed", "missing", "out_of_order", "cut_off", "other_key", "checkpoint", "person"]
EXPIRED: Final = "audit.expired"
"""The act that records a checkpoint. Neither exists without the other."""

_LOG = logging.getLogger("samepage.audit")
_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")
_AT_ONCE: Final = 1_000
_MOST_GAPS: Final = 10  # listed individually
_FOLLOWERS: Final = 20  # how many later entries are tested for renumbering
_FURTHEST: Final = 1_000
_NO_NUMBER: Final = 2**63  # above every number that the database can hold; SQLite can contain text there too


@dataclass(frozen=True, slots=True)
class Head:
    """The number and MAC of the log's last entry. Number 0 means that the log is empty."""

    number: int
    mac: str

    def __str__(self) -> str:
        return f"{self.number}:{self.mac}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProblem:
    """The first problem in the log.

    `number` is the entry's number. `at` is None if the entry is missing or unreadable.
    """

    number: int
    at: datetime | None = None
    reason: Reason
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The result of verifying the whole log.

    `whole` is the number of intact entries, starting with `first`. `broken` is the first problem, if any. `gaps` lists
    acts that couldn't be recorded.
    """

    whole: int
    first: int
    head: Head
    erased: int = 0
    too_old: tuple[int, ...] = ()  # noted heads of removed entries, which can't be checked
    broken: LogProblem | None = None
    gaps: tuple[NamedGap, ...] = ()

    @property
    def words(self) -> str:
        """The result in sentences."""
        text = counted(self.whole, "entry", "entries")
        if self.broken is not None:
            return f"The audit log is broken. {self.broken.words} Before that, {text} can be relied on."
        if not self.whole:
            return "The audit log has no entries yet."
        parts = [f"The audit log is intact: {text}, none changed, missing or moved."]
        if self.gaps:
            parts = [f"The audit log has {counted(len(self.gaps), 'gap')}: {text}, none changed, missing or moved, but"]
            parts += [f"not every act could be recorded. {_gap_words(self.gaps)}"]
        if self.first > 1:
            parts.append(f"It starts at number {self.first}; earlier entries were removed on purpose.")
        if self.erased:
            of_erased = counted(self.erased, "entry", "entries")
            parts.append(f"{of_erased} of erased people can be counted but no longer read.")
        parts += [
            f"The head {head} is older than the remaining entries, so it proves nothing." for head in self.too_old
        ]
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class _Link:
    """A row with its MAC. `entry` is None if the row isn't a valid entry."""

    number: int
    mac: str
    entry: Sealed | None


def parse_head(text: str) -> Head:
    """Parse a head as written in the server's log, such as `41:3f9c...`. Raises InvalidQuery."""
    match = _HEAD.fullmatch(text.strip())
    if match is None:
        raise InvalidQuery("A head of the audit log is a number, a colon and 64 characters: 41:3f9c... Copy all of it.")
    return Head(int(match[1]), match[2])


def read_head(connection: Connection) -> Head:
    """Return the store's current head."""
    query = select(AUDIT.c.number, AUDIT.c.mac).order_by(AUDIT.c.number.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return Head(row.number, row.mac) if row else Head(0, "")


def is_of_key(connection: Connection, keys: Keys) -> bool:
    """Whether the log's last entry is signed with this key. True if that can't be determined."""
    return _is_of_key(_links(connection, newest=2), keys)


def _is_of_key(links: Sequence[_Link], keys: Keys) -> bool:
    if not links:
        return True
    last = links[-1]
    # A single entry after a checkpoint is left to `verify`.
    before = links[0].mac if len(links) > 1 else "" if last.number == 1 else None
    return before is None or _is_signed(last, before, keys)


def note_head(store: Store, keys: Keys) -> None:
    """Write the head to the server's log, or a warning if the last entry isn't signed with this key."""
    with store.read() as connection:
        links = _links(connection, newest=2)
    if not links:
        return
    last = links[-1]
    if not _is_of_key(links, keys):
        _LOG.warning(
            "The audit log's last entry, number %s, is not signed with this server's key. "
            "`python -m semantic audit verify` says more.",
            last.number,
        )
        return
    note(last.number, last.mac)


def verify(connection: Connection, keys: Keys, *, noted: Iterable[Head] = ()) -> Verified:
    """Check every entry, the people in it, and heads noted elsewhere, and return the result with the first problem."""
    checkpoint = read_checkpoint(connection, keys)
    if checkpoint is None:
        words = (
            "The record that its oldest entries were removed isn't signed with this key, so it was forged or changed."
        )
        broken = LogProblem(number=0, reason="checkpoint", words=words)
        return Verified(whole=0, first=1, head=read_head(connection), broken=broken)
    return _Walk(connection, keys, checkpoint, {head.number: head for head in noted}).run()


class _Walk:
    """One pass through the chain."""

    def __init__(self, connection: Connection, keys: Keys, checkpoint: Checkpoint, noted: dict[int, Head]) -> None:
        self.connection, self.keys, self.checkpoint, self.noted = connection, keys, checkpoint, noted
        self.holders: dict[str, KeyHolder] = {}
        self.erased, self.tells_of_checkpoint = 0, checkpoint == START
        self.gaps: list[NamedGap] = []

    def run(self) -> Verified:
        before = Head(self.checkpoint.number, self.checkpoint.mac)
        too_old = tuple(sorted(number for number in self.noted if 0 < number < before.number))
        verified = Verified(whole=0, first=before.number + 1, head=before, too_old=too_old)
        if (noted := self.noted.get(before.number)) and not compare_digest(noted.mac, before.mac):
            return replace(verified, broken=_replaced(before.number, None))
        for part in _parts(self.connection):
            self._learn(part)
            for link in part:
                broken = self._fault(link, before)
                if broken is not None:
                    return replace(verified, head=before, erased=self.erased, broken=broken, gaps=tuple(self.gaps))
                before = Head(link.number, link.mac)
                verified = replace(verified, whole=verified.whole + 1, head=before)
        return replace(verified, erased=self.erased, broken=self._cut(before), gaps=tuple(self.gaps))

    def _fault(self, link: _Link, before: Head) -> LogProblem | None:
        at = link.entry.at if link.entry else None
        if link.number == _NO_NUMBER:
            words = f"After entry {before.number} there's one without a number, which Samepage never wrote."
            return LogProblem(number=before.number + 1, reason="changed", words=words)
        if link.number > before.number + 1:
            return _missing(before.number + 1, link.number - 1, self.checkpoint)
        if link.number <= before.number:
            words = f"Entry {link.number} was removed on purpose and was put back by something other than Samepage."
            return LogProblem(number=link.number, at=at, reason="out_of_order", words=words)
        if not _is_signed(link, before.mac, self.keys):
            return _told(link, at, _why_unsigned(self.connection, link, self.keys))
        if (noted := self.noted.get(link.number)) and not compare_digest(noted.mac, link.mac):
            return _replaced(link.number, at)
        entry = link.entry
        assert entry is not None  # it is signed
        if (gap := named_gap(entry)) is not None:
            self.gaps.append(gap)
        self.tells_of_checkpoint |= entry.kind == EXPIRED and _tells_of(entry, self.checkpoint)
        return self._of_somebody_else(entry)

    def _of_somebody_else(self, entry: Sealed) -> LogProblem | None:
        holder, behind = self.holders.get(entry.subject), self.holders.get(entry.behind)
        is_known = is_agent(entry.behind) or not entry.behind
        is_known = is_known or (behind is not None and (behind.key is not None or behind.state == "erased"))
        if holder is not None and holder.state == "erased" and is_known:
            self.erased += 1
            return None
        if holder is not None and holder.key is not None and is_known:
            text = unseal(holder.key, entry.sealed, place_of(entry.number))
            who = json.loads(text)["who"] if text is not None else None  # only `record` could seal it
            agent = entry.behind.removeprefix(AGENT) if is_agent(entry.behind) else ""
            if who is not None and who["id"] == holder.id and who.get("agent", "") == agent:
                return None
        words = (
            f"The person of entry {entry.number} ({_when(entry.at)}) isn't the one it was written for, because the "
            "store's list of people was changed. The entry itself is unchanged."
        )
        return LogProblem(number=entry.number, at=entry.at, reason="person", words=words)

    def _cut(self, last: Head) -> LogProblem | None:
        """Return the entries that are missing from the end as a problem, or None if none are known to be missing."""
        ahead = [head for head in self.noted.values() if head.number > last.number]
        if ahead:
            first, until = last.number + 1, max(head.number for head in ahead)
            words = f"{_numbers(first, until)} at the end, as a head noted elsewhere shows."
            return LogProblem(number=first, reason="cut_off", words=words)
        if not self.tells_of_checkpoint:
            first = last.number + 1
            words = f"Entries from number {first} on are missing: one recorded the removal of the oldest."
            return LogProblem(number=first, reason="cut_off", words=words)
        return None

    def _learn(self, part: list[_Link]) -> None:
        entries = [link.entry for link in part if link.entry]
        subjects = {
            subject
            for entry in entries
            for subject in (entry.subject, entry.behind)
            if subject and not is_agent(subject)
        } - self.holders.keys()
        self.holders |= read_key_holders(self.connection, subjects, self.keys)


def _parts(connection: Connection) -> Iterable[list[_Link]]:
    """Yield the chain in parts, so that a long chain is never completely in memory.

    A row with an invalid number ends the chain.
    """
    after: int | None = None
    while part := _links(connection, after=after):
        yield part
        after = part[-1].number
        if after == _NO_NUMBER:
            return


def _links(connection: Connection, *, after: int | None = None, newest: int | None = None) -> list[_Link]:
    query = sealed_entries().order_by(AUDIT.c.number).limit(_AT_ONCE)
    if after is not None:
        query = query.where(AUDIT.c.number > after)
    if newest is not None:
        query = sealed_entries().order_by(AUDIT.c.number.desc()).limit(newest)
    links: list[_Link] = []
    for row in connection.execute(query):
        parsed = parse_sealed(row)
        number = row.number if isinstance(row.number, int) else _NO_NUMBER
        links.append(_Link(number, str(row.mac), parsed[0] if parsed else None))
        if number == _NO_NUMBER:
            break
    return links[::-1] if newest is not None else links


def _is_signed(link: _Link, before: str, keys: Keys) -> bool:
    return link.entry is not None and compare_digest(mac_of(link.entry, before, keys).encode(), link.mac.encode())


def _why_unsigned(connection: Connection, broken: _Link, keys: Keys) -> Reason:
    """Return how an unsigned entry was changed, based on the other entries."""
    followers: list[tuple[_Link, str]] = []
    signed, before = 0, broken.mac
    place = broken.entry
    for part in _parts(connection):
        for link in part:
            if place is not None:
                # A moved entry verifies at its earlier place, after that place's neighbour or after itself.
                moved = replace(broken, entry=replace(place, number=link.number))
                if link.number != broken.number and _is_signed(moved, link.mac, keys):
                    return "out_of_order"
                moved = replace(broken, entry=replace(place, number=link.number + 1))
                if link.number + 1 != broken.number and _is_signed(moved, link.mac, keys):
                    return "out_of_order"
            if link.number > broken.number:
                if len(followers) < _FOLLOWERS:
                    followers.append((link, before))
                signed += _is_signed(link, before, keys)
            before = link.mac
    if signed or not followers:
        return "changed"
    shift = _shift(followers, keys)
    return "other_key" if shift is None else "missing" if shift > 0 else "changed"


def _shift(followers: Iterable[tuple[_Link, str]], keys: Keys) -> int | None:
    """Return by how much the numbers of these entries are too low, or None if they weren't renumbered."""
    for link, before in followers:
        for shift in (sign * step for step in range(1, _FURTHEST) for sign in (1, -1)):
            entry = link.entry
            if entry and _is_signed(replace(link, entry=replace(entry, number=link.number + shift)), before, keys):
                return shift
    return None


def _told(link: _Link, at: datetime | None, reason: Reason) -> LogProblem:
    entry = f"Entry {link.number}" + (f" ({_when(at)})" if at else "")
    match reason:
        case "out_of_order":
            words = f"{entry} was moved from another position in the log."
        case "other_key":
            words = (
                f"{entry} and all later ones aren't signed with this key. They were signed with another "
                "key, or written by something other than Samepage."
            )
        case "missing":
            words = f"Entries were removed at number {link.number}, and later ones were renumbered."
        case _:
            words = f"{entry} was changed after it was written, or was never written by Samepage."
    return LogProblem(number=link.number, at=at, reason=reason, words=words)


def _missing(first: int, last: int, checkpoint: Checkpoint) -> LogProblem:
    words = f"{_numbers(first, last)}."
    if first == checkpoint.number + 1:
        words = f"{_numbers(first, last)}, and no signed record says that they were removed on purpose."
    return LogProblem(number=first, reason="missing", words=words)


def _replaced(number: int, at: datetime | None) -> LogProblem:
    words = (
        f"Entry {number} differs from the one noted elsewhere, because the log was cut off before it and then "
        "continued."
    )
    return LogProblem(number=number, at=at, reason="cut_off", words=words)


def _numbers(first: int, last: int) -> str:
    return f"Entry {first} is missing" if first == last else f"Entries {first} to {last} are missing"


def _gap_words(gaps: tuple[NamedGap, ...]) -> str:
    listed, more = gaps[-_MOST_GAPS:], len(gaps) - _MOST_GAPS
    words = f"Missing: {'; '.join(gap.words for gap in listed)}"
    return f"{words}; and {more:,} earlier." if more > 0 else f"{words}."


def _tells_of(entry: Sealed, checkpoint: Checkpoint) -> bool:
    return entry.about == f"audit:{checkpoint.number}"


def _when(at: datetime) -> str:
    return f"{at:%-d %b %Y %H:%M} UTC"
