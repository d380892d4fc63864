"""Compile retention to SQL: each subject's first event, the later rows, and how many periods later they are.

Tables: `_starts` has each subject's first event and the number of whole periods known since. `_returns` has the later
rows of the return event, `_spans` the first and last period in which a subject came back, and `_came` the cells in
which a subject came back.
"""

from __future__ import annotations

from sqlglot import exp

from semantic.analyses.events.instants import SECOND, microseconds
from semantic.analyses.events.retention.question import Retention, attribute_of
from semantic.analyses.events.rows import AMOUNT, AT, BEGINS, EVENTS, EventTable, amount_type
from semantic.model.definitions import DataType, Granularity, TypeKind
from semantic.query.periods import first_day
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    call,
    cast,
    column,
    copied,
    missing,
    named_table,
    number,
    select_from,
    subquery,
)
from semantic.sql.rows.legs import where_all

STARTS, RETURNS, SPANS, CAME = "_starts", "_returns", "_spans", "_came"
SUBJECTS, CELLS = 0, 1
"""The values of `what`: a row counts subjects by their periods, or subjects who came back in a cell."""
DAY_US = 86_400 * SECOND
_WHOLE, _DOUBLE = DataType(TypeKind.INTEGER), DataType(TypeKind.DOUBLE)


def lower_retention(retention: Retention, table: EventTable) -> exp.Select:
    """Return the SELECT of the counts by the attributes of the first event.

    Columns: `what` is the kind of row. `k0`… are the attributes. `x` is the number of whole periods known after the
    first event, or the cell, counted from 1. `first_back` and `last_back` are the periods of the first and the last
    return. `subjects` is the number of subjects, `times` the number of returns in the cell, and `amount` the sum of
    their amounts. All periods after the last shown one have the next number.
    """
    return _Lowering(retention, table).counts()


def add_starts(retention: Retention, table: EventTable) -> None:
    """Add the tables of first events and returns, which aren't counted yet."""
    _Lowering(retention, table).add()


