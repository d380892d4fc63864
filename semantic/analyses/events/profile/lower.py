"""Compile a profile to SQL: each subject's first row, the set that the subject is in, and counts by each breakdown.

Tables: `_firsts` has each subject's first row, `_sides` its groups with the side that the subject is on, and `_groups`
the counts.
"""

from __future__ import annotations

from sqlglot import exp

from semantic.analyses.events.profile.question import Profile
from semantic.analyses.events.rows import BEGINS, EVENTS, PLACE, EventTable, set_table
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    column,
    conditional,
    missing,
    named_table,
    number,
    select_from,
    subquery,
)
from semantic.sql.rows.legs import where_all

FIRSTS, SIDES, GROUPS = "_firsts", "_sides", "_groups"
WHO, THAN, REST = 0, 1, 2
"""The sides: the first set, the second set without the first, and everyone in neither set."""


def lower_profile(profile: Profile, table: EventTable) -> exp.Select:
    """Return the SELECT of the counts by each breakdown.

    Columns: `of_breakdown` is the position of the row's breakdown. `k0`… have the value of that breakdown, and null for
    all others. `c0`… count the subjects on each side.
    """
    table.table(FIRSTS, _firsts(table))
    table.table(SIDES, _sides(profile, table))
    union: exp.Query = _counts(profile, table, 0)
    for place in range(1, len(profile.by)):
        union = exp.Union(this=union, expression=_counts(profile, table, place), distinct=False)
    every = exp.Column(this=exp.Star(), table=exp.to_identifier(GROUPS))
    return select_from(subquery(union, GROUPS), [every], keys=0)


def _firsts(table: EventTable) -> exp.Select:
    every = exp.Column(this=exp.Star(), table=exp.to_identifier(EVENTS))
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[column(each, EVENTS) for each in table.subject],
        order=exp.Order(expressions=[exp.Ordered(this=column(PLACE, EVENTS), nulls_first=False)]),
        over="OVER",
    )
    begun = exp.EQ(this=column(BEGINS, EVENTS), expression=number(1))
    inner = where_all(select_from(named_table(EVENTS), [every, aliased(place, "rank_of_row")], keys=0), [begun])
    outer = exp.Column(this=exp.Star(), table=exp.to_identifier("ranked"))
    first = exp.EQ(this=column("rank_of_row", "ranked"), expression=number(1))
    return where_all(select_from(subquery(inner, "ranked"), [outer], keys=0), [first])


def _sides(profile: Profile, table: EventTable) -> exp.Select:
    before = 1 if profile.population.of is not None else 0
    names = [set_table(before + place) for place in range(1 if profile.than is None else 2)]
    joins = [
        exp.Join(this=named_table(each), side="LEFT", on=and_all(table.same_subject(each, FIRSTS))) for each in names
    ]
    there = [
        exp.If(
            this=exp.Not(this=exp.Is(this=column(table.subject[0], each), expression=exp.Null())), true=number(place)
        )
        for place, each in enumerate(names)
    ]
    side = exp.Case(ifs=there, default=number(THAN if profile.than is None else REST))
    columns = [aliased(column(f"a{place}", FIRSTS), f"a{place}") for place in range(len(profile.by))]
    tree = select_from(named_table(FIRSTS), [*columns, aliased(side, "side")], keys=0)
    tree.set("joins", joins)
    return tree


def _counts(profile: Profile, table: EventTable, place: int) -> exp.Select:
    """Return the number of subjects on each side by one breakdown."""
    carried = table.planned.carried
    values = [
        aliased(column(f"a{each}", SIDES) if each == place else missing(carried[each].type, table.dialect), f"k{each}")
        for each in range(len(profile.by))
    ]
    cells = [
        aliased(
            conditional(
                exp.Count(this=exp.Star()),
                exp.EQ(this=column("side", SIDES), expression=number(side)),
                table.dialect.filter_clause,
            ),
            f"c{side}",
        )
        for side in (WHO, THAN, REST)
    ]
    tree = select_from(named_table(SIDES), [aliased(number(place), "of_breakdown"), *values, *cells], keys=0)
    tree.set("group", exp.Group(expressions=[column(f"a{place}", SIDES)]))
    return tree
