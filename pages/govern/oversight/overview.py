"""The view Overview: the switch for all agents, and their use today and over 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from pages.govern.oversight.told import tried
from pages.shell import session
from pages.shell.parts import Act, block, empty_state, notice, plain
from semantic.agents.oversight import AGENTS, AgentUse
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.store.agents.guidance import LONGEST_NOTE

MONTH: Final = 30
_WHY: Final = "oversight-why"


def show() -> None:
    """Draw the view."""
    _, actor = session.require("steward")
    live = session.live()
    if actor.viewed_by is not None:
        notice("caution", "lock", "You're viewing as someone else. Stop viewing to oversee agents.", key="over-viewing")
        return
    try:
        is_on, today = AGENTS.are_on(live), AGENTS.use(live, actor, 1)
        month, pending = AGENTS.use(live, actor, MONTH), AGENTS.pending(live, actor)
    except SemanticError as error:
        acts = [Act("Try again", _stay)]
        empty_state("cloud_off", "Couldn't load agents", str(error), acts, key="overview-away")
        return
    if not month and is_on:
        empty_state(
            "smart_toy", "No assistants connected",
            "People connect their assistants themselves. Guidance that you write now applies from the first question.",
            key="overview-none",
        )  # fmt: skip
        return
    _switch(is_on, actor)
    _numbers(today, month, pending)
    _table(today, month)


def _stay() -> None:
    """Do nothing, because the click itself reruns the page."""


def _switch(is_on: bool, actor: Actor) -> None:
    if not is_on:
        act = Act("Switch on", lambda: _switched(actor, is_on=True))
        notice("bad", "power_off", "All agents are switched off. People aren't affected.", act, key="overview-switch")
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="overview-switch"):
        st.markdown(":green[:material/power:] Agents can ask, within their people's access.", width="stretch")
        popover = st.popover(
            "Switch off all agents", icon=":material/power_off:", key="overview-off", on_change="rerun"
        )
        if popover.open:
            with popover, st.container(width=280):
                st.caption("Every call of an agent is refused at once, until someone switches them on.")
                st.text_input("Reason", key=_WHY, max_chars=LONGEST_NOTE)
                st.button("Switch off agents", key="overview-off-now", type="primary", on_click=_switched,
                          args=(actor,), kwargs={"is_on": False})  # fmt: skip


def _numbers(today: Sequence[AgentUse], month: Sequence[AgentUse], pending: int) -> None:
    with st.grid(4, min_column_width=180, gap="small"):
        calls, refused = sum(each.calls for each in today), sum(each.refused for each in today)
        st.metric("Calls today", f"{calls:,}", border=True)
        st.metric("Refused today", f"{refused:,}", border=True, help="By a policy, guidance, a limit or the model.")
        st.metric(f"Calls, {MONTH} days", f"{sum(each.calls for each in month):,}", border=True)
        st.metric("Proposals waiting", f"{pending:,}", border=True, help="For their own people to approve.")


def _table(today: Sequence[AgentUse], month: Sequence[AgentUse]) -> None:
    now = {each.agent: each for each in today}
    with block("Agents", counted(len(month), "agent")):
        st.dataframe(
            {
                "Agent": [each.name for each in month],
                "For": [each.person or "Someone who left" for each in month],
                "Calls today": [now[each.agent].calls if each.agent in now else 0 for each in month],
                f"Calls, {MONTH} days": [each.calls for each in month],
                "Refused": [each.refused for each in month],
                "Cells": [each.cells for each in month],
                "Cost": [each.cost for each in month],
            },
            hide_index=True, width="stretch", key="overview-agents",
            column_config={"Cost": st.column_config.NumberColumn(help="Points: 1, 5 or 25 by a question's size.")},
        )  # fmt: skip
        st.caption(plain(f"Refused, cells and cost are over {MONTH} days. Days are in UTC."))


def _switched(actor: Actor, *, is_on: bool) -> None:
    def act() -> str:
        AGENTS.switch(session.live(), actor, is_on=is_on, why=str(st.session_state.get(_WHY) or "").strip())
        return f"All agents are switched {'on' if is_on else 'off'}."

    tried(act, "power" if is_on else "power_off")
