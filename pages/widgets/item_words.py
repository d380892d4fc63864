"""Wording for saved items: their owner, their place and their age."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from semantic.display.format import moment, time_of_day

if TYPE_CHECKING:
    from semantic.workspace import Workspace

ONLY_ME = "Only me"  # the place of an item that isn't in a shared space
FORMER = "Former user"


class SavedItem(Protocol):
    """An item that someone saved, privately or in a shared space."""

    @property
    def space(self) -> str: ...
    @property
    def space_name(self) -> str: ...
    @property
    def owner_name(self) -> str: ...
    @property
    def is_mine(self) -> bool: ...


class TitledItem(SavedItem, Protocol):
    """An item with an ID and a title."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...


def where_words(head: SavedItem) -> str:
    """Return the owner and the space of an item in words, such as `by Ana Ribeiro in Team Paid` or `private to you`."""
    if not head.space:
        return "private to you"
    owner = "yours" if head.is_mine else f"by {name_without_job(head.owner_name) or 'a former user'}"
    return f"{owner} in {head.space_name or 'a deleted space'}"


def distinct_titles(items: Iterable[TitledItem]) -> dict[str, str]:
    """Return the titles of items by ID. Equal titles are numbered, because a select box identifies options by their
    text.
    """
    listed = list(items)
    count, seen = Counter(item.title for item in listed), Counter[str]()
    titles: dict[str, str] = {}
    for item in listed:
        seen[item.title] += 1
        number = f" ({seen[item.title]}, {where_words(item)})" if count[item.title] > 1 else ""
        titles[item.id] = f"{item.title}{number}"
    return titles


def name_without_job(name: str) -> str:
    """Return a person's name without the job title that can follow a comma."""
    return name.partition(", ")[0]


def when_words(at: datetime, workspace: Workspace) -> str:
    """Return a moment as day and time, in the model's time zone."""
    return moment(at.astimezone(ZoneInfo(workspace.model.settings.time_zone)))


def time_words(at: datetime, workspace: Workspace) -> str:
    """Return a moment as day and time in the model's time zone, without the day if it's today."""
    there = at.astimezone(ZoneInfo(workspace.model.settings.time_zone))
    return time_of_day(there, None) if there.date() == workspace.today() else moment(there)
