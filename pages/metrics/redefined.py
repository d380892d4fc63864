"""The changes to a metric's definition, on its page: who made them, when and why, and the values before and after."""

from __future__ import annotations

import streamlit as st

from pages.shell import session
from pages.shell.parts import block, plain
from pages.shell.turns import in_turn
from semantic.display.failures import failure_words
from semantic.errors import SemanticError
from semantic.query.describe import describe_day
from semantic.services.announcing.announcements import announced, changes_of, values
from semantic.store.certifications.changes import DefinitionChange

SHOWN = 1


def definition_changes(name: str) -> None:
    """Draw the changes to a metric's definition, newest first, or nothing if there are none."""
    live = session.live()
    if not changes_of(live, name):
        return
    with block("Definition changed", "numbers from before and after aren't comparable"):
        _changes(name)


@st.fragment(parallel=True)
@in_turn
def _changes(name: str) -> None:
    session.require("viewer")
    changes = changes_of(session.live(), name)
    is_all = bool(st.session_state.get(f"redefined-all-{name}"))
    for change in changes if is_all else changes[:SHOWN]:
        _change(change)
    if len(changes) > SHOWN and not is_all:
        st.button(
            f"Show {len(changes) - SHOWN} earlier", key="redefined-more", type="tertiary",
            on_click=lambda: st.session_state.update({f"redefined-all-{name}": True}),
        )  # fmt: skip


def _change(change: DefinitionChange) -> None:
    _, actor = session.require("viewer")
    live = session.live()
    with st.container(border=True, gap="xsmall", key=f"redefined-{change.version}"):
        slot = st.empty()
        with slot:
            st.skeleton(64)
        try:
            told = announced(live, actor, change)
            moved = values(live, actor, change)
        except SemanticError as error:
            with slot.container():
                st.caption(plain(failure_words(error)))
            return
        with slot.container(gap="xsmall"):
            by = f" by {told.who}" if told.who else ""
            st.markdown(f"**{plain(describe_day(told.day))}**{plain(by)} &nbsp;:gray[version {change.version}]")
            if told.why:
                st.markdown(plain(told.why))
            for words in told.words:
                st.markdown(f":small[{plain(words)}]")
            if not told.words and not told.why:
                st.caption("This number's inputs have changed.")
            if moved is None:
                st.caption("The numbers before and after can't be compared.")
            elif moved.is_same:
                st.caption(plain(f"No change in {moved.period}: {moved.after or 'no value'}."))
            else:
                before, after = moved.before or "no value", moved.after or "no value"
                st.markdown(f"{plain(moved.period)}: :gray[{plain(before)}] → **{plain(after)}**")
