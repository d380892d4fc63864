"""Convert money to the question's currency.

This includes which amounts of a leg to convert, from which currency, and at which day's rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from semantic.errors import MissingRate
from semantic.model.amounts import MIXED, amounts_in
from semantic.model.definitions import Aggregation, DataType, Granularity, Metric, OverTime, TypeKind
from semantic.model.model import Model
from semantic.model.money import COUNTS, fixed_currency, is_money
from semantic.model.types import infer_type
from semantic.plan.measures.metrics import MetricLeaf
from semantic.plan.tree.fields import Field
from semantic.plan.tree.fractions import EXCHANGED, adding_decimals
from semantic.plan.tree.nodes import AggregateColumn, Amount, Exchange, Leg, Output
from semantic.policy.narrow import measures_of
from semantic.query.describe import describe_day, lower_first
from semantic.query.known_through import all_known_through
from semantic.query.resolve import Asked

PAID = DataType(TypeKind.DECIMAL, 38, 4)
"""The type of amounts before conversion. With more digits, the result would no longer be a decimal."""

_DOUBLE = DataType(TypeKind.DOUBLE)


def check_amounts(metrics: Sequence[Metric], asked: Asked) -> None:
    """Raise MissingRate if the question asks for another currency and a metric is only correct in the model's own."""
    model = asked.visible.model
    own = model.settings.currency
    if asked.currency == own:
        return
    for metric in metrics:
        amounts = amounts_in(metric, model)
        if amounts == MIXED:
            why = f"adds amounts to numbers that aren't converted, so it's only correct in {own}"
        elif amounts != 0 and not is_money(metric) and own in metric.unit:
            why = f"has the unit {metric.unit!r}, but the model doesn't mark it as money"
        else:
            continue
        message = f"{metric.label} {why}. It can't be shown in {asked.currency}. Use {own}."
        raise MissingRate(message, names=(metric.label,))


def with_exchange(leg: Leg, wanted: Sequence[MetricLeaf], asked: Asked, subject: str) -> Leg:
    """Return the leg with its amounts in the question's currency. Raises MissingRate if no rate applies.

    `wanted` are the measures of the leg's leaves, in the same order.
    """
    settings = asked.visible.model.settings
    rates = settings.rates
    if rates is None:
        return leg
    amounts_by_leaf = [(leaf, _amount(want, asked, subject)) for leaf, want in zip(leg.leaves, wanted, strict=True)]
    amounts = tuple((leaf.name, amount) for leaf, amount in amounts_by_leaf if amount is not None)
    if not amounts:
        return leg
    day = leg.converted.time if leg.converted else leg.at
    if day is None and asked.rates_of is None:
        message = f"{subject} has no date, so there's no exchange rate to convert it to {asked.currency}."
        raise MissingRate(f"{message} Use the rates of one day.", names=(subject,))
    exchange = Exchange(
        rates=rates,
        dataset=asked.visible.model.datasets[rates.dataset],
        own=settings.currency,
        target=asked.currency,
        on=asked.rates_of,
        day=None if asked.rates_of else day,
        amounts=amounts,
        kept_by=_long_period(day),
        known=all_known_through(asked.metrics, asked.visible.model, asked.asking),
        is_opening=leg.balance is not None and leg.balance.over_time is OverTime.FIRST,
    )
    model, is_whole = asked.visible.model, leg.shared is None  # shares of amounts aren't decimals
    leaves = tuple(
        leaf if amount is None else _local(leaf, exchange, model, is_whole) for leaf, amount in amounts_by_leaf
    )
    return replace(leg, leaves=leaves, exchange=exchange)


def _long_period(day: Field | None) -> Granularity | None:
    """Return the period that a date represents if it's longer than a day, or None."""
    grain = day.dimension.days_grain if day is not None else Granularity.DAY
    return None if grain is Granularity.DAY else grain


def _amount(wanted: MetricLeaf, asked: Asked, subject: str) -> Amount | None:
    """Return the currency of a measure's amounts if they have to be converted, or None."""
    measure, settings = wanted.measure, asked.visible.model.settings
    if measure.agg in COUNTS:
        return None
    is_asked = asked.query.currency is not None or asked.rates_of is not None
    if paid := fixed_currency(measure, asked.visible.model.datasets[measure.dataset]):
        return Amount(currency=paid) if asked.query.currency is not None and paid != asked.currency else None
    if measure.currency:
        is_kept = measure.local is not None and asked.currency == settings.currency and asked.rates_of is None
        return None if is_kept else Amount(column=measure.currency)
    if not wanted.currency:
        return None
    if asked.rates_of is not None:
        day = describe_day(asked.rates_of)
        message = f"{subject} is only kept in {wanted.currency}, converted at each day's rate"
        raise MissingRate(f"{message}, so the rates of {day} can't be applied.", names=(subject,))
    return Amount(currency=wanted.currency) if is_asked and wanted.currency != asked.currency else None


def _local(leaf: AggregateColumn, exchange: Exchange, model: Model, is_whole: bool) -> AggregateColumn:
    """Return the leaf over the amounts in their original currency."""
    measure = leaf.measure
    sql = measure.local or measure.sql
    assert sql is not None
    paid = infer_type(sql.tree, model.datasets[measure.dataset].columns)
    is_sum = measure.agg in (Aggregation.SUM, Aggregation.MIN, Aggregation.MAX)
    is_exact = exchange.is_exact and is_whole and is_sum
    is_decimal = is_exact and paid is not None and paid.kind is not TypeKind.DOUBLE and paid.scale <= PAID.scale
    local = replace(leaf, measure=replace(measure, sql=sql, type=EXCHANGED if is_decimal else _DOUBLE))
    return adding_decimals(local, model.datasets[measure.dataset])


def in_money(output: Output, legs: Sequence[Leg], model: Model) -> Output:
    """Return a metric's output column in the question's currency. Converted amounts aren't whole numbers any more."""
    if output.metric is None or output.type.kind is not TypeKind.INTEGER:
        return output
    names = {name for leg in legs if leg.exchange for name, _ in leg.exchange.amounts}
    leaves = [leaf.measure for leg in legs for leaf in leg.leaves if leaf.name in names]
    exchanged = {(measure.dataset, measure.name) for measure in leaves}
    touched = any((measure.dataset, measure.name) in exchanged for measure in measures_of(output.metric, model))
    return replace(output, type=_DOUBLE) if touched else output


def exchange_notes(legs: Sequence[Leg], asked: Asked) -> Iterator[str]:
    """Yield notes on the currency of the amounts and on the rates used."""
    exchanges = [leg.exchange for leg in legs if leg.exchange]
    if not exchanges:
        return
    rates = lower_first(exchanges[0].dataset.label)
    if asked.rates_of is not None:
        how = f"at the {rates} of {describe_day(asked.rates_of)}, so changes don't come from exchange rates"
        yield f"Amounts are in {asked.currency}, {how}."
    else:
        yield f"Amounts are in {asked.currency}, each at the {rates} of its own day."
