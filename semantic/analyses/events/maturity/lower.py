"""Compile maturity to SQL: each subject's first start, the first event after it, and the number of subjects by lag.

Tables: `_started` has each subject's first start, and `_followed` its lag in days, null without a later event.
"""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from semantic.analyses.events.instants import SECOND
from semantic.analyses.events.maturity.question import EventLags
from semantic.analyses.events.rows import AT, BEGINS, EVENTS, PLACE, EventTable
from semantic.errors import GroupTooSmall
from semantic.model.definitions import DataType, TypeKind
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    call,
    cast,
    column,
    named_table,
    number,
    select_from,
    subquery,
)
from semantic.sql.rows.legs import where_all

STARTED, FOLLOWED = "_started", "_followed"
DAY: Final = 86_400 * SECOND
_DOUBLE, _INTEGER = DataType(TypeKind.DOUBLE), DataType(TypeKind.INTEGER)


def lower_maturity(lags: EventLags, table: EventTable) -> exp.Select:
    """Return the SELECT of the number of subjects (`c`), by cohort (`k0`) and `lag`.

    The lag is in days, rounded up, and null if the second event didn't happen in time. Raises GroupTooSmall if small
    groups are hidden, because the numbers of neighbouring days would reveal them.
    """
    if table.planned.smallest:
        subject = lags.population.subject.replace("_", " ")
        message = f"Maturity isn't shown to you, because small groups ({subject}) are hidden from you."
        raise GroupTooSmall(
            f"{message} Numbers of one day and the next would reveal them.", names=(lags.population.subject,)
        )
    table.table(STARTED, _started(table))
    table.table(FOLLOWED, _followed(lags, table))
    return select_from(
        named_table(FOLLOWED),
        [column("k0", FOLLOWED), column("lag", FOLLOWED), aliased(exp.Count(this=exp.Star()), "c")],
        keys=2,
    )


def _started(table: EventTable) -> exp.Select:
    """Return each subject's first row of the first event."""
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[column(each, EVENTS) for each in table.subject],
        order=exp.Order(expressions=[exp.Ordered(this=column(PLACE, EVENTS), nulls_first=False)]),
        over="OVER",
    )
    every = exp.Column(this=exp.Star(), table=exp.to_identifier(EVENTS))
    begun = exp.EQ(this=column(BEGINS, EVENTS), expression=number(1))
    inner = where_all(select_from(named_table(EVENTS), [every, aliased(place, "start")], keys=0), [begun])
    outer = exp.Column(this=exp.Star(), table=exp.to_identifier("begun"))
    first = exp.EQ(this=column("start", "begun"), expression=number(1))
    return where_all(select_from(subquery(inner, "begun"), [outer], keys=0), [first])


def _followed(lags: EventLags, table: EventTable) -> exp.Select:
    """Return each subject's cohort, and the days from its start to the first event after it, rounded up."""
    apart = exp.Sub(this=column(AT, EVENTS), expression=column(AT, STARTED))
    on = and_all(
        [
            *table.same_subject(EVENTS, STARTED),
            exp.EQ(this=column("e1", EVENTS), expression=number(1)),
            exp.GT(this=column(PLACE, EVENTS), expression=column(PLACE, STARTED)),
            exp.LTE(this=apart, expression=number(lags.within * DAY)),
        ]
    )
    soonest = exp.Sub(this=call(exp.Min, column(AT, EVENTS)), expression=column(AT, STARTED))
    days = exp.Div(this=cast(exp.Paren(this=soonest), _DOUBLE), expression=cast(number(DAY), _DOUBLE))
    lag = cast(exp.Ceil(this=exp.Paren(this=days)), _INTEGER)
    columns: list[exp.Expr] = [
        *(column(each, STARTED) for each in table.subject),
        aliased(column("a0", STARTED), "k0"),
        column(AT, STARTED),
        aliased(lag, "lag"),
    ]
    keys = len(columns) - 1
    tree = select_from(named_table(STARTED), columns, keys=keys)
    tree.set("joins", [exp.Join(this=named_table(EVENTS), side="LEFT", on=on)])
    return tree
