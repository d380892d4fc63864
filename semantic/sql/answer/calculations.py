"""Compute calculations as windows over an answer's groups, before filters and the limit remove any groups.

A window covers one level: all groups, or all totals over the same breakdowns. A calculation is null in a total over a
breakdown that it needs. Other has no rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from semantic.errors import InvalidQuery
from semantic.model.definitions import DataType, TypeKind
from semantic.plan.tree.nodes import Calculated, Plan
from semantic.query.query import CalculationKind
from semantic.sql.answer.order import OTHER, total_flag
from semantic.sql.dialects.build_tree import aliased, and_all, call, cast, column, number, select_from, subquery
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.rows.conditions import window_tests

TABLE = "groups"
_DOUBLE, _INTEGER, _DATE = DataType(TypeKind.DOUBLE), DataType(TypeKind.INTEGER), DataType(TypeKind.DATE)
_EPOCH = date(2000, 1, 1)
_SO_FAR = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW")
_ALL = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="UNBOUNDED", end_side="FOLLOWING")


def with_calculations(groups: exp.Select, plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Return a SELECT of every column of `groups`, followed by the plan's calculations."""
    names = [expression.alias_or_name for expression in groups.expressions]
    layer = _Layer(plan, dialect, values, frozenset(names))
    columns = [aliased(column(alias_or_name, TABLE), alias_or_name) for alias_or_name in names]
    columns += [
        aliased(cast(layer.value(calculation), calculation.type), calculation.name) for calculation in plan.calculations
    ]
    return select_from(subquery(groups, TABLE), [*columns], keys=0)


