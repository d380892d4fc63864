"""Join exchange rates to the rows of one leg."""

from __future__ import annotations

from sqlglot import exp

from semantic.model.definitions import DataType, TypeKind
from semantic.query.periods import MONTHS_OF
from semantic.sql.dialects.build_tree import cast, column
from semantic.sql.rows.exchange import rate_joins
from semantic.sql.rows.hops import day_in_zone
from semantic.sql.rows.scope import Scope


def rate_day(scope: Scope) -> exp.Expr:
    """Return the day whose rate converts an amount: one day for all amounts, its own, or one in its period.

    An amount's own day is in the model's time zone, not the question's.
    """
    exchange = scope.leg.exchange
    assert exchange is not None
    if exchange.day is None:
        return cast(scope.values.add(exchange.on), DataType(TypeKind.DATE))
    day = day_in_zone(exchange.day.dimension, scope.own, scope.in_model_zone)
    if exchange.kept_by is None:
        return day
    begun = scope.dates.truncated(day, exchange.kept_by)
    if exchange.is_opening:
        return scope.dates.moved_by(begun, days=-1)
    months = MONTHS_OF.get(exchange.kept_by, 0)
    ended = scope.dates.moved_by(begun, days=-1 if months else 6, months=months)
    if exchange.known is None:
        return ended
    return exp.Least(this=ended, expressions=[cast(scope.values.add(exchange.known), DataType(TypeKind.DATE))])


def fact_rates(scope: Scope) -> list[exp.Join]:
    """Return the joins that add rates to the fact's rows, or none if no amount is converted."""
    exchange = scope.leg.exchange
    if exchange is None:
        return []
    return rate_joins(exchange, scope.rates, lambda name: column(name, scope.fact), rate_day(scope), scope.values)
