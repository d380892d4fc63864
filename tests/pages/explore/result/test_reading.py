"""Reading an answer: the selection and its actions, the table, the pivot and chart types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from plotly.io import to_json
from streamlit.testing.v1 import AppTest

from pages.explore.builder import question
from pages.explore.result import selection
from pages.explore.result.cells import ALL_BARS, STYLED, TableDisplay, above_numbers, grid_columns, table_frame
from pages.explore.result.pivot import make_pivot
from pages.explore.result.reading import CachedDrawing
from pages.explore.result.table import make_grid
from pages.shell import session
from pages.widgets.still import still_figure
from semantic.display.charts.charts import chart_for
from semantic.display.pivot import pivot_totals
from semantic.display.tokens import LIGHT
from semantic.display.totals import totals_legend
from semantic.model.definitions import Additivity, NumberFormat
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_params, query_to_params
from semantic.query.query import AllOf, Breakdown, Condition, Operator, Order, Query
from semantic.results.result import Result
from semantic.workspace import Workspace
from tests.pages.charts import charts, figures, pick_points
from tests.pages.pointer_menus import pointer_menu, pointer_menus
from tests.semantic.made_results import BEFORE, CHANNEL, COUNTRY, REVENUE, ROAS, YEAR, result
from tests.waiting import STUCK

PAGE = Path(__file__).parents[4] / "pages" / "explore" / "page.py"
Open = Callable[..., AppTest]
CHANNELS = Query(metrics=("revenue",), by=(Breakdown("channel"),))
SEARCH = Condition("channel", Operator.IN, ("Search",))


@pytest.fixture
def explore(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    actor = workspace.people["steward"]
    monkeypatch.setattr(session, "require", lambda role: (workspace, actor))

    def open_page(asked: Query, **more: str) -> AppTest:
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.query_params.update(query_to_params(asked) | more)
        return app.run()

    return open_page


@pytest.fixture
def ask(workspace: Workspace) -> Callable[..., Result]:
    def asked(person: str = "steward", **params: str) -> Result:
        query = query_from_params({name: [text] for name, text in params.items()})
        return workspace.ask(query, workspace.people[person])

    return asked


def shown(app: AppTest) -> Result:
    drawn: CachedDrawing = app.session_state["answer-drawn"]
    return drawn.result


def asked(app: AppTest) -> Query:
    state: question.ExploreState = app.session_state[question.KEY]
    return query_from_params(state.address or {})


def pick(app: AppTest, column: str, **key: object) -> AppTest:
    """Select a cell of the answer, as a click in the grid does."""
    result = shown(app)
    (row,) = [
        at for at, each_row in enumerate(result.rows()) if all(each_row[name] == value for name, value in key.items())
    ]
    app.session_state["answer-selection"] = selection.Selection(result, (row,), column, "table")
    return app.run()


def button(app: AppTest, label: str) -> Any:
    (button,) = [each_button for each_button in app.button if each_button.label == label]
    return button


def labels(app: AppTest) -> set[str]:
    """Return the labels of the menu at the pointer."""
    return set(pointer_menu(app).labels)


def line(app: AppTest) -> str:
    """Return the line below the chart that describes the selection."""
    return pointer_menu(app).line


def clear(app: AppTest) -> AppTest:
    menu = pointer_menu(app)
    return menu.say({"menu": menu.sent["id"], "item": "clear"})


# Selected cells


def test_a_selected_cell_is_described_and_keep_only_filters_by_it(explore: Open) -> None:
    app = pick(explore(CHANNELS), "revenue", channel="Search")
    assert not app.exception
    assert line(app) == "Search: Revenue €5,330"
    app = pointer_menu(app).choose("Keep only")
    assert asked(app).where == SEARCH
    assert shown(app).rows() == [{"channel": "Search", "revenue": 5330.0, "bucket": "member"}]
    assert line(app) == ""


def test_a_cell_is_excluded_and_a_second_click_asks_another_question(explore: Open) -> None:
    app = pointer_menu(pick(explore(CHANNELS), "revenue", channel="Search")).choose("Exclude")
    assert asked(app).where == Condition("channel", Operator.NOT_IN, ("Search",))
    app = pointer_menu(pick(app, "revenue", channel="Social")).choose("Exclude")
    assert asked(app).where == Condition("channel", Operator.NOT_IN, ("Search", "Social"))
    assert not {"Search", "Social"} & {row["channel"] for row in shown(app).rows()}


def test_a_selection_outlives_runs_but_not_its_answer(explore: Open) -> None:
    app = pick(explore(CHANNELS), "revenue", channel="Search")
    assert line(app.run().run()).startswith("Search")
    state: question.ExploreState = app.session_state[question.KEY]
    state.replace(Query(metrics=("cost",), by=(Breakdown("channel"),)))
    app = app.run()
    assert shown(app).values[0].name == "cost"
    assert line(app) == ""
    assert "Keep only" not in labels(app)


def test_a_total_offers_only_valid_actions(explore: Open) -> None:
    app = explore(query_from_params({"m": ["revenue"], "by": ["channel"], "tot": ["grand"]}))
    app = pick(app, "revenue", bucket="total")
    assert line(app) == "Total: Revenue €10,226"
    assert not {"Keep only", "Exclude", "Zoom"} & labels(app)


def test_clear_removes_the_selection(explore: Open) -> None:
    app = clear(pick(explore(CHANNELS), "revenue", channel="Search"))
    assert line(app) == ""


def test_the_menu_of_a_number_has_every_action_and_its_title(explore: Open) -> None:
    app = pick(explore(CHANNELS), "revenue", channel="Search")
    menu = pointer_menu(app)
    assert menu.labels == [
        "Keep only", "Exclude", "Break down by", "See rows", "Where it comes from", "Set alert", "Copy value",
    ]  # fmt: skip
    assert (menu.sent["title"], menu.sent["value"]) == ("Search", "Revenue €5,330")
    assert menu.sent["items"][-1]["copies"] == "€5,330"
    letters = [item["letter"] for item in menu.sent["items"]]
    assert letters == ["K", "X", "B", "S", "W", "L", "C"]
    key_cell = pointer_menu(pick(app, "channel", channel="Search"))
    assert key_cell.labels == ["Keep only", "Exclude", "Break down by"]


def test_a_date_can_be_zoomed_into_left_out_and_remarked_on(explore: Open) -> None:
    app = explore(query_from_params({"m": ["revenue"], "by": ["date:week"], "t": ["2026-03-01..2026-03-31"]}))
    menu = pointer_menu(pick(app, "revenue", date_week=date(2026, 3, 23)))
    assert menu.labels[:4] == ["Zoom", "Exclude this week", "Why did this change?", "Break down by"]
    assert "Add remark" in menu.labels
    app = menu.choose("Exclude this week")
    assert asked(app).where == Condition("date__week", Operator.NOT_IN, ("2026-03-23",))
    assert [row["revenue"] for row in shown(app).rows()] == [10, 240]


def test_breakdowns_are_found_once_they_are_asked_for(explore: Open) -> None:
    app = pick(explore(CHANNELS), "revenue", channel="Search")
    assert pointer_menu(app).sent["further"] is None
    app = pointer_menu(app).choose("Break down by")
    menu = pointer_menu(app)
    assert menu.sent["further"]["name"] == "down"
    assert menu.sent["id"] == pointer_menu(app.run()).sent["id"], "the browser keeps the menu that is open"
    assert "Device" in menu.further
    assert "Channel" not in menu.further
    app = menu.choose("Device")
    assert asked(app) == Query(metrics=("revenue",), by=(Breakdown("device"),), where=SEARCH, totals=((),))


def test_each_click_opens_the_menu_and_the_chart_is_not_drawn_again(explore: Open) -> None:
    app = explore(CHANNELS)
    assert pointer_menu(app).sent["rows"] == []
    (before,) = charts(app)
    row = [each_row["channel"] for each_row in shown(app).rows()].index("Social")
    app = pick_points(app, row)
    first = pointer_menu(app).sent
    assert (first["line"], first["chart"], first["rows"]) == ("Social: Revenue €2,580", "answer-chart", [row])
    second = pointer_menu(pick_points(app, row)).sent
    assert second["id"] != first["id"], "a browser opens each menu once"
    assert second | {"id": first["id"]} == first
    assert charts(app) == [before]
    assert charts(clear(app)) == [before]


def test_dates_that_are_dragged_over_are_zoomed_into_or_left_out(explore: Open) -> None:
    app = explore(query_from_params({"m": ["revenue"], "by": ["date:day"], "t": ["2026-03-01..2026-03-31"]}))
    (chart,) = charts(app)
    assert chart["picking"] == "both"
    days = [row["date_day"] for row in shown(app).rows()]
    dragged = (days.index(date(2026, 3, 29)), days.index(date(2026, 3, 30)))
    menu = pointer_menu(pick_points(app, *dragged, how="dragged"))
    assert menu.line == "29 – 30 Mar 2026"
    assert menu.labels == ["Zoom", "Exclude these dates", "Why did this change?", "Break down by", "Add remark"]
    app = menu.choose("Exclude these dates")
    assert asked(app).where == Condition("date__day", Operator.NOT_IN, ("2026-03-29", "2026-03-30"))
    assert [row["revenue"] for row in shown(app).rows()] == [10, 20, 160]


def test_a_menu_has_only_actions_that_the_person_can_take(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vera can't list rows, so the item is missing, and a browser that sends it anyway gets nothing."""
    vera: Actor = workspace.people["vera"]
    monkeypatch.setattr(session, "require", lambda role: (workspace, vera))
    app = pick(explore(CHANNELS), "revenue", channel="Search")
    menu = pointer_menu(app)
    assert "See rows" not in menu.labels
    assert "Where it comes from" in menu.labels
    app = menu.say({"menu": menu.sent["id"], "item": "records"})
    assert not app.exception
    assert not app.get("dialog")
    assert asked(app) == CHANNELS


