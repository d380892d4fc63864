"""A board as a small picture: shapes if there are no answers, and otherwise a few points of the answers that its reader
saw.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.display.boards.picture import MOST_POINTS, MOST_ROWS, TilePicture, picture_of, sketch_of
from semantic.display.boards.shown import TileShown
from semantic.query.query import DATE, Breakdown, Query
from semantic.results.result import Result
from tests.semantic.made_results import CHANNEL, REVENUE, WEEKS, result, week
from tests.semantic.shown_boards import CHANNELS, GRID, ONE

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def _tile(name: str, kind: TileKind = TileKind.CHART, *by: str, chart: str = "", metric: str = "revenue") -> Tile:
    asks = Query(metrics=(metric,), by=tuple(Breakdown(dim) for dim in by))
    return Tile(id=name, kind=kind, chart=chart, question=None if kind is TileKind.TEXT else asks)


def _board(*rows: Row) -> Board:
    return Board(title="A", tabs=(Tab(rows=rows), Tab(rows=(Row(tiles=(_tile("hidden"),)),))))


def _shapes(board: Board, known: set[str] | None = None) -> list[list[tuple[int, str]]]:
    return [[(tile.width, tile.shape) for tile in row.tiles] for row in sketch_of(board, known).rows]


def _drawn(kind: TileKind, shown: Result | None, *, chart: str = "", **more: object) -> TilePicture:
    """Return the picture of a single tile with this answer."""
    tile = replace(_tile("a", kind), chart=chart)
    told = TileShown(tile=tile, title="A", result=shown, **more)  # pyright: ignore[reportArgumentType]
    (row,) = picture_of(Tab(rows=(Row(tiles=(tile,)),)), {"a": told}, "", NOW).rows
    return row.tiles[0]


def test_a_sketch_has_the_shape_of_each_tile_and_nothing_else() -> None:
    board = _board(
        Row(tiles=(_tile("n", TileKind.NUMBER), _tile("m", TileKind.NUMBER)), height="small"),
        Row(tiles=(_tile("l", TileKind.CHART, DATE), replace(_tile("b", TileKind.CHART, "channel"), width=4))),
        Row(tiles=(_tile("p", TileKind.CHART, "channel", chart="scatter"), _tile("w", chart="stacked"))),
        Row(tiles=(_tile("g", TileKind.CHART, "channel", "country"), _tile("t", TileKind.PIVOT))),
        Row(tiles=(_tile("x", TileKind.TEXT),)),
    )
    assert _shapes(board) == [
        [(6, "number"), (6, "number")],
        [(8, "line"), (4, "bars")],
        [(6, "dots"), (6, "columns")],
        [(6, "cells"), (6, "table")],
        [(12, "text")],
    ]
    picture = sketch_of(board)
    assert [row.height for row in picture.rows] == ["small", "medium", "medium", "medium", "medium"]
    assert {(tile.lines, tile.text) for row in picture.rows for tile in row.tiles} == {((), "")}
    assert (picture.headline, picture.seen_at) == ("", None)


def test_a_tile_of_an_unknown_metric_has_no_shape() -> None:
    board = _board(Row(tiles=(_tile("a", TileKind.NUMBER), _tile("b", TileKind.NUMBER, metric="margin"))))
    assert _shapes(board, {"revenue"}) == [[(6, "number"), (6, "plain")]]


def test_a_board_without_tiles_or_with_many_rows_can_be_drawn() -> None:
    assert sketch_of(Board(title="A")).rows == ()
    many = _board(*(Row(tiles=(_tile(str(place)),)) for place in range(MOST_ROWS + 3)))
    assert len(sketch_of(many).rows) == MOST_ROWS


def test_a_number_is_written_with_its_trend() -> None:
    line = result([WEEKS, REVENUE], [(week(place), float(place)) for place in (2, 0, 1)])
    assert _drawn(TileKind.NUMBER, ONE, line=line) == TilePicture(12, "number", ((0.0, 0.5, 1.0),), "€1.20K")


def test_bars_are_ranked_and_leave_out_totals_and_missing_values() -> None:
    # Search 700, Social 480.5, none 19.5, and a total of 1200
    assert _drawn(TileKind.CHART, CHANNELS, chart="bar").lines == ((1.0, 0.686, 0.028),)


def test_lines_share_a_scale_and_the_largest_come_first() -> None:
    rows = [(week(place), name, value) for place, name, value in
            ((0, "Small", 0.0), (0, "Large", 10.0), (1, "Small", 5.0), (1, "Large", 20.0))]  # fmt: skip
    answer = result([WEEKS, CHANNEL, REVENUE], rows, ["member,member"] * 4)
    assert _drawn(TileKind.CHART, answer, chart="line").lines == ((0.5, 1.0), (0.0, 0.25))
    rest = ["member,member", "member,other", "member,member", "member,other"]
    answer = result([WEEKS, CHANNEL, REVENUE], rows, rest)
    assert _drawn(TileKind.CHART, answer, chart="line").lines == ((0.0, 1.0),)


def test_a_long_line_is_thinned_and_keeps_its_ends() -> None:
    rows = [(week(place), float(place)) for place in range(100)]
    (line,) = _drawn(TileKind.CHART, result([WEEKS, REVENUE], rows), chart="line").lines
    assert (len(line), line[0], line[-1]) == (MOST_POINTS, 0.0, 1.0)
    assert list(line) == sorted(line)


@pytest.mark.parametrize("kind", [TileKind.TABLE, TileKind.PIVOT])
def test_a_table_shows_no_numbers(kind: TileKind) -> None:
    assert _drawn(kind, GRID) == TilePicture(12, "table")


def test_a_tile_without_an_answer_is_plain() -> None:
    assert _drawn(TileKind.NUMBER, None, sentence="Couldn't load") == TilePicture(12, "plain")
    assert _drawn(TileKind.NUMBER, result([REVENUE], [])).shape == "plain"
    assert _drawn(TileKind.NUMBER, result([REVENUE], [(None,)])).text == ""
    assert _drawn(TileKind.TEXT, None) == TilePicture(12, "text")


def test_a_picture_states_its_headline_and_when_it_was_seen() -> None:
    picture = picture_of(Tab(), {}, "Revenue rose.", NOW)
    assert (picture.headline, picture.seen_at, picture.rows) == ("Revenue rose.", NOW, ())
