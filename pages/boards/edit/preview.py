"""What viewers will see of the draft: the open tab's tiles, with the default view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.arranger import Arrangement, arrangement_of, arranger
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
    from semantic.boards.applied import TileQuestion
    from semantic.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the preview draws: the questions of the open tab's tiles, and their arrangement."""

    questions: Sequence[TileQuestion]
    arrangement: Arrangement


def drawn_tiles(composing: Composing, workspace: Workspace) -> Drawn:
    """Return what the preview draws for the person editing."""
    board, visible, check = composing.board, workspace.visible(composing.actor), composing.check(workspace)
    tiles_of_tab = [tile for row in board.tabs[composing.tab].rows for tile in row.tiles] if board.tabs else []
    questions = [asked(tile, board.start, visible, check) for tile in tiles_of_tab]
    return Drawn(questions, arrangement_of(board, composing.tab, tiles.names_of(questions, _key(composing))))


def preview(composing: Composing, workspace: Workspace, drawn: Drawn) -> None:
    """Show the draft as it would open for the person editing it. Tiles show each viewer only their own rows."""
    board = composing.board
    if board.note:
        st.caption(plain(board.note))
    st.markdown(f":small[:gray[:material/tune: {plain(bar_words(composing, workspace))}]]")
    tab = board.tabs[composing.tab] if board.tabs else None
    if tab is None or not tab.rows:
        sentence = "Add a tile to begin."
        empty_state("dashboard_customize", "This board is empty", sentence, key="compose-empty")
        return
    with st.container(key=f"compose-tiles-{composing.head.id[:8]}"):
        arranger(composing, drawn.arrangement)
        tiles.show_tab(tab, drawn.questions, key=_key(composing))


def _key(composing: Composing) -> str:
    return f"preview-{composing.head.id[:8]}"


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
