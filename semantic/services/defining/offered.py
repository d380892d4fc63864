"""What a person can use in a definition. Forms and completions offer only these parts.

Central stewards can use everything whose rows they can see. A team's stewards can use the metrics of the core and of
their team, the measures of core metrics without conditions, and the columns of dimensions that they see unmasked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from semantic.governance.domains import is_central
from semantic.model.definitions import Dataset, Dimension
from semantic.model.domains import columns_read_by
from semantic.model.model import Model
from semantic.policy.domains import domains_stewarded
from semantic.policy.narrow import VisibleModel

_Value = TypeVar("_Value")


def usable_model(seen: VisibleModel) -> Model:
    """Return the model without names that this person can't use in a definition. Use it only to offer choices."""
    model, is_all = seen.model, is_central(seen.actor)
    led = domains_stewarded(seen.actor, model.domains.values())
    metrics = {one.name: one for one in seen.metrics if is_all or not one.domain or one.domain in led}
    counted = {one.measure for one in metrics.values() if not one.domain and one.filter is None and one.where is None}
    datasets = {
        name: dataset if is_all else _narrowed(dataset, counted, led, seen)
        for name, dataset in model.datasets.items()
        if seen.shows_fact(name)
    }
    dimensions = {one.name: seen.places(one.name) for one in seen.dimensions if is_all or is_open(one, seen)}
    return replace(
        model,
        datasets=datasets,
        metrics=metrics,
        dimensions=MappingProxyType(dimensions),
        segments={one.name: one for one in seen.segments if is_all or not one.domain or one.domain in led},
        domains={name: one for name, one in model.domains.items() if is_all or name in led},
        policies=model.policies if is_all else (),
    )


def open_columns(seen: VisibleModel, dataset: str) -> frozenset[str]:
    """Return the columns of a dataset that this actor can use in conditions.

    Columns that are hidden or masked for the actor are excluded. A team's stewards can only use columns that a
    dimension reads.
    """
    target = seen.model.datasets[dataset]
    columns = frozenset(target.columns)
    if not is_central(seen.actor):
        columns &= {*columns_read_by(one for one in target.dimensions.values() if seen.shows_dimension(one))}
    return columns - seen.closed_columns(dataset)


def is_open(dimension: Dimension, seen: VisibleModel) -> bool:
    """Whether this actor sees a dimension unmasked.

    For a team's stewards, that applies to every dataset that has it.
    """
    if seen.mask(dimension.name) is not None:
        return False
    shown = {place.dataset for place in seen.places(dimension.name)}
    everywhere = {place.dataset for place in seen.model.places_of(dimension.name)}
    return bool(shown) and (is_central(seen.actor) or shown >= everywhere)


def _narrowed(dataset: Dataset, counted: set[str], led: frozenset[str], seen: VisibleModel) -> Dataset:
    is_theirs = bool(dataset.domain) and dataset.domain in led
    columns = open_columns(seen, dataset.name)
    return replace(
        dataset,
        columns=_some(dataset.columns, columns),
        dimensions=_some(dataset.dimensions, {n for n, one in dataset.dimensions.items() if seen.shows_dimension(one)}),
        measures=_some(
            dataset.measures, {name for name in dataset.measures if is_theirs or f"{dataset.name}.{name}" in counted}
        ),
    )


def _some(every: Mapping[str, _Value], kept: frozenset[str] | set[str]) -> Mapping[str, _Value]:
    return MappingProxyType({name: value for name, value in every.items() if name in kept})
