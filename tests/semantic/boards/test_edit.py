"""Editing a board step by step: the result of each step, what doesn't fit, and that no sequence breaks a board."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.boards.board import (
    MOST_TABS,
    MOST_TILES,
    UNITS,
    Board,
    BoardState,
    Chosen,
    Row,
    Shared,
    Tab,
    Tile,
    TileKind,
)
from semantic.boards.edit import (
    Place,
    add_tab,
    add_tile,
    begin_with,
    can_move,
    change_tile,
    duplicate_tile,
    find_tile,
    fit_widths,
    move_row,
    move_tab,
    move_tile,
    name_tab,
    place_of,
    put_tile,
    remove_row,
    remove_tab,
    remove_tile,
    set_filters,
    set_height,
    set_start,
)
from semantic.errors import InvalidQuery
from semantic.query.query import Operator


def _tile(name: str, width: int = 0) -> Tile:
    return Tile(id=name, kind=TileKind.TEXT, text=name, width=width)


def _board(*tabs: str) -> Board:
    """Each tab written as its rows: `ab|c` is a row of the tiles a and b, and one of c."""
    new_tabs = (Tab(title=str(at), rows=tuple(Row(tiles=tuple(map(_tile, row))) for row in tab.split("|") if row))
            for at, tab in enumerate(tabs))  # fmt: skip
    return Board(title="Board", tabs=tuple(new_tabs))


def _written(board: Board) -> list[str]:
    return ["|".join("".join(tile.id for tile in row.tiles) for row in tab.rows) for tab in board.tabs]


@pytest.mark.parametrize(
    ("before", "tile", "way", "after"),
    [
        ("ab|c", "b", "left", "ba|c"),
        ("ab|c", "a", "right", "ba|c"),
        ("ab|c", "a", "left", "ab|c"),
        ("ab|c", "c", "right", "ab|c"),
        ("ab|c", "b", "up", "b|a|c"),  # first it leaves its row
        ("ab|c", "a", "down", "b|a|c"),
        ("b|a|c", "a", "down", "b|ca"),  # then into the next
        ("ab|c", "c", "up", "abc"),
        ("ab|c", "c", "down", "ab|c"),  # there is nothing below
        ("abcd|e", "e", "up", "e|abcd"),  # there's no room, so they swap
        ("e|abcd", "e", "down", "abcd|e"),
        ("ab", "x", "up", "ab"),
    ],
)
def test_a_tile_moves_a_step(before: str, tile: str, way: str, after: str) -> None:
    assert _written(move_tile(_board(before), tile, way)) == [after]  # pyright: ignore[reportArgumentType]


def test_only_possible_moves_are_allowed() -> None:
    board = _board("ab|c")
    ways = ("up", "down", "left", "right")
    assert [way for way in ways if can_move(board, "a", way)] == ["up", "down", "right"]
    assert [way for way in ways if can_move(board, "c", way)] == ["up"]
    assert not can_move(board, "x", "up")


def test_tiles_come_and_go_with_their_rows() -> None:
    board = _board("ab|c")
    assert _written(add_tile(board, _tile("d"), tab=0)) == ["ab|c|d"]
    assert _written(add_tile(board, _tile("d"), tab=0, row=0)) == ["abd|c"]
    assert _written(add_tile(Board(title="Nothing yet"), _tile("d"), tab=0, row=0)) == ["d"]
    assert _written(remove_tile(board, "a")) == ["b|c"]
    assert _written(remove_tile(board, "c")) == ["ab"]
    assert remove_tile(board, "x") == board
    assert _written(duplicate_tile(board, "a", "d")) == ["adb|c"]
    assert _written(duplicate_tile(_board("abcd|e"), "b", "f")) == ["abcd|f|e"]
    twin = find_tile(duplicate_tile(board, "a", "d"), "d")
    assert twin is not None
    assert twin.text == "a"


def test_a_tile_is_put_into_another_row_or_tab() -> None:
    board = _board("a|bc", "d")
    assert _written(put_tile(board, "a", tab=0, row=1)) == ["bca", "d"]  # the rows count anew
    assert _written(put_tile(board, "a", tab=1, row=0)) == ["bc", "da"]
    assert _written(put_tile(board, "d", tab=0, row=0)) == ["ad|bc", ""]
    assert _written(put_tile(board, "b", tab=0, row=None)) == ["a|c|b", "d"]
    assert put_tile(board, "b", tab=0, row=1) == board
    assert put_tile(board, "b", tab=7, row=1) == board
    with pytest.raises(InvalidQuery, match="at most 4 tiles"):
        put_tile(_board("abcd|e"), "e", tab=0, row=0)


def test_there_is_room_for_so_many() -> None:
    full = Board(title="Full", tabs=(Tab(rows=tuple(Row(tiles=(_tile(f"t{at}"),)) for at in range(MOST_TILES))),))
    with pytest.raises(InvalidQuery, match="at most 40 tiles"):
        add_tile(full, _tile("more"), tab=0)
    with pytest.raises(InvalidQuery, match="at most 40 tiles"):
        duplicate_tile(full, "t0", "more")
    with pytest.raises(InvalidQuery, match="at most 4 tiles"):
        add_tile(_board("abcd"), _tile("e"), tab=0, row=0)
    with pytest.raises(InvalidQuery, match="at most 8 tabs"):
        add_tab(_board(*(["a"] * MOST_TABS)), "More")


def test_widths_that_do_not_fit_give_way_to_the_one_that_was_set() -> None:
    row = Row(tiles=(_tile("a", 8), _tile("b", 4)))
    assert fit_widths(row) == row
    board = Board(title="", tabs=(Tab(rows=(row,)),))
    wider = change_tile(board, _tile("b", 9))
    assert [tile.width for tile in wider.tiles] == [0, 9]
    narrower = change_tile(board, _tile("b", 3))
    assert [tile.width for tile in narrower.tiles] == [0, 3]  # the other gets the rest
    third = add_tile(board, _tile("c"), tab=0, row=0)
    assert [tile.width for tile in third.tiles] == [0, 0, 0]
    alone = change_tile(board, _tile("a", 12))
    assert [tile.width for tile in alone.tiles] == [11, 0]  # each of the others has at least one unit


def test_rows_have_heights_and_an_order() -> None:
    board = _board("a|b|c")
    assert _written(move_row(board, Place(0, 0), "down")) == ["b|a|c"]
    assert move_row(board, Place(0, 0), "up") == board
    assert _written(remove_row(board, Place(0, 1))) == ["a|c"]
    assert remove_row(board, Place(0, 9)) == board
    assert [row.height for row in set_height(board, Place(0, 1), "large").tabs[0].rows] == ["medium", "large", "medium"]


def test_tabs_are_named_moved_and_removed() -> None:
    board = _board("a", "b", "c")
    assert [tab.title for tab in name_tab(board, 1, "Paid").tabs] == ["0", "Paid", "2"]
    assert _written(move_tab(board, 1, "right")) == ["a", "c", "b"]
    assert move_tab(board, 2, "right") == board
    assert _written(remove_tab(board, 1)) == ["a", "c"]
    assert remove_tab(board, 3) == board
    assert _written(add_tab(board, "More")) == ["a", "b", "c", ""]


def test_a_filter_that_goes_takes_its_beginning_along() -> None:
    start = BoardState(chosen=(Chosen("channel", ("email",)), Chosen("market", ("DE",))))
    board = Board(title="", filters=(Shared("channel", "billing"), Shared("market")), start=start)
    after = set_filters(board, ("device", "channel"))
    assert after.filters == (Shared("device"), Shared("channel", "billing"))
    assert after.start.chosen == (Chosen("channel", ("email",)),)


def test_a_board_begins_with_values_of_a_dimension_in_their_place() -> None:
    billing, market = Chosen("country", ("DE",), via="billing"), Chosen("market", ("AT",))
    board = Board(title="", start=BoardState(compare=(), chosen=(billing, market)))
    other = replace(billing, values=("FR", None))
    after = begin_with(board, Shared("country", "billing"), other)
    assert after.start == BoardState(compare=(), chosen=(other, market))
    shipping = Chosen("country", ("NO",), Operator.NOT_IN, "shipping")
    assert begin_with(board, Shared("country", "shipping"), shipping).start.chosen == (billing, market, shipping)
    assert begin_with(board, Shared("country", "billing"), None).start.chosen == (market,)
    assert begin_with(board, Shared("country"), None) == board


def test_a_beginning_holds_no_click_and_no_tab() -> None:
    state = BoardState(compare=(), picked=(Chosen("channel", ("email",)),), tab=1)
    assert set_start(Board(title=""), state).start == BoardState(compare=())


def test_a_place_is_found_by_the_tile() -> None:
    assert place_of(_board("a", "b|cd"), "d") == Place(1, 1, 1)
    assert place_of(_board("a"), "x") is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["up", "down", "left", "right", "put", "own", "twin", "gone", "wide"]),
        st.integers(0, 7),
        st.integers(0, 3),
    ),
    max_size=25,
)


@given(STEPS)
def test_whatever_is_pressed_the_board_keeps_its_tiles_and_its_bounds(steps: list[tuple[str, int, int]]) -> None:
    """The tiles are the original ones, minus removed, plus duplicated; no row is empty, too full or too wide."""
    board = _board("ab|cd|e", "fgh")
    expected = set("abcdefgh")
    for number, (step, at, to) in enumerate(steps):
        tile = "abcdefgh"[at]
        try:
            match step:
                case "put":
                    board = put_tile(board, tile, tab=to % 2, row=to)
                case "own":
                    board = put_tile(board, tile, tab=to % 2, row=None)
                case "twin":
                    board = duplicate_tile(board, tile, f"twin{number}")
                    expected |= {f"twin{number}"} if tile in expected else set()
                case "gone":
                    board = remove_tile(board, tile)
                    expected -= {tile}
                case "wide":
                    found_tile = find_tile(board, tile)
                    board = change_tile(board, replace(found_tile, width=3 * to)) if found_tile else board
                case way:
                    board = move_tile(board, tile, way)  # pyright: ignore[reportArgumentType]
        except InvalidQuery:
            continue
        ids = [tile.id for tile in board.tiles]
        assert sorted(ids) == sorted(expected)
        for row in (row for tab in board.tabs for row in tab.rows):
            assert 1 <= len(row.tiles) <= 4
            assert sum(tile.width or 1 for tile in row.tiles) <= UNITS
