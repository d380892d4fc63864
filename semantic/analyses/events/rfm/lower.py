"""Compile RFM to SQL: each subject's days, orders and money, then its scores, then the number of subjects by scores.

Tables: `_buyers` has a row for each subject with an order, `_ranked` adds how many others are worse, and `_scored` the
scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlglot import exp

from semantic.analyses.events.instants import SECOND, microseconds, start_of
from semantic.analyses.events.rfm.question import AXES, Axis, Rfm
from semantic.analyses.events.rows import AMOUNT, BEGINS, EVENTS, EventTable
from semantic.errors import InvalidQuery
from semantic.model.definitions import Aggregation, DataType, TypeKind
from semantic.sql.dialects.build_tree import (
    aliased,
    call,
    cast,
    column,
    named_table,
    number,
    select_from,
    subquery,
)
from semantic.sql.rows.legs import where_all

BUYERS, RANKED, SCORED = "_buyers", "_ranked", "_scored"
_WHOLE, _MONEY, _DAY = DataType(TypeKind.INTEGER), DataType(TypeKind.DECIMAL, 38, 6), 86_400 * SECOND


def lower_rfm(rfm: Rfm, table: EventTable) -> exp.Select:
    """Return the SELECT of the number of subjects by scores.

    Columns: `score0`… are the scores in the order of AXES, `buyers` is the number of subjects, and `days`, `orders` and
    `spent` are sums. If small groups aren't hidden, `low0`… and `high0`… are the lowest and the highest value on each
    axis.
    """
    add_scores(rfm, table)
    scores = [column(f"score{place}", SCORED) for place in range(len(AXES))]
    cells: list[exp.Expr] = [aliased(exp.Count(this=exp.Star()), "buyers")]
    for axis, text in zip(AXES, ("days", "orders", "spent"), strict=True):
        kind = _MONEY if axis == "money" else _WHOLE
        cells.append(aliased(cast(call(exp.Sum, column(axis, SCORED)), kind), text))
    if not table.planned.smallest:
        for place, axis in enumerate(AXES):
            cells.append(aliased(exp.Min(this=column(axis, SCORED)), f"low{place}"))
            cells.append(aliased(exp.Max(this=column(axis, SCORED)), f"high{place}"))
    return select_from(named_table(SCORED), [*scores, *cells], keys=len(scores))


def add_scores(rfm: Rfm, table: EventTable) -> None:
    """Add the table `_scored`, and the tables that it's made from."""
    table.table(BUYERS, _buyers(rfm, table))
    keys = [aliased(column(each, BUYERS), each) for each in (*table.subject, *AXES)]
    if not rfm.cuts:
        worse = [aliased(_worse(axis), f"worse{place}") for place, axis in enumerate(AXES)]
        everyone = exp.Window(this=exp.Count(this=exp.Star()), over="OVER")
        table.table(RANKED, select_from(named_table(BUYERS), [*keys, *worse, aliased(everyone, "everyone")], keys=0))
    source = BUYERS if rfm.cuts else RANKED
    keys = [aliased(column(each, source), each) for each in (*table.subject, *AXES)]
    scores = [aliased(_score(rfm, table, place, axis), f"score{place}") for place, axis in enumerate(AXES)]
    table.table(SCORED, select_from(named_table(source), [*keys, *scores], keys=0))


