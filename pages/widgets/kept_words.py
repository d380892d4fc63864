"""Who owns a saved item, where it is and since when, in words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from semantic.display.format import moment, time_of_day

if TYPE_CHECKING:
    from semantic.workspace import Workspace

ONLY_ME = "Only me"  # its place while it's in no shared space
FORMER = "Former user"


class Owned(Protocol):
    """An item that someone saved, privately or in a shared space."""

    @property
    def space(self) -> str: ...
    @property
    def space_name(self) -> str: ...
    @property
    def owner_name(self) -> str: ...
    @property
    def is_mine(self) -> bool: ...


def where_words(head: Owned) -> str:
    """Return an item's owner and space in words: `by Ana Ribeiro in Team Paid`, `private to you`."""
    if not head.space:
        return "private to you"
    owner = "yours" if head.is_mine else f"by {first_words(head.owner_name) or 'a former user'}"
    return f"{owner} in {head.space_name or 'a deleted space'}"


def first_words(name: str) -> str:
    """A person's name without their job, which may follow after a comma."""
    return name.partition(", ")[0]


def when_words(at: datetime, workspace: Workspace) -> str:
    """The day and time in the model's time zone."""
    return moment(at.astimezone(ZoneInfo(workspace.model.settings.time_zone)))


def time_words(at: datetime, workspace: Workspace) -> str:
    """The same, without the day if that's today."""
    there = at.astimezone(ZoneInfo(workspace.model.settings.time_zone))
    return time_of_day(there, None) if there.date() == workspace.today() else moment(there)
