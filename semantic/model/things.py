"""Where the key of a thing stands beside the rows of a dataset: how many customers are behind some orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from semantic.errors import Problem
from semantic.model.definitions import Entity
from semantic.model.join_graph import JoinPath, distance
from semantic.model.model import Model
from semantic.model.policies import MinGroup, Policy


@dataclass(frozen=True, slots=True)
class Way:
    """The column with the key of a thing, in the dataset at the end of `path`; of rows without a thing it is null."""

    path: JoinPath
    column: str


def ways_to(entity: str, fact: str, model: Model) -> tuple[Way, ...]:
    """The columns nearest to a fact that have the key of `entity`, which is a thing or a role of one.

    Several where several roles are as near. Nothing where the fact does not reach it.
    """
    found = list(_find_ways(entity, fact, model))
    nearest = min((distance(path) for path, _ in found), default=None)
    return tuple(Way(path, one.columns[0]) for path, one in found if distance(path) == nearest)


def min_group_problems(policy: Policy, model: Model) -> Iterator[Problem]:
    """What is wrong with the thing that a policy counts in each group."""
    if policy.min_group is None:
        return
    group, title = policy.min_group, f"`min_group:` of the policy {policy.name!r}"
    facts = [dataset.name for dataset in model.datasets.values() if dataset.measures]
    ways = [one for fact in facts for _, one in _find_ways(group.entity, fact, model)]
    if not ways:
        message = f"{title} names {group.entity!r}, an entity that no dataset with measures has or reaches."
        yield Problem(policy.file, policy.line, message, "Name an entity of the datasets it is to protect.")
    elif any(len(one.columns) != 1 for one in ways):
        message = f"{title} names {group.entity!r}, whose key has several columns: they are not counted together."
        yield Problem(policy.file, policy.line, message, "Name an entity with a key of one column.")


def strictest(groups: Iterator[MinGroup]) -> tuple[MinGroup, ...]:
    """For each thing the largest of the numbers."""
    found: dict[str, int] = {}
    for one in groups:
        found[one.entity] = max(one.at_least, found.get(one.entity, 0))
    return tuple(MinGroup(entity, at_least) for entity, at_least in sorted(found.items()))


def _find_ways(entity: str, fact: str, model: Model) -> Iterator[tuple[JoinPath, Entity]]:
    for target, paths in model.joins.paths(fact).items():
        for one in model.datasets[target].entities:
            if entity in (one.entity, one.name):
                # The key that a hop meets is on its near side already.
                yield from ((path, one) for path in paths if not path or path[-1].target_columns != one.columns)
