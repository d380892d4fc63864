"""The search, the status filter and the sort order above a long list of agents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import streamlit as st

from semantic.store.agents.clients import CLIENTS

if TYPE_CHECKING:
    from semantic.agents.connecting import ListedAgent

FROM: Final = 6
"""The number of agents from which the list has a search field."""
TEXT, STATE, ORDER = "agents-search", "agents-state", "agents-order"
ANY, ACTIVE, PAUSED, HELD = "Any status", "Active", "Paused", "At a limit"
NEWEST, USED, SEEN, NAME = "Newest first", "Most used today", "Last seen", "Name"
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
_ORDERS: Final[Mapping[str, Callable[[ListedAgent], tuple[object, ...]]]] = {
    USED: lambda one: (-one.today.calls,),
    SEEN: lambda one: (-(one.agent.used_at or _NEVER).timestamp(),),
    NAME: lambda one: (one.agent.name.casefold(),),
}


def filter_agents(every: Sequence[ListedAgent], now: datetime) -> list[ListedAgent]:
    """Draw the search, the status and the sort order if the list is long. Returns the matching agents in that order."""
    if len(every) < FROM:
        return [*every]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="agents-search-bar"):
        text = st.text_input(
            "Find an agent", key=TEXT, live=True, icon=":material/search:", label_visibility="collapsed",
            placeholder="Find by name, program or person",
        )  # fmt: skip
        state = st.selectbox("Status", [ANY, ACTIVE, PAUSED, HELD], key=STATE, label_visibility="collapsed", width=150)
        order = st.selectbox("Sort by", [NEWEST, *_ORDERS], key=ORDER, label_visibility="collapsed", width=180)
    words = (text or "").casefold().split()
    found = [one for one in every if _is_in(one, state, now) and all(word in _text_of(one) for word in words)]
    return sorted(found, key=_ORDERS[order]) if order in _ORDERS else found


def clear() -> None:
    """Clear the search and the status filter."""
    st.session_state[TEXT], st.session_state[STATE] = "", ANY


def _text_of(one: ListedAgent) -> str:
    """Return the text that a search matches: the agent's name, its program, and the name of its person."""
    return " ".join((one.agent.name, CLIENTS[one.agent.client], one.agent.person_name)).casefold()


def _is_in(one: ListedAgent, state: str, now: datetime) -> bool:
    if state == ACTIVE:
        return one.agent.works(now)
    if state == PAUSED:
        return one.agent.state(now) == "paused"
    return state != HELD or (one.agent.works(now) and (one.is_used_up or one.is_stopped))
