"""The list of agents: what each did today, whether it works, and buttons to pause, test and revoke it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from pages.agents import connect, narrowing, views, words
from pages.agents.trying import TRIED, show_outcome
from pages.shell import links, session
from pages.shell.parts import COLOURS, Action, State, badge_text, empty_state, notice, page_header, plain, quoted
from pages.shell.switching_off import AGENTS, AGENTS_EFFECT, switch_off
from pages.shell.turns import in_turn
from semantic.agents.connecting import AgentWork, ListedAgent
from semantic.agents.transcripts import Transcripts
from semantic.api.trying import AgentTest, try_agent
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.store.agents.agents import LONGEST_TEXT, MOST_LIMIT, Limits
from semantic.store.agents.clients import CLIENTS
from semantic.store.agents.switch import Switch
from semantic.store.audit.sentences import sentence

PAGE = 25
OLD, SHOWN, TOLD, WHOSE = "agents-old", "agents-shown", "agents-told", "agents-whose"
YOURS, EVERYONES = "Yours", "Everyone's"
OFF = "agents-off"
_LIMITS = {"calls": "Calls per day", "cost": "Cost points per day", "cells": "Cells per day",
           "refused": "Refusals in a row"}  # fmt: skip


def header() -> None:
    """Draw the title with the button that connects an agent."""
    workspace, actor = session.require("viewer")
    may = AgentWork(session.live(), actor).may_connect
    page_header(
        "Agents",
        "Let an AI assistant or another program ask on your behalf. It sees only what you can see, and changes nothing "
        "without your approval.",
        connect.button if may else None,
        scope=workspace.visible(actor).scope,
    )


@st.fragment
@in_turn
def agents() -> None:
    """Draw the outcome of the last click, then the list, which reruns separately on every click."""
    _, actor = session.require("viewer")
    work = AgentWork(session.live(), actor)
    if not work.may_connect:
        empty_state(
            "visibility_off", "Not available while you view as someone else",
            "Agents belong to one person. Stop viewing to see your own.", key="agents-viewing",
        )  # fmt: skip
        return
    told: tuple[State, str, str] | None = st.session_state.get(TOLD)
    if told is not None:
        notice(*told, key="agents-notice", act=Action("Close", _close_notice))
    try:
        is_everyones = _overseeing(work.switch(), work)
        if asked := connect.asked_client():
            connect.consent(asked)
        every = work.everyones() if is_everyones else work.mine()
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load agents", str(error), [Action("Try again", _just_rerun)], key="agents-away"
        )
        return
    if every:
        _listed(every, session.live().store.now(), work, is_everyones=is_everyones)
    elif is_everyones:
        empty_state("smart_toy", "No agents connected", "No one has connected an agent yet.", key="agents-none")
    elif not connect.asked_client():
        empty_state(
            "smart_toy", "No agents connected",
            f"Connect {', '.join([*CLIENTS.values()][:-1])} or another program. It gets the same numbers that you "
            "see here.",
            [Action("Connect agent", connect.open_form)], key="agents-none",
        )  # fmt: skip
    connect.show()


def _overseeing(switch: Switch, work: AgentWork) -> bool:
    """Draw a notice if agents are off. Stewards also get the switch and the choice of whose agents to list.

    Returns whether everyone's agents are listed.
    """
    if not switch.is_on:
        why = f" Reason: {switch.why.rstrip('.')}." if switch.why else ""
        act = Action("Switch on", _switch_on) if work.oversees else None
        ask = "" if work.oversees else " Ask a steward to switch them on."
        notice(
            "bad", "power_settings_new", f"All agents are switched off, so their calls are refused.{why}{ask}", act,
            key="agents-switched",
        )  # fmt: skip
    if not work.oversees:
        return False
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="agents-overseeing"):
        whose = st.segmented_control(
            "Whose agents", [YOURS, EVERYONES], default=YOURS, key=WHOSE, required=True, label_visibility="collapsed"
        )
        if switch.is_on:
            switch_off(AGENTS, AGENTS_EFFECT, _switch_off, key=OFF, kind="tertiary")
    return whose == EVERYONES


def _listed(every: Sequence[ListedAgent], now: datetime, work: AgentWork, *, is_everyones: bool) -> None:
    old = [one for one in every if one.agent.state(now) in ("ended", "run_out")]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="agents-narrowing"):
        works = sum(one.agent.works(now) for one in every)
        st.markdown(f":small[:gray[{counted(works, 'active agent')}]]", width="stretch")
        if old:
            st.toggle(f"Revoked and expired ({len(old)})", key=OLD)
    chosen = [*every] if st.session_state.get(OLD) else [one for one in every if one not in old]
    if not chosen:
        empty_state(
            "smart_toy", "No active agents", "Turn on the switch above to see revoked and expired agents.",
            key="agents-none-left",
        )  # fmt: skip
        return
    chosen = narrowing.filter_agents(chosen, now)
    if not chosen:
        clear = [Action("Show all", narrowing.clear)]
        empty_state("search_off", "No agents match", "Try another name or status.", clear, key="agents-not-found")
        return
    shown = st.session_state.get(SHOWN, PAGE)
    for one in chosen[:shown]:
        _row(one, now, work, is_everyones=is_everyones)
    if len(chosen) > shown:
        more = min(PAGE, len(chosen) - shown)
        st.button(f"Show {more} more", key="agents-more", on_click=_more, args=(shown + PAGE,))


def _row(one: ListedAgent, now: datetime, work: AgentWork, *, is_everyones: bool) -> None:
    agent = one.agent
    state = agent.state(now)
    colour, icon = words.LOOKS[state]
    with st.container(border=True, gap="xsmall", key=f"agent-{agent.number}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            of = agent.person_name.partition(", ")[0] or agent.person_id or "an erased person"
            program = "" if CLIENTS[agent.client] == agent.name else CLIENTS[agent.client]
            whose = " ".join(filter(None, [program, f"for {of}" if is_everyones else ""]))
            more = f" &nbsp;:small[:gray[{plain(whose)}]]" if whose else ""
            st.markdown(f"**{plain(agent.name or 'Agent')}**{more}", width="content")
            st.badge(badge_text(words.state_words(agent, now)), icon=f":material/{icon}:", color=COLOURS[colour])
            if agent.works(now) and one.is_used_up:
                st.badge("Daily limit reached", icon=":material/hourglass_disabled:", color="orange",
                         help="It resets at 00:00 UTC.")  # fmt: skip
            elif agent.works(now) and one.is_stopped:
                st.badge("Stopped after refusals", icon=":material/front_hand:", color="orange")
        st.markdown(f":small[:gray[{plain(words.use_words(one))}]]")
        st.markdown(f":small[:gray[{plain(words.scope_list(agent.scopes))}]]")
        if state not in ("ended", "run_out"):
            _acts(one, state, work)
        else:
            with st.container(horizontal=True, gap="xsmall"):
                _transcript(one, work)
                _history(one, work)
        if one.is_mine:
            tried: dict[str, AgentTest | str] = st.session_state.get(TRIED, {})
            show_outcome(tried.get(agent.number))


def _acts(one: ListedAgent, state: str, work: AgentWork) -> None:
    number = one.agent.number
    with st.container(horizontal=True, gap="xsmall"):
        if state == "paused":
            st.button("Resume", icon=":material/play_arrow:", key=f"agent-resume-{number}", type="tertiary",
                      on_click=_resume, args=(number,))  # fmt: skip
        elif state != "damaged":
            st.button("Pause", icon=":material/pause:", key=f"agent-pause-{number}", type="tertiary",
                      on_click=_pause, args=(number,))  # fmt: skip
        if one.is_mine and state in ("works", "ends_soon"):
            st.button("Test connection", icon=":material/network_check:", key=f"agent-try-{number}", type="tertiary",
                      on_click=_try, args=(number,))  # fmt: skip
            if one.is_stopped:
                st.button("Let it continue", icon=":material/front_hand:", key=f"agent-go-on-{number}", type="tertiary",
                          on_click=_go_on, args=(number,), help="Lets it ask again today.")  # fmt: skip
        if work.oversees and state != "damaged":
            _limits(one)
        _transcript(one, work)
        _history(one, work)
        if state != "damaged":
            _end(number)


def _limits(one: ListedAgent) -> None:
    key = f"agent-limits-{one.agent.number}"
    popover = st.popover("Limits", icon=":material/speed:", key=key, type="tertiary", on_change="rerun")
    if not popover.open:
        return
    with popover, st.container(width=300):
        st.caption("Daily limits for this agent. They reset at 00:00 UTC.")
        for name, label in _LIMITS.items():
            st.number_input(label, 0, MOST_LIMIT, getattr(one.budget, name), key=f"{key}-{name}")
        with st.container(horizontal=True, gap="xsmall"):
            st.button("Save limits", key=f"{key}-now", type="primary", on_click=_limit, args=(one.agent.number,))
            st.button("Use defaults", key=f"{key}-none", on_click=_limit, args=(one.agent.number, True))


def _transcript(one: ListedAgent, work: AgentWork) -> None:
    """Draw the link to an agent's transcript for its person and for administrators, whose access is recorded."""
    number = one.agent.number
    if not one.is_mine and not Transcripts(session.live()).may_audit(work.actor):
        return
    if st.button("Transcript", icon=":material/forum:", key=f"agent-transcript-{number}", type="tertiary"):
        views.open_view(links.TRANSCRIPT, number)


