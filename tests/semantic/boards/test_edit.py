"""Editing a board step by step: the result of each step, what doesn't fit, and that no sequence of steps breaks a
board.
"""

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
    Row,
    Shared,
    Tab,
    Tile,
    TileKind,
    ValueFilter,
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
    place_tile,
    put_tile,
    remove_row,
    remove_tab,
    remove_tile,
    set_filters,
    set_height,
    set_start,
    set_width,
    step_tile,
    widths_of,
)
from semantic.errors import InvalidQuery
from semantic.query.query import Operator


def _tile(name: str, width: int = 0) -> Tile:
    return Tile(id=name, kind=TileKind.TEXT, text=name, width=width)


def _board(*tabs: str) -> Board:
    """Return a board. Each tab is written as its rows: `ab|c` is a row of the tiles a and b, and a row of c."""
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


def test_tiles_are_added_and_removed_with_their_rows() -> None:
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


def test_a_tile_is_moved_to_another_row_or_tab() -> None:
    board = _board("a|bc", "d")
    assert _written(put_tile(board, "a", tab=0, row=1)) == ["bca", "d"]  # the rows are numbered again
    assert _written(put_tile(board, "a", tab=1, row=0)) == ["bc", "da"]
    assert _written(put_tile(board, "d", tab=0, row=0)) == ["ad|bc", ""]
    assert _written(put_tile(board, "b", tab=0, row=None)) == ["a|c|b", "d"]
    assert put_tile(board, "b", tab=0, row=1) == board
    assert put_tile(board, "b", tab=7, row=1) == board
    with pytest.raises(InvalidQuery, match="at most 4 tiles"):
        put_tile(_board("abcd|e"), "e", tab=0, row=0)


def test_a_board_has_a_maximum_number_of_tiles() -> None:
    full = Board(title="Full", tabs=(Tab(rows=tuple(Row(tiles=(_tile(f"t{at}"),)) for at in range(MOST_TILES))),))
    with pytest.raises(InvalidQuery, match="at most 40 tiles"):
        add_tile(full, _tile("more"), tab=0)
    with pytest.raises(InvalidQuery, match="at most 40 tiles"):
        duplicate_tile(full, "t0", "more")
    with pytest.raises(InvalidQuery, match="at most 4 tiles"):
        add_tile(_board("abcd"), _tile("e"), tab=0, row=0)
    with pytest.raises(InvalidQuery, match="at most 8 tabs"):
        add_tab(_board(*(["a"] * MOST_TABS)), "More")


def test_widths_that_do_not_fit_yield_to_the_one_that_was_set() -> None:
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


def test_rows_have_heights_and_can_be_reordered() -> None:
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


def test_a_removed_filter_loses_its_default() -> None:
    start = BoardState(chosen=(ValueFilter("channel", ("email",)), ValueFilter("market", ("DE",))))
    board = Board(title="", filters=(Shared("channel", "billing"), Shared("market")), start=start)
    after = set_filters(board, ("device", "channel"))
    assert after.filters == (Shared("device"), Shared("channel", "billing"))
    assert after.start.chosen == (ValueFilter("channel", ("email",)),)


def test_a_board_starts_with_default_values_of_a_dimension() -> None:
    billing, market = ValueFilter("country", ("DE",), via="billing"), ValueFilter("market", ("AT",))
    board = Board(title="", start=BoardState(compare=(), chosen=(billing, market)))
    other = replace(billing, values=("FR", None))
    after = begin_with(board, Shared("country", "billing"), other)
    assert after.start == BoardState(compare=(), chosen=(other, market))
    shipping = ValueFilter("country", ("NO",), Operator.NOT_IN, "shipping")
    assert begin_with(board, Shared("country", "shipping"), shipping).start.chosen == (billing, market, shipping)
    assert begin_with(board, Shared("country", "billing"), None).start.chosen == (market,)
    assert begin_with(board, Shared("country"), None) == board


# Dropping tiles


@pytest.mark.parametrize(
    ("before", "tile", "row", "place", "after"),
    [
        ("abc|d", "a", 0, 2, "bac|d"),  # places count the tile where it still is
        ("abc|d", "a", 0, 3, "bca|d"),
        ("abc|d", "c", 0, 0, "cab|d"),
        ("abc|d", "b", 0, 1, "abc|d"),
        ("abc|d", "b", 0, 2, "abc|d"),
        ("abc|d", "d", 0, 1, "adbc"),  # and its row is gone
        ("abc|d", "d", 0, 3, "abcd"),
        ("d|abc", "d", 1, 1, "adbc"),
        ("ab|cd", "a", 1, 2, "b|cda"),
        ("ab|cd", "a", 1, 3, "ab|cd"),  # that place doesn't exist
        ("ab|cd", "a", 2, 0, "ab|cd"),
        ("ab|cd", "a", -1, 0, "ab|cd"),
        ("ab|cd", "x", 0, 0, "ab|cd"),
    ],
)
def test_a_tile_is_dropped_into_a_row(before: str, tile: str, row: int, place: int, after: str) -> None:
    assert _written(place_tile(_board(before), tile, tab=0, row=row, place=place)) == [after]


@pytest.mark.parametrize(
    ("before", "tile", "row", "after"),
    [
        ("ab|c", "b", 0, "b|a|c"),
        ("ab|c", "b", 1, "a|b|c"),
        ("ab|c", "b", 2, "a|c|b"),
        ("ab|c", "c", 0, "c|ab"),
        ("a|b|c", "a", 2, "b|a|c"),
        ("a|b|c", "a", 3, "b|c|a"),
        ("a|b|c", "b", 1, "a|b|c"),
        ("a|b|c", "b", 2, "a|b|c"),
        ("a|b|c", "b", 4, "a|b|c"),
    ],
)
def test_a_tile_is_dropped_between_rows(before: str, tile: str, row: int, after: str) -> None:
    assert _written(place_tile(_board(before), tile, tab=0, row=row, new_row=True)) == [after]


