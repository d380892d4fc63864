"""The marks of picks in a tile. The browser draws the marks of a click, and this file draws marks from a link."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.explore.result import pictures
from pages.widgets.still import StillFigure
from semantic.boards.picks import picked, rows_picked
from semantic.display.charts.chart import rows_behind

if TYPE_CHECKING:
    from pages.boards.read.tile import TileState
    from semantic.boards.board import ValueFilter
    from semantic.results.result import Result
    from semantic.workspace import Workspace

OTHER = "Other groups everything else, so it can't be a filter. Use the filter bar instead."
MOST_LOOKED_AT = 1_000
"""The maximum number of rows to search for picks. No one picks a mark among more."""


@dataclass(frozen=True, slots=True)
class Picks:
    """The actions for picks, or None where nothing can be picked.

    `take` is called with a value behind a mark, and `drop` with the picks to remove. `words` describes a pick, and
    `labels` are the labels of all dimensions picked on the board. `see_month` sets the board's period to the month to
    date.
    """

    take: Callable[[ValueFilter], None] | None = None
    drop: Callable[[Sequence[ValueFilter]], None] | None = None
    words: Callable[[ValueFilter], str] = str
    labels: frozenset[str] = frozenset()
    see_month: Callable[[], None] | None = None


NO_PICKS = Picks()


def choices_of(
    tile_state: TileState, result: Result, rows: Sequence[int], column: str, workspace: Workspace
) -> tuple[ValueFilter, ...]:
    """Return the filters for the values behind the given rows, or none if filters can't express these values."""
    if not rows:
        return ()
    around = pictures.surroundings(result, workspace, tile_state.actor)
    seen = workspace.visible(tile_state.actor)
    return picked(result, rows, around.asked, seen, tile=tile_state.question.tile.id, column=column)


def pick_rows(
    tile_state: TileState, result: Result, rows: Sequence[int], column: str, workspace: Workspace, picks: Picks,
    *, source: str = "",
) -> None:  # fmt: skip
    """Pick the values behind the given rows, and rerun so that they filter the board's other tiles."""
    choices = choices_of(tile_state, result, rows, column, workspace)
    if picks.take is None or not choices:
        return
    # A table keeps the clicked cell. A chart's marks are drawn here, because its menu clears them.
    tile_state.marks.clicked = () if tile_state.marks.are_drawn or source == "chart" else choices
    for choice in choices:
        picks.take(choice)
    st.rerun()


def without_tile(tile_state: TileState, choices: Sequence[ValueFilter], picks: Picks) -> None:
    """Remove these picks, which were made in this tile."""
    if picks.drop is not None:
        picks.drop([choice for choice in tile_state.question.marked if choice in choices])
        st.rerun()


def marked_rows(tile_state: TileState, result: Result, workspace: Workspace, picks: Picks) -> frozenset[int]:
    """Return the rows picked in this tile that this browser hasn't marked through a click."""
    left = [choice for choice in tile_state.question.marked if choice not in tile_state.marks.clicked]
    if picks.take is None or not left or result.table.num_rows > MOST_LOOKED_AT:
        return frozenset()
    around = pictures.surroundings(result, workspace, tile_state.actor)
    seen = workspace.visible(tile_state.actor)
    marked_rows = frozenset(rows_picked(result, tile_state.question.marked, around.asked, seen))
    tile_state.marks.are_drawn = tile_state.marks.are_drawn or bool(marked_rows)
    return marked_rows


def marked_figure(figure: StillFigure, rows: Collection[int]) -> StillFigure:
    """Return the figure with these rows marked as a click would mark them."""
    if not rows:
        return figure
    # Any: a trace's own attributes.
    traces: list[dict[str, Any]] = [
        trace | {"selectedpoints": [place for place, row in enumerate(behind) if row in rows]}
        if (behind := rows_behind(trace)) else trace
        for trace in figure.parts["data"]
    ]  # fmt: skip
    return StillFigure(figure.parts | {"data": traces}, _validate=False)
