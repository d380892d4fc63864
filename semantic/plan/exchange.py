"""Money in the question's currency: which amounts of a leg are exchanged, from what, and by the rates of which day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from semantic.errors import MissingRate
from semantic.model.definitions import DataType, Measure, TypeKind
from semantic.model.money import money_in
from semantic.plan.nodes import Amount, Exchange, Leaf, Leg
from semantic.query.describe import describe_day, lower_first
from semantic.query.resolve import Asked

EXCHANGED = DataType(TypeKind.DECIMAL, 38, 8)
"""What an exchanged amount is rounded to, once its amounts of one currency and day are added up."""

_DOUBLE = DataType(TypeKind.DOUBLE)


def with_exchange(leg: Leg, asked: Asked, subject: str) -> Leg:
    """The leg with its money in the question's currency. Raises MissingRate where no rate can be applied to it."""
    settings = asked.visible.model.settings
    rates = settings.rates
    found = [(leaf, amount) for leaf in leg.leaves if (amount := _amount(leaf.measure, asked, subject)) is not None]
    if rates is None or not found:
        return leg
    day = leg.converted.time if leg.converted else leg.at
    if day is None and asked.rates_of is None:
        message = f"{subject} has no date, so there is no rate of its day: it cannot be shown in {asked.currency}."
        raise MissingRate(f"{message} Ask at the rates of one day.", names=(subject,))
    exchange = Exchange(
        rates=rates,
        dataset=asked.visible.model.datasets[rates.dataset],
        own=settings.currency,
        target=asked.currency,
        on=asked.rates_of,
        day=None if asked.rates_of else day,
        amounts=tuple((leaf.name, amount) for leaf, amount in found),
    )
    names = dict(exchange.amounts)
    leaves = tuple(_local(leaf, exchange) if leaf.name in names else leaf for leaf in leg.leaves)
    return replace(leg, leaves=leaves, exchange=exchange)


def _amount(measure: Measure, asked: Asked, subject: str) -> Amount | None:
    """In which currency a measure's amounts are, where they must be exchanged."""
    model = asked.visible.model
    is_own = asked.currency == model.settings.currency
    if measure.currency:
        is_kept = measure.local is not None and is_own and asked.rates_of is None
        return None if is_kept else Amount(column=measure.currency)
    unit = money_in(model).get(f"{measure.dataset}.{measure.name}")
    if unit is None:
        return None
    if asked.rates_of is not None:
        message = f"{subject} is kept in {unit}, turned into it at the rate of each day: the rates of"
        day = describe_day(asked.rates_of)
        raise MissingRate(f"{message} {day} alone cannot be applied to it.", names=(subject,))
    is_asked = asked.query.currency is not None and unit != asked.currency
    return Amount(currency=unit) if is_asked else None


def _local(leaf: Leaf, exchange: Exchange) -> Leaf:
    """The leaf over amounts as they were paid."""
    measure = leaf.measure
    is_decimal = exchange.is_exact and measure.type.kind is not TypeKind.DOUBLE
    kind = EXCHANGED if is_decimal else _DOUBLE
    return replace(leaf, measure=replace(measure, sql=measure.local or measure.sql, type=kind))


def exchange_notes(legs: Sequence[Leg], asked: Asked) -> Iterator[str]:
    """In which currency money is shown, and by which rates."""
    exchanges = [leg.exchange for leg in legs if leg.exchange]
    if not exchanges:
        return
    rates = lower_first(exchanges[0].dataset.label)
    if asked.rates_of is not None:
        how = f"at the {rates} of {describe_day(asked.rates_of)}: what changed since is not the rates"
        yield f"Money is shown in {asked.currency}, all of it {how}."
    else:
        yield f"Money is shown in {asked.currency}, each amount at the {rates} of its own day."
