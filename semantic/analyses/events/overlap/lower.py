"""Compile a channel overlap to SQL: one row for each subject with its channels, then a count for each combination.

Tables: `_firsts` has when each channel first reached each subject, `_reached` the combination and when it was complete,
`_done` the subjects who then had the later event, and `_followed` all of it. If no row belongs to both a channel and
the later event, moments are enough to know which came first, because the later event comes last at the same moment.
Rows don't need to be sorted then.
"""

from __future__ import annotations

from sqlglot import exp

from semantic.analyses.events.instants import length
from semantic.analyses.events.overlap.question import Overlap
from semantic.analyses.events.rows import AT, BEGINS, EVENTS, PLACE, EventTable
from semantic.analyses.events.separate import are_separate
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    column,
    conditional,
    copied,
    named_table,
    number,
    select_from,
)
from semantic.sql.rows.legs import where_all

FIRSTS, REACHED, DONE, FOLLOWED = "_firsts", "_reached", "_done", "_followed"


def lower_overlap(overlap: Overlap, table: EventTable) -> exp.Select:
    """Return the SELECT of the counts by combination.

    Columns: with `over`, `k0` is the period. `combination` adds 1 for the channel at position 0, 2 for the channel at
    position 1, 4 for the next one, and so on. `reached` counts its subjects, `did` the subjects who then had the later
    event, and `young` the subjects who didn't but still can.
    """
    add_reached(overlap, table)
    if overlap.then is None:
        counted = aliased(exp.Count(this=exp.Star()), "reached")
        keys = [column(each, REACHED) for each in (*_period(overlap), "combination")]
        return select_from(named_table(REACHED), [*keys, counted], keys=len(keys))
    return _counted(overlap, table)


def add_reached(overlap: Overlap, table: EventTable) -> None:
    """Add the tables with one row for each subject, which aren't counted yet."""
    has_places = overlap.then is not None and not are_separate(table.planned.legs)
    if not has_places:
        table.drop_places()
    table.table(FIRSTS, _firsts(overlap, table, has_places=has_places))
    table.table(REACHED, _reached(overlap, table, has_places=has_places))
    if overlap.then is not None:
        table.table(DONE, _done(overlap, table, has_places=has_places))
        table.table(FOLLOWED, _followed(overlap, table))


def _firsts(overlap: Overlap, table: EventTable, *, has_places: bool) -> exp.Select:
    """Return the position and moment of each channel's first row, for each subject that was reached in the period."""
    keys: list[exp.Expr] = [column(each, EVENTS) for each in table.subject]
    keys += [aliased(column("a0", EVENTS), each) for each in _period(overlap)]
    cells: list[exp.Expr] = []
    for text, what in (("n", PLACE), ("at", AT)) if has_places else (("at", AT),):
        cells += [
            aliased(_least(column(what, EVENTS), _is_set(f"e{place}", EVENTS), table), f"{text}{place}")
            for place in range(overlap.count)
        ]
    return where_all(select_from(named_table(EVENTS), [*keys, *cells], keys=len(keys)), [_is_set(BEGINS, EVENTS)])


def _period(overlap: Overlap) -> list[str]:
    """Return the column of the period in a list. The list is empty unless subjects count once in each period."""
    return ["k0"] if overlap.over is not None else []


def _reached(overlap: Overlap, table: EventTable, *, has_places: bool) -> exp.Select:
    """Return each subject's combination, and when it was complete.

    That's the position and moment at which the last of its channels first reached the subject.
    """
    places = range(overlap.count)
    combination: exp.Expr = _worth(0)
    for place in places[1:]:
        combination = exp.Add(this=combination, expression=_worth(place))
    columns: list[exp.Expr] = [
        *(column(each, FIRSTS) for each in (*table.subject, *_period(overlap))),
        aliased(combination, "combination"),
        *([aliased(_latest("n", overlap.count), "done_n")] if has_places else []),
        aliased(_latest("at", overlap.count), "done_at"),
    ]
    return select_from(named_table(FIRSTS), columns, keys=0)


