"""Open the row that was chosen in the palette. The row is from a browser, so everything in it is looked up again."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from pages.admin.people.list import PERSON
from pages.analyses.state import definition_text
from pages.analyses.words import analysis_in_words
from pages.asking import form as asking
from pages.boards import new as board_new
from pages.explore import sentences
from pages.explore.builder import recents
from pages.palette.found import ASK, matches_of
from pages.shell import links, session, viewing_bar
from pages.sign_in import menu
from pages.widgets.palette import PickedRow
from semantic.explore.weekly import is_dated, span
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.query import Query
from semantic.results.receipt import read_receipt_id
from semantic.services.requests.work import RequestOrigin
from semantic.workspace import Workspace

GONE: Final = "That's no longer available."
_LABELS: Final = {"view-as": "View as"}


def open_row(picked: PickedRow, text: str, workspace: Workspace, actor: Actor) -> None:
    """Open a row that was chosen in a search for `text`, and end the run. If its object is gone, show a message."""
    name = picked.name
    match picked.kind:
        case "page":
            _page(name)
        case "action":
            _act(name, actor)
        case "metric":
            _metric(name, workspace, actor, asks=picked.how == "tab")
        case "board":
            _go(links.BOARD, {links.BOARD_ID: name})
        case "draft":
            _go(links.COMPOSE, {links.BOARD_ID: name})
        case "saved":
            _go(links.EXPLORE, {links.SAVED: name})
        case "analysis":
            _go(links.ANALYSES, {links.SAVED: name})
        case "named":
            _go(links.ANALYSES, {links.NAMED: name})
        case "question":
            _ask(next((query for query in recents.recent() if recents.digest(query) == name), None))
        case "analyze" if (analysis := analysis_in_words(text, workspace, actor)) is not None:
            _go(links.ANALYSES, {links.ANALYSIS: definition_text(analysis)})
        case "receipt" if (receipt := read_receipt_id(name)) is not None:
            _go(links.RECEIPT, {"receipt": receipt})
        case "request" if asking.may_ask(actor):
            asking.begin(asking.Start(words=text.strip(), asking=RequestOrigin(place="search")))
            _go(links.REQUESTS, {})
        case "person":
            _go(links.PEOPLE, {PERSON: name})
        case "ask" | "breakdown" | "value" | "segment":
            _found(picked.row, text, workspace, actor)
        case _:
            pass
    st.toast(GONE)


def _go(file: str, params: dict[str, Any]) -> None:  # Any: as st.switch_page takes them
    """Open a page with these parameters, if this person can see the page, which then checks the parameters."""
    if file in st.session_state.get(links.OPEN, {}):
        st.switch_page(file, query_params=params)


def _page(path: str) -> None:
    shown: menu.Menu = st.session_state[menu.KEY]
    for pages in shown.pages.values():
        for page in pages:
            if page.url_path == path and page.visibility == "visible":
                st.switch_page(page)


def _act(name: str, actor: Actor) -> None:
    if name == "new-board" and actor.viewed_by is None:
        st.session_state[board_new.OPEN] = True
        _go(links.BOARDS, {})
    elif name == "view-as" and links.ACCESS in st.session_state.get(links.OPEN, {}):
        st.session_state["access-tabs"] = _LABELS[name]
        _go(links.ACCESS, {})
    elif name == "stop-viewing" and actor.viewed_by is not None:
        viewing_bar.stop()
        st.rerun()


def _metric(name: str, workspace: Workspace, actor: Actor, *, asks: bool) -> None:
    seen = workspace.visible(actor)
    metric = next((metric for metric in seen.metrics if metric.name == name), None)
    if metric is None:
        return
    if asks:
        _ask(Query(metrics=(name,), time=span(metric, seen) if is_dated(metric, seen) else None))
    _go(links.CATALOGUE, {"m": name})


def _found(row: str, text: str, workspace: Workspace, actor: Actor) -> None:
    """Open the current match for a text that has this name.

    If the text can't be read yet, or asks why a number changed, Explore opens it.
    """
    matches = matches_of(text, workspace, actor)
    match = matches.get(row)
    is_early = row == ASK and bool(text.strip()) and matches.reading is None
    if is_early or (match is not None and match.kind == "ask" and match.query is None):
        st.session_state[sentences.WAITING] = text
        _go(links.EXPLORE, {})
    elif match is not None and match.kind != "ask":
        _ask(session.finder().question_with(match, actor, recent=recents.names()))
    elif match is not None:
        if matches.reading is not None and matches.reading.why:
            st.session_state[sentences.WHY] = match.query
        _ask(match.query)


def _ask(query: Query | None) -> None:
    if query is not None:
        _go(links.EXPLORE, query_to_params(query))