@pytest.mark.parametrize("said", [None, 7, "keep", {"menu": "selection-0", "item": "drop table"}, {"item": []}])
def test_an_action_that_no_menu_offers_does_nothing(said: object, explore: Open) -> None:
    app = pick(explore(CHANNELS), "revenue", channel="Search")
    app = pointer_menu(app).say(said)
    assert not app.exception
    assert asked(app) == CHANNELS
    assert line(app) == "Search: Revenue €5,330"


def test_a_value_is_chosen_from_a_list_without_a_mouse(explore: Open) -> None:
    app = explore(CHANNELS)
    menu = pointer_menu(app)
    assert menu.line == ""
    app = menu.say({"menu": "", "item": "list"})
    listed = pointer_menu(app)
    assert (listed.sent["title"], listed.sent["id"]) == ("Choose a value", "list-1")
    assert {(item["label"], item["value"]) for item in listed.sent["items"]} >= {
        ("Search", "€5,330"),
        ("Social", "€2,580"),
    }
    assert len(listed.sent["items"]) == len(shown(app).rows())
    app = listed.choose("Search")
    assert line(app) == "Search: Revenue €5,330"
    assert "Keep only" in pointer_menu(app).labels


def test_an_answer_without_chart_or_table_has_no_menu(explore: Open) -> None:
    assert not pointer_menus(explore(Query(metrics=("revenue",))))


