"""The choice of the space of a saved item: private to its owner, a shared space, or a new one."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from pages.widgets.item_words import ONLY_ME
from semantic.errors import StoreFailed
from semantic.store.spaces.spaces import LONGEST, list_spaces

NEW_SPACE = "New shared space…"


def choose_space(
    label: str,
    *,
    key: str,
    current: str = ONLY_ME,
    is_mine: bool = True,
    on_choice: Callable[[str], None] | None = None,
) -> str:
    """Draw the choice of a space, and return its name, `ONLY_ME`, or "" while a new space has no name.

    Only the owner can keep an item private, so pass `is_mine`. `on_choice` is called with the name as soon as there is
    one.
    """
    options = list(dict.fromkeys([*([ONLY_ME] if is_mine else []), current, *_spaces(), NEW_SPACE]))
    named = f"{key}-named"

    def chosen() -> None:
        name = _name(st.session_state.get(key), st.session_state.get(named))
        if on_choice is not None and name:
            on_choice(name)

    choice = st.selectbox(
        plain(label), options, index=options.index(current), key=key, accept_new_options=True, on_change=chosen,
        help="Everyone who signs in can open items in a shared space. Only the team can open items in a team's space. "
            "Each person sees only the data they have access to.",
    )  # fmt: skip
    if choice != NEW_SPACE:
        return _name(choice, None)
    typed = st.text_input(
        "Space name", key=named, max_chars=LONGEST, placeholder="Team Growth", on_change=chosen
    )  # fmt: skip
    return _name(choice, typed)


def _spaces() -> list[str]:
    """Return the names of the shared spaces, or none if they can't be read. People can still create one."""
    store, _ = session.store()
    actor = session.actor()
    try:
        with store.read() as connection:
            return [space.name for space in list_spaces(connection, actor)] if actor else []
    except StoreFailed:
        return []


def _name(choice: object, typed: object) -> str:
    name = typed if choice == NEW_SPACE else choice
    return str(name or "").strip()[:LONGEST]
