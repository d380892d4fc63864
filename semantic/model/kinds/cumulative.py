"""The kind `cumulative`: a metric over a window of days, up to each day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from semantic.model.definitions import Cumulative, Form, Granularity, Metric, OverTime
from semantic.model.files.doc import Doc, Name, Unit
from semantic.model.kinds.kind import Kind, MeasureOf, Wording
from semantic.model.kinds.reading import Reading
from semantic.model.model import Model


class CumulativeKeys(Doc):
    metric: Name | None = None
    window: str | None = None
    to_date: Unit | None = None
    at: Literal["first", "last", "average"] | None = None


def _read(doc: CumulativeKeys, reading: Reading) -> dict[str, object]:
    if doc.window and doc.to_date:
        message = f"The metric {reading.name!r} has both `window:` and `to_date:`."
        reading.problem("to_date", message, "Keep one.")
    window = reading.span("window", doc.window) if doc.window else None
    to_date = Granularity(doc.to_date) if doc.to_date else None
    return {
        "inputs": (doc.metric or "",),
        "cumulative": Cumulative(window, to_date, OverTime(doc.at or OverTime.LAST)),
    }


def _problems(metric: Metric, metrics: Mapping[str, Metric], measure: MeasureOf) -> Iterator[str]:
    assert metric.cumulative is not None
    waiting, seen = [*metric.inputs], set[str]()
    while waiting:
        name = waiting.pop()
        part_metric = metrics.get(name)
        if part_metric is None or name in seen:
            continue
        seen.add(name)
        if part_metric.form in (Form.CUMULATIVE, Form.CONVERSION):
            yield f"The cumulative metric {metric.name!r} uses {name!r}, which is itself {part_metric.kind}."
        counted = measure(part_metric) if part_metric.is_simple else None
        if counted is not None and counted.over_time is not None:
            yield f"The cumulative metric {metric.name!r} uses {name!r}, which doesn't add up over days."
        if metric.cumulative.at is OverTime.AVERAGE and part_metric.form in (Form.RATIO, Form.DERIVED):
            yield f"The cumulative metric {metric.name!r} averages days of {name!r}, which is not a single measure."
        waiting += part_metric.inputs


_SHOWN = {
    OverTime.LAST: "the value on its last day",
    OverTime.FIRST: "the value on its first day",
    OverTime.AVERAGE: "the average of its days",
}


def _formula(metric: Metric, words: Wording) -> str:
    assert metric.cumulative is not None
    rule, name = metric.cumulative, words.label(metric.inputs[0])
    if rule.window is not None:
        days = f"over the {rule.window.words} up to and including each day"
    elif rule.to_date is not None:
        days = f"from the start of the {rule.to_date.words} up to and including each day"
    else:
        days = "from the beginning up to and including each day"
    return f"{name} {days}; a longer period shows {_SHOWN[rule.at]}"


def _called(metric: Metric, model: Model) -> str:
    rule = metric.cumulative
    assert rule is not None
    if rule.window is not None:
        return f"Rolling {rule.window.words}"
    return f"{rule.to_date.words.capitalize()} to date" if rule.to_date else "All time to date"


def _group(metric: Metric, model: Model) -> str:
    """Return the metric's group in the catalogue. Rolling metrics of any length share one group."""
    rule = metric.cumulative
    assert rule is not None
    return "Rolling" if rule.window else "To date" if rule.to_date else "All time to date"


_TO_DATE: dict[Granularity, str] = {
    Granularity.WEEK: "wtd",
    Granularity.MONTH: "mtd",
    Granularity.QUARTER: "qtd",
    Granularity.YEAR: "ytd",
}


def _searched(metric: Metric, model: Model) -> tuple[str, ...]:
    rule = metric.cumulative
    assert rule is not None
    kind = ("rolling", "moving", "trailing") if rule.window else ("running",)
    short = (_TO_DATE[rule.to_date],) if rule.to_date and rule.to_date in _TO_DATE else ()
    return ("cumulative", *kind, *short, *(("lifetime",) if not rule.window and not rule.to_date else ()))


CUMULATIVE = Kind(
    name="cumulative",
    title="Running or rolling total",
    means="a metric added up over a window of days, since the start of a period, or over all time",
    example="{name: revenue_of_28_days, kind: cumulative, metric: revenue, window: 28 days}",
    keys=CumulativeKeys,
    needs=("metric",),
    names={"metric": "metric"},
    words={"to_date": "To date since the start of the", "at": "Day shown for a period"},
    read=_read,
    problems=_problems,
    formula=_formula,
    called=_called,
    group=_group,
    searched=_searched,
)
