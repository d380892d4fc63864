"""Share a question by link: create the link with a note, and draw the line that its reader sees above the answer."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st
from streamlit.components.v2 import component

from pages.explore.builder import chart_choice
from pages.explore.builder.first_visit import SHARED
from pages.explore.builder.question import ExploreState, names_a_person
from pages.shell import links, session
from pages.shell.parts import plain, quoted
from pages.shell.turns import in_turn
from pages.widgets.item_words import FORMER, name_without_job
from semantic.display.trust import access_sentence
from semantic.display.words.ages import ago
from semantic.errors import SemanticError
from semantic.query.codec import query_to_params
from semantic.query.query import Between, Last, Query, ToDate
from semantic.store.questions.links import LONGEST_NOTE
from semantic.store.spaces.spaces import one_line

if TYPE_CHECKING:
    from semantic.results.result import Period
    from semantic.workspace import Workspace

LONG = 1_500  # the maximum length of a question that stays in the address once it has a link
PERSONAL = (
    "This question filters by a person. To keep names out of logs and browser history, the link doesn't contain the "
    "question."
)
MADE = "share_links"
"""The session key for the IDs of links by their contents, or "" for links that aren't created yet."""
NEWEST, THESE = "Rolling dates", "Fixed dates"


copy_field = component(
    "samepage_copy",
    html="""
<div><input readonly aria-label="Link" /><button type="button">Copy link</button></div>
""",
    css="""
div { display: flex; gap: 0.5rem; width: 100%; }
input { flex: 1; min-width: 0; padding: 0 0.6rem; height: 2.3rem; box-sizing: border-box;
  font: 400 0.8rem var(--st-font); color: var(--st-text-color); background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
button { flex: none; height: 2.3rem; padding: 0 0.9rem; font: 400 0.875rem var(--st-font); color: #fff; cursor: pointer;
  background: var(--st-primary-color); border: none; border-radius: var(--st-button-radius); }
input:focus-visible, button:focus-visible { outline: 2px solid #6270c6; outline-offset: 2px; }
""",
    js="""
export default function ({ parentElement, data }) {
  const input = parentElement.querySelector("input")
  const button = parentElement.querySelector("button")
  const copy = async () => {
    let copied = true
    try {
      await navigator.clipboard.writeText(input.value)
    } catch {  // a page without TLS has no clipboard
      input.select()
      copied = document.execCommand("copy")
    }
    button.textContent = copied ? "Copied" : "Copy link"
  }
  input.onfocus = () => input.select()
  button.onclick = copy
  if (input.value !== data.link) {
    input.value = data.link
    button.textContent = "Copy link"
    if (data.now) copy()
  }
}
""",
)


def share(state: ExploreState, workspace: Workspace) -> None:
    """Draw the popover that shares the question on the page."""
    key = state.key("share")
    with st.popover("Share", icon=":material/link:", key=key, on_change="rerun") as popover:
        if not popover.open:
            return
        st.session_state[SHARED] = True
        with st.container(width=400, gap="small", key="share-link"):
            _link_with_note(state, key)


@st.fragment
@in_turn
def _link_with_note(state: ExploreState, key: str) -> None:
    """Draw the days, a note and the link, which rerun separately while someone types."""
    running, asking = session.require("viewer")
    if asking != state.actor:
        st.rerun()
    workspace = state.home(running)
    query = _choose_days(state, workspace, key)
    if names_a_person(query, workspace):
        st.caption(PERSONAL)
    if state.actor.viewed_by is not None:
        _copy(state, query, workspace, key)
        return
    note = st.text_input(
        "Note (optional)", key=f"{key}-note", max_chars=LONGEST_NOTE, live=True,
        placeholder="Look at Display in October",
    )  # fmt: skip
    try:
        _make_and_copy(state, query, one_line(note or ""), workspace, key)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")
        _copy(state, query, workspace, key)


