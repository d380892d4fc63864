"""Compile the rows of all events into one table, in chronological order. Each row occurs once.

Columns: `s0`… are the subject's key. `at_us` is the moment in microseconds. `n` is the row's position among the rows of
its subject, counted from 1. `e0`… are 1 for each event that the row belongs to, otherwise 0. `begins` is 1 if something
can begin with the row. `a0`… are the attributes. `amount` exists if an event's amounts are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

from sqlglot import exp

from semantic.analyses.events.instants import microseconds, start_of
from semantic.analyses.events.read import EventLeg, PlannedEvents
from semantic.model.definitions import DataType, TypeKind
from semantic.model.types import infer_type
from semantic.plan.tree.fields import Range
from semantic.plan.tree.nodes import Leg
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    by_code_point,
    call,
    cast,
    column,
    copied,
    missing,
    name,
    named_table,
    number,
    or_any,
    select_from,
    subquery,
)
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.rows.legs import where_all
from semantic.sql.rows.scope import Scope

EVENTS, AT, PLACE, BEGINS, AMOUNT = "_events", "at_us", "n", "begins", "amount"
"""The name of the table, and the names of its columns."""
READ = "rows_read"
"""The alias of the rows that the table is made from. They have no positions yet."""
_STRING, _DOUBLE = DataType(TypeKind.STRING), DataType(TypeKind.DOUBLE)


@dataclass(frozen=True, slots=True)
class EventTable:
    """The table `_events`, on which each kind of analysis builds its SQL. Statements refer to it by name.

    `known` is the end of the loaded days in microseconds, and `began` is their beginning, if it's known. `ctes` has the
    tables that the statement defines so far.
    """

    planned: PlannedEvents
    dialect: Dialect
    values: Values
    known: int
    subject: tuple[str, ...]
    began: int | None = None
    ctes: list[exp.Expr] = field(default_factory=list[exp.Expr])

    def table(self, text: str, select: exp.Select) -> None:
        """Add a table to the statement. Later tables can refer to it by name."""
        self.ctes.append(exp.CTE(this=select, alias=exp.TableAlias(this=name(text))))

    def drop_places(self) -> list[str]:
        """Leave the rows unsorted, for a kind that needs no positions. Return the columns of the rows' own keys."""
        events = self._events()
        (place,) = (each for each in events.expressions if each.alias == PLACE)
        order = [each.this for each in place.this.args["order"].expressions]
        keys = [each for each in order if isinstance(each, exp.Column) and each.name.startswith("k")]
        events.set("expressions", [each for each in events.expressions if each is not place])
        for number_of_key, key in enumerate(keys):
            events.append("expressions", aliased(copied(key), f"o{number_of_key}"))
        return [f"o{number_of_key}" for number_of_key in range(len(keys))]

    def look_ahead(self, text: str, rows: int, held: Sequence[str] = ()) -> str:
        """Add a column to `_events` with the value of another column `rows` rows later, and return its name.

        Only rows of the same subject with the same values of `held` are considered.
        """
        self.look(f"{text}_{rows}", column(text, READ), exp.Lead, rows, held)
        return f"{text}_{rows}"

    def look(
        self, text: str, value: exp.Expr, lookup: type[exp.AggFunc], rows: int = 1, held: Sequence[str] = ()
    ) -> None:
        """Add a column to `_events` with a value from the row that is `rows` before or after.

        `value` is an expression over READ. The rows are in the same order as for their positions, so that the engine
        sorts them only once.
        """
        events = self._events()
        (place,) = (each.this for each in events.expressions if each.alias == PLACE)
        partition = [*place.args["partition_by"], *(column(each, READ) for each in held)]
        beside = exp.Window(
            this=lookup(this=copied(value), offset=number(rows)),
            partition_by=[copied(each) for each in partition],
            order=copied(place.args["order"]),
            over="OVER",
        )
        events.append("expressions", aliased(beside, text))

    def keep_near_start(self, most: int | None, *, back: bool = False) -> None:
        """Leave out rows before each subject's first beginning, and rows more than `most` microseconds after it.

        With `back`, the directions are reversed: rows after the first beginning are left out, and rows more than `most`
        microseconds before it.
        """
        events = self._events()
        source = events.args["from_"].this
        self.ctes.insert(-1, exp.CTE(this=source.this, alias=exp.TableAlias(this=name("_read"))))
        keys: list[exp.Expr] = [aliased(column(each, "_read"), each) for each in self.subject]
        least = aliased(call(exp.Min, column(AT, "_read")), "at0")
        begun = select_from(named_table("_read"), [*keys, least], keys=len(keys))
        begun = where_all(begun, [exp.EQ(this=column(BEGINS, "_read"), expression=number(1))])
        self.ctes.insert(-1, exp.CTE(this=begun, alias=exp.TableAlias(this=name("_first"))))
        events.set("from_", exp.From(this=named_table("_read", READ)))
        earlier, later = (column("at0", "_first"), column(AT, READ))[:: -1 if back else 1]
        tests: list[exp.Expr] = [exp.LTE(this=earlier, expression=later)]
        if most is not None:
            apart = exp.Sub(this=copied(later), expression=copied(earlier))
            tests.append(exp.LTE(this=apart, expression=number(most)))
        on = and_all([*self.same_subject("_first", READ), *tests])
        events.set("joins", [exp.Join(this=named_table("_first"), on=on)])

    def _events(self) -> exp.Select:
        (events,) = (cte.this for cte in self.ctes if cte.alias == EVENTS)
        return events

    def same_subject(self, left: str, right: str) -> list[exp.Expr]:
        """Return the conditions that the rows of two aliases have the same subject."""
        return [exp.EQ(this=column(each, left), expression=column(each, right)) for each in self.subject]


