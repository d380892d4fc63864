"""Figures and tables in a PDF: marks in the right place, numbers as on screen, in any script."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
import pytest
from pypdf import PdfReader

from semantic.annotations.annotation import Annotation
from semantic.display.charts.charts import chart_for, choices
from semantic.display.charts.kinds import LABELS
from semantic.display.format import SIGNS
from semantic.display.paper.figure import _on_two, draw_figure, figure_height, is_drawable
from semantic.display.paper.flow import Flow
from semantic.display.paper.letters import MISSING_LETTER, fitting, printable, width_of, wrapped
from semantic.display.paper.page import Paper
from semantic.display.paper.pieces import Space
from semantic.display.paper.prose import Prose
from semantic.display.paper.table import Cell, Head, Table, bands
from semantic.display.tokens import LIGHT
from semantic.model.definitions import Additivity, NumberFormat
from semantic.results.result import Period, Result
from tests.semantic.display.charts.test_chart_choices import RESULTS
from tests.semantic.made_results import CHANNEL, COUNTRY, REVENUE, ROAS, WEEKS, result, week
from tests.semantic.shown_boards import COURSE, GRID

MADE = datetime(2026, 4, 20, tzinfo=UTC)
ADDS = replace(REVENUE, additivity=Additivity.FULL)


@dataclass(frozen=True, slots=True)
class Mark:
    """One call that drew something."""

    kind: str
    about: tuple[Any, ...]
    more: dict[str, Any]


class Watched(Paper):
    """Paper that records what was drawn on it."""

    def __init__(self) -> None:
        super().__init__("Watched", MADE, across=False)
        self.marks: list[Mark] = []

    def text(self, *about: Any, **more: Any) -> float:
        self.marks.append(Mark("text", about, more))
        return super().text(*about, **more)

    def line(self, *about: Any, **more: Any) -> None:
        self.marks.append(Mark("line", about, more))
        super().line(*about, **more)

    def box(self, *about: Any, **more: Any) -> None:
        self.marks.append(Mark("box", about, more))
        super().box(*about, **more)

    def area(self, *about: Any, **more: Any) -> None:
        self.marks.append(Mark("area", about, more))
        super().area(*about, **more)

    def dot(self, *about: Any, **more: Any) -> None:
        self.marks.append(Mark("dot", about, more))
        super().dot(*about, **more)


def no_foot(number: int, pages: int) -> None:
    pass


def drawn(shown: Result, wanted: str = "", annotations: Sequence[Annotation] = (), **size: float) -> list[Mark]:
    """Return the marks of a result's chart, after reading the file back to prove that it's a PDF."""
    chart = chart_for(shown, LIGHT, wanted=wanted or None, annotations=annotations)
    assert chart.figure is not None
    assert not wanted or chart.kind == wanted, chart.note
    paper = Watched()
    height = draw_figure(paper, chart.figure, 36, 40, 400, **size)
    assert height == figure_height(chart.figure, **size)
    for mark in paper.marks:
        for x, y in _points(mark):
            assert 0 <= x <= paper.width, mark
            assert 0 <= y <= paper.height, mark
    assert len(PdfReader(io.BytesIO(paper.finish(no_foot))).pages) == 1
    return paper.marks


def _points(mark: Mark) -> list[tuple[float, float]]:
    if mark.kind in ("line", "area"):
        return list(mark.about[0])
    return [mark.about[:2]]


def of(marks: Sequence[Mark], kind: str, **more: Any) -> list[Mark]:
    """Return the marks of a kind with these colours or dashes."""
    return [mark for mark in marks if mark.kind == kind and all(mark.more.get(name) == it for name, it in more.items())]


def texts(marks: Sequence[Mark]) -> list[str]:
    return [mark.about[2] for mark in marks if mark.kind == "text"]


def is_proportional(sizes: Sequence[float], values: Sequence[float]) -> bool:
    """Return whether sizes are proportional to values, to a hundredth of a point."""
    unit = sum(sizes) / sum(values)
    return all(abs(size - unit * value) < 0.01 for size, value in zip(sizes, values, strict=True))


# Marks are where their numbers are

VALUES = [120.0, 90.0, 300.0, 240.0, 60.0]
LINE = result([WEEKS, ADDS], [(week(place), value) for place, value in enumerate(VALUES)])


def test_a_line_goes_through_its_numbers_at_even_steps() -> None:
    (line,) = of(drawn(LINE), "line", colour=LIGHT.series[0], dash="")
    points = line.about[0]
    assert len(points) == 5
    steps = [after[0] - before[0] for before, after in pairwise(points)]
    assert max(steps) - min(steps) < 0.01
    rises = [points[0][1] - y for _, y in points[1:]]
    assert is_proportional([rises[1] - rise for rise in rises], [300 - value for value in VALUES[1:]])


def test_axis_ticks_use_the_same_scale_as_the_line() -> None:
    marks = drawn(LINE)
    (line,) = of(marks, "line", colour=LIGHT.series[0], dash="")
    heights = dict(zip(VALUES, (y for _, y in line.about[0]), strict=True))
    unit = (heights[60.0] - heights[300.0]) / 240
    said = [(mark.about[2], mark.about[1]) for mark in of(marks, "text") if mark.about[2].startswith("€")]
    ticks = {float(text[1:]): y for text, y in said if "," not in text}
    ticks.pop(60.0)  # the number at the line's end
    assert len(ticks) >= 4
    middle = ticks[0.0] - (heights[300.0] + 300 * unit)  # text sits on its baseline, a little below
    assert 0 < middle < 5
    for value, y in ticks.items():
        assert abs(y - middle - (heights[300.0] + (300 - value) * unit)) < 0.01, value


def test_the_compared_period_is_dashed_and_a_missing_period_breaks_a_line() -> None:
    marks = drawn(COURSE)
    assert [len(mark.about[0]) for mark in of(marks, "line", dash="dash")] == [13]
    gap = result([WEEKS, ADDS], [(week(place), None if place == 2 else 5.0) for place in range(6)])
    assert [len(mark.about[0]) for mark in of(drawn(gap), "line", colour=LIGHT.series[0])] == [2, 3]


def test_bars_are_as_long_as_their_numbers_and_labelled_with_them() -> None:
    channels = [("Search", 400.0), ("Social", 100.0), (None, 50.0)]
    marks = drawn(result([CHANNEL, REVENUE], channels))
    bars = of(marks, "box")
    assert is_proportional([bar.about[2] for bar in bars], [400, 100, 50])
    assert [bar.more["colour"] for bar in bars] == [LIGHT.series[0], LIGHT.series[0], LIGHT.other]
    assert [text.replace("\N{NO-BREAK SPACE}", "") for text in texts(marks)] == [
        "€400", "€100", "€50", "Search", "Social", "(none)",
    ]  # fmt: skip


def test_bars_below_zero_are_on_the_other_side() -> None:
    marks = drawn(result([CHANNEL, REVENUE], [("Search", 300.0), ("Social", -100.0)]))
    up, down = of(marks, "box")
    assert is_proportional([up.about[2], down.about[2]], [300, 100])
    assert abs(down.about[0] + down.about[2] - up.about[0]) < 0.01


def test_columns_start_at_zero_and_stacks_on_each_other() -> None:
    bars = of(drawn(LINE, "bar"), "box")
    assert is_proportional([bar.about[3] for bar in bars], VALUES)
    feet = [bar.about[1] + bar.about[3] for bar in bars]
    assert max(feet) - min(feet) < 0.01
    rows = [(week(place), name, size) for place in range(3) for name, size in (("A", 30.0), ("B", 10.0))]
    stack = of(drawn(result([WEEKS, CHANNEL, ADDS], rows), "stacked"), "box")
    below, above = stack[:3], stack[3:]
    assert is_proportional([mark.about[3] for mark in (*below, *above)], [30, 30, 30, 10, 10, 10])
    for low, high in zip(below, above, strict=True):
        assert abs(high.about[1] + high.about[3] - low.about[1]) < 0.01
        assert low.about[0] == high.about[0]


def test_adjacent_columns_do_not_touch_and_earlier_ones_are_pale() -> None:
    boxes = of(drawn(COURSE, "bar"), "box")
    assert len(boxes) == 26
    assert [box.more["opacity"] for box in boxes] == [0.45] * 13 + [1] * 13
    for before, now in zip(boxes[:13], boxes[13:], strict=True):
        assert before.about[0] + before.about[2] < now.about[0]
    numbers = [*COURSE.table.column("revenue_previous").to_pylist(), *COURSE.table.column("revenue").to_pylist()]
    assert is_proportional([box.about[3] for box in boxes], numbers)


def test_layers_of_an_area_have_the_heights_of_their_numbers() -> None:
    rows = [(week(place), name, size) for place in range(3) for name, size in (("A", 30.0), ("B", 10.0))]
    below, above = of(drawn(result([WEEKS, CHANNEL, ADDS], rows), "area"), "area")
    edges = [[y for _, y in mark.about[0]] for mark in (below, above)]
    tall = [edge[-1] - edge[0] for edge in edges]
    assert is_proportional(tall, [30, 10])
    assert edges[1][-1] == edges[0][0]


def test_a_grid_has_the_tint_of_each_number_and_its_text() -> None:
    marks = drawn(GRID)
    written = [(mark.about[0], mark.about[1], mark.about[2]) for mark in of(marks, "text")]
    colours = {
        next(said for x, y, said in written if left < x < left + wide and top < y < top + tall): mark.more["colour"]
        for mark in of(marks, "box")
        for left, top, wide, tall in [mark.about[:4]]
    }
    # Ten steps from 300 to 480.5, of which 400 is in the sixth. Missing values have no tint.
    assert colours == {"€480": LIGHT.sequential[9], "€400": LIGHT.sequential[5], "€300": LIGHT.sequential[0]}
    assert "—" in texts(marks)


@pytest.mark.parametrize(("number", "is_written"), [(1.0, True), (1_234_567.0, False)])
def test_numbers_wider_than_the_cells_of_a_heat_map_are_left_out(number: float, is_written: bool) -> None:
    rows = [(week(at), name, number) for at in range(13) for name in ("Search", "Social")]
    written = texts(drawn(result([WEEKS, CHANNEL, replace(ADDS, unit="", format=NumberFormat.RATIO)], rows), "heat"))
    assert (len([text for text in written if text[:1] == "1"]) >= 26) == is_written


def test_a_waterfall_has_each_bar_where_the_one_above_ends() -> None:
    before = replace(REVENUE, name="revenue_previous", label="Revenue, previous period", compare="previous")
    rows = [("Search", 10.0, 4.0), ("Social", 30.0, 50.0)]
    marks = drawn(result([CHANNEL, ADDS, before], rows), "waterfall")
    boxes = [mark.about[:4] for mark in of(marks, "box")]
    (zero, _, wide, _), (_, _, lost, _), (begin, _, won, _), (_, _, end, _) = boxes
    scale = wide / 54  # before
    assert (lost, won, end) == pytest.approx((20 * scale, 6 * scale, 40 * scale))
    assert begin == pytest.approx(zero + 34 * scale)
    assert {"€54.00", "\N{MINUS SIGN}€20.00", "+€6.00", "€40.00"} <= {text.strip("\xa0") for text in texts(marks)}


def test_the_median_of_a_distribution_is_drawn_over_its_columns() -> None:
    marks = drawn(result([CHANNEL, ADDS], [(f"c{at}", float(at)) for at in range(20)]), "distribution")
    columns = [place for place, mark in enumerate(marks) if mark.kind == "box"]
    (median,) = [place for place, mark in enumerate(marks) if mark.more.get("dash") == "dot"]
    assert median > max(columns)


def test_bars_that_start_above_the_scale_stay_on_it() -> None:
    before = replace(REVENUE, name="revenue_previous", label="Revenue, previous period", compare="previous")
    marks = drawn(result([CHANNEL, ADDS, before], [("Search", 1010.0, 1000.0), ("Social", 990.0, 1000.0)]), "waterfall")
    assert all(mark.about[0] >= 0 and mark.about[2] < 600 for mark in of(marks, "box"))


def test_a_hidden_number_is_written_as_hidden() -> None:
    shown = result(
        [CHANNEL, COUNTRY, ADDS], [("Search", "DE", 300.0), ("Social", "DE", None), ("Search", "FR", 200.0)],
        hidden={"revenue": (False, True, False)},
    )  # fmt: skip
    written = texts(drawn(shown, "heat"))
    assert "hidden" in written
    assert "—" in written


def test_a_ring_has_parts_and_shares() -> None:
    shown = result([CHANNEL, ADDS], [("Search", 300.0), ("Social", 100.0)])
    marks = drawn(shown, "pie")
    assert len(of(marks, "area")) == 2
    assert {"75.0%", "25.0%", "Search", "Social"} <= set(texts(marks))


def test_every_kind_of_chart_can_be_drawn() -> None:
    """A chart with a new type of trace must be added to the PDF, too. Otherwise, readers get a table instead."""
    seen: set[str] = set()
    for name, shown in RESULTS.items():
        for choice in choices(shown):
            figure = chart_for(shown, LIGHT, wanted=choice.kind).figure if not choice.reason else None
            if figure is not None:
                assert is_drawable(figure), f"A PDF can't show {choice.label.lower()} of {name}."
                draw_figure(Watched(), figure, 36, 40, 400)
                seen.add(choice.kind)
    assert seen == {*LABELS} - {"tiles", "table"}, "Add a result to RESULTS that the missing kind can show."


def test_a_figure_with_an_unknown_mark_is_not_drawn_in_part() -> None:
    chart = chart_for(result([CHANNEL, ADDS], [("Search", 300.0), ("Social", 100.0)]), LIGHT)
    assert chart.figure is not None
    parts = chart.figure.to_dict()
    unknown = go.Figure({**parts, "data": [*parts["data"], {"type": "sankey"}]}, _validate=False)
    assert not is_drawable(unknown)
    with pytest.raises(ValueError, match="sankey"):
        draw_figure(Watched(), unknown, 36, 40, 400)


def test_points_are_where_both_numbers_are() -> None:
    rows = [("A", 100.0, 1.0), ("B", 200.0, 2.0), ("C", 400.0, 4.0)]
    dots = of(drawn(result([CHANNEL, REVENUE, ROAS], rows), "scatter"), "dot")
    across = [dot.about[0] for dot in dots]
    up = [dot.about[1] for dot in dots]
    assert is_proportional([across[1] - across[0], across[2] - across[0]], [100, 300])
    assert is_proportional([up[0] - up[1], up[0] - up[2]], [1, 3])


def test_small_charts_share_a_scale_and_are_named() -> None:
    rows = [(week(place), name, size) for place in range(4) for name, size in zip("ABCDEF", range(1, 7), strict=True)]
    shown = result([WEEKS, CHANNEL, ADDS], [(day, name, float(size)) for day, name, size in rows])
    marks = drawn(shown, "multiples")
    lines = [mark for mark in of(marks, "line", colour=LIGHT.series[0]) if len(mark.about[0]) == 4]
    assert len(lines) == 6
    assert set("ABCDEF") <= set(texts(marks))
    names = {mark.about[2]: mark.about[1] for mark in of(marks, "text") if mark.about[2] in "ABCDEF"}
    drops = [lines[place].about[0][0][1] - names["FEDCBA"[place]] for place in range(3)]  # from the title to the line
    assert is_proportional([drops[1] - drops[0], drops[2] - drops[0]], [1, 2])


def test_six_lines_have_their_colours_and_names_above_the_plot() -> None:
    rows = [(week(place), name, float(size + place)) for place in range(4) for size, name in enumerate("ABCDEF", 1)]
    marks = drawn(result([WEEKS, CHANNEL, ADDS], rows))
    lines = {mark.more["colour"] for mark in of(marks, "line") if len(mark.about[0]) == 4}
    assert len(lines) == 6
    assert {mark.more["colour"] for mark in of(marks, "box")} == lines
    assert [text for text in texts(marks) if text in "ABCDEF"] == list("FEDCBA")
    plot = min(y for mark in of(marks, "line") for _, y in mark.about[0])
    assert all(mark.about[1] < plot for mark in of(marks, "text") if mark.about[2] in "ABCDEF")


def test_a_broken_axis_has_its_zigzag_and_says_where_it_starts() -> None:
    marks = drawn(result([WEEKS, ADDS], [(week(0), 90.0), (week(1), 100.0)]))
    zigzag = [mark.about[0] for mark in of(marks, "line", colour=LIGHT.muted)]
    assert len(zigzag) == 5
    assert all(before[1] == after[0] for before, after in pairwise(zigzag))
    (line,) = of(marks, "line", colour=LIGHT.series[0], dash="")
    assert all(y > point[1] for points in zigzag for _, y in points for point in line.about[0]), "below every number"
    assert "Axis starts at €90" in texts(marks)


def test_a_name_moved_off_its_line_is_joined_to_it_on_paper() -> None:
    rows = [(week(at), name, end * (at + 1)) for at in range(2) for name, end in (("A", 50.0), ("B", 50.5), ("C", 5.0))]
    marks = drawn(result([WEEKS, CHANNEL, ADDS], rows))
    lines = [mark.about[0] for mark in of(marks, "line") if mark.more["colour"] in LIGHT.series]
    ends = {points[-1] for points in lines}
    leaders = [points for points in lines if points[0][0] > max(x for x, _ in ends) - 15]
    assert leaders
    for (left, top), (right, _) in leaders:
        assert right > left > max(x for x, _ in ends if x < left)
        assert any(abs(top - y) < 0.01 for _, y in ends), "begins at the height of a line's last number"


def test_a_period_that_is_not_over_is_hatched_in_columns_and_dotted_in_lines() -> None:
    running = replace(LINE, computed_at=datetime(2026, 4, 2, tzinfo=UTC), data_to=datetime(2026, 4, 2, tzinfo=UTC))
    shown = replace(running, period=replace(running.period, start=date(2026, 3, 2), end=date(2026, 4, 3)))
    assert of(drawn(shown), "line", dash="dot")
    marks = drawn(shown, "bar")
    assert len(of(marks, "box")) == 4
    assert len(of(marks, "line", colour=LIGHT.series[0])) > 5


@pytest.mark.parametrize("wanted", ["line", "bar"])
def test_an_empty_half_says_why_on_paper(wanted: str) -> None:
    """Four of eight weeks are loaded."""
    days = Period(week(0), week(4), "Europe/Berlin", "", asked_end=week(8))
    rows = [(week(at), 10.0) for at in range(4)]
    shown = result([WEEKS, REVENUE], rows, period=days, computed_at=datetime(2026, 5, 20, tzinfo=UTC))
    assert any(text.startswith("not loaded") for text in texts(drawn(shown, wanted)))


def test_numbers_that_can_still_change_are_hatched_in_their_own_colour() -> None:
    """Behind a line, the hatched part is a separate area. In a column, it stays within the edges."""
    chart = chart_for(LINE, LIGHT)
    assert chart.figure is not None
    area = {
        "type": "scatter", "mode": "lines", "x": ["2026-03-23", "2026-03-30", "2026-03-30", "2026-03-23"],
        "y": [0, 0, 300, 300], "fill": "toself", "fillcolor": "rgba(0,0,0,0)", "line": {"width": 0},
        "fillpattern": {"shape": "/", "fgcolor": LIGHT.caution, "fgopacity": 0.45, "size": 7, "solidity": 0.12},
    }  # fmt: skip
    hatched = go.Figure(
        {"data": [area, *chart.figure.to_dict()["data"]], "layout": chart.figure.layout}, _validate=False
    )
    paper = Watched()
    draw_figure(paper, hatched, 36, 40, 400)
    lines = of(paper.marks, "line", colour=LIGHT.caution)
    assert len(lines) > 10
    assert {line.more["opacity"] for line in lines} == {0.45}
    bars = chart_for(LINE, LIGHT, wanted="bar").figure
    assert bars is not None
    parts = bars.to_dict()
    parts["data"][0]["marker"] |= {
        "pattern": {"shape": ["", "", "", "", "/"], "fgcolor": [LIGHT.ink] * 4 + [LIGHT.caution], "size": 6},
        "line": {"color": LIGHT.series[0], "width": [0, 0, 0, 0, 1]},
    }
    paper = Watched()
    draw_figure(paper, go.Figure(parts, _validate=False), 36, 40, 400)
    assert [(mark.more["colour"], mark.more["edge"]) for mark in of(paper.marks, "box")] == [
        *[(LIGHT.series[0], "")] * 4, ("", LIGHT.series[0]),
    ]  # fmt: skip
    assert len(of(paper.marks, "line", colour=LIGHT.caution)) > 3


def test_a_remark_is_drawn_as_a_dotted_line_with_its_words() -> None:
    remark = Annotation(date(2026, 3, 16), date(2026, 3, 16), "Launch", "A new shop")
    marks = drawn(LINE, annotations=[remark])
    assert "Launch" in texts(marks)
    assert len(of(marks, "line", dash="dot", colour=LIGHT.muted)) == 1


def test_a_figure_that_is_too_tall_is_drawn_smaller() -> None:
    marks = drawn(result([CHANNEL, REVENUE], [(f"Channel {place}", 10.0 + place) for place in range(15)]), most=120.0)
    assert is_proportional([mark.about[2] for mark in of(marks, "box")], [24.0 - place for place in range(15)])
    assert max(mark.about[1] for mark in of(marks, "box")) < 40 + 120


def test_names_are_never_read_as_markup() -> None:
    marks = drawn(result([CHANNEL, COUNTRY, REVENUE], [("<b>x</b><br>y", "&amp;", 5.0), ("b", "c", 2.0)]))
    assert {"<b>x</b><br>y", "&amp;"} <= set(texts(marks))


# Letters


def test_available_letters_stay_and_missing_ones_are_marked() -> None:
    assert printable("Größe İstanbul çğşı Łódź e\N{COMBINING ACUTE ACCENT}") == "Größe İstanbul çğşı Łódź é"
    assert printable("日本") == MISSING_LETTER * 2
    assert printable("مرحبا") == MISSING_LETTER * 5
    assert printable("\N{GRINNING FACE}\N{VARIATION SELECTOR-16}") == MISSING_LETTER
    assert printable("a\u202eb\u200b\x00\x1bc\r\nd") == "abc  d"
    assert printable("\ud800") == MISSING_LETTER


@pytest.mark.parametrize("sign", [*SIGNS.values(), "−1,240.5%", "+0.4 pp", "—", "–", "“x”", "…", "·", "■"])
def test_characters_in_our_own_texts_are_never_missing(sign: str) -> None:
    assert MISSING_LETTER not in printable(sign)


def test_text_is_wrapped_at_words_and_a_long_word_is_broken() -> None:
    lines = wrapped("one two three " + "x" * 200, 60, 8)
    assert lines[0].startswith("one two")
    assert "".join(lines[1:]).count("x") + lines[0].count("x") == 200
    assert all(width_of(line, 8) <= 60 for line in lines)
    assert wrapped("日" * 50, 0.5, 8) == [MISSING_LETTER] * 50
    assert width_of(fitting("a" * 100, 40, 8), 8) <= 40
    assert fitting("abc", 0.1, 8) == ""


def test_prose_has_bold_and_lists_and_nothing_else() -> None:
    paper = Watched()
    text = "**Care** is *taken*\n- one\n2. two\n[a](http://b) <b>c</b> :red[d]"
    Prose(text).draw(paper, 36, 40, 400)
    assert [(mark.about[2], mark.more.get("bold", False)) for mark in of(paper.marks, "text")] == [
        ("Care", True), (" is taken", False), ("•", False), ("one", False), ("2.", False), ("two", False),
        ("[a](http://b) <b>c</b> :red[d]", False),
    ]  # fmt: skip


def test_prose_of_any_length_ends() -> None:
    for text in ("**a " * 5_000, "*" * 20_000, "- " * 10_000, "x" * 20_000, "_a*" * 7_000):
        assert Prose(text).height(200) > 0


# Tables


def cells(*row: str) -> tuple[Cell, ...]:
    return tuple(Cell(name) for name in row)


def test_a_table_takes_the_largest_letters_that_fit() -> None:
    table = Table((Head("Channel"), Head("Revenue", "right")), (cells("Search", "€400"),))
    (band,) = bands(table, 400)
    assert (band.size, band.places) == (8.0, (0, 1))
    assert sum(band.widths) <= 400


def test_columns_that_do_not_fit_are_below_with_the_keys_repeated() -> None:
    heads = (Head("Channel"), *(Head(f"Number {place}", "right") for place in range(30)))
    table = Table(heads, (cells("Search", *("1,234,567" for _ in range(30))),))
    found_bands = bands(table, 500)
    assert len(found_bands) > 2
    assert all(band.places[0] == 0 for band in found_bands)
    assert [place for band in found_bands for place in band.places[1:]] == list(range(1, 31))
    assert all(sum(band.widths) <= 500.01 for band in found_bands)


def test_columns_that_are_read_together_stay_together_while_they_fit() -> None:
    heads = (Head("Channel"), *(Head(f"Number {place}", "right", follows=place % 3 != 0) for place in range(12)))
    table = Table(heads, (cells("Search", *("1,234,567" for _ in range(12))),))
    found_bands = bands(table, 300)
    assert len(found_bands) > 1
    assert [place for band in found_bands for place in band.places[1:]] == list(range(1, 13))
    assert all((len(band.places) - 1) % 3 == 0 for band in found_bands)
    narrow = bands(table, 120)
    assert [place for band in narrow for place in band.places[1:]] == list(range(1, 13))
    assert all(sum(band.widths) <= 120.01 for band in narrow)


def test_columns_that_fit_nowhere_are_still_drawn() -> None:
    table = Table((Head("K" * 200), Head("V" * 200)), (cells("k" * 500, "v" * 500),), keys=2)
    for width in (10, 60, 100):
        assert [place for band in bands(table, width) for place in band.places] == [0, 1]
    assert bands(Table((), ()), 100)


# Pages


def rows_of_pages(filled: float, count: int) -> list[int]:
    """Return the number of a table's rows on each page, if the first page is already filled this far."""
    paper = Paper("Pages", MADE, across=False)
    flow = Flow(paper)
    flow.put([Space(filled * flow.body)])
    flow.put_table([], Table((Head("Name"),), tuple((Cell(f"row {at}"),) for at in range(count))), [])
    pages = PdfReader(io.BytesIO(paper.finish(no_foot))).pages
    return [page.extract_text().count("row ") for page in pages]


def test_a_table_that_fits_on_a_page_is_not_split_and_a_longer_one_starts_at_once() -> None:
    """A page fits 47 rows below the header."""
    assert rows_of_pages(0.5, 10) == [10]
    assert rows_of_pages(0.9, 10) == [0, 10]
    first, second = rows_of_pages(0.5, 40)  # to keep it whole would leave half a page empty
    assert 15 < first < 25
    assert first + second == 40
    assert rows_of_pages(0.97, 40) == [0, 40]  # not three rows would fit
    assert rows_of_pages(0.0, 100) == [47, 47, 6]


def test_a_name_above_a_column_is_on_two_lines_with_as_many_words_as_fit_on_the_first() -> None:
    room = width_of("Paid social", 10) + 1
    said = [["".join(run.text for run in line) for line in _on_two(name, room, 10)] for name in (
        "Search", "Paid social", "Paid social media", "Paid social and mail",
    )]  # fmt: skip
    assert said[:3] == [["Search"], ["Paid social"], ["Paid social", "media"]]
    assert said[3] == ["Paid social", "and mail"]
    (cut,) = _on_two("Incomprehensibilities", room, 10)
    assert cut[0].text.endswith("…")
    assert width_of(cut[0].text, 10) <= room
