"""Find how datasets join: every many-to-one path from one dataset to another.

Entities are the edges of the graph. An entity joins a dataset to every dataset that has the same entity as a primary or
unique key. A join to such a key never repeats a row. A join in the other direction does, which is a fan-out. Two
datasets with the same key join in both directions.

A dataset can also be joined by its own foreign key if that key is unique in it, such as from a lead to its only deal.
Such a hop is called `beside`. Paths use it only if there is no other path.
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

    A hop to the current version has the condition `current`, and joins only rows that pass it. A hop to versions has a
    `validity`, and joins the version that was valid at the time of the path's fact. `partitions` are columns that must
    be equal too: the dataset on the path, its column, and the target's column. A hop to a bridge, which can have many
    links per row, has a `weight`: the share of each link. `parts_of_key` are the partition columns that the target's
    key needs to be unique, so a join must match all of them. `beside` is true for a hop to a dataset by that dataset's
    own foreign key, which is unique in it, such as from a lead to its only deal.
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
        """Whether the joined row depends only on the key and on nothing else in the source row."""
        return self.validity is None and not self.partitions and not self.weight


JoinPath = tuple[Edge, ...]
"""The hops from a fact outwards. Empty for the fact itself."""


def roles(path: JoinPath) -> str:
    """Return the entity roles of a path as text: `campaign.channel`."""
    return ".".join(edge.role for edge in path)


def goes_beside(path: JoinPath) -> bool:
    """Return whether a path has a hop by the target's own foreign key, such as from a lead to its only deal."""
    return any(edge.beside for edge in path)


def distance(path: JoinPath) -> tuple[bool, int]:
    """Return a sort key for paths: shorter paths first, and all paths with a `beside` hop last."""
    return goes_beside(path), len(path)


def paths_by_rule(paths: Sequence[JoinPath], via: str) -> tuple[JoinPath, ...]:
    """Return the paths that a row rule's `via` names.

    `via` is either the roles of one path, as in `campaign.channel`, or a role that several paths can go through.
    """
    written_out = tuple(path for path in paths if roles(path) == via)
    return written_out or tuple(path for path in paths if not via or via in {edge.role for edge in path})


@dataclass(frozen=True)
class JoinGraph:
    """The edges between a model's datasets, and the paths from each dataset, which are computed on first use."""

    edges: Mapping[str, Sequence[Edge]]
    partitions: Mapping[str, Sequence[Partition]] = field(default_factory=dict[str, Sequence[Partition]])
    _paths: dict[str, dict[str, tuple[JoinPath, ...]]] = field(default_factory=dict, compare=False, repr=False)

    def paths(self, source: str) -> Mapping[str, tuple[JoinPath, ...]]:
        """Return the paths by many-to-one hops from `source` to every dataset that they reach, shortest first.

        No path visits a dataset twice. The path to the source itself is empty. Datasets with the same key are each
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
        """Return the edge with the partitions that its target shares with datasets on the path, nearest dataset first.

        A dataset on the path that lacks such a partition is skipped, so the partitions of a fact can apply to a dataset
        several hops away.
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
        """Return whether `target` refers to `source`.

        Joining it would then repeat rows of `source`, which is a fan-out.
        """
        return source != target and source in self.paths(target)


def _goes_round(path: JoinPath, edge: Edge, known: Sequence[JoinPath]) -> bool:
    """Return whether a hop leads back to a dataset on the path, or makes a detour.

    A hop is a detour if it leads through a dataset whose key already joins the target directly.
    """
    if path and path[-1].target_columns == edge.columns:
        last, before = path[-1], path[:-1]
        if any(edges and edges[:-1] == before and edges[-1].columns == last.columns for edges in known):
            return True
    return edge.target in {hop.target for hop in path}


def _nearest(paths: Sequence[JoinPath]) -> tuple[JoinPath, ...]:
    """Return the paths to one dataset. Paths with a `beside` hop are left out if there are others."""
    return tuple(path for path in paths if not goes_beside(path)) or tuple(paths)


def build_join_graph(datasets: Mapping[str, Dataset]) -> JoinGraph:
    """Return the join graph of these datasets, with edges in order of declaration."""
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
    """Return whether both datasets are in the same connection. Rows never join across connections."""
    return dataset.connection == other.connection


def is_own_key(entity: Entity, dataset: Dataset) -> bool:
    """Return whether a foreign key is unique in its own dataset, which makes the join one-to-one."""
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
    """Return the validity that selects a version in a join, or None if the key identifies a single row."""
    natural = any(entity.kind is EntityKind.NATURAL and entity.columns == columns for entity in target.entities)
    return target.validity if natural else None


def _parts_of_key(target: Dataset, columns: tuple[str, ...]) -> frozenset[str]:
    """Return the partition columns that a primary key needs to be unique."""
    primary = any(entity.kind is EntityKind.PRIMARY and entity.columns == columns for entity in target.entities)
    parts = {partition.column for partition in target.partitions}
    return frozenset(parts & set(target.grain) - set(columns)) if primary else frozenset()
