"""A model: all governed definitions at one version, and how their datasets meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from semantic.model.definitions import (
    AnnotationSource,
    CalendarPeriod,
    CalendarTable,
    Dataset,
    Dimension,
    EntityKind,
    Measure,
    Metric,
    Segment,
    Settings,
)
from semantic.model.join_graph import JoinGraph
from semantic.model.policies import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All governed definitions at one version. `version` is a digest of the files it was read from.

    `memo` keeps what others have worked out of it, by their own keys, for as long as it lives.
    """

    settings: Settings
    version: str
    datasets: Mapping[str, Dataset]
    metrics: Mapping[str, Metric]
    dimensions: Mapping[str, tuple[Dimension, ...]]  # one name may stand on several datasets: a conformed dimension
    segments: Mapping[str, Segment]
    policies: tuple[Policy, ...]
    joins: JoinGraph = field(compare=False, repr=False)
    memo: dict[tuple[str, str], object] = field(default_factory=dict, init=False, compare=False, repr=False)
    annotations: Mapping[str, AnnotationSource] = field(default_factory=lambda: MappingProxyType({}))
    calendars: Mapping[str, CalendarTable] = field(default_factory=lambda: MappingProxyType({}))

    def versions_of(self, thing: str) -> Dataset | None:
        """The dataset of versions of a thing, where its entity is the key of one version and not of the thing."""
        owners = [
            (dataset, one.columns)
            for dataset in self.datasets.values()
            for one in dataset.entities
            if one.entity == thing and one.kind is not EntityKind.FOREIGN
        ]
        of_one = [one for one, columns in owners if one.history and set(columns) != set(one.history.key)]
        return of_one[0] if len(of_one) == len(owners) == 1 else None

    def measure(self, reference: str) -> Measure:
        """The measure of a checked "dataset.measure" reference."""
        dataset, _, name = reference.partition(".")
        return self.datasets[dataset].measures[name]

    def period(self, name: str) -> tuple[CalendarTable, CalendarPeriod] | None:
        """The calendar that has a period of that name, and the period."""
        found = ((table, one) for table in self.calendars.values() for one in table.periods if one.name == name)
        return next(found, None)
