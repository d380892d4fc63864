"""A question and its comparisons read days that both have once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semantic.plan.nodes import Leg, Range, Shape


def date_key(leg: Leg) -> int | None:
    """The place of the key that is the date a leg's days are of."""
    fields = [key.field for key in leg.keys]
    return fields.index(leg.days.field) if leg.days and leg.days.field in fields else None


def share_days(legs: Sequence[Leg]) -> dict[int, tuple[str, Leg]]:
    """Legs, by their place, that differ in their days alone and whose days overlap: a table they share, and its leg.

    A comparison with last year over two years reads the year between once.
    """
    found: dict[int, tuple[str, Leg]] = {}
    groups: list[tuple[object, list[int]]] = []
    for index, leg in enumerate(legs):
        if leg.shape is Shape.DAY_FIRST and date_key(leg) is not None:
            same = _but_for_its_days(leg)
            known = next((places for one, places in groups if one == same), None)
            if known is None:
                groups.append((same, known := []))
            known.append(index)
    for _, places in groups:
        wide = legs[places[0]]
        together = [places[0]]
        for place in places[1:]:
            if _overlap(wide.days, legs[place].days):
                wide = replace(wide, days=_both(wide.days, legs[place].days))
                together.append(place)
        if len(together) > 1:
            found |= dict.fromkeys(together, (f"_days{places[0]}", wide))
    return found


def _but_for_its_days(leg: Leg) -> object:
    keys = tuple((key.name, key.field, key.by_day) for key in leg.keys)
    leaves = tuple((leaf.measure, leaf.filter) for leaf in leg.leaves)
    return leg.dataset.name, leg.joins, keys, leg.where, leg.restrictions, leg.exchange, leaves


def _overlap(one: Range | None, other: Range | None) -> bool:
    if one is None or other is None:
        return True
    starts_before = one.end is None or other.start is None or other.start < one.end
    return starts_before and (other.end is None or one.start is None or one.start < other.end)


def _both(one: Range | None, other: Range | None) -> Range | None:
    """The days from the first of both to the last."""
    if one is None or other is None:
        return None
    start = min(one.start, other.start) if one.start and other.start else None
    end = max(one.end, other.end) if one.end and other.end else None
    return Range(one.field, start, end)