def _done(overlap: Overlap, table: EventTable, *, has_places: bool) -> exp.Select:
    """Return each subject that had the later event after the last of its channels first reached it."""
    after: exp.Expr = exp.GTE(this=column(AT, EVENTS), expression=column("done_at", REACHED))
    if has_places:
        after = exp.GT(this=column(PLACE, EVENTS), expression=column("done_n", REACHED))
    on: list[exp.Expr] = [*table.same_subject(EVENTS, REACHED), after]
    if overlap.within is not None:
        apart = exp.Sub(this=column(AT, EVENTS), expression=column("done_at", REACHED))
        on.append(exp.LTE(this=apart, expression=number(length(overlap.within))))
    keys: list[exp.Expr] = [aliased(column(each, REACHED), each) for each in (*table.subject, *_period(overlap))]
    tree = select_from(named_table(EVENTS), keys, keys=len(keys))
    tree.set("joins", [exp.Join(this=named_table(REACHED), on=and_all(on))])
    return where_all(tree, [_is_set(f"e{overlap.count}", EVENTS)])


def _followed(overlap: Overlap, table: EventTable) -> exp.Select:
    """Return all reached subjects, each with whether the later event followed."""
    there = exp.Not(this=exp.Is(this=column(table.subject[0], DONE), expression=exp.Null()))
    did = exp.Case(ifs=[exp.If(this=there, true=number(1))], default=number(0))
    names = (*table.subject, *_period(overlap), "combination", "done_at")
    columns = [aliased(column(each, REACHED), each) for each in names]
    tree = select_from(named_table(REACHED), [*columns, aliased(did, "did")], keys=0)
    same = [exp.EQ(this=column(each, DONE), expression=column(each, REACHED)) for each in _period(overlap)]
    on = and_all([*table.same_subject(DONE, REACHED), *same])
    tree.set("joins", [exp.Join(this=named_table(DONE), side="LEFT", on=on)])
    return tree


def _counted(overlap: Overlap, table: EventTable) -> exp.Select:
    young: exp.Expr = number(0)
    if overlap.within is not None:
        late = exp.GTE(this=column("done_at", FOLLOWED), expression=number(table.known - length(overlap.within)))
        young = _count(and_all([exp.EQ(this=column("did", FOLLOWED), expression=number(0)), late]), table)
    cells = [
        aliased(exp.Count(this=exp.Star()), "reached"),
        aliased(_count(_is_set("did", FOLLOWED), table), "did"),
        aliased(young, "young"),
    ]
    keys = [column(each, FOLLOWED) for each in (*_period(overlap), "combination")]
    return select_from(named_table(FOLLOWED), [*keys, *cells], keys=len(keys))


def _latest(what: str, count: int) -> exp.Expr:
    """Return the latest of the channels' values for a subject.

    A channel that didn't reach the subject is given the value of another channel.
    """
    parts: list[exp.Expr] = []
    for place in range(count):
        others = [column(f"{what}{other}", FIRSTS) for other in range(count) if other != place]
        parts.append(exp.Coalesce(this=column(f"{what}{place}", FIRSTS), expressions=[*others]))
    return exp.Greatest(this=parts[0], expressions=parts[1:])


def _worth(place: int) -> exp.Expr:
    there = exp.Not(this=exp.Is(this=column(f"at{place}", FIRSTS), expression=exp.Null()))
    return exp.Case(ifs=[exp.If(this=there, true=number(2**place))], default=number(0))


def _count(test: exp.Expr, table: EventTable) -> exp.Expr:
    return conditional(exp.Count(this=exp.Star()), copied(test), table.dialect.filter_clause)


def _least(value: exp.Expr, test: exp.Expr, table: EventTable) -> exp.Expr:
    return conditional(exp.Min(this=value), test, table.dialect.filter_clause)


def _is_set(flag: str, alias: str) -> exp.Expr:
    return exp.EQ(this=column(flag, alias), expression=number(1))
