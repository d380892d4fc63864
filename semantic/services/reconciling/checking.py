"""Check whether someone can compare two metrics: both are visible to them, add up, and have matching breakdowns."""

from __future__ import annotations

from semantic.errors import InvalidQuery
from semantic.model.definitions import Additivity, Dimension, TypeKind
from semantic.model.money import is_money
from semantic.policy.narrow import VisibleModel
from semantic.query.filter_parts import conditions
from semantic.reconciliation.setup import Setup, names_in


def check_seen(setup: Setup, seen: VisibleModel) -> None:
    """Raise UnknownName for a metric or breakdown that someone can't see, including one that only a filter uses."""
    for name in (setup.metric, setup.theirs):
        seen.metric(name)
    for name in names_in(setup):
        seen.dimension(name)
    for where in (setup.where, setup.theirs_where):
        for condition in conditions(where) if where is not None else ():
            seen.dimension(condition.dim)


def check_comparable(setup: Setup, seen: VisibleModel) -> None:
    """Raise InvalidQuery, with a message for the form, for metrics or breakdowns that can't be compared."""
    metric, theirs = seen.metric(setup.metric), seen.metric(setup.theirs)
    for each in (metric, theirs):
        if not each.is_simple or seen.model.measure(each.measure).additivity is not Additivity.FULL:
            raise InvalidQuery(f"{each.label} can't be added up over months and groups. Choose a count or a sum.")
    if is_money(theirs) and not is_money(metric):
        raise InvalidQuery(
            f"{theirs.label} is an amount of money, and {metric.label} isn't. Choose two metrics of the same kind."
        )
    if is_money(metric) and not setup.conversions.value:
        raise InvalidQuery(f"{metric.label} is an amount of money. Choose the breakdown with a conversion's value.")
    currency = setup.their_rules.currency or metric.unit
    if is_money(metric) and is_money(theirs) and theirs.unit != currency:
        raise InvalidQuery(f"{theirs.label} is in {theirs.unit}, not in {currency}. Choose its currency.")
    for name in names_in(setup):
        dimension = seen.dimension(name)[0]
        if seen.mask(name) is not None:
            raise InvalidQuery(f"Values of {dimension.label} are hidden from you, so rows can't be matched by them.")
        if name in (setup.touches.at, setup.conversions.at) and not has_times(dimension):
            raise InvalidQuery(
                f"{dimension.label} has days only. Choose a breakdown with times, so windows can be counted."
            )
        if name == setup.conversions.value and not is_number(dimension):
            raise InvalidQuery(f"{dimension.label} isn't a number. Choose the breakdown with a conversion's value.")


def has_times(dimension: Dimension) -> bool:
    """Whether a breakdown has times of day, not only dates."""
    kinds = (TypeKind.TIMESTAMP, TypeKind.TIMESTAMPTZ)
    return dimension.kind == "time" and dimension.type.kind in kinds and dimension.grain is None


def is_number(dimension: Dimension) -> bool:
    return dimension.type.kind in (TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.DOUBLE)
