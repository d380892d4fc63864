"""The kind `ratio`: one metric divided by another."""

from __future__ import annotations

from semantic.model.definitions import Metric
from semantic.model.files.doc import Doc, InputDoc, Name
from semantic.model.kinds.kind import Kind, Wording
from semantic.model.kinds.offsets import formula_called, formula_searched
from semantic.model.kinds.reading import Reading, of_others
from semantic.model.model import Model


class RatioKeys(Doc):
    numerator: Name | None = None
    denominator: Name | None = None
    inputs: list[InputDoc] = []


def _read(doc: RatioKeys, reading: Reading) -> dict[str, object]:
    sides = [name for name in (doc.numerator, doc.denominator) if name]
    return of_others(reading.inputs(sides, doc.inputs))


def _formula(metric: Metric, words: Wording) -> str:
    top, bottom = (words.input(use) for use in metric.uses)
    return f"{top} divided by {bottom}; totals divide the totals and are never averaged"


def _called(metric: Metric, model: Model) -> str:
    return formula_called(metric, "Ratio")


RATIO = Kind(
    name="ratio",
    title="Ratio of two metrics",
    means="one metric divided by another; totals divide the totals",
    example="{name: revenue_per_order, kind: ratio, numerator: revenue, denominator: order_count}",
    keys=RatioKeys,
    needs=("numerator", "denominator"),
    names={"numerator": "metric", "denominator": "metric"},
    every_period=False,
    enough="denominator",
    read=_read,
    formula=_formula,
    called=_called,
    group=_called,
    searched=formula_searched,
)
