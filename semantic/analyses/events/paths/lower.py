"""Compile paths to counts: how many paths go from event to event, and the most frequent ones.

Only counts leave the engine. `_mapped` keeps the most frequent events of each step and combines all others. If small
groups are hidden, the engine counts beginnings of paths, and leaves out the small ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from semantic.analyses.events.paths.question import (
    ELSE,
    END,
    GROUPS,
    LISTED,
    MOST_COMPARED,
    OPEN,
    Paths,
    attribute_of_by,
)
from semantic.analyses.events.paths.sequences import SEQUENCES, add_sequences, text
from semantic.analyses.events.rows import EventTable
from semantic.errors import GroupTooSmall, InvalidQuery
from semantic.model.definitions import DataType, TypeKind
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    by_code_point,
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

STEPS, TOPS, NAMED, GROUPED, MAPPED, LINKS, COVERED, LISTING = (
    "_steps", "_tops", "_named", "_top_groups", "_mapped", "_links", "_covered", "_listing",
)  # fmt: skip
MOST_BEGINNINGS: Final = 50_000
"""The most beginnings of paths to read. Rarer ones aren't shown."""
LINK, COVER, LIST, AT_STEP, BEGINNING = "link", "covered", "path", "step", "beginning"
"""The kinds of rows, as in the column `part`."""
_AS_TEXT: Final = (TypeKind.STRING, TypeKind.BOOLEAN, TypeKind.INTEGER, TypeKind.DATE)
"""The types whose values are written as the same text by every engine."""
_STRING, _COUNT = DataType(TypeKind.STRING), DataType(TypeKind.INTEGER)


def lower_paths(paths: Paths, table: EventTable) -> exp.Select:
    """Return the SELECT that counts paths.

    Columns: `part` is the kind of row, `step` the step, and `place` the position of a listed path. `a` and `b` are the
    codes of two consecutive events, `c` is the number of paths, `us` the sum of their microseconds, and `g` the code of
    the group. If small groups are hidden, `m1`… have the codes of a path's beginning instead of `a` and `b`. `k0`… have
    the values of `b` and of the group. If paths are compared, there are also rows for each event at each step,
    and for more paths.

    Raises InvalidQuery for a breakdown whose values aren't names, and GroupTooSmall.
    """
    for carried in table.planned.carried:
        if carried.type.kind not in _AS_TEXT:
            raise InvalidQuery(f"{carried.label} can't tell events or groups apart, because its values are amounts.")
    if table.planned.smallest and paths.occurrence == "every":
        thing = paths.population.subject.replace("_", " ")
        message = f"Small groups ({thing}) are hidden from you, so each {thing} can only count once."
        raise GroupTooSmall(
            f"{message} Count only the first start or end (occurrence first).", names=(paths.population.subject,)
        )
    add_sequences(paths, table)
    return _Counts(paths, table).select()


def add_tops(paths: Paths, table: EventTable) -> None:
    """Add the table of the named events of each step. Call `add_sequences` first."""
    _Counts(paths, table).add_tops()


