"""Draw a result without a time axis: ranked bars, bars in panels, shares, a scatter, or plain numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from semantic.display.change import change_between, change_text, change_words
from semantic.display.charts import sample_size
from semantic.display.charts.chart import POINTS, Chart
from semantic.display.charts.drawing import Drawing, not_compared
from semantic.display.charts.figures.bars import BarPanel, bar_chart
from semantic.display.charts.figures.points import Point, scatter
from semantic.display.charts.kinds import stackable
from semantic.display.format import MISSING, counted, in_full, listed, period, share
from semantic.display.groups import (
    Group,
    Number,
    Rows,
    first_of,
    in_table,
    in_zone,
    is_grey,
    is_rest,
    left_out,
    plain_colour,
    ranked_groups,
    ranked_values,
)
from semantic.display.rows import comparison_words, is_of_all, row_kinds, row_verdict
from semantic.query.describe import upper_first
from semantic.results.result import Result, ResultColumn

BARS, ORDERED_BARS, BAR_PANELS, POINTS_DRAWN = 15, 31, 3, 500


def bars(drawing: Drawing) -> Chart:
    """Return ranked bars of the largest groups, with a panel for each metric and thin bars for its first comparison."""
    result, rows, tokens = drawing.result, drawing.rows, drawing.tokens
    metrics = rows.metrics[:BAR_PANELS]
    groups = _in_order(drawing)
    drawable = [column.name for metric in metrics for column in (metric, *rows.before[metric.name][:1])]
    place = {group: at for at, group in enumerate(rows.groups)}
    valued = [
        group for group in groups if any(rows.numbers[name][place[group]] is not None for name in drawable)
    ] or groups
    drawn = first_of(valued, ORDERED_BARS if _is_ordered(drawing) else BARS)
    at = [place[group] for group in drawn]
    panels = [_bar_panel(drawing, metric, at) for metric in metrics]
    names = [rows.name(group) for group in drawn]
    figure = bar_chart(names, [is_grey(group) for group in drawn], panels, tokens)
    is_ranked = not result.query.order and not result.sorted_by and not _is_ordered(drawing)
    notes = left_out(rows, valued, drawn, rows.metrics[0] if is_ranked else None)
    notes += _without_value(drawing, [place[group] for group in groups if group not in valued], metrics)
    if len(rows.metrics) > len(metrics):
        notes.append(f"{listed(m.label for m in rows.metrics[BAR_PANELS:])}: table only.")
    notes += _before_notes(drawing)
    notes += _evidence_notes(drawing, metrics, at, names)
    first = rows.metrics[0]
    texts = [f"{name} {_number_words(drawing, first, row)}" for name, row in zip(names, at, strict=True)]
    top = ", ".join(texts[:3])
    alt = f"{drawing.start} Bars, {order_words(drawing)}: {top}."
    return Chart(figure, "bar", "", alt, " ".join(notes), listed(m.label for m in metrics), POINTS)


def _without_value(drawing: Drawing, at: Sequence[int], metrics: Sequence[ResultColumn]) -> list[str]:
    """Return notes on the number of groups that aren't drawn.

    Hidden groups and groups without data are counted separately.
    """
    hidden = sum(any(drawing.rows.is_hidden(metric, row) for metric in metrics) for row in at)
    empty = len(at) - hidden
    notes = [f"{counted(empty, 'group')} without data: table only."] if empty else []
    return [*notes, *([f"{counted(hidden, 'group')} hidden for privacy."] if hidden else [])]


def _number_words(drawing: Drawing, metric: ResultColumn, row: int) -> str:
    value = drawing.rows.numbers[metric.name][row]
    return drawing.absent(metric, row) if value is None else drawing.rows.write(metric)(value)


def order_words(drawing: Drawing) -> str:
    by = f"by {drawing.rows.metrics[0].label}, largest first"
    if drawing.result.sorted_by:
        return "in the order of the table"
    if drawing.result.query.order:
        return "in the order of the question"
    return "by date" if _is_ordered(drawing) else by


def _is_ordered(drawing: Drawing) -> bool:
    """Whether the only breakdown is a date part or a calendar period, whose values have their own order."""
    keys = drawing.rows.keys
    return len(keys) == 1 and keys[0].is_ordered


def _in_order(drawing: Drawing) -> list[Group]:
    """Return the groups in the question's order with Other last, or by size."""
    rows = drawing.rows
    is_as_asked = bool(drawing.result.query.order or drawing.result.sorted_by)
    if not is_as_asked and not _is_ordered(drawing):
        return ranked_groups(rows, rows.metrics[0])
    return sorted(rows.groups, key=is_rest)


