"""START HERE: choose the chart for a result, and give the reason. Takes a result and colours, returns a Plotly figure.

    a date            lines: up to twelve together; small multiples on one scale if each has a comparison
    one breakdown     ranked bars, the largest 15
    two breakdowns    heat map with every number written
    no breakdown      no chart, just the numbers in large type
Metrics of different units never share an axis: each has its own panel. An automatic chart is never stacked. People can
choose a stack, but only for a metric that adds up, so never for a ratio. `choices` lists the kinds that can show a
result, and gives the reason for all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from semantic.annotations.annotation import Annotation
from semantic.display.charts.chart import Chart, Choice, Kind
from semantic.display.charts.distribution import distribution
from semantic.display.charts.drawing import Drawing, drawing
from semantic.display.charts.grids import grid, grid_over_time
from semantic.display.charts.kinds import LABELS, why_not
from semantic.display.charts.over_time import area, columns, lines, together
from semantic.display.charts.parts import ring, stack_of_bars, stack_over_time
from semantic.display.charts.ranked import bars, order_words, panels_beside, points, shares, tiles
from semantic.display.charts.small_multiples import multiples
from semantic.display.charts.steps import steps
from semantic.display.evidence import evidence
from semantic.display.format import counted
from semantic.display.groups import EvidenceByColumn, Rows, of_one_period, prepare_rows
from semantic.display.spine import PERIODS
from semantic.display.tokens import Tokens
from semantic.display.words.headline import headline
from semantic.query.describe import lower_first
from semantic.results.result import Result

NO_TARGETS: Mapping[date, float] = MappingProxyType({})


def chart_for(
    result: Result,
    tokens: Tokens,
    *,
    wanted: str | None = None,
    annotations: Sequence[Annotation] = (),
    behind: EvidenceByColumn | None = None,
    targets: Mapping[date, float] = NO_TARGETS,
) -> Chart:
    """Return the chart of a result: the `wanted` kind if it can show the result, otherwise the automatic kind.

    If the wanted kind can't show the result, the note gives the reason. Rows without a period or a value appear only in
    the table, and the note says what is left out. `behind` is the evidence for the numbers, if it's already known.
    `targets` has the targets of the only metric, by the first day of each period.
    """
    whole_rows = prepare_rows(result, evidence(result) if behind is None else behind)
    rows = of_one_period(whole_rows)
    if nothing := _nothing(rows):
        return nothing
    drawn = drawing(result, rows, tokens, annotations, targets)
    rule = rule_for(rows)
    kind = _known(wanted) or rule
    reason = why_not(kind, rows, result)
    if kind == rule or reason:
        chart = replace(_described(rule, drawn), reason=_rule_reason(rule, drawn))
        if kind == rule:
            return chart
        text = f"Not shown as {lower_first(LABELS[kind][0])}: {reason} {chart.note}"
        return replace(chart, note=text.rstrip())
    because = lower_first(_rule_reason(rule, drawn))
    return replace(_described(kind, drawn), reason=f"{LABELS[kind][0]} (your choice). Suggested: {because}")


def choices(result: Result) -> tuple[Choice, ...]:
    """Return every kind of chart in the order of the list.

    The automatic kind is marked. Empty if there is nothing to draw.
    """
    rows = of_one_period(prepare_rows(result))
    if _nothing(rows):
        return ()
    rule = rule_for(rows)
    return tuple(
        Choice(kind, label, icon, "" if kind == rule else why_not(kind, rows, result), kind == rule)
        for kind, (label, icon) in LABELS.items()
    )


def rule_for(rows: Rows) -> Kind:
    """Return the kind of chart that fits these rows automatically."""
    if rows.dated:
        is_crowded = (rows.is_compared or len(rows.keys) > 1) and len(set(rows.groups)) > together(rows)
        return "multiples" if rows.keys and len(rows.metrics) == 1 and is_crowded else "line"
    if not rows.keys:
        return "tiles"
    is_grid = len(rows.keys) == 2 and all(len({group[place] for group in rows.groups}) > 1 for place in (0, 1))
    return "heat" if is_grid else "bar"


def _known(wanted: str | None) -> Kind | None:
    return next((kind for kind in LABELS if kind == wanted), None)


def _nothing(rows: Rows) -> Chart | None:
    """Return a chart without a figure that explains why there is nothing to draw.

    None if there is something to draw.
    """
    if not rows.groups:
        return Chart(None, "none", "No rows to draw.", f"{rows.title}: no rows.")
    if all(value is None for numbers in rows.numbers.values() for value in numbers):
        count, is_hidden = counted(len(rows.groups), "row"), rows.count_hidden(*rows.metrics) > 0
        hidden = " Some are hidden for privacy." if is_hidden else ""
        text = f"{rows.title}: {count}, none has a value.{hidden}"
        return Chart(None, "none", f"No row has a value.{hidden}", text)
    periods = {period for period in rows.periods if period is not None}
    if rows.time and len(periods) > PERIODS:
        reason = f"{len(periods):,} periods are too many to draw."
        return Chart(None, "none", reason, f"{rows.title}: table only.")
    return None


def _described(kind: Kind, drawn: Drawing) -> Chart:
    """Return the chart with a description that starts with the finding."""
    chart, sentence = _drawn(kind, drawn), headline(drawn.result)
    return replace(chart, alt=f"{sentence} {chart.alt}") if sentence and chart.figure is not None else chart


def _drawn(kind: Kind, drawn: Drawing) -> Chart:
    """Return the chart with a note about the numbers that a policy hides, because a missing mark looks like 0."""
    chart, rows = _draw(kind, drawn), drawn.rows
    hidden = rows.count_hidden(*rows.metrics)
    if not hidden or "hidden for privacy" in chart.note:
        return chart
    words = f"{counted(hidden, 'row')} {'has' if hidden == 1 else 'have'} numbers hidden for privacy."
    return replace(chart, note=f"{chart.note} {words}".strip())


def _draw(kind: Kind, drawn: Drawing) -> Chart:
    """Return the chart of this kind. The kind must be able to show the result."""
    dated = drawn.rows.dated
    match kind:
        case "line":
            return lines(drawn)
        case "multiples":
            return multiples(drawn) if dated else panels_beside(drawn)
        case "area":
            return area(drawn)
        case "bar":
            return columns(drawn) if dated else bars(drawn)
        case "stacked" | "share" if dated:
            return stack_over_time(drawn, of_whole=kind == "share")
        case "share" if len(drawn.rows.keys) == 1:
            return shares(drawn)
        case "stacked" | "share":
            return stack_of_bars(drawn, of_whole=kind == "share")
        case "heat":
            return grid_over_time(drawn) if dated else grid(drawn)
        case "scatter":
            return points(drawn)
        case "waterfall":
            return steps(drawn)
        case "distribution":
            return distribution(drawn)
        case "pie":
            return ring(drawn)
        case "tiles":
            return tiles(drawn)
        case _:
            return Chart(None, "table", "", f"{drawn.start} In the table only.", title=drawn.rows.title)


def _rule_reason(rule: Kind, drawn: Drawing) -> str:
    """Return the reason why this kind is chosen automatically."""
    rows = drawn.rows
    several = len(rows.metrics) > 1
    match rule:
        case "line" if not rows.keys:
            more = " Metrics with the same unit share a scale; others have their own panel." if several else ""
            return f"A line, because values are shown over time.{more}"
        case "line":
            more = " One panel for each metric." if several else ""
            of = f"value of {rows.keys[0].label}" if len(rows.keys) == 1 else "group"
            return f"A line for each {of}, because values are shown over time.{more}"
        case "multiples":
            count = len(set(rows.groups))
            twice = ", each with the compared period," if rows.is_compared else ""
            return f"Small multiples on one scale: {count} lines{twice} would be hard to tell apart."
        case "heat":
            return "A heat map, because the question has two breakdowns and no date."
        case "tiles":
            return "One period, so the numbers themselves." if rows.time else "No breakdown, so the numbers themselves."
        case _:
            more = " One panel for each metric." if several else ""
            return f"Bars, because the question has no date; {order_words(drawn)}.{more}"
