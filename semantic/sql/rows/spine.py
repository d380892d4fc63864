"""Every day of a period as rows: from the model's calendar, or counted by the engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlglot import exp

from semantic.errors import InvalidQuery
from semantic.model.definitions import DataType, TypeKind
from semantic.plan.measures.spine_join import Steps
from semantic.plan.tree.nodes import Spine
from semantic.sql.dialects.build_tree import aliased, and_all, cast, column, over, select_from, subquery, table_of
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values

_DATE = DataType(TypeKind.DATE)
Bounds = tuple[exp.Select, Callable[[exp.Expr], exp.Expr]]
"""Rows with a column of days, and how a day of theirs is moved to where it is shown."""


def spine_days(
    spine: Spine,
    start: date | None,
    end: date | None,
    dialect: Dialect,
    values: Values,
    day: str,
    bounds: Bounds | None = None,
) -> exp.Select:
    """A SELECT of the days [start, end) in the column `day`; where one is open, as far as `bounds` has rows.

    Raises InvalidQuery where the engine cannot count days and the model names none.
    """
    if spine.dataset is not None:
        return _of_calendar(spine, start, end, values, day)
    if not dialect.days:
        message = f"{dialect.name} counts no days by itself."
        raise InvalidQuery(f"{message} Name a table with one row for each day as `spine:` in the model.")
    first = cast(values.add(start), _DATE) if start else _edge(bounds, day, exp.Min)
    last = cast(values.add(end - timedelta(days=1)), _DATE) if end else _edge(bounds, day, exp.Max)
    tree = fill(dialect.days, dialect.name, x=first, y=last)
    assert isinstance(tree, exp.Select)
    return tree


def period_starts(start: date, end: date, length: Steps, dialect: Dialect, values: Values) -> exp.Select:
    """A SELECT of the first day of each period of a `length` in [start, end), which is made of whole ones."""
    first, last = (values.add(one) for one in (start, end - timedelta(days=1)))  # days, where periods can be counted
    phrase = dialect.periods.format(unit="MONTH" if length.months else "DAY")
    tree = fill(phrase, dialect.name, length.months or length.days, x=first, y=last)
    assert isinstance(tree, exp.Select)
    return tree


def _of_calendar(spine: Spine, start: date | None, end: date | None, values: Values, day: str) -> exp.Select:
    assert spine.dataset is not None
    assert spine.day is not None
    own = over(spine.day.tree, "calendar")
    shown = own if spine.unit.is_clock else cast(own, _DATE)
    tree = select_from(table_of(spine.dataset, "calendar"), [aliased(shown, day)], keys=0)
    edges = ((start, exp.GTE), (end, exp.LT))
    tests: list[exp.Expr] = [
        test(this=cast(own.copy(), _DATE), expression=values.add(edge)) for edge, test in edges if edge is not None
    ]
    if tests:
        tree.set("where", exp.Where(this=and_all(tests)))
    return tree


def _edge(bounds: Bounds | None, day: str, most: type[exp.AggFunc]) -> exp.Expr:
    assert bounds is not None
    rows, moved = bounds
    edge = moved(most(this=column(day, "edges")))
    tree = select_from(subquery(rows.copy(), "edges"), [edge], keys=0)
    return exp.Subquery(this=tree)
