"""Annotations: how a model declares their source, which remarks a person sees, and how charts show them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs

import plotly.graph_objects as go
import pytest

from semantic.annotations.annotation import Annotation
from semantic.display.charts.charts import chart_for
from semantic.display.charts.figures.frame import pixels
from semantic.display.tokens import LIGHT
from semantic.errors import ModelError
from semantic.model.loading.load import parse_model
from semantic.query.codec import query_from_params
from semantic.workspace import Workspace
from tests.semantic.annotated import MARCH, MODEL, TODAY, open_annotated
from tests.semantic.made_results import CHANNEL, REVENUE, WEEKS, layout, result, week


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_annotated(tmp_path_factory.mktemp("annotated"))
    yield opened
    opened.close()


def remarks(workspace: Workspace, who: str, asked: str = MARCH) -> tuple[Annotation, ...]:
    actor = workspace.people[who]
    answer = workspace.ask(query_from_params(parse_qs(asked)), actor, today=TODAY)
    return workspace.annotations(answer, actor)


def test_remarks_that_overlap_the_shown_days_are_returned(workspace: Workspace) -> None:
    assert remarks(workspace, "ana") == (
        Annotation(date(2026, 2, 20), date(2026, 3, 2), "Sale", "price"),
        Annotation(date(2026, 3, 10), date(2026, 3, 10), "New shop", "site", "DE"),
        Annotation(date(2026, 3, 11), date(2026, 3, 15), "Strike", "outage", "FR"),
    )
    assert len(remarks(workspace, "ana", "m=revenue&by=day:week")) == 6


def test_a_person_gets_only_remarks_that_row_rules_allow(workspace: Workspace) -> None:
    assert [remark.text for remark in remarks(workspace, "dora")] == ["Sale", "New shop"]


@pytest.mark.parametrize("who", ["sam", "nora", "mia"])
def test_a_partly_visible_dataset_or_dimension_gives_no_remarks(workspace: Workspace, who: str) -> None:
    """The dataset isn't granted, the remark's market can't be named, or the text is masked."""
    assert remarks(workspace, who) == ()


def test_remarks_of_other_metrics_are_left_out(workspace: Workspace) -> None:
    assert remarks(workspace, "ana", MARCH.replace("revenue", "sales_lines")) == ()
    assert len(remarks(workspace, "ana", MARCH.replace("revenue", "sales_lines,revenue"))) == 3


@pytest.mark.parametrize(
    ("filter", "texts"),
    [
        ("market:in:FR", ["Sale", "Strike"]),
        ("market:not_in:FR", ["Sale", "New shop"]),
    ],
)
def test_a_filter_leaves_out_remarks_about_other_members(workspace: Workspace, filter: str, texts: list[str]) -> None:
    assert [remark.text for remark in remarks(workspace, "ana", f"{MARCH}&f={filter}")] == texts


def test_hidden_data_changes_nothing_that_a_person_gets(workspace: Workspace, tmp_path: Path) -> None:
    changed = open_annotated(
        tmp_path,
        "UPDATE remarks SET said = 'Secret', from_day = DATE '2026-03-05' WHERE market = 'FR'",
        "INSERT INTO remarks SELECT n, DATE '2026-03-04', NULL, 'FR', 'S' || n, 'site' FROM range(100, 1200) t(n)",
        "DELETE FROM sales WHERE market = 'FR'",
    )
    try:
        assert remarks(changed, "dora") == remarks(workspace, "dora")
        assert remarks(changed, "ana") != remarks(workspace, "ana")
    finally:
        changed.close()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("dataset: remarks\n    text", "dataset: remark\n    text", "is over 'remark', which is not a dataset."),
        ("text: remark\n", "text: remark_from\n", "reads 'remark_from', which is not a plain dimension of 'remarks'."),
        ("starts: remark_from", "starts: remark", "reads 'remark', which is not a time dimension of 'remarks'."),
        ("text: remark\n", "text: market\n", "takes its text from 'market', which other datasets have too."),
        ("concerns: [market]", "concerns: [day]", "concerns 'day', which no join reaches from its rows."),
        ("metrics: [revenue]", "metrics: [revenu]", "concerns the metric 'revenu', which is not in the model."),
    ],
)
def test_a_source_with_an_unknown_or_unfit_name_is_refused_with_its_line(before: str, after: str, says: str) -> None:
    assert MODEL.count(before) == 1
    with pytest.raises(ModelError) as raised:
        parse_model({"all.yml": MODEL.replace(before, after)})
    (problem,) = raised.value.problems
    assert problem.message == f"The source of annotations 'happened' {says}"
    assert "name: happened" in MODEL.splitlines()[problem.line - 1]


