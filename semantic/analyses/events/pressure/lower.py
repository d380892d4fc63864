"""Compile contact pressure to SQL: one row for each subject and week with a message, then four tables of counts.

Tables: `_weeks` has the messages of each subject in each week, `_answered` adds whether the later event happened, and
`_parts` has the counts by number of messages, by mix of channels and by week. If no row is both a message and the later
event, rows don't need to be sorted, because the later event comes last at the same moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from semantic.analyses.events.instants import length, start_of
from semantic.analyses.events.pressure.question import MOST_MESSAGES, Pressure
from semantic.analyses.events.pressure.weeks import whole_weeks
from semantic.analyses.events.rows import AT, BEGINS, EVENTS, PLACE, EventTable
from semantic.analyses.events.separate import are_separate
from semantic.model.definitions import DataType, TypeKind
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    call,
    column,
    copied,
    missing,
    named_table,
    number,
    select_from,
    subquery,
)
from semantic.sql.rows.legs import where_all

WEEKS, ANSWERED, PARTS = "_weeks", "_answered", "_parts"
WHOLE, BY_MESSAGES, BY_MIX, BY_WEEK = range(4)
"""The values of `part`, which is the kind of a row."""
SUMS: Final = ("weeks", "messages", "above", "followed", "did")
"""The sums over weeks: the weeks, messages, weeks above the limit, weeks that were followed long enough, and weeks with
a response.
"""
PEOPLE: Final = ("all", "above", "below", "followed", "unfollowed", "did", "rest")
"""The kinds of weeks. For each of them, the subjects with such a week are counted."""
_DATE = DataType(TypeKind.DATE)


def lower_pressure(pressure: Pressure, table: EventTable) -> exp.Select:
    """Return the SELECT of the counts.

    Columns: `part` is the kind of row. `value` is the number of messages, or a mix, which adds 1 for the channel at
    position 0, 2 for the channel at position 1, 4 for the next one, and so on. `k0` is the first day of the week. The
    other columns are SUMS, and `of_…` with the number of subjects for each of PEOPLE.
    """
    has_places = _has_places(pressure, table)
    add_weeks(pressure, table)
    source = WEEKS
    if pressure.then is not None:
        table.table(ANSWERED, _answered(pressure, table, has_places=has_places))
        source = ANSWERED
    none = missing(_DATE, table.dialect)
    union: exp.Query = _part(WHOLE, number(0), none, source, pressure, table)
    for part, value, week in (
        (BY_MESSAGES, _capped(source), none),
        (BY_MIX, column("mix", source), none),
        (BY_WEEK, number(0), column("week", source)),
    ):
        following = _part(part, value, copied(week), source, pressure, table)
        union = exp.Union(this=union, expression=following, distinct=False)
    table.ctes.append(exp.CTE(this=union, alias=exp.TableAlias(this=exp.to_identifier(PARTS))))
    names = ("part", "value", "k0", *SUMS, *(f"of_{each}" for each in PEOPLE))
    return select_from(named_table(PARTS), [column(each, PARTS) for each in names], keys=0)


def _has_places(pressure: Pressure, table: EventTable) -> bool:
    """Whether the order of rows at the same moment matters for the counts."""
    return pressure.then is not None and not are_separate(table.planned.legs)


def add_weeks(pressure: Pressure, table: EventTable) -> None:
    """Add the tables with one row for each subject and week, which aren't counted yet."""
    has_places = _has_places(pressure, table)
    if not has_places:
        table.drop_places()
    table.table(WEEKS, _weeks(pressure, table, has_places=has_places))


def _weeks(pressure: Pressure, table: EventTable, *, has_places: bool) -> exp.Select:
    """Return each subject's messages in each whole week, with the position and moment of the first message."""
    first, end = whole_weeks(table.planned)
    kind, zone = table.planned.moments, table.planned.time_zone
    tests = [_is_set(BEGINS, EVENTS), exp.LT(this=column(AT, EVENTS), expression=number(start_of(end, kind, zone)))]
    if first is not None:
        tests.append(exp.GTE(this=column(AT, EVENTS), expression=number(start_of(first, kind, zone))))
    mix: exp.Expr = _worth(0)
    for place in range(1, pressure.count):
        mix = exp.Add(this=mix, expression=_worth(place))
    keys: list[exp.Expr] = [column(each, EVENTS) for each in table.subject]
    keys.append(aliased(column("a0", EVENTS), "week"))
    cells: list[exp.Expr] = [
        aliased(exp.Count(this=exp.Star()), "messages"),
        aliased(mix, "mix"),
        *([aliased(call(exp.Min, column(PLACE, EVENTS)), "first_n")] if has_places else []),
        aliased(call(exp.Min, column(AT, EVENTS)), "first_at"),
    ]
    return where_all(select_from(named_table(EVENTS), [*keys, *cells], keys=len(keys)), tests)