WITHIN = "_within"
"""The table with the subjects of another set. All subjects must be in it, or none."""


def set_table(place: int) -> str:
    """Return the name of the table with a set's subjects. It lists each subject once, in the columns `s0`…"""
    return f"_set{place}"


def lower_events(
    planned: PlannedEvents,
    dialect: Dialect,
    values: Values,
    before: Sequence[exp.Expr] = (),
    *,
    others: bool = False,
    is_within: bool | None = None,
) -> EventTable:
    """Return the table of events and the tables that precede it.

    If the population is a set, its table is the first one in `before`. With `others`, everyone outside the set counts
    instead. `is_within` is whether subjects must be in the table WITHIN or must not be in it. With None, the table
    isn't used.
    """
    known = start_of(planned.known, planned.moments, planned.time_zone)
    subject = tuple(f"s{place}" for place in range(len(planned.legs[0].subject[1])))
    began = start_of(planned.began, planned.moments, planned.time_zone) if planned.began is not None else None
    table = EventTable(planned, dialect, values, known, subject, began, [*before])
    sources = list(_sources(planned.legs))
    ties = max(len(planned.legs[source[0]].dataset.grain) for source in sources)
    selects = [
        _Source(planned, source, place, dialect, values, subject, ties if len(sources) > 1 else 0).select()
        for place, source in enumerate(sources)
    ]
    union: exp.Query = selects[0]
    for select in selects[1:]:
        union = exp.Union(this=union, expression=select, distinct=False)
    events = _in_order(union, table, ties, len(sources))
    tests: list[exp.Expr] = []
    if is_within is not None:
        is_also = _is_in(WITHIN, table)
        tests.append(is_also if is_within else exp.Not(this=is_also))
    if planned.reads.population.of is not None:
        is_member = _is_in(set_table(0), table)
        tests.append(exp.Not(this=is_member) if others else is_member)
    if tests:
        events = where_all(events, tests)
    table.table(EVENTS, events)
    return table