def test_a_drill_down_can_be_undone(explore: Open) -> None:
    down = query_from_params({"m": ["cost"], "by": ["campaign"], "f": ["channel:in:Social"]})
    app = button(explore(down), "Back to channel").click().run()
    assert asked(app) == Query(metrics=("cost",), by=(Breakdown("channel"),))
    assert "Back to channel" not in labels(app)


def test_data_from_the_browser_about_a_point_is_validated(ask: Callable[..., Result]) -> None:
    answer = ask(m="revenue", by="channel")
    for wrong in (None, -1, 7, True, "0", [], {}, [3, "x"], 1.0):
        assert selection._row_of({"customdata": wrong}, answer) in (None, 3 if wrong == [3, "x"] else None)
    assert selection._row_of({"customdata": 0}, answer) == 0
    assert selection._row_of({"customdata": [2]}, answer) == 2


@pytest.mark.parametrize("kind", ["heat", "bar", "multiples"])
def test_a_point_of_the_only_metric_belongs_to_it_however_it_is_drawn(ask: Callable[..., Result], kind: str) -> None:
    answer = ask(m="revenue", by="channel,device")
    figure = chart_for(answer, LIGHT, wanted=kind).figure
    assert figure is not None
    traces = figure.to_dict()["data"]
    for at in range(len(traces)):
        assert selection._column_of({"curve_number": at}, traces, answer) == "revenue"


