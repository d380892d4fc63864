"""What a person follows, and the Follow button: on a metric's page, a board, a saved question, Home."""

from __future__ import annotations

from collections.abc import Collection
from time import monotonic

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.store.accounts.follows import Followed, Kind, follow, read_follows, unfollow

TURNED = "follow_turned"
"""In the session: something was followed or unfollowed since the whole page was drawn."""

_TROUBLE, _HELD = "follow_trouble", "follow_held"
WHAT: dict[Kind, str] = {"metric": "metric", "board": "board", "question": "question"}


def followed(actor: Actor) -> tuple[Followed, ...]:
    """What this person follows, up to a second old, since each tile asks. Nothing while the store is unavailable; other
    parts of the page say so.
    """
    held: tuple[Actor, float, tuple[Followed, ...]] | None = st.session_state.get(_HELD)
    if held is not None and held[0] == actor and monotonic() - held[1] < 1.0:
        return held[2]
    store, _ = session.store()
    try:
        with store.read() as connection:
            found = read_follows(connection, actor)
    except SemanticError:
        return ()
    st.session_state[_HELD] = actor, monotonic(), found
    return found


def names_of(found: Collection[Followed], kind: Kind) -> list[str]:
    """The names or IDs of one kind, in the order they were followed."""
    return [one.thing for one in found if one.kind == kind]


def follow_button(kind: Kind, thing: str, actor: Actor, *, key: str, small: bool = False) -> None:
    """Follow, or Following: a click toggles it. With `small` it's only an icon."""
    held = any(one.kind == kind and one.thing == thing for one in followed(actor))
    word = "Following" if held else "Follow"
    says = "On your Home. Click to unfollow." if held else f"Show this {WHAT[kind]} on your Home."
    st.button(
        "" if small else word, key=f"{key}-{kind}-{thing}",
        icon=":material/notifications_active:" if held else ":material/notifications_none:",
        type="tertiary" if small else "secondary", help=f"{word}. {says}" if small else says,
        on_click=turn, args=(kind, thing), kwargs={"on": not held},
        disabled=actor.viewed_by is not None,
    )  # fmt: skip
    trouble: tuple[Kind, str, str] | None = st.session_state.get(_TROUBLE)
    if trouble is not None and trouble[:2] == (kind, thing):
        del st.session_state[_TROUBLE]
        st.markdown(f":small[:orange[:material/cloud_off: {plain(trouble[2])}]]")


def turn(kind: Kind, thing: str, *, on: bool) -> None:
    """Follows or unfollows, as the person clicking now."""
    actor = session.require("viewer")[1]
    st.session_state.pop(_HELD, None)
    st.session_state[TURNED] = True
    store, _ = session.store()
    try:
        with store.write(recorded=False) as transaction:
            (follow if on else unfollow)(transaction, actor, kind, thing)
    except SemanticError as error:
        st.session_state[_TROUBLE] = kind, thing, str(error)
