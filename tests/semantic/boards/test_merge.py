"""Two changes to one board: what is merged and what conflicts, both checked by hand.

Random boards and steps check that nothing is ever lost.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from semantic.boards import edit
from semantic.boards.arrangement import keeps_places
from semantic.boards.board import Board, BoardState, Row, Shared, Tab, Tile, TileKind, ValueFilter
from semantic.boards.data import board_from_json, board_to_json
from semantic.boards.edit import Place
from semantic.boards.merge import MergedBoard, merge_boards
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity
from semantic.query.query import Last, Previous, Query
from tests.proof import part

MARKET, CHANNEL = Shared("market"), Shared("channel")


def tile(id: str, title: str = "", width: int = 0) -> Tile:
    return Tile(id=id, kind=TileKind.TEXT, title=title or id.upper(), text=id, width=width)


def board(*tabs: str, **others: object) -> Board:
    """Return a board. Each tab is written as `Title: ab|c`: a row of the tiles a and b, and a row of c."""
    new_tabs: list[Tab] = []
    for tab in tabs:
        title, _, rows = tab.rpartition(": ")
        new_tabs.append(
            Tab(title=title, rows=tuple(Row(tiles=tuple(map(tile, row))) for row in rows.split("|") if row))
        )
    return replace(Board(title="Growth", tabs=tuple(new_tabs), filters=(CHANNEL,)), **others)  # pyright: ignore[reportArgumentType]


def written(board: Board) -> list[str]:
    """Return a board's arrangement in the notation of `board`."""
    return [f"{tab.title}: {_rows(tab)}" if tab.title else _rows(tab) for tab in board.tabs]


def _rows(tab: Tab) -> str:
    return "|".join("".join(tile.id for tile in row.tiles) for row in tab.rows)


def merged(base: Board, mine: Board, theirs: Board) -> Board:
    board = merge_boards(base, mine, theirs)
    assert board.board is not None, board.conflicts
    return board.board


# Changes that merge


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        (["ab|c"], ["ab|c|x"], ["ab|yc"], ["ab|yc|x"]),  # one adds a row, one adds a tile next to another
        (["ab|c"], ["ab|x|c"], ["b|c"], ["b|x|c"]),  # below a row of which a tile goes
        (["ab|c"], ["abx|c"], ["c"], ["x|c"]),  # only the new tile remains in a row
        (["a|b|c"], ["a|c"], ["a|bx|c"], ["a|x|c"]),  # the neighbours of a removed tile
        (["a|b|c"], ["c|a|b"], ["a|b|x|c"], ["c|a|b|x"]),  # rows moved; added tiles stay after the tile they follow
        (["a|b|c"], ["c|a|b"], ["a|c"], ["c|a"]),
        (["A: a", "B: b"], ["B: b", "A: a"], ["A: ax", "B: b|y"], ["B: b|y", "A: ax"]),  # tabs in another order
        (["A: a", "B: b"], ["A: a", "Paid: b"], ["A: a", "B: b", "C: c"], ["A: a", "Paid: b", "C: c"]),
        (["A: a", "B: b"], ["A: a"], ["A: a|x", "B: b"], ["A: a|x"]),  # a tab that goes
        (["a"], ["Overview: a", "Tab 2: x"], ["Overview: a", "Tab 2: y"], ["Overview: a", "Tab 2: x|y"]),
        ([], [": a"], [": b"], ["a|b"]),  # the first tile of each
        (["a|b"], ["a|x|b"], ["a|y|b"], ["a|y|x|b"]),  # each adds a row in the same place
        (["A: a", "B: b"], ["B: b", "A: a"], ["A: a", "B: b", "A: x"], ["B: b", "A: a", "A: x"]),  # a title twice
    ],
)
def test_layout_changes_of_both_sides_are_merged(
    base: list[str], mine: list[str], theirs: list[str], both: list[str]
) -> None:
    one, other = board(*mine), board(*theirs)
    found_board = merged(board(*base), one, other)
    assert written(found_board) == both
    assert merged(board(*base), other, one) == found_board


def test_each_part_comes_from_the_side_that_changed_it() -> None:
    base = board("ab|c")
    asked = replace(tile("a"), kind=TileKind.NUMBER, text="", question=Query(metrics=("revenue",)))
    mine = edit.set_height(edit.change_tile(replace(base, title="Growth 2026"), asked), Place(0, 1), "large")
    mine = edit.set_start(mine, BoardState(period=Last(13, Granularity.WEEK)))
    theirs = edit.change_tile(replace(base, note="For Mondays"), tile("b", "Bee"))
    theirs = edit.set_start(edit.set_filters(theirs, ("channel", "market")), BoardState(compare=()))
    theirs = edit.begin_with(theirs, MARKET, ValueFilter("market", ("DE",)))
    assert merged(base, mine, theirs) == Board(
        title="Growth 2026",
        note="For Mondays",
        tabs=(Tab(rows=(Row(tiles=(asked, tile("b", "Bee"))), Row(tiles=(tile("c"),), height="large"))),),
        filters=(CHANNEL, MARKET),
        start=BoardState(period=Last(13, Granularity.WEEK), compare=(), chosen=(ValueFilter("market", ("DE",)),)),
    )


