"""Tables in tiles: how they show a comparison, also on a phone, and which rows are selected."""

from __future__ import annotations

import json
import math

import pytest

from pages.explore.result.cells import TableDisplay, above_numbers
from pages.explore.result.table import make_grid
from semantic.boards.board import BoardState, TileKind, ValueFilter
from semantic.display.tokens import LIGHT
from tests.pages.boards.read.opened import (
    APRIL,
    BY_CHANNEL,
    NOTHING_SET,
    Board,
    Open,
    question,
    tile,
)
from tests.pages.charts import figures

COMPARED = question(metrics=["revenue"], by=["channel"], time=APRIL, compare=[{"to": "previous"}], totals=["grand"])
"""Six channels.

Three of them had 1,280, 960 and -5 in April; the other three had 210, 80 and 20 in the period before.
"""
DEVICES = question(metrics=["revenue"], by=["device"], time=APRIL, compare=[{"to": "previous"}], totals=["grand"])
"""April had 1,280 at kiosks, 640 on mobiles and 315 on desktops. The period before had nothing, 190 and 120."""


def test_a_compared_table_shows_each_metric_and_its_change_only(board: Open) -> None:
    (wide,) = board(tile(TileKind.TABLE, DEVICES)).app.dataframe
    assert list(wide.value.columns) == ["device", "revenue", "revenue_previous change"]
    heads = [one["label"] for one in json.loads(wide.proto.columns).values() if "label" in one]
    assert heads == ["Device", above_numbers("Revenue"), above_numbers("Change")]
    assert [*wide.value["revenue"]] == [2235, 1280, 640, 315]
    assert wide.value["revenue_previous change"].iloc[0] == pytest.approx(100 * (2235 - 310) / 310)


def test_a_change_that_no_row_has_is_left_out(board: Open) -> None:
    opened = board(tile(TileKind.TABLE, COMPARED))
    assert list(opened.app.dataframe[0].value.columns) == ["channel", "revenue"]


def test_amounts_have_bars_where_there_is_room_also_on_a_phone(board: Open) -> None:
    asks = question(metrics=["revenue"], by=["device"], time=APRIL, totals=["grand"])
    (grid,) = board(tile(TileKind.TABLE, asks)).app.dataframe
    assert list(grid.value.columns) == ["device", "revenue", "revenue bar"]
    lengths = [*grid.value["revenue bar"]]
    assert math.isnan(lengths[0])  # the total
    assert lengths[1:] == [1280, 640, 315]


def test_a_wide_table_has_more_bars_than_fit_on_a_phone(board: Open) -> None:
    asks = question(
        metrics=["revenue", "buyers", "aov"], by=["channel"], time={"from": "2026-03-01", "to": "2026-03-31"}
    )
    wide = board(tile(TileKind.TABLE, asks, width=12)).app.dataframe[0]
    assert "revenue bar" in wide.value.columns
    assert "aov bar" not in wide.value.columns


def test_a_phone_shows_the_first_rows_the_totals_and_a_button_for_all_rows(board: Open) -> None:
    opened = board(tile(TileKind.TABLE, COMPARED))
    wide, narrow = opened.app.dataframe
    assert wide.value["channel"].iloc[0] == "Total"
    assert [*narrow.value["channel"]] == [*wide.value["channel"]][:6]
    opened.press("All 6 rows")
    (frame,) = opened.app.dataframe
    assert len(frame.value) == 7
    assert len(opened.press("Fewer").app.dataframe) == 2


def test_a_phone_shows_as_many_metrics_as_fit(board: Open) -> None:
    names = ["revenue", "buyers", "aov"]
    asks = question(metrics=names, by=["device"], time=APRIL, compare=[{"to": "previous"}])
    opened = board(tile(TileKind.TABLE, asks))
    narrow = opened.app.dataframe[1]
    assert [*narrow.proto.column_order] == ["device", "revenue", "revenue_previous change"]
    assert "All 3 metrics" in [button.label for button in opened.app.button]


def test_a_grid_row_refers_to_its_own_row_of_the_answer_if_others_are_left_out(board: Open) -> None:
    """The first row is the total, which is the seventh row of the answer."""
    result = board(tile(TileKind.TABLE, COMPARED)).shown["table"].result
    assert result is not None
    grid = make_grid(result, LIGHT, TableDisplay(earlier=False, first=5))
    assert grid.places == (6, 0, 1, 2, 3, 4)
    assert result.rows()[grid.places[0]]["revenue"] == 2235


OF_OTHER = (ValueFilter("channel", ("Other",), tile="picked"),)


def _marks(opened: Board) -> list[list[int]]:
    """Return the positions of the selected marks in the chart, trace by trace."""
    (figure,) = figures(opened.app)
    return [one["selectedpoints"] for one in figure["data"] if "selectedpoints" in one]


def test_picks_from_a_link_are_marked_only_in_their_own_tile(board: Open) -> None:
    """Of the six channels, Other has the most, so its bar comes first."""
    tiles = (tile(TileKind.CHART, BY_CHANNEL, "picked"), tile(TileKind.TABLE, BY_CHANNEL, "other"))
    opened = board(*tiles, state=BoardState(picked=OF_OTHER))
    assert _marks(opened) == []  # nothing can be picked on a wall display
    opened.app.session_state["picked"] = lambda one: None
    opened.run()
    assert _marks(opened) == [[0]]
    assert {frame.proto.selection_default for frame in opened.app.dataframe} == {""}
    opened.app.session_state["the state"] = NOTHING_SET
    assert _marks(opened.run()) == []


def test_a_row_that_was_picked_by_a_link_is_marked_in_its_table(board: Open) -> None:
    opened = board(tile(TileKind.TABLE, BY_CHANNEL, "picked"), state=BoardState(picked=OF_OTHER))
    opened.app.session_state["picked"] = lambda one: None
    opened.run()
    for grid in opened.app.dataframe:
        ((row, column),) = json.loads(grid.proto.selection_default)["selection"]["cells"]
        assert [*grid.value[column]][row] == "Other"


def test_marks_of_a_click_are_left_to_the_browser(board: Open) -> None:
    """A new figure would lose the marks that the browser itself has drawn."""
    opened = board(tile(TileKind.CHART, BY_CHANNEL, "picked"))
    opened.app.session_state["board-picked"].marks.clicked = OF_OTHER
    opened.app.session_state["picked"] = lambda one: None
    opened.app.session_state["the state"] = BoardState(picked=OF_OTHER)
    assert _marks(opened.run()) == []
