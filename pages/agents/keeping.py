"""Settings for everyone's agents. Stewards choose which questions need approval; administrators choose how long
transcripts are stored.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from semantic.agents.needs import COSTS, Cost, largest_unapproved, set_largest_unapproved
from semantic.agents.transcripts import (
    LONGEST_DAYS,
    SHORTEST_DAYS,
    Transcripts,
    set_transcript_days,
    transcript_days,
)
from semantic.display.format import counted
from semantic.errors import SemanticError

LARGEST, DAYS = "agents-largest", "agents-days"
_SIZES: Final[dict[Cost, str]] = {
    "small": "Small (below 5 million rows)",
    "medium": "Medium (below 50 million rows)",
    "large": "Any size",
}


def approval_setting() -> None:
    """Draw the menu for the size from which a question needs approval. Only stewards have it."""
    _, actor = session.require("viewer")
    if actor.viewed_by is not None or not actor.is_at_least("steward"):
        return
    try:
        now = largest_unapproved(session.live())
    except SemanticError:
        return
    popover = st.popover("Approval threshold", icon=":material/tune:", key=f"{LARGEST}-menu", type="tertiary")
    with popover, st.container(width=320):
        st.caption("Applies to everyone's agents. Questions about individual people always need approval.")
        st.selectbox(
            "Largest question without approval", COSTS, index=COSTS.index(now), key=LARGEST,
            format_func=lambda cost: _SIZES[cost],
        )  # fmt: skip
        st.button("Save", key=f"{LARGEST}-save", on_click=_save_largest)


def days_setting() -> None:
    """Draw how long transcripts are stored and, for administrators, the menu that changes it."""
    _, actor = session.require("viewer")
    live = session.live()
    try:
        now = transcript_days(live)
    except SemanticError:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{DAYS}-line"):
        st.markdown(f":small[:gray[Calls are kept for {counted(now, 'day')}.]]", width="content")
        if not Transcripts(live).may_audit(actor):
            return
        popover = st.popover("Change", key=f"{DAYS}-menu", type="tertiary")
        with popover, st.container(width=280):
            st.number_input("Days", SHORTEST_DAYS, LONGEST_DAYS, now, key=DAYS)
            st.caption("Applies to everyone's agents. Older calls are deleted within a day.")
            st.button("Save", key=f"{DAYS}-save", on_click=_save_days)


def _save_largest() -> None:
    _, actor = session.require("steward")
    cost: str = st.session_state[LARGEST]
    _do(partial(set_largest_unapproved, session.live(), actor, cost))


def _save_days() -> None:
    _, actor = session.require("administrator")
    days: int = st.session_state[DAYS]
    _do(partial(set_transcript_days, session.live(), actor, days))


def _do(act: Callable[[], None]) -> None:
    try:
        act()
    except SemanticError as error:
        st.toast(plain(str(error)), icon=":material/error:")
    else:
        st.toast("Saved.", icon=":material/task_alt:")
