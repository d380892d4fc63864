"""The preview of a draft, as viewers will see it: the tiles of the open tab, in the default view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.arranger import Arrangement, arrangement_of, arranger
from pages.boards.edit.composing import Composing, dimension_labels
from pages.boards.edit.start_values import values_words
from pages.boards.read import tiles
from pages.boards.read.state import BY_TARGETS
from pages.boards.read.summary import Places, headline_place, preview_lines, trust_place
from pages.explore.builder.differences import period_words
from pages.shell import session
from pages.shell.parts import badge_text, empty_state, plain
from semantic.boards.apply import asked
from semantic.boards.board import TileKind
from semantic.display.boards.shown import TileShown
from semantic.display.format import listed
from semantic.display.trust import THESE_ROWS_ONLY, scope_words
from semantic.display.words.settings.comparisons import names_for_many
from semantic.query.describe import upper_first

if TYPE_CHECKING:
    from semantic.boards.applied import TileQuestion
    from semantic.boards.board import Board, BoardState
    from semantic.workspace import Workspace


@dataclass(frozen=True, slots=True)
class PreviewContents:
    """What the preview shows: the state that the board opens in, the questions of the open tab's tiles, and their
    arrangement.
    """

    start: BoardState
    questions: Sequence[TileQuestion]
    arrangement: Arrangement


def drawn_tiles(composing: Composing, workspace: Workspace) -> PreviewContents:
    """Return what the preview shows to the person who is editing."""
    board, visible, check = composing.board, workspace.visible(composing.actor), composing.check(workspace)
    start = session.board_work(workspace, composing.actor).opening_state(board)
    tiles_of_tab = [tile for row in board.tabs[composing.tab].rows for tile in row.tiles] if board.tabs else []
    questions = [asked(tile, start, visible, check, today=workspace.today()) for tile in tiles_of_tab]
    return PreviewContents(
        start, questions, arrangement_of(board, composing.tab, tiles.names_of(questions, _key(composing)))
    )


def preview(composing: Composing, workspace: Workspace, drawn: PreviewContents) -> None:
    """Draw the draft as it would open for the person who is editing, with its headline and its trust.

    Each viewer sees only the rows that they have access to.
    """
    board, start = composing.board, drawn.start
    words = bar_words(replace(board, start=start), composing, workspace)
    chosen = f"{words} {BY_TARGETS}" if start.period != board.start.period else words
    with st.container(key="compose-about", gap="xxsmall"):
        _scope(workspace.visible(composing.actor).scope)
        headline = headline_place()
        if board.note:
            st.caption(plain(board.note))
        st.markdown(f":small[:gray[:material/tune: {plain(chosen)}]]")
        trust = trust_place()
    tab = board.tabs[composing.tab] if board.tabs else None
    if tab is None or not tab.rows:
        sentence = "Add a tile to begin."
        empty_state("dashboard_customize", "This board is empty", sentence, key="compose-empty")
        return
    shown: dict[str, TileShown] = {}

    def tell(tile: TileShown) -> None:
        shown[tile.tile.id] = tile

    with st.container(key=f"compose-tiles-{composing.head.id[:8]}"):
        arranger(composing, drawn.arrangement)
        tiles.show_tab(tab, drawn.questions, key=_key(composing), on_shown=tell)
    asking = [question.tile.id for question in drawn.questions if question.tile.kind is not TileKind.TEXT]
    preview_lines(shown, asking, Places(headline, trust), key=_key(composing))


def _key(composing: Composing) -> str:
    return f"preview-{composing.head.id[:8]}"


def _scope(scope: str) -> None:
    """Draw which rows the numbers cover, as next to the title of the published board."""
    if scope:
        st.badge(
            badge_text(scope_words(scope)), icon=":material/visibility:", color="gray",
            help=plain(f"{scope}. {THESE_ROWS_ONLY}"),
        )  # fmt: skip


def bar_words(board: Board, composing: Composing, workspace: Workspace) -> str:
    """Return the board's settings in words.

    For example: `Last 13 weeks. Compared with previous period. By week. Market: DE, AT. Readers filter by Market and
    Channel.`
    """
    labels, start = dimension_labels(workspace.visible(composing.actor)), board.start
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
