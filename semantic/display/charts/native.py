"""A chart as categories and series, for programs that draw charts themselves: spreadsheets and presentations.

It's derived from the figure on screen, so it has the same groups, order, colours and numbers. Some kinds of charts,
such as heat maps, don't exist in these programs. They are included as a picture instead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from semantic.display.charts.chart import Chart, rows_behind
from semantic.display.charts.drawing import Drawing, drawing
from semantic.display.format import key_text
from semantic.display.groups import of_one_period, prepare_rows
from semantic.display.rows import comparison_words
from semantic.display.spine import on_axis
from semantic.display.template import Attributes
from semantic.display.tokens import LIGHT
from semantic.model.definitions import Granularity
from semantic.results.result import Result, ResultColumn

Kind = Literal["line", "area", "column", "bar", "ring", "scatter"]

MOST_PANELS = 9  # charts next to each other, beyond which one picture is clearer
MOST_POINTS = 2_000  # of all series, beyond which a program is slow to draw them
_KINDS: Mapping[str, Kind] = {
    "line": "line", "multiples": "line", "area": "area", "bar": "column", "stacked": "column", "share": "column",
    "pie": "ring", "scatter": "scatter",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Numbers with a name and a colour. `places` has the index of each number's row in the answer, or -1 for none.

    `across` has the numbers of a scatter's horizontal axis. `colours` has a colour for each number if the colours
    differ. `unfinished` has the positions of numbers that can still change or whose period isn't complete.
    """

    name: str
    values: tuple[float | None, ...]
    places: tuple[int, ...]
    colour: str
    column: ResultColumn | None = None  # the column of the numbers; None for shares, which are fractions of 1
    is_before: bool = False  # a comparison period
    across: tuple[float, ...] = ()
    across_column: ResultColumn | None = None
    colours: tuple[str, ...] = ()
    unfinished: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeChart:
    """One plot. If it's over time, `days` has the categories as dates, and `grain` is their granularity.

    `title` distinguishes it from the other plots of the chart.
    """

    kind: Kind
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    days: tuple[date, ...] = ()
    grain: Granularity | None = None
    title: str = ""
    is_stacked: bool = False

    @property
    def top(self) -> ResultColumn | None:
        """The column whose number format the axis uses, or None."""
        return self.series[0].column


def native_charts(chart: Chart, result: Result) -> tuple[NativeChart, ...]:
    """Return the plots of a chart in order. Empty if the chart can only be a picture."""
    if chart.figure is None or chart.kind not in _KINDS:
        return ()
    figure: Attributes = chart.figure.to_dict()
    traces = [trace for trace in figure["data"] if trace.get("customdata")]
    panels: dict[tuple[str, str], list[Attributes]] = {}
    for trace in traces:
        panels.setdefault((str(trace.get("xaxis", "x")), str(trace.get("yaxis", "y"))), []).append(trace)
    points = sum(len(trace["customdata"]) for trace in traces)
    if not 0 < len(panels) <= MOST_PANELS or points > MOST_POINTS or any(map(_is_strange, traces)):
        return ()
    source = _Source.of(result)
    plots = [_plot(chart.kind, of_panel, figure["layout"], source) for of_panel in panels.values()]
    if any(not plot.series for plot in plots):
        return ()
    if len(plots) == 1:
        return (replace(plots[0], title=chart.title),)
    titles = _titles(figure["layout"], len(plots))
    return tuple(replace(plot, title=title or _name_of(plot)) for plot, title in zip(plots, titles, strict=True))


def _is_strange(trace: Attributes) -> bool:
    """Whether a trace is of a kind, or has a base, that other programs can't draw."""
    return trace["type"] not in ("scatter", "bar", "pie") or trace.get("base") is not None


def _name_of(plot: NativeChart) -> str:
    first = next((series for series in plot.series if not series.is_before), plot.series[0])
    return first.column.label if first.column is not None else first.name


