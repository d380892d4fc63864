"""The proposals of agents, each with exactly what it would do and buttons to approve or deny it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.agents import keeping
from pages.agents.chips import explore_button, show_chips
from pages.agents.proposal_words import DONE, ICONS, agent_name, wants_words
from pages.shell import links, session
from pages.shell.parts import COLOURS, Action, State, badge_text, block, empty_state, notice, plain, unseen
from pages.shell.turns import in_turn
from semantic.agents.acts import (
    LONGEST_REASON,
    AskQuestion,
    RequestMetric,
    SaveQuestion,
    SetAlert,
    Subscribe,
    has_hidden_signs,
)
from semantic.agents.deciding import ListedProposal, agent_names, approve, deny, may_decide, proposals_for, withdraw
from semantic.agents.proposing import is_usable
from semantic.agents.shown import shown_of
from semantic.display.format import counted, moment_in
from semantic.display.words.ages import ago, time_left
from semantic.errors import SemanticError, StoreFailed
from semantic.schedules.schedule import Schedule, schedule_words

if TYPE_CHECKING:
    from datetime import datetime

    from semantic.policy.actor import Actor
    from semantic.query.query import Query
    from semantic.store.agents.proposals import Grant
    from semantic.workspace import Workspace

TOLD: Final = "approvals-told"
_DECIDED: Final = "approvals-decided"
"""The session key for the outcome of the last decision, which is shown once."""
SHOWN: Final = "approvals-shown"
"""The session key for the number of cards drawn."""
PAGE: Final = 5
MOST_DECIDED: Final = 20
_WHY: Final = {
    "personal": "This needs your approval because it's about individual people.",
    "cost": "This needs your approval because it reads a lot of data.",
}
_STATES: Final[dict[str, tuple[str, State]]] = {
    "approved": ("Approved", "good"),
    "denied": ("Denied", "quiet"),
    "expired": ("Expired", "quiet"),
    "running": ("Interrupted", "caution"),
}
_INTERRUPTED: Final = "The approval was interrupted. Check whether it went through before you ask the agent again."
_CONDITIONS: Final = {
    "changed": "only if the numbers changed",
    "behind": "only if a number is behind its target",
    "alert": "only if an alert fires",
}


@st.fragment
@in_turn
def show_approvals() -> None:
    """Draw the proposals of this person's agents, in a fragment that reruns separately."""
    workspace, actor = session.require("viewer")
    if st.session_state.pop(_DECIDED, False):
        st.rerun()  # Rerun the whole page, because its choice of views shows the number of open proposals.
    if told := st.session_state.pop(TOLD, None):
        notice(*told, key="approvals-told")
    if not may_decide(actor):
        empty_state(
            "visibility", "Not available while you view as someone else", "Only they can decide what their agents do.",
            key="approvals-viewing",
        )  # fmt: skip
        return
    try:
        every, names = proposals_for(session.live(), actor), agent_names(session.live(), actor)
    except StoreFailed as error:
        again = [Action("Try again", _just_rerun)]
        empty_state("cloud_off", "Couldn't load approvals", str(error), again, key="approvals-away")
        return
    pending = [listed for listed in every if listed.is_open]
    decided = [listed for listed in every if not listed.is_open]
    wanted = st.query_params.get(links.PROPOSAL, "")
    pending.sort(key=lambda listed: listed.proposal.id != wanted)  # The proposal in the address comes first.
    if len(pending) > PAGE:
        st.caption(f"{counted(len(pending), 'proposal')} to review")
    if not pending:
        empty_state(
            "task_alt", "Nothing to approve",
            "Agents need your approval to change something for you, or to ask a large or personal question.",
            key="approvals-none",
        )  # fmt: skip
    shown = st.session_state.get(SHOWN, PAGE)
    for listed in pending[:shown]:
        _card(listed, names, workspace, actor)
    if len(pending) > shown:
        more = min(PAGE, len(pending) - shown)
        st.button(f"Show {more} more", key="approvals-more", on_click=_more, args=(shown + PAGE,))
    if decided:
        _decided(decided[:MOST_DECIDED], names, workspace, actor)
    keeping.approval_setting()


# One card


