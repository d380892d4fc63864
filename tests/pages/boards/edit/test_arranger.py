"""Arranging tiles on the board itself: what a browser may say, and what a drop saves."""

from __future__ import annotations

import math

import pytest

from pages.boards.edit.arranger import Arrangement, arrangement_of, step_of
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from tests.pages.composed import rows_of


def _tile(name: str) -> Tile:
    return Tile(id=name, kind=TileKind.TEXT, text=name)


def _board(rows: str) -> Board:
    return Board(title="", tabs=(Tab(rows=tuple(Row(tiles=tuple(map(_tile, row))) for row in rows.split("|"))),))


def _arrangement(board: Board) -> Arrangement:
    return arrangement_of(board, 0, {tile.id: f"page-{tile.id}" for tile in board.tiles})


def _after(board: Board, **said: object) -> str:
    """The rows after a drop that a browser reports of this board."""
    arrangement = _arrangement(board)
    step = step_of({"drawn": arrangement.stamp, **said}, arrangement)
    return "|".join(part.replace(" ", "") for part in rows_of(step(board)).split("|")) if step else "nothing"


def test_a_drop_is_one_step() -> None:
    board = _board("ab|cd")
    assert _after(board, tile="page-a", row=1, place=1, new_row=False) == "b|cad"
    assert _after(board, tile="page-a", row=2, place=0, new_row=True) == "b|cd|a"
    assert _after(board, tile="page-b", step="up") == "ba|cd"
    arrangement = _arrangement(board)
    wider = step_of({"drawn": arrangement.stamp, "tile": "page-c", "width": 8}, arrangement)
    assert wider is not None
    assert [tile.width for tile in wider(board).tiles] == [0, 0, 8, 4]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"tile": "a", "row": 1, "place": 0, "new_row": False},  # an ID, which the browser doesn't know
        {"tile": "page-z", "row": 1, "place": 0, "new_row": False},
        {"tile": ["page-a"], "row": 1, "place": 0, "new_row": False},
        {"tile": "page-a", "row": "1", "place": 0, "new_row": False},
        {"tile": "page-a", "row": math.nan, "place": 0, "new_row": False},
        {"tile": "page-a", "row": 1, "place": 0, "new_row": "no"},
        {"tile": "page-a", "row": 1},
        {"tile": "page-a", "width": 0},
        {"tile": "page-a", "width": 13},
        {"tile": "page-a", "width": "8"},
        {"tile": "page-a", "step": "left"},
    ],
)
def test_anything_else_a_browser_says_is_ignored(said: dict[str, object]) -> None:
    assert _after(_board("ab|cd"), **said) == "nothing"


@pytest.mark.parametrize(("row", "place"), [(9, 0), (-1, 0), (0, 9), (0, -1), (10**30, 0)])
def test_a_drop_outside_the_board_changes_nothing(row: int, place: int) -> None:
    board = _board("ab|cd")
    assert _after(board, tile="page-c", row=row, place=place, new_row=False) == "ab|cd"
    if row:
        assert _after(board, tile="page-c", row=row, place=place, new_row=True) == "ab|cd"


def test_a_drop_on_a_board_that_has_changed_is_ignored() -> None:
    before, after = _arrangement(_board("ab|cd")), _arrangement(_board("ba|cd"))
    said = {"drawn": before.stamp, "tile": "page-a", "row": 1, "place": 0, "new_row": False}
    assert step_of(said, before) is not None
    assert step_of(said, after) is None
    for other in (None, [], "page-a", 7, {"drawn": True}):
        assert step_of(other, before) is None
