"""Resolve names in dbt's questions: `listing__user__home_state` is a dimension, a path to it, and a column.

Each fact of a question follows the entities in a name. The result is the shortest `via` that leads every fact to the
dataset that dbt means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from semantic.errors import NoPath, UnknownName
from semantic.interop.dbt.reference import METRIC_TIME, Reference
from semantic.interop.names import fit_name
from semantic.model.definitions import Dataset, Dimension, EntityKind
from semantic.model.join_graph import JoinPath, distance
from semantic.model.model import Model
from semantic.query.query import DATE


@dataclass(frozen=True, slots=True)
class Place:
    """A dimension, its dataset, and the path by which one fact reaches that dataset."""

    dimension: Dimension
    path: JoinPath
    spelled: tuple[str, ...]  # the entities as dbt writes them, including its own key if spelled


@dataclass(frozen=True, slots=True)
class ResolvedName:
    """A name in Samepage's terms.

    `dim` is `date` for metric_time. `column` is dbt's name in the result, without granularity.
    """

    dim: str
    via: str | None
    column: str
    dimension: Dimension | None

    @property
    def default_grain(self) -> str:
        """The default granularity of a time dimension: its own, but at least a day."""
        if self.dimension is None or self.dimension.kind != "time":
            return ""
        return self.dimension.days_grain.value


class Names:
    """The names of a model as dbt's users write them.

    `called` has the names that Samepage's export wrote, by dataset and dimension.
    """

    def __init__(self, model: Model, called: Mapping[tuple[str, str], str] | None = None) -> None:
        self.model = model
        self._called: dict[str, list[Dimension]] = {}
        for group in model.dimensions.values():
            for dimension in group:
                there = (called or {}).get((dimension.dataset, dimension.name), dimension.name)
                for name in {dimension.name, there, *dimension.synonyms}:
                    self._called.setdefault(name, []).append(dimension)

    def find(self, asked: Reference, facts: Sequence[str]) -> ResolvedName:
        """Return what a name refers to in questions over these datasets. Raises UnknownName, NoPath."""
        asked = self._in_lower_case(asked)
        if asked.name == METRIC_TIME and not asked.path:
            return ResolvedName(DATE, None, METRIC_TIME, None)
        if not facts:
            return self._without_facts(asked)
        places = [self._place(asked, fact) for fact in facts]
        first = places[0]
        via = next((way for way in _ways(places) if self._all_lead(way, places, facts)), None)
        spelled = max((place.spelled for place in places), key=len)
        return ResolvedName(first.dimension.name, via, "__".join((*spelled, asked.name)), first.dimension)

    def _in_lower_case(self, asked: Reference) -> Reference:
        """Return a name as dbt reads it, in lower case, unless one of our names has these capital letters."""
        if asked.name in self._called:
            return asked
        return replace(asked, name=asked.name.lower(), path=tuple(step.lower() for step in asked.path))

    def _without_facts(self, asked: Reference) -> ResolvedName:
        """Return what a name refers to without a metric: a dimension of the dataset whose key is its last entity."""
        dimensions = self._known(asked)
        if not asked.path and any(
            asked.name in own_keys(self.model.datasets[dimension.dataset]) for dimension in dimensions
        ):
            return ResolvedName(
                dimensions[0].name, asked.name, asked.name, dimensions[0]
            )  # the members of the key's dataset
        for dimension in dimensions:
            dataset = self.model.datasets[dimension.dataset]
            if not asked.path or fit_name(asked.path[-1]) in own_keys(dataset):
                alone = len(self.model.dimensions[dimension.name]) == 1
                via = None if alone or not asked.path else ".".join(asked.path)
                return ResolvedName(dimension.name, via, "__".join((*asked.path, asked.name)), dimension)
        return self._far(asked, dimensions)

    def _far(self, asked: Reference, dimensions: Sequence[Dimension]) -> ResolvedName:
        """Return what a name refers to without a metric, if its path begins with a dataset that joins the dimension."""
        for dataset in self.model.datasets.values():
            if fit_name(asked.path[0]) in own_keys(dataset):
                for place in self._places(asked, dataset, dimensions):
                    via = ".".join(edge.role for edge in place.path)
                    return ResolvedName(
                        place.dimension.name, via, "__".join((*asked.path, asked.name)), place.dimension
                    )
        raise self._unknown(asked)

    def _known(self, asked: Reference) -> list[Dimension]:
        dimensions = self._called.get(asked.name)
        if not dimensions:
            raise self._unknown(asked)
        return dimensions

    def _unknown(self, asked: Reference) -> UnknownName:
        return UnknownName("__".join((*asked.path, asked.name)), self._called, kind="dimension")

    def _place(self, asked: Reference, fact: str) -> Place:
        """Return the shortest path from one fact to a dimension. Raises NoPath.

        It can be the full path in the name, start after the fact's own key, or start with an entity that the fact
        refers to.
        """
        known = self._known(asked)
        places = list(self._places(asked, self.model.datasets[fact], known))
        if not places:
            name = "__".join((*asked.path, asked.name))
            message = f"{name!r} can't be reached from {fact!r}: there is no join path."
            raise NoPath(message, names=(name, fact))
        return min(places, key=lambda place: (len(place.spelled) - len(asked.path), distance(place.path)))

    def _places(self, asked: Reference, fact: Dataset, dimensions: Sequence[Dimension]) -> Iterator[Place]:
        own = own_keys(fact)
        for dimension in dimensions:
            for path in self.model.joins.paths(fact.name).get(dimension.dataset, ()):
                spelled, wanted = tuple(edge.role for edge in path), tuple(fit_name(name) for name in asked.path)
                if spelled == wanted or (wanted and wanted[0] in own and spelled == wanted[1:]):
                    yield Place(dimension, path, asked.path)
                elif spelled[len(spelled) - len(wanted) :] == wanted:
                    yield Place(dimension, path, spelled)

    def _all_lead(self, via: str | None, places: Sequence[Place], facts: Sequence[str]) -> bool:
        return all(self._leads(via, place, fact) for place, fact in zip(places, facts, strict=True))

    def _leads(self, via: str | None, place: Place, fact: str) -> bool:
        """Return whether our rule for `via`, the single shortest path through it, gives exactly this path."""
        paths = self.model.joins.paths(fact)
        group = self.model.dimensions[place.dimension.name]
        own = own_keys(self.model.datasets[fact]) - {fact}
        fitting = [
            (dimension.dataset, path)
            for dimension in group
            for path in paths.get(dimension.dataset, ())
            if via is None or _goes_through(path, via, own)
        ]
        nearest = min((distance(path) for _, path in fitting), default=None)
        return [candidate for candidate in fitting if distance(candidate[1]) == nearest] == [
            (place.dimension.dataset, place.path)
        ]


def own_keys(dataset: Dataset) -> set[str]:
    """Return the possible prefixes of a dataset's own dimensions: the entities that are its keys, and its name."""
    return {dataset.name, *(entity.name for entity in dataset.entities if entity.kind is not EntityKind.FOREIGN)}


def _ways(places: Sequence[Place]) -> Iterator[str | None]:
    """Yield None, and then every run of consecutive roles in the paths, shortest first.

    A fact's own key is included under its name.
    """
    yield None
    found: list[tuple[str, ...]] = [place.spelled[:1] for place in places if place.spelled]
    for place in places:
        roles = [edge.role for edge in place.path]
        found += [tuple(roles[a:b]) for a in range(len(roles)) for b in range(a + 1, len(roles) + 1)]
    yield from (".".join(one) for one in sorted(dict.fromkeys(found), key=len))


def _goes_through(path: JoinPath, via: str, own: set[str]) -> bool:
    names = [edge.role for edge in path]
    wanted = via.split(".")
    if not path and via in own:
        return True
    return any(names[start : start + len(wanted)] == wanted for start in range(len(names)))
