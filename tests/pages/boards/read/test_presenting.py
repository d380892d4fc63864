"""Presenting a board: its tabs change automatically, and it has no controls."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.board_world import (
    MONDAY,
    World,
    address,
    held,
    press,
    rows,
)
from tests.pages.charts import say


def test_a_presented_board_has_no_controls_and_a_way_out(world: World) -> None:
    app = world.open(world.publish(), present="1", tab="1")
    assert [button.key for button in app.button if (button.key or "").startswith("board-")] == ["board-leave"]
    assert rows(app, "cost")
    app = press(app, "board-leave")
    assert "board-reset" in [button.key for button in app.button]
    assert held(app).place == 1


def wall(app: AppTest) -> Any:
    """Return the component that keeps a presentation going in the browser."""
    (proto,) = [it.proto for it in app.get("bidi_component") if it.proto.component_name == "samepage_wall"]
    return proto


def turns(app: AppTest, go: object) -> AppTest:
    return say(app, wall(app), "due", {"go": go})


def test_tabs_change_and_the_address_stays(world: World) -> None:
    app = world.open(world.publish(), present="1", rotate="15")
    assert (held(app).place, set(held(app).shown) >= {"money"}) == (0, True)
    app = turns(app, "next")
    assert (held(app).place, set(held(app).shown)) == (1, {"cost"})
    assert address(app) == {"tab": ["0"]}
    assert held(turns(app, "refresh")).place == 1
    assert held(turns(app, "next")).place == 0  # after the last comes the first
    app = turns(app, "previous")
    app = press(app, "board-leave")
    assert address(app) == {"tab": ["1"]}


def test_leaving_the_full_screen_leaves_the_presentation(world: World) -> None:
    app = turns(world.open(world.publish(), present="1", rotate="15"), "leave")
    assert "present" not in app.query_params
    assert "board-reset" in [button.key for button in app.button]


@pytest.mark.parametrize("said", [None, "next", [], {"go": None}, {"go": ["next"]}, {"go": 1}, {"go": "x" * 9_999}])
def test_any_other_browser_message_changes_no_tab(world: World, said: object) -> None:
    app = world.open(world.publish(), present="1", rotate="15")
    app = say(app, wall(app), "due", said)
    assert not app.exception
    assert held(app).place == 0


def test_a_long_presentation_uses_no_more_memory_than_at_first(world: World) -> None:
    app = world.open(world.publish(), present="1", rotate="15")

    def turn_once() -> None:
        turns(app, "next")

    for _ in range(4):
        turn_once()
    before = set(app.session_state._state.filtered_state)
    for _ in range(6):
        turn_once()
    assert set(app.session_state._state.filtered_state) == before


@pytest.mark.parametrize("turns", ["0", "1", "-5", "abc", "1e9", ""])
def test_an_address_cannot_change_tabs_faster_than_the_menu_offers(world: World, turns: str) -> None:
    app = world.open(world.publish(), present="1", rotate=turns)
    assert json.loads(wall(app).json)["turns"] == 0
    assert held(app).place == 0


def test_a_presented_board_loads_a_new_version_by_itself(world: World) -> None:
    board_id = world.publish()
    app = world.open(board_id, present="1")
    world.publish_again(board_id, MONDAY)
    app.run()
    assert app.title[0].value == "The shop on Mondays"
