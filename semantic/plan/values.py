"""Questions without metrics: which dataset lists the values, and what is beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from semantic.errors import AmbiguousPath, NoPath, Refused
from semantic.model.definitions import Dataset
from semantic.model.join_graph import JoinPath
from semantic.plan.nodes import Beside, Leg, Output, prefixes
from semantic.plan.versions import check_versions
from semantic.policy.narrow import Visible
from semantic.query.describe import describe_key, join_words, lower_first
from semantic.query.resolve import Asked

MIN, MAX = "__min", "__max"


def values_leg(asked: Asked, lead: Callable[[Dataset], Leg]) -> Leg:
    """The leg over the dataset that reaches every breakdown and filter through the fewest others.

    `lead` makes a leg from a dataset. Members of what it points at that none of its rows has are listed too, beside
    nothing, as far as this actor may see them by themselves. Raises Refused.
    """
    for key in asked.keys:
        if not key.dimensions:
            raise _needs_metric(describe_key(key))
    found: list[Leg] = []
    for dataset in asked.visible.model.datasets.values():
        if asked.visible.shows_fact(dataset.name):
            try:
                found.append(lead(dataset))
            except Refused:
                continue  # another one may reach all of them; the reason of the first breakdown's own is given below
    if not found:
        first = asked.keys[0]
        owner = asked.visible.model.datasets[first.dimensions[0].dataset]
        if len(first.dimensions) == 1 and asked.visible.shows_fact(owner.name):
            lead(owner)
        raise _needs_metric(describe_key(first))
    fewest = min(len(leg.joins) for leg in found)
    nearest = [leg for leg in found if len(leg.joins) == fewest]
    if len(nearest) > 1:
        labels = [describe_key(asked.keys[0]), *(lower_first(describe_key(key)) for key in asked.keys[1:])]
        if len(labels) == 1:
            raise _needs_metric(labels[0])
        places = " and in ".join(lower_first(leg.dataset.label) for leg in nearest)
        message = f"{join_words(labels)} stand together in {places}. Ask together with a metric of one of them."
        raise AmbiguousPath(message, names=tuple(labels))
    leg = nearest[0]
    date = leg.at if leg.at is None or not asked.visible.hides_dates(leg.at.dimension) else None
    check_versions(leg.joins, date, asked, leg.dataset.label)
    return replace(leg, beside=tuple(_beside(leg, asked.visible)))


def range_outputs(outputs: list[Output]) -> list[Output]:
    """The least and most of each key, in place of the keys."""
    return [replace(one, name=f"{one.name}{end}") for one in outputs for end in (MIN, MAX)]


def _needs_metric(label: str) -> NoPath:
    return NoPath(f"{label} is listed together with a metric, and the question has none. Pick one.", names=(label,))


def _beside(leg: Leg, visible: Visible) -> Iterator[Beside]:
    """The hops to breakdowns whose members are listed for themselves. Versions are those of a row, and of no other."""
    wanted = dict.fromkeys(path for key in leg.keys for path in prefixes(key.field.path))
    alone: set[JoinPath] = {()}
    for path in wanted:
        edge = path[-1]
        if path[:-1] in alone and edge.current is None and edge.validity is None and visible.shows_fact(edge.target):
            alone.add(path)
            yield Beside(path, visible.model.datasets[edge.target])