@dataclass
class _Counts:
    paths: Paths
    table: EventTable

    def __post_init__(self) -> None:
        self.steps = range(1, self.paths.steps + 1)
        self.group = ["g"] if self.paths.by is not None else []

    def add_tops(self) -> None:
        """Add the table of the named events."""
        self.table.table(STEPS, self._numbers())
        self.table.table(TOPS, self._tops())

    def select(self) -> exp.Select:
        self.add_tops()
        self.table.table(NAMED, self._named())
        if self.group:
            self.table.table(GROUPED, self._groups())
        self.table.table(MAPPED, self._mapped())
        if self.table.planned.smallest:
            return self._with_values(self._beginnings(), [f"m{step}" for step in self.steps])
        self.table.table(LINKS, self._links())
        self.table.table(COVERED, self._covered())
        self.table.table(LISTING, self._listing())
        union: exp.Query = self._all_of(LINKS)
        more = [self._at_steps()] if self.paths.is_compared else []
        for each in (self._all_of(COVERED), self._all_of(LISTING), *more):
            union = exp.Union(this=union, expression=each, distinct=False)
        return self._with_values(union, ["a", "b"])

    # Names

    def _tops(self) -> exp.Select:
        """Return the most frequent events of each step."""
        columns = [
            aliased(column("step", STEPS), "step"),
            aliased(self._at_step("p", 0, SEQUENCES), "code"),
            aliased(column("c", SEQUENCES), "c"),
        ]
        places = select_from(named_table(SEQUENCES), columns, keys=0)
        places.set("joins", [exp.Join(this=named_table(STEPS), kind="CROSS")])
        keys: list[exp.Expr] = [aliased(column(each, "places"), each) for each in ("step", "code")]
        sums = aliased(call(exp.Sum, column("c", "places")), "c")
        counted = select_from(subquery(places, "places"), [*keys, sums], keys=2)
        where_all(counted, [self._is_event(column("code", "places"))])
        most = MOST_COMPARED if self.paths.is_compared else self.paths.top
        return self._ranked(counted, [column("step", "counted")], most)

    def _named(self) -> exp.Select:
        """Return the same events in a single row, so that paths can be compared with all of them at once.

        Some engines read a table again for each use, and would otherwise read all events once for each step.
        """
        columns: list[exp.Expr] = []
        for step in self.steps:
            for place in range(1, self.paths.top + 1):
                test = and_all(
                    [
                        exp.EQ(this=column("step", TOPS), expression=number(step)),
                        exp.EQ(this=column("place", TOPS), expression=number(place)),
                    ]
                )
                code = call(exp.Max, exp.Case(ifs=[exp.If(this=test, true=column("code", TOPS))]))
                columns.append(aliased(call(exp.Coalesce, code, text("")), f"t{step}_{place}"))
        return select_from(named_table(TOPS), columns, keys=0)

    def _groups(self) -> exp.Select:
        """Return the largest groups, by their codes."""
        sums = aliased(call(exp.Sum, column("c", SEQUENCES)), "c")
        counted = select_from(named_table(SEQUENCES), [aliased(column("g", SEQUENCES), "code"), sums], keys=1)
        return self._ranked(counted, [], GROUPS)

    def _ranked(self, counted: exp.Select, within: list[exp.Expr], most: int) -> exp.Select:
        """Return the most frequent codes. If codes are equally frequent, the smaller code comes first."""
        order = [
            exp.Ordered(this=column("c", "counted"), desc=True, nulls_first=False),
            exp.Ordered(this=by_code_point(column("code", "counted"), self.table.dialect), nulls_first=False),
        ]
        rank = exp.Window(this=exp.RowNumber(), partition_by=within, order=exp.Order(expressions=order), over="OVER")
        every = exp.Column(this=exp.Star(), table=exp.to_identifier("counted"))
        ranked = select_from(subquery(counted, "counted"), [every, aliased(rank, "place")], keys=0)
        outer = exp.Column(this=exp.Star(), table=exp.to_identifier("ranked"))
        tree = select_from(subquery(ranked, "ranked"), [outer], keys=0)
        return where_all(tree, [exp.LTE(this=column("place", "ranked"), expression=number(most))])

    def _mapped(self) -> exp.Select:
        """Return the paths with the codes to show: `m1`… equal `p1`…, with ELSE for events that aren't named."""
        columns: list[exp.Expr] = []
        joins: list[exp.Join] = []
        if self.group:
            named = exp.If(this=_is_there("code", "top_group"), true=column("g", SEQUENCES))
            columns.append(aliased(exp.Case(ifs=[named], default=text(ELSE)), "g"))
            on = exp.EQ(this=column("code", "top_group"), expression=column("g", SEQUENCES))
            joins.append(exp.Join(this=named_table(GROUPED, "top_group"), side="LEFT", on=on))
        columns += [aliased(column(f"p{step}", SEQUENCES), f"p{step}") for step in self.steps]
        for step in self.steps:
            code = column(f"p{step}", SEQUENCES)
            names = [column(f"t{step}_{place}", NAMED) for place in range(1, self.paths.top + 1)]
            is_named = exp.In(this=copied(code), expressions=[*names])
            other = exp.If(this=and_all([self._is_event(code), exp.Not(this=is_named)]), true=text(ELSE))
            columns.append(aliased(exp.Case(ifs=[other], default=copied(code)), f"m{step}"))
        joins.append(exp.Join(this=named_table(NAMED), kind="CROSS"))
        columns += [aliased(column(each, SEQUENCES), each) for each in ("c", "us")]
        tree = select_from(named_table(SEQUENCES), columns, keys=0)
        tree.set("joins", joins)
        return tree

    def _is_event(self, code: exp.Expr) -> exp.Expr:
        """Return the condition that a code is an event or a value, and not the end of a path."""
        return exp.Not(this=exp.In(this=copied(code), expressions=[text(""), text(END), text(OPEN)]))

    # Counts

    def _numbers(self) -> exp.Select:
        """Return a row for each step, and a row with 0 for the position before the first step."""
        tree: exp.Query = exp.Select(expressions=[aliased(number(0), "step")])
        for step in self.steps:
            following = exp.Select(expressions=[aliased(number(step), "step")])
            tree = exp.Union(this=tree, expression=following, distinct=False)
        return select_from(subquery(tree, "numbers"), [aliased(column("step", "numbers"), "step")], keys=0)

    def _links(self) -> exp.Select:
        """Return the number of paths that go from one event to the next, at each step."""
        rows = self._each_step([aliased(self._at_step("m", 0), "a"), aliased(self._at_step("m", 1), "b")])
        keys = ["step", "a", "b", *self.group]
        tree = select_from(subquery(rows, "links"), self._cells(LINK, keys, "links"), keys=0)
        tree.set("group", exp.Group(expressions=[column(each, "links") for each in keys]))
        return where_all(tree, [exp.NEQ(this=column("b", "links"), expression=text(""))])

    def _covered(self) -> exp.Select:
        """Return the number of paths with only named events."""
        named = [exp.NEQ(this=column(f"m{step}", MAPPED), expression=text(ELSE)) for step in self.steps]
        tree = select_from(named_table(MAPPED), self._cells(COVER, self.group, MAPPED), keys=0)
        tree.set("group", exp.Group(expressions=[column(each, MAPPED) for each in self.group]) if self.group else None)
        return where_all(tree, [and_all([*named])])

    def _listing(self) -> exp.Select:
        """Return the events of the most frequent paths, with one event in each row."""
        keys = [f"p{step}" for step in self.steps]
        every = exp.Column(this=exp.Star(), table=exp.to_identifier(MAPPED))
        whole = exp.Window(
            this=call(exp.Sum, column("c", MAPPED)), partition_by=[column(each, MAPPED) for each in keys], over="OVER"
        )
        summed = select_from(named_table(MAPPED), [every, aliased(whole, "paths")], keys=0)
        order = [exp.Ordered(this=column("paths", "summed"), desc=True, nulls_first=False)]
        order += [
            exp.Ordered(this=by_code_point(column(each, "summed"), self.table.dialect), nulls_first=False)
            for each in keys
        ]
        rank = exp.Window(this=call(exp.DenseRank, None), order=exp.Order(expressions=order), over="OVER")
        every = exp.Column(this=exp.Star(), table=exp.to_identifier("summed"))
        ranked = select_from(subquery(summed, "summed"), [every, aliased(rank, "place")], keys=0)
        rows = self._each_step(
            [aliased(column("place", "ranked"), "place"), aliased(self._at_step("p", 1, "ranked"), "b")],
            subquery(ranked, "ranked"),
        )
        most = MOST_COMPARED if self.paths.is_compared else LISTED
        at_most = exp.LTE(this=column("place", "ranked"), expression=number(most))
        where_all(rows, [at_most])
        keys = ["step", "place", "b", *self.group]
        tree = select_from(subquery(rows, "listing"), self._cells(LIST, keys, "listing"), keys=0)
        tree.set("group", exp.Group(expressions=[column(each, "listing") for each in keys]))
        return where_all(tree, [exp.NEQ(this=column("b", "listing"), expression=text(""))])

    def _at_steps(self) -> exp.Select:
        """Return how many paths have each event at each step, named or not."""
        cells: list[exp.Expr] = [aliased(text(AT_STEP), "part")]
        cells += [aliased(cast(column(each, TOPS), _typed(each)), each) for each in ("step", "place")]
        cells += [aliased(cast(text(""), _STRING), "a"), aliased(cast(column("code", TOPS), _STRING), "b")]
        cells += [aliased(column("c", TOPS), "c"), aliased(number(0), "us")]
        cells += [aliased(cast(text(""), _STRING), each) for each in self.group]
        return select_from(named_table(TOPS), cells, keys=0)

    def _each_step(self, columns: Sequence[exp.Expr], source: exp.Expr | None = None) -> exp.Select:
        """Return every path once for each step."""
        alias = MAPPED if source is None else "ranked"
        own = [aliased(column(each, alias), each) for each in ("c", "us", *self.group)]
        step = aliased(column("step", STEPS), "step")
        tree = select_from(source or named_table(MAPPED), [step, *columns, *own], keys=0)
        tree.set("joins", [exp.Join(this=named_table(STEPS), kind="CROSS")])
        return tree

    def _at_step(self, prefix: str, more: int, alias: str = MAPPED) -> exp.Expr:
        """Return the code at a row's step, or at a step that is `more` later, as an expression."""
        ifs = [
            exp.If(
                this=exp.EQ(this=column("step", STEPS), expression=number(step - more)),
                true=column(f"{prefix}{step}", alias),
            )
            for step in self.steps
        ]
        return exp.Case(ifs=ifs, default=text(""))

    def _cells(self, part: str, keys: Sequence[str], alias: str) -> list[exp.Expr]:
        """Return the columns that all kinds of rows have, including the group's column.

        Columns that aren't in `keys` have a default value.
        """
        defaults = {"step": number(0), "place": number(0), "a": text(""), "b": text("")}
        columns: list[exp.Expr] = [aliased(text(part), "part")]
        columns += [
            aliased(cast(column(each, alias) if each in keys else default, _typed(each)), each)
            for each, default in defaults.items()
        ]
        columns += [aliased(call(exp.Sum, column(each, alias)), each) for each in ("c", "us")]
        return columns + [aliased(column(each, alias), each) for each in self.group]

    def _beginnings(self) -> exp.Select:
        """Return the number of paths for each beginning. Beginnings with too few subjects are left out."""
        keys = [*self.group, *(f"m{step}" for step in self.steps)]
        columns = [aliased(column(each, MAPPED), each) for each in keys]
        sums = [aliased(call(exp.Sum, column(each, MAPPED)), each) for each in ("c", "us")]
        tree = select_from(named_table(MAPPED), [aliased(text(BEGINNING), "part"), *columns, *sums], keys=0)
        rollup = exp.Rollup(expressions=[column(each, MAPPED) for each in keys])
        tree.set("group", exp.Group(expressions=[rollup]))
        least = exp.GTE(this=call(exp.Sum, column("c", MAPPED)), expression=number(self.table.planned.smallest))
        tree.set("having", exp.Having(this=least))
        order = [exp.Ordered(this=column("c", "frequent"), desc=True, nulls_first=False)]
        order += [
            exp.Ordered(this=by_code_point(column(each, "frequent"), self.table.dialect), nulls_first=False)
            for each in keys
        ]
        every = exp.Column(this=exp.Star(), table=exp.to_identifier("frequent"))
        outer = select_from(subquery(tree, "frequent"), [every], keys=0)
        outer.set("order", exp.Order(expressions=order))
        outer.set("limit", exp.Limit(expression=number(MOST_BEGINNINGS)))
        return outer

    def _all_of(self, source: str) -> exp.Select:
        every = exp.Column(this=exp.Star(), table=exp.to_identifier(source))
        return select_from(named_table(source), [every], keys=0)

    # Values

    def _with_values(self, query: exp.Query, codes: Sequence[str]) -> exp.Select:
        """Return the rows with the values of the last code and of the group, which are needed for labels."""
        columns: list[exp.Expr] = [exp.Column(this=exp.Star(), table=exp.to_identifier("found"))]
        if self.paths.each is not None:
            last = call(exp.Coalesce, *(column(each, "found") for each in reversed(codes)))
            columns.append(aliased(self._value(last, 0), "k0"))
        if self.group:
            place = attribute_of_by(self.paths)
            columns.append(aliased(self._value(column("g", "found"), place), f"k{place}"))
        return select_from(subquery(query, "found"), columns, keys=0)

    def _value(self, code: exp.Expr, place: int) -> exp.Expr:
        """Return the value that a code represents in its own type, as an expression."""
        kind = self.table.planned.carried[place].type
        first = exp.Substring(this=copied(code), start=number(1), length=number(1))
        rest: exp.Expr = exp.Substring(this=copied(code), start=number(2))
        value = cast(rest, kind) if kind.kind is not TypeKind.STRING else rest
        named = exp.If(this=exp.EQ(this=first, expression=text("v")), true=value)
        none = copied(missing(kind, self.table.dialect)) if kind.kind is not TypeKind.STRING else None
        return exp.Case(ifs=[named], default=none)


def _typed(name: str) -> DataType:
    return _COUNT if name in ("step", "place") else _STRING


def _is_there(name: str, alias: str) -> exp.Expr:
    return exp.Not(this=_is_missing(name, alias))


def _is_missing(name: str, alias: str) -> exp.Expr:
    return exp.Is(this=column(name, alias), expression=exp.Null())
