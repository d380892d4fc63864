"""Compute metrics from aggregated leaves.

A ratio or formula is null where its divisor is 0. Each value is cast to its type once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from semantic.model.definitions import DataType, Form, Metric, TypeKind
from semantic.plan.tree.nodes import Output, Plan, leaf_name
from semantic.sql.dialects.build_tree import aliased, and_all, call, cast, is_count, number, operand, or_any

Part = Callable[[str], exp.Expr]
"""Returns the tree of an aggregated leaf or of a key, by name."""
IsUnknown = Callable[[Output], list[exp.Expr]]
"""Returns tests of which one is true wherever an output has no known day. Empty if every row has a known day."""


def computed_columns(plan: Plan, leaf: Part, key: Part, is_unknown: IsUnknown | None = None) -> list[exp.Expr]:
    """Return every metric, and the other columns that the plan computes without showing them, by name."""
    outputs = [*(output for output in plan.outputs if output.metric), *plan.beside]
    return [aliased(metric_value(output, plan, leaf, key, is_unknown), output.name) for output in outputs]


def tested_columns(plan: Plan, leaf: Part, key: Part, is_unknown: IsUnknown | None) -> list[exp.Expr]:
    """Return the values that filters on groups compare, under the names from `tested_name`.

    They're for filters that are applied after windows over the groups.
    """
    values = [metric_value(condition.value, plan, leaf, key, is_unknown) for condition in plan.having]
    return [aliased(value, f"_h{index}") for index, value in enumerate(values)]


def tested_name(value: Output, plan: Plan) -> str:
    """Return the name of a filter's value among the columns of `tested_columns`."""
    return f"_h{next(index for index, condition in enumerate(plan.having) if condition.value is value)}"


def metric_value(output: Output, plan: Plan, leaf: Part, key: Part, is_unknown: IsUnknown | None = None) -> exp.Expr:
    """Return a metric's value, computed from aggregated leaves and cast to its type once at the end.

    It's null wherever the output says that the metric is missing.
    """
    assert output.metric is not None
    metrics = dict(plan.metrics)
    tree = _Computing(plan, leaf, output.compare, metrics, dict(plan.leaves)).value(
        metrics.get(output.metric.name, output.metric)
    )
    tree = tree if _is_typed(tree, output.type) else cast(tree, output.type)
    tests: list[exp.Expr] = [
        or_any([exp.Not(this=exp.Is(this=exp.Max(this=key(name)), expression=exp.Null())) for name in names])
        for names in output.named
    ]
    tests += [
        exp.GTE(this=metric_value(each_output, plan, leaf, key), expression=number(least))
        for each_output, least in output.guarded
    ]
    if tests:
        tree = exp.Case(ifs=[exp.If(this=and_all(tests), true=tree)])
    if output.to_come:
        return exp.Case(ifs=[exp.If(this=exp.false(), true=tree)])
    if is_unknown is None or not output.unknown:
        return tree
    if not _may_be_filled(output, metrics):
        output = replace(output, unknown=tuple(unknown for unknown in output.unknown if unknown.on is not None))
    unknown = is_unknown(output)
    if not unknown:
        return tree
    return exp.Case(ifs=[exp.If(this=or_any(unknown), true=cast(exp.Null(), output.type))], default=tree)


