"""The open thread or list in the comments drawer, kept in the session."""

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
"""The value of what is open while someone writes the first comment of a thread."""


@dataclass(slots=True)
class Drawer:
    """An open drawer. `about` is the subject of a new comment, or None if there's no answer to comment on.

    `whole` is the whole answer, if `about` is a mark of it. `focus` is the comment that a link opened.
    """

    place: Place
    title: str
    actor: Actor
    about: About | None = None
    whole: About | None = None
    receipt: str = ""
    focus: str = ""
    cannot: str = ""  # why no one can start a thread now
    doing: tuple[str, str] = ("", "")  # what is open in which comment: "reply", "edit", "remark", or NEW
    again: int = 0  # part of the fields' keys: what was sent is cleared
    most: int = PAGE
    unfolded: set[str] = field(default_factory=set[str])
    threads: list[Thread] | None = None  # as last read
    thing: OpenThing | None = None
    offered: dict[tuple[object, ...], dict[str, str]] = field(default_factory=dict[tuple[object, ...], dict[str, str]])
    changed: dict[str, bool] = field(default_factory=dict[str, bool])  # by receipt, whether the number has changed

    def forget(self) -> None:
        """Read the threads again after a change."""
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
