"""A metric's formula as parts to lay out: its inputs and the operators between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from semantic.model.definitions import Metric
from semantic.model.model import Model
from semantic.results.formula import Node

_SIGNS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "\N{MINUS SIGN}", exp.Mul: "×", exp.Div: "÷"}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a formula: an input (`node`), or the operators and brackets between inputs (`sign`)."""

    node: Node | None = None
    sign: str = ""

    @property
    def metric(self) -> str:
        """The name of the part's metric, or "" for operators."""
        return self.node.metric.name if self.node is not None and self.node.metric is not None else ""


def formula_parts(tree: Node, model: Model) -> tuple[Part, ...]:
    """Return the parts of the formula at the top of a tree, such as `net_revenue`, `÷`, `spend`.

    Empty if the metric has no inputs, if some are hidden, or if the formula uses more than arithmetic.
    """
    nodes = tree.parts
    if not nodes or any(node.metric is None for node in nodes):
        return ()
    if [node.role for node in nodes] == ["numerator", "denominator"]:
        return Part(nodes[0]), Part(sign="÷"), Part(nodes[1])
    metric = _computed(tree.metric, model)
    if metric is None or metric.expression is None:
        return ()
    try:
        tokens = list(_tokens(metric.expression.tree))
    except KeyError:
        return ()
    return tuple(_together(tokens, [use.name for use in metric.uses], nodes))


def _computed(metric: Metric | None, model: Model) -> Metric | None:
    """Return the metric that defines the formula.

    If a window covers a formula, it applies to each part of the formula.
    """
    while metric is not None and metric.cumulative is not None:
        metric = model.metrics[metric.inputs[0]]
    return metric


def _together(tokens: Sequence[str], names: Sequence[str], nodes: Sequence[Node]) -> Iterator[Part]:
    """Yield the parts. Consecutive operators and brackets become one part."""
    signs: list[str] = []
    for token in tokens:
        if token in names:
            if signs:
                yield Part(sign=" ".join(signs))
            signs = []
            yield Part(nodes[names.index(token)])
        else:
            signs.append(token)
    if signs:
        yield Part(sign=" ".join(signs))


def _tokens(tree: exp.Expr) -> Iterator[str]:
    """Yield the names, numbers, operators and brackets of a formula in order.

    Raises KeyError for anything but arithmetic. Protection against a division by zero is left out, because it adds no
    meaning.
    """
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
