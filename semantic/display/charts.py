"""START HERE: which chart shows a result, by rule, and why. A result and colours in, a Plotly figure out; no page.

    a date            lines: at most five together, else small multiples on one scale
    one breakdown     ranked bars, the largest 15
    two breakdowns    heat with every number written
    no breakdown      no chart: the numbers themselves, large
Metrics of different units never share an axis: one panel each. Nothing is stacked, so no ratio is ever added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from semantic.display import figures
from semantic.display.change import change_between, change_text, change_words, verdict
from semantic.display.figures import BarPanel, Line, Panel
from semantic.display.format import MONTHS_OF, add_months, counted, key_text, listed, next_period, period, writer
from semantic.display.groups import (
    Group,
    Number,
    Rows,
    colours,
    first_of,
    in_table,
    in_zone,
    is_grey,
    is_rest,
    left_out,
    plain_colour,
    ranked_groups,
    ranked_values,
    take_apart,
)
from semantic.display.rows import comparison_words
from semantic.display.tokens import Tokens
from semantic.model.definitions import Granularity
from semantic.result import Result, ResultColumn

TOGETHER, MULTIPLES, BARS, BAR_PANELS, HEAT_ROWS, HEAT_COLUMNS, PERIODS = 5, 12, 15, 3, 15, 7, 1_500
TOGETHER_COMPARED = 2  # groups, or metrics, in one chart where each has a second line
REACH = 100  # periods that an axis goes on beyond its data, to the ends of the question's days
DASHES = ("dash", "dot", "dashdot")


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure, or None where numbers say it better; why it looks so, and the same in a sentence."""

    figure: go.Figure | None
    kind: Literal["line", "multiples", "bar", "heat", "tiles", "none"]
    reason: str
    alt: str
    note: str = ""
    title: str = ""  # the metrics drawn


def chart_for(result: Result, tokens: Tokens) -> Chart:
    """The chart of a result. Rows without a period or a value stay in the table; the note says what is left out."""
    rows = take_apart(result)
    if not rows.groups:
        return Chart(None, "none", "There are no rows to draw.", f"{rows.title}: no rows.")
    if all(value is None for numbers in rows.numbers.values() for value in numbers):
        said = f"{rows.title}: {counted(len(rows.groups), 'row')}, none has a value."
        return Chart(None, "none", "No row has a value.", said)
    periods = {one for one in rows.periods if one is not None}
    if rows.time and len(periods) > PERIODS:
        reason = f"{len(periods):,} periods are too many to draw."
        return Chart(None, "none", reason, f"{rows.title}: in the table only.")
    if rows.time and len(periods) > 1:
        return _over_time(result, rows, tokens)
    if not rows.keys:
        return _tiles(result, rows)
    if len(rows.keys) == 2 and _is_grid(rows):
        return _grid(result, rows, tokens)
    return _ranked(result, rows, tokens)


def _on_axis(spine: Sequence[date], zone: ZoneInfo) -> list[date]:
    """The periods by the clock of the zone. Hours are counted as instants before: a clock may show one twice."""
    return [one.astimezone(zone).replace(tzinfo=None) if isinstance(one, datetime) else one for one in spine]


# A date: lines


