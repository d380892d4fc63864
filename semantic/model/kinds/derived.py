"""The kind `derived`: an expression over metrics."""

from __future__ import annotations

from semantic.model.definitions import Metric
from semantic.model.files.doc import Doc, InputDoc
from semantic.model.kinds.kind import Kind, Wording
from semantic.model.kinds.offsets import formula_called, formula_searched
from semantic.model.kinds.reading import Reading, of_others
from semantic.model.model import Model


class DerivedKeys(Doc):
    expression: str | None = None
    inputs: list[InputDoc] = []


def _read(doc: DerivedKeys, reading: Reading) -> dict[str, object]:
    formula = reading.expression("expression", doc.expression) if doc.expression else None
    return {"expression": formula} | of_others(reading.inputs(formula.columns if formula else (), doc.inputs))


def _formula(metric: Metric, words: Wording) -> str:
    return words.computed(metric)


def _called(metric: Metric, model: Model) -> str:
    return formula_called(metric, "Formula")


DERIVED = Kind(
    name="derived",
    title="Formula",
    means="an expression over metrics, each of which can be filtered or taken from an earlier period",
    example="{name: large_order_gap, kind: derived, expression: order_count - large_orders}",
    keys=DerivedKeys,
    needs=("expression",),
    names={"expression": "input"},
    every_period=False,
    read=_read,
    formula=_formula,
    called=_called,
    group=_called,
    searched=formula_searched,
)
