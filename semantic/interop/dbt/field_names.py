"""Choose names for a model's objects in a dbt project, where every name is unique."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from semantic.interop.dbt.nouns import GRANULARITIES
from semantic.interop.dbt.reference import METRIC_TIME
from semantic.interop.names import fit_name
from semantic.interop.sql_names import is_column
from semantic.model.definitions import Dataset, Dimension, Entity, EntityKind
from semantic.model.model import Model

_FITS = re.compile(r"[a-z](?:(?!__)[a-z0-9_])*[a-z0-9]")


def is_refused(name: str) -> bool:
    """Return whether dbt rejects a name, such as `month`, a single letter, or one that ends in an underscore."""
    return name in (*GRANULARITIES, METRIC_TIME) or not _FITS.fullmatch(name)


def is_sayable(entity: Entity) -> bool:
    """Return whether dbt can join by an entity, which must have one column and no role."""
    if is_refused(entity.name):
        return False
    return len(entity.columns) == 1 and (entity.entity == entity.name or entity.kind is not EntityKind.FOREIGN)


class FieldNames:
    """dbt's names for dimensions and measures.

    `renamed` lists the names that differ from Samepage's: the object, its name, and why.

    A dimension with an entity's name gets the suffix `_name`. If two dimensions have the same key and name, one gets
    its dataset's name as suffix. A measure whose name is taken gets its dataset's name as prefix. A column that is a
    key isn't a dimension in dbt, which groups by the entity instead.
    """

    def __init__(self, model: Model, datasets: Collection[Dataset]) -> None:
        self._model = model
        self._entities = {entity.name for dataset in datasets for entity in dataset.entities if is_sayable(entity)}
        self._taken = {*self._entities, *model.dimensions}
        self._dimensions: dict[tuple[str, str], str] = {}
        self._measures: dict[tuple[str, str], str] = {}
        self.renamed: list[tuple[str, str, str]] = []
        pairs: set[tuple[str, str]] = set()
        for dataset in datasets:
            keys = {entity.name: entity.columns[0] for entity in dataset.entities if is_sayable(entity)}
            for dimension in dataset.dimensions.values():
                is_key = is_column(dimension.sql) and keys.get(dimension.name) == dimension.sql.columns[0]
                name = "" if is_key else self._dimension(dimension, pairs)
                self._dimensions[dataset.name, dimension.name] = name
                pairs.add((self.key(dataset.name), name))
        self._name_measures(datasets)

    def _dimension(self, dimension: Dimension, pairs: Collection[tuple[str, str]]) -> str:
        name, why = dimension.name, ""
        if name in self._entities:
            name, why = f"{name}_name", "dbt has an entity with that name"
        elif is_refused(name):
            name, why = fit_name(f"{name}_value"), "dbt reserves that name"
        if why and name in self._taken:
            name = fit_name(name, self._taken, dimension.dataset)
        if (self.key(dimension.dataset), name) in pairs:
            why = f"dbt allows one {name} for each {self.key(dimension.dataset)}"
            name = fit_name(f"{name}_of_{dimension.dataset}", self._taken)
        if why:
            self.renamed.append((f"dimension {dimension.name} of {dimension.dataset}", name, why))
        return name

    def _name_measures(self, datasets: Collection[Dataset]) -> None:
        taken = {*self._taken, *self._dimensions.values()}
        for dataset in datasets:
            for measure in dataset.measures.values():
                is_free = measure.name not in taken and not is_refused(measure.name)
                name = measure.name if is_free else fit_name(f"{dataset.name}_{measure.name}", taken)
                self._measures[dataset.name, measure.name] = name
                taken.add(name)

    def key(self, dataset: str) -> str:
        """Return the prefix of a dataset's dimensions: the entity that is its key, or else the dataset's name."""
        entities = self._model.datasets[dataset].entities
        for kind in (EntityKind.PRIMARY, EntityKind.UNIQUE):
            for entity in entities:
                if entity.kind is kind and not is_refused(entity.name):
                    return entity.name
        return fit_name(dataset)

    def is_entity(self, name: str) -> bool:
        return name in self._entities

    def dimension(self, dataset: str, name: str) -> str:
        """Return dbt's name for a dimension, or "" if an entity takes its place."""
        return self._dimensions.get((dataset, name), name)

    def measure(self, dataset: str, name: str) -> str:
        return self._measures[dataset, name]

    def measures(self, dataset: str) -> dict[str, str]:
        """Return dbt's names for a dataset's measures, by Samepage's names."""
        return {mine: name for (owner, mine), name in self._measures.items() if owner == dataset}

    def dimensions(self, dataset: str) -> dict[str, str]:
        """Return dbt's names for a dataset's dimensions, by Samepage's names.

        Dimensions whose place an entity takes aren't included.
        """
        return {mine: name for (owner, mine), name in self._dimensions.items() if owner == dataset and name}

    def fresh_measure(self, stem: str) -> str:
        """Return an unused name for an extra measure, and reserve it."""
        taken = {*self._taken, *self._dimensions.values(), *self._measures.values()}
        name = next(candidate for candidate in _numbered(stem) if candidate not in taken)
        self._measures["", name] = name
        return name


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}_{number}" for number in range(2, 1_000))
