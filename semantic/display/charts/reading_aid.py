"""The marks and scales that a chart uses, for sentences that explain how to read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from semantic.display.charts import sample_size
from semantic.display.charts.chart import Chart
from semantic.display.charts.drawing import Drawing, drawing
from semantic.display.charts.kinds import stackable
from semantic.display.charts.ranked import order_words, size_of, totals_of
from semantic.display.charts.small_multiples import inner_place
from semantic.display.charts.steps import summed
from semantic.display.evidence import evidence
from semantic.display.groups import is_grey, of_one_period, prepare_rows, ranked_groups
from semantic.display.rows import comparison_words
from semantic.display.tokens import LIGHT
from semantic.display.words.how_to_read import DrawnAnswer, shown_marks, too_little_words
from semantic.results.finality import known_to

if TYPE_CHECKING:
    from semantic.results.result import Result, ResultColumn

COMPARED = {"line", "multiples", "bar", "tiles", "waterfall"}
"""The kinds that draw comparisons."""
ONE_METRIC = {"area", "stacked", "share", "pie"}
"""The kinds that draw only the first metric that adds up."""


def what_is_drawn(chart: Chart, result: Result, targets: Mapping[date, float] | None = None) -> DrawnAnswer:
    """Return what a chart of this result draws. It runs no query, because the result contains everything."""
    rows = of_one_period(prepare_rows(result, evidence(result)))
    has_other, has_none = shown_marks(result)
    top = result.query.top
    drawn = DrawnAnswer(
        kind=chart.kind,
        metrics=tuple(metric.label for metric in rows.metrics),
        keys=tuple(key.label for key in rows.keys),
        period=rows.time.grain.words if rows.dated and rows.time is not None and rows.time.grain is not None else "",
        top=top.n if top is not None and top.other else None,
        has_other=has_other,
        has_none=has_none,
        too_little=too_little_words(result),
        hidden=rows.count_hidden(*rows.metrics),
        remarks=len(chart.events),
    )
    if chart.kind in ("none", "table") or not rows.groups:
        return drawn
    whole = drawing(result, rows, LIGHT, (), targets or {})
    first = stackable(rows) if chart.kind in ONE_METRIC else None
    first = summed(rows) if chart.kind == "waterfall" and rows.keys else first
    first = first or rows.metrics[0]
    return replace(_with_marks(drawn, whole, first), metrics=_metrics(chart, whole, first))


def _metrics(chart: Chart, whole: Drawing, first: ResultColumn) -> tuple[str, ...]:
    """Return the labels of the metrics that are drawn. Some kinds of charts draw only one metric."""
    labels = tuple(metric.label for metric in whole.rows.metrics)
    one = chart.kind in ONE_METRIC or chart.kind in ("heat", "multiples", "distribution")
    one = one or (chart.kind == "waterfall" and bool(whole.rows.keys))
    return (first.label,) if one else labels


def _with_marks(drawn: DrawnAnswer, whole: Drawing, first: ResultColumn) -> DrawnAnswer:
    rows, result = whole.rows, whole.result
    members = [group for group in ranked_groups(rows, first) if not is_grey(group)]
    before = rows.before[first.name] if drawn.kind in COMPARED else ()
    partial = [part.days for each in (whole.begun, whole.running) for part in each.values() if part.days]
    known = [value for value in rows.numbers[first.name] if value is not None]
    has_bands = any(any(sample_size.ends(cells)) for cells in rows.behind.values())
    sized = size_of(rows) if drawn.kind == "scatter" else None
    totals = totals_of(result, *rows.metrics[:2]) if drawn.kind == "scatter" else ()
    is_alone = not rows.keys and len(rows.metrics) == 1  # a band is drawn only for a single line
    return replace(
        drawn,
        example=rows.name(members[0]) if rows.keys and members else "",
        compared=tuple(comparison_words(first, column) for column in before),
        order=order_words(whole) if drawn.kind == "bar" and not rows.dated else "",
        size=sized.label if sized is not None else "",
        has_totals=any(total is not None for total in totals),
        inner=inner_place(whole) if drawn.kind == "multiples" and rows.dated else None,
        has_gaps=drawn.kind in ("line", "multiples") and rows.dated and _has_gaps(whole),
        has_both_signs=min(known, default=0) < 0 < max(known, default=0),
        has_panels=_has_panels(drawn.kind, whole),
        is_judged=_is_judged(drawn.kind, whole, bool(before)),
        partial=tuple(dict.fromkeys(partial)) if rows.dated else (),
        open_until=_open_until(whole) if rows.dated else None,
        is_hatched=any(whole.has_open_span(metric) for metric in rows.metrics),
        has_targets=drawn.kind == "line" and is_alone and any(day in whole.targets for day in whole.spine),
        has_bands=has_bands and (is_alone if drawn.kind == "line" else drawn.kind == "bar" and not rows.dated),
        top=drawn.top if result.query.top is not None else None,
    )


def _is_judged(kind: str, whole: Drawing, is_compared: bool) -> bool:
    """Whether green and red mean better and worse. In a waterfall, this depends on the last number's good direction."""
    metrics = whole.rows.metrics
    if kind == "waterfall" and not is_compared:
        return metrics[-1].direction != "none"
    return is_compared and any(metric.direction != "none" for metric in metrics)


def _has_panels(kind: str, whole: Drawing) -> bool:
    """Whether each metric or unit has its own panel and scale."""
    metrics = whole.rows.metrics
    if len(metrics) < 2 or kind not in ("line", "bar"):
        return False
    units = {(metric.format, metric.unit, metric.is_ratio) for metric in metrics}
    return kind == "bar" or bool(whole.rows.keys) or len(units) > 1


def _has_gaps(whole: Drawing) -> bool:
    """Whether a line has a gap between two numbers, because a period has no number."""
    for metric in whole.rows.metrics:
        for group in dict.fromkeys(whole.rows.groups):
            known = [place for place, value in enumerate(whole.values(metric, group)) if value is not None]
            if known and known[-1] - known[0] + 1 > len(known):
                return True
    return False


def _open_until(whole: Drawing) -> date | None:
    """Return the day on which the last day shown becomes final, or None if nothing can still change.

    This assumes that all data arrives on time.
    """
    days: list[date] = []
    for metric in whole.rows.metrics:
        if metric.name in whole.still_open and metric.timing.final_after:
            known = metric.loaded_to or known_to(whole.result)
            end = min(metric.counted_to or known, known)  # the day after the last one
            days.append(end + timedelta(days=metric.timing.final_after))
    return max(days, default=None)
