"""The menu on a tile's number, cell or mark: its entries for each reader, and what they open."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pages.boards.read import mark_menu, tile_marks, tile_menu
from semantic.boards.board import BoardState, TileKind, ValueFilter
from semantic.query.query import Between, Previous, Query, Top
from tests.pages.boards.read.opened import BY_WEEK, IN_APRIL, Board, Open, question, tile
from tests.pages.charts import pick_points
from tests.pages.pointer_menus import PointerMenu, pointer_menus

SEARCH = ValueFilter("channel", ("Search",), tile="chart")
SPRING = {"from": "2026-03-01", "to": "2026-04-30"}
BY_CHANNEL = question(metrics=["revenue"], by=["channel"], time=SPRING)
COMPARED = replace(BY_CHANNEL, compare=(Previous(),))


def readable(opened: Board) -> tuple[Board, list[ValueFilter]]:
    """Return the same board with marks that can be picked, and the list that collects the picks."""
    taken: list[ValueFilter] = []
    opened.app.session_state["picked"] = taken.append
    return opened.run(), taken


def menu(opened: Board) -> PointerMenu:
    (found,) = pointer_menus(opened.app)
    return found


def row_of(opened: Board, channel: str, tile_id: str = "chart") -> int:
    result = opened.shown[tile_id].result
    assert result is not None
    return result.table.column("channel").to_pylist().index(channel)


def click(opened: Board, channel: str) -> Board:
    pick_points(opened.app, row_of(opened, channel))
    assert not opened.app.exception
    return opened


def test_a_bars_menu_has_the_filter_first(board: Open) -> None:
    opened, taken = readable(board(tile(TileKind.CHART, COMPARED)))
    found = menu(click(opened, "Search"))
    assert (found.sent["title"], found.labels[:2]) == ("Search", ["Filter the board", "Why did this change?"])
    assert {"Break down in Explore by", "Open in Explore"} <= set(found.labels)
    assert (found.sent["chart"], found.sent["within"]) == ("board-chart-chart", "tile-board-chart")
    assert taken == []  # a click alone filters nothing


def test_the_menu_applies_the_filter(board: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tile_marks.st, "rerun", lambda: None)
    opened, taken = readable(board(tile(TileKind.CHART, BY_CHANNEL)))
    menu(click(opened, "Search")).choose("Filter the board")
    assert taken == [SEARCH]


def test_a_number_without_a_comparison_offers_no_explanation(board: Open) -> None:
    opened, _ = readable(board(tile(TileKind.CHART, BY_CHANNEL)))
    labels = menu(click(opened, "Search")).labels
    assert "Why did this change?" not in labels
    assert {"Where it comes from", "Copy value"} <= set(labels)


def test_an_existing_pick_can_be_cleared(board: Open) -> None:
    opened, _ = readable(board(tile(TileKind.CHART, BY_CHANNEL), state=BoardState(picked=(SEARCH,))))
    assert menu(click(opened, "Search")).labels[0] == "Clear filter"
    assert menu(click(opened, "Other")).labels[0] == "Filter the board"


def test_other_cannot_be_filtered_by_and_says_why(board: Open) -> None:
    """A channel is also named Other, and has the most revenue."""
    opened, _ = readable(board(tile(TileKind.CHART, replace(BY_CHANNEL, top=Top(1, "channel", "revenue")))))
    result = opened.shown["chart"].result
    assert result is not None
    places = {kind: row for row, kind in enumerate(result.table.column("bucket").to_pylist())}
    pick_points(opened.app, places["other"])
    assert "Filter the board" not in menu(opened).labels
    assert menu(opened).sent["note"] == tile_marks.OTHER
    pick_points(opened.app, places["member"])
    assert menu(opened).labels[0] == "Filter the board"
    assert menu(opened).sent["note"] == ""


def test_a_large_number_has_a_button_that_opens_its_menu(board: Open) -> None:
    opened, _ = readable(board(tile(TileKind.NUMBER, IN_APRIL)))
    (button,) = [each for each in opened.app.button if each.key == "board-number-number"]
    assert button.label == "*Ask about Revenue*"
    button.click().run()
    found = menu(opened)
    assert found.sent["title"] == "Revenue"
    assert "2,235" in found.sent["value"]  # April, as in `test_a_number_shows_its_change_and_its_comparison`
    assert found.labels[0] == "Why did this change?"


def test_a_choice_opens_its_dialog_once(board: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    opens: list[Query] = []
    monkeypatch.setattr(mark_menu, "open_why", lambda query, actor, key: opens.append(query))
    opened, _ = readable(board(tile(TileKind.CHART, COMPARED)))
    menu(click(opened, "Search")).choose("Why did this change?")
    opened.run()
    assert [(query.metrics, query.by, query.compare) for query in opens] == [(("revenue",), (), (Previous(),))]
    assert "Search" in str(opens[0].where)


def test_a_tile_opens_in_explore_with_the_same_days_and_filters(board: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    went: list[dict[str, Any]] = []
    monkeypatch.setattr(mark_menu.st, "switch_page", lambda page, query_params: went.append(query_params))
    opened, _ = readable(board(tile(TileKind.CHART, BY_CHANNEL)))
    menu(click(opened, "Search")).choose("Open in Explore")
    menu(opened).choose("Break down in Explore by")
    assert "Device" in menu(opened).further
    menu(opened).choose("Device")
    assert [one["f"] for one in went] == [["channel:in:Search"]] * 2
    assert [one["m"] for one in went] == [["revenue"]] * 2
    assert went[0]["by"] == ["channel"]
    assert "device" in went[1]["by"]


def test_people_with_the_right_can_add_remarks_on_days(board: Open) -> None:
    for person, may in (("steward", True), ("mia", False)):
        opened, _ = readable(board(tile(TileKind.CHART, BY_WEEK), person=person))
        pick_points(opened.app, 0)
        assert ("Add remark" in menu(opened).labels) is may, person


def test_a_cell_opens_its_numbers_menu_and_a_name_its_rows_menu(board: Open) -> None:
    opened, _ = readable(board(tile(TileKind.TABLE, BY_CHANNEL)))
    state = opened.app.session_state["board-table"]
    row = row_of(opened, "Search", "table")
    for column, has_origin in (("revenue", True), ("channel", False)):
        mark_menu.select(state, state.result, [row], column, "table")
        found = menu(opened.run())
        assert found.labels[0] == "Filter the board"
        assert ("Where it comes from" in found.labels) is has_origin
    mark_menu.select(state, state.result, [], "", "table")
    assert pointer_menus(opened.run().app) == []


def test_without_anything_to_pick_there_is_no_menu(board: Open) -> None:
    opened = board(tile(TileKind.NUMBER, IN_APRIL), tile(TileKind.CHART, BY_CHANNEL), tile(TileKind.TABLE, BY_CHANNEL))
    assert not any(str(button.key).endswith("-number") for button in opened.app.button)
    state = opened.app.session_state["board-chart"]
    mark_menu.select(state, state.result, [0], "revenue", "chart")
    assert pointer_menus(opened.run().app) == []


@pytest.mark.parametrize(
    "said", [None, "filter", {"menu": "mark-1"}, {"menu": "mark-0", "item": "filter"}, {"item": []}]
)
def test_any_other_browser_message_does_nothing(board: Open, said: object) -> None:
    opened, taken = readable(board(tile(TileKind.CHART, COMPARED)))
    app = menu(click(opened, "Search")).say(said)
    assert not app.exception
    assert taken == []


def test_a_point_outside_the_answer_opens_nothing(board: Open) -> None:
    opened, _ = readable(board(tile(TileKind.CHART, BY_CHANNEL)))
    pick_points(opened.app, 10_000, "0", -1, True)
    assert not opened.app.exception
    assert pointer_menus(opened.app) == []


def test_a_new_answer_has_no_menu_of_the_previous_one(board: Open) -> None:
    opened, _ = readable(board(tile(TileKind.CHART, BY_CHANNEL)))
    click(opened, "Search")
    opened.app.session_state["the state"] = BoardState(period=Between(date(2026, 3, 1), date(2026, 3, 31)))
    assert pointer_menus(opened.run().app) == []


def containers(opened: Board) -> set[str]:
    """Return the keys of the page's containers."""
    blocks, keys = list(opened.app._tree.children.values()), set[str]()
    while blocks:
        block: Any = blocks.pop()
        keys.add(re.sub(r"^\$\$ID-[0-9a-f]+-", "", str(getattr(block.proto, "id", ""))))
        blocks += getattr(block, "children", {}).values()
    return keys