def test_a_point_belongs_to_the_metric_that_its_trace_draws(ask: Callable[..., Result]) -> None:
    """This includes dashed lines: a comparison's number is never taken for a number of the question's own days."""
    answer = ask(m="revenue,cost", by="date:day", t="2026-03-30..2026-04-05", c="2026-03-02..2026-03-08")
    figure = chart_for(answer, LIGHT).figure
    assert figure is not None
    lines = figure.to_dict()["data"]
    columns = {selection._column_of({"curve_number": at}, lines, answer) for at in range(len(lines))} - {""}
    assert columns == {value.name for value in answer.values}
    bars = chart_for(ask(m="revenue,cost", by="channel"), LIGHT).figure
    assert bars is not None
    traces = bars.to_dict()["data"]
    of_bars = [
        selection._column_of({"curve_number": at}, traces, ask(m="revenue,cost", by="channel"))
        for at, trace in enumerate(traces)
        if trace["type"] == "bar"
    ]
    assert of_bars == ["revenue", "cost"]
    assert selection._column_of({"curve_number": 99}, traces, answer) == ""
    assert selection._column_of({}, traces, answer) == ""


# The table


def test_only_additive_metrics_have_shares_and_these_are_of_the_whole(ask: Callable[..., Result]) -> None:
    """Order values add up to 10225.50. The average order and buyers have no share."""
    answer = ask(m="revenue,aov,buyers", by="channel")
    look = TableDisplay(share=True)
    names = [grid_column.name for grid_column in grid_columns(answer, look)]
    assert names == ["channel", "revenue", "revenue share", "aov", "buyers"]
    frame = table_frame(answer, look)
    search = frame.filter(frame["channel"] == "Search")
    assert search["revenue share"].to_list() == pytest.approx([100 * 5330 / 10225.50])
    assert sum(frame["revenue share"].to_list()) == pytest.approx(100)


def test_hiding_earlier_values_and_most_rows_leaves_the_other_cells_unchanged() -> None:
    buyers, then = replace(REVENUE, name="buyers", label="Buyers"), replace(YEAR, name="buyers_last_year")
    rows = [(name, 4.0, 2.0, 6.0, 3.0) for name in "abc"]
    answer = result([CHANNEL, REVENUE, YEAR, buyers, then], [*rows, (None, 12.0, 6.0, 18.0, 9.0)],
                    ["member", "member", "member", "total"])  # fmt: skip
    frame, brief = table_frame(answer), table_frame(answer, TableDisplay(earlier=False, first=2))
    assert [column for column in frame.columns if column not in brief.columns] == [
        "revenue_last_year",
        "buyers_last_year",
    ]
    assert brief.equals(frame.select(brief.columns)[[0, 1, 2]])
    heads = [grid_column.label for grid_column in grid_columns(answer, TableDisplay(earlier=False))]
    assert heads == ["Channel", "Revenue", "Revenue, change", "Buyers", "Buyers, change"]


def test_amounts_that_add_up_have_bars_as_parts_of_the_largest_and_totals_have_none() -> None:
    whole, ratio = replace(REVENUE, additivity=Additivity.FULL), replace(ROAS)
    rows = [("a", 10.0, 2.0), ("b", 40.0, 3.0), ("c", 20.0, 4.0), (None, 70.0, 3.0)]
    answer = result([CHANNEL, whole, ratio], rows, ["member", "member", "member", "total"])
    look = TableDisplay(bars=ALL_BARS)
    assert [column.name for column in grid_columns(answer, look)] == ["channel", "revenue", "revenue bar", "roas"]
    assert table_frame(answer, look)["revenue bar"].to_list() == [None, 10.0, 40.0, 20.0]  # the total is first
    bar = make_grid(answer, LIGHT, look).columns["revenue bar"]
    assert (bar["type_config"]["min_value"], bar["type_config"]["max_value"]) == (0, 40)
    assert bar["label"] == "Size"


@pytest.mark.parametrize(
    "rows", [[("a", 1.0), ("b", 2.0)], [("a", 1.0), ("b", 2.0), ("c", -1.0)], [("a", 0.0), ("b", 0.0), ("c", 0.0)]]
)
def test_too_few_rows_and_numbers_below_zero_have_no_bars(rows: list[tuple[str, float]]) -> None:
    answer = result([CHANNEL, replace(REVENUE, additivity=Additivity.FULL)], rows)
    assert [column.kind for column in grid_columns(answer, TableDisplay(bars=ALL_BARS))] == ["key", "value"]


