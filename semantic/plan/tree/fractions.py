"""Add up fractions as decimals. The last digits of a sum of doubles depend on the order of addition."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from semantic.model.definitions import Aggregation, Dataset, DataType, TypeKind
from semantic.plan.tree.nodes import AggregateColumn

EXCHANGED = DataType(TypeKind.DECIMAL, 38, 12)
"""The type for sums of converted amounts and of shares: 4 decimal places times a rate with 8."""


def adding_decimals(leaf: AggregateColumn, dataset: Dataset) -> AggregateColumn:
    """Return the leaf summed as decimals if its expression gives fractions of columns that aren't doubles.

    Doubles stay doubles, because they can be too large for a decimal, or NaN.
    """
    measure = leaf.measure
    if measure.type.kind is not TypeKind.DOUBLE or measure.agg not in (Aggregation.SUM, Aggregation.AVG):
        return leaf
    assert measure.sql is not None
    kinds = [dataset.columns.get(column.name) for column in measure.sql.tree.find_all(exp.Column)]
    is_exact = all(kind is not None and kind.kind is not TypeKind.DOUBLE for kind in kinds)
    return replace(leaf, in_decimals=is_exact)
