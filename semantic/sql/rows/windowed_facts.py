"""Lower special legs, whose rows differ for each total.

Their rows are expanded over days, are balances of a period's last day, or are conversions. Each total has its own
SELECT of rows with the keys that it keeps. The rows are then aggregated as in any other leg.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlglot import exp

from semantic.model.definitions import DataType, Granularity, OverTime, TypeKind
from semantic.plan.measures.spine_join import Steps, steps
from semantic.plan.rewrites import has_parts
from semantic.plan.shared_days import DaysTable, days_of
from semantic.plan.tree.fields import Field, LegKey, SaidTest, Test
from semantic.plan.tree.nodes import AggregateColumn, Balance, Laid, Leg, Plan
from semantic.plan.within_windows import LENGTHS, shows_whole_periods
from semantic.query.periods import first_day
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    call,
    cast,
    column,
    conditional,
    copied,
    named_table,
    number,
    select_from,
    subquery,
)
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.rows.calendar_shift import READ, days_of_periods_back
from semantic.sql.rows.conversions import DAY, KEPT, base_columns, conversions
from semantic.sql.rows.counted import Counted, share_filters
from semantic.sql.rows.fact_rates import fact_rates
from semantic.sql.rows.legs import AGAIN, LegTree, aggregate_cell, day_columns, first_step, row_value, where_all
from semantic.sql.rows.scope import Scope
from semantic.sql.rows.spine import period_starts, spine_days

_DATE = DataType(TypeKind.DATE)
FOUND, SHOWN, ROWS = "found", "shown", "rows"
"""The aliases of a leg's rows, of the days on which they're shown, and of both joined."""


@dataclass(frozen=True, slots=True)
class SpecialRows:
    """The rows of a special leg.

    `select` returns the rows with the kept keys, a column for each leaf and, if needed, the day. `again` aggregates a
    leaf's column. `in_period` tests whether a row is in the shown period itself. With `averages`, rows are aggregated
    by day, and then the days are averaged.
    """

    select: Callable[[Sequence[str]], exp.Select]
    again: Callable[[AggregateColumn, exp.Expr], exp.Expr]
    in_period: Callable[[], exp.Expr]
    averages: bool


def special_rows(
    leg: Leg, plan: Plan, dialect: Dialect, values: Values, cells: dict[str, str], days: DaysTable | None = None
) -> SpecialRows:
    """Return the rows of a special leg, with its leaves in the columns `cells`."""
    made = _Special(leg, plan, dialect, values, cells, days)
    return SpecialRows(made.select, made.again, made.in_period, leg.averages)


def lower_special_leg(
    leg: Leg, plan: Plan, dialect: Dialect, values: Values, cells: dict[str, str], days: DaysTable | None = None
) -> LegTree:
    """Lower a special leg by the question's keys. `days`, if given, is its table of rows by day, with more days."""
    rows = special_rows(leg, plan, dialect, values, cells, days)
    names = [key.name for key in leg.keys]
    source = rows.select(names)
    if rows.averages:
        return _of_averages(by_day(source, names, leg, cells, rows), names, cells)
    leaves = {leaf.name: (leaf, False) for leaf in leg.leaves}
    leaves |= {leg_leaf.name: (leaf, True) for leaf, leg_leaf in zip(leg.leaves, leg.of_period, strict=False)}
    columns: dict[str, exp.Expr] = {expression.alias: expression.this for expression in source.expressions}
    for expression in source.expressions:
        expression.parent = None  # others replace them
    keys = [aliased(columns[name], name) for name in names]

    def select(expressions: list[exp.Expr]) -> exp.Select:
        source.set("expressions", expressions)
        if keys:
            source.set("group", exp.Group(expressions=[number(index + 1) for index in range(len(keys))]))
        return source

    def aggregate(name: str) -> exp.Expr:
        leaf, of_period = leaves[name]
        tree = rows.again(leaf, copied(columns[cells[leaf.name]]))
        return conditional(tree, rows.in_period(), dialect.filter_clause) if of_period else tree

    return LegTree(keys, aggregate, select, _no_rows)


