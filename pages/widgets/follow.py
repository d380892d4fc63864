"""Followed items, and the Follow button on the pages of a metric, a board and a saved question, and on Home."""

from __future__ import annotations

from collections.abc import Collection
from time import monotonic

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain, unseen
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.store.accounts.follows import FollowedItem, Kind, follow, read_follows, unfollow

TURNED = "follow_turned"
"""The session key that is set if someone followed or unfollowed an item since the whole page was drawn."""

_TROUBLE, _HELD = "follow_trouble", "follow_held"
WHAT: dict[Kind, str] = {"metric": "metric", "board": "board", "question": "question"}


def followed(actor: Actor) -> tuple[FollowedItem, ...]:
    """Return what this person follows, at most a second old, because every tile reads it.

    Returns nothing while the store is unavailable. Other parts of the page say so.
    """
    cached: tuple[Actor, float, tuple[FollowedItem, ...]] | None = st.session_state.get(_HELD)
    if cached is not None and cached[0] == actor and monotonic() - cached[1] < 1.0:
        return cached[2]
    store, _ = session.store()
    try:
        with store.read() as connection:
            follows = read_follows(connection, actor)
    except SemanticError:
        return ()
    st.session_state[_HELD] = actor, monotonic(), follows
    return follows


def names_of(found: Collection[FollowedItem], kind: Kind) -> list[str]:
    """Return the names or IDs of the followed items of a kind, in the order in which they were followed."""
    return [followed.thing for followed in found if followed.kind == kind]


def follow_button(kind: Kind, thing: str, actor: Actor, *, key: str, small: bool = False) -> None:
    """Draw the button Follow or Following, which a click toggles. If `small` is set, it's only an icon."""
    is_followed = any(each_followed.kind == kind and each_followed.thing == thing for each_followed in followed(actor))
    word = "Following" if is_followed else "Follow"
    says = "On your Home. Click to unfollow." if is_followed else f"Show this {WHAT[kind]} on your Home."
    st.button(
        unseen(word) if small else word, key=f"{key}-{kind}-{thing}",
        icon=":material/notifications_active:" if is_followed else ":material/notifications_none:",
        type="tertiary" if small else "secondary", help=f"{word}. {says}" if small else says,
        on_click=turn, args=(kind, thing), kwargs={"on": not is_followed},
        disabled=actor.viewed_by is not None,
    )  # fmt: skip
    trouble: tuple[Kind, str, str] | None = st.session_state.get(_TROUBLE)
    if trouble is not None and trouble[:2] == (kind, thing):
        del st.session_state[_TROUBLE]
        st.markdown(f":small[:orange[:material/cloud_off: {plain(trouble[2])}]]")


def turn(kind: Kind, thing: str, *, on: bool) -> None:
    """Follow or unfollow an item, as the person who clicked."""
    actor = session.require("viewer")[1]
    st.session_state.pop(_HELD, None)
    st.session_state[TURNED] = True
    store, _ = session.store()
    try:
        with store.write(recorded=False) as transaction:
            (follow if on else unfollow)(transaction, actor, kind, thing)
    except SemanticError as error:
        st.session_state[_TROUBLE] = kind, thing, str(error)
