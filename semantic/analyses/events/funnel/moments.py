"""Compile a funnel to SQL that compares the earliest moments of each step, with joins and groups only.

It needs no window functions that look from every row to the following ones.

If no row belongs to two events, rows don't even need to be sorted. At the same moment, rows of an earlier event come
first, so the row of a later step is the first one at or after the moment of the previous step. If several rows have the
same event and moment, the choice matters only for the breakdown, and is made only for the try that counts. If rows can
belong to two events, the positions of rows are compared, and only first tries are counted here.

Tables for the first try: `_begun` has where tries begin, and `_done2`… the moment of each step for the subjects who
reached it. In any order, `_done` has the first row of every step, and `_row0` the row that a try begins with.

Tables for the best try: `_linked`, `_to2`… and `_tries` have the next moments for every try. If tries hold a value,
`_furthest` has the tries that may count, and `_holding` the one that does.

Tables for both: `_moments` has the try of each subject that counts, `_row1`… the rows whose values break it down, and
`_counted` all of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from semantic.analyses.events.funnel.question import Funnel, attribute_of, key_of
from semantic.analyses.events.instants import length
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import AT, BEGINS, EVENTS, PLACE, EventTable
from semantic.analyses.events.separate import are_separate
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    call,
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

BEGUN, HOLDING, LINKED, TRIES, MOMENTS = "_begun", "_holding", "_linked", "_tries", "_moments"
DONE, FURTHEST = "_done", "_furthest"
HELD = "a0"


def is_by_moments(funnel: Funnel, planned: PlannedEvents) -> bool:
    """Whether a funnel can be counted by comparing moments."""
    if funnel.order == "strict" or funnel.once == "each":
        return False
    return funnel.attempt == "first" or (funnel.order == "loose" and are_separate(planned.legs))


class ByMoments:
    def __init__(self, funnel: Funnel, table: EventTable, counted: str) -> None:
        self.funnel, self.table, self.counted = funnel, table, counted
        self.count = len(funnel.steps)
        self.later = range(2, self.count + 1)
        self.is_any = funnel.order == "any"
        self.start = 0 if self.is_any else 1  # the index of the row that begins a try
        self.window = length(funnel.within) if funnel.within is not None else None
        self.held = [HELD] if funnel.hold is not None else []
        self.has_places = not are_separate(table.planned.legs)
        self.ties = [] if self.has_places else table.drop_places()

    def add_tables(self) -> None:
        """Add the table of the tries that count, and the tables that it's made from."""
        if self.funnel.attempt == "first":
            if self.has_places:
                self.table.keep_near_start(self.window)
            if self.is_any:
                self._first_in_any_order()
            else:
                self._first()
        else:
            self._best()
        for step in self._looked_up():
            self.table.table(f"_row{step}", self._row(step))
        self.table.table(self.counted, self._counted())

    # The first try

    def _begun(self) -> str:
        """Add the table with the moment of each first try and the value that it holds, and return the table's name."""
        keys = self._subject(EVENTS)
        if self.has_places:  # earlier rows aren't read, and the first step comes first at its moment
            columns = [*keys, aliased(column(AT, EVENTS), "at0"), aliased(column(PLACE, EVENTS), f"n{self.start}")]
            first = select_from(named_table(EVENTS), columns, keys=0)
            is_first = exp.EQ(this=column(PLACE, EVENTS), expression=number(1))
            first = where_all(first, [_is_set(BEGINS, EVENTS), is_first])
        else:
            least = aliased(exp.Min(this=column(AT, EVENTS)), "at0")
            first = select_from(named_table(EVENTS), [*keys, least], keys=len(keys))
            first = where_all(first, [_is_set(BEGINS, EVENTS)])
        self.table.table(BEGUN, first)
        if not self.held:
            return BEGUN
        self.table.table(HOLDING, self._row(self.start, of=BEGUN, carried=self.held))
        return HOLDING

    def _first(self) -> None:
        start = before = self._begun()
        for step in self.later:
            self.table.table(f"_done{step}", self._done(step, before))
            before = f"_done{step}"
        joins = [
            exp.Join(this=named_table(f"_done{step}"), side="LEFT", on=self._same(f"_done{step}", start))
            for step in self.later
        ]
        at0 = column("at0", start)
        columns: list[exp.Expr] = [*self._subject(start), *_aliased(self.held, start)]
        columns += [aliased(at0, "at0"), aliased(copied(at0), "at1")]
        columns += [aliased(column(f"at{step}", f"_done{step}"), f"at{step}") for step in self.later]
        if self.has_places:
            columns.append(aliased(column("n1", start), "n1"))
            columns += [aliased(column(f"n{step}", f"_done{step}"), f"n{step}") for step in self.later]
        moments = select_from(named_table(start), columns, keys=0)
        moments.set("joins", joins)
        self.table.table(MOMENTS, moments)

    def _done(self, step: int, before: str) -> exp.Select:
        """Return the subjects who did a step, with the moment.

        It's the first one after the previous step, unless it's too late or excluded.
        """
        flag, since = f"e{step - 1}", column("at0" if step == 2 else f"at{step - 1}", before)
        outs = [f"e{self.count + place}" for place in self._excluded(step)]
        has_outs, place = bool(outs), PLACE if self.has_places else AT

        def least(text: str, flags: Sequence[str]) -> exp.Expr:
            """Return the smallest value in the rows of the flagged events.

            If nothing is excluded, all rows belong to the step.
            """
            is_one = or_any([_is_set(each, EVENTS) for each in flags])
            value = column(text, EVENTS)
            return call(exp.Min, exp.Case(ifs=[exp.If(this=is_one, true=value)]) if has_outs else value)

        keys = [*self._subject(before), *_aliased(self.held, before)]
        columns: list[exp.Expr] = [
            *keys,
            aliased(call(exp.Min, column("at0", before)), "at0"),
            aliased(least(AT, [flag]), f"at{step}"),
        ]
        if self.has_places:
            columns.append(aliased(least(PLACE, [flag]), f"n{step}"))
        if outs:
            columns.append(aliased(least(place, outs), "out"))
        after = exp.GTE(this=column(AT, EVENTS), expression=copied(since))
        if self.has_places:
            after = exp.GT(this=column(PLACE, EVENTS), expression=column(f"n{step - 1}", before))
        tests: list[exp.Expr] = [
            exp.Paren(this=or_any([_is_set(each, EVENTS) for each in (flag, *outs)])),
            after,
            *self._in_time(column(AT, EVENTS), column("at0", before), copied(since), step),
        ]
        on = and_all([self._same(EVENTS, before), *(_equal(each, EVENTS, before) for each in self.held)])
        select = select_from(named_table(EVENTS), columns, keys=len(keys))
        select.set("joins", [exp.Join(this=named_table(before), side="", on=on)])
        select = where_all(select, tests)
        if not outs:
            return select
        until = f"n{step}" if self.has_places else f"at{step}"
        done = [_is_there(until, "done"), _is_not_out(column("out", "done"), column(until, "done"))]
        names = [*self.table.subject, *self.held, "at0", f"at{step}", *([until] if self.has_places else [])]
        return where_all(select_from(subquery(select, "done"), _aliased(names, "done"), keys=0), done)

    # The first try, in any order

    def _first_in_any_order(self) -> None:
        """Add the table of first tries for steps in any order.

        A try begins with the first row of any step, so no step's row precedes it. The earliest moments of all steps are
        therefore enough, unless a value is held or something is excluded.
        """
        planned = self.table.planned
        is_plain = not self.held and not self.funnel.exclude and planned.since == planned.start
        self.table.table(DONE, self._least_of_all() if is_plain else self._least_from(self._begun()))
        names = [*self.held, "at0", *(["n0"] if self.has_places else [])]
        columns = [*self._subject(DONE), *_aliased(names, DONE)]
        tests: list[exp.Expr] = []
        for step in range(1, self.count + 1):
            tests += self._is_done(step)
            columns += self._reached(step, tests)
        first = [_is_there("at0", DONE), *self._is_done(1)]
        self.table.table(MOMENTS, where_all(select_from(named_table(DONE), columns, keys=0), first))

    def _is_done(self, step: int) -> list[exp.Expr]:
        """Return the conditions that a step was done in time, and before any excluded event."""
        until = f"n{step}" if self.has_places else f"own{step}"
        outs = [column(f"out{place}", DONE) for place in range(len(self.funnel.exclude))]
        return [
            _is_there(f"own{step}", DONE),
            *self._in_window(column(f"own{step}", DONE), column("at0", DONE)),
            *(_is_not_out(out, column(until, DONE)) for out in outs),
        ]

    def _reached(self, step: int, tests: Sequence[exp.Expr]) -> list[exp.Expr]:
        """Return the moment at which a step and all earlier ones were done, and the step's own row.

        Both are null if at least one of these steps wasn't done.
        """
        own = [column(f"own{each}", DONE) for each in range(1, step + 1)]
        latest = exp.Greatest(this=own[0], expressions=own[1:]) if step > 1 else own[0]
        values = {f"at{step}": latest, f"own{step}": column(f"own{step}", DONE)}
        values |= {f"n{step}": column(f"n{step}", DONE)} if self.has_places else {}
        return [
            aliased(exp.Case(ifs=[exp.If(this=and_all([*map(copied, tests)]), true=value)]), text)
            for text, value in values.items()
        ]

    def _least_of_all(self) -> exp.Select:
        """Return the first row of each step, for each subject who has begun."""
        keys = self._subject(EVENTS)
        begun: list[exp.Expr] = [aliased(self._least_if(AT, BEGINS), "at0")]
        begun += [aliased(self._least_if(PLACE, BEGINS), "n0")] if self.has_places else []
        return select_from(named_table(EVENTS), [*keys, *begun, *self._least_of_steps()], keys=len(keys))

    def _least_from(self, start: str) -> exp.Select:
        """Return the first row of each step and of each excluded event, starting with each subject's try."""
        keys = [*self._subject(start), *_aliased(self.held, start)]
        begun = [
            aliased(call(exp.Min, column(each, start)), each) for each in ("at0", *(["n0"] if self.has_places else []))
        ]
        place, first = (PLACE, "n0") if self.has_places else (AT, "at0")
        outs: list[exp.Expr] = []
        for number_of_out in range(len(self.funnel.exclude)):
            tests = [_is_set(f"e{self.count + number_of_out}", EVENTS)]
            if self.has_places:  # the first row of a try can't end it
                tests.append(exp.GT(this=column(PLACE, EVENTS), expression=column("n0", start)))
            outs.append(aliased(self._least(place, and_all(tests)), f"out{number_of_out}"))
        columns = [*keys, *begun, *self._least_of_steps(), *outs]
        select = select_from(named_table(EVENTS), columns, keys=len(keys))
        on = and_all([self._same(EVENTS, start), *(_equal(each, EVENTS, start) for each in self.held)])
        select.set("joins", [exp.Join(this=named_table(start), side="", on=on)])
        after = exp.GTE(this=column(place, EVENTS), expression=column(first, start))
        return where_all(select, [after, *self._in_window(column(AT, EVENTS), column("at0", start))])

    def _least_of_steps(self) -> list[exp.Expr]:
        steps = range(1, self.count + 1)
        least: list[exp.Expr] = [aliased(self._least_if(AT, f"e{step - 1}"), f"own{step}") for step in steps]
        if self.has_places:
            least += [aliased(self._least_if(PLACE, f"e{step - 1}"), f"n{step}") for step in steps]
        return least

    def _least_if(self, text: str, flag: str) -> exp.Expr:
        return self._least(text, _is_set(flag, EVENTS))

    def _least(self, text: str, test: exp.Expr) -> exp.Expr:
        return conditional(exp.Min(this=column(text, EVENTS)), test, self.table.dialect.filter_clause)

    # The best try

    def _best(self) -> None:
        self.table.table(LINKED, self._linked())
        for step in self.later[:-1]:
            self.table.table(f"_to{step}", self._to(step))
        self.table.table(TRIES, self._tries())
        if not self.held:
            self.table.table(MOMENTS, furthest(self.table, self.later, TRIES))
            return
        self.table.table(FURTHEST, furthest(self.table, self.later, TRIES, self.held))
        self.table.table(HOLDING, self._row(1, of=FURTHEST, carried=self.held))
        names = [*self.table.subject, *self.held, "at0", "at1", *(f"at{step}" for step in self.later)]
        one_of_all = select_from(named_table(FURTHEST), _aliased(names, FURTHEST), keys=0)
        on = and_all([self._same(HOLDING, FURTHEST), *(_equal(each, HOLDING, FURTHEST) for each in self.held)])
        one_of_all.set("joins", [exp.Join(this=named_table(HOLDING), side="", on=on)])
        self.table.table(MOMENTS, one_of_all)

    def _linked(self) -> exp.Select:
        """Return all rows, each with the next moment of each later step and of each excluded event."""
        names = [*self._alike, AT, BEGINS, *(f"e{step - 1}" for step in self.later)]
        columns = _aliased(names, EVENTS)
        columns += [aliased(self._next([f"e{step - 1}"]), f"next{step}") for step in self.later]
        columns += [
            aliased(self._next([f"e{self.count + place}"]), f"out{place}") for place in range(len(self.funnel.exclude))
        ]
        return select_from(named_table(EVENTS), columns, keys=0)

    def _next(self, flags: Sequence[str]) -> exp.Expr:
        """Return the moment of an event's next row, which can be the same as this row's moment."""
        is_one = or_any([_is_set(flag, EVENTS) for flag in flags])
        moment = exp.Case(ifs=[exp.If(this=is_one, true=column(AT, EVENTS))])
        found: exp.Expr = exp.Min(this=moment)
        if self.table.dialect.name == "duckdb":  # the same, and faster there
            found = exp.IgnoreNulls(this=exp.FirstValue(this=moment))
        return exp.Window(
            this=found,
            partition_by=[column(each, EVENTS) for each in self._alike],
            order=exp.Order(expressions=[exp.Ordered(this=column(AT, EVENTS), nulls_first=False)]),
            spec=exp.WindowSpec(kind="RANGE", start="CURRENT ROW", end="UNBOUNDED", end_side="FOLLOWING"),
            over="OVER",
        )

    def _to(self, step: int) -> exp.Select:
        """Return the moments of a step, with the next moments of the later events that a try needs."""
        keys = _aliased([*self._alike, AT], LINKED)
        names = [f"next{step + 1}", *(f"out{place}" for place in self._excluded(step + 1))]
        mins = [aliased(call(exp.Min, column(each, LINKED)), each) for each in names]
        return where_all(
            select_from(named_table(LINKED), [*keys, *mins], keys=len(keys)), [_is_set(f"e{step - 1}", LINKED)]
        )

    def _tries(self) -> exp.Select:
        """Return each try with its subject and the moment of each step that it reached."""
        at0 = column(AT, LINKED)
        columns: list[exp.Expr] = [*_aliased(self._alike, LINKED), aliased(at0, "at0")]
        joins: list[exp.Join] = []
        before = LINKED
        for step in self.later:
            moment = column(f"next{step}", before)
            tests = self._in_time(moment, at0, column(AT, before), step)
            tests += [_is_not_out(column(f"out{place}", before), copied(moment)) for place in self._excluded(step)]
            if step < self.count:
                mine = f"_to{step}"
                equal = exp.EQ(this=column(AT, mine), expression=copied(moment))
                same = [_equal(each, mine, before if step == 2 else LINKED) for each in self._alike]
                on = and_all([*same, equal, *tests])
                joins.append(exp.Join(this=named_table(mine), side="LEFT", on=on))
                columns.append(aliased(column(AT, mine), f"at{step}"))
                before = mine
            elif tests:
                reached = exp.Case(ifs=[exp.If(this=and_all(tests), true=copied(moment))])
                columns.append(aliased(reached, f"at{step}"))
            else:
                columns.append(aliased(copied(moment), f"at{step}"))
        select = select_from(named_table(LINKED), columns, keys=0)
        select.set("joins", joins)
        return where_all(select, [_is_set(BEGINS, LINKED)])

    @property
    def _alike(self) -> list[str]:
        """The columns whose values are the same in all rows of a try."""
        return [*self.table.subject, *self.held]

    # The breakdown of the try that counts

    def _looked_up(self) -> list[int]:
        """Return the steps whose rows have the values for the breakdown or the period."""
        steps = set[int]()
        if self.funnel.over is not None or (self.funnel.by is not None and self.funnel.by_step == "first"):
            steps.add(self.start)
        if self.funnel.by is not None and self.funnel.by_step == "last":
            steps |= {1, *self.later}
        if self.funnel.by is not None and isinstance(self.funnel.by_step, int):
            steps.add(self.funnel.by_step)
        return sorted(steps)

    def _row(self, step: int, of: str = MOMENTS, carried: Sequence[str] = ()) -> exp.Select:
        """Return the row of a step.

        Without positions, it's the row with the smallest key among those of the same event and moment.
        """
        is_start, names = step == self.start, list(carried)
        if not carried and self.funnel.by is not None:
            names.append(f"a{attribute_of(self.funnel, 'by')}")
        if not carried and self.funnel.over is not None and is_start:
            names.append(f"a{attribute_of(self.funnel, 'over')}")
        kept = [*(["at0"] if carried else []), *([f"n{step}"] if carried and self.has_places else [])]
        columns = [*self._subject(EVENTS), *_aliased(kept, of), *_aliased(names, EVENTS)]
        moment = f"own{step}" if self.is_any else f"at{step}"
        mine, its = (PLACE, f"n{step}") if self.has_places else (AT, "at0" if is_start else moment)
        on: list[exp.Expr] = [self._same(EVENTS, of), exp.EQ(this=column(mine, EVENTS), expression=column(its, of))]
        if of != BEGUN:
            on += [_equal(each, EVENTS, of) for each in self.held]
        joins = [exp.Join(this=named_table(of), side="", on=and_all(on))]
        inner = select_from(named_table(EVENTS), columns, keys=0)
        if not self.has_places:
            of_events = [self._rank()] if is_start and self.is_any else []
            keys = [*of_events, *(column(each, EVENTS) for each in self.ties)]
            order = [exp.Ordered(this=each, nulls_first=False) for each in keys]
            partition = [column(each, EVENTS) for each in self.table.subject]
            inner.append("expressions", aliased(_numbered(partition, exp.Order(expressions=order)), "try"))
        inner.set("joins", joins)
        inner = where_all(inner, [_is_set(BEGINS if is_start else f"e{step - 1}", EVENTS)])
        if self.has_places:
            return inner
        outer = _aliased([*self.table.subject, *kept, *names], "ranked")
        return where_all(select_from(subquery(inner, "ranked"), outer, keys=0), [_is_one("ranked")])

    def _rank(self) -> exp.Expr:
        """Return the position of the first event that a row belongs to.

        At the same moment, rows of earlier events come first.
        """
        flags = [_is_set(f"e{step - 1}", EVENTS) for step in range(1, self.count + 1)]
        return exp.Case(ifs=[exp.If(this=flag, true=number(place)) for place, flag in enumerate(flags)])

    def _counted(self) -> exp.Select:
        names = [*self.table.subject, "at0", "at1", *(f"at{step}" for step in self.later)]
        columns = _aliased(names, MOMENTS)
        if self.funnel.by is not None:
            columns.append(aliased(self._broken_down(), key_of(self.funnel, "by")))
        if self.funnel.over is not None:
            over = column(f"a{attribute_of(self.funnel, 'over')}", f"_row{self.start}")
            columns.append(aliased(over, key_of(self.funnel, "over")))
        select = select_from(named_table(MOMENTS), columns, keys=0)
        joins = [
            exp.Join(this=named_table(f"_row{step}"), side="LEFT", on=self._same(f"_row{step}", MOMENTS))
            for step in self._looked_up()
        ]
        select.set("joins", joins)
        return select

    def _broken_down(self) -> exp.Expr:
        value = f"a{attribute_of(self.funnel, 'by')}"
        match self.funnel.by_step:
            case "first":
                return column(value, f"_row{self.start}")
            case "last":
                reached = [
                    exp.If(this=_is_there(f"at{step}", MOMENTS), true=column(value, f"_row{step}"))
                    for step in reversed(range(1, self.count + 1))
                ]
                return exp.Case(ifs=reached)
            case step:
                return column(value, f"_row{step}")

    # Parts

    def _excluded(self, step: int) -> list[int]:
        """Return the positions of the exclusions that can end a try before a step."""
        return [place for place, each in enumerate(self.funnel.exclude) if each.after < step <= each.before]

    def _in_time(self, moment: exp.Expr, start: exp.Expr, before: exp.Expr, step: int) -> list[exp.Expr]:
        tests: list[exp.Expr] = []
        own = self.funnel.steps[step - 1].within
        if own is not None:
            tests.append(_at_most(moment, before, length(own)))
        return [*self._in_window(moment, start), *tests]

    def _in_window(self, moment: exp.Expr, start: exp.Expr) -> list[exp.Expr]:
        return [_at_most(moment, start, self.window)] if self.window is not None else []

    def _subject(self, alias: str) -> list[exp.Expr]:
        return _aliased(self.table.subject, alias)

    def _same(self, left: str, right: str) -> exp.Expr:
        return and_all(self.table.same_subject(left, right))


