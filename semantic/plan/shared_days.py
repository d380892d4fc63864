"""Read rows by day once for several legs, such as a period and its comparison, or a number and its window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semantic.model.definitions import Granularity
from semantic.model.replace_fields import replace_fields
from semantic.plan.rewrites import has_parts
from semantic.plan.tree.fields import Range, SaidTest
from semantic.plan.tree.nodes import Leg
from semantic.plan.tree.shape import Shape


@dataclass(frozen=True, slots=True)
class DaysTable:
    """Rows by day that several legs read: the first step of `leg`, over the days of all these legs.

    Without a name, it isn't a table of its own but part of a single leg.
    """

    name: str
    leg: Leg


def date_key(leg: Leg) -> int | None:
    """Return the index of the key that is the date of a leg's rows, or None."""
    date = leg.days.field if leg.days else leg.time
    fields = [key.field for key in leg.keys]
    return fields.index(date) if date is not None and date in fields else None


def share_days(legs: Sequence[Leg]) -> dict[int, DaysTable]:
    """Return the table of rows by day of each leg that shares one, by the leg's index.

    Legs share a table if they differ only in which days they read or where rows appear, and if their days overlap. For
    two years compared with the year before each, the year in between is read once. A running total reads the same rows
    as the numbers next to it.
    """
    share_days: dict[int, DaysTable] = {}
    groups: list[tuple[object, list[int]]] = []
    daily = [index for index, leg in enumerate(legs) if is_by_day(leg) and not (leg.days and leg.days.same)]
    for index in daily if len(daily) > 1 else ():
        same = but_for_its_days(legs[index])
        known = next((places for group, places in groups if group == same), None)
        if known is None:
            groups.append((same, known := []))
        known.append(index)
    for _, (first, *others) in groups:
        days, together = legs[first].days, [first]
        for place in others:
            if _overlap(days, legs[place].days):
                days = _both(days, legs[place].days)
                together.append(place)
        if len(together) > 1:
            share_days |= dict.fromkeys(together, DaysTable(f"_days{first}", _first_step(legs[first], days)))
    return share_days


def days_of(leg: Leg) -> DaysTable | None:
    """Return a leg's own rows by day, or None if the leg isn't aggregated by day."""
    return DaysTable("", _first_step(leg, leg.days)) if is_by_day(leg) else None


def _first_step(leg: Leg, days: Range | None) -> Leg:
    return replace_fields(leg, days=days, laid=None, filled=None, shape=Shape.DAY_FIRST, of_period=())


def is_by_day(leg: Leg) -> bool:
    """Return whether a leg is aggregated by day first."""
    if leg.shape is Shape.DAY_FIRST:
        return date_key(leg) is not None
    laid = leg.laid
    if laid is None or leg.balance or leg.converted or leg.exchange or leg.shared or not has_parts(leg):
        return False
    plain_days = laid.periods is None and not laid.of_rows and laid.spine.unit is Granularity.DAY
    other_dates = any(key.by_day for key in leg.keys if key.field != leg.time)  # the table would have only their days
    of_days = any(isinstance(test, SaidTest) for test in leg.where)
    return plain_days and date_key(leg) is not None and not other_dates and not of_days


def but_for_its_days(leg: Leg) -> object:
    """Return the properties that legs must have in common to share rows by day."""
    keys = tuple((key.name, key.field, key.by_day) for key in leg.keys)
    leaves = tuple((leaf.measure, leaf.filter, leaf.thing) for leaf in leg.leaves)
    return leg.dataset.name, leg.joins, leg.late, keys, leg.where, leg.restrictions, leg.exchange, leaves


def _overlap(days: Range | None, other: Range | None) -> bool:
    if days is None or other is None:
        return True
    starts_before = days.end is None or other.start is None or other.start < days.end
    return starts_before and (other.end is None or days.start is None or days.start < other.end)


def _both(days: Range | None, other: Range | None) -> Range | None:
    """Return the days from the earlier start to the later end, with undated rows if either range has them."""
    if days is None or other is None:
        return None
    start = min(days.start, other.start) if days.start and other.start else None
    end = max(days.end, other.end) if days.end and other.end else None
    return Range(days.field, start, end, has_undated=days.has_undated or other.has_undated)
