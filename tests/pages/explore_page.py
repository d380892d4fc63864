"""Helpers that ask, find and click on Explore, opened by the fixture `explore`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from pages.explore.builder import question
from pages.explore.builder.question import ExploreState
from semantic.model.definitions import Granularity
from semantic.query.codec import query_from_params
from semantic.query.query import (
    DATE,
    Between,
    Breakdown,
    Query,
)
from tests.pages.searching import LABELS, SearchField

PAGE = Path(__file__).parents[2] / "pages" / "explore" / "page.py"
MONTHLY = Breakdown(DATE, Granularity.MONTH)
CHANNEL = Breakdown("channel")
BY_CHANNEL = Query(metrics=("revenue",), by=(CHANNEL,))
SPRING = Between(date(2026, 3, 1), date(2026, 4, 30))
Open = Callable[..., AppTest]


def held(app: AppTest) -> ExploreState:
    return app.session_state[question.KEY]


def asked(app: AppTest) -> Query:
    """Return the question in the address."""
    assert not app.exception
    return query_from_params(held(app).address or {})


def picker(app: AppTest, label: str) -> Any:
    """Return a widget of any kind by its label."""
    if label in LABELS:
        return SearchField(app, label)
    kinds = (
        app.multiselect, app.button_group, app.selectbox, app.date_input, app.text_input, app.number_input, app.toggle,
    )  # fmt: skip
    (multiselect,) = [
        each_multiselect for kind in kinds for each_multiselect in kind if each_multiselect.label == label
    ]
    return multiselect


def change(app: AppTest, popover: str, label: str, value: Any) -> None:
    """Set a widget in an open popover, and keep the popover open: AppTest forgets on every run that it's open."""
    app.session_state[held(app).key(popover)] = True
    picker(app, label).set_value(value).run()
    app.session_state[held(app).key(popover)] = True
    app.run()


def words(app: AppTest) -> str:
    texts = [str(element.value) for kind in (app.title, app.markdown, app.caption) for element in kind]
    return " | ".join(texts).replace("\\", "")


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [each_button for each_button in app.button if each_button.label.replace("\\", "") == label]
    return button.click().run()


def add(app: AppTest, what: str) -> AppTest:
    (menu,) = app.menu_button
    return menu.click(what).run()


def offered(app: AppTest) -> list[str]:
    return [option for menu in app.menu_button for option in menu.options]


def rows(app: AppTest) -> list[tuple[Any, ...]]:
    """Return the table's rows, with missing numbers as None."""
    (grid,) = app.dataframe
    return [tuple(None if value != value else value for value in row) for row in grid.value.itertuples(index=False)]


def popovers(app: AppTest) -> list[str]:
    """Return the labels of the page's popovers: filters, additions to the question, and kinds of chart."""
    return [label.replace("\\", "") for label in _popovers_in(app.main)]


def _popovers_in(block: Any) -> Iterator[str]:
    for child in getattr(block, "children", {}).values():
        if getattr(child, "proto", None) is not None and hasattr(child.proto, "popover"):
            yield child.proto.popover.label
        yield from _popovers_in(child)