def _bar_panel(drawing: Drawing, metric: ResultColumn, at: Sequence[int]) -> BarPanel:
    """Return the bars of one metric, each with a lighter bar for the first comparison, and the change."""
    rows, tokens = drawing.rows, drawing.tokens
    values, write = [rows.numbers[metric.name][row] for row in at], rows.write(metric)
    cells = _cells(drawing, metric, at)
    low, high = sample_size.ends(cells)
    panel = BarPanel(
        metric.label, values, write, places=[rows.places[row] for row in at], unsure=sample_size.unsure(cells),
        words=sample_size.words(cells, in_full(write)), low=low, high=high,
        beside=drawing.standings[metric.name].lines(at), absent=[drawing.absent(metric, row) for row in at],
    )  # fmt: skip
    if not rows.before[metric.name]:
        return panel
    before = rows.before[metric.name][0]
    earlier = [rows.numbers[before.name][row] for row in at]
    change = [change_between(*pair, metric) for pair in zip(values, earlier, strict=True)]
    ink = {"better": tokens.favourable, "worse": tokens.unfavourable, "": tokens.muted}
    return BarPanel(
        metric.label, values, write, earlier, comparison_words(metric, before),
        [None if number is None else change_text(number, metric) for number in change],
        [ink[row_verdict(metric, before, drawing.result, rows.places[row])] for row in at], panel.places, panel.unsure,
        panel.words, low, high, panel.beside, panel.absent,
    )  # fmt: skip


def _cells(drawing: Drawing, metric: ResultColumn, at: Sequence[int]) -> sample_size.Cells:
    cells = drawing.rows.behind.get(metric.name)
    return [cells[row] for row in at] if cells else ()


def _before_notes(drawing: Drawing) -> list[str]:
    rows, metric = drawing.rows, drawing.rows.metrics[0]
    words = [comparison_words(metric, before) for before in rows.before[metric.name]]
    more = f" {upper_first(listed(words[1:]))}: table only." if len(words) > 1 else ""
    return [f"Thin bar: {words[0]}.{more}"] if words else []


def _evidence_notes(
    drawing: Drawing, metrics: Sequence[ResultColumn], at: Sequence[int], names: Sequence[str]
) -> list[str]:
    """Return the evidence notes of every panel, and a note on groups that can't be ranked.

    The latter is only for the metric that ranks the groups.
    """
    cells_by_metric = [cells for metric in metrics if (cells := _cells(drawing, metric, at))]
    if not cells_by_metric:
        return []
    texts = [sample_size.unsure_words(sum(sum(sample_size.unsure(cells)) for cells in cells_by_metric), "pale")]
    if first := _cells(drawing, metrics[0], at):
        texts.append(sample_size.unranked(names, first))
    if any(any(sample_size.ends(cells)) for cells in cells_by_metric):
        texts.append("Error bars: 95% confidence interval.")
    return [unsure_words for unsure_words in texts if unsure_words]


