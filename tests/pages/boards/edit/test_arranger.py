"""Arranging tiles on the board itself: what a browser can send, and what is saved when a tile is dropped."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from pages.boards.edit.arranger import Arrangement, arrangement_of, step_of, text_key, typed_in
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.boards.data import LONGEST_TEXT
from semantic.query.query import Query
from tests.pages.composed import (
    BOARD,
    MONEY,
    Visit,
    Work,
    composing_of,
    field_of,
    make_board,
    press_key,
    rows_of,
)
from tests.pages.explore_page import words


def _tile(name: str) -> Tile:
    return Tile(id=name, kind=TileKind.TEXT, text=name)


def _board(rows: str) -> Board:
    return Board(title="", tabs=(Tab(rows=tuple(Row(tiles=tuple(map(_tile, row))) for row in rows.split("|"))),))


def _arrangement(board: Board) -> Arrangement:
    return arrangement_of(board, 0, {tile.id: f"page-{tile.id}" for tile in board.tiles})


def _after(board: Board, **said: object) -> str:
    """Return the board's rows after a drop that the browser reports."""
    arrangement = _arrangement(board)
    step = step_of({"drawn": arrangement.stamp, **said}, arrangement)
    return "|".join(part.replace(" ", "") for part in rows_of(step(board)).split("|")) if step else "nothing"


def test_a_drop_is_one_undo_step() -> None:
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


def test_typed_text_is_cleaned_and_belongs_to_one_field() -> None:
    assert typed_in({"field": "text-a", "text": "One\ntwo\x00"}, "text-a") == "One\ntwo"
    assert typed_in({"field": "text-b", "text": "One"}, "text-a") is None
    assert typed_in({"field": "", "text": "One"}, "") is None
    assert len(typed_in({"field": "text-a", "text": "x" * 20_000}, "text-a") or "") == LONGEST_TEXT
    for other in (None, [], "text-a", {"field": "text-a"}, {"field": "text-a", "text": 7}):
        assert typed_in(other, "text-a") is None


def test_the_board_offers_its_fields_next_to_its_tiles(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = visit(board_id, view="Tiles")
    assert "Click a tile to edit it" in words(app)
    assert not [button for button in app.button if str(button.key).startswith("tile-")]
    composing_of(app).tile = "money"
    app.run()
    assert field_of(app, "Title").value == "Money"
    app = press_key(app, "tile-close")
    assert composing_of(app).tile == ""
    assert "Click a tile to edit it" in words(app)


def test_handles_identify_tiles_by_their_names_on_the_page(visit: Visit, work: Work) -> None:
    """A tile whose question has names unknown to its editor is identified by its position."""
    hidden = Tile(id="never-heard-of", kind=TileKind.NUMBER, question=Query(metrics=("never_heard_of",)))
    board_id = make_board(work(), replace(BOARD, tabs=(Tab(rows=(Row(tiles=(MONEY, hidden)),)),)))
    app = visit(board_id, view="Tiles")
    (sent,) = [
        each.proto.bytes for each in app.get("bidi_component") if each.proto.component_name == "samepage_arranger"
    ]
    names = [tile["name"] for row in json.loads(sent)["rows"] for tile in row["tiles"]]
    key = f"preview-{board_id[:8]}"
    assert names == [f"{key}-money", f"{key}-@1"]
    assert b"never" not in sent


def test_the_previewing_field_is_the_one_on_the_page(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = visit(board_id, view="Tiles")
    composing_of(app).tile = "read"
    app.run()
    assert text_key(composing_of(app)) == field_of(app, "Text").key