def _over_time(result: Result, rows: Rows, tokens: Tokens) -> Chart:
    assert rows.time is not None
    spine = _spine(result, rows)
    along = _on_axis(spine, rows.zone)
    size = rows.measure_of_size
    groups = ranked_groups(rows, size)
    undated = sum(one is None for one in rows.periods)
    notes = [f"{counted(undated, 'row')} without a date: in the table only."] if undated else []
    notes += _dashed_notes(rows)
    if not rows.keys:
        figure = figures.line_chart(along, rows.time.grain, _metric_panels(rows, spine, tokens), tokens)
        reason = "A line, because the question has a date."
        if len(rows.metrics) > 1:
            reason += " Metrics of one unit share a scale; others have a panel of their own."
        return Chart(figure, "line", reason, _line_alt(result, rows, spine), " ".join(notes), rows.title)
    together = TOGETHER_COMPARED if rows.is_compared else TOGETHER
    if len(groups) > together and len(rows.metrics) == 1:
        drawn = first_of(groups, MULTIPLES)
        metric, write = rows.metrics[0], rows.write(rows.metrics[0])
        panels = [
            Panel(rows.name(group), _lines(rows, metric, group, spine, plain_colour(group, tokens)), write)
            for group in drawn
        ]
        figure = figures.small_multiples(along, rows.time.grain, panels, tokens)
        reason = f"One small chart each on one scale: {len(groups)} lines in one chart cannot be told apart."
        note = " ".join([*left_out(rows, groups, drawn, size), *notes])
        return Chart(figure, "multiples", reason, _line_alt(result, rows, spine), note, rows.title)
    drawn = first_of(groups, together)
    colour = colours(drawn, rows, tokens)
    panels = [
        Panel(
            metric.label,
            tuple(line for group in drawn for line in _lines(rows, metric, group, spine, colour[group])),
            rows.write(metric),
        )
        for metric in rows.metrics
    ]
    figure = figures.line_chart(along, rows.time.grain, panels, tokens)
    reason = f"One line for each of {rows.noun}, because the question has a date."
    if len(rows.metrics) > 1:
        reason += " One panel for each metric."
    note = " ".join([*left_out(rows, groups, drawn, size), *notes])
    return Chart(figure, "line", reason, _line_alt(result, rows, spine), note, rows.title)


def _metric_panels(rows: Rows, spine: Sequence[date], tokens: Tokens) -> list[Panel]:
    """Metrics of one unit together, five at most; each other unit in a panel of its own."""
    together = TOGETHER_COMPARED if rows.is_compared else TOGETHER
    by_unit: dict[tuple[str, str, int], list[ResultColumn]] = {}
    for metric in rows.metrics:
        alike = [key for key in by_unit if key[:2] == (metric.format, metric.unit)]
        room = next((key for key in alike if len(by_unit[key]) < together), None)
        by_unit.setdefault(room or (metric.format, metric.unit, len(alike)), []).append(metric)
    panels: list[Panel] = []
    for metrics in by_unit.values():
        numbers = [value for metric in metrics for value in rows.numbers[metric.name]]
        lines = tuple(
            line
            for place, metric in enumerate(metrics)
            for line in _lines(rows, metric, (), spine, tokens.series[place])
        )
        panels.append(Panel(listed(m.label for m in metrics), lines, writer(metrics[0], numbers)))
    return panels


def _lines(rows: Rows, metric: ResultColumn, group: Group, spine: Sequence[date], colour: str) -> tuple[Line, ...]:
    """A group's line, then one dashed in its colour for each period that it is compared with."""
    name = rows.name(group) if group else metric.label
    lines = [Line(name, _values(rows, metric, group, spine), colour)]
    for before, dash in zip(rows.before[metric.name], DASHES, strict=False):
        said = f"{name}, {comparison_words(metric, before)}"
        lines.append(Line(said, _values(rows, before, group, spine), colour, dash))
    return tuple(lines)


def _dashed_notes(rows: Rows) -> list[str]:
    """Which line is which period."""
    metric = rows.metrics[0]
    words = [comparison_words(metric, before) for before in rows.before[metric.name]]
    names = ("Dashed", "Dotted", "Dashed and dotted")
    said = "; ".join(f"{name}: {word}" for name, word in zip(names, words, strict=False))
    return [f"{said}."] if words else []


def _spine(result: Result, rows: Rows) -> list[date]:
    """Every period from the first to the last, so that a missing one is a gap and not a bridge.

    Reaches to the ends of the question's own period: data that stops early is seen to stop.
    """
    assert rows.time is not None
    grain, known = rows.time.grain, sorted({one for one in rows.periods if one is not None})
    first, last = known[0], known[-1]
    start, end = result.period.start, result.period.end
    spine = [first]
    while spine[-1] < last and len(spine) <= PERIODS:
        spine.append(next_period(spine[-1], grain))
    if not set(known) <= set(spine):
        return known
    if grain is Granularity.HOUR or isinstance(first, datetime):
        return spine
    before = [] if start is None else _reach(first, _begin(start, first, grain), grain, -1)
    after = [] if end is None else _reach(next_period(last, grain), end, grain, 1)
    return before[:0:-1] + spine + after


