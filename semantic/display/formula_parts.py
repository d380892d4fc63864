"""A metric's formula as parts to lay out: the names of its inputs and the signs between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from semantic.model.definitions import Input, Metric, MetricKind

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
    return tuple(_together(tokens, {one.name: one for one in metric.uses}))


def _together(tokens: list[str], inputs: Mapping[str, Input]) -> Iterator[Part]:
    """Signs and brackets that follow each other are one part; so is what is said of an input's time."""
    signs: list[str] = []
    for token in tokens:
        if token in inputs:
            if signs:
                yield Part(sign=" ".join(signs))
            one = inputs[token]
            signs = [_before(one)] if one.offset or one.offset_to else []
            yield Part(metric=one.metric)
        else:
            signs.append(token)
    if signs:
        yield Part(sign=" ".join(signs))


def _before(one: Input) -> str:
    if one.offset is not None:
        return f"{one.offset.words} before"
    assert one.offset_to is not None
    return f"at the start of the {one.offset_to.words}"


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
