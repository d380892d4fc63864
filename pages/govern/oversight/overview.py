"""The view Overview: the switch for all agents, and their use today and over 30 days."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.govern.oversight.told import tried
from pages.shell import links, session
from pages.shell.parts import Act, block, empty_state, notice, plain
from semantic.agents.oversight import MONTH, AgentUse, OversightWork, Overview
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.store.agents.guidance import LONGEST_NOTE

_WHY: Final = "oversight-why"
_NUMBER: Final = st.column_config.NumberColumn(format="localized")


def show() -> None:
    """Draw the view."""
    _, actor = session.require("steward")
    if actor.viewed_by is not None:
        notice("caution", "lock", "You're viewing as someone else. Stop viewing to oversee agents.", key="over-viewing")
        return
    work = OversightWork(session.live(), actor)
    try:
        overview = work.overview()
    except SemanticError as error:
        acts = [Act("Try again", _stay)]
        empty_state("cloud_off", "Couldn't load agents", str(error), acts, key="overview-away")
        return
    _switch(work, overview)
    if not overview.agents:
        empty_state(
            "smart_toy", "No agents connected",
            "People connect their agents themselves. Guidance that you write now applies from the first question.",
            key="overview-none", ways=_link,
        )  # fmt: skip
        return
    _numbers(overview)
    _table(overview.agents)


def _stay() -> None:
    """Do nothing, because the click itself reruns the page."""


def _link() -> None:
    st.page_link(links.page_of(links.AGENTS), label="Agents", icon=":material/smart_toy:", width="content")


def _switch(work: OversightWork, overview: Overview) -> None:
    if not overview.switch.is_on:
        why = f" Reason: {overview.switch.why.rstrip('.')}." if overview.switch.why else ""
        act = Act("Switch on", lambda: _switched(work, is_on=True))
        text = f"All agents are switched off.{why} People aren't affected."
        notice("bad", "power_off", text, act, key="overview-switch")
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="overview-switch"):
        st.markdown(":green[:material/power:] Agents are on. Each has at most its person's access.", width="stretch")
        popover = st.popover("Switch off", icon=":material/power_off:", key="overview-off", on_change="rerun")
        if popover.open:
            with popover, st.container(width=280):
                st.caption("All agents' calls are refused immediately, until a steward switches agents on again.")
                st.text_input("Reason", key=_WHY, max_chars=LONGEST_NOTE)
                st.button("Switch off agents", key="overview-off-now", type="primary", on_click=_switched,
                          args=(work,), kwargs={"is_on": False})  # fmt: skip


def _numbers(overview: Overview) -> None:
    agents = overview.agents
    with st.grid(4, min_column_width=180, gap="small"):
        st.metric("Calls today", f"{sum(each.today.calls for each in agents):,}", border=True)
        st.metric(
            "Refused today", f"{sum(each.today.refused for each in agents):,}", border=True,
            help="By a policy, guidance, a limit or the model.",
        )  # fmt: skip
        st.metric(f"Calls, {MONTH} days", f"{sum(each.month.calls for each in agents):,}", border=True)
        st.metric(
            "Proposals waiting",
            f"{overview.pending:,}",
            border=True,
            help="Each waits for the person whose agent made it.",
        )


def _table(agents: tuple[AgentUse, ...]) -> None:
    with block("Agents", counted(len(agents), "agent")):
        st.dataframe(
            {
                "Agent": [each.name for each in agents],
                "For": [each.person or "Someone who left" for each in agents],
                "Calls today": [each.today.calls for each in agents],
                f"Calls, {MONTH} days": [each.month.calls for each in agents],
                "Refused": [each.month.refused for each in agents],
                "Cells": [each.month.cells for each in agents],
                "Cost": [each.month.cost for each in agents],
            },
            hide_index=True, width="stretch", key="overview-agents",
            column_config={
                **dict.fromkeys(("Calls today", f"Calls, {MONTH} days", "Refused", "Cells"), _NUMBER),
                "Cost": st.column_config.NumberColumn(format="localized", help="Points: 1, 5 or 25 by size."),
            },
        )  # fmt: skip
        st.caption(plain(f"Refused, cells and cost cover {MONTH} days. Days are in UTC."))
        _link()


def _switched(work: OversightWork, *, is_on: bool) -> None:
    def act() -> str:
        work.turn(is_on=is_on, why=str(st.session_state.get(_WHY) or "").strip())
        return f"All agents are switched {'on' if is_on else 'off'}."

    tried(act, "power" if is_on else "power_off")