def furthest(table: EventTable, later: Sequence[int], tries: str, held: Sequence[str] = ()) -> exp.Select:
    """Return the try of each subject that got furthest, as moments `at0`, `at1`, `at2`… Of several, it's the earliest.

    Use it only if a later try can never have an earlier step, so that the earliest moments belong to the earliest try.
    If this is true only for tries with the same values of `held`, these columns are returned too, with all tries that
    begin at the same moment.
    """
    reached = exp.Case(
        ifs=[exp.If(this=_is_there(f"at{step}", tries), true=number(step)) for step in reversed(later)],
        default=number(1),
    )
    alike, names = [*table.subject, *held], ["at0", *(f"at{step}" for step in later)]
    keys = [*_aliased(alike, tries), aliased(reached, "reached")]
    least: list[exp.Expr] = [aliased(call(exp.Min, column(each, tries)), each) for each in names]
    by_reach = select_from(named_table(tries), [*keys, *least], keys=len(keys))
    order = [exp.Ordered(this=column("reached", "by_reach"), desc=True, nulls_first=False)]
    order += [exp.Ordered(this=column("at0", "by_reach"), nulls_first=False)] if held else []
    subject = [column(each, "by_reach") for each in table.subject]
    place = _numbered(subject, exp.Order(expressions=order), exp.Rank() if held else None)
    columns = [*_aliased([*alike, *names], "by_reach"), aliased(place, "try")]
    ranked = select_from(subquery(by_reach, "by_reach"), columns, keys=0)
    shown = [*_aliased([*alike, "at0"], "ranked"), aliased(column("at0", "ranked"), "at1")]
    shown += _aliased(names[1:], "ranked")
    return where_all(select_from(subquery(ranked, "ranked"), shown, keys=0), [_is_one("ranked")])