def _buyers(rfm: Rfm, table: EventTable) -> exp.Select:
    _check_orders(rfm, table)
    is_order, is_money = _is_set("e0"), _is_set("e1")
    last = exp.Max(this=exp.Case(ifs=[exp.If(this=is_order, true=column("a0", EVENTS))]))
    if rfm.order is not None:
        counted: exp.Expr = exp.Case(ifs=[exp.If(this=_is_set("e0"), true=column("a1", EVENTS))])
        orders = exp.Count(this=exp.Distinct(expressions=[counted]))
    else:
        orders = exp.Count(this=exp.Case(ifs=[exp.If(this=_is_set("e0"), true=number(1))]))
    spent = call(exp.Sum, exp.Case(ifs=[exp.If(this=is_money, true=column(AMOUNT, EVENTS))]))
    subject = [aliased(column(each, EVENTS), each) for each in table.subject]
    columns = [*subject, aliased(last, "last"), aliased(orders, "frequency"), aliased(spent, "spent")]
    inner = where_all(select_from(named_table(EVENTS), columns, keys=len(subject)), [_is_set(BEGINS)])
    # The whole days from the last order to the day after the period.
    end = start_of(table.planned.end, TypeKind.DATE, table.planned.time_zone)
    apart = exp.Sub(this=number(end), expression=microseconds(column("last", "summed"), TypeKind.DATE, table.dialect))
    days = exp.Div(this=exp.Paren(this=apart), expression=number(_DAY))
    outer = [
        *(aliased(column(each, "summed"), each) for each in table.subject),
        aliased(cast(exp.Paren(this=days), _WHOLE), "recency"),
        aliased(column("frequency", "summed"), "frequency"),
        aliased(cast(call(exp.Coalesce, column("spent", "summed"), number(0)), _MONEY), "money"),
    ]
    bought = exp.GT(this=column("frequency", "summed"), expression=number(0))
    return where_all(select_from(subquery(inner, "summed"), outer, keys=0), [bought])


def _check_orders(rfm: Rfm, table: EventTable) -> None:
    """Refuse an analysis whose metric counts distinct values but that doesn't name the dimension of an order.

    Raises InvalidQuery.
    """
    leg = table.planned.legs[0]
    measure = leg.asked.visible.model.measure(leg.metric.measure)
    if measure.agg is Aggregation.COUNT_DISTINCT and rfm.order is None:
        message = f"{leg.label} counts different values, and each of its rows would be an order."
        raise InvalidQuery(f"{message} Name the dimension that tells orders apart as 'order', or use another metric.")


def _worse(axis: Axis) -> exp.Expr:
    """Return the number of subjects with a worse value, as an expression. Equal values have the same number."""
    order = exp.Order(expressions=[exp.Ordered(this=column(axis, BUYERS), desc=axis == "recency", nulls_first=False)])
    return exp.Sub(this=exp.Window(this=exp.Rank(), order=order, over="OVER"), expression=number(1))


def _score(rfm: Rfm, table: EventTable, place: int, axis: Axis) -> exp.Expr:
    """Return the score, which is 1 plus the number of cuts passed.

    Fewer days, more orders and more money are better.
    """
    steps = _steps_by_value(rfm.cuts[place], axis, table) if rfm.cuts else _steps_by_percent(rfm.percent, place)
    score: exp.Expr = number(1)
    for step in steps:
        score = exp.Add(this=score, expression=exp.Case(ifs=[exp.If(this=step, true=number(1))], default=number(0)))
    return score


def _steps_by_percent(percent: Sequence[int], place: int) -> list[exp.Expr]:
    """Return, for each percentage, the condition that at least this share of subjects is worse.

    The conditions use whole numbers only.
    """
    return [
        exp.GTE(
            this=exp.Mul(this=column(f"worse{place}", RANKED), expression=number(100)),
            expression=exp.Mul(this=column("everyone", RANKED), expression=number(each)),
        )
        for each in percent
    ]


def _steps_by_value(cuts: Sequence[Decimal], axis: Axis, table: EventTable) -> list[exp.Expr]:
    compare = exp.LTE if axis == "recency" else exp.GT
    return [
        compare(this=column(axis, BUYERS), expression=exp.Literal.number(f"{cut:f}"))
        if cut >= 0
        else compare(this=column(axis, BUYERS), expression=exp.Neg(this=exp.Literal.number(f"{-cut:f}")))
        for cut in cuts
    ]


def _is_set(flag: str) -> exp.Expr:
    return exp.EQ(this=column(flag, EVENTS), expression=number(1))