def panels_beside(drawing: Drawing) -> Chart:
    """Return bars for the first breakdown, in a panel for each value of the second, all on one scale."""
    rows, metric = drawing.rows, drawing.rows.metrics[0]
    down_all = ranked_values(rows, metric, 0)
    down, across = first_of(down_all, BARS), ranked_values(rows, metric, 1)
    panels: list[BarPanel] = []
    for side in across:
        at = [rows.row_of((thing, side)) for thing in down]
        values: list[Number] = [None if row is None else rows.numbers[metric.name][row] for row in at]
        panels.append(
            BarPanel(
                rows.value_name(side, 1), values, rows.write(metric),
                places=[-1 if row is None else rows.places[row] for row in at],
                beside=drawing.standings[metric.name].lines(at), absent=[drawing.absent(metric, row) for row in at],
            )
        )  # fmt: skip
    names = [rows.value_name(thing, 0) for thing in down]
    grey = [is_rest(thing) or thing is None for thing in down]
    figure = bar_chart(names, grey, panels, drawing.tokens, one_scale=True)
    notes = [*only(rows.metrics, metric), *not_compared(rows)]
    if len(down) < len(down_all):
        key = rows.keys[0].label
        notes.insert(0, f"The largest {len(down)} of {len(down_all):,} values of {key} are drawn; {in_table(rows)}.")
    return Chart(figure, "multiples", "", highest(drawing, metric, "Grouped bars"), " ".join(notes),
                 metric.label, POINTS)  # fmt: skip


def shares(drawing: Drawing) -> Chart:
    """Return ranked bars of each group's share of the whole, by one breakdown."""
    rows = drawing.rows
    metric = stackable(rows)
    assert metric is not None
    place = {group: at for at, group in enumerate(rows.groups)}
    every = ranked_groups(rows, metric)
    groups = [group for group in every if rows.numbers[metric.name][place[group]] is not None]
    total = sum(value for value in rows.numbers[metric.name] if value is not None)
    drawn = first_of(groups, BARS)
    values = [rows.numbers[metric.name][place[group]] for group in drawn]
    parts = [None if value is None else value / total for value in values]
    write = rows.write(metric)
    panel = BarPanel(
        metric.label, parts, lambda value: MISSING if value is None else share(value),
        places=[rows.places[place[group]] for group in drawn], words=[in_full(write)(value) for value in values],
        beside=[drawing.standings[metric.name].lines([place[group] for group in drawn])[0][1:]],
    )  # fmt: skip
    names = [rows.name(group) for group in drawn]
    figure = bar_chart(names, [is_grey(group) for group in drawn], [panel], drawing.tokens)
    without = [place[group] for group in every if group not in groups]
    notes = [*left_out(rows, groups, drawn, metric), *_without_value(drawing, without, [metric])]
    notes += [*only(rows.metrics, metric), *not_compared(rows)]
    texts = [f"{name} {share(part)}" for name, part in zip(names, parts, strict=True) if part is not None]
    top = ", ".join(texts[:3])
    alt = f"{drawing.start} Shares of {metric.label}, largest first: {top}."
    return Chart(figure, "share", "", alt, " ".join(notes), f"Share of {metric.label}", POINTS)


def points(drawing: Drawing) -> Chart:
    """Return a scatter of the first two metrics, with a point for each group or period.

    If possible, a third metric decides the size of the points.
    """
    rows, tokens = drawing.rows, drawing.tokens
    first, second = rows.metrics[:2]
    sized = size_of(rows)
    sizes = rows.numbers[sized.name] if sized is not None else []
    drawn: list[Point] = []
    for row, group in enumerate(rows.groups):
        across, up = rows.numbers[first.name][row], rows.numbers[second.name][row]
        if across is None or up is None:
            continue
        cells = [cells[row] for name in (first.name, second.name) if (cells := rows.behind.get(name))]
        colour = plain_colour(group, tokens) if rows.keys else tokens.series[0]
        drawn.append(
            Point(
                _point_name(drawing, row), across, up, colour, rows.places[row], any(sample_size.unsure(cells)),
                amount=sizes[row] or 0 if sized is not None else None,
                beside=_size_words(drawing, sized, row) if sized is not None else "",
            )
        )  # fmt: skip
    titles, writes = (first.label, second.label), (rows.write(first), rows.write(second))
    notes: list[str] = []
    missing = len(rows.groups) - len(drawn)
    if missing:
        notes.append(f"{counted(missing, 'group')} without one of the two: table only.")
    if sized is not None:
        notes.append(f"Point size: {sized.label}.")
    if rest := [metric.label for metric in rows.metrics[2:] if metric is not sized]:
        notes.append(f"{listed(rest)}: table only.")
    if len(drawn) > POINTS_DRAWN:
        notes.append(f"The first {POINTS_DRAWN} of {len(drawn):,} points are drawn; {in_table(rows)}.")
        drawn = drawn[:POINTS_DRAWN]
    drawn.sort(key=lambda point: -(point.amount or 0))  # small points are on top of large ones
    notes += not_compared(rows)
    most = max(drawn, key=lambda point: point.across)
    alt = (
        f"{drawing.start} One point for each of {counted(len(drawn), 'group')}, with {first.label} on the x-axis and "
        f"{second.label} on the y-axis. Highest {first.label}: {most.name} at {writes[0](most.across)}, with "
        f"{second.label} at {writes[1](most.up)}."
    )
    sized_as = sized.label if sized is not None else ""
    figure = scatter(drawn, titles, writes, tokens, totals_of(drawing.result, first, second), sized_as)
    return Chart(figure, "scatter", "", alt, " ".join(notes), f"{first.label} and {second.label}", ("points", "box"))