# In a tile: its picks, and picks that don't apply


def test_a_pick_appears_in_its_tile_and_can_be_cleared_there(board: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tile_marks.st, "rerun", lambda: None)
    opened = board(
        tile(TileKind.CHART, BY_CHANNEL), tile(TileKind.NUMBER, IN_APRIL), state=BoardState(picked=(SEARCH,))
    )
    dropped: list[Any] = []
    opened.app.session_state["picked"] = lambda choice: None
    opened.app.session_state["dropped"] = dropped.extend
    opened.run()
    assert "Channel: Search" in opened.words
    (clear,) = [button for button in opened.app.button if button.key == "board-chart-clear"]
    assert clear.label == r"Clear *the filter Channel\: Search*"
    clear.click().run()
    assert dropped == [SEARCH]


def test_a_tile_that_cannot_take_a_pick_is_dimmed_and_says_so(board: Open) -> None:
    cost = question(metrics=["cost"], time={"from": "2026-04-01", "to": "2026-04-30"})
    picked = ValueFilter("device", ("mobile",), tile="chart")
    tiles = tile(TileKind.NUMBER, IN_APRIL), tile(TileKind.NUMBER, cost, "cost")
    opened, _ = readable(board(*tiles, state=BoardState(picked=(picked,))))
    assert "Device doesn't apply here" in opened.words
    keys = containers(opened)
    assert "dim-board-cost" in keys
    assert "lit-board-number" in keys


# The tile's own menu


@pytest.mark.parametrize(("label", "opens"), [("Why did it change?", "open_why"), ("Where it comes from", "_origin")])
def test_the_menu_closes_before_its_dialog_opens(
    board: Open, monkeypatch: pytest.MonkeyPatch, label: str, opens: str
) -> None:
    opened = board(tile(TileKind.CHART, COMPARED))
    asked: list[bool] = []
    app = opened.app
    monkeypatch.setattr(tile_menu, opens, lambda *_: asked.append(bool(app.session_state["board-chart-menu"])))
    app.session_state["board-chart-menu"] = True
    opened.run().press(label)
    assert asked == [False]
    opened.run()
    assert asked == [False]  # once
