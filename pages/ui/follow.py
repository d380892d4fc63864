"""What a person follows, and the button that follows: on a metric's page, on a board, on a saved question, on Home."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from pages.ui import session
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.store.follows import Followed, Kind, follow, read_follows, unfollow

_TROUBLE = "follow_trouble"
WHAT: dict[Kind, str] = {"metric": "metric", "board": "board", "question": "question"}


def followed(actor: Actor) -> tuple[Followed, ...]:
    """What this person follows; nothing while the store is away, which every other part of the page says."""
    store, _ = session.store()
    try:
        with store.read() as connection:
            return read_follows(connection, actor)
    except SemanticError:
        return ()


def names_of(found: Collection[Followed], kind: Kind) -> list[str]:
    """The names or ids of one kind, in the order in which they were followed."""
    return [one.thing for one in found if one.kind == kind]


def follow_button(kind: Kind, thing: str, actor: Actor, *, key: str, small: bool = False) -> None:
    """Follow, or Following: a press turns it over. `small` is an icon alone."""
    held = any(one.kind == kind and one.thing == thing for one in followed(actor))
    word = "Following" if held else "Follow"
    says = f"You find this {WHAT[kind]} on Home. Press to stop." if held else f"Find this {WHAT[kind]} on Home."
    st.button(
        "" if small else word, key=f"{key}-{kind}-{thing}",
        icon=":material/notifications_active:" if held else ":material/notifications_none:",
        type="tertiary" if small else "secondary", help=f"{word}. {says}" if small else says,
        on_click=turn, args=(kind, thing), kwargs={"on": not held},
        disabled=actor.viewed_by is not None,
    )  # fmt: skip
    if trouble := st.session_state.pop(_TROUBLE, ""):
        st.toast(trouble, icon=":material/cloud_off:")


def turn(kind: Kind, thing: str, *, on: bool) -> None:
    """Follows, or stops to, as whoever presses now."""
    actor = session.require("viewer")[1]
    store, _ = session.store()
    try:
        with store.write(recorded=False) as transaction:
            (follow if on else unfollow)(transaction, actor, kind, thing)
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