def _history(one: ListedAgent, work: AgentWork) -> None:
    key = f"agent-history-{one.agent.number}"
    popover = st.popover("History", icon=":material/history:", key=key, type="tertiary", on_change="rerun")
    if not popover.open:
        return
    workspace = session.workspace()
    seen = workspace.visible(work.actor)
    known = {field.name: field.label for field in (*seen.metrics, *seen.dimensions) if field.label}
    with popover, st.container(width=420):
        try:
            entries = work.history(one.agent.number)
        except SemanticError as error:
            st.caption(plain(str(error)))
            return
        if not entries:
            st.caption("No history yet.")
        for entry in entries:
            text = sentence(entry, lambda name: known.get(name) or name.replace("_", " "))
            at = f"{entry.at:%-d %b %Y, %H:%M} UTC" if entry.at else ""
            st.markdown(f"{plain(text)}  \n:small[:gray[{at}]]")


def _end(number: str) -> None:
    key = f"agent-end-{number}"
    popover = st.popover("Revoke", icon=":material/block:", key=key, type="tertiary", on_change="rerun")
    if not popover.open:
        return
    with popover, st.container(width=280):
        st.caption(
            "Its calls are refused immediately, on every server. You can't undo this, but you can connect it again."
        )
        st.text_input("Reason (optional)", key=f"{key}-why", max_chars=LONGEST_TEXT)
        st.button("Revoke agent", key=f"{key}-now", type="primary", on_click=_ended, args=(number,))


