"""The star that makes a saved question or a board a favourite. Favourites come first in lists."""

from __future__ import annotations

from time import monotonic
from typing import Literal

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain, unseen
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.services.boards import BoardWork
from semantic.services.saved_questions import SavedWork

Kind = Literal["board", "question"]
_STARRED, _TROUBLE = "favourites", "favourites_trouble"
_FRESH = 2.0  # seconds for which favourites are cached, because every keystroke in the search reads them


def favourites(kind: Kind, actor: Actor) -> frozenset[str]:
    """Return the IDs of this person's favourites of a kind, at most two seconds old. Raises StoreFailed."""
    kept: tuple[Actor, float, frozenset[str]] | None = st.session_state.get(f"{_STARRED}-{kind}")
    if kept is not None and kept[0] == actor and monotonic() - kept[1] < _FRESH:
        return kept[2]
    starred = _work(kind, actor).favourites()
    st.session_state[f"{_STARRED}-{kind}"] = actor, monotonic(), starred
    return starred


def star(kind: Kind, item: str, name: str, actor: Actor, *, is_starred: bool) -> None:
    """Draw the star of an item, in a container with the key `star_key`, which fills the star of a favourite."""
    st.button(
        unseen(f"Remove {name} from favorites" if is_starred else f"Add {name} to favorites"),
        icon=":material/star:", key=f"star-{item}", type="tertiary", on_click=_turn, args=(kind, item),
        kwargs={"on": not is_starred}, disabled=actor.viewed_by is not None,
        help="Remove from favorites" if is_starred else "Add to favorites",
    )  # fmt: skip


def star_key(item: str, *, is_starred: bool) -> str:
    """Return the key of a row's container, with which pages/server/lists.css fills the star."""
    return f"{'favourite' if is_starred else 'other'}-{item}"


def favourite_trouble() -> None:
    """Draw why the last click on a star had no effect, if that was the case."""
    if trouble := st.session_state.pop(_TROUBLE, ""):
        st.warning(plain(trouble), icon=":material/error:")


def _turn(kind: Kind, item: str, *, on: bool) -> None:
    """Add or remove a favourite, as the person who clicked."""
    actor = session.require("viewer")[1]
    st.session_state.pop(f"{_STARRED}-{kind}", None)
    try:
        _work(kind, actor).set_favourite(item, on=on)
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)


def _work(kind: Kind, actor: Actor) -> BoardWork | SavedWork:
    if kind == "board":
        return session.board_work(session.workspace(), actor)
    return session.saved_work(session.workspace(), actor)