def _aliased(names: Sequence[str], alias: str) -> list[exp.Expr]:
    return [aliased(column(each, alias), each) for each in names]


def _numbered(partition: Sequence[exp.Expr], order: exp.Order, number_of: exp.Expr | None = None) -> exp.Window:
    return exp.Window(this=number_of or exp.RowNumber(), partition_by=[*partition], order=order, over="OVER")


def _is_one(alias: str) -> exp.Expr:
    return exp.EQ(this=column("try", alias), expression=number(1))


def _is_set(flag: str, alias: str) -> exp.Expr:
    return exp.EQ(this=column(flag, alias), expression=number(1))


def _at_most(moment: exp.Expr, since: exp.Expr, most: int) -> exp.Expr:
    return exp.LTE(this=exp.Sub(this=copied(moment), expression=copied(since)), expression=number(most))


def _is_there(text: str, alias: str) -> exp.Expr:
    return exp.Not(this=exp.Is(this=column(text, alias), expression=exp.Null()))


def _equal(text: str, left: str, right: str) -> exp.Expr:
    return exp.EQ(this=column(text, left), expression=column(text, right))


def _is_not_out(out: exp.Expr, until: exp.Expr) -> exp.Expr:
    """Return the condition that no event that ends a try precedes a moment.

    At the same moment, such an event comes after the step.
    """
    none = exp.Is(this=out, expression=exp.Null())
    return exp.Paren(this=or_any([none, exp.GTE(this=copied(out), expression=until)]))
