"""Sorting by a click on a column's header in Explore.

A click changes the question's order. If that would select different rows, it changes only the order of the shown rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.builder import question
from pages.explore.result import selection
from pages.explore.result.cells import TableDisplay, above_numbers
from pages.explore.result.reading import CachedDrawing
from pages.explore.result.table import keeps_rows, make_grid, sort_after_click, sorted_by
from pages.shell import session
from semantic.display.rows import sorted_rows
from semantic.display.tokens import LIGHT
from semantic.query.codec import query_from_params, query_to_params
from semantic.query.query import Breakdown, Order, Query
from semantic.results.result import Result
from semantic.workspace import Workspace
from tests.pages.charts import figures
from tests.semantic.made_results import BEFORE, CHANNEL, REVENUE, result
from tests.waiting import STUCK

PAGE = Path(__file__).parents[4] / "pages" / "explore" / "page.py"
THREE = Query(metrics=("revenue",), by=(Breakdown("channel"),), order=(Order("revenue", desc=True),), limit=3)
"""Three of the shop's seven channels: Search has 5330, Social 2580 and Other 1280."""


@pytest.fixture
def explore(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    actor = workspace.people["steward"]
    monkeypatch.setattr(session, "require", lambda role: (workspace, actor))

    def open_page(asked: Query, **more: str) -> AppTest:
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.query_params.update(query_to_params(asked) | more)
        return app.run()

    return open_page


@pytest.fixture
def ask(workspace: Workspace) -> Callable[..., Result]:
    def asked(**params: str) -> Result:
        query = query_from_params({name: [text] for name, text in params.items()})
        return workspace.ask(query, workspace.people["steward"])

    return asked


def test_clicks_on_a_header_sort_one_way_then_the_other_and_then_not_at_all(
    ask: Callable[..., Result],
) -> None:
    answer = ask(m="revenue", by="channel")
    for name, orders in {
        "revenue": [Order("revenue", desc=True), Order("revenue")],
        "revenue share": [Order("revenue", desc=True), Order("revenue")],
        "channel": [Order("channel"), Order("channel", desc=True)],
    }.items():
        query, found = answer.query, list[tuple[Order, ...]]()
        for _ in range(3):
            turned = sorted_by(name, replace(answer, query=query))
            assert turned is not None
            query = turned
            found.append(query.order)
        assert found == [*((order,) for order in orders), ()]
    assert sorted_by("revenue_previous change", answer) is None  # no order of a question goes by a change
    assert sorted_by("card_number", answer) is None


def test_a_click_on_a_changes_header_sorts_the_rows_shown() -> None:
    rows = [
        ("Mail", 12.0, 10.0),
        ("Search", 5.0, None),
        ("Social", 30.0, 10.0),
        ("Display", 5.0, 10.0),
        (None, 52.0, 30.0),
    ]
    kinds = ["member", "member", "member", "member", "total"]
    answer = result([CHANNEL, REVENUE, BEFORE], rows, kinds)  # +20%, none, +200%, -50%; of the total +73%
    name = "revenue_previous change"
    assert sorted_by(name, answer) is None  # no order of a question goes by a change
    first = sort_after_click(name, answer, None)
    second = sort_after_click(name, answer, first)
    assert [first, second, sort_after_click(name, answer, second)] == [(name, True), (name, False), None]
    for falls, names, head in (
        (True, ["Social", "Mail", "Display", "Search", None], "Change ↓"),
        (False, ["Display", "Mail", "Social", "Search", None], "Change ↑"),
    ):
        sorted_answer = sorted_rows(answer, name, falls=falls)
        assert sorted_answer is not None
        assert sorted_answer.table.column("channel").to_pylist() == names
        grid = make_grid(sorted_answer, LIGHT, TableDisplay(order=(name, falls)))
        assert grid.columns[name]["label"] == above_numbers(head)


def test_the_header_of_the_sorted_column_has_an_arrow(ask: Callable[..., Result]) -> None:
    def heads(**asked: str) -> list[str]:
        columns = make_grid(ask(m="revenue", by="channel", **asked), LIGHT).columns
        return [columns[name]["label"].removeprefix(above_numbers("")) for name in ("channel", "revenue")]

    assert heads() == ["Channel", "Revenue"]
    assert heads(o="revenue!") == ["Channel", "Revenue ↓"]
    assert heads(o="channel") == ["Channel ↑", "Revenue"]


def test_rows_selected_by_a_limit_are_sorted_without_changing(ask: Callable[..., Result]) -> None:
    """With another order, the question would return Walk-in and two others."""
    cut = ask(m="revenue", by="channel", o="revenue!", n="3")
    assert keeps_rows(cut)
    assert sorted_by("channel", cut) is None
    assert sorted_by("revenue", cut) is None
    steps = [sort_after_click("channel", cut, None)]
    steps.append(sort_after_click("channel", cut, steps[-1]))
    steps.append(sort_after_click("channel", cut, steps[-1]))
    assert steps == [("channel", False), ("channel", True), None]
    assert sort_after_click("revenue", cut, ("channel", True)) == ("revenue", True)
    whole = ask(m="revenue", by="channel", o="revenue!", n="7")
    assert not keeps_rows(whole)
    assert sorted_by("channel", whole) == replace(whole.query, order=(Order("channel"),))


def test_a_click_keeps_the_further_columns_of_a_sort_order(ask: Callable[..., Result]) -> None:
    answer = ask(m="revenue,cost", by="channel", o="cost!,revenue")
    assert keeps_rows(answer)
    assert sorted_by("channel", answer) is None


def test_a_link_a_chart_and_a_table_agree_on_rows_sorted_in_place(explore: Callable[..., AppTest]) -> None:
    app = explore(THREE, sort="channel")
    drawn: CachedDrawing = app.session_state["answer-drawn"]
    assert drawn.result.table.column("channel").to_pylist() == ["Other", "Search", "Social"]
    assert drawn.result.table.column("revenue").to_pylist() == [1280, 5330, 2580]
    (figure,) = figures(app)
    assert figure["layout"]["yaxis"]["ticktext"] == ["Other", "Search", "Social"]
    assert drawn.grid is not None
    assert drawn.grid.columns["channel"]["label"] == "Channel \N{UPWARDS ARROW}"
    assert "Sorting keeps these rows." in " ".join(text.value for text in app.markdown)
    state: question.ExploreState = app.session_state[question.KEY]
    assert state.draft == THREE
    assert app.query_params["sort"] in ("channel", ["channel"])


def test_a_new_order_or_limit_ends_the_sorting(explore: Callable[..., AppTest]) -> None:
    app = explore(THREE, sort="channel")
    state: question.ExploreState = app.session_state[question.KEY]
    state.replace(replace(THREE, limit=2))
    app.run()
    drawn: CachedDrawing = app.session_state["answer-drawn"]
    assert drawn.result.table.column("channel").to_pylist() == ["Search", "Social"]
    assert "sort" not in app.query_params


def test_a_click_on_a_table_that_another_has_replaced_does_nothing(
    explore: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = explore(THREE)
    drawn: CachedDrawing = app.session_state["answer-drawn"]
    older = replace(drawn.result)
    clicked = SimpleNamespace(selection=SimpleNamespace(cells=[(0, "revenue")]))
    held: dict[str, object] = {"answer-drawn": drawn, "grid": clicked}
    monkeypatch.setattr(selection.st, "session_state", held)

    def find(row: int, column: str) -> tuple[int, str]:
        return row, column

    selection.cell_clicked(older, "answer", "table", "grid", find)()
    assert "answer-selection" not in held
    selection.cell_clicked(drawn.result, "answer", "table", "grid", find)()
    assert "answer-selection" in held


@pytest.mark.parametrize("text", ["nothing", "!", "revenue change!", "<b>", "channel!!"])
def test_an_address_that_sorts_by_nothing_shown_changes_nothing(explore: Callable[..., AppTest], text: str) -> None:
    app = explore(THREE, sort=text)
    assert not app.exception
    drawn: CachedDrawing = app.session_state["answer-drawn"]
    assert drawn.result.table.column("channel").to_pylist() == ["Search", "Social", "Other"]
    assert "sort" not in app.query_params


def test_sorted_rows_keep_everything_known_about_them() -> None:
    rows = [("b", 1.0), ("a", None), ("c", 3.0), (None, 9.0), (None, 13.0)]
    kinds = ["member", "member", "member", "other", "total"]
    hidden = {"revenue": (False, True, False, False, False)}
    shown = result([CHANNEL, REVENUE], rows, kinds, hidden=hidden)
    by_number = sorted_rows(shown, "revenue", falls=True)
    assert by_number is not None
    assert by_number.table.column("channel").to_pylist() == ["c", "b", "a", None, None]
    assert by_number.hidden["revenue"] == (False, False, True, False, False)
    by_name = sorted_rows(shown, "channel", falls=True)
    assert by_name is not None
    assert by_name.table.column("channel").to_pylist() == ["c", "b", "a", None, None]
    assert by_name.table.column("bucket").to_pylist() == ["member", "member", "member", "other", "total"]
    assert sorted_rows(shown, "spend", falls=True) is None