def _titles(layout: Attributes, count: int) -> list[str]:
    """Return the titles of the panels, or empty texts if not every panel has one."""
    found = [
        note["text"].partition("<b>")[2].partition("</b>")[0].replace("<br>", " ")
        for note in layout.get("annotations") or ()
        if str(note.get("text", "")).startswith("<b>")
    ]
    return [_unescaped(text) for text in found] if len(found) == count else [""] * count


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@dataclass(frozen=True, slots=True)
class _Source:
    """The answer that a native chart comes from, prepared for drawing."""

    result: Result
    drawn: Drawing
    row_at: Mapping[int, int] = field(default_factory=dict[int, int])  # by place in the table, the drawn row

    @classmethod
    def of(cls, result: Result) -> _Source:
        rows = of_one_period(prepare_rows(result))
        return cls(result, drawing(result, rows, LIGHT, (), {}), {place: at for at, place in enumerate(rows.places)})

    def name(self, place: int, keys: int) -> str:
        """Return a row's values of the first `keys` breakdowns, as on screen but not shortened."""
        rows = self.drawn.rows
        group = rows.groups[self.row_at[place]]
        return " \N{MIDDLE DOT} ".join(
            key_text(value, key) for value, key in zip(group[:keys], rows.keys, strict=False)
        )

    def column(self, values: Sequence[float | None], places: Sequence[int]) -> ResultColumn | None:
        """Return the column that contains these numbers in these rows, or None."""
        rows = self.drawn.rows
        for column in self.result.values:
            numbers = rows.numbers[column.name]
            pairs = [
                (value, numbers[self.row_at[place]]) for value, place in zip(values, places, strict=True) if place >= 0
            ]
            if pairs and all(_is_equal(value, other) for value, other in pairs):
                return column
        return None

    def days(self) -> tuple[date, ...]:
        return tuple(on_axis(self.drawn.spine, self.drawn.rows.zone))

    def day_name(self, day: date) -> str:
        time = self.drawn.rows.time
        return key_text(day, time) if time is not None else day.isoformat()

    def unfinished(self, column: ResultColumn | None, count: int) -> frozenset[int]:
        """Return the positions of numbers that are dotted or hatched on screen."""
        if column is None or column.compare or column.name not in {each.name for each in self.drawn.rows.metrics}:
            return frozenset()
        start = self.drawn.not_final(column)
        late = range(start, count) if start is not None else ()
        return frozenset((*late, *(place for place in self.drawn.in_part(column) if place < count)))


def _is_equal(value: float | None, other: float | None) -> bool:
    if value is None or other is None:
        return value is other
    return math.isclose(value, other, rel_tol=1e-12)


def _plot(shown: str, traces: Sequence[Attributes], layout: Attributes, source: _Source) -> NativeChart:
    """Return the native chart for the traces of one panel, of the same kind as on screen."""
    kind = _KINDS[shown]
    match kind:
        case "ring":
            return _ring(traces[0], source)
        case "scatter":
            return _scatter(traces, source)
        case _:
            is_stacked = layout.get("barmode") == "stack" or any("stackgroup" in trace for trace in traces)
            if any(trace.get("orientation") == "h" for trace in traces):
                return _bars(traces, source, is_stacked=is_stacked, is_split=is_stacked or shown == "multiples")
            own: Kind = "column" if traces[0]["type"] == "bar" else kind
            return _dated(own, traces, source, is_stacked=is_stacked)


def _dated(kind: Kind, traces: Sequence[Attributes], source: _Source, *, is_stacked: bool) -> NativeChart:
    """Return a native chart of lines, areas or columns over time. An area ends at its last number."""
    days = source.days()
    count = max(len(trace["y"]) for trace in traces)
    days = days[:count]
    series: list[Series] = []
    for trace in traces:
        values, places = _padded(trace["y"], count), _places(trace, count)
        column = source.column(values, places)
        series.append(
            Series(
                name=str(trace.get("name") or (column.label if column else "")),
                values=values, places=places, colour=_colour(trace), column=column,
                is_before=_is_before(column),
                unfinished=source.unfinished(column, count),
            )
        )  # fmt: skip
    names = tuple(source.day_name(day) for day in days)
    time = source.drawn.rows.time
    grain = time.grain if time is not None else None
    return NativeChart(
        kind=kind, categories=names, days=days, grain=grain, series=tuple(series), is_stacked=is_stacked
    )  # fmt: skip


