"""Compile a funnel to SQL. Each row refers to the next row of each step, and tries follow these references by joins.

Tables: `_linked` has the rows with their references, `_starts` the rows that begin a try, `_tries` the steps of each
try with their moments, and `_counted` the try that counts for each subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from semantic.analyses.events.funnel.moments import ByMoments, furthest, is_by_moments
from semantic.analyses.events.funnel.question import Funnel, attribute_of, key_of
from semantic.analyses.events.instants import SECOND, length
from semantic.analyses.events.rows import AT, BEGINS, EVENTS, PLACE, EventTable
from semantic.model.definitions import DataType, TypeKind
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
    or_any,
    select_from,
    subquery,
)
from semantic.sql.rows.legs import where_all

LINKED, STARTS, TRIES, COUNTED = "_linked", "_starts", "_tries", "_counted"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
EDGES: Final = (
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    4 * HOUR,
    12 * HOUR,
    DAY,
    *(n * DAY for n in (2, 3, 7, 14, 30, 90)),
)
"""The durations in seconds within which conversions are counted."""
_DOUBLE = DataType(TypeKind.DOUBLE)


def lower_funnel(funnel: Funnel, table: EventTable) -> exp.Select:
    """Return the SELECT of the counts, by the funnel's breakdown and period.

    Columns: `k0`… are the attributes of the breakdown and the period, `reached_by` is whether the breakdown's step was
    reached, `c1`… count the subjects of each step, `t2`… and `q2`… sum the seconds from the start and their squares,
    `p2`… sum the seconds from the step before, `w0`… count the conversions within each of EDGES, and `young` counts the
    tries that began too late to be followed for the whole window.
    """
    return _Lowering(funnel, table).counts()


def count_tries(funnel: Funnel, table: EventTable) -> None:
    """Add the table `_counted`, and the tables that it's made from."""
    _Lowering(funnel, table).add_tables()


