"""Draw a result over time: lines, small multiples, areas, or columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import plotly.graph_objects as go

from semantic.display.change import change_between, change_text
from semantic.display.charts import sample_size
from semantic.display.charts.chart import LINES, Chart, Kind
from semantic.display.charts.cohorts import cohort_axis, open_notes, titled_axis
from semantic.display.charts.drawing import Drawing, dashed, in_part_notes, not_compared, not_final_notes, undated
from semantic.display.charts.events import along_columns
from semantic.display.charts.figures.columns import ColumnPanel, Columns, Series, column_chart
from semantic.display.charts.figures.frame import known_sum
from semantic.display.charts.figures.line import Line, Panel, TimeAxis
from semantic.display.charts.figures.lines import line_chart
from semantic.display.charts.kinds import stackable
from semantic.display.charts.largest import largest_of_each, left_out_of_each, no_numbers
from semantic.display.format import counted, in_full, listed, period, when_words, writer
from semantic.display.groups import (
    Group,
    Rows,
    colours,
    in_zone,
    is_grey,
    ranked_groups,
)
from semantic.display.rows import comparison_words
from semantic.display.spine import on_axis
from semantic.display.template import tick_dates, time_ticks
from semantic.results.result import ResultColumn

TOGETHER, METRIC_PANELS = 5, 6
TOGETHER_COMPARED = 2  # groups, or metrics, in one chart if each has a second line
COLOURED, MOST_LINES, TOP = 8, 12, 4
"""The most lines with a colour of their own, and the most lines in one chart. With more than COLOURED lines, only TOP
lines have a colour.
"""
DASHES = ("dash", "dashdot", "longdash")


def together(rows: Rows) -> int:
    return TOGETHER_COMPARED if rows.is_compared else TOGETHER


def lines(drawing: Drawing) -> Chart:
    """Return a line for each group or, without a breakdown, for each metric. Each unit has its own panel."""
    rows = drawing.rows
    if not rows.keys:
        panels, aimed = _metric_panels(drawing), _target_line(drawing)
        if aimed is not None:
            panels = [replace(panels[0], lines=(*panels[0].lines, aimed))]
        notes = [*dashed(rows), *(["Thin line: target."] if aimed is not None else [])]
        return dated_chart(drawing, "line", line_chart(along(drawing), panels, drawing.tokens), notes)
    metrics = rows.metrics[:METRIC_PANELS]
    if len(metrics) == 1 and not rows.is_compared:
        return _one_chart(drawing, metrics[0])
    picked = largest_of_each(rows, metrics, together(rows), len(drawing.tokens.series))
    colour = colours(list(dict.fromkeys(group for largest in picked for group in largest.drawn)), rows, drawing.tokens)
    panels = [
        Panel(
            largest.metric.label,
            tuple(line for group in largest.drawn for line in lines_of(drawing, largest.metric, group, colour[group])),
            rows.write(largest.metric),
            drawing.unknown(largest.metric),
        )
        for largest in picked
    ]
    notes = [*left_out_of_each(rows, picked), *_metrics_left(rows.metrics), *dashed(rows)]
    return dated_chart(drawing, "line", line_chart(along(drawing), panels, drawing.tokens), notes)


def _one_chart(drawing: Drawing, metric: ResultColumn) -> Chart:
    """Return all groups in one chart. Up to five have labels at their ends. More have a legend sorted by last value.

    If there are more than eight, only the largest four have colours, and the others are grey.
    """
    rows, tokens = drawing.rows, drawing.tokens
    (largest,) = picked = largest_of_each(rows, [metric], MOST_LINES, MOST_LINES)
    members = [group for group in largest.drawn if not is_grey(group)]
    coloured = members if len(members) <= COLOURED else members[:TOP]
    colour = colours(coloured, rows, tokens)
    drawn = [
        replace(line, quiet=len(members) > COLOURED and group not in colour)
        for group in largest.drawn
        for line in lines_of(drawing, metric, group, colour.get(group, tokens.other))
    ]
    is_many = len(drawn) > TOGETHER and len(members) <= COLOURED
    drawn.sort(key=_last_value if is_many else lambda line: not line.quiet)
    panel = Panel(metric.label, tuple(drawn), rows.write(metric), drawing.unknown(metric))
    quiet = sum(line.quiet for line in drawn)
    notes = left_out_of_each(rows, picked)
    if quiet:
        notes.append(f"In color: the largest {len(coloured)}. Point at a gray line for its name.")
    figure = line_chart(along(drawing), [panel], tokens, legend=is_many)
    return dated_chart(drawing, "line", figure, notes)


def _last_value(line: Line) -> float:
    """Return a sort key that puts the line with the largest last value first."""
    value = None if line.last is None else line.values[line.last]
    return math.inf if value is None else -float(value)


def _target_line(drawing: Drawing) -> Line | None:
    """Return the targets of the only metric as a line, or None if none is known."""
    values = [drawing.targets.get(day) for day in drawing.spine]
    if len(drawing.rows.metrics) != 1 or all(value is None for value in values):
        return None
    return Line("Target", values, drawing.tokens.favourable, thin=True)


def area(drawing: Drawing) -> Chart:
    """Return a stacked area of a metric that adds up, with Other on top, or the area under a single line."""
    rows, tokens = drawing.rows, drawing.tokens
    if not rows.keys:
        metric = rows.metrics[0]
        drawn = lines_of(drawing, metric, (), tokens.series[0])[:1]
        panel = Panel(metric.label, drawn, rows.write(metric), drawing.unknown(metric))
        notes = [*_only(rows.metrics, metric), *not_compared(rows)]
        return dated_chart(drawing, "area", line_chart(along(drawing), [panel], tokens, filled="alone"), notes, metric)
    metric, groups = stacked_groups(drawing)
    colour = colours(groups, rows, tokens)
    values = [drawing.values(metric, group) for group in groups]
    last = max((at for numbers in values for at, value in enumerate(numbers) if value is not None), default=-1) + 1
    layers = tuple(
        Line(
            rows.name(group),
            of_group[:last],
            colour[group],
            rows=drawing.places(group)[:last],
            in_part=drawing.in_part(metric),
            beside=[[(words, texts[:last]) for words, texts in line] for line in drawing.beside(metric, group)],
        )
        for group, of_group in zip(groups, values, strict=True)
    )
    shown = along(drawing)
    shown = TimeAxis(shown.periods[:last], shown.grain, shown.events)
    unknown = [part for part in drawing.unknown(metric) if part.end <= last]
    figure = line_chart(shown, [Panel(metric.label, layers, rows.write(metric), unknown)], tokens, filled="stacked")
    notes = [*_only(rows.metrics, metric), *not_compared(rows), *stack_notes(drawing, metric, groups)]
    return dated_chart(drawing, "area", figure, notes, metric)


def stacked_metric(rows: Rows) -> ResultColumn:
    """Return the first metric whose values add up. Only call this for kinds of charts that need one."""
    metric = stackable(rows)
    assert metric is not None
    return metric


def stacked_groups(drawing: Drawing) -> tuple[ResultColumn, list[Group]]:
    """Return the metric whose values add up, and its groups with numbers, from the bottom of the stack.

    The largest groups come first, and Other is last.
    """
    metric = stacked_metric(drawing.rows)
    groups = ranked_groups(drawing.rows, metric)
    return metric, [group for group in groups if any(value is not None for value in drawing.values(metric, group))]


def stack_notes(drawing: Drawing, metric: ResultColumn, groups: Sequence[Group]) -> list[str]:
    """Return notes on what a stack over time leaves out: groups without numbers, and groups beyond the top."""
    rows = drawing.rows
    empty = [rows.name(group) for group in ranked_groups(rows, metric) if group not in groups]
    return [*([no_numbers(metric, empty)] if empty else []), *beyond_top(drawing)]


def beyond_top(drawing: Drawing) -> list[str]:
    """Return a note if a stack contains only the top groups, and so is lower than the whole."""
    top = drawing.result.query.top
    return ["Groups beyond the top aren't included."] if top is not None and not top.other else []


def columns(drawing: Drawing) -> Chart:
    """Return a column for each period. The comparison has a pale column next to it."""
    rows, tokens = drawing.rows, drawing.tokens
    metrics = rows.metrics[:METRIC_PANELS]
    panels: list[ColumnPanel] = []
    for metric in metrics:
        write = rows.write(metric)
        cells = drawing.cells(metric, ())
        before = rows.before[metric.name][:1]
        series = [
            Series(f"{metric.label}, {comparison_words(metric, column)}", drawing.values(column, ()), tokens.series[0],
                   drawing.places(()), pale=True)
            for column in before
        ]  # fmt: skip
        main = Series(
            metric.label,
            drawing.values(metric, ()),
            tokens.series[0],
            drawing.places(()),
            unsure=sample_size.unsure(cells),
            words=sample_size.words(cells, in_full(write)),
            running=drawing.still_open.get(metric.name),
            in_part=drawing.in_part(metric),
            beside=drawing.beside(metric, ()),
        )
        panels.append(ColumnPanel(metric.label, (*series, main), write, unknown=drawing.unknown(metric)))
    figure = column_chart(columns_of(drawing), panels, tokens, stacked=False)
    partners = rows.before[metrics[0].name]
    pale = [f"Pale: {comparison_words(metrics[0], partner)}." for partner in partners[:1]]
    return dated_chart(drawing, "bar", figure, [*_metrics_left(rows.metrics), *pale])


def columns_of(drawing: Drawing) -> Columns:
    """Return the positions of columns: the full name of each period, and which names are shown below the axis."""
    grain = drawing.rows.time.grain if drawing.rows.time else None
    axis = on_axis(drawing.spine, drawing.rows.zone)
    ticks = time_ticks(axis, 5)
    places = {id(day): at for at, day in enumerate(axis)}
    at = [places[id(time_tick)] for time_tick in ticks]
    names = [period(day, grain) for day in axis]
    ticks_below = list(zip(at, tick_dates(ticks, grain), strict=True))
    return Columns(names, ticks_below, along_columns(drawing.events, drawing.spine))


def along(drawing: Drawing) -> TimeAxis:
    grain = drawing.rows.time.grain if drawing.rows.time else None
    return TimeAxis(on_axis(drawing.spine, drawing.rows.zone), grain, drawing.events)


def _metric_panels(drawing: Drawing) -> list[Panel]:
    """Return the panels of lines: up to five metrics with one unit share a panel, and each other unit has its own.

    Metrics per something have a separate panel, because next to sums they would be a flat line at 0. Balances and
    to-date metrics have one too, because next to them a period's sum would be flat.
    """
    rows, most = drawing.rows, together(drawing.rows)
    by_unit: dict[tuple[str, str, bool, bool, int], list[ResultColumn]] = {}
    for metric in rows.metrics:
        unit = (metric.format, metric.unit, metric.is_ratio, _is_level(metric))
        alike = [key for key in by_unit if key[:-1] == unit]
        room = next((key for key in alike if len(by_unit[key]) < most), None)
        by_unit.setdefault(room or (*unit, len(alike)), []).append(metric)
    panels: list[Panel] = []
    for metrics in by_unit.values():
        numbers = [value for metric in metrics for value in rows.numbers[metric.name]]
        drawn = tuple(
            line
            for place, metric in enumerate(metrics)
            for line in lines_of(drawing, metric, (), drawing.tokens.series[place], banded=len(metrics) == 1)
        )
        write, unknown = writer(metrics[0], numbers), drawing.unknown(*metrics)
        panels.append(Panel(listed(m.label for m in metrics), drawn, write, unknown))
    return panels


def _is_level(metric: ResultColumn) -> bool:
    """Whether a metric is a level on a day, such as a balance, instead of an amount for a period."""
    gathers = any(window.window is None for window in metric.timing.windows)
    return not metric.is_ratio and (gathers or bool(metric.timing.balances))


def lines_of(
    drawing: Drawing, metric: ResultColumn, group: Group, colour: str, *, banded: bool = False
) -> tuple[Line, ...]:
    """Return a group's line, followed by a dashed line in the same colour for each comparison."""
    rows = drawing.rows
    name = rows.name(group) if group else metric.label
    places, cells = drawing.places(group), drawing.cells(metric, group)
    low, high = sample_size.ends(cells) if banded else ([], [])
    main = Line(
        name,
        drawing.values(metric, group),
        colour,
        rows=places,
        hollow=sample_size.unsure(cells),
        words=sample_size.words(cells, in_full(rows.write(metric))),
        low=low,
        high=high,
        running=drawing.still_open.get(metric.name),
        in_part=drawing.in_part(metric),
        beside=drawing.beside(metric, group),
    )
    compared = [
        Line(f"{name}, {comparison_words(metric, before)}", drawing.values(before, group), colour, dash, places)
        for before, dash in zip(rows.before[metric.name], DASHES, strict=False)
    ]
    return (main, *compared)


