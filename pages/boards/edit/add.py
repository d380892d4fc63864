"""Add a tile: from the gallery, from a saved question, with a new question built here or in Explore, or with text."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing
from pages.boards.edit.explore_for import build_in_explore
from pages.boards.edit.gallery import gallery
from pages.boards.edit.question import add_to, begin_question
from pages.boards.edit.structure import ADD, END, open_part
from pages.boards.edit.tile import preview_text
from pages.shell import session
from pages.shell.parts import empty_state, plain, unseen
from pages.widgets.item_words import where_words
from semantic.boards.board import Tile, TileKind
from semantic.boards.data import as_text
from semantic.boards.made import NOT_WHOLE, make_tile
from semantic.errors import SemanticError
from semantic.services.saved_questions import search_saved

if TYPE_CHECKING:
    from semantic.store.questions.questions import SavedQuestion
    from semantic.workspace import Workspace

SAVED, NEW, TEXT = "Saved question", "New question", "Text"
PAGE = 8


def add_tile(composing: Composing, workspace: Workspace) -> None:
    """Draw the ways to add a tile, in place of the structure, until a tile is added or the person goes back."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        where = "in a new row" if composing.place in (None, END) else f"to row {(composing.place or 0) + 1}"
        st.markdown(f"**Add a tile** &nbsp;:gray[{plain(where)}]", width="stretch")
        st.button(
            unseen("Back to tiles"),
            icon=":material/close:", key=composing.key("add-close"), help="Back to tiles", on_click=open_part,
            args=(composing, ""), type="tertiary",
        )  # fmt: skip
    kind = st.segmented_control(
        "Source", [NEW, SAVED, TEXT], default=NEW, required=True, key=composing.key("add-kind"), width="stretch",
        label_visibility="collapsed",
    )  # fmt: skip
    match kind:
        case "Saved question":
            _saved(composing, workspace)
        case "Text":
            _text(composing)
        case _:
            _new(composing, workspace)


def _saved(composing: Composing, workspace: Workspace) -> None:
    try:
        questions = session.saved_work(workspace, composing.actor).questions()
    except SemanticError as error:
        st.caption(plain(str(error)))
        return
    if not questions:
        sentence = "Save one in Explore, or build one here."
        empty_state("bookmark", "No saved questions yet", sentence, key="add-none-saved")
        return
    text = st.text_input(
        "Search saved questions", key=composing.key("add-search"), live=True, icon=":material/search:",
        placeholder="Search saved questions", label_visibility="collapsed",
    )  # fmt: skip
    matches = search_saved(questions, text or "")
    if not matches:
        st.caption("No saved questions match. Try a different search.")
    with st.container(gap="small", key="list-of-saved-to-add"):
        for one in matches[:PAGE]:
            with st.container(gap="xxsmall"):
                st.button(
                    plain(one.name), key=composing.key(f"add-saved-{one.id}"), icon=":material/add:", type="tertiary",
                    on_click=_add_saved, args=(composing, one), wrap=True,
                )  # fmt: skip
                about = ". ".join(part for part in (one.sentence, where_words(one)) if part)
                st.markdown(f":small[:gray[{plain(about)}]]")
    if len(matches) > PAGE:
        st.caption(f"{len(matches) - PAGE:,} more. Type to search.")


def _add_saved(composing: Composing, question: SavedQuestion) -> None:
    """Add a tile with a copy of the question as it's saved now. The tile remembers the saved question."""
    workspace = session.workspace()
    if session.actor() != composing.actor:
        return
    try:
        opened = session.saved_work(workspace, composing.actor).open(question.id)
    except SemanticError as error:
        composing.refused = str(error)
        return
    if opened.messages or not opened.query.metrics:
        composing.refused = NOT_WHOLE if opened.messages else "This question has no metric."
        return
    name = composing.fresh_id(opened.head.name)
    tile = make_tile(opened.query, name, title=opened.head.name, chart=opened.chart, origin=opened.head.id)
    _put(composing, tile)


def _new(composing: Composing, workspace: Workspace) -> None:
    def pick(tile: Tile | None) -> None:
        if tile is None or tile.question is None:
            st.session_state[composing.key("add-kind")] = TEXT
        else:
            _put(composing, replace(tile, id=composing.fresh_id(tile.question.metrics[0])))

    gallery(composing, workspace, pick)
    st.caption("Or build your own question. The tile appears once you pick a metric.")
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Build here", icon=":material/tune:", key=composing.key("add-new"), on_click=begin_question,
            args=(composing,),
        )  # fmt: skip
        build_in_explore(composing, None)


def _text(composing: Composing) -> None:
    title = st.text_input("Title", key=composing.key("add-title"), max_chars=200, placeholder="None")
    text = st.text_area(
        "Text", key=composing.key("add-text"), height=140, max_chars=10_000, placeholder="What to look at first",
        help="**Bold**, *italic* and lists (start a line with a dash)",
    )  # fmt: skip
    written = text or "" if composing.typed is None else composing.typed
    if written.strip():
        preview_text(written)
    st.button(
        "Add", key=composing.key("add-text-go"), type="primary", on_click=_add_text, args=(composing,),
        disabled=not (written.strip() or (title or "").strip()),
    )  # fmt: skip


def _add_text(composing: Composing) -> None:
    title = as_text(str(st.session_state.get(composing.key("add-title")) or ""))
    text = as_text(str(st.session_state.get(composing.key("add-text")) or ""), lines=True)
    _put(composing, Tile(id=composing.fresh_id(title or "text"), kind=TileKind.TEXT, title=title, text=text))


def _put(composing: Composing, tile: Tile) -> None:
    """Add the tile. A second click has no effect."""
    if composing.part != ADD:
        return
    composing.change(partial(add_to, held=composing, tile=tile))
    if not composing.refused:
        composing.tile, composing.part, composing.place = tile.id, "", None
