"""Fractions that are added up as decimals: a sum of doubles has other last digits in each order of adding."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from semantic.model.definitions import Aggregation, Dataset, DataType, TypeKind
from semantic.plan.nodes import Leaf

EXCHANGED = DataType(TypeKind.DECIMAL, 38, 12)
"""What an exchanged amount, or a part of one, is added up as: all digits of an amount times a rate of eight."""


def adding_decimals(leaf: Leaf, dataset: Dataset) -> Leaf:
    """The leaf, added up in decimals where it adds fractions of columns that are none.

    A column of doubles is added as it is: its values may be of any size, or no number.
    """
    measure = leaf.measure
    if measure.type.kind is not TypeKind.DOUBLE or measure.agg not in (Aggregation.SUM, Aggregation.AVG):
        return leaf
    assert measure.sql is not None
    kinds = [dataset.columns.get(one.name) for one in measure.sql.tree.find_all(exp.Column)]
    is_exact = all(kind is not None and kind.kind is not TypeKind.DOUBLE for kind in kinds)
    return replace(leaf, in_decimals=is_exact)
