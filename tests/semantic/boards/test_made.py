"""Tiles made from questions: a tile's kind follows the question's shape unless someone chose it."""

from __future__ import annotations

import pytest

from semantic.boards.board import Tile, TileKind
from semantic.boards.made import ask_instead, kinds_for, make_tile, show_as
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Query

WEEKS, CHANNEL, MARKET = Breakdown(DATE, Granularity.WEEK), Breakdown("channel"), Breakdown("market")
REVENUE = Query(metrics=("revenue",))
BY_CHANNEL = Query(metrics=("revenue",), by=(CHANNEL,))
WEEKLY = Query(metrics=("revenue",), by=(WEEKS,))


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        (REVENUE, "number table"),
        (Query(metrics=("revenue", "spend")), "table"),
        (BY_CHANNEL, "chart table"),
        (Query(metrics=("revenue",), by=(WEEKS, CHANNEL)), "chart table pivot"),
        (Query(metrics=("revenue",), by=(WEEKS, CHANNEL, MARKET)), "table pivot"),
    ],
)
def test_a_tiles_kind_follows_from_the_questions_shape(query: Query, kinds: str) -> None:
    assert " ".join(kinds_for(query)) == kinds


def test_a_tile_keeps_its_chart() -> None:
    assert make_tile(BY_CHANNEL, "a", chart="pie", title="T", origin="q") == Tile(
        id="a", kind=TileKind.CHART, title="T", question=BY_CHANNEL, chart="pie", origin="q"
    )
    assert make_tile(BY_CHANNEL, "a", chart="table").kind is TileKind.TABLE
    assert make_tile(REVENUE, "a", chart="bar").chart == ""


def test_another_question_gets_a_fitting_chart() -> None:
    number = make_tile(REVENUE, "a")
    assert ask_instead(number, BY_CHANNEL).kind is TileKind.CHART
    assert ask_instead(make_tile(BY_CHANNEL, "a"), REVENUE).kind is TileKind.NUMBER


def test_a_chosen_type_stays_if_it_fits() -> None:
    table = show_as(make_tile(BY_CHANNEL, "a"), TileKind.TABLE)
    assert ask_instead(table, WEEKLY).kind is TileKind.TABLE
    pivot = show_as(make_tile(Query(metrics=("revenue",), by=(WEEKS, CHANNEL)), "a"), TileKind.PIVOT)
    assert ask_instead(pivot, BY_CHANNEL).kind is TileKind.CHART


def test_a_chosen_chart_applies_only_to_questions_of_its_shape() -> None:
    pie = make_tile(BY_CHANNEL, "a", chart="pie")
    assert ask_instead(pie, Query(metrics=("revenue",), by=(MARKET,))).chart == "pie"
    assert ask_instead(pie, WEEKLY).chart == ""
    assert show_as(pie, TileKind.TABLE).chart == ""


def test_a_kind_that_does_not_fit_is_ignored() -> None:
    tile = make_tile(BY_CHANNEL, "a")
    assert show_as(tile, TileKind.NUMBER) == tile
    text = Tile(id="a", kind=TileKind.TEXT, text="Read this")
    assert show_as(text, TileKind.TABLE) == text
