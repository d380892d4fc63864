"""Check the names in calculations, and find the date that each calculation runs along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from semantic.errors import InvalidQuery, UnknownName
from semantic.model.definitions import Granularity
from semantic.query.query import Calculation, CalculationKind

_ALONG_TIME = (CalculationKind.RUNNING_TOTAL, CalculationKind.MOVING_AVERAGE, CalculationKind.INDEX)
_PAIRS = (CalculationKind.DIFFERENCE, CalculationKind.RATIO)


class HasGrain(Protocol):
    """What calculations need to know about a breakdown."""

    @property
    def grain(self) -> Granularity | None: ...


def find_calculations(
    calculations: Sequence[Calculation], keys: Mapping[str, HasGrain], values: Sequence[str]
) -> tuple[Calculation, ...]:
    """Return the calculations with `along` filled in, checked against these breakdowns and value columns.

    Raises UnknownName, and InvalidQuery if the question lacks a breakdown that a calculation needs.
    """
    return tuple(_found(calculation, keys, values) for calculation in calculations)


def _found(calculation: Calculation, keys: Mapping[str, HasGrain], values: Sequence[str]) -> Calculation:
    for name in (calculation.of, *([calculation.to] if calculation.to else [])):
        if name not in values:
            raise UnknownName(name, values, kind="metric in this question")
    for name in calculation.within:
        if name not in keys:
            raise UnknownName(name, keys, kind="breakdown in this question")
    if not keys and calculation.do not in _PAIRS:
        raise InvalidQuery(f"The calculation {calculation.name!r} compares groups, so it needs a breakdown. Add one.")
    if calculation.do is CalculationKind.PERCENT_OF_TOTAL and set(calculation.within) == {*keys}:
        raise InvalidQuery(
            f"With all breakdowns in 'within', each value of {calculation.of!r} is the whole. Remove one from 'within'."
        )
    return (
        replace(calculation, along=_along(calculation, keys, values)) if calculation.do in _ALONG_TIME else calculation
    )


def _along(one: Calculation, keys: Mapping[str, HasGrain], values: Sequence[str]) -> str:
    dates = [name for name, key in keys.items() if key.grain is not None]
    if one.base is not None:
        return _along_members(one, keys)
    if one.do is CalculationKind.RUNNING_TOTAL and one.along in values:
        return one.along
    if one.within or one.ascending:
        raise InvalidQuery(
            f"The calculation {one.name!r} runs along dates, separately in each group. 'within' and 'ascending' "
            "only apply to a running total along a metric's values. Leave them out."
        )
    if one.along and one.along not in dates:
        raise UnknownName(one.along, dates, kind="date breakdown in this question")
    if not dates:
        raise InvalidQuery(f"The calculation {one.name!r} runs along dates, so it needs a date breakdown. Add one.")
    if not one.along and len(dates) > 1:
        raise InvalidQuery(
            f"The question has several dates: {', '.join(dates)}. Set 'along' to choose one for {one.name!r}."
        )
    return one.along or dates[0]


def _along_members(calculation: Calculation, keys: Mapping[str, HasGrain]) -> str:
    """Return the breakdown whose member is the base of an index. Raises UnknownName, InvalidQuery."""
    members = [name for name, key in keys.items() if key.grain is None]
    if calculation.along and calculation.along not in keys:
        raise UnknownName(calculation.along, keys, kind="breakdown in this question")
    if not calculation.along and len(members) != 1:
        raise InvalidQuery(f"Set 'along' to the breakdown that the base of {calculation.name!r} belongs to.")
    return calculation.along or members[0]
