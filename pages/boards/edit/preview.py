"""What viewers will see of the draft: the open tab's tiles, with the default view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, dimension_labels
from pages.boards.edit.start_values import values_words
from pages.boards.read import tiles
from pages.explore.builder.comparisons import names_for_many
from pages.explore.builder.differences import period_words
from pages.shell.parts import empty_state, plain
from semantic.boards.apply import asked
from semantic.display.format import listed
from semantic.query.describe import upper_first

if TYPE_CHECKING:
    from semantic.workspace import Workspace


def preview(held: Composing, workspace: Workspace) -> None:
    """The draft as it opens for the person editing: tiles show each viewer only their own rows."""
    visible = workspace.visible(held.actor)
    board = held.board
    if board.note:
        st.caption(plain(board.note))
    st.markdown(f":small[:gray[:material/tune: {plain(bar_words(held, workspace))}]]")
    tab = board.tabs[held.tab] if board.tabs else None
    if tab is None or not tab.rows:
        sentence = "Add a tile: a saved question, a new one, or text."
        empty_state("dashboard_customize", "This board is empty", sentence, key="compose-empty")
        return
    check = held.check(workspace)
    questions = [asked(tile, board.start, visible, check) for row in tab.rows for tile in row.tiles]
    tiles.show_tab(tab, questions, key=f"preview-{held.head.id[:8]}")


def bar_words(held: Composing, workspace: Workspace) -> str:
    """`Last 13 weeks. Compared with previous period. By week. Market: DE, AT. Readers filter by Market and Channel.`"""
    board, labels = held.board, dimension_labels(workspace.visible(held.actor))
    start = board.start
    said = [upper_first(period_words(start.period)) if start.period is not None else "Each tile has its own period"]
    if start.compare:
        names = names_for_many(start.compare)
        said.append(f"Compared with {listed(one[:1].lower() + one[1:] for one in names)}")
    if start.grain is not None:
        said.append(f"By {start.grain.words}")
    said += [f"{labels[one.dim]}: {values_words(held, workspace, one)}" for one in start.chosen if one.dim in labels]
    if board.filters:
        said.append(f"Viewers can filter by {listed(labels.get(one.dim, one.dim) for one in board.filters)}")
    return ". ".join(said) + "."
