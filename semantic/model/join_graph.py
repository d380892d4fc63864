"""How datasets join: every many-to-one path from a dataset, or the reason why there is none.

Entities are the edges. An entity joins each dataset that has the same entity as a primary or unique key. Following an
edge to such a key never repeats a row. Following it back from a foreign key does, which is a fan-out. Two datasets with
the same key join in both directions.

A dataset can also be joined by its own foreign key if that key is unique in it, such as from a lead to its only deal.
Such a hop is called `beside`. It's a last resort, and no path uses it if another path exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from semantic.model.definitions import Dataset, Entity, EntityKind, Partition, Validity
from semantic.model.expression import Expression

MAX_HOPS, MOST_PATHS = 4, 2_000


@dataclass(frozen=True, slots=True)
class Edge:
    """One many-to-one hop: `columns` of `source` equal `target_columns`, a key, of `target`. `role` names the hop.

    `current` is set on a hop from a version to the current one. Only rows that pass it are joined. `validity` is set on
    a hop to versions, and joins the version that was valid at the time of the path's fact. `partitions` are columns
    that must be equal too: the dataset on the path, its column, and the target's column. `weight` is set on a hop to
    the links of a bridge, of which there can be many, and is the share of each link. `parts_of_key` are the target's
    columns without which its key isn't unique. All of them must be matched. `beside` is true for a hop to a dataset by
    that dataset's own foreign key, which is unique in it, such as from a lead to its only deal.
    """

    source: str
    role: str
    target: str
    columns: tuple[str, ...]
    target_columns: tuple[str, ...]
    current: Expression | None = None
    validity: Validity | None = None
    partitions: tuple[tuple[str, str, str], ...] = ()
    parts_of_key: frozenset[str] = frozenset()
    weight: str = ""
    beside: bool = False

    @property
    def needs_key_alone(self) -> bool:
        """Whether the joined row depends only on the key, and on nothing else in the source row."""
        return self.validity is None and not self.partitions and not self.weight


JoinPath = tuple[Edge, ...]
"""The hops from a fact outwards. Empty for the fact itself."""


def roles(path: JoinPath) -> str:
    """Return the entity roles of a path as text: `campaign.channel`."""
    return ".".join(edge.role for edge in path)


def goes_beside(path: JoinPath) -> bool:
    """Whether a path has a hop by the target's own foreign key, such as from a lead to its only deal."""
    return any(edge.beside for edge in path)


def distance(path: JoinPath) -> tuple[bool, int]:
    """Return a sort key for paths: shorter paths first, and paths with a `beside` hop after all others."""
    return goes_beside(path), len(path)


def paths_by_rule(paths: Sequence[JoinPath], via: str) -> tuple[JoinPath, ...]:
    """Return the paths that a row rule's `via` names: the exact path if it's written out, otherwise the paths through
    that role.
    """
    written_out = tuple(path for path in paths if roles(path) == via)
    return written_out or tuple(path for path in paths if not via or via in {edge.role for edge in path})


@dataclass(frozen=True)
class JoinGraph:
    """The edges of a model, and each dataset's paths, which are computed on first use."""

    edges: Mapping[str, Sequence[Edge]]
    partitions: Mapping[str, Sequence[Partition]] = field(default_factory=dict[str, Sequence[Partition]])
    _paths: dict[str, dict[str, tuple[JoinPath, ...]]] = field(default_factory=dict, compare=False, repr=False)

    def paths(self, source: str) -> Mapping[str, tuple[JoinPath, ...]]:
        """Return every dataset that can be reached from `source` by many-to-one hops, with its paths, shortest first.

        No path visits a dataset twice, and the source itself has the empty path. Datasets with the same key are each
        joined directly, never through one another.
        """
        if source not in self._paths:
            found_paths: dict[str, list[JoinPath]] = {source: [()]}
            frontier: list[tuple[str, JoinPath]] = [(source, ())]
            count = 0
            for _ in range(MAX_HOPS):
                following: list[tuple[str, JoinPath]] = []
                for here, path in frontier:
                    for edge in self.edges.get(here, ()):
                        if edge.target != source and not _goes_round(path, edge, found_paths.get(edge.target, ())):
                            hop = self._in_one_part(path, edge)
                            if hop.parts_of_key - {theirs for _, _, theirs in hop.partitions}:
                                continue  # the key is in every partition, and nothing says which one applies
                            longer = (*path, hop)
                            found_paths.setdefault(edge.target, []).append(longer)
                            following.append((edge.target, longer))
                            count += 1
                    if count > MOST_PATHS:  # the model is refused for it
                        break
                frontier = following
            self._paths[source] = {target: _nearest(paths) for target, paths in found_paths.items()}
        return self._paths[source]

    def _in_one_part(self, path: JoinPath, edge: Edge) -> Edge:
        """Return the edge with the partitions that its target shares with datasets on the path, nearest first.

        Datasets on the path without such a partition are skipped, so a fact's partitions can join those of distant
        datasets.
        """
        shared: list[tuple[str, str, str]] = []
        for mine in self.partitions.get(edge.target, ()):
            for source in reversed([*(hop.source for hop in path), edge.source]):
                partition = next(
                    (candidate for candidate in self.partitions.get(source, ()) if candidate.name == mine.name), None
                )
                if partition is not None:
                    shared.append((source, partition.column, mine.column))
                    break
        return replace(edge, partitions=tuple(shared)) if shared else edge

    def repeats_rows(self, source: str, target: str) -> bool:
        """Whether `target` refers to `source`, so that joining it would repeat rows of `source`, a fan-out."""
        return source != target and source in self.paths(target)


