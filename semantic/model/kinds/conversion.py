"""The kind `conversion`: how many events led to another event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from semantic.model.definitions import Conversion, Metric
from semantic.model.files.doc import ColumnName, Doc, Name
from semantic.model.kinds.kind import Kind, MeasureOf, Wording
from semantic.model.kinds.reading import Reading
from semantic.model.model import Model


class ConstantDoc(Doc):
    """A property that a base event and its conversion must share, as one column of each."""

    base: ColumnName
    conversion: ColumnName


class ConversionKeys(Doc):
    base: Name | None = None
    conversion: Name | None = None
    entity: Name | None = None
    window: str | None = None
    constant: list[ConstantDoc] = []
    gives: Literal["rate", "count"] | None = None
    by: Literal["cohort", "period"] | None = None


def _read(doc: ConversionKeys, reading: Reading) -> dict[str, object]:
    rule = Conversion(
        doc.entity or "",
        reading.span("window", doc.window) if doc.window else None,
        tuple((constant_doc.base, constant_doc.conversion) for constant_doc in doc.constant),
        doc.gives or "rate",
        doc.by or "cohort",
    )
    return {"inputs": (doc.base or "", doc.conversion or ""), "conversion": rule}


def _problems(metric: Metric, metrics: Mapping[str, Metric], measure: MeasureOf) -> Iterator[str]:
    for name in metric.inputs:
        if name in metrics and not metrics[name].is_simple:
            yield f"The conversion metric {metric.name!r} uses {name!r}, which is not a simple metric."


def _formula(metric: Metric, words: Wording) -> str:
    assert metric.conversion is not None
    rule = metric.conversion
    base, conversion = (words.inside(name) for name in metric.inputs)
    within = f" within {rule.window.words}" if rule.window else ""
    led = f"{base} that led to {conversion} of the same {rule.entity.replace('_', ' ')}{within}"
    counted = f"the share of {led}" if rule.gives == "rate" else f"the number of {led}"
    dated = "by the date of the first event" if rule.by == "cohort" else "by the date of the conversion"
    return f"{counted}, {dated}; each conversion counts for the latest event before it"


def _called(metric: Metric, model: Model) -> str:
    assert metric.conversion is not None
    what = "Conversion rate" if metric.conversion.gives == "rate" else "Conversions"
    return f"{what} by {metric.conversion.by}"


def _group(metric: Metric, model: Model) -> str:
    return "Conversion"


def _searched(metric: Metric, model: Model) -> tuple[str, ...]:
    assert metric.conversion is not None
    return ("conversion", "funnel", *(("cohort",) if metric.conversion.by == "cohort" else ()))


CONVERSION = Kind(
    name="conversion",
    title="Conversion",
    means="how many events led to another event within a window, or what share of them did",
    example="{name: mails_to_orders, kind: conversion, base: mails_out, conversion: order_count, entity: customer,"
    " window: 30 days}",
    keys=ConversionKeys,
    needs=("base", "conversion", "entity"),
    names={"base": "metric", "conversion": "metric", "entity": "entity"},
    words={"gives": "Gives", "by": "Dated by", "base": "From", "conversion": "To"},
    read=_read,
    problems=_problems,
    formula=_formula,
    called=_called,
    group=_group,
    searched=_searched,
)
