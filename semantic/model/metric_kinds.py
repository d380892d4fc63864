"""What each kind of metric is made of: its keys in a file, and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from semantic.model.definitions import (
    CalendarSpan,
    Conversion,
    Cumulative,
    Granularity,
    Input,
    Measure,
    Metric,
    MetricKind,
    OverTime,
    Span,
)
from semantic.model.expression import Expression
from semantic.model.schema import MetricDoc
from semantic.model.yaml_text import Path as YamlPath

_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "simple": (("measure",), ("filter",)),
    "ratio": (("numerator", "denominator"), ("inputs",)),
    "derived": (("expression",), ("inputs",)),
    "cumulative": (("metric",), ("window", "to_date", "at")),
    "conversion": (("base", "conversion", "entity"), ("window", "constant", "gives", "by")),
}
"""By kind, the keys it needs and those it may have. Every kind may have what is in none of them."""

_SPAN = re.compile(r"^\s*(\d{1,4})\s+(second|minute|hour|day|week|month|quarter|year)s?\s*$", re.IGNORECASE)

_PERIODS = re.compile(r"^\s*([1-9]\d{0,3})\s+([a-z][a-z0-9_]{0,62})\s*$")

Problems = Callable[[YamlPath, str, str], None]
Expressions = Callable[[str, YamlPath], Expression]


def key_problems(doc: MetricDoc) -> Iterator[tuple[str, str, str]]:
    """Keys that the kind lacks or cannot have: the key, what is wrong, what to do."""
    needed, optional = _KEYS[doc.kind]
    for key in dict.fromkeys(key for keys in _KEYS.values() for part in keys for key in part):
        given = bool(getattr(doc, key))
        if not given and key in needed:
            yield "", f"The {doc.kind} metric {doc.name!r} needs `{key}:`.", ""
        elif given and key not in (*needed, *optional):
            yield key, f"The {doc.kind} metric {doc.name!r} cannot have `{key}:`.", "Leave it out."
    if doc.window and doc.to_date:
        yield "to_date", f"The metric {doc.name!r} has a window and counts to date.", "Keep one of them."


def read_kind(
    doc: MetricDoc, path: YamlPath, expression: Expressions, condition: Expressions, problem: Problems
) -> dict[str, Any]:
    """The fields of a Metric that its kind gives it."""
    for key, message, remedy in key_problems(doc):
        problem((*path, key) if key else path, message, remedy)
    formula = expression(doc.expression, (*path, "expression")) if doc.expression else None
    uses = tuple(_uses(doc, formula, path, condition, problem))
    inputs = tuple(one.metric for one in uses)
    if doc.kind == "cumulative":
        inputs = (doc.metric or "",)
    if doc.kind == "conversion":
        inputs = (doc.base or "", doc.conversion or "")
    window = _span(doc.window, (*path, "window"), problem) if doc.window else None
    return {
        "kind": MetricKind(doc.kind),
        "inputs": inputs,
        "uses": uses,
        "expression": formula,
        "cumulative": Cumulative(
            window, Granularity(doc.to_date) if doc.to_date else None, OverTime(doc.at or OverTime.LAST)
        )
        if doc.kind == "cumulative"
        else None,
        "conversion": Conversion(
            doc.entity or "",
            window,
            tuple((one.base, one.conversion) for one in doc.constant),
            doc.gives or "rate",
            doc.by or "cohort",
        )
        if doc.kind == "conversion"
        else None,
    }


def _uses(
    doc: MetricDoc, formula: Expression | None, path: YamlPath, condition: Expressions, problem: Problems
) -> Iterator[Input]:
    """Each metric that a ratio or a formula reads, in order of first use."""
    if doc.kind not in ("ratio", "derived"):
        return
    stated: dict[str, Input] = {}
    for index, one in enumerate(doc.inputs):
        here = (*path, "inputs", index)
        name = one.name or one.metric
        if name in stated:
            problem(here, f"The input {name!r} of {doc.name!r} is written twice.", "Give one another `name:`.")
        if one.offset and one.offset_to:
            problem(here, f"The input {name!r} of {doc.name!r} has two offsets.", "Keep `offset:` or `offset_to:`.")
        stated[name] = Input(
            name,
            one.metric,
            condition(one.where, (*here, "where")) if one.where else None,
            _offset(one.offset, (*here, "offset"), problem) if one.offset else None,
            Granularity(one.offset_to) if one.offset_to else None,
        )
    names = formula.columns if formula else [name for name in (doc.numerator, doc.denominator) if name]
    for name in stated:
        if name not in names:
            problem(path, f"The metric {doc.name!r} has the input {name!r} and does not use it.", "Leave it out.")
    yield from (stated.get(name, Input(name, name)) for name in names)


def _offset(text: str, path: YamlPath, problem: Problems) -> Span | CalendarSpan | None:
    """A length of time, or a number of periods of a calendar."""
    own = _PERIODS.match(text)
    if own is None or _SPAN.match(text):
        return _span(text, path, problem)
    return CalendarSpan(int(own[1]), own[2])


def _span(text: str, path: YamlPath, problem: Problems) -> Span | None:
    found = _SPAN.match(text)
    if found is None or int(found[1]) == 0:
        problem(path, f"{text!r} is not a length of time.", "Write it as `28 days` or `1 month`.")
        return None
    return Span(int(found[1]), Granularity(found[2].lower()))


def kind_problems(
    metric: Metric, metrics: Mapping[str, Metric], measure: Callable[[Metric], Measure | None]
) -> Iterator[str]:
    """What must hold between a metric of a kind and the metrics it is made of."""
    found = [metrics[name] for name in metric.inputs if name in metrics]
    if metric.kind is MetricKind.CONVERSION:
        for one in found:
            if one.kind is not MetricKind.SIMPLE:
                yield f"The conversion metric {metric.name!r} is made of {one.name!r}, which is not simple."
    if metric.kind is MetricKind.CUMULATIVE:
        yield from _cumulative_problems(metric, metrics, measure)


def _cumulative_problems(
    metric: Metric, metrics: Mapping[str, Metric], measure: Callable[[Metric], Measure | None]
) -> Iterator[str]:
    assert metric.cumulative is not None
    waiting, seen = [*metric.inputs], set[str]()
    while waiting:
        name = waiting.pop()
        one = metrics.get(name)
        if one is None or name in seen:
            continue
        seen.add(name)
        if one.kind in (MetricKind.CUMULATIVE, MetricKind.CONVERSION):
            yield f"The cumulative metric {metric.name!r} is made of {name!r}, which is {one.kind.value} itself."
        found = measure(one) if one.kind is MetricKind.SIMPLE else None
        if found is not None and found.over_time is not None:
            yield f"The cumulative metric {metric.name!r} is made of {name!r}, which is not added up over days."
        if metric.cumulative.at is OverTime.AVERAGE and one.kind in (MetricKind.RATIO, MetricKind.DERIVED):
            yield f"The cumulative metric {metric.name!r} averages days of {name!r}, which is not one measure."
        waiting += one.inputs
