"""The question mark next to an answer: once open, it explains the chart, the table or the pivot."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.query import DATE, Breakdown, Query
from tests.pages.explore_page import BY_CHANNEL, Open, words

BY_DEVICE = Query(metrics=("revenue",), by=(Breakdown("channel"), Breakdown("device")))
MONTHLY = Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.MONTH),))
TOTAL = Query(metrics=("revenue",))


def opened(app: AppTest) -> str:
    app.button(key="answer-how").click().run()
    assert not app.exception
    return words(app)


def test_no_explanation_is_shown_until_it_is_opened(explore: Open) -> None:
    app = explore(**query_to_params(BY_CHANNEL))
    assert "Each bar is" not in words(app)
    said = opened(app)
    assert "Each bar is one value of Channel, such as Search, and its length is Revenue." in said
    assert "Bars, because the question has no date" in said


def test_the_explanation_follows_the_chart_and_the_view(explore: Open) -> None:
    app = explore(**query_to_params(BY_DEVICE), chart="multiples")
    said = opened(app)
    assert "Each panel is one value of Device, and its bars are values of Channel." in said
    assert "Each row is one combination of Channel and Device." in said
    app.session_state["answer-view"], app.session_state["answer-across"] = "Pivot", ("device",)
    assert "Rows are Channel, columns Device." in opened(app)


def test_numbers_without_a_chart_have_an_explanation_too(explore: Open) -> None:
    assert "The number covers the whole period." in opened(explore(**query_to_params(TOTAL)))


def test_lines_are_explained_with_their_periods(explore: Open) -> None:
    assert "The line is Revenue, month by month." in opened(explore(**query_to_params(MONTHLY)))
