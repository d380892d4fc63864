"""One cell of a result: how to find it again, and the question that returns its number with other metrics."""

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
"""The types that a filter can match exactly. Fractions and times are compared in the answer instead."""


@dataclass(frozen=True, slots=True)
class CellKey:
    """The value of one breakdown for a cell: a member, no value, Other, or a total."""

    column: ResultColumn
    kind: Kind
    value: object


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of an answer, with its column and the cell's value for each breakdown."""

    column: ResultColumn
    keys: tuple[CellKey, ...]
    value: object

    def has(self, kind: Kind) -> bool:
        """Whether at least one of the cell's breakdowns is of this kind."""
        return any(key.kind == kind for key in self.keys)


def cell_of(result: Result, row: int, column: str) -> Cell:
    """Return the cell at a row of the result's table and the column of a metric.

    Raises KeyError for a column that isn't a metric's.
    """
    value = next((candidate for candidate in result.values if candidate.name == column), None)
    if value is None:
        raise KeyError(column)
    return Cell(value, _keys(result, row), result.table.column(column)[row].as_py())


def cell_question(cell: Cell, query: Query, metrics: Sequence[str]) -> Query:
    """Return a question that returns this cell's number again, together with `metrics`.

    It's the original question, so the same rules apply to the number and the groups are the same. Filters on the cell's
    own members only leave out other rows of the answer. Other and calculations get no such filters, because Other is
    everything outside a top and a calculation covers all groups, so filters would change their numbers. Metrics that
    filter groups are added too, because some groups and join paths exist only because of these metrics.
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
    """Return the position of the answer's row with the same breakdown values as the cell, or None."""
    wanted = [(key.kind, key.value) for key in cell.keys]
    for row in range(result.table.num_rows):
        if [(key.kind, key.value) for key in _keys(result, row)] == wanted:
            return row
    return None


def is_same(one: object, other: object, *, exact: bool) -> bool:
    """Whether two values are the same number.

    With `exact`, all digits must be equal. Otherwise nine digits must be equal, because sums of fractions are inexact.
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
