"""Draw parts of a whole, for a metric whose values add up: stacks over time, stacked bars, or a ring."""

from __future__ import annotations

from semantic.display.charts.chart import POINTS, Chart, Kind
from semantic.display.charts.drawing import Drawing, not_compared
from semantic.display.charts.figures.columns import ColumnPanel, Series, column_chart, pie, stacked_bars
from semantic.display.charts.figures.frame import Phrase, Values, known_sum
from semantic.display.charts.largest import no_numbers
from semantic.display.charts.over_time import (
    beyond_top,
    columns_of,
    dated_chart,
    stack_notes,
    stacked_groups,
    stacked_metric,
)
from semantic.display.charts.ranked import BARS, highest, only
from semantic.display.format import MISSING, Write, in_full, listed, share
from semantic.display.groups import colours, first_of, in_table, ranked_groups, ranked_values
from semantic.results.result import ResultColumn


def stack_over_time(drawing: Drawing, *, of_whole: bool) -> Chart:
    """Return a stack for each period. With `of_whole`, each stack is 100% high."""
    rows, tokens = drawing.rows, drawing.tokens
    metric, groups = stacked_groups(drawing)
    colour = colours(groups, rows, tokens)
    columns = [drawing.values(metric, group) for group in groups]
    wholes = [known_sum(column) for column in zip(*columns, strict=True)]
    write = rows.write(metric)
    series: list[Series] = []
    for group, values in zip(groups, columns, strict=True):
        heights, texts = _heights(values, wholes, write, of_whole=of_whole)
        places, in_part = drawing.places(group), drawing.in_part(metric)
        beside = _without_shares(drawing.beside(metric, group), of_whole=of_whole)
        name = rows.name(group)
        series.append(Series(name, heights, colour[group], places, texts=texts, in_part=in_part, beside=beside))
    height, unknown = 1.0 if of_whole else None, drawing.unknown(metric)
    panel = ColumnPanel(metric.label, tuple(series), _per_cent if of_whole else write, height, unknown)
    kind: Kind = "share" if of_whole else "stacked"
    figure = column_chart(columns_of(drawing), [panel], tokens, stacked=True)
    notes = [*only(rows.metrics, metric), *not_compared(rows), *stack_notes(drawing, metric, groups)]
    return dated_chart(drawing, kind, figure, notes, metric)


def _heights(values: Values, wholes: Values, write: Write, *, of_whole: bool) -> tuple[list[float | None], list[str]]:
    """Return the height and the text of each part. For a share, the text includes the part's value."""
    full = in_full(write)
    if not of_whole:
        return list(values), [full(value) for value in values]
    parts = [None if value is None or not whole else value / whole for value, whole in zip(values, wholes, strict=True)]
    texts = [f"{_per_cent(part)} ({full(value)})" for part, value in zip(parts, values, strict=True)]
    return parts, texts


def _without_shares(lines: list[list[Phrase]], *, of_whole: bool) -> list[list[Phrase]]:
    """Return tooltip lines without the share if the number itself is the share. The rank stays."""
    return [[phrase for phrase in lines[0] if "of total" not in phrase[0]], *lines[1:]] if of_whole else lines


def _per_cent(value: float | None) -> str:
    return MISSING if value is None else share(value)


def stack_of_bars(drawing: Drawing, *, of_whole: bool) -> Chart:
    """Return a bar for each value of the first breakdown, made of parts for each value of the second."""
    rows, tokens = drawing.rows, drawing.tokens
    metric = stacked_metric(rows)
    down_all, inner = ranked_values(rows, metric, 0), ranked_values(rows, metric, 1)
    down = first_of(down_all, BARS)
    colour = colours([(key,) for key in inner], rows, tokens, keys=rows.keys[1:])
    at = [[rows.row_of((bar, part)) for bar in down] for part in inner]
    numbers = rows.numbers[metric.name]
    values = [[None if row is None else numbers[row] for row in of_part] for of_part in at]
    wholes = [known_sum(bar) for bar in zip(*values, strict=True)]
    write = rows.write(metric)
    series: list[Series] = []
    for part, of_part, numbers in zip(inner, at, values, strict=True):
        heights, texts = _heights(numbers, wholes, write, of_whole=of_whole)
        places = [-1 if row is None else rows.places[row] for row in of_part]
        beside = drawing.standings[metric.name].lines(of_part)
        name = rows.value_name(part, 1)
        series.append(Series(name, heights, colour[(part,)], places, texts=texts, beside=beside))
    names = [rows.value_name(thing, 0) for thing in down]
    figure = stacked_bars(names, series, _per_cent if of_whole else write, tokens, height=1.0 if of_whole else None)
    notes = [*only(rows.metrics, metric), *not_compared(rows), *beyond_top(drawing)]
    if len(down) < len(down_all):
        key = rows.keys[0].label
        notes.insert(0, f"The largest {len(down)} of {len(down_all):,} values of {key} are drawn; {in_table(rows)}.")
    what = "Shares in bars" if of_whole else "Stacked bars"
    return Chart(figure, "share" if of_whole else "stacked", "", highest(drawing, metric, what), " ".join(notes),
                 _title(metric, of_whole), POINTS)  # fmt: skip


def _title(metric: ResultColumn, of_whole: bool) -> str:
    return f"Share of {metric.label}" if of_whole else metric.label


def ring(drawing: Drawing) -> Chart:
    """Return a ring with at most six parts of a whole, by one breakdown."""
    rows, tokens = drawing.rows, drawing.tokens
    metric = stacked_metric(rows)
    at = {group: row for row, group in enumerate(rows.groups)}
    numbers = rows.numbers[metric.name]
    ranked = ranked_groups(rows, metric)
    groups = [group for group in ranked if numbers[at[group]]]
    colour = colours(groups, rows, tokens)
    values = [float(numbers[at[group]] or 0) for group in groups]
    names = [rows.name(group) for group in groups]
    figure = pie(
        names, values, [colour[group] for group in groups], [rows.places[at[group]] for group in groups],
        rows.write(metric), tokens, drawing.standings[metric.name].lines([at[group] for group in groups]),
    )  # fmt: skip
    notes = [*only(rows.metrics, metric), *not_compared(rows)]
    zero = [rows.name(group) for group in ranked if numbers[at[group]] == 0]
    empty = [rows.name(group) for group in ranked if numbers[at[group]] is None]
    if zero:
        notes.append(f"No slice for {rows.write(metric)(0)}: {listed(zero)}.")
    if empty:
        notes.append(no_numbers(metric, empty))
    said = ", ".join(f"{name} {share(value / sum(values))}" for name, value in zip(names, values, strict=True))
    return Chart(figure, "pie", "", f"{drawing.start} Shares of {metric.label}: {said}.", " ".join(notes), metric.label)
