"""Explain how a metric can be broken down and filtered, and how its totals are calculated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from semantic.errors import NoPath, Refused
from semantic.explore.preflight import Preflight, UnavailableDimension
from semantic.model.definitions import Additivity, Dimension, Granularity, Metric, TypeKind
from semantic.plan.joins.joins import find_field
from semantic.plan.joins.only_for import is_barred
from semantic.plan.measures.metrics import additivity
from semantic.policy.narrow import VisibleModel, measures_of, measures_split
from semantic.query.query import DATE, Query

OWN_DATE = "Its own date"
Filters = Literal["all", "part", "none"]
"""Whether a filter applies to every fact of a metric, to some of them, or can't be used."""

SUMMED, LATEST, RECOMPUTED = "Summed", "Not summed over time", "Recomputed"
"""How the total over a dimension is calculated: summed, summed except over time, or recomputed from the rows."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One dimension of a metric. `ways` has a question for each path, if there are several."""

    dimension: Dimension
    group: str  # the label of its dataset
    fits: bool
    filters: Filters
    grains: str = ""  # of a time dimension: "Day to year"
    total: str = ""
    reason: str = ""  # why it can't be used
    ways: tuple[tuple[str, Query], ...] = ()


def slices(metric: Metric, checked: Preflight, seen: VisibleModel) -> tuple[Slice, ...]:
    """Return every dimension that this person can see.

    The metric's own date comes first, then available dimensions, then unavailable ones, each by group and label.
    `checked` is the preflight of the metric alone.
    """
    adds = additivity(metric, seen.model)
    shortest = _shortest_of_its_dates(metric, seen)
    fitting = [_fitting(dimension, adds, shortest, seen) for dimension in checked.available]
    bases = _bases(metric, seen)
    facts = list(dict.fromkeys(measure.dataset for measure in measures_split(metric, seen.model)))
    filters: dict[tuple[str, ...], Filters] = {}  # by the dimension's datasets, which determine it
    others: list[Slice] = []
    for unavailable in checked.unavailable:
        places = tuple(same.dataset for same in seen.places(unavailable.dimension.name))
        if places not in filters:
            filters[places] = _filters(unavailable.dimension, facts, bases, seen)
        barred = is_barred(metric, unavailable.dimension.name, seen)
        others.append(_other(unavailable, "none" if barred else filters[places], seen))
    return tuple(sorted([*fitting, *others], key=_order))


def _order(slice_: Slice) -> tuple[bool, bool, str, str]:
    label = slice_.dimension.label or slice_.dimension.name
    return not slice_.fits, slice_.dimension.name != DATE, slice_.group.casefold(), label.casefold()


def _shortest_of_its_dates(metric: Metric, seen: VisibleModel) -> Granularity:
    """Return the shortest period for which all parts of a metric are known, such as a month for a budget."""
    times = [(measure.dataset, measure.time) for measure in measures_of(metric, seen.model) if measure.time]
    grains = [seen.model.datasets[dataset].dimensions[time].days_grain for dataset, time in times]
    return max(grains, key=list(Granularity).index, default=Granularity.DAY)


def _fitting(dimension: Dimension, adds: Additivity, shortest: Granularity, seen: VisibleModel) -> Slice:
    is_time = dimension.kind == "time"
    total = {Additivity.FULL: SUMMED, Additivity.SEMI: LATEST if is_time else SUMMED, Additivity.NONE: RECOMPUTED}[adds]
    return Slice(dimension, _group(dimension, seen), True, "all", _grains(dimension, shortest), total)


def _other(unavailable: UnavailableDimension, filters: Filters, seen: VisibleModel) -> Slice:
    ways = tuple((repair.label, repair.query) for repair in unavailable.repairs)
    return Slice(
        unavailable.dimension, _group(unavailable.dimension, seen), False, filters, reason=unavailable.reason, ways=ways
    )


def _bases(metric: Metric, seen: VisibleModel) -> frozenset[str]:
    """Return the facts with the base events of every conversion that the metric uses."""
    waiting, names = [metric], set[str]()
    while waiting:
        current = waiting.pop()
        inputs = [seen.model.metrics[name] for name in current.inputs]
        if current.conversion is not None:
            names.update(measure.dataset for measure in measures_of(inputs[0], seen.model))
        waiting += inputs
    return frozenset(names)


def _filters(dimension: Dimension, facts: Sequence[str], bases: frozenset[str], seen: VisibleModel) -> Filters:
    """Return which facts a filter on a dimension applies to: those that have a path to it.

    The filter isn't possible if it would repeat rows of a fact, or if base events (`bases`) have no path to the
    dimension.
    """
    reached = 0
    for name in facts:
        try:
            find_field(seen.model.datasets[name], seen.places(dimension.name), None, seen, "")
            reached += 1
        except NoPath:
            if name in bases:
                return "none"
        except Refused:
            return "none"
    return "all" if reached == len(facts) else "part" if reached else "none"


def _group(dimension: Dimension, seen: VisibleModel) -> str:
    if dimension.name == DATE:
        return OWN_DATE
    dataset = seen.model.datasets[dimension.dataset]
    return dataset.label or dataset.name.replace("_", " ").capitalize()


def _grains(dimension: Dimension, shortest_of_own: Granularity) -> str:
    """Return the shortest and the longest period of a time dimension. "" for other dimensions."""
    if dimension.kind != "time":
        return ""
    if dimension.name == DATE:
        shortest = shortest_of_own
    elif dimension.type.kind is TypeKind.DATE:
        shortest = dimension.days_grain
    else:
        shortest = dimension.grain or Granularity.HOUR
    return f"{shortest.words.capitalize()} to year"


def filtered(found: Sequence[Slice], text: str) -> list[Slice]:
    """Return the dimensions whose label, group or synonyms contain every word of `text`."""
    words = text.casefold().split()
    return [
        each_slice
        for each_slice in found
        if all(
            word in " ".join([each_slice.dimension.label, each_slice.group, *each_slice.dimension.synonyms]).casefold()
            for word in words
        )
    ]