class _Lowering:
    def __init__(self, retention: Retention, table: EventTable) -> None:
        self.retention, self.table = retention, table
        self.keys = [f"k{attribute_of(retention, 'by')}"] if retention.by is not None else []
        self.keys += [f"k{attribute_of(retention, 'over')}"] if retention.over is not None else []
        self.has_amount = retention.measure == "amount"
        self.beyond = retention.last + 1
        self.ties = table.drop_places()

    def add(self) -> None:
        """Add the tables of first events and returns."""
        self.table.table(STARTS, self._starts())
        self.table.table(RETURNS, self._returns())
        self.table.table(SPANS, self._spans())
        if self.retention.count == "on":
            self.table.table(CAME, self._came())

    def counts(self) -> exp.Select:
        """Return the SELECT of the counts."""
        self.add()
        parts: exp.Query = self._subjects()
        if self.retention.count == "on":
            parts = exp.Union(this=parts, expression=self._cells(), distinct=False)
        names = ["what", *self.keys, "x", "first_back", "last_back", "subjects", "times"]
        names += [AMOUNT] if self.has_amount else []
        return select_from(subquery(parts, "found"), [aliased(column(each, "found"), each) for each in names], keys=0)

    # First events

    def _starts(self) -> exp.Select:
        """Return the first event of each subject, if it can begin something.

        If several rows have the same moment, the one with the smallest key counts.
        """
        is_ever = self.retention.start == "ever"
        begun = [_is_set("e0", EVENTS)] + ([] if is_ever else [_is_set(BEGINS, EVENTS)])
        keys: list[exp.Expr] = [aliased(column(each, EVENTS), each) for each in self.table.subject]
        least = aliased(call(exp.Min, column(AT, EVENTS)), AT)
        first = where_all(
            select_from(named_table(EVENTS), [*keys, least], keys=len(keys)), [copied(each) for each in begun]
        )
        order = [exp.Ordered(this=column(each, EVENTS), nulls_first=False) for each in self.ties]
        place = exp.Window(
            this=exp.RowNumber(),
            partition_by=[column(each, EVENTS) for each in self.table.subject],
            order=exp.Order(expressions=order),
            over="OVER",
        )
        every = exp.Column(this=exp.Star(), table=exp.to_identifier(EVENTS))
        inner = where_all(select_from(named_table(EVENTS), [every, aliased(place, "try")], keys=0), begun)
        on = [*self.table.same_subject(EVENTS, "first"), _equal(column(AT, EVENTS), column(AT, "first"))]
        inner.set("joins", [exp.Join(this=subquery(first, "first"), on=and_all(on))])
        known = exp.Least(this=self._known(), expressions=[number(self.beyond)])
        columns: list[exp.Expr] = [
            *(aliased(column(each, "begun"), each) for each in self.table.subject),
            aliased(column(AT, "begun"), AT),
            aliased(self._index("begun"), "began"),
            *(aliased(column(f"a{each[1:]}", "begun"), each) for each in self.keys),
            aliased(cast(known, _WHOLE), "known"),
        ]
        tests: list[exp.Expr] = [exp.EQ(this=column("try", "begun"), expression=number(1))]
        tests += [_is_set(BEGINS, "begun")] if is_ever else []
        tests += [_is_set(f"e{self.retention.only_event}", "begun")] if self.retention.only is not None else []
        return where_all(select_from(subquery(inner, "begun"), columns, keys=0), tests)

    def _index(self, alias: str) -> exp.Expr:
        """Return a row's time as a number.

        It's in microseconds, or the number of its day, of its week's first day, or of its month.
        """
        if self.retention.clock == "rolling":
            return column(AT, alias)
        day = column(f"a{attribute_of(self.retention, 'unit')}", alias)
        if self.retention.unit is Granularity.MONTH:
            year, month = (
                cast(exp.Extract(this=exp.Var(this=part), expression=each), _WHOLE)
                for part, each in (("YEAR", day), ("MONTH", copied(day)))
            )
            return exp.Add(this=exp.Mul(this=year, expression=number(12)), expression=month)
        return _divided(microseconds(day, TypeKind.DATE, self.table.dialect), DAY_US)

    def _apart(self, later: exp.Expr, earlier: exp.Expr) -> exp.Expr:
        """Return the number of whole periods from `earlier` to `later`."""
        apart = exp.Sub(this=later, expression=exp.Paren(this=earlier))
        if self.retention.clock == "rolling":
            return _divided(apart, DAY_US * (7 if self.retention.unit is Granularity.WEEK else 1))
        return _divided(apart, 7) if self.retention.unit is Granularity.WEEK else apart

    def _known(self) -> exp.Expr:
        """Return the number of whole periods known since a first event, including the event's own period."""
        if self.retention.clock == "rolling":
            return self._apart(number(self.table.known), self._index("begun"))
        planned, unit = self.table.planned, self.retention.unit
        day = first_day(planned.known, unit, planned.legs[0].asked.calendar)
        known = day.year * 12 + day.month if unit is Granularity.MONTH else day.toordinal() - _EPOCH
        return self._apart(number(known), self._index("begun"))

    # Returns

    def _returns(self) -> exp.Select:
        """Return every row of the return event after the first event, with the number of periods between them."""
        tests = [
            *self.table.same_subject("later", STARTS),
            exp.GT(this=column(AT, "later"), expression=column(AT, STARTS)),
            _is_set(f"e{self.retention.back_event}", "later"),
        ]
        columns: list[exp.Expr] = [
            *(aliased(column(each, STARTS), each) for each in (*self.table.subject, *self.keys)),
            aliased(column("known", STARTS), "known"),
            aliased(self._apart(self._index("later"), column("began", STARTS)), "apart"),
        ]
        if self.has_amount:
            columns.append(aliased(column(AMOUNT, "later"), AMOUNT))
        tree = select_from(named_table(STARTS), columns, keys=0)
        tree.set("joins", [exp.Join(this=named_table(EVENTS, "later"), on=and_all(tests))])
        return tree

    def _spans(self) -> exp.Select:
        subject = [aliased(column(each, RETURNS), each) for each in self.table.subject]
        ends = [
            aliased(exp.Least(this=end(this=column("apart", RETURNS)), expressions=[number(self.beyond)]), text)
            for end, text in ((exp.Min, "first_back"), (exp.Max, "last_back"))
        ]
        return select_from(named_table(RETURNS), [*subject, *ends], keys=len(subject))

    def _came(self) -> exp.Select:
        """Return each subject's returns in cells whose periods have ended."""
        inner: list[exp.Expr] = [
            *(aliased(column(each, RETURNS), each) for each in (*self.table.subject, *self.keys)),
            aliased(self._slot(), "slot"),
        ]
        inner += [aliased(column(AMOUNT, RETURNS), AMOUNT)] if self.has_amount else []
        cells = subquery(select_from(named_table(RETURNS), inner, keys=0), "cells")
        keys = [aliased(column(each, "cells"), each) for each in (*self.table.subject, *self.keys, "slot")]
        sums: list[exp.Expr] = [aliased(exp.Count(this=exp.Star()), "times")]
        sums += [aliased(call(exp.Sum, column(AMOUNT, "cells")), AMOUNT)] if self.has_amount else []
        there = exp.Not(this=exp.Is(this=column("slot", "cells"), expression=exp.Null()))
        return where_all(select_from(cells, [*keys, *sums], keys=len(keys)), [there])

    def _slot(self) -> exp.Expr:
        """Return the cell of a return. Null if the return is in no cell."""
        if self.retention.brackets:
            ranges = [
                exp.If(this=self._is_in(number(slot.low), number(slot.needs), slot.needs), true=number(place))
                for place, slot in enumerate(self.retention.slots, start=1)
            ]
            return exp.Case(ifs=ranges)
        shown = self._is_in(number(1), number(self.retention.periods), None)
        return exp.Case(ifs=[exp.If(this=shown, true=column("apart", RETURNS))])

    def _is_in(self, low: exp.Expr, high: exp.Expr, needs: int | None) -> exp.Expr:
        """Return the condition that a return is in a range of periods, and that enough periods have ended.

        The last period that must be over is `needs` or, if that's None, the period of the return.
        """
        last = column("apart", RETURNS) if needs is None else number(needs)
        tests: list[exp.Expr] = [
            exp.GTE(this=column("apart", RETURNS), expression=low),
            exp.LTE(this=column("apart", RETURNS), expression=high),
            exp.GT(this=column("known", RETURNS), expression=last),
        ]
        return and_all(tests)

    # Counts

    def _subjects(self) -> exp.Select:
        """Return the number of subjects by the length of time they were followed and by when they came back."""
        never = exp.Coalesce(this=column("first_back", SPANS), expressions=[number(self.beyond)])
        last = exp.Coalesce(this=column("last_back", SPANS), expressions=[number(-1)])
        keys: list[exp.Expr] = [
            aliased(number(SUBJECTS), "what"),
            *(aliased(column(each, STARTS), each) for each in self.keys),
            aliased(column("known", STARTS), "x"),
            aliased(cast(never, _WHOLE), "first_back"),
            aliased(cast(last, _WHOLE), "last_back"),
        ]
        counts: list[exp.Expr] = [
            aliased(exp.Count(this=exp.Star()), "subjects"),
            aliased(cast(number(0), _WHOLE), "times"),
        ]
        if self.has_amount:
            counts.append(aliased(missing(amount_type(self.table.planned), self.table.dialect), AMOUNT))
        tree = select_from(named_table(STARTS), [*keys, *counts], keys=len(keys))
        on = and_all(self.table.same_subject(SPANS, STARTS))
        tree.set("joins", [exp.Join(this=named_table(SPANS), side="LEFT", on=on)])
        return tree

    def _cells(self) -> exp.Select:
        keys: list[exp.Expr] = [
            aliased(number(CELLS), "what"),
            *(aliased(column(each, CAME), each) for each in self.keys),
            aliased(column("slot", CAME), "x"),
            aliased(cast(number(0), _WHOLE), "first_back"),
            aliased(cast(number(0), _WHOLE), "last_back"),
        ]
        counts: list[exp.Expr] = [
            aliased(exp.Count(this=exp.Star()), "subjects"),
            aliased(cast(call(exp.Sum, column("times", CAME)), _WHOLE), "times"),
        ]
        counts += [aliased(call(exp.Sum, column(AMOUNT, CAME)), AMOUNT)] if self.has_amount else []
        return select_from(named_table(CAME), [*keys, *counts], keys=len(keys))


_EPOCH = 719_163
"""The number that `date.toordinal` returns for 1 January 1970."""


def _is_set(flag: str, alias: str) -> exp.Expr:
    return exp.EQ(this=column(flag, alias), expression=number(1))


def _equal(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.EQ(this=left, expression=right)


def _divided(value: exp.Expr, by: int) -> exp.Expr:
    """Return the integer quotient of two whole numbers.

    The remainder is subtracted first, so that the division is exact.
    """
    rest = exp.Mod(this=exp.Paren(this=copied(value)), expression=number(by))
    whole = cast(exp.Paren(this=exp.Sub(this=exp.Paren(this=value), expression=rest)), _DOUBLE)
    return cast(exp.Paren(this=exp.Div(this=whole, expression=number(by))), _WHOLE)