def _card(listed: ListedProposal, names: Mapping[str, str], workspace: Workspace, actor: Actor) -> None:
    proposal, key = listed.proposal, f"proposal-{listed.proposal.id}"
    name, now = agent_name(proposal.agent, names), session.live().store.now()
    with st.container(border=True, gap="small", key=key):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            words = f"**{plain(name)}** wants to {plain(wants_words(listed.act, workspace, actor))}"
            st.markdown(f":gray[:material/{ICONS[proposal.kind]}:] {words}", width="stretch")
            st.badge(badge_text(time_left(proposal.expires_at, now)), icon=":material/schedule:", color="gray")
        is_shown = _content(listed, workspace, actor, key)
        if listed.why_not:
            st.markdown(f":orange[:material/block:] {plain(listed.why_not)}")
        _buttons(listed, name, workspace, actor, key, is_shown=is_shown)


def _content(listed: ListedProposal, workspace: Workspace, actor: Actor, key: str) -> bool:
    """Draw exactly what a proposal would do, and return whether everything is shown."""
    act = listed.act
    if act is None:
        return False
    is_shown = True
    query, lines = _question(listed), list[str]()
    match act:
        case AskQuestion(why=why):
            lines = [_WHY.get(why, ""), "If you approve, the agent gets the same answer that you would."]
        case SaveQuestion():
            lines = ["If you approve, it's saved as yours, and only you can see it."]
        case SetAlert(alert):
            work = session.alert_work(workspace, actor)
            if not listed.why_not:
                lines = [f"{work.rule_words(alert)}.".replace("..", "."), work.patience_words(alert)]
            lines += ["If you approve, only you are notified."]
        case Subscribe():
            condition = f", {_CONDITIONS[act.condition]}" if act.condition in _CONDITIONS else ""
            lines = [
                f"{schedule_words(Schedule(cron=act.cron, zone=act.zone))}{condition}.",
                "If you approve, it's sent only to you.",
            ]
        case RequestMetric():
            lines = ["If you approve, stewards see the request under your name."]
    if query is not None:
        is_shown = show_chips(query, workspace, actor, key=key, has_period=not isinstance(act, SetAlert))
    if query is not None and (scope := workspace.visible(actor).scope):
        lines.append(f"{scope}.")
    if texts := [plain(line) for line in lines if line]:
        st.markdown("  \n".join(f":small[:gray[{text}]]" for text in texts))
    if is_shown and not listed.why_not:
        parts = [plain(line) for line in shown_of(act, workspace.visible(actor))]
        st.markdown(":small[**Every part that you approve**]")
        st.markdown("  \n".join(f":small[{part}]" for part in parts))
    if has_hidden_signs(act):
        st.markdown(":orange[:material/warning:] :small[Part of this proposal contains invisible characters.]")
    return is_shown


def _question(listed: ListedProposal) -> Query | None:
    match listed.act:
        case AskQuestion(query) | SaveQuestion(query=query):
            return query
        case SetAlert(alert) if alert.of is None:
            return alert.names
        case RequestMetric(query=query):
            return query
        case _:
            return None


def _buttons(
    listed: ListedProposal, name: str, workspace: Workspace, actor: Actor, key: str, *, is_shown: bool
) -> None:  # fmt: skip
    """Draw the Approve and Deny buttons. Approve is left out if part of the proposal is hidden."""
    proposal, query = listed.proposal, _question(listed)
    subject = unseen(f"{name}: {wants_words(listed.act, workspace, actor)}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-acts"):
        if not listed.why_not and is_shown:
            is_question = proposal.kind == "question"
            label = "Approve once" if is_question else "Approve"
            st.button(
                f"{label} {subject}", key=f"{key}-approve", type="primary", on_click=_approve,
                args=(proposal.id, proposal.digest, proposal.kind, "once"),
            )  # fmt: skip
            if is_question:
                st.button(
                    f"Approve for 24 hours {subject}", key=f"{key}-day", on_click=_approve,
                    args=(proposal.id, proposal.digest, proposal.kind, "day"),
                )  # fmt: skip
        if proposal.is_sealed:
            _deny_button(proposal.id, key)
        if isinstance(listed.act, Subscribe):
            _review_sent(listed.act)
        elif query is not None and not listed.why_not:
            explore_button(query, workspace, actor, label="Review in Explore", key=key)