def test_without_earlier_values_a_change_that_no_row_has_is_left_out() -> None:
    rows = [("a", 1.0, None), ("b", 2.0, None), (None, 3.0, 1.0)]
    answer = result([CHANNEL, REVENUE, BEFORE], rows, ["member", "member", "total"])
    assert [column.kind for column in grid_columns(answer, TableDisplay(earlier=False))] == ["key", "value"]
    assert [column.kind for column in grid_columns(answer, TableDisplay())] == ["key", "value", "value", "change"]


def test_heads_of_comparisons_repeat_the_metric_only_where_there_are_several(ask: Callable[..., Result]) -> None:
    def heads(answer: Result) -> list[str]:
        grid = make_grid(answer, LIGHT)
        return [grid.columns[name]["label"].removeprefix(above_numbers("")) for name in grid.order]

    rows = [("Mail", 1.0, 2.0, 3.0)]
    assert heads(result([CHANNEL, REVENUE, BEFORE, YEAR], rows)) == [
        "Channel", "Revenue", "Previous period", "Change from previous period", "Same period last year",
        "Change from same period last year",
    ]  # fmt: skip
    assert heads(ask(m="revenue,buyers", by="channel", c="previous", t="2026-03-01..2026-03-31")) == [
        "Channel", "Revenue", "Revenue, previous period", "Revenue, change", "Buyers", "Buyers, previous period",
        "Buyers, change",
    ]  # fmt: skip


def test_a_number_too_small_for_its_columns_decimals_is_read_in_its_own_digits() -> None:
    rate = replace(ROAS, name="ctr", label="CTR", format=NumberFormat.SHARE)
    answer = result([CHANNEL, rate], [("Mail", 0.031), ("Search", 0.00018), ("Social", 0.0)])
    grid = make_grid(answer, LIGHT)
    assert grid.rows.data.astype(str)["ctr"].to_list() == ["3.1%", "0.018%", "0.0%"]
    assert grid.rows.data["ctr"].to_list() == pytest.approx([3.1, 0.018, 0])
    assert grid.columns["ctr"]["type_config"]["format"] is None
    usual = make_grid(result([CHANNEL, rate], [("Mail", 0.031)]), LIGHT)
    assert usual.columns["ctr"]["type_config"]["format"] == "%,.1f%%"
    many = make_grid(result([CHANNEL, rate], [(str(number), 0.00018) for number in range(STYLED + 1)]), LIGHT)
    assert many.columns["ctr"]["type_config"]["format"] == "%,.3f%%"


def test_a_number_too_small_for_a_pivots_decimals_is_read_in_its_own_digits() -> None:
    rate = replace(ROAS, name="ctr", label="CTR", format=NumberFormat.SHARE)
    answer = result([CHANNEL, COUNTRY, rate], [("Mail", "DE", 0.031), ("Mail", "FR", 0.00018), ("Search", "DE", 0.02)])
    query = replace(answer.query, totals=pivot_totals(answer.query, ("country",)))
    unasked: Any = None  # it would check whether it can have totals
    grid = make_pivot(replace(answer, query=query), unasked, LIGHT, ("country",), scale=False)
    texts = grid.rows.data.astype(str)
    assert [texts[name].to_list() for name in ("0 ctr", "1 ctr")] == [["3.1%", "2.0%"], ["0.018%", "—"]]


def test_shares_of_a_part_refer_to_the_requested_total_or_are_missing(ask: Callable[..., Result]) -> None:
    look = TableDisplay(share=True)
    cut = ask(m="revenue", by="channel", n="2")
    assert [grid_column.kind for grid_column in grid_columns(cut, look)] == ["key", "value"]
    known = ask(m="revenue", by="channel", n="2", tot="grand")
    frame = table_frame(known, look)
    assert frame["revenue share"].to_list() == pytest.approx([100, 100 * 5330 / 10225.50, 100 * 2580 / 10225.50])


def test_totals_explain_how_they_are_computed(ask: Callable[..., Result]) -> None:
    answer = ask(m="revenue,aov,buyers", by="channel", tot="grand")
    assert totals_legend(answer) == [
        ("summed", "Revenue adds up"),
        ("recomputed", "Aov and buyers are recalculated from all rows, never summed"),
    ]
    assert totals_legend(ask(m="revenue", by="channel")) == []


