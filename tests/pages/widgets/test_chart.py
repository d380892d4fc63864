"""A chart as the browser gets it, and how the page handles the selection that a browser reports."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from pages.widgets import chart
from pages.widgets.plotly_script import plotly_script
from pages.widgets.still import still_figure
from tests.pages.charts import charts, say


def _page() -> None:
    import plotly.graph_objects as go
    import streamlit as st

    from pages.widgets.chart import draw_chart

    figure = go.Figure({"data": [{"type": "bar", "x": ["a", "b"], "y": [1, 2]}], "layout": {"height": 210}})
    draw_chart(figure, key="quiet", alt="Two bars.", picking="points")
    st.session_state.setdefault("picks", 3)
    draw_chart(
        figure, key="loud", alt='"Two" bars.', height=300, picking="points", on_pick=lambda _: None,
        picks=st.session_state.picks,
    )  # fmt: skip


def test_a_chart_is_sent_with_its_sentence_its_height_and_its_script() -> None:
    app = AppTest.from_function(_page).run()
    assert not app.exception
    quiet, loud = charts(app)
    assert quiet["alt"] == "Two bars."
    assert loud["alt"] == '"Two" bars.'
    assert (quiet["height"], loud["height"]) == (210, 300)
    assert quiet["plotly"] == loud["plotly"] == plotly_script().address
    assert quiet["figure"]["data"] == [{"type": "bar", "x": ["a", "b"], "y": [1, 2]}]
    assert (quiet["picking"], loud["picking"]) == ("", "points"), "only a chart with a handler can be clicked"
    assert loud["picks"] == 3


def test_a_redrawn_figure_is_the_same_component() -> None:
    """The browser draws another figure with another sentence into the element that it already has."""
    app = AppTest.from_function(_page).run()
    before = [component.proto.id for component in app.get("bidi_component")]
    app.session_state["picks"] = 4
    app.run()
    assert charts(app)[1]["picks"] == 4
    assert [component.proto.id for component in app.get("bidi_component")] == before


def test_a_static_figure_is_sent_unchanged() -> None:
    figure = go.Figure({"data": [{"type": "bar", "x": ["a"], "y": [1]}], "layout": {"height": 90}})
    assert chart.figure_json(still_figure(figure)) == chart.figure_json(figure)


def test_a_figure_without_a_height_has_plotlys_default() -> None:
    assert chart._height(go.Figure()) == 450
    assert chart._height(still_figure(go.Figure(), height=77)) == 77


@pytest.mark.parametrize(
    ("said", "points"),
    [
        (None, None),
        ("all", None),
        ([{"customdata": 1, "curve_number": 0}], None),
        ({"of": "now"}, None),
        ({"of": "now", "points": {"customdata": 1}}, None),
        ({"of": "before", "points": [{"customdata": 1, "curve_number": 0}]}, None),
        ({"of": ["now"], "points": []}, None),
        ({"points": []}, None),
        ({"of": "now", "points": []}, []),
        (
            {"of": "now", "points": [{"customdata": 1, "curve_number": 0}, 7, None, "x"]},
            [{"customdata": 1, "curve_number": 0}],
        ),
    ],
)
def test_a_browsers_message_is_read_as_a_list_of_points_or_ignored(
    said: object, points: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[object] = []
    monkeypatch.setattr(chart.st, "session_state", {"chart": {"picked": said}})
    chart._taker("chart", "now", taken.append)()
    assert taken == ([] if points is None else [points])


def test_a_drag_is_not_a_click(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[object] = []
    points = [{"customdata": 1, "curve_number": 0}]
    monkeypatch.setattr(chart.st, "session_state", {"chart": {"dragged": {"of": "now", "points": points}}})
    chart._taker("chart", "now", taken.append)()
    assert taken == []
    chart._taker("chart", "now", taken.append, "dragged")()
    assert taken == [points]


def _answers() -> None:
    import plotly.graph_objects as go
    import streamlit as st

    from pages.widgets.chart import draw_chart

    numbers, of = st.session_state.drawn
    picked = st.session_state.setdefault("picked", [])
    figure = go.Figure({"data": [{"type": "bar", "x": ["a", "b"], "y": numbers}], "layout": {"height": 210}})
    draw_chart(figure, key="chart", alt="Two bars.", picking="points", on_pick=picked.append, of=of)


@pytest.mark.parametrize(
    ("first", "second"), [(([1, 2], ""), ([2, 1], "")), (([1, 2], "1 bar"), ([1, 2], "2 bar"))]
)  # fmt: skip
def test_a_click_on_a_figure_that_another_has_replaced_does_nothing(first: object, second: object) -> None:
    """The browser may still show the previous figure, even if the next answer's figure looks the same."""
    app = AppTest.from_function(_answers)
    app.session_state["drawn"] = first
    (before,) = charts(app.run())
    app.session_state["drawn"] = second
    app.run()
    (now,) = charts(app)
    (proto,) = [component.proto for component in app.get("bidi_component")]
    point = {"customdata": 1, "curve_number": 0}
    app = say(app, proto, "picked", {"of": before["of"], "points": [point]})
    assert app.session_state["picked"] == []
    app = say(app, proto, "picked", {"of": now["of"], "points": [point]})
    assert app.session_state["picked"] == [[point]]
    assert charts(app.run())[0]["of"] == now["of"], "another run of the page draws the same figure"
