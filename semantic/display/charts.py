"""START HERE: which chart shows a result, by rule, and why. A result and colours in, a Plotly figure out; no page.

    a date            lines: at most five together, else small multiples on one scale
    one breakdown     ranked bars, the largest 15
    two breakdowns    heat with every number written
    no breakdown      no chart: the numbers themselves, large
Metrics of different units never share an axis: one panel each. Nothing is stacked, so no ratio is ever added up.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeVar, cast
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from semantic.display import figures
from semantic.display.figures import BarPanel, Line, Panel
from semantic.display.format import Write, counted, key_text, listed, next_period, period, writer
from semantic.display.tokens import Tokens
from semantic.model.definitions import Granularity
from semantic.result import Result, ResultColumn

TOGETHER, MULTIPLES, BARS, BAR_PANELS, HEAT_ROWS, HEAT_COLUMNS, PERIODS = 5, 12, 15, 3, 15, 7, 1_500
REACH = 100  # periods that an axis goes on beyond its data, to the ends of the question's days

Number = float | None
Thing = TypeVar("Thing", bound=Hashable)
Group = tuple[Hashable, ...]
"""The raw values of the breakdowns other than the date, in the result's order."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure, or None where numbers say it better; why it looks so, and the same in a sentence."""

    figure: go.Figure | None
    kind: Literal["line", "multiples", "bar", "heat", "tiles", "none"]
    reason: str
    alt: str
    note: str = ""
    title: str = ""  # the metrics drawn


@dataclass(frozen=True, slots=True)
class _Rows:
    """A result taken apart: per row its period, its group, and its metrics' numbers."""

    time: ResultColumn | None
    keys: tuple[ResultColumn, ...]
    metrics: tuple[ResultColumn, ...]
    periods: list[date | None]
    groups: list[Group]
    numbers: dict[str, list[Number]]
    zone: ZoneInfo

    def name(self, group: Group) -> str:
        return " \N{MIDDLE DOT} ".join(key_text(value, key) for value, key in zip(group, self.keys, strict=True))

    def write(self, metric: ResultColumn) -> Write:
        return writer(metric, self.numbers[metric.name])

    @property
    def noun(self) -> str:
        return "groups" if len(self.keys) != 1 else f"values of {self.keys[0].label}"

    @property
    def title(self) -> str:
        return listed(metric.label for metric in self.metrics)

    @property
    def measure_of_size(self) -> ResultColumn:
        """The metric that says which groups are large: one that adds up where there is one, else the first."""
        return next((metric for metric in self.metrics if not metric.is_ratio), self.metrics[0])


def chart_for(result: Result, tokens: Tokens) -> Chart:
    """The chart of a result. Rows without a period or a value stay in the table; the note says what is left out."""
    rows = _take_apart(result)
    if result.table.num_rows == 0:
        return Chart(None, "none", "There are no rows to draw.", f"{result.title}: no rows.")
    if all(value is None for numbers in rows.numbers.values() for value in numbers):
        said = f"{result.title}: {counted(result.table.num_rows, 'row')}, none has a value."
        return Chart(None, "none", "No row has a value.", said)
    periods = {one for one in rows.periods if one is not None}
    if rows.time and len(periods) > PERIODS:
        reason = f"{len(periods):,} periods are too many to draw."
        return Chart(None, "none", reason, f"{result.title}: in the table only.")
    if rows.time and len(periods) > 1:
        return _over_time(result, rows, tokens)
    if not rows.keys:
        return _tiles(result, rows)
    if len(rows.keys) == 2 and _is_grid(rows):
        return _grid(result, rows, tokens)
    return _ranked(result, rows, tokens)