def _bars(traces: Sequence[Attributes], source: _Source, *, is_stacked: bool, is_split: bool) -> NativeChart:
    """Return a native chart of bars from top to bottom.

    With `is_split`, each trace or panel is a value of the last breakdown.
    """
    keys = len(source.drawn.rows.keys) - (is_split and len(source.drawn.rows.keys) > 1)
    count = max(len(trace["x"]) for trace in traces)
    shared = [_places(trace, count) for trace in traces]
    names = [next((place for place in at if place >= 0), -1) for at in zip(*shared, strict=True)]
    series: list[Series] = []
    for trace, places in zip(traces, shared, strict=True):
        values = _padded(trace["x"], count)
        column = source.column(values, places)
        colours = trace.get("marker", {}).get("color")
        series.append(
            Series(
                name=str(trace.get("name") or _bar_name(column, source.result)), values=values, places=places,
                colour=_colour(trace), column=column, is_before=_is_before(column),
                colours=tuple(map(str, colours)) if isinstance(colours, (list, tuple)) else (),
            )
        )  # fmt: skip
    # The number comes before its comparison, as in a table.
    series.sort(key=lambda one: one.is_before)
    categories = tuple(source.name(place, keys) if place >= 0 else "" for place in names)
    return NativeChart(kind="bar", categories=categories, series=tuple(series), is_stacked=is_stacked)


def _bar_name(column: ResultColumn | None, result: Result) -> str:
    """Return the name of a series of bars: the metric's label, or the comparison's period."""
    if column is None:
        return ""
    if not column.compare:
        return column.label
    metric = next((one for one in result.values if f"{one.name}_{column.compare}" == column.name), column)
    return comparison_words(metric, column).capitalize()


def _ring(trace: Attributes, source: _Source) -> NativeChart:
    values = tuple(float(value) for value in trace["values"])
    places = tuple(rows_behind(trace))
    column = source.column(values, places)
    names = tuple(source.name(place, len(source.drawn.rows.keys)) for place in places)
    colours = tuple(map(str, trace["marker"]["colors"]))
    series = Series(name=column.label if column else "", values=values, places=places, colour=colours[0],
                    column=column, colours=colours)  # fmt: skip
    return NativeChart(kind="ring", categories=names, series=(series,))


def _scatter(traces: Sequence[Attributes], source: _Source) -> NativeChart:
    """Return a native scatter. Its points have the names of their rows."""
    places = tuple(place for trace in traces for place in rows_behind(trace))
    across = tuple(float(value) for trace in traces for value in trace["x"])
    up = tuple(float(value) for trace in traces for value in trace["y"])
    first, second = source.column(across, places), source.column(up, places)
    if first is None or second is None:
        return NativeChart(kind="scatter", categories=(), series=())
    rows = source.drawn.rows
    names = tuple(source.name(place, len(rows.keys)) if rows.keys else _period_name(place, source) for place in places)
    series = Series(
        name=f"{first.label} and {second.label}", values=up, places=places, colour=LIGHT.series[0], column=second,
        across=across, across_column=first,
    )  # fmt: skip
    return NativeChart(kind="scatter", categories=names, series=(series,))


def _period_name(place: int, source: _Source) -> str:
    day = source.drawn.rows.periods[source.row_at[place]]
    if isinstance(day, datetime) and day.tzinfo is not None:
        day = day.astimezone(source.drawn.rows.zone)
    return source.day_name(day) if day is not None else "Without a date"


def _is_before(column: ResultColumn | None) -> bool:
    return column is not None and bool(column.compare)


def _padded(values: Sequence[float | None], count: int) -> tuple[float | None, ...]:
    return (*values, *(None,) * (count - len(values)))


def _places(trace: Attributes, count: int) -> tuple[int, ...]:
    rows = rows_behind(trace)
    return (*rows, *(-1,) * (count - len(rows)))


def _colour(trace: Attributes) -> str:
    """Return the colour of a line or of its bars. If the bars differ, it's the colour of the first one."""
    pen = trace.get("line", {}).get("color")
    marker = trace.get("marker", {}).get("color")
    colour = pen or (marker[0] if isinstance(marker, (list, tuple)) else marker)
    return str(colour or LIGHT.series[0])
