"""A board's default filters, set in the editor: visible values, hidden values, and their wording."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from semantic.boards.board import Board, Shared, ValueFilter
from semantic.errors import EngineFailed
from semantic.policy.actor import Actor
from semantic.query.query import Operator
from tests.pages import board_world
from tests.pages.composed import BOARD, START, Visit, Work, composing_of, field_of, make_board, press_key
from tests.pages.explore_page import words

BY_CHANNELS = replace(BOARD, filters=(Shared("channel"),))
SEARCH = ValueFilter("channel", ("Search",))


def narrowed(*values: str | None, board: Board = BY_CHANNELS, op: Operator = Operator.IN) -> Board:
    return replace(board, start=replace(START, chosen=(ValueFilter("channel", values, op),)))


def open_field(app: AppTest) -> AppTest:
    """Return the page with the field for channels open. A run closes the field unless it reports that it's open."""
    app.session_state[composing_of(app).key("start-channel-")] = True
    return app.run()


def chips(app: AppTest) -> list[str]:
    """Return the labels of the value fields, each named after its dimension.

    The labels that count the board's trust begin with a colour, and are left out.
    """
    labels = [popover.proto.popover.label.replace("\\", "") for popover in app.get("popover")]
    return [label for label in labels if ": " in label and not label.startswith(":")]


def preview_rows(app: AppTest, text: str, tile: str) -> list[dict[str, object]]:
    result = app.session_state[f"preview-{text[:8]}-{tile}"].result
    return [{name: value for name, value in row.items() if name != "bucket"} for row in result.rows()]


def revenue(where: str) -> float:
    """Return the revenue of the last two whole months before the shop's today, from hand-written SQL."""
    return board_world.revenue(where, "2026-09-01", "2026-10-31")


def test_a_default_filter_is_set_and_the_preview_follows(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), BY_CHANNELS)
    app = press_key(visit(board_id), "bar-open")
    assert chips(app) == ["Channel: all"]
    app = open_field(app)
    field_of(app, "Values").set_value(["Search"]).run()
    assert work().draft(board_id).board.start == replace(START, chosen=(SEARCH,))
    assert chips(app) == ["Channel: Search"]
    assert "Channel: Search. Viewers can filter by Channel" in words(app)
    assert preview_rows(app, board_id, "money") == [{"revenue": revenue("channel = 'Search'")}]
    app = press_key(app, "compose-undo")
    assert work().draft(board_id).board.start == START
    assert chips(app) == ["Channel: all"]


def test_values_are_excluded_and_all_are_restored(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), narrowed("Search", "Social"))
    app = open_field(press_key(visit(board_id), "bar-open"))
    field_of(app, "Match").set_value("Exclude").run()
    assert work().draft(board_id).board.start.chosen == (ValueFilter("channel", ("Search", "Social"), Operator.NOT_IN),)
    field_of(app, "Values").set_value([]).run()
    assert work().draft(board_id).board == BY_CHANNELS


def test_filters_outside_the_bar_have_a_field_too(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), narrowed("Search", board=BOARD))
    app = press_key(visit(board_id), "bar-open")
    assert chips(app) == ["Channel: Search"]
    field_of(open_field(app), "Values").set_value([]).run()
    assert work().draft(board_id).board == BOARD


def test_values_hidden_from_the_editor_stay_and_only_their_number_is_shown(
    visit: Visit, work: Work, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finn sees orders from Search and Walk-in.

    Social has orders that he can't see, and Nowhere isn't a channel at all.
    """
    monkeypatch.setattr(work().workspace, "day", date(2026, 4, 20))  # the board is of February and March
    who["asks"] = work().workspace.people["finn"]
    board_id = make_board(work(), narrowed("Social", "Search", "Nowhere"))
    app = press_key(visit(board_id), "bar-open")
    assert chips(app) == ["Channel: Search and 2 values you can't see"]
    app = open_field(app)
    assert sorted(field_of(app, "Values").options) == ["Search", "Walk-in"]
    assert "Plus 2 values you can't see: they stay" in words(app)
    assert "Social" not in words(app)
    assert not [group for group in app.button_group if group.label == "Match"]
    field_of(app, "Values").set_value(["Walk-in"]).run()
    (choice,) = work().draft(board_id).board.start.chosen
    assert (choice.op, choice.values) == (Operator.IN, ("Walk-in", "Social", "Nowhere"))
    field_of(app, "Values").set_value([]).run()
    (choice,) = work().draft(board_id).board.start.chosen
    assert choice.values == ("Social", "Nowhere")
    assert chips(app) == ["Channel: 2 values you can't see"]


def test_changes_for_viewers_are_described_with_their_values(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), BY_CHANNELS, published=True)
    work().publish(board_id, work().keep_draft(board_id, narrowed("Search"), 0), "Search alone")
    work().keep_draft(board_id, narrowed("Search", None), 0)
    app = press_key(visit(board_id), "publish-board")
    assert "Default Channel: Search, (none), before: Search" in words(app)
    app = visit(board_id)
    field_of(app, "View").set_value("Versions").run()
    app.session_state["board-diff-2"] = True
    app.run()
    assert "Default Channel: Search, before: all" in words(app)


def test_the_difference_names_no_value_hidden_from_its_reader(visit: Visit, work: Work, who: dict[str, Actor]) -> None:
    who["asks"] = work().workspace.people["finn"]
    board_id = make_board(work(), BY_CHANNELS, published=True)
    work().keep_draft(board_id, narrowed("Search", "Social"), 0)
    app = press_key(visit(board_id), "publish-board")
    assert "Default Channel: Search and 1 value you can't see, before: all" in words(app)
    assert "Social" not in words(app)


def test_if_values_cannot_be_loaded_only_their_number_is_shown(
    visit: Visit, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    board_id = make_board(work(), narrowed("Search", "Social"))

    def fails(*_: object, **__: object) -> tuple[list[object], bool]:
        raise EngineFailed("The engine is away.")

    monkeypatch.setattr(work().workspace, "values", fails)
    app = press_key(visit(board_id), "bar-open")
    assert chips(app) == ["Channel: 2 values"]
    app = open_field(app)
    assert "Couldn't load the values" in words(app)
    assert work().draft(board_id).board.start.chosen == narrowed("Search", "Social").start.chosen
