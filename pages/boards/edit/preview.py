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


def preview(composing: Composing, workspace: Workspace) -> None:
    """Show the draft as it would open for the person editing it. Tiles show each viewer only their own rows."""
    visible = workspace.visible(composing.actor)
    board = composing.board
    if board.note:
        st.caption(plain(board.note))
    st.markdown(f":small[:gray[:material/tune: {plain(bar_words(composing, workspace))}]]")
    tab = board.tabs[composing.tab] if board.tabs else None
    if tab is None or not tab.rows:
        sentence = "Add a tile: a saved question, a new one, or text."
        empty_state("dashboard_customize", "This board is empty", sentence, key="compose-empty")
        return
    check = composing.check(workspace)
    questions = [asked(tile, board.start, visible, check) for row in tab.rows for tile in row.tiles]
    tiles.show_tab(tab, questions, key=f"preview-{composing.head.id[:8]}")


def bar_words(composing: Composing, workspace: Workspace) -> str:
    """Return `Last 13 weeks. Compared with previous period. By week. Market: DE, AT. Readers filter by Market and
    Channel.`
    """
    board, labels = composing.board, dimension_labels(workspace.visible(composing.actor))
    start = board.start
    texts = [upper_first(period_words(start.period)) if start.period is not None else "Each tile has its own period"]
    if start.compare:
        names = names_for_many(start.compare)
        texts.append(f"Compared with {listed(name[:1].lower() + name[1:] for name in names)}")
    if start.grain is not None:
        texts.append(f"By {start.grain.words}")
    texts += [
        f"{labels[choice.dim]}: {values_words(composing, workspace, choice)}"
        for choice in start.chosen
        if choice.dim in labels
    ]
    if board.filters:
        texts.append(
            f"Viewers can filter by {listed(labels.get(condition.dim, condition.dim) for condition in board.filters)}"
        )
    return ". ".join(texts) + "."