def size_of(rows: Rows) -> ResultColumn | None:
    """Return the metric for the size of points, or None.

    It's the third metric, if that is an amount without negative values.
    """
    if len(rows.metrics) < 3 or rows.metrics[2].is_ratio:
        return None
    known = [value for value in rows.numbers[rows.metrics[2].name] if value is not None]
    return rows.metrics[2] if known and min(known) >= 0 < max(known) else None


def totals_of(result: Result, *metrics: ResultColumn) -> tuple[Number, ...]:
    """Return the total of each metric that is a ratio or a mean, and None for all others.

    Groups can be above or below such a total, so it's drawn as a line.
    """
    place = next((place for place, kinds in enumerate(row_kinds(result)) if is_of_all(kinds)), None)
    totals = [None if place is None else result.table.column(metric.name)[place].as_py() for metric in metrics]
    return tuple(
        float(total) if total is not None and metric.is_ratio and math.isfinite(total) else None
        for total, metric in zip(totals, metrics, strict=True)
    )


def _size_words(drawing: Drawing, sized: ResultColumn, row: int) -> str:
    value = drawing.rows.numbers[sized.name][row]
    return drawing.absent(sized, row) if value is None else in_full(drawing.rows.write(sized))(value)


def _point_name(drawing: Drawing, row: int) -> str:
    rows = drawing.rows
    when = rows.periods[row]
    if rows.keys:
        return rows.name(rows.groups[row])
    return period(in_zone(when, rows.zone), rows.time.grain if rows.time else None) if when else "Without a date"


def highest(drawing: Drawing, metric: ResultColumn, what: str) -> str:
    """Return a sentence that names the group with the highest value."""
    rows = drawing.rows
    valued = [
        (value, group) for value, group in zip(rows.numbers[metric.name], rows.groups, strict=True) if value is not None
    ]
    most = max([pair for pair in valued if not is_rest(pair[1])] or valued, key=lambda pair: pair[0])
    return f"{drawing.start} {what}. Highest {metric.label}: {drawing.said(metric, most[0], None, most[1])}."


def only(metrics: Sequence[ResultColumn], drawn: ResultColumn) -> list[str]:
    rest = [metric.label for metric in metrics if metric is not drawn]
    return [f"Shows {drawn.label}. {listed(rest)}: table only."] if rest else []


def tiles(drawing: Drawing) -> Chart:
    """Return a chart without a figure, for plain numbers with their changes in words."""
    result, rows = drawing.result, drawing.rows
    texts: list[str] = []
    place = next((at for at, day in enumerate(rows.periods) if day is not None), 0)
    for metric in rows.metrics:
        value = rows.numbers[metric.name][place]
        text = f"{metric.label} {_number_words(drawing, metric, place)}"
        for before in rows.before[metric.name]:
            change = change_between(value, rows.numbers[before.name][place], metric)
            verdict = row_verdict(metric, before, result, rows.places[place])
            text += f" ({change_words(change, metric, verdict)} against {comparison_words(metric, before)})"
        texts.append(text)
    return Chart(None, "tiles", "", f"{result.title}, {result.period.words}: {', '.join(texts)}.")
