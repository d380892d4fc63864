"""The second step: the tables to add, with their sizes and the starters that they match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.govern.data import state
from pages.shell.parts import Action, badge_text, empty_state, plain, quoted
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.services.adding.adding import MOST_LOOKED_AT

if TYPE_CHECKING:
    from semantic.services.adding.adding import AddableTables, Adding, Table

PAGE = 25
SEARCH, SHOWN, TICK = "add-data-search", "add-data-shown", "add-data-table"


def show() -> None:
    """Draw the list of tables, and the button that continues."""
    _, _, adding = state.require()
    offer = adding.offer
    assert offer is not None  # the bar of steps has already checked access
    if not offer.tables:
        empty_state(
            "table", "No tables here", "This connection has no tables that its user can read. Ask the database's "
                "administrator for SELECT on them, or choose another connection.",
            [Action("Choose another connection", lambda: state.go("source"))], key="no-tables",
        )  # fmt: skip
        return
    text = st.text_input(
        "Search tables", key=SEARCH, live=True, icon=":material/search:", label_visibility="collapsed",
        placeholder="Search tables",
    )  # fmt: skip
    found = [table for table in offer.tables if (text or "").strip().casefold() in table.name.casefold()]
    _bar(adding, found, is_all=len(found) == len(offer.tables))
    if not found:
        words = f"No table name contains {quoted((text or '').strip()[:60])}."
        empty_state("search_off", "No matches", words, key="no-table-found")
        return
    shown = st.session_state.get(SHOWN, PAGE)
    with st.container(border=True, gap="xsmall", key="add-data-tables-list"):
        for table in found[:shown]:
            _row(table, adding, offer)
    if len(found) > shown:
        st.button(f"Show {min(PAGE, len(found) - shown)} more", key="add-data-more", on_click=_more, args=(shown,))
    if len(offer.tables) > MOST_LOOKED_AT:
        st.caption(f"Only the first {MOST_LOOKED_AT} tables are checked for ready models.")


def _bar(adding: Adding, found: Sequence[Table], *, is_all: bool) -> None:
    names = tuple(table.name for table in found)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="add-data-bar"):
        label = "Choose all" if is_all else f"Choose these {len(found)}"
        st.button(label, key="add-data-all", on_click=_take_many, args=(names, True), disabled=not found)
        st.button("Clear", key="add-data-none", type="tertiary", on_click=_take_many, args=(names, False))
        st.space("stretch")
        st.markdown(f":small[{counted(len(adding.chosen), 'table')} chosen]", width="content")
        st.button(
            "Draft a model", key="add-data-draft", type="primary", on_click=begin, disabled=not adding.chosen,
        )  # fmt: skip


def _row(table: Table, adding: Adding, offer: AddableTables) -> None:
    key = f"{TICK}-{table.name}"
    st.session_state[key] = table.name in adding.chosen
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.checkbox(plain(table.name), key=key, on_change=_take, args=(table.name,))
        st.markdown(f":small[:gray[{plain(_size(table, offer))}]]", width="content")
        if (fit := offer.match_of(table.name)) is not None:
            match, _ = fit
            words = f"Looks like {match.starter.label} ({match.found} of {match.of} columns)"
            st.badge(badge_text(words), icon=":material/auto_awesome:", color="blue")


def _size(table: Table, offer: AddableTables) -> str:
    columns = offer.columns.get(table.name)
    parts = ["view"] if table.is_view else []
    if table.rows is not None:
        parts.append("\N{ALMOST EQUAL TO} " + counted(table.rows, "row"))
    if columns is not None:
        parts.append(counted(len(columns), "column"))
    return " \N{MIDDLE DOT} ".join(parts)


def _more(shown: int) -> None:
    st.session_state[SHOWN] = shown + PAGE


def _take(name: str) -> None:
    _, _, adding = state.require()
    is_on = bool(st.session_state.get(f"{TICK}-{name}"))
    adding.choose_tables({*adding.chosen, name} if is_on else {*adding.chosen} - {name})


def _take_many(names: tuple[str, ...], is_on: bool) -> None:
    _, _, adding = state.require()
    adding.choose_tables({*adding.chosen, *names} if is_on else {*adding.chosen}.difference(names))


def begin() -> None:
    """Start profiling the chosen tables in the background, and open the next step."""
    workspace, _, adding = state.require()
    try:
        adding.profile(workspace)
    except SemanticError as error:
        st.session_state[state.TROUBLE] = str(error)
        return
    state.go("draft")
