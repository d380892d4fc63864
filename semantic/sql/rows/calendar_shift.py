"""Find, for every day of a calendar, the day at the same position in an earlier period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlglot import exp

from semantic.plan.tree.fields import CalendarKey, SaidTest
from semantic.sql.dialects.build_tree import aliased, and_all, column, number, over, select_from, subquery, table_of
from semantic.sql.rows.conversions import DAY
from semantic.sql.rows.legs import where_all
from semantic.sql.rows.scope import Scope

READ = "_read"
"""The name of the column with the day to read. Its rows are shown on the day in the column `DAY`."""


def days_of_periods_back(
    calendar_key: CalendarKey, count: int, start: date | None, end: date | None, scope: Scope, tests: Sequence[SaidTest]
) -> exp.Select:
    """Return each of the days [start, end) with the day at the same position `count` periods earlier.

    If the later period is shorter, its last day shows the remaining days of the earlier one.
    """
    same: list[exp.Expr] = [
        exp.EQ(this=column("_n", "shown"), expression=exp.Add(this=column("_n", "read"), expression=number(count))),
        exp.EQ(
            this=column("_place", "shown"),
            expression=exp.Least(this=column("_place", "read"), expressions=[column("_size", "shown")]),
        ),
    ]
    columns = [aliased(column(DAY, "shown"), DAY), aliased(column(DAY, "read"), READ)]
    tree = select_from(subquery(_numbered(calendar_key, scope), "read"), columns, keys=0)
    tree.set("joins", [exp.Join(this=subquery(_numbered(calendar_key, scope), "shown"), on=and_all(same))])
    day = column(DAY, "shown")
    edges = ((start, exp.GTE), (end, exp.LT))
    bounds: list[exp.Expr] = [
        test(this=day.copy(), expression=scope.values.add(edge)) for edge, test in edges if edge is not None
    ]
    return where_all(tree, [*bounds, *(scope.said_of_day(test, day) for test in tests)])


def _numbered(calendar_key: CalendarKey, scope: Scope) -> exp.Select:
    """Return each day with the number of its period, its position in the period, and the period's length in days."""
    table = table_of(scope.plan.datasets[calendar_key.dataset], "calendar")
    day, value = over(calendar_key.day.sql.tree, "calendar"), over(calendar_key.value.sql.tree, "calendar")
    first = exp.Window(this=exp.Min(this=day.copy()), partition_by=[value], over="OVER")
    dated = select_from(table, [aliased(day, DAY), aliased(first, "_first")], keys=0)
    begun, own = column("_first", "dated"), column(DAY, "dated")

    def ordered(tree: exp.Expr) -> exp.Order:
        return exp.Order(expressions=[exp.Ordered(this=tree, desc=False, nulls_first=False)])

    columns = [
        aliased(own, DAY),
        aliased(exp.Window(this=exp.DenseRank(), order=ordered(begun), over="OVER"), "_n"),
        aliased(
            exp.Window(this=exp.RowNumber(), partition_by=[begun.copy()], order=ordered(own.copy()), over="OVER"),
            "_place",
        ),
        aliased(exp.Window(this=exp.Count(this=exp.Star()), partition_by=[begun.copy()], over="OVER"), "_size"),
    ]
    return select_from(subquery(dated, "dated"), columns, keys=0)
