"""The view Overview: the switch that turns all agents off, and their usage today and over 30 days."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.govern.oversight.outcome import switch_and_tell
from pages.shell import links, session
from pages.shell.parts import Action, block, empty_state, notice, plain
from pages.shell.switching_off import AGENTS, AGENTS_EFFECT, switch_off
from semantic.agents.oversight import MONTH, OversightWork, Overview
from semantic.display.format import counted
from semantic.errors import SemanticError

_OFF: Final = "overview-off"
_NUMBER: Final = st.column_config.NumberColumn(format="localized")


def show() -> None:
    """Draw the switch and the usage."""
    _, actor = session.require("steward")
    if actor.viewed_by is not None:
        notice("caution", "lock", "You're viewing as someone else. Stop viewing to oversee agents.", key="over-viewing")
        return
    work = OversightWork(session.live(), actor)
    try:
        overview = work.overview()
    except SemanticError as error:
        acts = [Action("Try again", _just_rerun)]
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
    _table(overview)


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""


def _link() -> None:
    st.page_link(links.page_of(links.AGENTS), label="Agents", icon=":material/smart_toy:", width="content")


def _switch(work: OversightWork, overview: Overview) -> None:
    if not overview.switch.is_on:
        why = f" Reason: {overview.switch.why.rstrip('.')}." if overview.switch.why else ""
        act = Action("Switch on", lambda: switch_and_tell(lambda: work.turn(is_on=True), "All agents are switched on."))
        text = f"All agents are switched off.{why} People aren't affected."
        notice("bad", "power_off", text, act, key="overview-switch")
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="overview-switch"):
        st.markdown(":green[:material/power:] Agents are on. Each has at most its person's access.", width="stretch")
        switch_off(
            AGENTS, AGENTS_EFFECT, lambda why: switch_and_tell(lambda: work.turn(is_on=False, why=why)), key=_OFF
        )


def _numbers(overview: Overview) -> None:
    agents = overview.agents
    with st.grid(4, min_column_width=180, gap="small"):
        st.metric("Calls today", f"{sum(each.today.calls for each in agents):,}", border=True)
        st.metric(
            "Refused today", f"{sum(each.today.refused for each in agents):,}", border=True,
            help="Refused by a policy, guidance, a limit or the model.",
        )  # fmt: skip
        st.metric(f"Calls, {MONTH} days", f"{sum(each.month.calls for each in agents):,}", border=True)
        st.metric(
            "Proposals waiting",
            f"{overview.pending:,}",
            border=True,
            help="Each proposal waits for the person whose agent made it.",
        )


def _days_of(overview: Overview) -> str:
    if overview.asked_back_days >= MONTH:
        return f"Refused, asked to clarify, cells and cost cover {MONTH} days. Days are in UTC."
    kept = "the last day" if overview.asked_back_days == 1 else f"{overview.asked_back_days} days"
    return (
        f"Refused, cells and cost cover {MONTH} days. Asked to clarify covers {kept}, as long as transcripts are kept. "
        "Days are in UTC."
    )


def _table(overview: Overview) -> None:
    agents = overview.agents
    with block("Agents", counted(len(agents), "agent")):
        st.dataframe(
            {
                "Agent": [each.name for each in agents],
                "For": [each.person or "Someone who left" for each in agents],
                "Calls today": [each.today.calls for each in agents],
                f"Calls, {MONTH} days": [each.month.calls for each in agents],
                "Refused": [each.month.refused for each in agents],
                "Asked to clarify": [each.asked_back for each in agents],
                "Cells": [each.month.cells for each in agents],
                "Cost": [each.month.cost for each in agents],
            },
            hide_index=True, width="stretch", key="overview-agents",
            column_config={
                **dict.fromkeys(("Calls today", f"Calls, {MONTH} days", "Refused", "Cells"), _NUMBER),
                "Asked to clarify": st.column_config.NumberColumn(
                    format="localized", help="No question was found in the words, so the agent had to ask its person."
                ),
                "Cost": st.column_config.NumberColumn(format="localized", help="Points: 1, 5 or 25 by size."),
            },
        )  # fmt: skip
        st.caption(plain(_days_of(overview)))
        _link()
