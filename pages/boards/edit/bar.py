"""The settings of a whole board: its title, its viewer filters, and its default view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, dimension_labels
from pages.boards.edit.start import edit_start
from pages.boards.edit.structure import open_part
from pages.shell.parts import plain, unseen
from pages.widgets.search_box import Row, SearchMatches, search_box
from semantic.boards import edit
from semantic.boards.analysis_tiles import filtered_as
from semantic.boards.data import LONGEST_NOTE, LONGEST_TITLE, MOST_FILTERS, as_text
from semantic.explore.search import search
from semantic.model.definitions import Dimension
from semantic.query.query import DATE

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace


def edit_bar(composing: Composing, workspace: Workspace) -> None:
    """Draw the board's settings, in place of the structure, until someone closes them."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Board settings**", width="stretch")
        st.button(
            unseen("Back to tiles"),
            icon=":material/close:", key=composing.key("bar-close"), help="Back to tiles", on_click=open_part,
            args=(composing, ""),
        )  # fmt: skip
    _name(composing)
    _filters(composing, workspace)
    edit_start(composing, workspace)


def _name(composing: Composing) -> None:
    title, note = composing.key("board-title"), composing.key("board-note")

    def rename() -> None:
        composing.change(lambda board: replace(board, title=as_text(str(st.session_state[title] or ""))))
        if composing.refused:
            composing.generation += 1  # The field then shows the unchanged title.

    def write() -> None:
        composing.change(lambda board: replace(board, note=as_text(str(st.session_state[note] or ""), lines=True)))

    st.text_input("Title", value=composing.board.title, key=title, max_chars=LONGEST_TITLE, on_change=rename)
    st.text_area(
        "Subtitle", value=composing.board.note, key=note, max_chars=LONGEST_NOTE, on_change=write, height=80,
        placeholder="Purpose and audience",
    )  # fmt: skip


# The filters


def _filters(composing: Composing, workspace: Workspace) -> None:
    visible = workspace.visible(composing.actor)
    takes, asking = filter_counts(composing, workspace)
    labels = dimension_labels(visible)
    shown = tuple(condition.dim for condition in composing.board.filters)

    def find(text: str) -> SearchMatches:
        return find_shared(text, visible, takes, asking, shown)

    def pick(name: str) -> None:
        if takes.get(name) and name not in shown:
            composing.change(
                lambda board: edit.set_filters(board, (*(condition.dim for condition in board.filters), name))
            )

    with st.container(gap="xsmall"):
        search_box(
            "Viewer filters", find, pick, key="board-filter-search", placeholder="Search, such as market",
            stamp=(composing.actor, composing.version, composing.board.tiles, shown), more="Type to find more.",
            disabled=not asking or len(shown) >= MOST_FILTERS,
        )  # fmt: skip
        if not asking:
            st.caption("Add a tile before adding filters.")
        for name in shown:
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.button(
                    plain(labels.get(name, name)), icon=":material/close:", icon_position="right",
                    key=composing.key(f"shared-{name}"), on_click=_drop, args=(composing, name),
                    help=plain(f"Remove {labels.get(name, name)}"),
                )  # fmt: skip
                st.markdown(f":small[:gray[{plain(applies_words(takes.get(name, 0), asking))}]]", width="stretch")


def _drop(composing: Composing, name: str) -> None:
    composing.change(
        lambda board: edit.set_filters(
            board, tuple(condition.dim for condition in board.filters if condition.dim != name)
        )
    )


def filter_counts(composing: Composing, workspace: Workspace) -> tuple[dict[str, int], int]:
    """Return how many tiles each dimension can filter, by name, and how many tiles have a question."""
    check, counts = composing.check(workspace), dict[str, int]()
    questions = [query for tile in composing.board.tiles if (query := filtered_as(tile)) is not None]
    for query in questions:
        for dimension in check(query).available:
            if dimension.name != DATE and "personal" not in dimension.tags:
                counts[dimension.name] = counts.get(dimension.name, 0) + 1
    return counts, len(questions)


def applies_words(count: int, asking: int) -> str:
    """Return how many tiles a filter applies to, such as `Applies to all 12 tiles` or `Applies to 9 of 12 tiles`."""
    if asking == 1:
        return "Applies to this tile" if count else "Doesn't apply to this tile"
    return f"Applies to all {asking} tiles" if count == asking else f"Applies to {count} of {asking} tiles"


def find_shared(
    text: str, visible: VisibleModel, takes: Mapping[str, int], asking: int, shown: tuple[str, ...]
) -> SearchMatches:
    """Return the dimensions that match a text and apply to at least one tile.

    Without a text, those that apply to most tiles come first.
    """
    hits = search(visible, text, kinds=("dimension",), limit=len(visible.dimensions))
    hits_and_dimensions = [(hit, hit.thing) for hit in hits if isinstance(hit.thing, Dimension)]
    rows = [
        Row(hit.name, hit.label, unit=applies_words(takes[hit.name], asking), line=thing.description, why=hit.why)
        for hit, thing in hits_and_dimensions
        if takes.get(hit.name) and hit.name not in shown
    ]
    if not text:
        rows.sort(key=lambda row: (-takes[row.name], row.label.casefold()))
    return SearchMatches(rows, "" if rows or not text else "No tile can be filtered by this.")
