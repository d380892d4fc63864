"""A metric's formula as parts to lay out: the names of its inputs and the signs between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from semantic.model.definitions import Metric, MetricKind

_SIGNS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "\N{MINUS SIGN}", exp.Mul: "×", exp.Div: "÷"}


@dataclass(frozen=True, slots=True)
class Part:
    """A metric's name, or the signs that stand before the next one."""

    metric: str = ""
    sign: str = ""


def formula_parts(metric: Metric) -> tuple[Part, ...]:
    """`net_revenue`, `÷`, `spend`. Empty where there are no inputs, or more than arithmetic."""
    if metric.kind is MetricKind.RATIO:
        top, bottom = metric.inputs
        return Part(metric=top), Part(sign="÷"), Part(metric=bottom)
    if metric.kind is MetricKind.SIMPLE or metric.expression is None:
        return ()
    try:
        tokens = list(_tokens(metric.expression.tree))
    except KeyError:
        return ()
    return tuple(_together(tokens, metric.inputs))


def _together(tokens: list[str], names: tuple[str, ...]) -> Iterator[Part]:
    """Signs and brackets that follow each other are one part."""
    signs: list[str] = []
    for token in tokens:
        if token in names:
            if signs:
                yield Part(sign=" ".join(signs))
            signs = []
            yield Part(metric=token)
        else:
            signs.append(token)
    if signs:
        yield Part(sign=" ".join(signs))


def _tokens(tree: exp.Expr) -> Iterator[str]:
    """Raises KeyError for what is no arithmetic. A guard against dividing by zero is not said: it gives no value."""
    match tree:
        case exp.Column():
            yield tree.name
        case exp.Literal(is_string=False):
            yield f"{float(tree.this):,g}"
        case exp.Paren():
            yield "("
            yield from _tokens(tree.this)
            yield ")"
        case exp.Nullif():
            yield from _tokens(tree.this)
        case exp.Binary():
            yield from _tokens(tree.left)
            yield _SIGNS[type(tree)]
            yield from _tokens(tree.right)
        case _:
            raise KeyError(type(tree).__name__)