def _goes_round(path: JoinPath, edge: Edge, known: Sequence[JoinPath]) -> bool:
    """Whether a hop returns to a dataset on the path, or makes a detour through a dataset whose key already leads
    directly to the target.
    """
    if path and path[-1].target_columns == edge.columns:
        last, before = path[-1], path[:-1]
        if any(edges and edges[:-1] == before and edges[-1].columns == last.columns for edges in known):
            return True
    return edge.target in {hop.target for hop in path}


def _nearest(paths: Sequence[JoinPath]) -> tuple[JoinPath, ...]:
    """Return the paths to one dataset, without paths that have a `beside` hop if there are others."""
    return tuple(path for path in paths if not goes_beside(path)) or tuple(paths)


def build_join_graph(datasets: Mapping[str, Dataset]) -> JoinGraph:
    """Return the edges between `datasets`, in order of declaration."""
    keys: dict[str, list[tuple[str, tuple[str, ...], bool]]] = {}
    for dataset in datasets.values():
        for entity in dataset.entities:
            if entity.kind is not EntityKind.FOREIGN:
                keys.setdefault(entity.entity, []).append((dataset.name, entity.columns, False))
    for dataset in datasets.values():
        for entity in dataset.entities:
            if entity.entity in keys and is_own_key(entity, dataset):
                keys[entity.entity].append((dataset.name, entity.columns, True))
    edges: dict[str, list[Edge]] = {}
    for dataset in datasets.values():
        for entity in dataset.entities:
            for target, columns, beside in keys.get(entity.entity, ()):
                there = datasets[target]
                if target != dataset.name and len(columns) == len(entity.columns) and is_together(dataset, there):
                    edge = Edge(
                        dataset.name,
                        entity.name,
                        target,
                        entity.columns,
                        columns,
                        validity=_validity_of_join(there, columns),
                        parts_of_key=_parts_of_key(there, columns),
                        beside=beside,
                    )
                    edges.setdefault(dataset.name, []).append(edge)
    return JoinGraph(
        {name: tuple(edge) for name, edge in edges.items()},
        {name: dataset.partitions for name, dataset in datasets.items() if dataset.partitions},
    )


def is_together(dataset: Dataset, other: Dataset) -> bool:
    """Whether both tables are in one connection. Rows of two connections are never joined."""
    return dataset.connection == other.connection


def is_own_key(entity: Entity, dataset: Dataset) -> bool:
    """Whether a foreign key is unique in its own dataset, which makes the join one-to-one."""
    if entity.kind is not EntityKind.FOREIGN:
        return False
    others = [
        dataset_entity
        for dataset_entity in dataset.entities
        if dataset_entity.kind in (EntityKind.PRIMARY, EntityKind.UNIQUE)
    ]
    if any(each_entity.entity == entity.entity and each_entity.columns == entity.columns for each_entity in others):
        return False  # it's joined by that key instead
    keys = [dataset.grain, *(each_entity.columns for each_entity in others if each_entity.kind is EntityKind.UNIQUE)]
    return any(set(key) <= set(entity.columns) for key in keys)


def _validity_of_join(target: Dataset, columns: tuple[str, ...]) -> Validity | None:
    """Return the validity by which versions are joined, or None if the key identifies single rows."""
    natural = any(entity.kind is EntityKind.NATURAL and entity.columns == columns for entity in target.entities)
    return target.validity if natural else None


def _parts_of_key(target: Dataset, columns: tuple[str, ...]) -> frozenset[str]:
    """Return the partition columns without which a primary key isn't unique."""
    primary = any(entity.kind is EntityKind.PRIMARY and entity.columns == columns for entity in target.entities)
    parts = {partition.column for partition in target.partitions}
    return frozenset(parts & set(target.grain) - set(columns)) if primary else frozenset()
