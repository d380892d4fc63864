"""The gallery of tiles: the shape of each small drawing, and what a browser can choose."""

from __future__ import annotations

from datetime import date

import pytest

from pages.boards.edit.gallery import card_of, offer_named, shape_of
from semantic.boards.board import Tile, TileKind
from semantic.boards.gallery import Offer
from semantic.display.groups import prepare_rows
from semantic.results.result import Result
from tests.pages.composed import CHANNELS, MONEY
from tests.semantic.made_results import BEFORE, CHANNEL, REVENUE, SPEND, WEEKS, result, week

NUMBER = Offer("number", MONEY)
BARS = Offer("bar", CHANNELS)
TEXT = Offer("text", None)
NONE = Offer("scatter", None, "Needs two metrics.")

BY_CHANNEL = result((CHANNEL, REVENUE), [("Search", 30.0), ("Social", 15.0), ("Email", None)])


def shape(sort: str, answer: Result) -> object:
    return shape_of(sort, prepare_rows(answer))  # pyright: ignore[reportArgumentType]


def test_a_number_is_written_as_on_its_tile() -> None:
    assert shape("number", result((REVENUE,), [(78_500.0,)])) == "€78.5K"
    assert shape("number", result((REVENUE,), [(None,)])) is None


def test_a_line_is_scaled_from_its_lowest_to_its_highest_value() -> None:
    answer = result((WEEKS, REVENUE), [(week(2), 40.0), (week(0), 20.0), (week(1), None), (week(3), 30.0)])
    assert shape("line", answer) == [0.0, 1.0, 0.5]  # by date, without the week that has no number


def test_bars_are_ranked_and_begin_at_zero() -> None:
    assert shape("bar", BY_CHANNEL) == [1.0, 0.5]


def test_a_heat_map_leaves_cells_without_a_number_empty() -> None:
    rows: list[tuple[date | str | float | None, ...]] = [
        (week(0), "Search", 10.0), (week(1), "Search", 30.0), (week(0), "Social", 20.0), (week(1), "Social", None),
    ]  # fmt: skip
    assert shape("heat", result((WEEKS, CHANNEL, REVENUE), rows)) == [[0.0, 1.0], [0.5, None]]


def test_a_waterfall_leads_from_the_previous_value_to_the_current_one() -> None:
    answer = result((CHANNEL, REVENUE, BEFORE), [("Search", 30.0, 10.0), ("Social", 10.0, 20.0)])
    # 30 before, 20 more, 10 less, nothing else, 40 now; 50 is the highest.
    assert shape("waterfall", answer) == [(0.0, 0.6), (0.6, 1.0), (1.0, 0.8), (0.8, 0.8), (0.0, 0.8)]


def test_a_scatter_has_a_point_for_each_group_with_both_numbers() -> None:
    answer = result((CHANNEL, REVENUE, SPEND), [("Search", 30.0, 5.0), ("Social", 10.0, 1.0), ("Email", 20.0, None)])
    assert shape("scatter", answer) == [(1.0, 1.0), (0.0, 0.0)]


def test_a_distribution_counts_values() -> None:
    rows = [(f"c{at}", float(value)) for at, value in enumerate([0, 0, 0, 0, 9, 9])]
    assert shape("distribution", result((CHANNEL, REVENUE), rows)) == [1.0, 0, 0, 0, 0, 0, 0, 0, 0.5]


def test_a_card_says_why_an_answer_cannot_be_drawn() -> None:
    waterfall = Offer("waterfall", Tile(id="", kind=TileKind.CHART, question=CHANNELS.question, chart="waterfall"))
    card = card_of(waterfall, BY_CHANNEL)
    assert card["drawn"] is None
    assert "waterfall" in str(card["reason"])
    assert card_of(BARS, None) == {"sort": "bar", "label": "Bars", "reason": "", "drawn": None}  # a sketch
    assert card_of(NONE, None)["reason"] == "Needs two metrics."
    assert card_of(BARS, result((CHANNEL, REVENUE), []))["drawn"] is None


@pytest.mark.parametrize("said", [None, 7, ["bar"], {"sort": "bar"}, "Bars", "scatter", "__class__", ""])
def test_only_offers_can_be_picked(said: object) -> None:
    assert offer_named(said, (NUMBER, BARS, NONE, TEXT)) is None


def test_an_offer_is_picked_by_its_kind() -> None:
    assert offer_named("bar", (NUMBER, BARS, NONE, TEXT)) is BARS
    assert offer_named("text", (NUMBER, BARS, NONE, TEXT)) is TEXT
