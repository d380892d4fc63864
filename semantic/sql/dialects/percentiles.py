"""Build percentiles and estimated distinct counts, with notes on where an engine estimates."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from semantic.model.definitions import Aggregation, DataType, Measure, TypeKind
from semantic.plan.tree.nodes import Plan
from semantic.sql.dialects.build_tree import cast
from semantic.sql.dialects.table import Dialect

_DOUBLE = DataType(TypeKind.DOUBLE)
_PERCENTILES = (Aggregation.MEDIAN, Aggregation.PERCENTILE)


def percentile_or_estimate(measure: Measure, value: exp.Expr) -> exp.Expr:
    """Return the aggregate of `value` in DuckDB's SQL, without nulls. `speak` rewrites it for other engines."""
    if measure.agg is Aggregation.APPROX_COUNT_DISTINCT:
        return exp.ApproxDistinct(this=value)
    share = exp.Literal.number(repr(measure.percentile))
    if measure.approximate:
        return exp.ApproxQuantile(this=cast(value, _DOUBLE), quantile=share)
    if measure.discrete:
        return exp.PercentileDisc(this=value, expression=share)
    # In DOUBLE: a value between two decimals has more digits than they have.
    return exp.PercentileCont(this=cast(value, _DOUBLE), expression=share)


def estimate_notes(plan: Plan, dialect: Dialect) -> Iterator[str]:
    """Yield a note for each estimated measure.

    Either the model allows estimates, or the engine has no exact function.
    """
    measures = dict.fromkeys(
        (leaf.measure.label, leaf.measure.agg, leaf.measure.discrete, leaf.measure.approximate)
        for leg in plan.legs
        for leaf in leg.leaves
    )
    for label, agg, discrete, approximate in measures:
        form = "percentile_of_values" if discrete else "percentile"
        if agg in _PERCENTILES and form in dialect.inexact:
            yield f"{label} is an estimate: {dialect.name} has no exact percentile."
        elif approximate and _estimates(agg, dialect):
            yield f"{label} is an estimate."


def _estimates(agg: Aggregation, dialect: Dialect) -> bool:
    """Return whether the engine can estimate the aggregate. If not, the exact number is used."""
    exact = dialect.percentile if agg in _PERCENTILES else "COUNT(DISTINCT x)"
    percentile_estimated = dialect.percentile_estimated if agg in _PERCENTILES else dialect.distinct_estimated
    return percentile_estimated != exact