# Click handlers: each service checks access again.


def _work() -> AgentWork:
    _, actor = session.require("viewer")
    return AgentWork(session.live(), actor)


def _tell(state: State, icon: str, text: str) -> None:
    st.session_state[TOLD] = (state, icon, text)


def _pause(number: str) -> None:
    try:
        _work().pause(number)
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return
    _tell("good", "pause_circle", "The agent is paused. Its calls are refused until it's resumed.")


def _resume(number: str) -> None:
    try:
        _work().resume(number)
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return
    _tell("good", "play_arrow", "The agent is active again.")


def _ended(number: str) -> None:
    why = (st.session_state.get(f"agent-end-{number}-why") or "").strip()
    try:
        _work().end(number, why)
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return
    _tell("good", "block", "The agent is revoked." + (f" Reason: {quoted(why)}" if why else ""))


def _limit(number: str, is_default: bool = False) -> None:
    key = f"agent-limits-{number}"
    chosen = {} if is_default else {name: st.session_state.get(f"{key}-{name}") for name in _LIMITS}
    try:
        _work().limit(number, Limits(**chosen))
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return
    _tell(
        "good", "speed", "The agent uses the default limits again." if is_default else "The agent's limits are saved."
    )


def _go_on(number: str) -> None:
    try:
        _work().go_on(number)
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return
    _tell("good", "front_hand", "The agent can ask again today.")


def _try(number: str) -> None:
    work = _work()
    st.session_state.setdefault(TRIED, {})[number] = try_agent(work.live, work.actor, number)


def _switch_off(why: str) -> None:
    if _turned(False, why):
        _close_notice()  # The notice already says that agents are off.


def _switch_on() -> None:
    if _turned(True, ""):
        _tell("good", "power_settings_new", "All agents are switched on.")


def _turned(on: bool, why: str) -> bool:
    try:
        _work().turn(on, why)
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return False
    return True


def _close_notice() -> None:
    st.session_state.pop(TOLD, None)


def _more(count: int) -> None:
    st.session_state[SHOWN] = count


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""