def test_a_tile_is_dropped_into_another_tab() -> None:
    assert _written(place_tile(_board("ab", "cd"), "b", tab=1, row=0, place=1)) == ["a", "cbd"]
    assert _written(place_tile(_board("ab", "cd"), "b", tab=1, row=0, new_row=True)) == ["a", "b|cd"]
    assert _written(place_tile(_board("ab", "cd"), "b", tab=2, row=0, new_row=True)) == ["ab", "cd"]


def test_a_full_row_takes_no_fifth_tile_but_its_own_may_move() -> None:
    assert _written(place_tile(_board("abcd|e"), "a", tab=0, row=0, place=4)) == ["bcda|e"]
    with pytest.raises(InvalidQuery, match="at most 4 tiles"):
        place_tile(_board("abcd|e"), "e", tab=0, row=0, place=2)


def test_a_row_on_its_own_keeps_the_height_and_not_the_width() -> None:
    row = Row(tiles=(_tile("a", 8), _tile("b", 4)), height="large")
    board = place_tile(Board(title="", tabs=(Tab(rows=(row,)),)), "b", tab=0, row=0, new_row=True)
    assert [(row.height, [tile.width for tile in row.tiles]) for row in board.tabs[0].rows] == [
        ("large", [0]),
        ("large", [0]),  # eight units would not fill it
    ]


@pytest.mark.parametrize(
    ("before", "tile", "up", "down"),
    [
        ("abc|d", "b", "bac|d", "acb|d"),
        ("abc|d", "a", "a|bc|d", "bac|d"),  # nothing is above the row, so it gets one of its own
        ("abc|d", "c", "acb|d", "ab|d|c"),  # d alone keeps its row to itself
        ("abc|d", "d", "d|abc", "abc|d"),
        ("ab|cd", "b", "ba|cd", "a|cbd"),
        ("ab|cd", "c", "acb|d", "ab|dc"),
        ("ab|cdef", "b", "ba|cdef", "a|cdef|b"),  # no room
    ],
)
def test_a_tile_steps_in_reading_order(before: str, tile: str, up: str, down: str) -> None:
    assert _written(step_tile(_board(before), tile, "up")) == [up]
    assert _written(step_tile(_board(before), tile, "down")) == [down]


@pytest.mark.parametrize(
    ("widths", "tile", "width", "after"),
    [
        ([0, 0, 0], "a", 6, [6, 2, 4]),  # from four each: the next gives two
        ([0, 0, 0], "b", 5, [4, 5, 3]),
        ([0, 0, 0], "c", 5, [4, 3, 5]),  # the last takes from the one before it
        ([0, 0, 0], "a", 9, [6, 2, 4]),  # two are the least
        ([0, 0, 0], "a", 1, [2, 6, 4]),
        ([6, 2, 4], "a", 4, [0, 0, 0]),  # equal again
        ([8, 0], "a", 7, [7, 5]),
        ([0], "a", 6, [0]),
    ],
)
def test_widening_a_tile_narrows_its_neighbour(widths: list[int], tile: str, width: int, after: list[int]) -> None:
    row = Row(tiles=tuple(_tile(name, each) for name, each in zip("abc", widths, strict=False)))
    board = set_width(Board(title="", tabs=(Tab(rows=(row,)),)), tile, width)
    assert [each.width for each in board.tiles] == after


def test_a_width_for_a_removed_tile_changes_nothing() -> None:
    assert set_width(_board("ab"), "x", 4) == _board("ab")


DROPS = st.lists(
    st.tuples(
        st.sampled_from(["row", "new row", "width", "up", "down"]),
        st.sampled_from("abcdefgh"),
        st.integers(-1, 5),
        st.integers(-1, 12),
        st.integers(-1, 2),
    ),
    max_size=25,
)


@given(DROPS)
def test_any_drops_keep_every_tile_once_and_leave_no_row_empty(drops: list[tuple[str, str, int, int, int]]) -> None:
    board = _board("abc|de|f", "gh")
    for what, tile, row, number, tab in drops:
        try:
            match what:
                case "row":
                    board = place_tile(board, tile, tab=tab, row=row, place=number)
                case "new row":
                    board = place_tile(board, tile, tab=tab, row=row, new_row=True)
                case "width":
                    board = set_width(board, tile, number)
                case _:
                    board = step_tile(board, tile, "up" if what == "up" else "down")
        except InvalidQuery:
            continue
        assert sorted(each.id for each in board.tiles) == list("abcdefgh")
        for tiles in (each.tiles for each_tab in board.tabs for each in each_tab.rows):
            assert 1 <= len(tiles) <= 4
            widths = [each.width for each in tiles]
            assert sum(widths) == UNITS or 0 in widths
            assert sum(widths_of(tiles)) == UNITS
            assert min(widths_of(tiles)) >= 2


def test_a_default_view_has_no_click_and_no_tab() -> None:
    state = BoardState(compare=(), picked=(ValueFilter("channel", ("email",)),), tab=1)
    assert set_start(Board(title=""), state).start == BoardState(compare=())


def test_a_position_is_found_by_its_tile() -> None:
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
def test_any_sequence_of_steps_keeps_the_boards_tiles_and_limits(steps: list[tuple[str, int, int]]) -> None:
    """The tiles are the original ones, minus removed and plus duplicated ones.

    No row is empty, too full or too wide.
    """
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