def _make_and_copy(state: ExploreState, query: Query, note: str, workspace: Workspace, key: str) -> None:
    """Draw a button that creates the link and copies it immediately, then the link itself. Raises SemanticError."""
    work = session.saved_work(workspace, state.actor)
    chart = st.query_params.get(chart_choice.ADDRESS, "")[:40]
    made: dict[Hashable, str] = st.session_state.setdefault(MADE, {})
    asked = query, note, chart, state.actor.id, workspace.visible(state.actor).access_key
    if asked not in made:
        made[asked] = work.find_link(query, note=note, chart=chart) or ""
    is_new = False
    if not made[asked]:
        place = st.empty()
        if not place.button("Copy link", key=f"{key}-make", icon=":material/content_copy:", type="primary"):
            st.caption(links.OWN_ACCESS)
            return
        place.empty()
        is_personal = names_a_person(query, workspace)
        made[asked], is_new = work.make_link(query, note=note, chart=chart, is_personal=is_personal), True
        if query == state.draft and (is_personal or _is_long(query)):
            state.link = query, made[asked]  # From the next run on, the address is the link.
    link = f"{(st.context.url or '').partition('?')[0]}?{urlencode({links.LINK: made[asked]})}"
    copy_field(key=f"{key}-copy", data={"link": link, "now": is_new}, width="stretch")
    st.caption(links.OWN_ACCESS)


def _copy(state: ExploreState, query: Query, workspace: Workspace, key: str) -> None:
    """Draw the question's own address, unless it contains a name. Used while links can't be created."""
    if not names_a_person(query, workspace):
        copy_field(
            key=f"{key}-copy", data={"link": link_of(query, st.context.url or ""), "now": False}, width="stretch"
        )
        st.caption(links.OWN_ACCESS)


def _is_long(query: Query) -> bool:
    return len(urlencode(query_to_params(query), doseq=True)) > LONG


def _choose_days(state: ExploreState, workspace: Workspace, key: str) -> Query:
    """Draw the choice between moving and fixed days, if the days move. Returns the question with the chosen days."""
    draft = state.draft
    fixed = with_days_of(draft, state.check(workspace).period)
    if fixed == draft:
        return draft
    chosen = st.segmented_control(
        "Link opens", [NEWEST, THESE], default=NEWEST, required=True, key=f"{key}-days", width="stretch"
    )
    words = state.check(workspace).period.words
    st.caption(
        plain(words if chosen == THESE else f"Updates when opened: the {_moving(draft)} at that time. Today: {words}.")
    )
    return fixed if chosen == THESE else draft


def _moving(query: Query) -> str:
    match query.time:
        case Last(count=count, unit=unit):
            return f"last {count} {unit.words}s" if count > 1 else f"last {unit.words}"
        case ToDate(unit=unit):
            return f"{unit.words} to date"
        case _:
            return "days"


def with_days_of(query: Query, period: Period) -> Query:
    """Return the question with fixed days in place of its rolling period, as of today."""
    if not isinstance(query.time, Last | ToDate) or period.start is None or period.end is None:
        return query
    if period.end <= period.start:
        return query
    return replace(query, time=Between(period.start, period.end - timedelta(days=1)))


def link_of(query: Query, page: str) -> str:
    """Return the absolute address of a question, based on the current page's address."""
    return f"{page.partition('?')[0]}?{urlencode(query_to_params(query), doseq=True)}"


def show_sent(state: ExploreState, workspace: Workspace) -> None:
    """Draw who shared the question on the page, the sender's note, and whether the reader's access differs from the
    sender's.
    """
    if state.sent is None or state.sent[0] != state.draft:
        return
    sent, now = state.sent[1], session.store()[0].now()
    name = name_without_job(sent.sender) or FORMER
    who = "You shared this" if sent.is_mine else f"{name} shared this with you"
    with st.container(border=True, gap="xxsmall", key="shared-with-you"):
        st.markdown(f":blue[:material/forward_to_inbox:] **{plain(who)}** :gray[{plain(ago(sent.at, now))}]")
        if sent.note:
            st.markdown(plain(quoted(sent.note)))
        if sent.has_other_access:
            rows = access_sentence(workspace.visible(state.actor).scope)
            text = f"You and {name} see different data, so your numbers can differ. {rows}"
            st.markdown(f":orange[:material/visibility:] {plain(text)}")
