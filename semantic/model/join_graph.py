"""How datasets meet: every many-to-one path from a dataset, and why there is none.

Entities make the edges: an entity meets each dataset that has the same one as primary or unique. Following an edge
to such a key never repeats a row; following it back from a foreign one does, which is a fan-out. Two datasets with one
key, a thing and more about it, meet either way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from semantic.model.definitions import Dataset, EntityKind
from semantic.model.expression import Expression

MAX_HOPS, MOST_PATHS = 4, 2_000


@dataclass(frozen=True, slots=True)
class Edge:
    """One many-to-one hop: `columns` of `source` equal `target_columns`, a key, of `target`. `role` names it.

    `current` is set on the hop from a version to the version of today: only rows for which it holds are met.
    """

    source: str
    role: str
    target: str
    columns: tuple[str, ...]
    target_columns: tuple[str, ...]
    current: Expression | None = None


JoinPath = tuple[Edge, ...]
"""Hops from a fact outwards; empty for the fact itself."""


def roles(path: JoinPath) -> str:
    """`campaign.channel`: the entity roles a path goes through."""
    return ".".join(edge.role for edge in path)


@dataclass(frozen=True)
class JoinGraph:
    """Edges of a model, and its paths, found once for each dataset when first asked."""

    edges: Mapping[str, Sequence[Edge]]
    _paths: dict[str, dict[str, tuple[JoinPath, ...]]] = field(default_factory=dict, compare=False, repr=False)

    def paths(self, source: str) -> Mapping[str, tuple[JoinPath, ...]]:
        """Every dataset reachable from `source` by many-to-one hops, with its paths, shortest first.

        No path visits a dataset twice; the source itself is reached by the empty path.
        """
        if source not in self._paths:
            found: dict[str, list[JoinPath]] = {source: [()]}
            frontier: list[tuple[str, JoinPath]] = [(source, ())]
            count = 0
            for _ in range(MAX_HOPS):
                following: list[tuple[str, JoinPath]] = []
                for here, path in frontier:
                    for edge in self.edges.get(here, ()):
                        if edge.target != source and edge.target not in {hop.target for hop in path}:
                            longer = (*path, edge)
                            found.setdefault(edge.target, []).append(longer)
                            following.append((edge.target, longer))
                            count += 1
                    if count > MOST_PATHS:  # the model is refused for it
                        break
                frontier = following
            self._paths[source] = {target: tuple(paths) for target, paths in found.items()}
        return self._paths[source]

    def repeats_rows(self, source: str, target: str) -> bool:
        """Whether `target` points at `source`: joining it would repeat a row of `source`, a fan-out."""
        return source != target and source in self.paths(target)


def build_join_graph(datasets: Mapping[str, Dataset]) -> JoinGraph:
    """The edges between `datasets`, in the order they are declared."""
    keys: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for dataset in datasets.values():
        for entity in dataset.entities:
            if entity.kind is not EntityKind.FOREIGN:
                keys.setdefault(entity.entity, []).append((dataset.name, entity.columns))
    edges: dict[str, list[Edge]] = {}
    for dataset in datasets.values():
        for entity in dataset.entities:
            for target, columns in keys.get(entity.entity, ()):
                if target != dataset.name and len(columns) == len(entity.columns):
                    edge = Edge(dataset.name, entity.name, target, entity.columns, columns)
                    edges.setdefault(dataset.name, []).append(edge)
    return JoinGraph({name: tuple(found) for name, found in edges.items()})
