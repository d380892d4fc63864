"""Gaps in the audit log: entries that replace acts which couldn't be recorded, to show that something is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Literal

from sqlalchemy import Connection, select

from semantic.display.format import counted
from semantic.store.audit.log import AUDIT, SAMEPAGE, Act, Plain, Sealed, parse_words, record
from semantic.store.database import Transaction
from semantic.store.keys import Keys

GAP: Final = "audit.gap"
Cause = Literal["not_storable", "too_many_waiting", "process_ended"]

_NONE: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Acts between `first` and `last` that aren't in the log.

    `kinds` has the number of acts of each kind, and is empty if unknown. `receipt` is the receipt shown with an
    unrecorded answer, if any.
    """

    cause: Cause
    first: datetime
    last: datetime
    kinds: Mapping[str, int] = field(default_factory=lambda: _NONE)
    receipt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGap:
    """A gap as the log describes it. `acts` is None if the number of missing acts isn't known."""

    number: int
    at: datetime
    acts: int | None
    receipt: str

    @property
    def words(self) -> str:
        """The number of missing acts and their place in the log, as text for a list."""
        what = "the last acts of a process that was killed" if self.acts is None else counted(self.acts, "act")
        named = f"the answer of {self.receipt}" if self.receipt else what
        return f"{named} (entry {self.number}, {self.at:%-d %b %Y %H:%M} UTC)"


def record_gap(transaction: Transaction, gap: Gap, keys: Keys) -> None:
    """Append an entry for a gap. It contains no values from the missing acts, because the store might refuse them."""
    details: dict[str, Plain] = {"cause": gap.cause, "first": _iso(gap.first), "last": _iso(gap.last)}
    if gap.kinds:
        details |= {"acts": sum(gap.kinds.values()), "kinds": dict(gap.kinds)}
    about = f"receipt:{gap.receipt}" if gap.receipt else "audit"
    record(transaction, Act(kind=GAP, actor=SAMEPAGE, about=about, details=details), keys)


def is_in_a_gap(connection: Connection, receipt: str) -> bool:
    """Whether the log says that the answer with this receipt couldn't be recorded."""
    query = select(AUDIT.c.number).where(AUDIT.c.kind == GAP, AUDIT.c.about == f"receipt:{receipt}").limit(1)
    return connection.execute(query).first() is not None


def named_gap(entry: Sealed) -> NamedGap | None:
    """Return the gap that an entry describes, or None for any other entry."""
    if entry.kind != GAP:
        return None
    acts = (parse_words(entry.said) or {}).get("acts")
    receipt = entry.about.removeprefix("receipt:") if entry.about.startswith("receipt:") else ""
    return NamedGap(number=entry.number, at=entry.at, acts=acts if isinstance(acts, int) else None, receipt=receipt)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