class _Lowering:
    def __init__(self, funnel: Funnel, table: EventTable) -> None:
        self.funnel, self.table = funnel, table
        self.steps = range(1, len(funnel.steps) + 1)
        self.is_any = funnel.order == "any"
        self.window = length(funnel.within) if funnel.within is not None else None

    def counts(self) -> exp.Select:
        self.add_tables()
        return self._grouped()

    def add_tables(self) -> None:
        """Add the table of the tries that count, and the tables that it's made from."""
        if is_by_moments(self.funnel, self.table.planned):
            ByMoments(self.funnel, self.table, COUNTED).add_tables()
            return
        if self.funnel.attempt == "first" and self.funnel.once == "overall":
            self.table.keep_near_start(self.window)
        if self.funnel.order == "strict":
            self._look_ahead()
        self.table.table(LINKED, self._linked())
        self.table.table(STARTS, self._starts())
        self.table.table(TRIES, self._tries())
        if self.funnel.attempt == "first":
            self.table.table(COUNTED, self._all_tries())
        elif self.is_any or self.funnel.hold or self.funnel.by or self.funnel.over:
            self.table.table(COUNTED, self._best())
        else:
            self.table.table(COUNTED, furthest(self.table, self.steps[1:], TRIES))

    # Pointers

    def _linked(self) -> exp.Select:
        """Return all rows, each with the position of the next row of each step and of each excluded event."""
        columns: list[exp.Expr] = [exp.Column(this=exp.Star(), table=exp.to_identifier(EVENTS))]
        if self.funnel.order == "strict":
            return select_from(named_table(EVENTS), columns, keys=0)
        first = 1 if self.is_any else 2
        columns += [aliased(self._following(f"e{step - 1}"), f"next{step}") for step in self.steps if step >= first]
        for place in range(len(self.funnel.exclude)):
            flag = f"e{len(self.steps) + place}"
            columns.append(aliased(self._following(flag, after=True), f"out{place}"))
        return select_from(named_table(EVENTS), columns, keys=0)

    def _look_ahead(self) -> None:
        """Add the needed columns of the following rows to each row.

        In strict order, the later steps are the rows immediately after it.
        """
        held = ["a0"] if self.funnel.hold is not None else []
        by = [f"a{attribute_of(self.funnel, 'by')}"] if self.funnel.by is not None else []
        for step in self.steps[1:]:
            for text in (AT, f"e{step - 1}", *by):
                self.table.look_ahead(text, step - 1, held)

    def _following(self, flag: str, *, after: bool = False) -> exp.Expr:
        """Return the position of the next row of an event. If steps can be in any order, the row itself can be next."""
        place = exp.Case(ifs=[exp.If(this=_is_set(flag, EVENTS), true=column(PLACE, EVENTS))])
        last: object = "CURRENT ROW" if self.is_any and not after else number(1)
        spec = exp.WindowSpec(
            kind="ROWS",
            start="UNBOUNDED",
            start_side="PRECEDING",
            end=last,
            end_side=None if last == "CURRENT ROW" else "PRECEDING",
        )
        subject = [column(each, EVENTS) for each in self.table.subject]
        subject += [column("a0", EVENTS)] if self.funnel.hold is not None else []
        if self.table.dialect.name == "duckdb":  # equivalent, but faster on DuckDB
            spec = exp.WindowSpec(kind="ROWS", start=last, end="UNBOUNDED", end_side="FOLLOWING")
            if last != "CURRENT ROW":
                spec.set("start_side", "FOLLOWING")
            found = exp.IgnoreNulls(this=exp.FirstValue(this=place))
            ordered = exp.Order(expressions=[exp.Ordered(this=column(PLACE, EVENTS), nulls_first=False)])
            return exp.Window(this=found, partition_by=subject, order=ordered, spec=spec, over="OVER")
        # From the last row on, so that each frame only grows.
        ordered = exp.Order(expressions=[exp.Ordered(this=column(PLACE, EVENTS), desc=True, nulls_first=False)])
        return exp.Window(this=exp.Min(this=place), partition_by=subject, order=ordered, spec=spec, over="OVER")

    # Tries

    def _starts(self) -> exp.Select:
        """Return the rows that begin a try: each subject's first row, its first row in each period, or all rows."""
        every = exp.Column(this=exp.Star(), table=exp.to_identifier(LINKED))
        begun = _is_set(BEGINS, LINKED)
        if self.funnel.attempt == "best":
            return where_all(select_from(named_table(LINKED), [every], keys=0), [begun])
        keys: list[exp.Expr] = [aliased(column(each, LINKED), each) for each in self.table.subject]
        if self.funnel.once == "each":
            keys.append(aliased(column(f"a{attribute_of(self.funnel, 'over')}", LINKED), "period"))
        first = select_from(
            named_table(LINKED), [*keys, aliased(call(exp.Min, column(PLACE, LINKED)), PLACE)], keys=len(keys)
        )
        on = [*self.table.same_subject(LINKED, "first"), _equal(column(PLACE, LINKED), column(PLACE, "first"))]
        tree = select_from(named_table(LINKED), [every], keys=0)
        tree.set("joins", [exp.Join(this=subquery(where_all(first, [begun]), "first"), on=and_all(on))])
        return tree

    def _tries(self) -> exp.Select:
        """Return each try with its subject and position, the moment of each reached step, and its breakdown values."""
        joins: list[exp.Join] = []
        for step in self.steps:
            if (step > 1 or self.is_any) and self.funnel.order != "strict":
                on = and_all(self._next_of_any(step) if self.is_any else self._next(step))
                joins.append(exp.Join(this=named_table(LINKED, f"step{step}"), side="LEFT", on=on))
        start = "start" if self.is_any else "step1"
        columns: list[exp.Expr] = [
            *(aliased(column(each, start), each) for each in self.table.subject),
            aliased(column(PLACE, start), PLACE),
            aliased(column(AT, start), "at0"),
            *(aliased(self._moment(step), f"at{step}") for step in self.steps),
        ]
        if self.funnel.by is not None:
            columns.append(aliased(self._broken_down(), key_of(self.funnel, "by")))
        if self.funnel.over is not None:
            over = column(f"a{attribute_of(self.funnel, 'over')}", start)
            columns.append(aliased(over, key_of(self.funnel, "over")))
        tree = select_from(named_table(STARTS, start), columns, keys=0)
        tree.set("joins", joins)
        return tree

    def _next(self, step: int) -> list[exp.Expr]:
        """Return the conditions for the row of a step, which must come after the row of the previous step."""
        mine, before = f"step{step}", f"step{step - 1}"
        tests = [*self.table.same_subject(mine, before), _equal(column(PLACE, mine), column(f"next{step}", before))]
        tests.append(_is_set(f"e{step - 1}", mine))  # the pointer says so, but this is faster
        tests += self._in_window(mine, "step1")
        own = self.funnel.steps[step - 1].within
        if own is not None:
            tests.append(_at_most(_since(mine, before), length(own)))
        for place, exclusion in enumerate(self.funnel.exclude):
            if exclusion.after < step <= exclusion.before:
                tests.append(self._is_not_out(place, column(f"out{place}", before), column(PLACE, mine)))
        return tests

    def _next_of_any(self, step: int) -> list[exp.Expr]:
        """Return the conditions for the first row of a step.

        It can be the row that starts the try, or any later row.
        """
        mine = f"step{step}"
        tests = [*self.table.same_subject(mine, "start"), _equal(column(PLACE, mine), column(f"next{step}", "start"))]
        tests.append(_is_set(f"e{step - 1}", mine))  # the pointer says so, but this is faster
        tests += self._in_window(mine, "start")
        tests += [
            self._is_not_out(place, column(f"out{place}", "start"), column(PLACE, mine))
            for place in range(len(self.funnel.exclude))
        ]
        return tests

    def _in_window(self, mine: str, start: str) -> list[exp.Expr]:
        return [_at_most(_since(mine, start), self.window)] if self.window is not None else []

    def _is_not_out(self, place: int, out: exp.Expr, until: exp.Expr) -> exp.Expr:
        """Return the condition that no excluded event precedes a row. The row itself can be an excluded event."""
        none = exp.Is(this=out, expression=exp.Null())
        return exp.Paren(this=or_any([none, exp.GTE(this=copied(out), expression=until)]))

    def _moment(self, step: int) -> exp.Expr:
        """Return the moment at which a step and all earlier steps were done. Null if they weren't."""
        if self.funnel.order == "strict" and step > 1:
            return exp.Case(ifs=[exp.If(this=and_all(self._is_strict(step)), true=column(f"{AT}_{step - 1}", "step1"))])
        if not self.is_any or step == 1:
            return column(AT, f"step{step}")
        done: list[exp.Expr] = [
            exp.Not(this=exp.Is(this=column(PLACE, f"step{each}"), expression=exp.Null()))
            for each in range(1, step + 1)
        ]
        moments = [column(AT, f"step{each}") for each in range(1, step + 1)]
        latest = exp.Greatest(this=moments[0], expressions=moments[1:])
        return exp.Case(ifs=[exp.If(this=and_all(done), true=latest)])

    def _is_strict(self, step: int) -> list[exp.Expr]:
        """Return the conditions that the rows right after the first one are the steps up to this one, in time."""
        tests: list[exp.Expr] = []
        moment = column(AT, "step1")
        for each in range(2, step + 1):
            moment = column(f"{AT}_{each - 1}", "step1")
            before = column(AT if each == 2 else f"{AT}_{each - 2}", "step1")
            tests.append(_is_set(f"e{each - 1}_{each - 1}", "step1"))
            own = self.funnel.steps[each - 1].within
            if own is not None:
                tests.append(_at_most(exp.Sub(this=copied(moment), expression=before), length(own)))
        if self.window is not None:  # no step before is later
            tests.append(_at_most(exp.Sub(this=moment, expression=column(AT, "step1")), self.window))
        return tests

    def _broken_down(self) -> exp.Expr:
        """Return the breakdown's value at the first step, the last step that was reached, or a given step."""
        value = f"a{attribute_of(self.funnel, 'by')}"
        match self.funnel.by_step:
            case "first":
                return column(value, "start" if self.is_any else "step1")
            case "last":
                reached = [
                    exp.If(this=self._has_reached(step), true=self._value(value, step)) for step in reversed(self.steps)
                ]
                return exp.Case(ifs=reached)
            case step:
                mine = exp.If(this=self._has_reached(step), true=self._value(value, step))
                return exp.Case(ifs=[mine])

    def _value(self, text: str, step: int) -> exp.Expr:
        if self.funnel.order == "strict" and step > 1:
            return column(f"{text}_{step - 1}", "step1")
        return column(text, f"step{step}")

    def _has_reached(self, step: int) -> exp.Expr:
        return exp.Not(this=exp.Is(this=exp.Paren(this=self._moment(step)), expression=exp.Null()))

    # The try that counts

    def _all_tries(self) -> exp.Select:
        every = exp.Column(this=exp.Star(), table=exp.to_identifier(TRIES))
        return where_all(select_from(named_table(TRIES), [every], keys=0), [_is_there("at1", TRIES)])

    def _best(self) -> exp.Select:
        """Return the try of each subject that got furthest. Of several, it's the earliest.

        If subjects count once in each period, there is one try for each period.
        """
        every = exp.Column(this=exp.Star(), table=exp.to_identifier(TRIES))
        order = [
            exp.Ordered(this=self._reached(TRIES), desc=True, nulls_first=False),
            exp.Ordered(this=column(PLACE, TRIES), nulls_first=False),
        ]
        place = exp.Window(
            this=exp.RowNumber(),
            partition_by=[column(each, TRIES) for each in self._whose()],
            order=exp.Order(expressions=order),
            over="OVER",
        )
        inner = where_all(
            select_from(named_table(TRIES), [every, aliased(place, "rank_of_try")], keys=0), [_is_there("at1", TRIES)]
        )
        outer = exp.Column(this=exp.Star(), table=exp.to_identifier("ranked"))
        first = exp.EQ(this=column("rank_of_try", "ranked"), expression=number(1))
        return where_all(select_from(subquery(inner, "ranked"), [outer], keys=0), [first])

    def _whose(self) -> list[str]:
        """Return the columns for which only one try counts.

        That's the subject and, if it counts once in each period, the period.
        """
        return [*self.table.subject, *([key_of(self.funnel, "over")] if self.funnel.once == "each" else [])]

    def _reached(self, alias: str) -> exp.Expr:
        """Return the number of steps that a try reached, as an expression."""
        cases = [exp.If(this=_is_there(f"at{step}", alias), true=number(step)) for step in reversed(self.steps)]
        return exp.Case(ifs=cases, default=number(0))

    # Counts

    def _grouped(self) -> exp.Select:
        keys: list[exp.Expr] = []
        if self.funnel.by is not None:
            keys.append(column(key_of(self.funnel, "by"), COUNTED))
            if isinstance(self.funnel.by_step, int):
                there = exp.Case(
                    ifs=[exp.If(this=_is_there(f"at{self.funnel.by_step}", COUNTED), true=number(1))], default=number(0)
                )
                keys.append(aliased(there, "reached_by"))
        if self.funnel.over is not None:
            keys.append(column(key_of(self.funnel, "over"), COUNTED))
        return select_from(named_table(COUNTED), [*keys, *self._cells()], keys=len(keys))

    def _cells(self) -> Sequence[exp.Expr]:
        cells = [aliased(exp.Count(this=column(f"at{step}", COUNTED)), f"c{step}") for step in self.steps]
        for step in self.steps[1:]:
            seconds = self._seconds(f"at{step}", "at0")
            square = exp.Mul(this=exp.Paren(this=seconds), expression=exp.Paren(this=copied(seconds)))
            cells.append(aliased(self._sum(f"at{step}", "at0"), f"t{step}"))
            cells.append(aliased(cast(call(exp.Sum, square), _DOUBLE), f"q{step}"))
            cells.append(aliased(self._sum(f"at{step}", f"at{step - 1}"), f"p{step}"))
        last = f"at{self.steps[-1]}"
        for place, edge in enumerate(EDGES):
            within = _at_most(exp.Sub(this=column(last, COUNTED), expression=column("at0", COUNTED)), edge * SECOND)
            cells.append(aliased(self._count(within), f"w{place}"))
        cells.append(aliased(self._young(), "young"))
        return cells

    def _young(self) -> exp.Expr:
        """Return the number of tries that haven't converted but still can within the window, as an expression."""
        if self.window is None:
            return number(0)
        begun = exp.GTE(this=column("at0", COUNTED), expression=number(self.table.known - self.window))
        open_ended = exp.Is(this=column(f"at{self.steps[-1]}", COUNTED), expression=exp.Null())
        return self._count(and_all([begun, open_ended]))

    def _count(self, test: exp.Expr) -> exp.Expr:
        return conditional(exp.Count(this=exp.Star()), test, self.table.dialect.filter_clause)

    def _sum(self, end: str, start: str) -> exp.Expr:
        """Return the sum of the seconds between two steps.

        It's computed in whole microseconds, so the digits don't depend on the order of rows.
        """
        apart = exp.Sub(this=column(end, COUNTED), expression=column(start, COUNTED))
        seconds = exp.Div(this=cast(call(exp.Sum, apart), _DOUBLE), expression=exp.Literal.number("1e6"))
        return cast(exp.Paren(this=seconds), _DOUBLE)

    def _seconds(self, end: str, start: str) -> exp.Expr:
        apart = exp.Sub(this=column(end, COUNTED), expression=column(start, COUNTED))
        return exp.Div(this=cast(exp.Paren(this=apart), _DOUBLE), expression=exp.Literal.number("1e6"))


def _is_set(flag: str, alias: str) -> exp.Expr:
    return exp.EQ(this=column(flag, alias), expression=number(1))


def _is_there(text: str, alias: str) -> exp.Expr:
    return exp.Not(this=exp.Is(this=column(text, alias), expression=exp.Null()))


def _equal(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.EQ(this=left, expression=right)


def _since(mine: str, before: str) -> exp.Expr:
    return exp.Sub(this=column(AT, mine), expression=column(AT, before))


def _at_most(value: exp.Expr, most: int) -> exp.Expr:
    return exp.LTE(this=value, expression=number(most))
