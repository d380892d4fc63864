"""A model: all governed definitions at one version, and how their datasets join."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from semantic.model.annotations import AnnotationSource
from semantic.model.calendars import CalendarPeriod, CalendarTable
from semantic.model.contract import Contract
from semantic.model.definitions import Dataset, Described, Dimension, EntityKind, Measure, Metric, Segment
from semantic.model.domains import Domain
from semantic.model.join_graph import JoinGraph, build_join_graph
from semantic.model.named_analyses import NamedAnalysis
from semantic.model.naming import NamingRule, with_naming, without_naming
from semantic.model.policies import Policy
from semantic.model.policy_tests import PolicyTest
from semantic.model.settings import Settings

_Thing = TypeVar("_Thing", bound=Described)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Everything that a model's files define. Names are unique within each kind of object.

    The rest of a model is derived from these definitions.
    """

    settings: Settings
    version: str
    datasets: tuple[Dataset, ...]
    metrics: tuple[Metric, ...]
    segments: tuple[Segment, ...]
    policies: tuple[Policy, ...]
    policy_tests: tuple[PolicyTest, ...]
    annotations: tuple[AnnotationSource, ...]
    calendars: tuple[CalendarTable, ...]
    naming: tuple[NamingRule, ...] = ()
    domains: tuple[Domain, ...] = ()
    analyses: tuple[NamedAnalysis, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All governed definitions at one version.

    `version` is a digest of the model's files. `memo` caches what other code computes from the model, each under its
    own key, for as long as the model exists.
    """

    settings: Settings
    version: str
    datasets: Mapping[str, Dataset]
    metrics: Mapping[str, Metric]
    dimensions: Mapping[str, tuple[Dimension, ...]]  # a name can be in several datasets: a conformed dimension
    segments: Mapping[str, Segment]
    policies: tuple[Policy, ...]
    policy_tests: tuple[PolicyTest, ...] = ()
    joins: JoinGraph = field(compare=False, repr=False)
    memo: dict[tuple[str, str], object] = field(default_factory=dict, init=False, compare=False, repr=False)
    annotations: Mapping[str, AnnotationSource] = field(default_factory=lambda: MappingProxyType({}))
    calendars: Mapping[str, CalendarTable] = field(default_factory=lambda: MappingProxyType({}))
    naming: Mapping[str, NamingRule] = field(default_factory=lambda: MappingProxyType({}))
    domains: Mapping[str, Domain] = field(default_factory=lambda: MappingProxyType({}))
    analyses: Mapping[str, NamedAnalysis] = field(default_factory=lambda: MappingProxyType({}))

    def places_of(self, dimension: str) -> tuple[Dimension, ...]:
        """Return the dimensions of this name outside uploads, or those in uploads if there are no others.

        This keeps a person's upload from affecting other data.
        """
        places = self.dimensions.get(dimension, ())
        return tuple(place for place in places if not self.datasets[place.dataset].origin) or places

    def versions_of(self, thing: str) -> Dataset | None:
        """Return the dataset of an entity's versions, or None unless the entity's key identifies one version there."""
        owners = [
            (dataset, entity.columns)
            for dataset in self.datasets.values()
            for entity in dataset.entities
            if entity.entity == thing and entity.kind is not EntityKind.FOREIGN
        ]
        of_one = [
            dataset for dataset, columns in owners if dataset.history and set(columns) != set(dataset.history.key)
        ]
        return of_one[0] if len(of_one) == len(owners) == 1 else None

    def measure(self, reference: str) -> Measure:
        """Return the measure for a reference such as `orders.revenue`, which must exist."""
        dataset, _, name = reference.partition(".")
        return self.datasets[dataset].measures[name]

    def period(self, name: str) -> tuple[CalendarTable, CalendarPeriod] | None:
        """Return the calendar period of this name with its calendar, or None."""
        matches = (
            (table, period) for table in self.calendars.values() for period in table.periods if period.name == name
        )
        return next(matches, None)


def make_model(written: Definitions) -> Model:
    """Return the model with these definitions, including its conformed dimensions and joins."""
    datasets = _by_name(with_naming(written.datasets, written.naming))
    conformed: dict[str, list[Dimension]] = {}
    for dataset in sorted(datasets.values(), key=lambda each: bool(each.origin)):  # the first isn't someone's upload
        for dimension in dataset.dimensions.values():
            conformed.setdefault(dimension.name, []).append(dimension)
    return Model(
        settings=written.settings,
        version=written.version,
        datasets=datasets,
        metrics=_by_name(written.metrics),
        dimensions=MappingProxyType({name: tuple(dimensions) for name, dimensions in conformed.items()}),
        segments=_by_name(written.segments),
        policies=written.policies,
        policy_tests=written.policy_tests,
        joins=build_join_graph(datasets),
        annotations=_by_name(written.annotations),
        calendars=_by_name(written.calendars),
        naming=_by_name(written.naming),
        domains=_by_name(written.domains),
        analyses=_by_name(written.analyses),
    )


def with_own_contracts(model: Model) -> Model:
    """Return a copy of a model. Settling certifications in the copy doesn't affect the original."""
    return replace(
        model,
        metrics=_by_name(replace(metric, contract=Contract()) for metric in model.metrics.values()),
        analyses=_by_name(replace(analysis, contract=Contract()) for analysis in model.analyses.values()),
    )


def definitions_of(model: Model) -> Definitions:
    """Return the definitions in a model's files."""
    return Definitions(
        settings=model.settings,
        version=model.version,
        datasets=without_naming(model.datasets.values()),
        metrics=tuple(model.metrics.values()),
        segments=tuple(model.segments.values()),
        policies=model.policies,
        policy_tests=model.policy_tests,
        annotations=tuple(model.annotations.values()),
        calendars=tuple(model.calendars.values()),
        naming=tuple(model.naming.values()),
        domains=tuple(model.domains.values()),
        analyses=tuple(model.analyses.values()),
    )


def _by_name(things: Iterable[_Thing]) -> Mapping[str, _Thing]:
    return MappingProxyType({thing.name: thing for thing in things})