def _metrics_left(metrics: Sequence[ResultColumn]) -> list[str]:
    rest = metrics[METRIC_PANELS:]
    return [f"{listed(metric.label for metric in rest)}: table only."] if rest else []


def _only(metrics: Sequence[ResultColumn], drawn: ResultColumn) -> list[str]:
    rest = [metric.label for metric in metrics if metric is not drawn]
    return [f"Shows {drawn.label}. {listed(rest)}: table only."] if rest else []


def dated_chart(
    drawing: Drawing, kind: Kind, figure: go.Figure, notes: Sequence[str], metric: ResultColumn | None = None
) -> Chart:
    """Return a chart over time with its notes on undated rows and incomplete periods, and its annotations."""
    rows = drawing.rows
    marks = {"line": "Dotted: ", "multiples": "Dotted: "} | dict.fromkeys(("bar", "stacked", "share"), "Hatched: ")
    unsure = sum(sum(sample_size.unsure(cells)) for cells in rows.behind.values())
    texts = [
        *notes,
        *undated(rows),
        *in_part_notes(drawing, "Hatched: " if kind == "area" else marks.get(kind, "")),
        *open_notes(drawing, marks.get(kind, "")),
        *(_blank_notes(drawing, metric or rows.metrics[0]) if kind in ("bar", "stacked", "share") else []),
        *not_final_notes(drawing, marks.get(kind, "")),
        *([sample_size.unsure_words(unsure, UNSURE_LOOK.get(kind, "hollow"))] if unsure else []),
    ]
    title = metric.label if metric else rows.title
    if axis := cohort_axis(drawing):
        titled_axis(figure, axis, drawing.tokens)
    return Chart(figure, kind, "", finding(drawing, kind), " ".join(texts), title, LINES, drawing.event_words)