@dataclass(frozen=True, slots=True)
class _Layer:
    """Builds the trees of calculations over groups. `names` are the columns of the groups."""

    plan: Plan
    dialect: Dialect
    values: Values
    names: frozenset[str]

    def value(self, calculated: Calculated) -> exp.Expr:
        match calculated.do:
            case CalculationKind.DIFFERENCE:
                return exp.Sub(this=_of(calculated.of), expression=_of(calculated.to))
            case CalculationKind.RATIO:
                return _divide(_of(calculated.of), _of(calculated.to))
            case CalculationKind.PERCENT_OF_TOTAL:
                expression = self.whole(calculated)
                return _where(self.no_total(calculated.within), _divide(_of(calculated.of), expression))
            case CalculationKind.RANK:
                return self.rank(calculated)
            case CalculationKind.RUNNING_TOTAL:
                return self.running_total(calculated)
            case CalculationKind.MOVING_AVERAGE:
                return self.moving_average(calculated)
            case CalculationKind.INDEX:
                return (
                    self.index_of_member(calculated) if calculated.base is not None else self.index_of_first(calculated)
                )

    def whole(self, calculated: Calculated) -> exp.Expr:
        """Return the total over a level. Fractions are added in a fixed order, so that the last digit never varies."""
        total = exp.Sum(this=_of(calculated.of))
        kinds = {output.name: output.type for output in self.plan.outputs}
        if kinds.get(calculated.of, _DOUBLE) != _DOUBLE:
            return self.over(total, calculated.within)
        return self.over(total, calculated.within, self.order(_of(calculated.of)), _ALL)

    def rank(self, calculated: Calculated) -> exp.Expr:
        shown = self.shown(calculated.of)
        place = self.over(
            exp.Rank(), calculated.within, [exp.Ordered(this=shown, desc=not calculated.ascending, nulls_first=False)]
        )
        tests = [*self.no_total(self.keys), _known(shown.copy())]
        if OTHER in self.names:
            # Other isn't a member, so it has no rank and doesn't use one up.
            place.args["partition_by"].append(_of(OTHER))
            tests.append(exp.EQ(this=_of(OTHER), expression=number(0)))
        return _where(tests, place)

    def running_total(self, calculated: Calculated) -> exp.Expr:
        total = exp.Sum(this=self.shown(calculated.of))
        if calculated.course is not None:
            return _where(
                self.dated(calculated),
                self.over(total, self.others(calculated), self.order(self.shown(calculated.along)), _SO_FAR),
            )
        order = self.order(_of(OTHER)) if OTHER in self.names else []
        order.append(exp.Ordered(this=self.shown(calculated.along), desc=not calculated.ascending, nulls_first=False))
        order += [ordered for key in self.keys for ordered in self.order(_of(key))]
        return _where(self.no_total(self.keys), self.over(total, calculated.within, order, _SO_FAR))

    def moving_average(self, calculated: Calculated) -> exp.Expr:
        """Return the average over the calendar's periods up to the row's own, whether or not they all have rows.

        It's null unless every period of the window is a whole period of the question. Raises InvalidQuery if the engine
        has no windows by value.
        """
        assert calculated.course is not None
        if not self.dialect.range_frames:
            message = f"{self.dialect.name} can't compute moving averages: it has no windows over dates."
            raise InvalidQuery(f"{message} Ask for a running total.")
        place, reach = self.place(calculated), number(calculated.course.reach)
        frame = exp.WindowSpec(kind="RANGE", start=reach, start_side="PRECEDING", end="CURRENT ROW")

        def over(function: exp.Expr) -> exp.Expr:
            return self.over(function, self.others(calculated), [self.by_place(place)], frame)

        value: exp.Expr = cast(self.shown(calculated.of), _DOUBLE)
        if calculated.fill:
            value = exp.Sub(this=value, expression=number(calculated.fill))
        total = over(exp.Sum(this=value))
        periods = (
            over(exp.Count(this=self.shown(calculated.of)))
            if calculated.fill is None
            else number(calculated.course.periods)
        )
        average = _divide(total, periods)
        if calculated.fill:
            average = exp.Add(this=average, expression=number(calculated.fill))
        begun = exp.Add(this=self.first_place(calculated, place), expression=reach.copy())
        tests = [*self.dated(calculated), exp.GTE(this=place, expression=begun), *self.before_end(calculated)]
        return _where(tests, average)

    def index_of_first(self, calculated: Calculated) -> exp.Expr:
        """Return the value as a percentage of the group's value in the first period.

        It's null for a group without a value in the first period, because an index with another base can't be compared.
        """
        expressions = [*self.from_begin(calculated), *self.before_end(calculated)]
        is_shown = and_all([_known(_of(calculated.of)), *self.inside(), *(test.copy() for test in expressions)])
        day = exp.Case(ifs=[exp.If(this=is_shown, true=_of(calculated.along))])
        first = self.over(
            exp.FirstValue(this=_of(calculated.of)), self.others(calculated), self.order(day.copy()), _SO_FAR
        )
        mine = self.over(call(exp.Min, day.copy()), self.others(calculated))
        same = exp.EQ(this=mine, expression=self.over(call(exp.Min, day), ()))
        return _where([*self.dated(calculated), same, *expressions], _hundredfold(self.shown(calculated.of), first))

    def index_of_member(self, calculated: Calculated) -> exp.Expr:
        is_base: exp.Expr = exp.EQ(this=_of(calculated.along), expression=self.values.add(calculated.base))
        base = exp.Case(ifs=[exp.If(this=and_all([is_base, *self.inside()]), true=_of(calculated.of))])
        window = self.over(call(exp.Max, base), self.others(calculated))
        return _where(self.no_total((calculated.along,)), _hundredfold(self.shown(calculated.of), window))

    # Windows

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key.name for key in self.plan.keys)

    def others(self, calculated: Calculated) -> tuple[str, ...]:
        """Return the breakdowns other than the one that a calculation runs along."""
        return tuple(key for key in self.keys if key != calculated.along)

    def over(
        self,
        function: exp.Expr,
        within: Sequence[str],
        order: Sequence[exp.Expr] = (),
        frame: exp.WindowSpec | None = None,
    ) -> exp.Window:
        """Return the function as a window over one level's rows with the same values of `within`.

        Other is separate from a missing key.
        """
        levels = [name for name in (total_flag(place) for place in range(len(self.keys))) if name in self.names]
        chosen = self.plan.chosen
        other = [OTHER] if chosen is not None and chosen.dim in within else []
        window = exp.Window(
            this=function,
            partition_by=[_of(key) for key in [*levels, *within, *other]],
            over="OVER",
            spec=frame.copy() if frame else None,
        )
        if order:
            window.set("order", exp.Order(expressions=list(order)))
        return window

    def order(self, tree: exp.Expr) -> list[exp.Expr]:
        """Return sort keys for ascending order, with missing values last."""
        if self.dialect.orders_nulls_in_windows:
            return [exp.Ordered(this=tree, desc=False, nulls_first=False)]
        missing = exp.Case(ifs=[exp.If(this=_known(tree.copy()), true=number(0))], default=number(1))
        return [exp.Ordered(this=missing, desc=False, nulls_first=True), exp.Ordered(this=tree, nulls_first=True)]

    def by_place(self, place: exp.Expr) -> exp.Expr:
        """Return the sort key of a range frame. It can have only one, so missing values have no key of their own.

        It doesn't matter where they go, because every period has a place.
        """
        return exp.Ordered(this=place.copy(), desc=False, nulls_first=not self.dialect.orders_nulls_in_windows)

    # Rows that count

    def inside(self) -> list[exp.Expr]:
        """Return tests for rows in the question's own periods. A comparison can extend beyond these."""
        return [test for _, test in window_tests(self.plan, self.values, _of)]

    def shown(self, name: str) -> exp.Expr:
        """Return a column's value in rows of the question's own periods, and null elsewhere."""
        inside = self.inside()
        return exp.Case(ifs=[exp.If(this=and_all(inside), true=_of(name))]) if inside else _of(name)

    def dated(self, calculated: Calculated) -> list[exp.Expr]:
        """Return tests for rows that have a date and aren't a total over dates."""
        return [*self.no_total((calculated.along,)), _known(_of(calculated.along))]

    def from_begin(self, calculated: Calculated) -> list[exp.Expr]:
        """Return tests for rows from the first whole period on, or none if the question has no first day."""
        begins = calculated.course.begins if calculated.course else None
        return [exp.GTE(this=_of(calculated.along), expression=self.values.add(begins))] if begins else []

    def before_end(self, calculated: Calculated) -> list[exp.Expr]:
        """Return tests for rows before the first period that isn't whole, or none if there is no such period."""
        ends = calculated.course.ends if calculated.course else None
        return [exp.LT(this=_of(calculated.along), expression=self.values.add(ends))] if ends else []

    def no_total(self, keys: Sequence[str]) -> list[exp.Expr]:
        """Return tests for rows that aren't totals over any of `keys`."""
        flags = [total_flag(self.keys.index(key)) for key in keys]
        return [
            exp.EQ(this=_of(each_total_flag), expression=number(0))
            for each_total_flag in flags
            if each_total_flag in self.names
        ]

    # The calendar as numbers

    def place(self, calculated: Calculated) -> exp.Expr:
        """Return a period's place in time: the number of its first month or, if counted in days, of its first day."""
        assert calculated.course is not None
        day = self.shown(calculated.along)
        if not calculated.course.in_months:
            since = exp.DateDiff(this=day, expression=cast(_text(_EPOCH), _DATE), unit=exp.var("DAY"))
            return cast(since, _INTEGER)
        year, month = (exp.Extract(this=exp.var(unit), expression=day.copy()) for unit in ("YEAR", "MONTH"))
        months = exp.Mul(this=cast(year, _INTEGER), expression=number(12))
        return exp.Add(this=months, expression=cast(month, _INTEGER))

    def first_place(self, calculated: Calculated, place: exp.Expr) -> exp.Expr:
        """Return the place of the question's first period, or of the answer's if the question has no first day."""
        assert calculated.course is not None
        begins = calculated.course.begins
        if begins is None:
            return self.over(call(exp.Min, place.copy()), ())
        return number(begins.year * 12 + begins.month if calculated.course.in_months else (begins - _EPOCH).days)


def _where(tests: Sequence[exp.Expr], value: exp.Expr) -> exp.Expr:
    """Return the value where all tests are true, and null elsewhere."""
    return exp.Case(ifs=[exp.If(this=and_all([*tests]), true=value)]) if tests else value


def _known(tree: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=tree, expression=exp.Null()))


def _hundredfold(top: exp.Expr, bottom: exp.Expr) -> exp.Expr:
    return exp.Mul(this=number(100), expression=exp.paren(_divide(top, bottom), copy=False))


def _of(name: str) -> exp.Expr:
    return column(name, TABLE)


def _text(day: date) -> exp.Expr:
    return exp.Literal.string(day.isoformat())


def _divide(top: exp.Expr, bottom: exp.Expr) -> exp.Expr:
    """Return a quotient in DOUBLE, or null if the divisor is 0."""
    below = bottom if isinstance(bottom, exp.Literal) else call(exp.Nullif, cast(bottom, _DOUBLE), number(0))
    return exp.Div(this=cast(top, _DOUBLE), expression=below, typed=False, safe=False)