# On a chart

LAUNCH = Annotation(week(1), week(3), "Autumn launch", "campaign", "Paid social")
ROW = 15
"""The height of one line of a remark's name, in pixels."""
SHOWN = result([WEEKS, REVENUE], [(week(at), 1.0 + at) for at in range(13)])


def test_a_remark_is_a_dotted_line_with_its_name_above_the_plot_and_its_days_in_words() -> None:
    chart = chart_for(SHOWN, LIGHT, annotations=[LAUNCH])
    band, line = layout(chart)["shapes"]
    assert (line["x0"], line["x1"], line["line"]["dash"], line["yref"]) == (
        str(week(1)),
        str(week(1)),
        "dot",
        "y domain",
    )
    assert (band["x0"], band["x1"]) == (str(week(1)), str(week(3)))
    (name,) = [annotation for annotation in layout(chart)["annotations"] if annotation["text"] == "Autumn launch"]
    assert (name["yref"], name["y"], name["yanchor"]) == ("paper", 1, "bottom")
    assert chart.events == ("9 – 23 Mar 2026: Autumn launch (Paid social)",)


def test_a_name_at_the_left_edge_is_moved_into_the_picture() -> None:
    def shift(at: int) -> float:
        long = Annotation(week(at), week(at), "Experiment with the new checkout", "campaign", "")
        chart = chart_for(SHOWN, LIGHT, annotations=[long])
        (name,) = [
            annotation for annotation in layout(chart)["annotations"] if annotation["text"].startswith("Experiment")
        ]
        return name["xshift"]

    assert shift(0) > shift(1) > 0
    assert shift(6) == 0


def test_a_long_name_is_broken_into_two_lines_that_the_plot_makes_room_for() -> None:
    def drawn(text: str) -> tuple[str, float]:
        chart = chart_for(SHOWN, LIGHT, annotations=[Annotation(week(6), week(6), text)])
        (name,) = [
            annotation["text"]
            for annotation in layout(chart)["annotations"]
            if annotation["text"].startswith("Experiment")
        ]
        return name, layout(chart)["margin"]["t"]

    short, low = drawn("Experiment")
    long, high = drawn("Experiment with the <new> checkout")
    assert (short, long) == ("Experiment", "Experiment with the<br>&lt;new&gt; checkout")
    assert high == low + ROW


def test_remarks_close_together_have_a_mark_each_and_their_names_on_different_rows() -> None:
    close = [Annotation(week(5) + timedelta(days=at), week(5) + timedelta(days=at), f"Event {at}") for at in range(2)]
    chart = chart_for(SHOWN, LIGHT, annotations=[*close, Annotation(week(12), week(12), "Alone")])
    names = {note["text"]: note for note in layout(chart)["annotations"] if note.get("hovertext")}
    assert set(names) == {"Event 0", "Event 1", "Alone"}
    assert names["Event 1"]["yshift"] == names["Event 0"]["yshift"] + ROW
    assert names["Alone"]["yshift"] == names["Event 0"]["yshift"]
    lines = [shape["x0"] for shape in layout(chart)["shapes"]]
    assert lines == ["2026-04-06", "2026-04-07", "2026-05-25"]
    assert layout(chart)["margin"]["t"] == layout(chart_for(SHOWN, LIGHT, annotations=close[:1]))["margin"]["t"] + ROW


def test_of_many_remarks_on_one_day_two_have_their_names_and_the_others_are_counted() -> None:
    close = [Annotation(week(5), week(5), f"Event {at}") for at in range(7)]
    chart = chart_for(SHOWN, LIGHT, annotations=close)
    names = {note["text"]: note["hovertext"] for note in layout(chart)["annotations"] if note.get("hovertext")}
    others = "<br>".join(f"6 Apr 2026: Event {at}" for at in range(1, 7))
    assert names == {"Event 0": "6 Apr 2026: Event 0", "Event 1 +5": others}
    assert len(layout(chart)["shapes"]) == 7
    assert len(chart.events) == 7