def _is_in(text: str, table: EventTable) -> exp.Expr:
    """Return the condition that the subject of a row is in a set."""
    found = where_all(select_from(named_table(text), [number(1)], keys=0), table.same_subject(text, READ))
    return exp.Exists(this=found)


def lower_coverage(planned: PlannedEvents, dialect: Dialect, values: Values) -> exp.Select:
    """Return one row with the number of rows of each event (`r0`…), and the number of these with a subject (`s0`…)."""
    subject = tuple(f"s{place}" for place in range(len(planned.legs[0].subject[1])))
    selects = [
        _Source(planned, source, place, dialect, values, subject, 0).coverage()
        for place, source in enumerate(_sources(planned.legs))
    ]
    union: exp.Query = selects[0]
    for select in selects[1:]:
        union = exp.Union(this=union, expression=select, distinct=False)
    names = [f"{what}{place}" for place in range(len(planned.legs)) for what in ("r", "s")]
    sums = [aliased(call(exp.Sum, column(each, "counted")), each) for each in names]
    return select_from(subquery(union, "counted"), sums, keys=0)


def _sources(legs: Sequence[EventLeg]) -> Iterator[list[int]]:
    """Yield the positions of events whose rows can be read together: those from one dataset with the same date."""
    groups: dict[object, list[int]] = {}
    for place, leg in enumerate(legs):
        groups.setdefault((leg.dataset.name, leg.time, leg.leg.at, leg.subject), []).append(place)
    yield from groups.values()


def _in_order(union: exp.Query, table: EventTable, ties: int, sources: int) -> exp.Select:
    """Return the rows with their positions.

    At the same moment, the row of an earlier event comes first, followed by the row with the smaller key.
    """
    planned = table.planned
    flags = [f"e{place}" for place in range(len(planned.legs))]
    ranks = sorted(enumerate(flags), key=lambda rank: rank[0] != planned.reads.last)
    attributes = [f"a{place}" for place in range(len(planned.carried))]
    attributes += [AMOUNT] if planned.reads.valued is not None else []
    cases = [
        exp.If(this=exp.EQ(this=column(flag, READ), expression=number(1)), true=number(place)) for place, flag in ranks
    ]
    earliest = exp.Case(ifs=cases, default=number(len(flags)))
    order: list[exp.Expr] = [column(AT, READ)]
    order += [earliest] if len(flags) > 1 else []
    order += [column("source", READ)] if sources > 1 else []
    order += [column(f"k{place}", READ) for place in range(ties)]
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[column(each, READ) for each in table.subject],
        order=exp.Order(expressions=[exp.Ordered(this=each, nulls_first=False) for each in order]),
        over="OVER",
    )
    columns = [aliased(column(each, READ), each) for each in (*table.subject, AT, *flags, BEGINS, *attributes)]
    return select_from(subquery(union, READ), [*columns, aliased(place, PLACE)], keys=0)


