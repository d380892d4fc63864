"""Convert amounts: join exchange rates to a leg's rows or sums, and multiply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlglot import exp

from semantic.model.definitions import DataType, TypeKind
from semantic.plan.measures.exchange import PAID
from semantic.plan.tree.fractions import EXCHANGED
from semantic.plan.tree.nodes import Amount, Exchange
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    call,
    cast,
    column,
    number,
    operand,
    select_from,
    subquery,
    table_of,
)
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values

_DOUBLE = DataType(TypeKind.DOUBLE)
_FEWEST = 19
CurrencyOf = Callable[[str], exp.Expr]
"""Returns a currency column of the fact as the current step names it."""


def rated(exchange: Exchange) -> Sequence[Amount]:
    """Return each currency or currency column that needs rates. The question's own currency comes last.

    The currency that rates are relative to needs none.
    """
    foreign = dict.fromkeys(amount for _, amount in exchange.amounts if amount.currency != exchange.own)
    target = [Amount(currency=exchange.target)] if exchange.target != exchange.own else []
    return tuple(dict.fromkeys([*foreign, *target]))


def rate_joins(
    exchange: Exchange,
    aliases: Mapping[Amount, str],
    currency: CurrencyOf,
    day: exp.Expr,
    values: Values,
) -> list[exp.Join]:
    """Return joins of rates by currency and day. Each joins at most one row, and rows without a rate remain.

    A currency with two rates on a day has no rate on that day. If one rate applies to all rows, it's looked up in a
    subquery, because a LEFT JOIN without a condition on the rows isn't supported by every engine.
    """
    rates = exchange.rates
    joins: list[exp.Join] = []
    for amount, alias in aliases.items():
        mine = currency(amount.column) if amount.column else values.add(amount.currency)
        same = [
            exp.EQ(this=column(rates.currency, alias), expression=mine),
            exp.EQ(this=column(rates.day, alias), expression=operand(day.copy())),
        ]
        is_one = exp.EQ(this=exp.Count(this=exp.Star()), expression=number(1))
        rate = exp.Case(ifs=[exp.If(this=is_one, true=call(exp.Max, column(rates.rate, alias)))])
        if amount.column or exchange.day is not None:
            keys = [aliased(column(key, alias), key) for key in (rates.currency, rates.day)]
            select = select_from(table_of(exchange.dataset, alias), [*keys, aliased(rate, rates.rate)], keys=len(keys))
            joins.append(exp.Join(this=subquery(select, alias), side="LEFT", on=and_all([*same])))
        else:
            looked_up = select_from(table_of(exchange.dataset, alias), [aliased(rate, rates.rate)], keys=0)
            looked_up.set("where", exp.Where(this=and_all([*same])))
            joins.append(exp.Join(this=subquery(looked_up, alias), kind="CROSS"))
    return joins


def worth(
    value: exp.Expr,
    amount: Amount,
    kind: DataType,
    exchange: Exchange,
    aliases: Mapping[Amount, str],
    currency: CurrencyOf,
    dialect: Dialect,
) -> exp.Expr:
    """Return an amount in the question's currency, with the type `kind`, or null if a rate is missing."""
    rate = rate_of(amount, exchange, aliases, currency)
    into = aliases.get(Amount(currency=exchange.target))
    if kind == EXCHANGED:
        paid = PAID if dialect.whole_products else replace(PAID, precision=_digits(exchange))
        product: exp.Expr = exp.Mul(this=cast(value, paid), expression=operand(rate))
        if not dialect.rounds_casts:
            product = exp.Round(this=product, decimals=number(EXCHANGED.scale))
        return cast(product, EXCHANGED)
    is_own = amount.currency == exchange.own
    product = cast(value, _DOUBLE) if is_own else exp.Mul(this=cast(value, _DOUBLE), expression=cast(rate, _DOUBLE))
    if into is None:
        return product
    divisor = cast(column(exchange.rates.rate, into), _DOUBLE)
    quotient = exp.Div(this=product, expression=divisor, typed=False, safe=False)
    if not amount.column:
        return quotient
    is_there = exp.EQ(this=currency(amount.column), expression=exp.Literal.string(exchange.target))
    return exp.Case(ifs=[exp.If(this=is_there, true=cast(value.copy(), _DOUBLE))], default=quotient)


def _digits(exchange: Exchange) -> int:
    """Return the most digits that an amount can have for its product with a rate to keep all decimal places.

    The product has at most 38 digits.
    """
    rate = exchange.dataset.columns[exchange.rates.rate]
    before_point = PAID.precision - EXCHANGED.scale - 1 - (rate.precision - rate.scale)
    return max(_FEWEST, before_point + PAID.scale)


def rate_of(amount: Amount, exchange: Exchange, aliases: Mapping[Amount, str], currency: CurrencyOf) -> exp.Expr:
    """Return the value of one unit of an amount's currency in the currency that rates are relative to."""
    if amount.currency == exchange.own:
        return number(1)
    rate = column(exchange.rates.rate, aliases[amount])
    if not amount.column:
        return rate
    is_own = exp.EQ(this=currency(amount.column), expression=exp.Literal.string(exchange.own))
    return exp.Case(ifs=[exp.If(this=is_own, true=number(1))], default=rate)
