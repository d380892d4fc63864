"""The menu at the pointer: what the browser gets, and what it can send back."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.widgets.pointer_menu import Item, Menu, Submenu, name_chosen
from tests.pages.pointer_menus import pointer_menu

MENU = Menu(
    id="selection-3",
    title="Search",
    items=(Item("keep", "Keep only", letter="K"), Item("copy", "Copy value", copies="€5,330")),
    further=Submenu("down", (Item("down-0", "Device"),)),
    line="Search: Revenue €5,330",
)
UNSELECTED = Menu(hint="Click the chart or a cell for actions, or", listing="choose from a list")


def _page() -> None:
    import streamlit as st

    from pages.widgets.pointer_menu import Item, Menu, pointer_menu

    st.session_state.setdefault("chosen", [])
    items = (Item("keep", "Keep only", letter="K"), Item("copy", "Copy value", copies="</script>€5,330"))
    menu = Menu(id="selection-3", title="Search", items=items, line="Search", chart="answer-chart", rows=(2,))
    pointer_menu(menu, st.session_state.chosen.append, key="menu")


def test_the_browser_gets_the_items_and_the_rows_to_mark() -> None:
    app = AppTest.from_function(_page).run()
    assert not app.exception
    menu = pointer_menu(app)
    assert menu.labels == ["Keep only", "Copy value"]
    assert menu.line == "Search"
    assert (menu.sent["chart"], menu.sent["rows"]) == ("answer-chart", [2])
    assert menu.sent["items"][1]["copies"] == "</script>€5,330"


def test_a_chosen_item_is_passed_on_once() -> None:
    app = pointer_menu(AppTest.from_function(_page).run()).choose("Keep only")
    assert app.session_state["chosen"] == ["keep"]
    assert app.run().session_state["chosen"] == ["keep"], "another run of the page is no second choice"


@pytest.mark.parametrize(
    "said",
    [
        None,
        "keep",
        ["selection-3", "keep"],
        {},
        {"item": "keep"},
        {"menu": "selection-2", "item": "keep"},
        {"menu": "selection-3", "item": "exclude"},
        {"menu": "selection-3", "item": "copy"},
        {"menu": "selection-3", "item": "list"},
        {"menu": "selection-3", "item": ["keep"]},
        {"menu": "selection-3", "item": {"name": "keep"}},
        {"menu": ["selection-3"], "item": "keep"},
        {"menu": "selection-3", "item": 0},
        {"menu": "selection-3", "item": None},
    ],
)
def test_any_other_message_is_not_a_choice(said: Any) -> None:
    assert name_chosen(said, MENU) is None


def test_items_of_both_lists_can_be_chosen_and_a_selection_cleared() -> None:
    for name in ("keep", "down-0", "clear"):
        assert name_chosen({"menu": "selection-3", "item": name}, MENU) == name


def test_without_a_selection_only_the_list_can_be_requested() -> None:
    assert name_chosen({"menu": "", "item": "list"}, UNSELECTED) == "list"
    for name in ("clear", "keep", ""):
        assert name_chosen({"menu": "", "item": name}, UNSELECTED) is None
    assert name_chosen({"menu": "", "item": "list"}, Menu(hint="Click a cell")) is None