@dataclass
class _Source:
    """The rows of one dataset.

    With `ties`, their keys are text, so that they can be compared with the keys of other datasets.
    """

    planned: PlannedEvents
    places: list[int]
    source: int
    dialect: Dialect
    values: Values
    subject: tuple[str, ...]
    ties: int

    def __post_init__(self) -> None:
        self.legs = {place: self.planned.legs[place] for place in self.places}
        first = self.legs[self.places[0]]
        joins = dict.fromkeys(path for leg in self.legs.values() for path in leg.leg.joins)
        keys = {key.name: key for leg in self.legs.values() for key in leg.leg.keys}
        whole = Leg(
            dataset=first.dataset,
            joins=tuple(joins),
            keys=tuple(keys.values()),
            where=(),
            days=Range(first.time, self.planned.since, self.planned.until),
            restrictions=first.leg.restrictions,
            leaves=(),
            at=first.leg.at,
            time=first.time,
        )
        self.keys = keys
        self.first = first
        self.scope = Scope(whole, first.plan, self.dialect, self.values)

    def select(self) -> exp.Select:
        scope, first = self.scope, self.first
        path, key = first.subject
        subject = [column(each, scope.aliases[path]) for each in key]
        moment = self._moment()
        tests = {place: self._tests(leg) for place, leg in self.legs.items()}
        columns = [
            *(aliased(copied(each), text) for each, text in zip(subject, self.subject, strict=True)),
            aliased(moment, AT),
            *(aliased(self._flag(place, tests), f"e{place}") for place in range(len(self.planned.legs))),
            aliased(self._begins(tests), BEGINS),
            *(aliased(self._attribute(place), f"a{place}") for place in range(len(self.planned.carried))),
            *self._amount(),
            aliased(number(self.source), "source"),
            *self._keys(),
        ]
        tree = select_from(scope.table(), columns, keys=0)
        tree.set("joins", [scope.join(path) for path in scope.leg.joins] + scope.calendar_joins(self.keys.values()))
        return where_all(tree, [*scope.rows_that_count(), *self._counted(tests, subject)])

    def coverage(self) -> exp.Select:
        """Return one row with the number of rows of each event (`r0`…), and of those with a subject (`s0`…)."""
        scope, (path, key) = self.scope, self.first.subject
        has_subject = [
            exp.Not(this=exp.Is(this=column(each, scope.aliases[path]), expression=exp.Null())) for each in key
        ]
        columns: list[exp.Expr] = []
        for place in range(len(self.planned.legs)):
            counted: exp.Expr = number(0)
            known: exp.Expr = number(0)
            if place in self.legs:
                own = self._tests(self.legs[place])
                counted = _one_if(and_all(own)) if own else number(1)
                known = _one_if(and_all([*map(copied, own), *map(copied, has_subject)]))
            columns += [aliased(call(exp.Sum, counted), f"r{place}"), aliased(call(exp.Sum, known), f"s{place}")]
        tree = select_from(scope.table(), columns, keys=0)
        tree.set("joins", [scope.join(path) for path in scope.leg.joins] + scope.calendar_joins(self.keys.values()))
        return where_all(tree, scope.rows_that_count())

    def _tests(self, leg: EventLeg) -> list[exp.Expr]:
        """Return the conditions for a row of one event, in addition to the conditions for all rows."""
        own = [self.scope.own_tree(part.tree) for part in leg.adds]
        return [exp.Paren(this=each) for each in (*own, *(self.scope.test(test) for test in leg.leg.where))]

    def _counted(self, tests: dict[int, list[exp.Expr]], subject: Sequence[exp.Expr]) -> list[exp.Expr]:
        """Return the conditions for rows that count.

        Such a row belongs to an event, its subject is in the sample, and it has a value of the held attribute.
        """
        counted: list[exp.Expr] = [exp.Not(this=exp.Is(this=each, expression=exp.Null())) for each in subject]
        if self.planned.sample is not None:
            counted.append(in_sample(subject, self.planned.sample, self.dialect))
        held = self.planned.reads.held
        if held is not None:
            value = self.scope.key(self.keys[f"_a{held}"])
            counted.append(exp.Not(this=exp.Is(this=exp.Paren(this=value), expression=exp.Null())))
        if all(tests.values()):
            parts = [and_all([copied(each) for each in own]) for own in tests.values()]
            counted.append(exp.Paren(this=or_any(parts)))
        return counted

    def _flag(self, place: int, tests: dict[int, list[exp.Expr]]) -> exp.Expr:
        if place not in self.legs:
            return number(0)
        own = tests[place]
        if not own or len(self.legs) == 1:
            return number(1)
        return self._small(_one_if(and_all([copied(each) for each in own])))

    def _begins(self, tests: dict[int, list[exp.Expr]]) -> exp.Expr:
        """Return the condition that a row belongs to an event that can begin something, on a day of the period."""
        places = [place for place in self.places if place in self.planned.reads.begins]
        if not places:
            return number(0)
        parts: list[exp.Expr] = []
        is_any_row = len(places) == len(self.places)  # rows of no event aren't read
        if not is_any_row and all(tests[place] for place in places):
            parts.append(exp.Paren(this=or_any([and_all([copied(each) for each in tests[place]]) for place in places])))
        start = self.planned.start if self.planned.start != self.planned.since else None
        end = self.planned.end if self.planned.end < self.planned.until else None
        if start is not None or end is not None:
            parts += self.scope.range(Range(self.first.time, start, end))
        return self._small(_one_if(and_all(parts))) if parts else number(1)

    def _small(self, flag: exp.Expr) -> exp.Expr:
        """Return the flag, cast to one byte on DuckDB to save memory.

        DuckDB keeps these rows in memory if they are read more than once.
        """
        return exp.cast(flag, exp.DType.TINYINT, copy=False) if self.dialect.name == "duckdb" else flag

    def _attribute(self, place: int) -> exp.Expr:
        key = self.keys.get(f"_a{place}")
        if key is None:
            return missing(self.planned.carried[place].type, self.dialect)
        return self.scope.key(key)

    def _amount(self) -> list[exp.Expr]:
        """Return the amount of the event whose amounts are read. Empty if there is none."""
        valued = self.planned.reads.valued
        if valued is None:
            return []
        if valued not in self.legs:
            return [aliased(missing(amount_type(self.planned), self.dialect), AMOUNT)]
        amount = self.legs[valued].amount
        assert amount is not None
        return [aliased(cast(exp.Paren(this=self.scope.own(amount)), amount_type(self.planned)), AMOUNT)]

    def _keys(self) -> list[exp.Expr]:
        """Return the row's own key, which sorts rows at the same moment."""
        grain, scope = self.first.dataset.grain, self.scope
        if not self.ties:
            return [aliased(column(each, scope.fact), f"k{place}") for place, each in enumerate(grain)]
        texts = [by_code_point(cast(column(each, scope.fact), _STRING), self.dialect) for each in grain]
        texts += [missing(_STRING, self.dialect) for _ in range(self.ties - len(grain))]
        return [aliased(each, f"k{place}") for place, each in enumerate(texts)]

    def _moment(self) -> exp.Expr:
        kind = self.planned.moments
        if kind is TypeKind.DATE:
            return microseconds(self.scope.day(self.first.time), kind, self.dialect)
        return microseconds(self.scope.own(self.first.time.dimension.sql), kind, self.dialect)


