"""Build statements that check that every amount a plan converts has exactly one exchange rate.

Each statement returns one row. `missing` is how many combinations of currency and day have amounts without a rate.
`currency` is one of their currencies. If the day matters, `first` and `last` are the first and last of these days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from semantic.plan.tree.fields import All, Any, Not, Passes, SaidTest, Test, paths, prefixes
from semantic.plan.tree.nodes import Amount, Exchange, Leg, Plan
from semantic.sql.dialects.build_tree import aliased, and_all, call, column, number, or_any, select_from, subquery
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.lower import lower_plan
from semantic.sql.rows.counted import share_filters
from semantic.sql.rows.exchange import rate_joins, rated
from semantic.sql.rows.fact_rates import rate_day
from semantic.sql.rows.inner_tables import with_tables
from semantic.sql.rows.legs import where_all
from semantic.sql.rows.scope import Scope

PAID, ON, ROWS = "paid_in", "paid_on", "amounts"


def exchanging(plan: Plan) -> list[tuple[Leg, Plan]]:
    """Return every leg with converted amounts, as plain rows, with the plan whose tables it uses.

    This covers the plan itself, the plan of its top, and the plans of the metrics in its tests.
    """
    legs = [(_plain(leg), plan) for leg in plan.legs if leg.exchange]
    inner = [each_plan for _, each_plan in plan.tables]
    if plan.chosen is not None:  # it uses the tables of the question
        inner.append(replace(plan.chosen.plan, tables=plan.tables))
    return legs + [exchange for other in inner for exchange in exchanging(other)]


def amounts_of(leg: Leg) -> Iterator[Amount]:
    """Yield each currency, or currency column, of a leg's amounts once."""
    assert leg.exchange is not None
    yield from dict.fromkeys(amount for _, amount in leg.exchange.amounts)


def without_rate(leg: Leg, amount: Amount, plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Return the statement that finds amounts without a rate, in one currency or currency column."""
    exchange = leg.exchange
    assert exchange is not None
    scope = Scope(leg, plan, dialect, values)
    names = {name for name, exchange_amount in exchange.amounts if exchange_amount == amount}
    leaves = [leaf for leaf in leg.leaves if leaf.name in names]
    paid = [aliased(column(amount.column, scope.fact), PAID)] if amount.column else []
    days = [aliased(rate_day(scope), ON)] if exchange.day else []
    source = select_from(scope.table(), [*paid, *days] or [aliased(exp.Literal.number(1), PAID)], keys=len(paid + days))
    source.set("joins", [scope.join(path) for path in leg.joins])
    amounts = [scope.own(leaf.measure.sql) for leaf in leaves if leaf.measure.sql]
    is_there: list[exp.Expr] = [
        exp.Not(this=exp.Is(this=exp.paren(expression), expression=exp.Null())) for expression in amounts
    ]
    tests = [*scope.rows_that_count(), *(scope.own_tree(tree) for tree in share_filters(leaves).read)]
    where_all(source, [*tests, *(scope.test(test) for test in leg.where), exp.Paren(this=or_any(is_there))])
    tree = _looked_up(source, amount, exchange, scope)
    return with_tables(tree, plan, dialect, values, lower_plan) if any(_looks(test) for test in leg.where) else tree


def _looks(test: Test) -> bool:
    """Return whether a test compares a metric of each member, which is in a table of the plan."""
    match test:
        case Passes():
            return True
        case All(parts) | Any(parts):
            return any(_looks(part) for part in parts)
        case Not(part):
            return _looks(part)
        case _:
            return False


def _looked_up(source: exp.Select, amount: Amount, exchange: Exchange, scope: Scope) -> exp.Select:
    """Return a SELECT that counts the combinations of currency and day in `source` without a rate."""
    day = column(ON, ROWS) if exchange.day else rate_day(scope)
    only = replace(exchange, amounts=(("", amount),))
    aliases = {each_amount: scope.rates[each_amount] for each_amount in rated(only)}
    missing: list[exp.Expr] = []
    for each_amount, alias in aliases.items():
        is_rate = exp.GT(this=column(exchange.rates.rate, alias), expression=number(0))  # others don't count
        is_missing: exp.Expr = exp.Not(this=call(exp.Coalesce, exp.Paren(this=is_rate), exp.false()))
        if each_amount.column:
            is_missing = exp.Paren(this=and_all([_is_paid_in_another(exchange.own), is_missing]))
        missing.append(is_missing)
    tests = [or_any(missing)]
    if amount.column and exchange.target != exchange.own:  # amounts paid in it need no rate
        tests = [_is_paid_in_another(exchange.target), *tests]
    currency = call(exp.Min, column(PAID, ROWS)) if amount.column else exp.Literal.string(amount.currency)
    columns = [aliased(exp.Count(this=exp.Star()), "missing"), aliased(currency, "currency")]
    if exchange.day:
        columns += [aliased(call(exp.Min, day.copy()), "first"), aliased(call(exp.Max, day.copy()), "last")]
    tree = select_from(subquery(source, ROWS), columns, keys=0)
    tree.set("joins", rate_joins(exchange, aliases, lambda _: column(PAID, ROWS), day, scope.values))
    return where_all(tree, [and_all(tests)])


def _is_paid_in_another(currency: str) -> exp.Expr:
    """Return a test for amounts that aren't in `currency`. An amount without a currency passes."""
    paid = call(exp.Coalesce, column(PAID, ROWS), exp.Literal.string(""))
    return exp.NEQ(this=paid, expression=exp.Literal.string(currency))


def _plain(leg: Leg) -> Leg:
    """Return a leg that only reads the same rows, without keys and without anything computed from the rows."""
    converted = leg.converted
    if converted is not None:
        # Conversions of base events up to a day extend to the window after it; none are before the first one.
        base = leg.days if leg.days and not converted.of_filtered else None
        days = converted.days if converted.by_conversion else base and replace(base, field=converted.time)
        return Leg(
            dataset=converted.dataset, joins=(), keys=(), where=(), days=days, restrictions=converted.restrictions,
            leaves=leg.leaves, at=converted.time, exchange=leg.exchange,
        )  # fmt: skip
    # Conditions on the days shown don't limit the rows that are read.
    where = tuple(test for test in leg.where if leg.laid is None or not isinstance(test, SaidTest) or test.own)
    joins = tuple(dict.fromkeys(prefix for test in where for path in paths(test) for prefix in prefixes(path)))
    shared = leg.shared
    if shared is not None and shared.restrictions:  # a row with a hidden link isn't counted
        joins = tuple(dict.fromkeys([*joins, *prefixes(shared.path)]))
    shared = shared if shared and shared.path in joins else None
    return Leg(
        dataset=leg.dataset, joins=joins, keys=(), where=where, days=leg.days, restrictions=leg.restrictions,
        leaves=leg.leaves, at=leg.at, time=leg.time, shared=shared, exchange=leg.exchange,
    )  # fmt: skip
