"""One cell of a result: which rows it is of, and the question that gives this number again, with others beside it."""

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
"""What a filter finds again exactly. Fractions and times are told apart in the answer instead."""


@dataclass(frozen=True, slots=True)
class CellKey:
    """One breakdown of a cell: a member's value, no value, the rest beside a top, or everything."""

    column: ResultColumn
    kind: Kind
    value: object


@dataclass(frozen=True, slots=True)
class Cell:
    """A number where it stands: its column, its breakdowns, its value."""

    column: ResultColumn
    keys: tuple[CellKey, ...]
    value: object

    def has(self, kind: Kind) -> bool:
        """Whether any breakdown is of that kind."""
        return any(key.kind == kind for key in self.keys)


def cell_of(result: Result, row: int, column: str) -> Cell:
    """The cell in a row of the result's table, under the column of a metric. Raises KeyError for any other column."""
    found = next((one for one in result.values if one.name == column), None)
    if found is None:
        raise KeyError(column)
    return Cell(found, _keys(result, row), result.table.column(column)[row].as_py())


def ask_again(cell: Cell, query: Query, metrics: Sequence[str]) -> Query:
    """The question that has this cell again, with `metrics` beside it.

    It is the same question, so that every rule that made the number makes it again, and groups are the same; filters
    on the cell's own members only leave out other rows of the answer. Other is whatever a top leaves over, and a
    calculation is over all groups, which such a filter would change: there the question stays whole. What the groups
    were filtered by is asked for too: some groups, and some ways to a filter, are there by it alone.
    """
    compared = () if cell.has("other") else (one.metric for one in query.having)
    asked = replace(query, metrics=tuple(dict.fromkeys((*query.metrics, *compared, *metrics))))
    if cell.has("other") or cell.column.calculation is not None:
        return asked
    asked = replace(asked, calc=())
    by = {column_name(one): one for one in query.by}
    tests = [
        Condition(by[key.column.name].dim, Operator.IN, (cast("Value", key.value),), by[key.column.name].via)
        for key in cell.keys
        if key.kind in ("member", "none") and not key.column.is_dated and _is_found(key)
    ]
    where = AllOf((*([asked.where] if asked.where else []), *tests)) if tests else asked.where
    return replace(asked, where=where, top=None, having=(), limit=None, order=())


def find_row(result: Result, cell: Cell) -> int | None:
    """The row of an answer that is of the same rows as the cell; None when there is none."""
    wanted = [(key.kind, key.value) for key in cell.keys]
    for row in range(result.table.num_rows):
        if [(key.kind, key.value) for key in _keys(result, row)] == wanted:
            return row
    return None


def is_same(one: object, other: object, *, exact: bool) -> bool:
    """Whether two values are one number: to the last digit, or for sums of fractions within nine digits."""
    if not isinstance(one, float) or not isinstance(other, float):
        return one == other
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    # A quotient of two exact sums is rounded once, the same every time.
    return one == other if exact else math.isclose(one, other, rel_tol=1e-9)


def _is_found(key: CellKey) -> bool:
    return key.value is None or key.column.type.kind in _COMPARED_BY_VALUE


def _keys(result: Result, row: int) -> tuple[CellKey, ...]:
    if not result.keys:
        return ()
    kinds = cast("list[Kind]", str(result.table.column(BUCKET)[row].as_py()).split(","))
    values = [result.table.column(key.name)[row].as_py() for key in result.keys]
    return tuple(CellKey(key, kind, value) for key, kind, value in zip(result.keys, kinds, values, strict=True))