def _take_apart(result: Result) -> _Rows:
    time = next((key for key in result.keys if key.grain is not None), None)
    keys = tuple(key for key in result.keys if key is not time)
    columns = {name: result.table.column(name).to_pylist() for name in (column.name for column in result.columns)}
    count = result.table.num_rows
    periods = [_as_period(value) for value in columns[time.name]] if time else [None] * count
    zone = ZoneInfo(result.period.time_zone)
    for key in keys:
        columns[key.name] = [_in_zone(value, zone) for value in columns[key.name]]
    groups: list[Group] = list(zip(*(columns[key.name] for key in keys), strict=True)) if keys else [()] * count
    numbers = {metric.name: [_as_number(value) for value in columns[metric.name]] for metric in result.values}
    return _Rows(time, keys, result.values, periods, groups, numbers, zone)


def _in_zone(value: Thing, zone: ZoneInfo) -> Thing:
    """An instant as the clock of the zone shows it; anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return cast(Thing, value.astimezone(zone))
    return value


def _on_axis(spine: Sequence[date], zone: ZoneInfo) -> list[date]:
    """The periods by the clock of the zone. Hours are counted as instants before: a clock may show one twice."""
    return [one.astimezone(zone).replace(tzinfo=None) if isinstance(one, datetime) else one for one in spine]


def _as_period(value: object) -> date | None:
    return value if isinstance(value, date) else None


def _as_number(value: object) -> Number:
    if value is None or isinstance(value, int):
        return value
    number = float(cast(float, value))
    return number if number - number == 0 else None  # neither infinite nor NaN can be drawn


# A date: lines


def _over_time(result: Result, rows: _Rows, tokens: Tokens) -> Chart:
    assert rows.time is not None
    spine = _spine(result, rows)
    along = _on_axis(spine, rows.zone)
    size = rows.measure_of_size
    groups = _ranked_groups(rows, size)
    undated = sum(one is None for one in rows.periods)
    notes = [f"{counted(undated, 'row')} without a date: in the table only."] if undated else []
    if not rows.keys:
        figure = figures.line_chart(along, rows.time.grain, _metric_panels(rows, spine, tokens), tokens)
        reason = "A line, because the question has a date."
        if len(rows.metrics) > 1:
            reason += " Metrics of one unit share a scale; others have a panel of their own."
        return Chart(figure, "line", reason, _line_alt(result, rows, spine), " ".join(notes), rows.title)
    if len(groups) > TOGETHER and len(rows.metrics) == 1:
        drawn = groups[:MULTIPLES]
        lines = [Line(rows.name(g), _values(rows, rows.metrics[0], g, spine), _plain_colour(g, tokens)) for g in drawn]
        figure = figures.small_multiples(along, rows.time.grain, lines, rows.write(rows.metrics[0]), tokens)
        reason = f"One small chart each on one scale: {len(groups)} lines in one chart cannot be told apart."
        note = " ".join([*_left_out(rows, groups, drawn, size), *notes])
        return Chart(figure, "multiples", reason, _line_alt(result, rows, spine), note, rows.title)
    drawn = groups[:TOGETHER]
    colours = _colours(drawn, rows, tokens)
    panels = [
        Panel(m.label, tuple(Line(rows.name(g), _values(rows, m, g, spine), colours[g]) for g in drawn), rows.write(m))
        for m in rows.metrics
    ]
    figure = figures.line_chart(along, rows.time.grain, panels, tokens)
    reason = f"One line for each of {rows.noun}, because the question has a date."
    if len(rows.metrics) > 1:
        reason += " One panel for each metric."
    note = " ".join([*_left_out(rows, groups, drawn, size), *notes])
    return Chart(figure, "line", reason, _line_alt(result, rows, spine), note, rows.title)


def _metric_panels(rows: _Rows, spine: Sequence[date], tokens: Tokens) -> list[Panel]:
    """Metrics of one unit together, five at most; each other unit in a panel of its own."""
    by_unit: dict[tuple[str, str, int], list[ResultColumn]] = {}
    for metric in rows.metrics:
        alike = [key for key in by_unit if key[:2] == (metric.format, metric.unit)]
        room = next((key for key in alike if len(by_unit[key]) < TOGETHER), None)
        by_unit.setdefault(room or (metric.format, metric.unit, len(alike)), []).append(metric)
    panels: list[Panel] = []
    for metrics in by_unit.values():
        numbers = [value for metric in metrics for value in rows.numbers[metric.name]]
        lines = tuple(
            Line(m.label, _values(rows, m, (), spine), tokens.series[place]) for place, m in enumerate(metrics)
        )
        panels.append(Panel(listed(m.label for m in metrics), lines, writer(metrics[0], numbers)))
    return panels


def _spine(result: Result, rows: _Rows) -> list[date]:
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
    """The first day of the period that holds `start`; weeks begin on the weekday of `anchor`."""
    match grain:
        case Granularity.WEEK:
            return start - timedelta(days=min((start.weekday() - anchor.weekday()) % 7, start.toordinal() - 1))
        case Granularity.MONTH:
            return start.replace(day=1)
        case Granularity.QUARTER:
            return start.replace(month=3 * ((start.month - 1) // 3) + 1, day=1)
        case Granularity.YEAR:
            return start.replace(month=1, day=1)
        case _:
            return start


def _values(rows: _Rows, metric: ResultColumn, group: Group, spine: Sequence[date]) -> list[Number]:
    numbers = rows.numbers[metric.name]
    found = {p: n for p, g, n in zip(rows.periods, rows.groups, numbers, strict=True) if g == group and p is not None}
    return [found.get(one) for one in spine]


def _line_alt(result: Result, rows: _Rows, spine: Sequence[date]) -> str:
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
        return f"{write(value)} in {period(_in_zone(when, rows.zone), grain)}" + (
            f" for {rows.name(group)}" if group else ""
        )

    highest, lowest = max(dated, key=lambda one: one[0]), min(dated, key=lambda one: one[0])
    ends = f"Highest {metric.label}: {said(*highest)}. Lowest: {said(*lowest)}."
    return f"{result.title}, {result.period.words}. Lines over {counted(len(spine), 'period')}. {ends}"


# Breakdowns without a date: bars and heat


def _ranked(result: Result, rows: _Rows, tokens: Tokens) -> Chart:
    metrics = rows.metrics[:BAR_PANELS]
    groups = rows.groups if result.query.order else _ranked_groups(rows, metrics[0])
    by_group = {metric.name: dict(zip(rows.groups, rows.numbers[metric.name], strict=True)) for metric in metrics}
    valued = [one for one in groups if any(by_group[metric.name][one] is not None for metric in metrics)] or groups
    drawn = valued[:BARS]
    panels = [BarPanel(m.label, [by_group[m.name][group] for group in drawn], rows.write(m)) for m in metrics]
    figure = figures.bar_chart([rows.name(g) for g in drawn], [_is_none(g) for g in drawn], panels, tokens)
    order = "in the order asked for" if result.query.order else f"by {metrics[0].label}, largest first"
    reason = f"Bars, because the question has no date; {order}."
    if len(metrics) > 1:
        reason += " One panel for each metric."
    notes = _left_out(rows, valued, drawn, None if result.query.order else rows.metrics[0])
    if len(valued) < len(groups):
        notes.append(f"{counted(len(groups) - len(valued), 'group')} without a value: in the table only.")
    if len(rows.metrics) > len(metrics):
        notes.append(f"{listed(m.label for m in rows.metrics[BAR_PANELS:])}: in the table only.")
    first = rows.metrics[0]
    top = ", ".join(f"{rows.name(g)} {rows.write(first)(by_group[first.name][g])}" for g in drawn[:3])
    alt = f"{result.title}, {result.period.words}. Bars, {order}: {top}."
    return Chart(figure, "bar", reason, alt, " ".join(notes), listed(m.label for m in metrics))


def _is_grid(rows: _Rows) -> bool:
    return all(len({group[place] for group in rows.groups}) > 1 for place in (0, 1))


def _grid(result: Result, rows: _Rows, tokens: Tokens) -> Chart:
    metric = rows.metrics[0]
    cells = dict(zip(rows.groups, rows.numbers[metric.name], strict=True))
    down_all, across_all = (_ranked_values(rows, metric, place) for place in (0, 1))
    down, across = down_all[:HEAT_ROWS], across_all[:HEAT_COLUMNS]
    values = [[cells.get((one, other)) for other in across] for one in down]
    first, second = rows.keys
    names = ([key_text(one, first) for one in down], [key_text(one, second) for one in across])
    figure = figures.heat(*names, values, rows.write(metric), tokens)
    notes = [
        f"{len(shown)} of {len(every)} values of {key.label} are drawn; the table has all."
        for key, shown, every in ((first, down, down_all), (second, across, across_all))
        if len(shown) < len(every)
    ]
    if len(rows.metrics) > 1:
        notes.append(f"Drawn: {metric.label}. {listed(m.label for m in rows.metrics[1:])}: in the table.")
    highest = max((g for g in cells if cells[g] is not None), key=lambda g: cells[g] or 0)
    alt = (
        f"{metric.label} by {first.label} and {second.label}, {result.period.words}. "
        f"Highest: {rows.write(metric)(cells[highest])} for {rows.name(highest)}."
    )
    reason = "A tinted grid, because the question has two breakdowns and no date."
    return Chart(figure, "heat", reason, alt, " ".join(notes), metric.label)


def _tiles(result: Result, rows: _Rows) -> Chart:
    said = ", ".join(f"{metric.label} {rows.write(metric)(rows.numbers[metric.name][0])}" for metric in rows.metrics)
    reason = "One period: the numbers themselves." if rows.time else "No breakdown: the numbers themselves."
    return Chart(None, "tiles", reason, f"{result.title}, {result.period.words}: {said}.")


# Order and colour of groups


def _ranked_groups(rows: _Rows, metric: ResultColumn) -> list[Group]:
    """Groups by size: the sum over periods, of a ratio its largest value. This ranks; no such sum is ever shown."""
    return _by_size(rows.groups, rows.numbers[metric.name], metric, key=rows.name)


def _ranked_values(rows: _Rows, metric: ResultColumn, place: int) -> list[Hashable]:
    values = [group[place] for group in rows.groups]
    return _by_size(values, rows.numbers[metric.name], metric, key=lambda value: key_text(value, rows.keys[place]))


def _by_size(
    things: Iterable[Thing], numbers: Iterable[Number], metric: ResultColumn, *, key: Callable[[Thing], str]
) -> list[Thing]:
    sizes: dict[Thing, float | None] = {}
    for thing, number in zip(things, numbers, strict=True):
        before = sizes.get(thing)
        if number is None or before is None:
            sizes[thing] = before if number is None else float(number)
        else:
            sizes[thing] = max(before, number) if metric.is_ratio else before + number
    return sorted(sizes, key=lambda one: (sizes[one] is None, -(sizes[one] or 0), key(one)))


def _is_none(group: Group) -> bool:
    return any(value is None for value in group)


def _plain_colour(group: Group, tokens: Tokens) -> str:
    return tokens.other if _is_none(group) else tokens.series[0]


def _colours(groups: Sequence[Group], rows: _Rows, tokens: Tokens) -> dict[Group, str]:
    """A colour for each group, from its name, so that it keeps it from page to page unless two want the same."""
    colours: dict[Group, str] = {}
    free = list(range(len(tokens.series)))
    for group in sorted(groups, key=rows.name):
        if _is_none(group):
            colours[group] = tokens.other
            continue
        wanted = zlib.crc32(rows.name(group).encode()) % len(tokens.series)
        slot = min(free, key=lambda one: (one - wanted) % len(tokens.series))
        free.remove(slot)
        colours[group] = tokens.series[slot]
    return colours


def _left_out(rows: _Rows, groups: Sequence[Group], drawn: Sequence[Group], size: ResultColumn | None) -> list[str]:
    """Which groups are drawn, where not all are: the largest by a metric, or the first in the order asked for."""
    if len(drawn) == len(groups):
        return []
    which = f"largest {len(drawn)}" if size else f"first {len(drawn)}"
    by = f" by {size.label}" if size and len(rows.metrics) > 1 else ""
    return [f"The {which} of {len(groups):,} {rows.noun}{by} are drawn; the table has all."]