def _answered(pressure: Pressure, table: EventTable, *, has_places: bool) -> exp.Select:
    """Return each week with two flags.

    The first is whether the later event happened after the first message, and the second is whether the week was
    followed long enough.
    """
    assert pressure.within is not None
    window = length(pressure.within)
    apart = exp.Sub(this=column(AT, "later"), expression=column("first_at", WEEKS))
    after: exp.Expr = exp.GTE(this=column(AT, "later"), expression=column("first_at", WEEKS))
    if has_places:
        after = exp.GT(this=column(PLACE, "later"), expression=column("first_n", WEEKS))
    on: list[exp.Expr] = [
        *table.same_subject("later", WEEKS),
        _is_set(f"e{pressure.count}", "later"),
        after,
        exp.LTE(this=apart, expression=number(window)),
    ]
    keys = [column(each, WEEKS) for each in (*table.subject, "week", "messages", "mix", "first_at")]
    there = exp.Not(this=exp.Is(this=column(AT, "later"), expression=exp.Null()))
    known = exp.LT(this=column("first_at", WEEKS), expression=number(table.known - window))
    cells = [aliased(_one_if(known), "followed"), aliased(call(exp.Max, _one_if(there)), "did")]
    tree = select_from(named_table(WEEKS), [*keys, *cells], keys=len(keys) + 1)
    # The first cell depends only on the keys, so it can be grouped by too.
    tree.set("joins", [exp.Join(this=named_table(EVENTS, "later"), side="LEFT", on=and_all(on))])
    return tree


def _part(part: int, value: exp.Expr, week: exp.Expr, source: str, pressure: Pressure, table: EventTable) -> exp.Select:
    """Return the counts by one value.

    They are counted for each subject first and then over all subjects, so that each subject counts once.
    """
    above = _one_if(exp.GT(this=column("messages", source), expression=number(pressure.limit)))
    followed: exp.Expr = column("followed", source) if source == ANSWERED else number(0)
    did: exp.Expr = number(0)
    if source == ANSWERED:
        did = exp.Mul(this=column("followed", source), expression=column("did", source))
    subject = [aliased(column(each, source), each) for each in table.subject]
    keys = [*subject, aliased(value, "value"), aliased(week, "k0")]
    sums = [number(1), column("messages", source), above, followed, did]
    cells = [aliased(call(exp.Sum, each), name) for name, each in zip(SUMS, sums, strict=True)]
    inner = select_from(named_table(source), [*keys, *cells], keys=len(keys))
    outer: list[exp.Expr] = [aliased(number(part), "part"), column("value", "own"), column("k0", "own")]
    outer += [aliased(call(exp.Sum, column(name, "own")), name) for name in SUMS]
    outer += [aliased(call(exp.Sum, _one_if(test)), f"of_{name}") for name, test in zip(PEOPLE, _tests(), strict=True)]
    return select_from(subquery(inner, "own"), outer, keys=3)


def _tests() -> Sequence[exp.Expr]:
    """Return a condition for each of PEOPLE: that a subject has at least one such week."""

    def more(left: str, right: str | None = None) -> exp.Expr:
        least: exp.Expr = number(0) if right is None else column(right, "own")
        return exp.GT(this=column(left, "own"), expression=least)

    return (
        more("weeks"),
        more("above"),
        more("weeks", "above"),
        more("followed"),
        more("weeks", "followed"),
        more("did"),
        more("followed", "did"),
    )


def _capped(source: str) -> exp.Expr:
    """Return the number of messages, limited to MOST_MESSAGES."""
    many = exp.GTE(this=column("messages", source), expression=number(MOST_MESSAGES))
    return exp.Case(ifs=[exp.If(this=many, true=number(MOST_MESSAGES))], default=column("messages", source))


def _worth(place: int) -> exp.Expr:
    """Return what a channel adds to the mix of a week in which it sent a message, as an expression."""
    one = exp.Case(ifs=[exp.If(this=_is_set(f"e{place}", EVENTS), true=number(2**place))], default=number(0))
    return call(exp.Max, one)


def _one_if(test: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=test, true=number(1))], default=number(0))


def _is_set(flag: str, alias: str) -> exp.Expr:
    return exp.EQ(this=column(flag, alias), expression=number(1))
