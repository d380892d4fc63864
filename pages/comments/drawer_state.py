"""The state of the comments drawer in the session: its place, its threads, and what is open in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.comments.board_comments import forget_counts

if TYPE_CHECKING:
    from semantic.annotations.comments import About
    from semantic.policy.actor import Actor
    from semantic.services.comments.places import OpenThing, Place
    from semantic.services.comments.work import Thread

OPEN: Final = "comments_open"
PAGE: Final = 10  # threads shown at first
NEW: Final = ("new", "")
"""The value of `Drawer.doing` while someone writes the first comment of a thread."""


@dataclass(slots=True)
class Drawer:
    """An open drawer. `about` is the subject of a new comment, or None if there's no answer to comment on.

    If `about` is a mark, `whole` is the whole answer. `focus` is the comment that a link opened.
    """

    place: Place
    title: str
    actor: Actor
    about: About | None = None
    whole: About | None = None
    receipt: str = ""
    focus: str = ""
    cannot: str = ""  # why no one can start a thread now
    doing: tuple[str, str] = ("", "")  # what is open ("reply", "edit" or "remark") and in which comment, or NEW
    again: int = 0  # part of the field keys: sending a comment clears its fields
    most: int = PAGE
    unfolded: set[str] = field(default_factory=set[str])
    threads: list[Thread] | None = None  # the threads that were last read
    thing: OpenThing | None = None
    offered: dict[tuple[object, ...], dict[str, str]] = field(default_factory=dict[tuple[object, ...], dict[str, str]])
    changed: dict[str, bool] = field(default_factory=dict[str, bool])  # by receipt, whether the number has changed

    def forget(self) -> None:
        """Clear what was read, so that the next run reads the threads again."""
        self.threads, self.doing = None, ("", "")
        self.offered.clear()
        self.again += 1
        forget_counts()


def open_drawer(drawer: Drawer) -> None:
    """Open the drawer on the next run."""
    st.session_state[OPEN] = drawer


def is_open(place: Place) -> bool:
    """Return whether the drawer of this tile or question is open."""
    drawer: Drawer | None = st.session_state.get(OPEN)
    return drawer is not None and drawer.place == place