def test_numbers_based_on_too_little_data_are_grey_and_counted(explore: Open) -> None:
    # Three orders are enough. Search has four; each of the six other groups has one or two.
    app = explore(Query(metrics=("aov",), by=(Breakdown("channel"),)))
    assert not app.exception
    said = [markdown.value for markdown in app.markdown if "Gray:" in markdown.value]
    assert len(said) == 1
    assert "Gray: 6 numbers are based on too little data." in said[0]
    (grid,) = app.dataframe
    assert grid.value["channel"].tolist().index("Search") == 0
    styles = grid.proto.arrow_data.styler.styles
    greyed, _, style = styles.partition("{")
    assert re.findall(r"row(\d+)_col(\d+)", greyed) == [(str(row), "1") for row in range(1, 7)]
    assert LIGHT.muted in style
    plainly = explore(CHANNELS)  # a sum states no need
    assert not any("Gray:" in one.value for one in plainly.markdown)


def test_a_scale_tints_members_but_not_totals(ask: Callable[..., Result]) -> None:
    answer = ask(m="cost", by="channel", tot="grand")
    css = make_grid(answer, LIGHT, TableDisplay(scale=True)).rows._compute().ctx
    tinted = {row for (row, column), styles in css.items() if column == 1 and "background-color" in dict(styles)}
    values = answer.table.column("cost").to_pylist()  # the total is last here, and first in the grid
    assert tinted == {row for row, value in enumerate(values[:-1], start=1) if value is not None}


def test_a_header_is_aligned_with_its_values() -> None:
    columns = make_grid(result([CHANNEL, REVENUE, BEFORE], [("Mail", 12.0, 10.0)]), LIGHT).columns
    labels = {name: one["label"] for name, one in columns.items()}
    assert labels["channel"] == "Channel"
    assert above_numbers("")
    for name in ("revenue", "revenue_previous", "revenue_previous change"):
        assert labels[name].startswith(above_numbers(""))


def test_a_total_that_no_metric_has_gets_no_row(ask: Callable[..., Result]) -> None:
    whole = ask(m="revenue", by="channel", tot="grand")
    assert make_grid(whole, LIGHT).places[0] == whole.table.num_rows - 1
    numbers = whole.table.column("revenue").to_pylist()
    place = whole.table.schema.get_field_index("revenue")
    without = whole.table.set_column(place, "revenue", pa.array([*numbers[:-1], None]))
    assert make_grid(replace(whole, table=without), LIGHT).places == tuple(range(len(numbers) - 1))


def test_hidden_columns_are_left_out_and_keys_stay(ask: Callable[..., Result]) -> None:
    answer = ask(m="revenue,cost", by="channel")
    assert make_grid(answer, LIGHT, TableDisplay(hidden=frozenset({"cost"}))).order == ("channel", "revenue")


def test_the_order_is_part_of_the_question(explore: Open) -> None:
    app = explore(query_from_params({"m": ["revenue"], "by": ["channel"], "tot": ["grand"]}))
    app.session_state["answer-display"] = True
    (order,) = [selectbox for selectbox in app.run().selectbox if selectbox.label == "Order"]
    order.set_value("channel").run()
    assert asked(app).order == (Order("channel"),)
    assert shown(app).rows()[-1]["bucket"] == "total"
    assert shown(app).rows()[0]["channel"] == "(none)"
    (way,) = [control for control in app.button_group if control.label == "Direction"]
    assert way.options == ["Z to A", "A to Z"]
    way.set_value("Z to A").run()
    assert asked(app).order == (Order("channel", desc=True),)
    assert shown(app).rows()[0]["channel"] == "Walk-in"


# The pivot


def test_a_pivot_has_the_tables_cells_and_requests_its_totals(explore: Open) -> None:
    app = explore(query_from_params({"m": ["aov"], "by": ["channel,device"]}))
    (view,) = [group for group in app.button_group if group.label == "View"]
    app = view.set_value("Pivot").run()
    (totals,) = [toggle for toggle in app.toggle if toggle.label == "Totals"]
    assert totals.value is False
    app = totals.set_value(True).run()
    assert set(asked(app).totals) == {(), ("channel",), ("device",)}
    (view,) = [group for group in app.button_group if group.label == "View"]
    assert view.value == "Pivot"
    drawn: CachedDrawing = app.session_state["answer-drawn"]
    grid = drawn.pivot
    assert grid is not None
    answer, frame = shown(app), grid.rows.data
    assert grid.cells
    for (row, column), (place, metric) in grid.cells.items():
        cell, number = frame.iloc[row][column], answer.table.column(metric)[place].as_py()
        assert (cell != cell and number is None) or cell == number
    assert "recalculated from all rows" in " ".join(markdown.value for markdown in app.markdown)
    # 10225.50 over twelve orders, which no average of averages gives.
    assert frame.iloc[-1].iloc[-1] == pytest.approx(10225.50 / 12)