def test_names_of_many_remarks_are_cut_then_counted_and_never_touch() -> None:
    """On paper, a week is 45 pixels wide."""
    events = [Annotation(week(at), week(at), f"{at:x} is a remark of many words") for at in range(13)]
    chart = chart_for(SHOWN, LIGHT, annotations=events)
    names = [note for note in layout(chart)["annotations"] if note.get("hovertext")]
    counted = [int(text.rpartition(" +")[2]) if " +" in text else 0 for text in (name["text"] for name in names)]
    places = [int(name["text"][0], 16) for name in names]
    assert [place + 1 + count for place, count in zip(places, counted, strict=True)] == [*places[1:], 13]
    by_row: dict[int, list[tuple[float, float]]] = {}
    for place, name in zip(places, names, strict=True):
        lines = name["text"].partition(" +")[0].split("<br>")
        middle, half = 540 * place / 12 + name["xshift"], max(map(pixels, lines)) / 2
        for line in range(len(lines)):
            by_row.setdefault(name["yshift"] + ROW * line, []).append((middle - half, middle + half))
    assert len(by_row) == 2
    for row in by_row.values():
        assert all(before[1] < after[0] for before, after in pairwise(row))


def test_only_bands_that_do_not_overlap_are_drawn() -> None:
    def bands(*remarks: tuple[int, int]) -> int:
        events = [Annotation(week(first), week(last), "Sale") for first, last in remarks]
        shapes = layout(chart_for(SHOWN, LIGHT, annotations=events))["shapes"]
        return sum(shape["type"] == "rect" for shape in shapes)

    assert bands((1, 3)) == 1
    assert bands((1, 3), (8, 9)) == 2
    assert bands((1, 3), (2, 4)) == 0
    assert bands((1, 11)) == 0


def test_remarks_outside_the_axis_and_on_charts_without_one_are_not_drawn() -> None:
    late = Annotation(week(40), week(41), "Later")
    assert (
        "shapes" not in layout(chart_for(SHOWN, LIGHT, annotations=[late]))
        or not layout(chart_for(SHOWN, LIGHT, annotations=[late]))["shapes"]
    )
    bars = chart_for(result([CHANNEL, REVENUE], [("a", 1.0), ("b", 2.0)]), LIGHT, annotations=[LAUNCH])
    assert bars.events == ()


@pytest.mark.parametrize(("kind", "place"), [("line", str(week(12))), ("bar", 12)])
def test_a_remark_on_the_last_day_of_the_last_period_is_at_its_point(kind: str, place: object) -> None:
    sunday = week(12) + timedelta(days=6)
    chart = chart_for(SHOWN, LIGHT, wanted=kind, annotations=[Annotation(sunday, sunday + timedelta(days=3), "Sale")])
    (line,) = layout(chart)["shapes"]
    assert (line["x0"], line["x1"]) == (place, place)
    assert len(chart.events) == 1
    after = sunday + timedelta(days=1)
    assert chart_for(SHOWN, LIGHT, wanted=kind, annotations=[Annotation(after, after, "Later")]).events == ()


def test_a_remark_is_at_the_column_of_its_period() -> None:
    chart = chart_for(SHOWN, LIGHT, wanted="bar", annotations=[Annotation(date(2026, 3, 12), date(2026, 3, 12), "Mid")])
    (line,) = layout(chart)["shapes"]
    assert line["x0"] == 1


def test_a_remarks_text_is_plain_text_in_the_browser() -> None:
    chart = chart_for(SHOWN, LIGHT, annotations=[Annotation(week(1), week(1), '<a href="x">y</a>')])
    (name,) = [annotation for annotation in layout(chart)["annotations"] if "href" in annotation["text"]]
    assert name["text"].startswith("&lt;a")
    assert name["hovertext"].count("<") == 0


def test_a_remark_that_began_before_the_axis_has_a_band_and_no_line() -> None:
    chart = chart_for(SHOWN, LIGHT, annotations=[Annotation(date(2025, 12, 1), week(2), "Long experiment")])
    (band,) = layout(chart)["shapes"]
    assert (band["type"], band["x0"], band["x1"]) == ("rect", str(week(0)), str(week(2)))
    assert chart.figure is not None
    go.Figure(chart.figure.to_dict())
