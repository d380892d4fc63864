"""Split a formula such as `SUM(a) / COUNT(*)` into its aggregates and a formula over their names.

Exports use `only_where` and `percentile_text` to write aggregates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.interop.loss import NotExpressible
from semantic.model.definitions import Aggregation, Measure

MARK = "aggregate_"


@dataclass(frozen=True, slots=True)
class Aggregated:
    """One aggregate. `sql` is the expression inside it, or "" for a count of rows.

    `filter` selects the rows to aggregate, or is "" for all rows.
    """

    agg: str
    sql: exp.Expr | None
    filter: exp.Expr | None = None
    percentile: float | None = None
    discrete: bool = False
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula over aggregates. In `tree`, columns `aggregate_0`, `aggregate_1`… replace the aggregates in `parts`.

    The formula can also have names of its own.
    """

    tree: exp.Expr
    parts: tuple[Aggregated, ...]

    @property
    def is_one(self) -> bool:
        """Whether the formula is a single aggregate."""
        return isinstance(self.tree, exp.Column) and len(self.parts) == 1


def take_apart(text: str, dialect: str = "duckdb") -> Formula:
    """Return the formula in `text`. Raises CannotSay for an aggregate that the model language doesn't have."""
    try:
        tree = sqlglot.parse_one(text, read=dialect)
    except (SqlglotError, RecursionError) as error:
        raise NotExpressible(f"{text!r} is not SQL: {str(error).splitlines()[0]}") from error
    if tree.find(exp.Window, exp.Query):
        raise NotExpressible(f"{text!r} contains a window function or a query")
    parts: list[Aggregated] = []

    def visit(node: exp.Expr) -> exp.Expr:
        wrapped = isinstance(node, (exp.Filter, exp.WithinGroup))
        if not wrapped and not isinstance(node, (exp.AggFunc, exp.ApproxDistinct)):
            return node
        aggregated = _aggregate(node)
        if aggregated not in parts:
            parts.append(aggregated)
        return exp.column(f"{MARK}{parts.index(aggregated)}")

    return Formula(tree.transform(visit), tuple(parts))


def _aggregate(node: exp.Expr) -> Aggregated:
    """Return the aggregate in a node, with its condition from FILTER or from a CASE that leaves out other rows."""
    if isinstance(node, exp.Filter):
        inner = _aggregate(node.this)
        condition = node.expression.this
        both = exp.and_(inner.filter, condition) if inner.filter is not None else condition
        return Aggregated(inner.agg, inner.sql, both, inner.percentile, inner.discrete, inner.approximate)
    agg, value, percentile, discrete, approximate = _kind(node)
    condition = None
    if isinstance(value, exp.Case) and value.this is None and value.args.get("default") is None:
        branches = value.args["ifs"]
        if len(branches) == 1:
            condition, value = branches[0].this, branches[0].args["true"]
    if agg == "count" and isinstance(value, exp.Literal):
        value = None
    if value is not None and value.find(exp.AggFunc):
        raise NotExpressible("an aggregate of an aggregate has no equivalent")
    return Aggregated(agg, value, condition, percentile, discrete, approximate)


def _kind(node: exp.Expr) -> tuple[str, exp.Expr | None, float | None, bool, bool]:
    match node:
        case exp.Count():
            distinct = node.this
            if isinstance(distinct, exp.Distinct):
                if len(distinct.expressions) != 1:
                    raise NotExpressible("a count of several columns together has no equivalent")
                return "count_distinct", distinct.expressions[0], None, False, False
            return "count", None if isinstance(node.this, exp.Star) else node.this, None, False, False
        case exp.ApproxDistinct():
            return "approx_count_distinct", node.this, None, False, False
        case exp.Sum() | exp.Avg() | exp.Min() | exp.Max() | exp.Median() if not isinstance(node.this, exp.Distinct):
            return str(node.key), node.this, None, False, False
        case exp.WithinGroup() if isinstance(node.this, (exp.PercentileCont, exp.PercentileDisc)):
            ordered = node.expression.find(exp.Ordered)
            if ordered is None or ordered.args.get("desc"):
                raise NotExpressible("a percentile must order its values ascending")
            share = _share(node.this.this)
            return "percentile", ordered.this, share, isinstance(node.this, exp.PercentileDisc), False
        case exp.PercentileCont() | exp.PercentileDisc() | exp.Quantile():
            if node.expression is not None:
                is_discrete = isinstance(node, exp.PercentileDisc)
                return "percentile", node.this, _share(node.expression), is_discrete, False
        case exp.ApproxQuantile():
            return "percentile", node.this, _share(node.args["quantile"]), False, True
        case _:
            pass
    raise NotExpressible(f"{node.sql('duckdb')} has no equivalent among our aggregations")


def only_where(sql: str, conditions: Sequence[str]) -> str:
    """Return an expression for use inside an aggregate, with NULL for rows that don't meet every condition."""
    if not conditions:
        return sql
    both = conditions[0] if len(conditions) == 1 else " AND ".join(f"({condition})" for condition in conditions)
    return f"CASE WHEN {both} THEN {sql} END"


def percentile_text(measure: Measure, sql: str) -> str:
    """Return SQL for the median or a percentile of `sql`."""
    if measure.agg is Aggregation.MEDIAN and not measure.discrete:
        return f"MEDIAN({sql})"
    function = "PERCENTILE_DISC" if measure.discrete else "PERCENTILE_CONT"
    return f"{function}({measure.percentile}) WITHIN GROUP (ORDER BY {sql})"


def _share(node: exp.Expr) -> float:
    if not isinstance(node, exp.Literal) or node.is_string:
        raise NotExpressible("a percentile must be between 0 and 1")
    return float(node.this)