def test_a_pivots_column_is_named_by_its_member_and_with_two_metrics_also_by_its_metric(explore: Open) -> None:
    def heads(metrics: str) -> set[str]:
        app = explore(query_from_params({"m": [metrics], "by": ["channel,device"]}))
        (view,) = [group for group in app.button_group if group.label == "View"]
        (grid,) = view.set_value("Pivot").run().dataframe
        return {one["label"] for one in json.loads(grid.proto.columns).values() if "label" in one}

    assert {above_numbers(name) for name in ("mobile", "kiosk")} <= heads("revenue")
    names = ("mobile, Order count", "mobile, Aov", "kiosk, Aov")
    assert {above_numbers(name) for name in names} <= heads("order_count,aov")


@pytest.mark.parametrize("chart", ["", "table"])
def test_a_comparison_missing_from_chart_and_pivot_is_noted_once(
    explore: Open, chart: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "day", date(2026, 4, 20))  # so that the weeks hold orders of several channels
    asked_for = query_from_params({"m": ["aov"], "by": ["channel,device"], "t": ["last_13_week"], "c": ["previous"]})
    app = explore(asked_for, **({"chart": chart} if chart else {}))
    (view,) = [group for group in app.button_group if group.label == "View"]
    app = view.set_value("Pivot").run()
    said = " ".join(caption.value for caption in app.caption)
    assert said.count("The compared values aren't shown here. Use the table to see them.") == 1
    (view,) = [group for group in app.button_group if group.label == "View"]
    app = view.set_value("Table").run()
    said = " ".join(caption.value for caption in app.caption)
    assert said.count("aren't shown here") == (0 if chart else 1)  # with no chart, nothing lacks it


def test_a_pivot_is_offered_with_two_breakdowns(explore: Open) -> None:
    (view,) = [group for group in explore(CHANNELS).button_group if group.label == "View"]
    assert view.options == ["Table", "Details"]


# The chart


def test_the_chart_type_is_in_the_address_but_not_in_the_question(explore: Open) -> None:
    app = explore(CHANNELS, chart="table")
    assert not app.exception
    assert len(figures(app)) == 0
    assert asked(app) == CHANNELS
    assert app.query_params["chart"] == "table"
    app.session_state["answer-chart-kind-table"] = True
    app = app.run()
    bars = next(button for button in app.button if button.label.startswith("Bars"))
    app = bars.click().run()
    assert len(figures(app)) == 1
    assert "chart" not in app.query_params
    assert asked(app) == CHANNELS


def test_an_invalid_chart_type_gives_the_default(explore: Open) -> None:
    app = explore(CHANNELS, chart="<script>")
    assert not app.exception
    assert len(figures(app)) == 1


def test_a_still_figure_equals_its_chart_and_is_written_once(ask: Callable[..., Result]) -> None:
    chart = chart_for(ask(m="revenue", by="channel"), LIGHT)
    assert chart.figure is not None
    still = still_figure(chart.figure, selectdirection="h")
    before: dict[str, Any] = chart.figure.to_dict()
    wanted = before | {"layout": before["layout"] | {"selectdirection": "h"}}
    assert still.parts == wanted
    assert json.loads(still.text) == json.loads(str(to_json(wanted, validate=False)))
    assert still.text is still.text


def test_another_persons_page_is_drawn_for_them(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = pick(explore(CHANNELS), "revenue", channel="Search")
    finn: Actor = workspace.people["finn"]
    monkeypatch.setattr(session, "require", lambda role: (workspace, finn))
    app = app.run()
    assert line(app) == ""
    assert {row["channel"] for row in shown(app).rows()} <= {"Search", "Walk-in"}


def test_two_filters_are_combined(explore: Open) -> None:
    filtered = query_from_params({"m": ["revenue"], "by": ["channel"], "f": ["device:in:mobile"]})
    app = pointer_menu(pick(explore(filtered), "revenue", channel="Search")).choose("Keep only")
    assert asked(app).where == AllOf((Condition("device", Operator.IN, ("mobile",)), SEARCH))