def _review_sent(act: Subscribe) -> None:
    if act.what == "board":
        links.board_link("Open the board", act.about, icon=":material/dashboard:", width="content")
    else:
        links.saved_link("Review in Explore", act.about, icon=":material/query_stats:", width="content")


def _deny_button(id_: str, key: str) -> None:
    with st.popover("Deny", key=f"{key}-deny"), st.container(width=360, gap="small"):
        st.text_input("Reason (optional)", key=f"{key}-reason", max_chars=LONGEST_REASON)
        st.caption("The agent sees this reason.")
        st.button("Deny", key=f"{key}-deny-now", on_click=_deny, args=(id_, f"{key}-reason"))


# Decisions


def _approve(id_: str, digest: str, kind: str, grant: Grant) -> None:
    _, actor = session.require("viewer")
    _do(partial(approve, session.live(), actor, id_, digest, grant=grant), f"Approved. {DONE[kind]}")


def _deny(id_: str, field: str) -> None:
    _, actor = session.require("viewer")
    reason: str = st.session_state.get(field) or ""
    _do(partial(deny, session.live(), actor, id_, reason), "Denied. Nothing was done.")


def _withdraw(id_: str) -> None:
    _, actor = session.require("viewer")
    _do(partial(withdraw, session.live(), actor, id_), "Approval withdrawn. The agent has to ask you again.")


def _do(act: Callable[[], object], told: str) -> None:
    st.session_state[_DECIDED] = True
    try:
        act()
    except SemanticError as error:
        st.session_state[TOLD] = ("caution", "error", str(error))
    else:
        st.session_state[TOLD] = ("good", "task_alt", told)


def _more(count: int) -> None:
    st.session_state[SHOWN] = count


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""


# Decided proposals


def _decided(every: Sequence[ListedProposal], names: Mapping[str, str], workspace: Workspace, actor: Actor) -> None:
    now = session.live().store.now()
    with block("Decided"), st.container(border=True, gap="small", key="list-of-decided"):
        for listed in every:
            _decided_row(listed, names, workspace, actor, now)


def _decided_row(
    listed: ListedProposal, names: Mapping[str, str], workspace: Workspace, actor: Actor, now: datetime
) -> None:  # fmt: skip
    proposal, key = listed.proposal, f"decided-{listed.proposal.id}"
    word, state = _STATES[listed.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        with st.container(gap="xxsmall", width="stretch"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                wants = wants_words(listed.act, workspace, actor)
                st.markdown(f"{plain(agent_name(proposal.agent, names))}: {plain(wants)}", width="content")
                st.badge(badge_text(word), color=COLOURS[state])
            facts = [ago(proposal.decided_at or proposal.expires_at, now)]
            facts += [f"Reason: {proposal.reason}"] if proposal.reason else []
            facts += [_INTERRUPTED] if listed.state == "running" else []
            facts += [_grant_words(listed, workspace, now)] if proposal.granted else []
            st.markdown(f":small[:gray[{plain(' · '.join(facts))}]]")
        _made_link(listed)
        if is_usable(proposal, now):
            label = f"Withdraw {unseen(wants)}"
            st.button(label, key=f"{key}-withdraw", type="tertiary", on_click=_withdraw, args=(proposal.id,))


def _grant_words(listed: ListedProposal, workspace: Workspace, now: datetime) -> str:
    proposal = listed.proposal
    if proposal.used_at is not None:
        return "Used"
    if proposal.until is None or now >= proposal.until:
        return "Ended"
    until = moment_in(proposal.until, workspace.model.settings.time_zone)
    return f"{'Once' if proposal.granted == 'once' else 'Any number of times'}, until {until}"


def _made_link(listed: ListedProposal) -> None:
    """Draw a link to the item that the approval created."""
    made = listed.proposal.made
    if listed.state != "approved" or not made:
        return
    match listed.proposal.kind:
        case "alert":
            links.alert_link("Open the alert", made, width="content")
        case "save":
            links.saved_link("Open in Explore", made, width="content")
        case "subscription":
            links.subscriptions_link("My subscriptions")
        case "request":
            st.page_link(links.page_of(links.REQUESTS), label="Your requests", width="content")
        case "question":
            return
