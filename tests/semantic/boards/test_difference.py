"""Comparing two versions of a board: tiles added, removed and changed, and other differences in words."""

from __future__ import annotations

from dataclasses import replace

from semantic.boards.board import Board, BoardState, Row, Shared, Tab, Tile, TileKind, ValueFilter
from semantic.boards.difference import BoardDifference, compare_boards
from semantic.model.definitions import Granularity
from semantic.query.query import Last, Operator, Query

REVENUE = Tile(id="r", kind=TileKind.NUMBER, title="Revenue", question=Query(metrics=("revenue",)))
SPEND = Tile(id="s", kind=TileKind.CHART, title="Spend", question=Query(metrics=("spend",)), chart="bars")
BOARD = Board(title="Growth", tabs=(Tab(rows=(Row(tiles=(REVENUE, SPEND)),)),), filters=(Shared("channel"),))
LABELS = {"channel": "Channel", "market": "Market", "period": "Period"}


def _with(*rows: tuple[Tile, ...], board: Board = BOARD) -> Board:
    return replace(board, tabs=(Tab(rows=tuple(Row(tiles=row) for row in rows)),))


def _said(before: Board, after: Board) -> tuple[list[str], list[str]]:
    difference = compare_boards(before, after, lambda name: LABELS.get(name, name))
    tiles = [": ".join((f"{tile.change} {tile.tile.title}", *tile.details)) for tile in difference.tiles]
    return tiles, list(difference.others)


def test_the_same_board_has_no_difference() -> None:
    assert compare_boards(BOARD, BOARD) == BoardDifference()
    assert compare_boards(BOARD, BOARD).is_none


def test_added_and_removed_tiles_are_listed() -> None:
    text = Tile(id="t", kind=TileKind.TEXT, title="Note", text="Read this")
    assert _said(BOARD, _with((REVENUE,), (text,))) == (["added Note", "removed Spend"], [])


def test_a_changed_tile_says_what_changed() -> None:
    asked = Query(metrics=("revenue", "orders"))
    after = replace(REVENUE, title="Net revenue", question=asked, keeps=frozenset({"period"}), width=6)
    tiles, others = _said(BOARD, _with((after, SPEND)))
    assert tiles == [
        "changed Net revenue: Title: Net revenue, before: Revenue: Question changed: Width changed: "
        "Ignores the board's Period"
    ]
    assert others == []
    (tile,) = compare_boards(BOARD, _with((after, SPEND))).tiles
    assert (tile.before, tile.after) == (REVENUE.question, asked)


def test_changes_of_how_a_tile_is_shown_are_described() -> None:
    assert _said(BOARD, _with((REVENUE, replace(SPEND, kind=TileKind.TABLE))))[0] == [
        "changed Spend: Shown as table, before: chart"
    ]
    assert _said(BOARD, _with((REVENUE, replace(SPEND, chart="line"))))[0] == ["changed Spend: Chart type changed"]
    assert _said(BOARD, _with((REVENUE, replace(SPEND, note="What was paid"))))[0] == ["changed Spend: Note added"]


def test_a_rearrangement_is_one_sentence_and_an_added_tile_does_not_count_as_one() -> None:
    assert _said(BOARD, _with((SPEND, REVENUE))) == ([], ["Layout changed"])
    assert _said(BOARD, _with((REVENUE,), (SPEND,))) == ([], ["Layout changed"])
    above = Tile(id="t", kind=TileKind.TEXT, title="Note", text="Read this")
    assert _said(BOARD, _with((above,), (REVENUE, SPEND))) == (["added Note"], [])


def test_changes_to_the_rest_of_the_board_are_described() -> None:
    after = replace(
        BOARD, title="Growth 2026", note="For Mondays", filters=(Shared("market"),), start=BoardState(tab=1),
        tabs=(*BOARD.tabs, Tab(title="Paid")),
    )  # fmt: skip
    assert _said(BOARD, after)[1] == [
        "Title: Growth 2026, before: Growth",
        "Note below the title changed",
        "Tab added: Paid",
        "Filter added: Market",
        "Filter removed: Channel",
        "Default view changed",
    ]


def test_changes_of_the_default_view_are_described() -> None:
    market = ValueFilter("market", ("DE", None))
    begins = BoardState(period=Last(13, Granularity.WEEK), compare=(), grain=Granularity.WEEK, chosen=(market,))
    after = replace(BOARD, start=begins)
    assert _said(BOARD, after)[1] == [
        "Default period changed",
        "Default comparison changed",
        "Shown by week by default",
        "Default Market: DE, (none), before: all",
    ]
    other = replace(after, start=replace(begins, grain=None, chosen=(replace(market, op=Operator.NOT_IN),)))
    assert _said(after, other)[1] == [
        "Each tile's own periods by default",
        "Default Market: not DE, (none), before: DE, (none)",
    ]
    assert _said(other, replace(other, start=replace(other.start, chosen=())))[1] == [
        "Default Market: all, before: not DE, (none)"
    ]
    two = replace(after, start=replace(begins, chosen=(market, ValueFilter("channel", ("Mail",)))))
    turned = replace(two, start=replace(begins, chosen=two.start.chosen[::-1]))
    assert _said(two, turned)[1] == ["Order of the default filters changed"]


def test_people_without_access_to_the_values_get_another_description() -> None:
    after = replace(BOARD, start=BoardState(chosen=(ValueFilter("market", ("DE",)),)))
    difference = compare_boards(BOARD, after, values=lambda choice: f"{len(choice.values)} value")
    assert difference.others == ("Default market: 1 value, before: all",)


def test_changes_of_heights_and_filter_order_are_described() -> None:
    higher = replace(BOARD, tabs=(Tab(rows=(replace(BOARD.tabs[0].rows[0], height="large"),)),))
    assert _said(BOARD, higher) == ([], ["Row heights changed"])
    two = replace(BOARD, filters=(Shared("channel"), Shared("market")))
    assert _said(two, replace(two, filters=two.filters[::-1])) == ([], ["Filter order changed"])
