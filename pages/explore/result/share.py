"""Sharing a question by link: what the link contains, who sees what through it, and when it must be created."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st
from streamlit.components.v2 import component

from pages.explore.builder.first_visit import SHARED
from pages.explore.builder.question import ExploreState, names_a_person
from pages.shell import links, session
from pages.shell.parts import plain
from semantic.errors import SemanticError
from semantic.query.codec import query_to_params
from semantic.query.query import Between, Last, Query, ToDate
from semantic.store.questions.links import find_link, make_link

if TYPE_CHECKING:
    from semantic.results.result import Period
    from semantic.workspace import Workspace

LONG = 1_500  # longest question in an address; a longer one is stored behind a short link
PERSONAL = (
    "**This question filters by a person.**  \nTo keep names out of logs and browser history, the link doesn't contain "
    "the question."
)
TOO_LONG = "**This question is long.**  \nThe link is shortened so that email apps don't break it."
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
  if (input.value !== data.link) { input.value = data.link; button.textContent = "Copy link" }
  input.onfocus = () => input.select()
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(input.value)
    } catch {  // a page without TLS has no clipboard
      input.select()
      document.execCommand("copy")
    }
    button.textContent = "Copied"
  }
}
""",
)


def share(state: ExploreState, workspace: Workspace) -> None:
    """The popover with the link of the question on the page."""
    key = state.key("share")
    with st.popover("Share", icon=":material/link:", key=key, on_change="rerun") as popover:
        if not popover.open:
            return
        st.session_state[SHARED] = True
        with st.container(width=400, gap="small"):
            query = _choose_days(state, workspace, key)
            link = _link(state, query, workspace, key)
            if link:
                copy_field(key=f"{key}-copy", data={"link": link}, width="stretch")
                st.caption(links.OWN_ACCESS)


def _link(state: ExploreState, query: Query, workspace: Workspace, key: str) -> str:
    """The question's own address, or a link to a stored question if that's too long or names a person; "" until
    created.
    """
    page, own = st.context.url or "", link_of(query, st.context.url or "")
    is_personal = names_a_person(query, workspace)
    if not is_personal and len(own) - len(page.partition("?")[0]) <= LONG:
        return own
    try:
        text = _find(query, state)
        if text is None:
            st.markdown(PERSONAL if is_personal else TOO_LONG)
            if not st.button("Create link", key=f"{key}-make", icon=":material/add_link:", type="primary"):
                return ""
            text = _make(query, state, is_personal=is_personal)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")
        return "" if is_personal else own
    if query == state.draft:
        state.link = query, text  # so that the address is the link from the next run on
    return f"{page.partition('?')[0]}?{urlencode({links.LINK: text})}"


def _find(query: Query, state: ExploreState) -> str | None:
    store, keys = session.store()
    with store.read() as connection:
        return find_link(connection, query, state.actor, keys)


def _make(query: Query, state: ExploreState, *, is_personal: bool) -> str:
    store, keys = session.store()
    with store.write() as transaction:
        return make_link(transaction, query, state.actor, keys, is_personal=is_personal)


def _choose_days(state: ExploreState, workspace: Workspace, key: str) -> Query:
    """The question as it is, or with today's days fixed, if they would move on."""
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
    """The question with its rolling period replaced by today's days."""
    if not isinstance(query.time, Last | ToDate) or period.start is None or period.end is None:
        return query
    if period.end <= period.start:
        return query
    return replace(query, time=Between(period.start, period.end - timedelta(days=1)))


def link_of(query: Query, page: str) -> str:
    """The absolute address of a question, based on that of the current page."""
    return f"{page.partition('?')[0]}?{urlencode(query_to_params(query), doseq=True)}"
