"""Amounts times rates: the joins of rates beside a leg's rows or its sums, and what an amount is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from semantic.model.definitions import DataType, TypeKind
from semantic.plan.exchange import EXCHANGED, PAID
from semantic.plan.nodes import Amount, Exchange
from semantic.sql.build_tree import and_all, cast, column, number, operand, table_of
from semantic.sql.values import Values

_DOUBLE = DataType(TypeKind.DOUBLE)
CurrencyOf = Callable[[str], exp.Expr]
"""The currency that a column of the fact says, where it stands in this step."""


def rated(exchange: Exchange) -> Sequence[Amount]:
    """What has rates of its own: each currency, or column of currencies, once; the question's comes last."""
    found = dict.fromkeys(amount for _, amount in exchange.amounts if amount.currency != exchange.own)
    target = [Amount(currency=exchange.target)] if exchange.target != exchange.own else []
    return tuple(dict.fromkeys([*found, *target]))


def rate_joins(
    exchange: Exchange, aliases: Mapping[Amount, str], currency: CurrencyOf, day: exp.Expr, values: Values
) -> list[exp.Join]:
    """LEFT JOINs of rates by currency and day: a row for each, so none is repeated, and one without stays."""
    rates = exchange.rates
    joins: list[exp.Join] = []
    for one, alias in aliases.items():
        mine = currency(one.column) if one.column else values.add(one.currency)
        same = [
            exp.EQ(this=column(rates.currency, alias), expression=mine),
            exp.EQ(this=column(rates.day, alias), expression=operand(day.copy())),
        ]
        joins.append(exp.Join(this=table_of(exchange.dataset, alias), side="LEFT", on=and_all([*same])))
    return joins


def worth(
    value: exp.Expr,
    amount: Amount,
    kind: DataType,
    exchange: Exchange,
    aliases: Mapping[Amount, str],
    currency: CurrencyOf,
) -> exp.Expr:
    """An amount in the question's currency, as one of `kind`; missing where a rate is."""
    rate = rate_of(amount, exchange, aliases, currency)
    into = aliases.get(Amount(currency=exchange.target))
    if kind == EXCHANGED:
        product = exp.Mul(this=cast(value, PAID), expression=operand(rate))
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


def rate_of(amount: Amount, exchange: Exchange, aliases: Mapping[Amount, str], currency: CurrencyOf) -> exp.Expr:
    """What one unit of an amount is worth in the currency that rates are in."""
    if amount.currency == exchange.own:
        return number(1)
    rate = column(exchange.rates.rate, aliases[amount])
    if not amount.column:
        return rate
    is_own = exp.EQ(this=currency(amount.column), expression=exp.Literal.string(exchange.own))
    return exp.Case(ifs=[exp.If(this=is_own, true=number(1))], default=rate)
