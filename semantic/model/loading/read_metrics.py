"""Convert metrics in YAML to the model's objects. `kinds` reads the keys of each kind."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from semantic.model.definitions import Certification, Deprecation, Enough, Granularity, Interval, Metric
from semantic.model.kinds import KINDS, key_problems
from semantic.model.kinds.reading import Reading
from semantic.model.loading.schema import EnoughDoc, MetricDoc, read_days, size_of, wrong_unit


def read_metric(doc: MetricDoc, described: dict[str, Any], reading: Reading) -> Metric:  # Any: each its own type
    """Return a metric as its file defines it, and report its problems. `described` are its descriptive fields."""
    kind = KINDS[doc.kind]
    for key, wrong, remedy in key_problems(kind, doc):
        reading.problem(key, wrong, remedy)
    if doc.every_period and not kind.every_period:
        message = f"The {doc.kind} metric {doc.name!r} cannot have `every_period:`."
        reading.problem("every_period", message, "Set it on the metrics it uses.")
    return Metric(
        **described,
        kind=kind.name,
        **kind.read(doc, reading),
        where=reading.parse_condition(doc.where, (*reading.path, "where")) if doc.where else None,
        unit=doc.unit,
        format=doc.format,
        decimals=doc.decimals,
        direction=doc.direction,
        fill=doc.fill,
        every_period=doc.every_period,
        grain=Granularity(doc.grain) if doc.grain else None,
        means=doc.means,
        does_not_mean=doc.does_not_mean,
        certified=Certification(doc.certified.by, doc.certified.until, doc.certified.meaning)
        if doc.certified
        else None,
        deprecated=(
            Deprecation(doc.deprecated.since, doc.deprecated.replaced_by or "", doc.deprecated.reason)
            if doc.deprecated
            else None
        ),
        final_after=read_days(doc.final_after) if doc.final_after else None,
        counts_after=(read_days(doc.counts_after) if doc.counts_after else None) or 0,
        enough=_enough(doc, doc.enough, reading) if doc.enough else None,
        matters=_matters(doc, reading),
        target=doc.target or "",
        domain=doc.domain or "",
    )


def _matters(doc: MetricDoc, reading: Reading) -> Fraction | None:
    if message := wrong_unit(doc):
        reading.problem("matters", message, "Write `0.2 pp` for `format: share`, and `1%` for any other.")
    return size_of(doc.matters) if doc.matters else None


def _enough(metric: MetricDoc, doc: EnoughDoc, reading: Reading) -> Enough | None:
    counted = KINDS[metric.kind].enough
    is_ratio = counted == "denominator"
    wanted, rows = (doc.denominator, doc.rows) if is_ratio else (doc.rows, doc.denominator)
    if not counted or wanted is None or rows is not None:
        remedy = "Write `denominator: 30` for a ratio or `rows: 30` for a mean. No other metric has it."
        reading.problem("enough", f"`enough:` is not valid for the {metric.kind} metric {metric.name!r}.", remedy)
        return None
    if not is_ratio and doc.interval is not None:
        message = f"{metric.name!r} is a mean, which has only one kind of interval."
        reading.report((*reading.path, "enough", "interval"), message, "Remove `interval:`.")
    return Enough(wanted, Interval(doc.interval or "none") if is_ratio else Interval.T)
