"""Suggest values for the form: datasets of clicks and conversions, and breakdowns that identify their rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from semantic.errors import SemanticError
from semantic.model.definitions import Dataset, Dimension, TypeKind
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Query
from semantic.services.reconciling.checking import has_times, is_number
from semantic.workspace import Workspace

MOST_VALUES: Final = 50
_PERSON: Final = re.compile(r"(^|_)(subject|customer|person|people|user|visitor|member|buyer|contact)s?(_|$)")
_KIND: Final = re.compile(r"(^|_)(type|kind)$")
_ORDER: Final = re.compile(r"(^|_)(order|source|transaction)(_|$)")
_PLATFORM: Final = re.compile(r"(^|_)(platform|network|ad_source)(_|$)")
_CAMPAIGN: Final = re.compile(r"(^|_)campaign(_|$)")
_CLICK: Final = re.compile(r"click|session|visit")
_VALUE: Final = re.compile(r"(^|_)(value|amount|revenue)(_|$)")
_VIEW: Final = re.compile(r"view|impression")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A dataset's breakdowns by their likely role. A role without a breakdown has ""."""

    dataset: str
    label: str
    id: str
    person: str
    at: str
    kind: str
    order: str
    numbers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # of text or yes and no


def datasets(seen: VisibleModel) -> list[Suggested]:
    """Return the datasets that someone can see and whose rows each have a person and a time."""
    found = [_suggested(dataset, seen) for dataset in seen.model.datasets.values() if len(dataset.grain) == 1]
    return [one for one in found if one.id and one.person and one.at]


def _suggested(dataset: Dataset, seen: VisibleModel) -> Suggested:
    dimensions = [each for each in dataset.dimensions.values() if seen.shows_dimension(each)]
    key = dataset.grain[0]
    return Suggested(
        dataset=dataset.name,
        label=dataset.label or dataset.name,
        id=_first(dimensions, lambda each: set(each.sql.columns) == {key}),
        person=_first(dimensions, lambda each: any(_PERSON.search(column) for column in each.sql.columns)),
        at=_time(dataset, dimensions),
        kind=_first(dimensions, lambda each: _KIND.search(each.name) is not None),
        order=_first(
            dimensions, lambda each: any(_ORDER.search(column) and column != key for column in each.sql.columns)
        ),
        numbers=tuple(each.name for each in dimensions if is_number(each)),
        others=tuple(each.name for each in dimensions if each.type.kind in (TypeKind.STRING, TypeKind.BOOLEAN)),
    )


def likely_value(one: Suggested) -> str:
    """Return the breakdown that is probably a conversion's value, or "" if none is."""
    return next((name for name in one.numbers if _VALUE.search(name)), "")


def usable(seen: VisibleModel, metrics: Sequence[str]) -> list[Dimension]:
    """Return the breakdowns that can split all of these metrics with at most one join."""
    return [each for each in seen.dimensions if all(can_split(seen, metric, each.name) for metric in metrics)]


def can_split(seen: VisibleModel, metric: str, dimension: str) -> bool:
    """Whether a metric's dataset has a breakdown, or references a dataset that has it."""
    dataset = seen.model.datasets[seen.metric(metric).measure.partition(".")[0]]
    if dimension in dataset.dimensions:
        return True
    foreign = {entity.name for entity in dataset.entities}
    return any(
        entity.name in foreign and entity.kind == "primary"
        for place in seen.places(dimension)
        for entity in seen.model.datasets[place.dataset].entities
    )


def named(names: Sequence[str], what: str) -> str:
    """Return the name that looks like a `platform` or a `campaign`, depending on `what`, or ""."""
    pattern = _PLATFORM if what == "platform" else _CAMPAIGN
    exact = [name for name in names if name == what]
    return next(iter(exact or [name for name in names if pattern.search(name)]), "")


def is_click(value: str) -> bool:
    return _CLICK.search(value.lower()) is not None


def is_view(value: str) -> bool:
    return _VIEW.search(value.lower()) is not None and not is_click(value)


def values_of(workspace: Workspace, actor: Actor, dimension: str, dataset: str) -> list[str]:
    """Return a breakdown's values in the dataset's rows that someone can see. Empty if the values can't be listed."""
    seen = workspace.visible(actor)
    counts = [metric.name for metric in seen.metrics if metric.is_simple and metric.measure.startswith(f"{dataset}.")]
    # A metric says among which rows; without one, the model finds the only place that has the breakdown.
    for metrics in (*((name,) for name in counts[:1]), ()):
        try:
            values, _ = workspace.values(dimension, Query(metrics=metrics), actor, limit=MOST_VALUES)
        except SemanticError:
            continue
        return sorted(str(value) for value in values if value is not None)
    return []


def _first(dimensions: Sequence[Dimension], fits: Callable[[Dimension], bool]) -> str:
    return next((each.name for each in dimensions if each.kind != "time" and fits(each)), "")


def _time(dataset: Dataset, dimensions: Sequence[Dimension]) -> str:
    times = [each.name for each in dimensions if has_times(each)]
    return dataset.time if dataset.time in times else next(iter(times), "")