def in_sample(subject: Sequence[exp.Expr], share: float, dialect: Dialect) -> exp.Expr:
    """Return the condition that a subject is in the sample.

    A subject is in the sample if the SHA-256 of its key, as text, is among the lowest hashes. Every engine therefore
    chooses the same subjects in every dataset, and a larger sample contains all smaller ones.
    """
    texts: list[exp.Expr] = [cast(copied(each), _STRING) for each in subject]
    key = texts[0]
    for text in texts[1:]:
        key = exp.DPipe(
            this=exp.DPipe(this=key, expression=exp.Literal.string("/"), safe=False), expression=text, safe=False
        )
    hashed = fill(dialect.sha256, dialect.name, x=key)
    return exp.LT(this=by_code_point(hashed, dialect), expression=exp.Literal.string(below(share)))


def below(share: float) -> str:
    """Return the first digits of the lowest hash outside a sample."""
    return f"{ceil(share * 2**32):08x}"


def amount_type(planned: PlannedEvents) -> DataType:
    """Return the type of amounts: a decimal or a whole number as in the data, otherwise a double."""
    assert planned.reads.valued is not None
    leg = planned.legs[planned.reads.valued]
    kind = infer_type(leg.amount.tree, leg.dataset.columns) if leg.amount is not None else None
    return kind if kind is not None and kind.kind in (TypeKind.DECIMAL, TypeKind.INTEGER) else _DOUBLE


def _one_if(test: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=test, true=number(1))], default=number(0))
