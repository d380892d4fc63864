"""One cell of a result: the rows behind it, and the question that returns its number again with other metrics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from semantic.model.definitions import TypeKind
from semantic.query.data import column_name
from semantic.query.query import AllOf, Condition, Operator, Query, Value
from semantic.query.resolve import BUCKET
from semantic.results.result import Result, ResultColumn

Kind = Literal["member", "none", "other", "total"]
_COMPARED_BY_VALUE = (TypeKind.STRING, TypeKind.INTEGER, TypeKind.BOOLEAN)
"""The types that a filter matches exactly. Fractions and times are compared in the answer instead."""


@dataclass(frozen=True, slots=True)
class CellKey:
    """One breakdown of a cell, which is a member's value, no value, Other, or a total."""

    column: ResultColumn
    kind: Kind
    value: object


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in an answer: its column, its breakdowns, and its value."""

    column: ResultColumn
    keys: tuple[CellKey, ...]
    value: object

    def has(self, kind: Kind) -> bool:
        """Whether any of the cell's breakdowns is of this kind."""
        return any(key.kind == kind for key in self.keys)


def cell_of(result: Result, row: int, column: str) -> Cell:
    """Return the cell in a row of the result's table, in the column of a metric.

    Raises KeyError for any other column.
    """
    value = next((candidate for candidate in result.values if candidate.name == column), None)
    if value is None:
        raise KeyError(column)
    return Cell(value, _keys(result, row), result.table.column(column)[row].as_py())


def cell_question(cell: Cell, query: Query, metrics: Sequence[str]) -> Query:
    """Return the question that returns this cell again, with `metrics` added.

    The question stays the same, so all of the number's rules apply again and its groups are the same. Filters on the
    cell's own members only leave out other rows of the answer. There are none for Other, which is everything outside a
    top, or for a calculation, which covers all groups, because filters would change these numbers. Metrics by which
    groups were filtered are added too, because some groups and join paths exist only because of them.
    """
    compared = () if cell.has("other") else (condition.metric for condition in query.having)
    asked = replace(query, metrics=tuple(dict.fromkeys((*query.metrics, *compared, *metrics))))
    if cell.has("other") or cell.column.calculation is not None:
        return asked
    asked = replace(asked, calc=())
    by = {column_name(breakdown): breakdown for breakdown in query.by}
    tests = [
        Condition(by[key.column.name].dim, Operator.IN, (cast("Value", key.value),), by[key.column.name].via)
        for key in cell.keys
        if key.kind in ("member", "none") and not key.column.is_dated and _is_found(key)
    ]
    where = AllOf((*([asked.where] if asked.where else []), *tests)) if tests else asked.where
    return replace(asked, where=where, top=None, having=(), limit=None, order=())


def find_row(result: Result, cell: Cell) -> int | None:
    """Return the row of an answer that has the same breakdowns as the cell, or None if there is none."""
    wanted = [(key.kind, key.value) for key in cell.keys]
    for row in range(result.table.num_rows):
        if [(key.kind, key.value) for key in _keys(result, row)] == wanted:
            return row
    return None


def is_same(one: object, other: object, *, exact: bool) -> bool:
    """Whether two values are the same number.

    If `exact`, they must be equal to the last digit, otherwise to nine digits, for sums of fractions.
    """
    if not isinstance(one, float) or not isinstance(other, float):
        return one == other
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    # A quotient of two exact sums is rounded once, the same way every time.
    return one == other if exact else math.isclose(one, other, rel_tol=1e-9)


def _is_found(key: CellKey) -> bool:
    return key.value is None or key.column.type.kind in _COMPARED_BY_VALUE


def _keys(result: Result, row: int) -> tuple[CellKey, ...]:
    if not result.keys:
        return ()
    kinds = cast("list[Kind]", str(result.table.column(BUCKET)[row].as_py()).split(","))
    values = [result.table.column(key.name)[row].as_py() for key in result.keys]
    return tuple(CellKey(key, kind, value) for key, kind, value in zip(result.keys, kinds, values, strict=True))
