"""Compare how two people see a question: the names that they can use, their scope, and their answers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from semantic.compile import compile_visible
from semantic.errors import SemanticError, UnknownName
from semantic.model.definitions import Dimension
from semantic.policy.explain import Access, explain_dimension, explain_metric
from semantic.policy.narrow import VisibleModel
from semantic.query.names import read_name
from semantic.query.query import DATE, Query
from semantic.query.resolve import BUCKET
from semantic.results.result import Result
from semantic.sql.dialects.table import Dialect

Numbers = Mapping[str, float | None]
"""The numbers of one row, by column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A question as one person sees it.

    It shows the names that they can use and why, their scope, and the reason if the question is refused.
    """

    seen: VisibleModel
    names: tuple[Access, ...]
    scope: str
    refused: SemanticError | None


@dataclass(frozen=True, slots=True)
class RowPair:
    """One group in two answers, identified by its keys.

    The side that doesn't have the group is None. `differing` lists the value columns that differ.
    """

    key: tuple[object, ...]
    left: Numbers | None
    right: Numbers | None
    differing: frozenset[str]

    @property
    def differs(self) -> bool:
        return bool(self.differing) or self.left is None or self.right is None


def view_of(seen: VisibleModel, query: Query, dialect: Dialect, *, today: date) -> View:
    """Return a question as the actor of `seen` sees it.

    Raises UnknownName for names that don't exist in the whole model.
    """
    refused: SemanticError | None = None
    names = tuple(_names(seen, query))
    try:
        compile_visible(seen, query, dialect, today=today)
    except SemanticError as error:
        refused = error.with_traceback(None)
    return View(seen=seen, names=names, scope=seen.scope or "Scope: everything", refused=refused)


def _names(seen: VisibleModel, query: Query) -> Iterator[Access]:
    for name in query.metrics:
        if name not in seen.model.metrics:
            raise UnknownName(name, seen.model.metrics, kind="metric")
        yield explain_metric(seen, seen.model.metrics[name])
    for dimension in dimensions_of(query, seen):
        yield explain_dimension(seen, dimension)


def dimensions_of(query: Query, seen: VisibleModel) -> tuple[Dimension, ...]:
    """Return the dimensions that a question is broken down by, without metrics' own dates. Raises UnknownName."""
    names = dict.fromkeys(read_name(breakdown.dim, seen.model).dim for breakdown in query.by)
    dimensions: list[Dimension] = []
    for name in names:
        if name == DATE:
            continue
        if name not in seen.model.dimensions:
            raise UnknownName(name, seen.model.dimensions, kind="dimension")
        dimensions.append(seen.model.dimensions[name][0])
    return tuple(dimensions)


def pair_rows(left: Result, right: Result) -> tuple[RowPair, ...]:
    """Return every group in either answer, left ones first and totals last, with the numbers that differ.

    Both are answers to the same question, so they have the same columns. A group that a mask shows differently is on
    one side only.
    """
    keys = [*(column.name for column in left.keys), *([BUCKET] if left.keys else [])]
    values = [column.name for column in left.values]
    mine, theirs = _by_key(left, keys, values), _by_key(right, keys, values)
    pairs = [_pair(key, mine.get(key), theirs.get(key), values) for key in dict.fromkeys([*mine, *theirs])]
    return tuple(sorted(pairs, key=_is_total))


def _is_total(pair: RowPair) -> bool:
    return bool(pair.key) and "total" in str(pair.key[-1]).split(",")


def _by_key(result: Result, keys: Sequence[str], values: Sequence[str]) -> dict[tuple[object, ...], Numbers]:
    rows = result.rows()
    # Value columns are numbers, according to the result's columns.
    return {tuple(row[name] for name in keys): {name: cast(float | None, row[name]) for name in values} for row in rows}


def _pair(key: tuple[object, ...], left: Numbers | None, right: Numbers | None, values: Sequence[str]) -> RowPair:
    if left is None or right is None:
        return RowPair(key, left, right, frozenset())
    return RowPair(key, left, right, frozenset(name for name in values if not _same(left[name], right[name])))


def _same(number: float | None, other: float | None) -> bool:
    if isinstance(number, float) and isinstance(other, float):  # sums of doubles are equal within 1e-9 (decision 27)
        return math.isclose(number, other, rel_tol=1e-9)
    return number == other