def _of_averages(source: exp.Select, names: Sequence[str], cells: dict[str, str]) -> LegTree:
    """Return the average over the days in `source`."""
    keys = [aliased(column(name, ROWS), name) for name in names]

    def select(expressions: list[exp.Expr]) -> exp.Select:
        return select_from(subquery(source, ROWS), expressions, keys=len(keys))

    return LegTree(keys, lambda name: call(exp.Avg, column(cells[name], ROWS)), select, _no_rows)


def _no_rows(wanted: Sequence[tuple[AggregateColumn, str]]) -> exp.Select:
    raise TypeError("a leg whose rows are chosen for each total has no rows of its own")


def by_day(source: exp.Select, names: Sequence[str], leg: Leg, cells: dict[str, str], rows: SpecialRows) -> exp.Select:
    """Return the value of each group on each day, to be averaged."""
    every = [*names, DAY]
    columns = [aliased(column(name, "daily"), name) for name in every]
    parts = [aliased(rows.again(leaf, column(cells[leaf.name], "daily")), cells[leaf.name]) for leaf in leg.leaves]
    return select_from(subquery(source, "daily"), [*columns, *parts], keys=len(every))


class _Special:
    """Lowers one special leg in steps, each of which wraps a SELECT around the previous one."""

    def __init__(
        self,
        leg: Leg,
        plan: Plan,
        dialect: Dialect,
        values: Values,
        cells: dict[str, str],
        days: DaysTable | None,
    ) -> None:
        self.days = days or days_of(leg)
        self.called = day_columns(leg, DAY, cells) if self.days else {}
        self.leg, self.plan, self.dialect, self.values, self.cells = leg, plan, dialect, values, cells
        self.scope = Scope(leg, plan, dialect, values)
        self.own = [key for key in leg.keys if key.field == leg.time]
        self.others = [key for key in leg.keys if key.field != leg.time]
        self.unit = leg.laid.spine.unit if leg.laid else Granularity.DAY
        self.names = [self.cells[leaf.name] for leaf in leg.leaves]
        self.adds_up = leg.laid is not None and has_parts(leg) and leg.balance is None and leg.converted is None
        self.early, self.late, self.of_shown = self._split()
        self.days_of_all = self._reads_days_of_all()
        self.keeps = bool(self.late) or self.days_of_all
        self.length: Steps | None = None  # of the periods shown, if their first days represent them

    def again(self, leaf: AggregateColumn, cell: exp.Expr) -> exp.Expr:
        return AGAIN[leaf.measure.agg](this=cell) if self.adds_up else aggregate_cell(leaf.measure, cell)

    def select(self, kept: Sequence[str]) -> exp.Select:
        leg, own = self.leg, [key for key in self.own if key.name in kept]
        self.length = self._length() if own else None
        if self.days is not None:
            assert leg.laid is not None
            return self._laid(self._by_day(self.days), leg.laid, own)
        tree = self._rows()
        if leg.converted is not None:
            kept_columns = [*(key.name for key in self.others), *([KEPT] if self.keeps else [])]
            tree = conversions(tree, leg, leg.converted, self.scope, kept_columns, self.cells)
        if leg.laid is not None:
            if leg.balance is not None and leg.laid.by is not None and own and not leg.averages:
                tree = self._on_last_days_of(tree, leg.balance, leg.laid.by)
            tree = self._laid(tree, leg.laid, own)
            tree = self._of_edge_day(tree, leg.laid, own, kept) if leg.laid.of_rows else tree
            tree = self._of_last_shown(tree, leg.balance, own) if self._chooses_shown(own) else tree
        elif leg.balance is not None:
            tree = self._of_last_day(tree, leg.balance, own)
        else:
            tree = self._shown(subquery(tree, FOUND), own, column(DAY, FOUND))
        return tree

    def _by_day(self, days: DaysTable) -> exp.Select | DaysTable:
        if days.name:
            return days
        return first_step(days.leg, Scope(days.leg, self.plan, self.dialect, self.values))

    def _length(self) -> Steps | None:
        by_period = (
            bool(self.dialect.periods) and not self.of_shown and shows_whole_periods(self.leg, self.plan.calendar)
        )
        return LENGTHS[self.own[0].grain or Granularity.DAY] if by_period else None

    def in_period(self) -> exp.Expr:
        """Return a test for expanded rows in the period itself, not in an earlier part of its window."""
        (key,), laid, day = self.own, self.leg.laid, self._found(DAY)
        assert laid is not None
        assert key.grain is not None
        shown = column(DAY, SHOWN)
        if key.grain is Granularity.DAY:
            return exp.EQ(this=day, expression=shown)
        if self.length is not None:
            return exp.GTE(this=day, expression=shown)
        tests: list[exp.Expr] = [exp.GTE(this=day, expression=self.scope.dates.truncated(shown, key.grain))]
        if laid.start is not None and first_day(laid.start, key.grain, self.plan.calendar) != laid.start:
            tests.append(exp.GTE(this=self._found(DAY), expression=self.values.add(laid.start)))
        return and_all(tests)

    def _split(self) -> tuple[list[Test], list[Test], list[SaidTest]]:
        """Return three lists of tests: on rows, on rows after the last day or event is chosen, and on shown days."""
        leg = self.leg
        early, late, of_shown = list[Test](), list[Test](), list[SaidTest]()
        for test in leg.where:
            is_own = isinstance(test, SaidTest) and test.own
            if leg.laid is not None and isinstance(test, SaidTest) and is_of_shown_day(test, leg):
                of_shown.append(test)
            elif leg.converted is not None:
                (late if not leg.converted.of_filtered and not is_own else early).append(test)
            elif leg.balance is not None:
                is_shown = isinstance(test, SaidTest) and is_of_shown_day(test, leg)  # the last of the days shown
                (early if leg.balance.of_filtered or is_shown else late).append(test)
            else:
                early.append(test)
        return early, late, of_shown

    # Rows

    def _rows(self) -> exp.Select:
        """Return the fact's rows: all keys except dates, the day, columns for later steps, and each leaf's value."""
        leg, scope = self.leg, self.scope
        columns = [aliased(scope.key(key), key.name) for key in self.others]
        if leg.time is not None:
            columns.append(aliased(self._day(leg.time), DAY))
        columns += [aliased(tree, f"_per{index}") for index, tree in enumerate(self._things())]
        tests = [*scope.rows_that_count(), *(scope.test(test) for test in self.early)]
        if leg.converted is not None:
            columns += base_columns(leg, leg.converted, scope)
            if leg.converted.base_filter is not None:
                tests.append(exp.Paren(this=scope.own(leg.converted.base_filter)))
        else:
            counted = share_filters(leg.leaves)
            if leg.balance is not None:  # the last day is that of all rows
                counted = Counted((), {leaf.name: leaf.filter.tree for leaf in leg.leaves if leaf.filter})
            tests += [scope.own_tree(tree) for tree in counted.read]
            columns += [aliased(row_value(leaf, scope, counted), self.cells[leaf.name]) for leaf in leg.leaves]
        if self.keeps:
            passed: list[exp.Expr] = [exp.Paren(this=scope.test(test)) for test in self.late]
            columns.append(aliased(and_all(passed) if passed else exp.true(), KEPT))
        tree = select_from(scope.table(), columns, keys=0)
        rates = [] if leg.converted else fact_rates(scope)
        tree.set("joins", [*(scope.join(path) for path in leg.joins), *scope.calendar_joins(self.others), *rates])
        tree = where_all(tree, tests)
        if self.days_of_all:
            tree = self._beside_days_of_all(tree)
        return self._added_up(tree) if self.adds_up else tree

    def _day(self, time: Field) -> exp.Expr:
        return self.scope.key(LegKey(DAY, time, self.unit)) if self.unit.is_clock else self.scope.day(time)

    def _reads_days_of_all(self) -> bool:
        """Return whether the last day is that of the whole dataset, even if the actor sees no row of that day."""
        balance = self.leg.balance
        if balance is None or balance.of_filtered or balance.over_time is OverTime.AVERAGE:
            return False
        return bool(self.leg.restrictions) and not (balance.columns or balance.fields)

    def _beside_days_of_all(self, rows: exp.Select) -> exp.Select:
        """Return the rows, and one more row for each day on which the dataset has any row, visible or not.

        These additional rows have only a day, and a later step drops them.
        """
        scope, time = self.scope, self.leg.time
        assert time is not None
        is_of_day = [test for test in self.early if isinstance(test, SaidTest) and is_of_shown_day(test, self.leg)]
        range_tests = scope.range(self.leg.days) if self.leg.days else []
        days = select_from(scope.table(), [aliased(self._day(time), DAY)], keys=0).distinct()
        days = where_all(days, [*range_tests, *(scope.test(test) for test in is_of_day)])
        # The values are left untyped around the DISTINCT, so that they take the types of the rows.
        expressions: dict[str, exp.Expr] = {DAY: column(DAY, FOUND), KEPT: exp.false()}
        names = [expression.alias for expression in rows.expressions]
        beside = select_from(
            subquery(days, FOUND), [aliased(expressions.get(alias, exp.Null()), alias) for alias in names], keys=0
        )
        both = exp.Union(this=rows, expression=beside, distinct=False)
        return select_from(subquery(both, ROWS), [aliased(column(alias, ROWS), alias) for alias in names], keys=0)

    def _added_up(self, tree: exp.Select) -> exp.Select:
        """Return sums by day and key, so that only one row per day and key is expanded."""
        keys = [*(key.name for key in self.others), DAY]
        parts = [
            aliased(aggregate_cell(leaf.measure, column(self.cells[leaf.name], "daily")), self.cells[leaf.name])
            for leaf in self.leg.leaves
        ]
        columns = [aliased(column(key, "daily"), key) for key in keys]
        return select_from(subquery(tree, "daily"), [*columns, *parts], keys=len(keys))

    def _things(self) -> list[exp.Expr]:
        balance = self.leg.balance
        if balance is None:
            return []
        columns = [column(balance_column, self.scope.fact) for balance_column in balance.columns]
        return [*columns, *(self.scope.value(field) for field in balance.fields)]

    # Balances

    def _of_last_day(self, tree: exp.Select, balance: Balance, own: Sequence[LegKey]) -> exp.Select:
        """Return the rows on the last or first day of each period. Each combination of `per` has its own such day."""
        if balance.over_time is OverTime.AVERAGE:
            return self._shown(subquery(tree, FOUND), own, column(DAY, FOUND))
        day = column(DAY, "dated")
        apart = [self.scope.shown_of(day.copy(), key, self.unit) for key in own]
        select = self._with_last_day(tree, balance, [*apart, *self._things_of("dated")], self._calendars(own, day))
        test = exp.EQ(this=column(DAY, FOUND), expression=column("_last", FOUND))
        return self._shown(subquery(select, FOUND), own, column(DAY, FOUND), [test])

    def _with_last_day(
        self, tree: exp.Select, balance: Balance, apart: list[exp.Expr], calendars: Sequence[exp.Join] = ()
    ) -> exp.Select:
        """Return a fact's rows with the last or first day of each group in `_last`."""
        most = exp.Max if balance.over_time is OverTime.LAST else exp.Min
        last = exp.Window(this=most(this=column(DAY, "dated")), partition_by=apart, over="OVER")
        columns = [aliased(column(row_name, "dated"), row_name) for row_name in self._row_names()]
        select = select_from(subquery(tree, "dated"), [*columns, aliased(last, "_last")], keys=0)
        select.set("joins", [*calendars])
        return select

    def _on_last_days_of(self, tree: exp.Select, balance: Balance, grain: Granularity) -> exp.Select:
        """Return a fact's rows on each period's last or first day. Each combination of `per` has its own such day."""
        period = self.scope.dates.truncated(column(DAY, "dated"), grain)
        select = self._with_last_day(tree, balance, [period, *self._things_of("dated")])
        names = self._row_names()
        new_select = select_from(
            subquery(select, "chosen"), [aliased(column(row_name, "chosen"), row_name) for row_name in names], keys=0
        )
        return where_all(new_select, [exp.EQ(this=column(DAY, "chosen"), expression=column("_last", "chosen"))])

    def _row_names(self) -> list[str]:
        """Return the columns of a fact's rows that later steps read."""
        return [*(key.name for key in self.others), DAY, *([KEPT] if self.keeps else []), *self.names]

    def _chooses_shown(self, own: Sequence[LegKey]) -> bool:
        """Return whether a shown period has the rows of one of the days expanded over it, as in a balance."""
        leg = self.leg
        if leg.laid is None or leg.balance is None or leg.averages or leg.laid.window is not None:
            return False
        shows_days = any(key.grain is Granularity.DAY for key in own)
        return not shows_days and not (leg.laid.by and own) and not leg.laid.of_rows

    def _of_last_shown(self, tree: exp.Select, balance: Balance | None, own: Sequence[LegKey]) -> exp.Select:
        """Return those expanded rows that are on the last or first day of each shown period."""
        assert balance is not None
        names = [*(key.name for key in self.leg.keys if key in own or key in self.others), *self.names]
        names += [KEPT] if self.keeps else []
        most = exp.Max if balance.over_time is OverTime.LAST else exp.Min
        apart = [*(column(key.name, "dated") for key in own), *self._things_of("dated")]
        last = exp.Window(this=most(this=column(DAY, "dated")), partition_by=apart, over="OVER")
        columns = [aliased(column(name, "dated"), name) for name in (*names, DAY)]
        select = select_from(subquery(tree, "dated"), [*columns, aliased(last, "_last")], keys=0)
        kept = [name for name in names if name != KEPT]
        new_select = select_from(subquery(select, FOUND), [aliased(column(name, FOUND), name) for name in kept], keys=0)
        tests: list[exp.Expr] = [exp.EQ(this=column(DAY, FOUND), expression=column("_last", FOUND))]
        return where_all(new_select, [*tests, *([column(KEPT, FOUND)] if self.keeps else [])])

    def _things_of(self, alias: str) -> list[exp.Expr]:
        """Return the columns of a balance's `per`. Each combination of their values has its own last day."""
        balance = self.leg.balance
        count = len(balance.columns) + len(balance.fields) if balance else 0
        return [column(f"_per{index}", alias) for index in range(count)]

    # Days that are shown

    def _laid(self, rows: exp.Select | DaysTable, laid: Laid, own: Sequence[LegKey]) -> exp.Select:
        """Return rows joined to each day on which they're shown: one day of a period, or all of its days.

        In a table of days, days outside the leg's own match no shown day.
        """
        day, at = self._found(DAY), self._read_day(laid, column(DAY, SHOWN))
        edges = zip(laid.whole or (None, None), (exp.GTE, exp.LT), strict=True)
        if laid.whole is not None and not own:
            within = self._within(day, edges)
            if laid.shown_same is not None:
                backs = [steps(shift.back) for shift in laid.shifts if shift.back is not None]
                days, months = sum(one.days for one in backs), sum(one.months for one in backs)
                same = replace(laid.shown_same, shown_days=days, shown_months=months)
                within.append(self.scope.dates.has_like(day, same))
            if laid.same_day:
                within.append(self.scope.dates.has_day(day.copy(), laid.same_day))
            return self._shown(self._source(rows), own, day, within)
        if not isinstance(rows, DaysTable) and not self.of_shown and shows_each_day(self.leg, own, self.dialect):
            return self._in_each_day(rows, laid, own)
        if laid.periods is not None:
            at = column(READ, SHOWN)
        tests: list[exp.Expr] = []
        if laid.by is not None:
            # Days of a table beyond the leg's own are in the same periods.
            tests = self._within(day, edges) if isinstance(rows, DaysTable) else []
            at = self._read_day(laid, self.scope.dates.truncated(column(DAY, SHOWN), laid.by))
            tests.append(exp.EQ(this=self.scope.dates.truncated(day, laid.by), expression=at))
        elif laid.window is None:
            tests = [exp.EQ(this=day, expression=at)]
            if not self.adds_up:
                tests += self._has_partner(laid)
        else:
            tests = [self._is_before_end(day, at)]
            if laid.window.window is not None:
                back = self._back(copied(at), steps(laid.window.window))
                tests.append(exp.GT(this=self._found(DAY), expression=back))
            if laid.window.to_date is not None:
                begun = self._start(copied(at), laid.window.to_date)
                tests.append(exp.GTE(this=self._found(DAY), expression=begun))
        select = self._shown(subquery(self._anchors(laid, own, rows), SHOWN), own, column(DAY, SHOWN))
        select.set("joins", [exp.Join(this=self._source(rows), on=and_all(tests)), *select.args["joins"]])
        return select

    def _in_each_day(self, rows: exp.Select, laid: Laid, own: Sequence[LegKey]) -> exp.Select:
        """Return each row once for every shown day that counts it, without a join."""
        assert laid.window is not None
        assert laid.window.window is not None
        assert laid.start is not None
        assert laid.end is not None
        newest, after = laid.end - timedelta(days=1), steps(laid.window.window).days - 1
        last = self._back(self._found(DAY), Steps(days=-after))
        first = self._or_edge(self._found(DAY), exp.LT, laid.start)
        shown = fill(self.dialect.days_in_rows, self.dialect.name, x=first, y=self._or_edge(last, exp.GT, newest))
        every = exp.Column(this=exp.Star(), table=exp.to_identifier(FOUND))
        select = select_from(self._source(rows), [every, aliased(shown, READ)], keys=0)
        return self._shown(subquery(select, FOUND), own, column(READ, FOUND))

    def _or_edge(self, day: exp.Expr, beyond: type[exp.Binary], edge: date) -> exp.Expr:
        """Return a day, or `edge` if the day is beyond it."""
        test = beyond(this=copied(day), expression=self.values.add(edge))
        return exp.Case(ifs=[exp.If(this=test, true=self.values.add(edge))], default=day)

    def _within(self, day: exp.Expr, edges: Iterable[tuple[date | None, type[exp.Binary]]]) -> list[exp.Expr]:
        """Return tests for days within the edges that are set."""
        return [test(this=copied(day), expression=self.values.add(edge)) for edge, test in edges if edge is not None]

    def _has_partner(self, laid: Laid) -> list[exp.Expr]:
        """Return a test for shown days that also exist in the month to read, or none if that isn't needed."""
        months = sum(steps(shift.back).months for shift in laid.shifts if shift.back is not None)
        is_of_day = laid.window is None and laid.at is None and laid.periods is None
        if not months or not is_of_day or laid.clamps or any(shift.to for shift in laid.shifts):
            return []
        return [self.scope.dates.has_day(column(DAY, SHOWN), -months)]

    def _is_before_end(self, day: exp.Expr, at: exp.Expr) -> exp.Expr:
        """Return a test for days up to the end of a window."""
        if self.length is None:
            return exp.LTE(this=day, expression=at)
        following = Steps(-self.length.months, -self.length.days)
        return exp.LT(this=day, expression=self._back(copied(at), following))

    def _source(self, rows: exp.Select | DaysTable) -> exp.Expr:
        return named_table(rows.name, FOUND) if isinstance(rows, DaysTable) else subquery(rows, FOUND)

    def _found(self, name: str) -> exp.Column:
        """Return a column of the expanded rows, under its name in the table of days if there is one."""
        return column(self.called.get(name, name), FOUND)

    def _of_edge_day(self, tree: exp.Select, laid: Laid, own: Sequence[LegKey], kept: Sequence[str]) -> exp.Select:
        """Return the rows on the first or last day that has rows, for each group."""
        names = [*(key.name for key in self.leg.keys if key in own or key in self.others), DAY, *self.names]
        columns = [aliased(column(name, "dated"), name) for name in names]
        most = exp.Max if laid.at is OverTime.LAST else exp.Min
        apart = [column(name, "dated") for name in names if name in kept]
        edge = exp.Window(this=most(this=column(DAY, "dated")), partition_by=apart, over="OVER")
        select = select_from(subquery(tree, "dated"), [*columns, aliased(edge, "_edge")], keys=0)
        new_select = select_from(
            subquery(select, FOUND), [aliased(column(name, FOUND), name) for name in names], keys=0
        )
        return where_all(new_select, [exp.EQ(this=column(DAY, FOUND), expression=column("_edge", FOUND))])

    def _read_day(self, laid: Laid, shown: exp.Expr) -> exp.Expr:
        """Return the day whose rows appear on a shown day, or the last day of the window that appears there."""
        for shift in laid.shifts:
            if shift.back is not None:
                shown = self._back(shown, steps(shift.back))
            if shift.to is not None:
                shown = self._start(shown, shift.to)
        return shown

    def _start(self, moment: exp.Expr, grain: Granularity) -> exp.Expr:
        """Return the start of the period that contains `moment`, which is a day unless the unit is shorter."""
        if grain.is_clock:
            return self.scope.dates.clock_start(moment, grain)
        if self.length is not None and grain is self.own[0].grain:
            return moment
        return self.scope.dates.truncated(cast(moment, _DATE) if self.unit.is_clock else moment, grain)

    def _back(self, moment: exp.Expr, by: Steps) -> exp.Expr:
        return self.scope.dates.moved_back(moment, by, is_instant=self.unit.is_clock)

    def _anchors(self, laid: Laid, own: Sequence[LegKey], rows: exp.Select | DaysTable) -> exp.Select:
        """Return the days on which rows are shown: the first or last day of each period, or all days."""
        if laid.periods is not None:
            count = next(shift.periods.count for shift in laid.shifts if shift.periods)
            return days_of_periods_back(laid.periods, count, laid.start, laid.end, self.scope, self.of_shown)
        if self.length is not None and laid.start is not None and laid.end is not None:
            return period_starts(laid.start, laid.end, self.length, self.dialect, self.values)
        backs = [steps(shift.back) for shift in laid.shifts if shift.back is not None]
        forward = Steps(-sum(one.months for one in backs), -sum(one.days for one in backs))
        bounds = None
        if laid.spine.dataset is None and (laid.start is None or laid.end is None):
            bounds = (self._days_there(rows), lambda tree: self._back(tree, forward))
        tree = spine_days(laid.spine, laid.start, laid.end, self.dialect, self.values, DAY, bounds)
        day = column(DAY, "days")
        # A period whose first day isn't asked for has no start.
        starts = any(shift.to for shift in laid.shifts) and laid.by is None
        if self.of_shown and not starts:
            tree = select_from(subquery(tree, "days"), [aliased(day.copy(), DAY)], keys=0)
            tree = where_all(tree, [self.scope.said_of_day(test, day, self.unit) for test in self.of_shown])
        if laid.shown_same is not None:
            tree = select_from(subquery(tree, "days"), [aliased(day.copy(), DAY)], keys=0)
            tree = where_all(tree, [self.scope.dates.has_like(day, laid.shown_same)])
        each_day = laid.spine.dataset is None and any(key.grain is Granularity.DAY for key in own)
        if laid.at in (None, OverTime.AVERAGE) or laid.of_rows or each_day:
            return tree
        # Without a date breakdown, the start of the last period counts.
        is_last = laid.at is OverTime.LAST or (starts and not own)
        most = exp.Max if is_last else exp.Min
        tree = select_from(subquery(tree, "days"), [aliased(most(this=day.copy()), DAY)], keys=0)
        tree.set("joins", self._calendars(own, day))
        if own:
            tree.set("group", exp.Group(expressions=[self.scope.shown_of(day.copy(), key, self.unit) for key in own]))
        if self.of_shown and starts:
            tree = select_from(subquery(tree, "days"), [aliased(day.copy(), DAY)], keys=0)
            tree = where_all(tree, [self.scope.said_of_day(test, day, self.unit) for test in self.of_shown])
        return tree

    def _days_there(self, rows: exp.Select | DaysTable) -> exp.Select:
        """Return the days of the expanded rows."""
        days = aliased(column(self.called.get(DAY, DAY), "daily"), DAY)
        source = named_table(rows.name, "daily") if isinstance(rows, DaysTable) else subquery(rows.copy(), "daily")
        return select_from(source, [days], keys=0)

    def _shown(
        self, source: exp.Expr, own: Sequence[LegKey], day: exp.Expr, tests: Sequence[exp.Expr] = ()
    ) -> exp.Select:
        """Return the keys, the day if a later step needs it, and the cells."""
        keys = [
            aliased(self._key(day, key) if key in own else self._found(key.name), key.name)
            for key in self.leg.keys
            if key in own or key in self.others
        ]
        # A day without a partner still gives a row if it would have rows: its value is missing.
        partner = self._has_partner(self.leg.laid) if self.leg.laid is not None and self.adds_up and own else []
        cells = [aliased(_only_where(partner, self._found(name)), name) for name in self.names]
        # A later step reads the day to average each day's values, or to find the first or last day.
        laid, later = self.leg.laid, self._chooses_shown(own)
        more: list[exp.Expr] = []
        if later or self.leg.averages or (laid is not None and laid.of_rows):
            more.append(aliased(self._found(DAY) if laid is not None and laid.by and own else copied(day), DAY))
        if later:
            more += [aliased(expression, expression.name) for expression in self._things_of(FOUND)]
            more += [aliased(column(KEPT, FOUND), KEPT)] if self.keeps else []
        tree = select_from(source, [*keys, *more, *cells], keys=0)
        tree.set("joins", self._calendars(own, day))
        return where_all(tree, [*tests, *([column(KEPT, FOUND)] if self.keeps and not later else [])])

    def _key(self, day: exp.Expr, key: LegKey) -> exp.Expr:
        """Return the period of a date breakdown that contains a shown day."""
        return copied(day) if self.length is not None else self.scope.shown_of(copied(day), key, self.unit)

    def _calendars(self, own: Sequence[LegKey], day: exp.Expr) -> list[exp.Join]:
        """Return joins of the calendars that define the period of a day."""
        calendar_joins = {
            key.calendar: self.scope.calendar_join(key, day.copy(), self.unit) for key in own if key.calendar
        }
        return [*calendar_joins.values()]


