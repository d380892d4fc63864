"""The tiles offered for a board over the shop: their questions, and the reasons why some can't show a metric."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from semantic.boards.board import Board, BoardState, Row, Shared, Tab, Tile, TileKind
from semantic.boards.gallery import SORTS, Offer, first_metric, offers
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Last, LastYear, Previous, Query
from tests.copies import copy_shop
from tests.shop import ShopWorkspace, open_shop

MONTHS = BoardState(period=Last(2, Granularity.MONTH), grain=Granularity.MONTH)
TWO_MONTHS = Last(2, Granularity.MONTH)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    workspace = open_shop(copy_shop(tmp_path_factory.mktemp("gallery") / "shop.duckdb"))
    yield workspace
    workspace.close()


def board(*queries: Query, start: BoardState = MONTHS, filters: tuple[Shared, ...] = ()) -> Board:
    tiles = (Tile(id=f"t{at}", kind=TileKind.TABLE, question=query) for at, query in enumerate(queries))
    return Board(title="", tabs=(Tab(rows=tuple(Row(tiles=(tile,)) for tile in tiles)),), start=start, filters=filters)


def offered(shop: ShopWorkspace, board: Board, metric: str, state: BoardState | None = None) -> dict[str, Offer]:
    """Return the tiles offered for a board in its own state, or in another one."""
    actor = shop.people["steward"]
    opens = state if state is not None else board.start
    made = offers(board, opens, metric, shop.visible(actor), lambda query: shop.preflight(query, actor))
    assert [offer.sort for offer in made] == list(SORTS)
    return {offer.sort: offer for offer in made}


def question(offer: Offer) -> Query:
    assert offer.tile is not None
    assert offer.tile.question is not None
    return offer.tile.question


def test_each_kind_of_tile_uses_what_the_board_already_asks(shop: ShopWorkspace) -> None:
    channel, month = Breakdown("channel"), Breakdown(DATE, Granularity.MONTH)
    asked = board(Query(metrics=("revenue",), by=(channel,)), Query(metrics=("order_count",)))
    by_sort = offered(shop, asked, "revenue")
    one = Query(metrics=("revenue",), time=TWO_MONTHS)
    assert question(by_sort["number"]) == one
    assert question(by_sort["line"]) == Query(metrics=("revenue",), by=(month,), time=TWO_MONTHS)
    assert question(by_sort["bar"]) == Query(metrics=("revenue",), by=(channel,), time=TWO_MONTHS)
    assert question(by_sort["heat"]).by == (channel, month)
    assert question(by_sort["waterfall"]).compare == (Previous(),)
    assert question(by_sort["scatter"]).metrics == ("revenue", "order_count")
    kinds = {sort: (offer.tile.kind, offer.tile.chart) for sort, offer in by_sort.items() if offer.tile}
    assert kinds == {
        "number": (TileKind.NUMBER, ""),
        "line": (TileKind.CHART, ""),
        "bar": (TileKind.CHART, ""),
        "table": (TileKind.TABLE, ""),
        "heat": (TileKind.CHART, "heat"),
        "waterfall": (TileKind.CHART, "waterfall"),
        "scatter": (TileKind.CHART, "scatter"),
        "distribution": (TileKind.CHART, "distribution"),
    }


def test_a_board_with_one_metric_has_no_scatter(shop: ShopWorkspace) -> None:
    by_sort = offered(shop, board(Query(metrics=("revenue",))), "revenue")
    assert (by_sort["scatter"].tile, by_sort["scatter"].reason) == (None, "Needs two metrics.")


def test_a_filter_of_the_board_is_the_next_best_breakdown(shop: ShopWorkspace) -> None:
    by_sort = offered(shop, board(Query(metrics=("revenue",)), filters=(Shared("device"),)), "revenue")
    assert question(by_sort["bar"]).by == (Breakdown("device"),)


def test_a_board_without_a_period_gets_tiles_with_one(shop: ShopWorkspace) -> None:
    by_sort = offered(shop, board(start=BoardState()), "revenue")
    assert question(by_sort["number"]).time == Last(13, Granularity.WEEK)
    assert question(by_sort["line"]).by == (Breakdown(DATE, Granularity.WEEK),)


def test_a_board_that_opens_by_its_targets_gets_tiles_without_a_period(shop: ShopWorkspace) -> None:
    by_sort = offered(shop, board(start=BoardState()), "revenue", MONTHS)
    assert question(by_sort["number"]).time is None
    assert (by_sort["waterfall"].tile, by_sort["waterfall"].reason) == (
        None,
        "Needs a period. Choose one in Board settings.",
    )
    compared = replace(MONTHS, compare=(LastYear(),))
    by_sort = offered(shop, board(start=BoardState(compare=(LastYear(),))), "revenue", compared)
    assert question(by_sort["waterfall"]).compare == (LastYear(),)


def test_the_breakdown_that_most_tiles_use_comes_first(shop: ShopWorkspace) -> None:
    device, channel = (Query(metrics=("revenue",), by=(Breakdown(name),)) for name in ("device", "channel"))
    assert question(offered(shop, board(device, channel, channel), "revenue")["bar"]).by == channel.by
    assert question(offered(shop, board(device, channel), "revenue")["bar"]).by == device.by


def test_no_breakdown_about_individuals_is_offered(shop: ShopWorkspace) -> None:
    personal = {
        name for name, places in shop.model.dimensions.items() if any("personal" in each.tags for each in places)
    }
    assert personal
    for name in personal:
        asked = board(Query(metrics=("revenue",), by=(Breakdown(name),)), filters=(Shared(name),))
        for offer in offered(shop, asked, "revenue").values():
            if offer.tile is not None and offer.tile.question is not None:
                assert personal.isdisjoint(each.dim for each in offer.tile.question.by)


def test_the_first_metric_is_one_that_the_person_can_see(shop: ShopWorkspace) -> None:
    asked = board(Query(metrics=("never_heard_of",)), Query(metrics=("order_count", "revenue")))
    assert first_metric(asked, shop.visible(shop.people["steward"])) == "order_count"
    known = {metric.name for metric in shop.visible(shop.people["steward"]).metrics}
    assert first_metric(board(), shop.visible(shop.people["steward"])) in known