def _reach(first: date, bound: date, grain: Granularity | None, step: int) -> list[date]:
    """The periods from `first` towards `bound`; none where that is too far to be drawn."""
    periods = [first] if step < 0 or first < bound else []
    while periods and (periods[-1] > bound if step < 0 else next_period(periods[-1], grain) < bound):
        if len(periods) > REACH:
            return []
        periods.append(next_period(periods[-1], grain, step))
    return periods


def _begin(start: date, anchor: date, grain: Granularity | None) -> date:
    """The first day of the period that holds `start`; `anchor` is the first day of another."""
    if grain is Granularity.WEEK:
        return start - timedelta(days=min((start.weekday() - anchor.weekday()) % 7, start.toordinal() - 1))
    if grain is None or grain not in MONTHS_OF:
        return start
    months = (start.year - anchor.year) * 12 + start.month - anchor.month
    return add_months(anchor.replace(day=1), months - months % MONTHS_OF[grain])


def _values(rows: Rows, metric: ResultColumn, group: Group, spine: Sequence[date]) -> list[Number]:
    numbers = rows.numbers[metric.name]
    found = {p: n for p, g, n in zip(rows.periods, rows.groups, numbers, strict=True) if g == group and p is not None}
    return [found.get(one) for one in spine]


def _line_alt(result: Result, rows: Rows, spine: Sequence[date]) -> str:
    metric = rows.metrics[0]
    dated = [
        (value, when, group)
        for value, when, group in zip(rows.numbers[metric.name], rows.periods, rows.groups, strict=True)
        if value is not None and when is not None
    ]
    if not dated or rows.time is None:
        return f"{result.title}, {result.period.words}."
    write, grain = rows.write(metric), rows.time.grain

    def said(value: float, when: date, group: Group) -> str:
        return f"{write(value)} in {period(in_zone(when, rows.zone), grain)}" + (
            f" for {rows.name(group)}" if group else ""
        )

    highest, lowest = max(dated, key=lambda one: one[0]), min(dated, key=lambda one: one[0])
    ends = f"Highest {metric.label}: {said(*highest)}. Lowest: {said(*lowest)}."
    return f"{result.title}, {result.period.words}. Lines over {counted(len(spine), 'period')}. {ends}"


# Breakdowns without a date: bars and heat


def _ranked(result: Result, rows: Rows, tokens: Tokens) -> Chart:
    metrics = rows.metrics[:BAR_PANELS]
    groups = rows.groups if result.query.order else ranked_groups(rows, metrics[0])
    by_group = {name: dict(zip(rows.groups, numbers, strict=True)) for name, numbers in rows.numbers.items()}
    drawable = [one.name for metric in metrics for one in (metric, *rows.before[metric.name][:1])]
    valued = [one for one in groups if any(by_group[name][one] is not None for name in drawable)] or groups
    drawn = first_of(valued, BARS)
    panels = [_bar_panel(metric, rows, result, drawn, by_group, tokens) for metric in metrics]
    figure = figures.bar_chart([rows.name(g) for g in drawn], [is_grey(g) for g in drawn], panels, tokens)
    order = "in the order asked for" if result.query.order else f"by {metrics[0].label}, largest first"
    reason = f"Bars, because the question has no date; {order}."
    if len(metrics) > 1:
        reason += " One panel for each metric."
    notes = left_out(rows, valued, drawn, None if result.query.order else rows.metrics[0])
    if len(valued) < len(groups):
        notes.append(f"{counted(len(groups) - len(valued), 'group')} without a value: in the table only.")
    if len(rows.metrics) > len(metrics):
        notes.append(f"{listed(m.label for m in rows.metrics[BAR_PANELS:])}: in the table only.")
    notes += _bar_notes(rows)
    first = rows.metrics[0]
    top = ", ".join(f"{rows.name(g)} {rows.write(first)(by_group[first.name][g])}" for g in drawn[:3])
    alt = f"{result.title}, {result.period.words}. Bars, {order}: {top}."
    return Chart(figure, "bar", reason, alt, " ".join(notes), listed(m.label for m in metrics))