@dataclass(frozen=True, slots=True)
class _Computing:
    """Computes metrics from the leaves of a plan, in the comparison `compare` if that's set.

    This is a class because mutually recursive closures, and the whole tree with them, would wait for garbage
    collection.
    """

    plan: Plan
    leaf: Part
    compare: str
    metrics: Mapping[str, Metric]
    leaf_of: Mapping[str, str]

    def value(self, metric: Metric) -> exp.Expr:
        match metric.form:
            case Form.SIMPLE:
                tree = self.leaf(leaf_name(self.leaf_of[metric.name], self.compare))
            case Form.RATIO:
                top, bottom = (self.value(self.metrics[name]) for name in metric.inputs)
                tree = _divide(top, bottom)
            case Form.DERIVED:
                assert metric.expression is not None
                named = {use.name: use.metric for use in metric.uses}
                tree = _derive(metric.expression.tree, lambda name: self.value(self.metrics[named[name]]))
            case Form.CUMULATIVE | Form.CONVERSION:
                raise TypeError(f"{metric.name} is taken apart before it is computed")
        if not metric.is_simple and self.plan.fills_own_rows:
            tree = self._where_it_has_rows(metric, tree)
        if metric.fill is None or (metric.fill == 0 and is_count(tree)):
            return tree
        return call(exp.Coalesce, tree, number(metric.fill))

    def _where_it_has_rows(self, metric: Metric, tree: exp.Expr) -> exp.Expr:
        """Return a formula of filled metrics, with null in groups where only other metrics have rows."""
        simple = list(_simple_below(metric, self.metrics))
        own = {leaf_name(self.leaf_of[each_metric.name], self.compare) for each_metric in simple}
        every = self.plan.legs
        legs = [leg for leg in every if own & {leaf.name for leaf in leg.leaves}]
        if (
            len(legs) == len(every)
            or all(each_metric.fill is None for each_metric in simple)
            or any(leg.filled for leg in legs)
        ):
            return tree
        expression = or_any(
            [
                exp.Not(this=exp.Is(this=self.leaf(each_leaf_name), expression=exp.Null()))
                for each_leaf_name in sorted(own)
            ]
        )
        return exp.Case(ifs=[exp.If(this=expression, true=tree)])


def _may_be_filled(output: Output, metrics: Mapping[str, Metric]) -> bool:
    """Return whether a metric can have a value in a group without any of its own rows."""
    assert output.metric is not None
    waiting = [metrics.get(output.metric.name, output.metric)]
    while waiting:
        metric = waiting.pop()
        if metric.fill is not None:
            return True
        waiting += [metrics[name] for name in metric.inputs if name in metrics]
    return False


def _simple_below(metric: Metric, metrics: Mapping[str, Metric]) -> Iterator[Metric]:
    """Yield the simple metrics that a formula uses, directly or through other formulas."""
    for name in metric.inputs:
        below = metrics[name]
        if below.is_simple:
            yield below
        else:
            yield from _simple_below(below, metrics)


def _is_typed(tree: exp.Expr, kind: DataType) -> bool:
    """Return whether a tree has the type `kind` without a cast.

    This is true of quotients, counts, and the minimum or maximum of text or days.
    """
    if kind.kind is TypeKind.DOUBLE:
        return isinstance(tree, exp.Div)
    return kind.kind is not TypeKind.INTEGER or is_count(tree)


def _divide(top: exp.Expr, bottom: exp.Expr) -> exp.Expr:
    """Return a quotient in DOUBLE, or null if the divisor is 0."""
    double = DataType(TypeKind.DOUBLE)
    below = call(exp.Nullif, cast(bottom, double), number(0))
    return exp.Div(this=cast(top, double), expression=below, typed=False, safe=False)


def _derive(tree: exp.Expr, value: Callable[[str], exp.Expr]) -> exp.Expr:
    """Return a derived metric's expression with trees in place of metric names.

    Every division is in DOUBLE, and null if the divisor is 0.
    """
    double = DataType(TypeKind.DOUBLE)
    match tree:
        case exp.Column():
            return operand(value(tree.name))
        case exp.Div():
            return _divide(_derive(tree.this, value), _derive(tree.expression, value))
        case exp.Mul():
            factors = [cast(_derive(factor, value), double) for factor in (tree.this, tree.expression)]
            return exp.Mul(this=factors[0], expression=factors[1])
        case _:
            expression = tree.copy() if not tree.args else type(tree)()
            for key, part in tree.args.items():
                if isinstance(part, list):
                    parts: list[object] = part  # pyright: ignore[reportUnknownVariableType]
                    expression.set(
                        key,
                        [
                            _derive(inner_part, value) if isinstance(inner_part, exp.Expr) else inner_part
                            for inner_part in parts
                        ],
                    )
                else:
                    expression.set(key, _derive(part, value) if isinstance(part, exp.Expr) else part)
            return expression