def _only_where(tests: Sequence[exp.Expr], value: exp.Expr) -> exp.Expr:
    """Return the value where all tests are true, and null elsewhere."""
    return exp.Case(ifs=[exp.If(this=and_all([copied(test) for test in tests]), true=value)]) if tests else value


def shows_each_day(leg: Leg, own: Sequence[LegKey], dialect: Dialect) -> bool:
    """Return whether each day shows the rows of a fixed number of days up to it, which needs no join."""
    laid = leg.laid
    assert laid is not None
    window = laid.window.window if laid.window is not None else None
    return (
        bool(dialect.days_in_rows)
        and window is not None
        and window.unit in (Granularity.DAY, Granularity.WEEK)
        and [key.grain for key in own] == [Granularity.DAY]
        and laid.spine.dataset is None
        and laid.start is not None
        and laid.end is not None
        and not (laid.shifts or laid.by or laid.periods or laid.of_rows or laid.same_day or laid.shown_same)
        and not (leg.averages or leg.of_period)
    )


def is_of_shown_day(test: SaidTest, leg: Leg) -> bool:
    """Return whether a condition belongs to the question and reads only the shown date."""
    return not test.own and is_of_date(test, leg)


def is_of_date(test: SaidTest, leg: Leg) -> bool:
    """Return whether a condition reads only the date of a leg."""
    return bool(test.fields) and all(field.field == leg.time for field in test.fields)
