"""Find the columns that identify an entity in a dataset's rows, for example to count customers behind orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from semantic.errors import Problem
from semantic.model.definitions import Entity
from semantic.model.join_graph import JoinPath, distance
from semantic.model.model import Model
from semantic.model.policies import MinGroup, Policy


@dataclass(frozen=True, slots=True)
class EntityColumn:
    """A column with an entity's key, in the dataset at the end of `path`. It's null in rows without a key."""

    path: JoinPath
    column: str


def entity_columns(entity: str, fact: str, model: Model) -> tuple[EntityColumn, ...]:
    """Return the columns with an entity's key that are nearest to a fact. `entity` is an entity or one of its roles.

    There are several if several roles are equally near, and none if the fact can't reach the entity.
    """
    ways = list(_find_paths(entity, fact, model))
    nearest = min((distance(path) for path, _ in ways), default=None)
    return tuple(EntityColumn(path, each_entity.columns[0]) for path, each_entity in ways if distance(path) == nearest)


def min_group_problems(policy: Policy, model: Model) -> Iterator[Problem]:
    """Yield a problem if a policy's `min_group` names an entity that can't be counted."""
    if policy.min_group is None:
        return
    group, title = policy.min_group, f"`min_group:` of the policy {policy.name!r}"
    facts = [dataset.name for dataset in model.datasets.values() if dataset.measures]
    ways = [entity for fact in facts for _, entity in _find_paths(group.entity, fact, model)]
    if not ways:
        message = f"{title} names {group.entity!r}, an entity that no dataset with measures has or can join."
        yield Problem(policy.file, policy.line, message, "Name an entity of the datasets it should protect.")
    elif any(len(way.columns) != 1 for way in ways):
        message = f"{title} names {group.entity!r}, whose key has several columns, which can't be counted together."
        yield Problem(policy.file, policy.line, message, "Name an entity with a key of one column.")


def strictest(groups: Iterator[MinGroup]) -> tuple[MinGroup, ...]:
    """Return one minimum group size per entity, the largest."""
    least: dict[str, int] = {}
    for group in groups:
        least[group.entity] = max(group.at_least, least.get(group.entity, 0))
    return tuple(MinGroup(entity, at_least) for entity, at_least in sorted(least.items()))


def _find_paths(entity: str, fact: str, model: Model) -> Iterator[tuple[JoinPath, Entity]]:
    for target, paths in model.joins.paths(fact).items():
        for each_entity in model.datasets[target].entities:
            if entity in (each_entity.entity, each_entity.name):
                # The key by which a hop joins is also in the hop's source.
                yield from (
                    (path, each_entity) for path in paths if not path or path[-1].target_columns != each_entity.columns
                )