# Changes that conflict


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        (replace(board("ab|c"), title="One"), replace(board("ab|c"), title="Two"), "yours is “One”, theirs “Two”"),
        (replace(board("ab|c"), note="One"), replace(board("ab|c"), note="Two"), "the note below the title"),
        (edit.change_tile(board("ab|c"), tile("a", "One")), edit.change_tile(board("ab|c"), tile("a", "Two")),
         "You both changed the tile “One”"),
        (board("b|c"), edit.change_tile(board("ab|c"), tile("a", "Two")), "You removed the tile “Two”, and they chan"),
        (edit.change_tile(board("ab|c"), tile("a", "One")), board("b|c"), "They removed the tile “One”, and you chan"),
        (edit.change_tile(board("abx|c"), tile("x", "One")), board("ab|c|x"), "both added a tile “One”, with differ"),
        (edit.change_tile(board("ab|c"), tile("a", "A", 3)), edit.change_tile(board("ab|c"), tile("a", "A", 4)),
         "the width of “A”"),
        (board("ba|c"), board("c|ab"), "You both changed the layout"),
        (board("abx|c"), board("ab|c|x"), "You both changed the layout"),
        (edit.set_height(board("ab|c"), Place(0, 0), "small"), edit.set_height(board("ab|c"), Place(0, 0), "large"),
         "the row of “A”"),
        (edit.set_height(board("ab|c"), Place(0, 0), "small"), board("a|bc"), "the row of"),
        (board("One: ab|c"), board("Two: ab|c"), "the tab “without a title”"),
        (board("abxy|c"), board("abz|c"), "A row has room for 4 tiles"),
        (edit.set_filters(board("ab|c"), ()),
         edit.begin_with(board("ab|c"), CHANNEL, ValueFilter("channel", ("Mail",))), "the filter channel"),
        (board("ab|c", start=BoardState(compare=())), board("ab|c", start=BoardState(compare=(Previous(),))),
         "the default comparison"),
    ],
)  # fmt: skip
def test_conflicting_changes_are_named(mine: Board, theirs: Board, said: str) -> None:
    merged_board = merge_boards(board("ab|c"), mine, theirs)
    assert merged_board.board is None
    assert any(said in conflict for conflict in merged_board.conflicts), merged_board.conflicts


def test_a_tile_in_a_removed_tab_is_a_conflict() -> None:
    base = board("A: a", "B: b")
    merged_board = merge_boards(base, board("B: b"), board("A: x", "B: b"))
    assert merged_board == MergedBoard(None, ("One of you added “X” to the tab “A”, which the other changed.",))


def test_a_merge_beyond_the_limits_is_a_conflict() -> None:
    base = board("|".join("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM"))  # 39
    mine, theirs = (edit.add_tile(base, tile(title), tab=0) for title in ("0", "1"))
    assert merge_boards(base, mine, theirs).conflicts == (
        "Combined, the board would have 41 tiles, and it can have at most 40.",
    )
    tabs = board(*(f"{letter}: {letter}" for letter in "abcdefg"))
    mine, theirs = (edit.add_tab(tabs, title) for title in ("One", "Two"))
    assert merge_boards(tabs, mine, theirs).conflicts == (
        "Combined, the board would have 9 tabs, and it can have at most 8.",
    )


# Nothing is ever lost


ways = st.sampled_from([MARKET, CHANNEL, Shared("country", "billing")])
words = st.sampled_from(["One", "Two", "Three"])


@st.composite
def changed(draw: st.DrawFn, before: Board, letters: str) -> Board:
    """Return a board after some random steps. Added tiles have an ID from `letters`, or one that both sides use."""
    now = before
    for _ in range(draw(st.integers(1, 5))):
        ids = [tile.id for tile in now.tiles]
        places = [Place(tab, row) for tab, each_tab in enumerate(now.tabs) for row in range(len(each_tab.rows))]
        try:
            now = _step(draw, now, ids, places, letters)
        except InvalidQuery:
            continue
    return now


