"""The transcript of agents, call by call, for the person they ask for and for administrators, whose access
is recorded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.agents import keeping, views
from pages.agents.chips import explore_button, show_chips
from pages.agents.proposal_words import OUTCOMES, SOME_AGENT, TOOLS, agent_name
from pages.asking import form as asking
from pages.shell import links, session
from pages.shell.parts import COLOURS, Action, badge_text, empty_state, notice, plain, quoted, unseen
from pages.shell.turns import in_turn
from semantic.agents.deciding import agent_names
from semantic.agents.transcripts import PAGE, Entry, OpenedTranscript, Page, Transcripts
from semantic.display.format import moment_in
from semantic.errors import SemanticError
from semantic.services.requests.work import RequestOrigin

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.store.agents.transcripts import Call
    from semantic.workspace import Workspace

OUTCOME, OPENED, _PASSED = "transcript-outcome", "transcript-opened", "transcript-passed"
_OF: Final = "transcript-of"
"""The session keys for the chosen outcome, the transcript that an administrator opened, the last call of each page that
was passed, and the agent whose calls were on those pages.
"""
_RERUN: Final = "transcript-rerun"
_LONGEST_SHOWN: Final = 2_000


@st.fragment
@in_turn
def show_transcript(agent: str = "") -> None:
    """Draw the calls of all of this person's agents, or of one agent, in a fragment that reruns separately.

    Administrators can open the transcript of another person's agent. The audit log records it.
    """
    if st.session_state.pop(_RERUN, False):  # The request form for stewards opens over the whole page.
        st.rerun()
    workspace, actor = session.require("viewer")
    work = Transcripts(session.live())
    if st.session_state.get(_OF, agent) != agent:
        _first_page()  # The pages passed so far belong to another agent.
    st.session_state[_OF] = agent
    passed: list[Call] = st.session_state.get(_PASSED) or []
    after = passed[-1] if passed else None
    try:
        names = agent_names(session.live(), actor)
        name, person = work.agent_and_person(actor, agent)
        is_other = bool(agent) and work.may_audit(actor) and not work.is_mine(actor, agent)
        opened = _opened(agent, actor) if is_other else None
        if is_other and opened is None:
            _choose_agent(agent, names, name, person)
            _offer(agent)
            return
        _choose_agent(agent, names, name, person)
        outcome = _outcome()
        if opened is not None:
            page = work.audited(actor, opened, outcome=outcome, after=after)
        else:
            page = work.mine(actor, agent=agent, outcome=outcome, after=after)
    except SemanticError as error:
        again = [Action("Try again", _just_rerun)]
        empty_state("cloud_off", "Couldn't load the transcript", str(error), again, key="transcript-away")
        return
    if not page.is_mine:
        notice(
            "info",
            "visibility",
            "This is someone else's transcript. Opening it was recorded in the audit log.",
            key="transcript-audit",
        )
    if not page.entries:
        _nothing(outcome)
        keeping.days_setting()
        return
    first = PAGE * len(passed) + 1
    st.caption(f"{first:,}\N{EN DASH}{first + len(page.entries) - 1:,} of {page.count:,} calls")
    with st.container(border=True, gap="small", key="list-of-calls"):
        for entry in page.entries:
            _row(entry, {agent: name, **names}, workspace, actor, is_mine=page.is_mine)
    _turning(page, passed)
    keeping.days_setting()


def _opened(agent: str, actor: Actor) -> OpenedTranscript | None:
    opened: OpenedTranscript | None = st.session_state.get(OPENED)
    return opened if opened is not None and (opened.agent, opened.by) == (agent, actor.id) else None


def _offer(agent: str) -> None:
    empty_state(
        "policy", "Someone else's transcript",
        "Opening it is recorded in the audit log.",
        [Action("Open transcript", lambda: _open(agent))], key="transcript-offer",
    )  # fmt: skip


def _open(agent: str) -> None:
    _, actor = session.require("administrator")
    try:
        st.session_state[OPENED] = Transcripts(session.live()).open(actor, agent)
    except SemanticError as error:
        st.toast(plain(str(error)), icon=":material/error:")


def _choose_agent(agent: str, names: Mapping[str, str], name: str, person: str) -> None:
    """Draw the choice of the agent whose calls are listed. Draws nothing if there is no choice."""
    if not agent and len(names) < 2:
        return
    whose = f"{name or SOME_AGENT}{f', for {person}' if person else ''}"
    labels = {"": "All your agents", **({agent: whose} if agent else {}), **names}
    chosen = st.selectbox(
        "Agent", list(labels), index=list(labels).index(agent), key=f"transcript-agent-{agent}", width=320,
        format_func=lambda number: plain(labels[number]),
    )  # fmt: skip
    if chosen != agent:
        views.open_view(links.TRANSCRIPT, chosen)


def _outcome() -> str:
    """Draw the filter by outcome, and return the chosen outcome, or "" for all."""
    chosen = st.segmented_control(
        "Show", ["", *OUTCOMES], default="", required=True, key=OUTCOME, label_visibility="collapsed",
        format_func=lambda outcome: OUTCOMES[outcome][0] if outcome else "All", on_change=_first_page,
    )  # fmt: skip
    return chosen or ""


def _nothing(outcome: str) -> None:
    if outcome:
        clear = [Action("Show all", _clear)]
        empty_state("search_off", "No calls match", "Choose another outcome.", clear, key="transcript-none-found")
        return
    empty_state(
        "forum", "No calls yet", "Every call your agents make appears here. You can replay each answer.",
        key="transcript-none",
    )  # fmt: skip


# One call


def _row(entry: Entry, names: Mapping[str, str], workspace: Workspace, actor: Actor, *, is_mine: bool) -> None:
    call, key = entry.call, f"call-{entry.call.id}"
    word, state = OUTCOMES[call.outcome]
    with st.container(gap="xsmall", key=key):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown(f"**{plain(TOOLS.get(call.tool, call.tool))}**", width="content")
            st.badge(badge_text(word), color=COLOURS[state])
            at = moment_in(call.at, workspace.model.settings.time_zone)
            facts = f"{agent_name(call.agent, names)} · {at} · {_took(call.ms)}"
            st.markdown(f":small[:gray[{plain(facts)}]]", width="content")
        if entry.words:
            st.markdown(plain(quoted(entry.words[:_LONGEST_SHOWN])))
        if entry.query is not None:
            show_chips(entry.query, workspace, actor, key=key)
        if entry.why_hidden and not entry.reason:
            st.caption(plain(entry.why_hidden))
        if call.outcome in ("refused", "failed") and (call.code or entry.reason):
            code = f" Code {call.code}" if call.code else ""
            st.markdown(f":small[{plain(entry.reason)}:gray[{plain(code)}]]")
        _links(entry, workspace, actor, key, is_mine=is_mine)


def _took(ms: int) -> str:
    return f"{ms:,} ms" if ms < 1_000 else f"{ms / 1_000:,.1f} s"


def _links(entry: Entry, workspace: Workspace, actor: Actor, key: str, *, is_mine: bool) -> None:
    call = entry.call
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-links"):
        if call.receipt:
            links.receipt_link(call.receipt, "Open the receipt")
        if entry.query is not None:
            explore_button(entry.query, workspace, actor, label="Open in Explore", key=key)
        has_proposal = entry.proposal and is_mine
        if has_proposal and st.button("Open the proposal", key=f"{key}-proposal", type="tertiary"):
            views.open_view(links.PROPOSAL, entry.proposal)
        if is_mine and _is_missing(entry) and asking.may_ask(actor):
            about = unseen(entry.words[:80] or TOOLS.get(call.tool, call.tool))
            st.button(
                f"{asking.ASK_LABEL} {about}", icon=f":material/{asking.ICON}:", key=f"{key}-ask", type="tertiary",
                on_click=_request, args=(entry,),
            )  # fmt: skip
        if entry.arguments:
            with st.popover("Details", icon=":material/data_object:", type="tertiary", key=f"{key}-details"):
                text = json.dumps(entry.arguments, ensure_ascii=True, indent=2)
                st.code(text[:_LONGEST_SHOWN], language=None, wrap_lines=True)


def _is_missing(entry: Entry) -> bool:
    """Return whether a call failed, possibly because of a definition that stewards could add."""
    has_content = entry.query is not None or entry.words or entry.reason
    return entry.call.outcome in ("refused", "asked_back") and bool(has_content)


def _request(entry: Entry) -> None:
    """Open the form that asks stewards for help, filled in with what the agent asked for."""
    start = asking.Start(
        kind="metric" if entry.words or entry.query is None else "question", words=entry.words,
        asking=RequestOrigin(place="requests", query=entry.query, receipt=entry.call.receipt),
    )  # fmt: skip
    asking.begin(start)
    st.session_state[_RERUN] = True


# Pages


def _turning(page: Page, passed: list[Call]) -> None:
    if not passed and not page.has_more:
        return
    with st.container(horizontal=True, gap="small", key="transcript-turning"):
        st.button("Newer", key="transcript-newer", disabled=not passed, on_click=_turn, args=(passed[:-1],))
        last = page.entries[-1].call
        st.button("Older", key="transcript-older", disabled=not page.has_more, on_click=_turn, args=([*passed, last],))


def _turn(passed: list[Call]) -> None:
    st.session_state[_PASSED] = passed


def _first_page() -> None:
    st.session_state[_PASSED] = []


def _clear() -> None:
    st.session_state[OUTCOME] = ""
    _first_page()


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""