def _bar_panel(
    metric: ResultColumn,
    rows: Rows,
    result: Result,
    drawn: Sequence[Group],
    by_group: dict[str, dict[Group, Number]],
    tokens: Tokens,
) -> BarPanel:
    """One metric's bars, each with a lighter one for the period it is first compared with, and the change."""
    values, write = [by_group[metric.name][group] for group in drawn], rows.write(metric)
    if not rows.before[metric.name]:
        return BarPanel(metric.label, values, write)
    before = rows.before[metric.name][0]
    earlier = [by_group[before.name][group] for group in drawn]
    change = [change_between(*pair, metric) for pair in zip(values, earlier, strict=True)]
    ink = {"better": tokens.favourable, "worse": tokens.unfavourable, "": tokens.muted}
    said = [None if one is None else change_text(one, metric) for one in change]
    words = comparison_words(metric, before)
    return BarPanel(metric.label, values, write, earlier, words, said, [ink[verdict(one, metric)] for one in change])


def _bar_notes(rows: Rows) -> list[str]:
    metric = rows.metrics[0]
    words = [comparison_words(metric, before) for before in rows.before[metric.name]]
    more = f" {listed(words[1:])}: in the table." if len(words) > 1 else ""
    return [f"Thin bars: {words[0]}.{more}"] if words else []


def _is_grid(rows: Rows) -> bool:
    return all(len({group[place] for group in rows.groups}) > 1 for place in (0, 1))


def _grid(result: Result, rows: Rows, tokens: Tokens) -> Chart:
    metric = rows.metrics[0]
    cells = dict(zip(rows.groups, rows.numbers[metric.name], strict=True))
    down_all, across_all = (ranked_values(rows, metric, place) for place in (0, 1))
    down, across = first_of(down_all, HEAT_ROWS), first_of(across_all, HEAT_COLUMNS)
    values = [[cells.get((one, other)) for other in across] for one in down]
    first, second = rows.keys
    names = ([key_text(one, first) for one in down], [key_text(one, second) for one in across])
    plain = [[is_rest((one, other)) for other in across] for one in down]
    figure = figures.heat(*names, values, rows.write(metric), tokens, plain=plain)
    notes = [
        f"{len(shown)} of {len(every)} values of {key.label} are drawn; {in_table(rows)}."
        for key, shown, every in ((first, down, down_all), (second, across, across_all))
        if len(shown) < len(every)
    ]
    if len(rows.metrics) > 1:
        notes.append(f"Drawn: {metric.label}. {listed(m.label for m in rows.metrics[1:])}: in the table.")
    if rows.is_compared:
        notes.append("What it is compared with is in the table.")
    valued = [group for group in cells if cells[group] is not None]
    members = [group for group in valued if not is_rest(group)]
    highest = max(members or valued, key=lambda group: cells[group] or 0)
    alt = (
        f"{metric.label} by {first.label} and {second.label}, {result.period.words}. "
        f"Highest: {rows.write(metric)(cells[highest])} for {rows.name(highest)}."
    )
    reason = "A tinted grid, because the question has two breakdowns and no date."
    return Chart(figure, "heat", reason, alt, " ".join(notes), metric.label)


def _tiles(result: Result, rows: Rows) -> Chart:
    said: list[str] = []
    place = next((at for at, one in enumerate(rows.periods) if one is not None), 0)
    for metric in rows.metrics:
        value = rows.numbers[metric.name][place]
        text = f"{metric.label} {rows.write(metric)(value)}"
        for before in rows.before[metric.name]:
            change = change_between(value, rows.numbers[before.name][place], metric)
            text += f" ({change_words(change, metric)} against {comparison_words(metric, before)})"
        said.append(text)
    reason = "One period: the numbers themselves." if rows.time else "No breakdown: the numbers themselves."
    return Chart(None, "tiles", reason, f"{result.title}, {result.period.words}: {', '.join(said)}.")
