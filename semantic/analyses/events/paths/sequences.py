"""Compile paths to SQL: each row gets the code of its event, and window functions find the events after or before it.

Tables: `_coded` has the rows with their codes. `_flagged` and `_rows` add whether a row repeats the previous one, and
whether a pause ends a path. `_followed` has the rows that count, each with the next rows, `_starts` the rows that begin
a path, `_ways` the events of each path, and `_sequences` the number of paths with the same events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from semantic.analyses.events.instants import length
from semantic.analyses.events.paths.question import END, MISSING_VALUE, OPEN, Paths, attribute_of_by, code_of_event
from semantic.analyses.events.rows import AT, BEGINS, EVENTS, PLACE, READ, EventTable
from semantic.model.definitions import DataType, TypeKind
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    call,
    cast,
    column,
    copied,
    named_table,
    number,
    or_any,
    select_from,
    subquery,
)
from semantic.sql.rows.legs import where_all

CODED, FLAGGED, ROWS, FOLLOWED, STARTS, WAYS = "_coded", "_flagged", "_rows", "_followed", "_starts", "_ways"
SEQUENCES = "_sequences"
_STRING = DataType(TypeKind.STRING)


def add_sequences(paths: Paths, table: EventTable) -> None:
    """Add all tables up to SEQUENCES, which counts the paths with the same events.

    Columns: `c` is the number of paths, and `us` the sum of their microseconds. With a breakdown, `g` is the code of
    the group. `p1`… are the codes of the events, followed by END or OPEN and then empty text.
    """
    _Sequences(paths, table).add()


@dataclass
class _Sequences:
    paths: Paths
    table: EventTable

    def __post_init__(self) -> None:
        paths = self.paths
        self.steps = range(1, paths.steps + 1)
        self.window = length(paths.within) if paths.within is not None else None
        self.gap = length(paths.gap) if paths.gap is not None else None
        self.carries_by = paths.by is not None
        self.is_first = paths.occurrence == "first"
        self.goes_back_once = self.is_first and paths.goes_back and paths.collapse
        self.rejoins = paths.collapse and paths.goes_back and not self.is_first
        flagged = FLAGGED if paths.collapse or paths.gap is not None else CODED
        self.rows = ROWS if self.rejoins or paths.gap is not None else flagged

    def add(self) -> None:
        """Add all tables up to the one that counts paths with the same events."""
        if self.is_first and (self.paths.anchor is not None or self.window is not None):
            self.table.keep_near_start(self.window, back=self.paths.goes_back)
        if self.paths.collapse or self.gap is not None:
            self._look_beside()
        self.table.table(CODED, self._coded())
        if self.paths.collapse or self.gap is not None:
            self.table.table(FLAGGED, self._flagged())
        if self.rejoins or self.gap is not None:
            self.table.table(ROWS, self._rows())
        self.table.table(FOLLOWED, self._followed())
        self.table.table(STARTS, self._starts())
        self.table.table(WAYS, self._ways())
        self.table.table(SEQUENCES, self._sequences())

    # Rows

    def _look_beside(self) -> None:
        """Add to each row the values that are needed from the previous and the next row."""
        values = {"code": self._event_code(READ), AT: column(AT, READ), BEGINS: column(BEGINS, READ)}
        for text_of in self._before:
            self.table.look(f"{text_of}_before", values[text_of], exp.Lag)
        for text_of in self._after:
            self.table.look(f"{text_of}_after", values[text_of], exp.Lead)

    @property
    def _before(self) -> list[str]:
        """The values that each row needs from the previous row."""
        code = [] if self.goes_back_once else ["code"]
        moment = [] if self.goes_back_once and self.gap is None else [AT]
        return [*code, *moment, *([BEGINS] if self.rejoins or self.goes_back_once else [])]

    @property
    def _after(self) -> list[str]:
        """The values that each row needs from the next row."""
        return ["code", AT] if self.rejoins or self.goes_back_once else []

    def _event_code(self, source: str) -> exp.Expr:
        """Return the code of a row's event.

        A row that belongs to several events counts as the start or end, or else as the first listed event.
        """
        ifs: list[exp.If] = []
        for place in self.paths.ranked:
            code: exp.Expr = text(code_of_event(place))
            if place == self.paths.each:
                code = value_code(column("a0", source))
            ifs.append(exp.If(this=_is_one(f"e{place}", source), true=code))
        return exp.Case(ifs=ifs)

    def _coded(self) -> exp.Select:
        """Return every row with the code of its event."""
        columns = [*self._row_columns(EVENTS), aliased(self._event_code(EVENTS), "code")]
        if self.carries_by:
            columns.append(aliased(value_code(column(f"a{attribute_of_by(self.paths)}", EVENTS)), "g"))
        if self.paths.collapse or self.gap is not None:
            beside = [*(f"{each}_before" for each in self._before), *(f"{each}_after" for each in self._after)]
            columns += [aliased(column(each, EVENTS), each) for each in beside]
        return select_from(named_table(EVENTS), columns, keys=0)

    def _flagged(self) -> exp.Select:
        """Return every row with flags.

        `is_new` is 0 if the row repeats the previous one, `is_last` is 0 if the next row repeats it, `breaks` is 1
        after a pause that ends paths, and `begun_before` is 1 if the previous row could begin a path.

        If only a subject's first end counts, `is_start` is 1 for the row of that end, which is the last row of its run.
        Rows after that moment aren't read, and ends come last at the same moment, so it's the only end that follows
        another row.
        """
        columns = [*self._row_columns(CODED), aliased(column("code", CODED), "code")]
        columns += [aliased(column("g", CODED), "g")] if self.carries_by else []
        pause = exp.Paren(this=exp.Sub(this=column(AT, CODED), expression=column(f"{AT}_before", CODED)))
        until = exp.Paren(this=exp.Sub(this=column(f"{AT}_after", CODED), expression=column(AT, CODED)))
        if self.goes_back_once:
            begun_before = exp.Coalesce(this=column(f"{BEGINS}_before", CODED), expressions=[number(0)])
            is_later = or_any([exp.EQ(this=column(BEGINS, CODED), expression=number(0)), _is_set(begun_before)])
            start = exp.Case(ifs=[exp.If(this=is_later, true=number(0))], default=number(1))
            columns.append(aliased(start, "is_start"))
            columns.append(aliased(self._none_if_same("code_after", until, copied(is_later)), "is_last"))
        elif self.paths.collapse:
            columns.append(aliased(self._none_if_same("code_before", pause), "is_new"))
        if self.rejoins:
            columns.append(aliased(self._none_if_same("code_after", until), "is_last"))
            columns.append(aliased(column(f"{BEGINS}_before", CODED), "begun_before"))
        if self.gap is not None:
            over = exp.GT(this=copied(pause), expression=number(self.gap))
            columns.append(aliased(exp.Case(ifs=[exp.If(this=over, true=number(1))], default=number(0)), "breaks"))
        return select_from(named_table(CODED), columns, keys=0)

    def _rows(self) -> exp.Select:
        """Return every row with the numbers of the runs that it belongs to.

        `run` numbers the runs of repeats, and `burst` the runs without a long pause.
        """
        columns: list[exp.Expr] = [exp.Column(this=exp.Star(), table=exp.to_identifier(FLAGGED))]
        if self.rejoins:
            columns.append(aliased(self._so_far("is_new"), "run"))
        if self.gap is not None:
            columns.append(aliased(self._so_far("breaks"), "burst"))
        return select_from(named_table(FLAGGED), columns, keys=0)

    def _followed(self) -> exp.Select:
        """Return the rows that count, each with the next events on its path. A run of repeats counts as one row."""
        columns: list[exp.Expr] = [exp.Column(this=exp.Star(), table=exp.to_identifier(self.rows))]
        lookup = exp.Lag if self.paths.goes_back else exp.Lead
        carried = ["code", AT, *(["burst"] if self.gap is not None else [])]
        for step in self.steps[1:]:
            for each in carried:
                following = lookup(this=column(each, self.rows), offset=number(step - 1))
                columns.append(aliased(self._window(following, self.rows), f"{each}{step}"))
        tree = select_from(named_table(self.rows), columns, keys=0)
        if not self.paths.collapse:
            return tree
        return where_all(tree, [_is_one("is_last" if self.paths.goes_back else "is_new", self.rows)])

    # Paths

    def _starts(self) -> exp.Select:
        """Return the rows that begin a path: the first one of each subject, or all.

        `code1` is the code of the event, and `at0` its moment.
        """
        source = self.rows if self.rejoins else FOLLOWED
        columns = [aliased(column(each, source), each) for each in self.table.subject]
        columns += [aliased(column(AT, source), "at0"), aliased(column("code", source), "code1")]
        columns += [aliased(column("g", source), "g")] if self.carries_by else []
        columns += [aliased(column("burst", source), "burst1")] if self.gap is not None else []
        if self.rejoins:
            columns.append(aliased(column("run", source), "run"))
        else:
            columns += [aliased(column(each, source), each) for each in self._following()]
        if self.goes_back_once:
            return where_all(select_from(named_table(source), columns, keys=0), [_is_one("is_start", source)])
        tests: list[exp.Expr] = [_is_one(BEGINS, source)]
        if self.rejoins:
            after_another = exp.And(
                this=_is_one("begun_before", source),
                expression=exp.EQ(this=column("is_new", source), expression=number(0)),
            )
            otherwise = exp.Case(ifs=[exp.If(this=after_another, true=number(0))], default=number(1))
            tests.append(exp.EQ(this=otherwise, expression=number(1)))
        if not self.is_first:
            return where_all(select_from(named_table(source), columns, keys=0), tests)
        if not self.paths.goes_back:  # no row precedes the first one that can begin a path
            return where_all(select_from(named_table(source), columns, keys=0), [*tests, _is_one(PLACE, source)])
        columns.append(aliased(self._window(exp.RowNumber(), source), "start_of_subject"))
        inner = where_all(select_from(named_table(source), columns, keys=0), tests)
        every = exp.Column(this=exp.Star(), table=exp.to_identifier("begun"))
        outer = select_from(subquery(inner, "begun"), [every], keys=0)
        return where_all(outer, [_is_one("start_of_subject", "begun")])

    def _ways(self) -> exp.Select:
        """Return each path: its subject, its group, the codes `p1`… of its events, and its microseconds."""
        on = [*self.table.same_subject("way", STARTS), _equal(column("run", "way"), column("run", STARTS))]
        columns = [aliased(column(each, STARTS), each) for each in self.table.subject]
        columns += [aliased(column("g", STARTS), "g")] if self.carries_by else []
        columns.append(aliased(column("code1", STARTS), "p1"))
        columns += [aliased(self._code(step), f"p{step}") for step in self.steps[1:]]
        ifs = [exp.If(this=self._is_on(step), true=self._apart(step)) for step in reversed(self.steps[1:])]
        columns.append(aliased(exp.Case(ifs=ifs, default=number(0)), "us"))
        tree = select_from(named_table(STARTS), columns, keys=0)
        joins: list[exp.Join] = []
        if self.rejoins:
            joins.append(exp.Join(this=named_table(FOLLOWED, "way"), on=and_all(on)))
        if self.gap is not None:
            edges = self._edges()
            on = [*self.table.same_subject("edges", STARTS), _equal(column("burst", "edges"), self._of("burst1"))]
            joins.append(exp.Join(this=subquery(edges, "edges"), on=and_all(on)))
        if joins:
            tree.set("joins", joins)
        return tree

    def _sequences(self) -> exp.Select:
        """Return the number of paths with the same events, and the sum of their durations in microseconds."""
        keys = [*(["g"] if self.carries_by else []), *(f"p{step}" for step in self.steps)]
        cells = [
            aliased(exp.Count(this=exp.Star()), "c"),
            aliased(call(exp.Sum, column("us", WAYS)), "us"),
        ]
        columns = [aliased(column(each, WAYS), each) for each in keys]
        return select_from(named_table(WAYS), [*columns, *cells], keys=len(keys))

    # Parts

    def _code(self, step: int) -> exp.Expr:
        """Return the code of the event at a step.

        It's END or OPEN right after the last event, and empty text after that.
        """
        over: exp.Expr = text(END)
        tests = self._open_tests()
        if tests:
            over = exp.Case(ifs=[exp.If(this=and_all(tests), true=text(OPEN))], default=over)
        ifs = [exp.If(this=self._is_on(step), true=self._next("code", step))]
        if step > 2:
            return exp.Case(ifs=[*ifs, exp.If(this=self._is_on(step - 1), true=over)], default=text(""))
        return exp.Case(ifs=ifs, default=over)

    def _is_on(self, step: int) -> exp.Expr:
        """Return the condition that the event at a step belongs to the path."""
        tests: list[exp.Expr] = [exp.Not(this=exp.Is(this=self._next(AT, step), expression=exp.Null()))]
        if self.window is not None:
            tests.append(exp.LTE(this=self._apart(step), expression=number(self.window)))
        if self.gap is not None:
            tests.append(_equal(self._next("burst", step), self._of("burst1")))
        return and_all(tests)

    def _apart(self, step: int) -> exp.Expr:
        """Return the microseconds between the start or end and the event at a step."""
        mine, start = self._next(AT, step), self._of("at0")
        earlier, later = (mine, start) if self.paths.goes_back else (start, mine)
        return exp.Paren(this=exp.Sub(this=later, expression=earlier))

    def _open_tests(self) -> list[exp.Expr]:
        """Return the conditions under which an event that isn't loaded yet could belong to the path.

        Empty without a window and without a pause.
        """
        back, table = self.paths.goes_back, self.table
        edge = table.began if back else table.known
        if edge is None:
            return []
        spans = [
            (moment, span)
            for moment, span in ((self._of("at0"), self.window), (column("edge", "edges"), self.gap))
            if span is not None
        ]
        if back:
            return [exp.LT(this=moment, expression=number(edge + span)) for moment, span in spans]
        return [exp.GTE(this=moment, expression=number(edge - span)) for moment, span in spans]

    def _edges(self) -> exp.Select:
        """Return the last moment of each run of rows without a long pause.

        For paths to an end, it's the first moment.
        """
        keys = [*self.table.subject, "burst"]
        edge = call(exp.Min if self.paths.goes_back else exp.Max, column(AT, self.rows))
        columns = [aliased(column(each, self.rows), each) for each in keys]
        return select_from(named_table(self.rows), [*columns, aliased(edge, "edge")], keys=len(keys))

    def _next(self, what: str, step: int) -> exp.Column:
        return column(f"{what}{step}", "way" if self.rejoins else STARTS)

    def _of(self, what: str) -> exp.Column:
        return column(what, STARTS)

    def _following(self) -> Iterator[str]:
        for step in self.steps[1:]:
            yield from (f"code{step}", f"{AT}{step}", *([f"burst{step}"] if self.gap is not None else []))

    def _row_columns(self, source: str) -> list[exp.Expr]:
        return [aliased(column(each, source), each) for each in (*self.table.subject, AT, PLACE, BEGINS)]

    def _none_if_same(self, beside: str, pause: exp.Expr, *others: exp.Expr) -> exp.Expr:
        """Return 0 if the neighbouring row repeats the event, otherwise 1.

        The neighbouring row must be close enough in time, and all other conditions must be true.
        """
        tests: list[exp.Expr] = [_equal(column(beside, CODED), column("code", CODED))]
        tests += [exp.Paren(this=each) for each in others]
        nearest = min((span for span in (self.window, self.gap) if span is not None), default=None)
        if nearest is not None:
            tests.append(exp.LTE(this=copied(pause), expression=number(nearest)))
        return exp.Case(ifs=[exp.If(this=and_all(tests), true=number(0))], default=number(1))

    def _so_far(self, flag: str) -> exp.Expr:
        spec = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW")
        return self._window(call(exp.Sum, column(flag, FLAGGED)), FLAGGED, spec)

    def _window(self, function: exp.Expr, source: str, spec: exp.WindowSpec | None = None) -> exp.Expr:
        """Return a window function over a subject's rows in order."""
        return exp.Window(
            this=function,
            partition_by=[column(each, source) for each in self.table.subject],
            order=exp.Order(expressions=[exp.Ordered(this=column(PLACE, source), nulls_first=False)]),
            spec=spec,
            over="OVER",
        )


def text(value: str) -> exp.Literal:
    """Return a text as a literal. Don't use it for text from outside."""
    return exp.Literal(this=value, is_string=True)


def value_code(value: exp.Expr) -> exp.Expr:
    """Return the code for a value, as an expression."""
    named = exp.DPipe(this=text("v"), expression=cast(value, _STRING))
    none = exp.Is(this=copied(value), expression=exp.Null())
    return exp.Case(ifs=[exp.If(this=none, true=text(MISSING_VALUE))], default=named)


def _is_one(flag: str, alias: str) -> exp.Expr:
    return _is_set(column(flag, alias))


def _is_set(flag: exp.Expr) -> exp.Expr:
    return exp.EQ(this=flag, expression=number(1))


def _equal(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.EQ(this=left, expression=right)