def _step(draw: st.DrawFn, now: Board, ids: list[str], places: list[Place], letters: str) -> Board:
    tile_id = draw(st.sampled_from(ids)) if ids else ""
    place = draw(st.sampled_from(places)) if places else Place(0, 0)
    tab = draw(st.integers(0, max(0, len(now.tabs) - 1)))
    match draw(st.integers(0, 13)):
        case 0 | 1 if free := [it for it in letters if it not in ids]:
            added = replace(tile(draw(st.sampled_from(free))), title=draw(words))
            return edit.add_tile(now, added, tab=tab, row=draw(st.none() | st.integers(0, 2)))
        case 2:
            return edit.remove_tile(now, tile_id)
        case 3:
            was = edit.find_tile(now, tile_id)
            return edit.change_tile(now, replace(was, title=draw(words))) if was else now
        case 4:
            was = edit.find_tile(now, tile_id)
            return edit.change_tile(now, replace(was, width=draw(st.integers(0, 9)))) if was else now
        case 5:
            return edit.move_tile(now, tile_id, draw(st.sampled_from(["up", "down", "left", "right"])))
        case 6:
            return edit.set_height(now, place, draw(st.sampled_from(["small", "large"])))
        case 7:
            return edit.move_row(now, place, draw(st.sampled_from(["up", "down"])))
        case 8:
            return edit.add_tab(now, draw(words))
        case 9:
            return edit.name_tab(now, tab, draw(words))
        case 10:
            return edit.move_tab(now, tab, draw(st.sampled_from(["left", "right"])))
        case 11:
            return edit.remove_tab(now, tab)
        case 12:
            shared = draw(st.lists(ways, unique=True))
            return replace(now, filters=tuple(shared))
        case _:
            way = draw(ways)
            values = draw(st.lists(st.sampled_from(["DE", "AT", None]), unique=True))
            return edit.begin_with(now, way, ValueFilter(way.dim, tuple(values), via=way.via) if values else None)


BASE = replace(board("A: ab|c", "B: de|f"), filters=(CHANNEL, MARKET))
three = changed(board("ab|c"), "xyz").flatmap(
    lambda base: st.tuples(st.just(base), changed(base, "gh0"), changed(base, "jk0"))
) | st.tuples(st.just(BASE), changed(BASE, "gh0"), changed(BASE, "jk0"))


@given(three)
def test_a_side_without_changes_leaves_the_other_unchanged(boards: tuple[Board, Board, Board]) -> None:
    base, mine, theirs = boards
    assert merge_boards(base, mine, base) == MergedBoard(mine)
    assert merge_boards(base, base, theirs) == MergedBoard(theirs)
    assert merge_boards(base, mine, mine) == MergedBoard(mine)


@given(three)
@settings(max_examples=part(400, one_in=4))
def test_without_a_conflict_nothing_from_either_side_is_lost(boards: tuple[Board, Board, Board]) -> None:
    base, mine, theirs = boards
    board = merge_boards(base, mine, theirs)
    assert (board.board is None) == bool(board.conflicts)
    assert (merge_boards(base, theirs, mine).board) == board.board
    assume(board.board is not None)
    assert board.board is not None
    assert board_from_json(board_to_json(board.board)) == board.board
    for side in (mine, theirs):
        _check_tiles(base, side, board.board)
        _check_places(base, side, board.board)
        _check_rest(base, side, board.board)
    ids = {tile.id for tile in board.board.tiles}
    assert ids <= {tile.id for tile in (*mine.tiles, *theirs.tiles)}


def _check_tiles(base: Board, side: Board, both: Board) -> None:
    """Check every tile that a side added, removed or changed."""
    before, after, now = ({tile.id: tile for tile in board.tiles} for board in (base, side, both))
    assert not [id for id in before if id not in after and id in now]
    assert not [id for id in after if id not in before and id not in now]
    for id in (id for id in after if id in now):
        was = before.get(id)
        if was is None or replace(was, width=0) != replace(after[id], width=0):
            assert replace(now[id], width=0) == replace(after[id], width=0)
        if was is None or was.width != after[id].width:
            assert now[id].width == after[id].width


def _check_places(base: Board, side: Board, both: Board) -> None:
    """Check that a side's own moves are kept, and that everything else is where the other side left it."""
    now = {tile.id for tile in both.tiles}
    mine = {tile.id for tile in side.tiles}
    if not keeps_places(base, side) or keeps_places(base, both):
        assert _stand(both, mine) == _stand(side, now)
    heights, after, last = (_heights(board) for board in (base, side, both))
    for id, height in after.items():
        if id in last and id in heights and height != heights[id]:
            assert last[id] == height


def _stand(board: Board, ids: set[str]) -> list[list[list[str]]]:
    tabs = [[[tile.id for tile in row.tiles if tile.id in ids] for row in tab.rows] for tab in board.tabs]
    rows = [[row for row in tab if row] for tab in tabs]
    return [tab for tab in rows if tab]


def _heights(board: Board) -> dict[str, str]:
    return {tile.id: row.height for tab in board.tabs for row in tab.rows for tile in row.tiles}


def _check_rest(base: Board, side: Board, both: Board) -> None:
    """Check tab titles, filters and the default view."""
    titles = [Counter({tab.title for tab in board.tabs}) for board in (base, side, both)]
    assert not (titles[1] - titles[0]) - titles[2]
    for shared in set(side.filters) ^ set(base.filters):
        assert (shared in both.filters) == (shared in side.filters)
    before, after, now = (
        {(choice.dim, choice.via): choice for choice in board.start.chosen} for board in (base, side, both)
    )
    for way in {**before, **after}:
        if before.get(way) != after.get(way):
            assert now.get(way) == after.get(way)
    for before_one, after_one, now_one in ((base.title, side.title, both.title), (base.note, side.note, both.note)):
        assert after_one in (before_one, now_one)