def _blank_notes(drawing: Drawing, metric: ResultColumn) -> list[str]:
    """Return a note on missing numbers between the first and the last column.

    Without the note, they would look like 0.
    """
    groups = dict.fromkeys(drawing.rows.groups)
    values = [known_sum(of_all) for of_all in zip(*(drawing.values(metric, group) for group in groups), strict=True)]
    places = [place for place, value in enumerate(values) if value is not None]
    count = places[-1] - places[0] + 1 if places else 0
    blank = count - len(places)
    return [f"Blank: no number in {blank:,} of {counted(count, 'period')}."] if blank else []


UNSURE_LOOK: dict[str, str] = {
    "bar": "pale",
    "heat": "not tinted",
    "stacked": "in the table",
    "share": "in the table",
}
WORDS: dict[str, str] = {
    "line": "Lines", "multiples": "Small multiples", "area": "Areas", "bar": "Columns", "stacked": "Stacked columns",
    "share": "Shares", "heat": "A heat map",
}  # fmt: skip


def finding(drawing: Drawing, kind: Kind) -> str:
    """Return the finding of a chart in words: the trend, the highest and the lowest point."""
    rows, metric = drawing.rows, drawing.rows.metrics[0]
    place, begins = drawing.not_final(metric), drawing.first_whole(metric)
    unfinished = drawing.spine[place] if place is not None else None
    cut = set(drawing.spine[:begins])
    dated = [
        (value, when, group)
        for value, when, group in zip(rows.numbers[metric.name], rows.periods, rows.groups, strict=True)
        if value is not None and when is not None and when not in cut and (unfinished is None or when < unfinished)
    ]
    if not dated:
        return drawing.start
    highest, lowest = max(dated, key=lambda pair: pair[0]), min(dated, key=lambda pair: pair[0])
    ends = f"Highest {metric.label}: {drawing.said(metric, *highest)}. Lowest: {drawing.said(metric, *lowest)}."
    over = f"{WORDS[kind]} over {counted(len(drawing.spine), 'period')}."
    return f"{drawing.start} {over} {_way(drawing, metric)}{ends}"


def _way(drawing: Drawing, metric: ResultColumn) -> str:
    """Return the change from the first to the last complete period in words, for a metric without a breakdown."""
    rows = drawing.rows
    if rows.keys:
        return ""
    values = drawing.values(metric, ())
    place = drawing.not_final(metric)
    last = place if place is not None else len(values)
    whole = slice(drawing.first_whole(metric), last)
    dated = zip(values[whole], drawing.spine[whole], strict=True)
    known = [(value, when) for value, when in dated if value is not None]
    if len(known) < 2:
        return ""
    (first, _), (end, when) = known[0], known[-1]
    change = change_text(change_between(end, first, metric), metric)
    write, grain = rows.write(metric), rows.time.grain if rows.time else None
    return f"From {write(first)} to {write(end)} {when_words(in_zone(when, rows.zone), grain)}, {change}. "
