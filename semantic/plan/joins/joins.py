"""Find the one many-to-one path from a fact to a dimension, or report that there is none or more than one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semantic.errors import AmbiguousPath, FanOut, NoPath
from semantic.model.definitions import Dataset, Dimension, Entity, EntityKind, TypeKind
from semantic.model.join_graph import Edge, JoinPath, distance, roles
from semantic.plan.joins.bridges import far_sides
from semantic.plan.tree.fields import Field
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import lower_first


def find_field(
    fact: Dataset,
    dimensions: Sequence[Dimension],
    via: str | None,
    visible: VisibleModel,
    subject: str,
    *,
    verb: str = "broken down",
    as_is: bool = False,
) -> Field:
    """Return the dimension that `fact` reaches by the fewest hops, if only one path is that short.

    A fact's own key is nearer than the key of a dataset that it refers to, so it's preferred. `via` names a role, or
    roles joined by dots, that the path must go through. `subject` is the metric being split, for messages. `as_is`
    follows each version to the current one. Raises AmbiguousPath, FanOut, NoPath.
    """
    paths = visible.model.joins.paths(fact.name)
    routes = [(dimension, path) for dimension in dimensions for path in paths.get(dimension.dataset, ())]
    fitting = routes
    if via is not None:
        own = {entity.name for entity in fact.entities if entity.kind is not EntityKind.FOREIGN}
        fitting = [
            (dimension, path) for dimension, path in routes if goes_through(path, via) or (not path and via in own)
        ]
    if not fitting and via is not None:  # two datasets with the same key differ by name
        fitting = [(dimension, path) for dimension, path in routes if goes_through(path, via, by_dataset=True)]
    if not fitting:  # then through a bridge, if there is one: sums are multiplied by shares
        ties = [
            (dimension, path)
            for dimension in dimensions
            for target, path in far_sides(fact, visible)
            if target == dimension.dataset
        ]
        fitting = [(dimension, path) for dimension, path in ties if via is None or goes_through(path, via)]
    if not fitting:
        raise _unreachable(
            fact, dimensions[0], via, [path for _, path in routes], visible, f"{subject} can't be {verb} by", subject
        )
    shortest = fitting
    if len(fitting) > 1:
        nearest = min(distance(path) for _, path in fitting)
        shortest = [(dimension, path) for dimension, path in fitting if distance(path) == nearest]
    if len(shortest) > 1:
        choices = _path_names([path for _, path in shortest])
        label = dimensions[0].label
        message = (
            f"{label} can be reached from {fact.label} in {len(choices)} ways: {' or '.join(choices)}. Choose one."
        )
        raise AmbiguousPath(message, names=(dimensions[0].name, *choices))
    dimension, path = shortest[0]
    return Field(dimension, to_current(fact, path, visible) if as_is else path, visible.mask(dimension.name))


def find_entity(fact: Dataset, entity: str, visible: VisibleModel, label: str, subject: str) -> tuple[JoinPath, Entity]:
    """Return the path to an entity's key and the entity: the fact's own key, or that of the nearest dataset.

    Raises AmbiguousPath, NoPath.
    """
    routes = [
        (path, each_entity)
        for target, ways in visible.model.joins.paths(fact.name).items()
        for each_entity in visible.model.datasets[target].entities
        if each_entity.entity == entity
        for path in ways
    ]
    least = min((distance(path) for path, _ in routes), default=None)
    nearest = [(path, each_entity) for path, each_entity in routes if distance(path) == least]
    if not nearest:
        reason = f"rows of {lower_first(fact.label)} have no {_spaced(entity)}."
        raise NoPath(
            f"{subject} can't be filtered by the segment {label}: {reason}", names=(subject, fact.name, entity)
        )
    if len(nearest) > 1:
        choices = [".".join([edge.role for edge in path] + [each_entity.name]) for path, each_entity in nearest]
        message = f"{label} can be reached from {fact.label} in {len(nearest)} ways: {' or '.join(choices)}."
        raise AmbiguousPath(message, names=(label, *choices))
    return nearest[0]


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def to_current(fact: Dataset, path: JoinPath, visible: VisibleModel) -> JoinPath:
    """Return the path through current versions.

    A path that joins by the entity's own key doesn't change, because every version has that key. A path that reaches
    versions by the entity's own key goes straight to the current version, whichever one was valid at the fact's time.
    """
    hops: list[Edge] = []
    if not path and fact.history:
        hops.append(Edge(fact.name, "current", fact.name, fact.history.key, fact.history.key, fact.history.current))
    for index, edge in enumerate(path):
        following = path[index + 1] if index + 1 < len(path) else None
        history = visible.model.datasets[edge.target].history
        if history and edge.validity:
            hops.append(replace(edge, validity=None, current=history.current))
            continue
        hops.append(edge)
        if history and not (following and set(following.columns) <= set(history.key)):
            hops.append(Edge(edge.target, "current", edge.target, history.key, history.key, history.current))
    return tuple(hops)


def _path_names(paths: Sequence[JoinPath]) -> list[str]:
    """Return a distinct name for each path: its roles, or its datasets if two paths have the same roles."""
    named = [roles(path) for path in paths]
    return named if len(set(named)) == len(named) else [".".join(edge.target for edge in path) for path in paths]


def goes_through(path: JoinPath, via: str, *, by_dataset: bool = False) -> bool:
    """Return whether a path goes through a role, or through consecutive roles or datasets joined by dots."""
    names = [edge.target if by_dataset else edge.role for edge in path]
    wanted = via.split(".")
    return any(names[start : start + len(wanted)] == wanted for start in range(len(names)))


def one_of(fact: Dataset) -> str:
    """Return what one row represents, in words, such as `one order`."""
    own = next((entity.entity for entity in fact.entities if entity.kind is EntityKind.PRIMARY), None)
    return f"one {_spaced(own)}" if own else f"one row of {lower_first(fact.label)}"


def _called(dimension: Dimension, owner: Dataset) -> str:
    """Return what a row could have several of, in words.

    That's the dimension, or for a yes/no dimension, the thing that has it.
    """
    if dimension.type.kind is not TypeKind.BOOLEAN:
        return lower_first(dimension.label)
    return one_of(owner).removeprefix("one ")


def _unreachable(
    fact: Dataset,
    dimension: Dimension,
    via: str | None,
    others: list[JoinPath],
    visible: VisibleModel,
    refused: str,
    subject: str,
) -> NoPath | FanOut:
    names = (subject, fact.name, dimension.name, dimension.dataset)
    if via is not None:
        ways = ", ".join(roles(path) for path in others if path)
        known = f"Use {ways}." if ways else f"{fact.label} isn't connected to it."
        return NoPath(f"{dimension.label} can't be reached from {fact.label} through {via!r}. {known}", names=names)
    owner = visible.model.datasets[dimension.dataset]
    if visible.model.joins.repeats_rows(fact.name, dimension.dataset):
        message = (
            f"{refused} {lower_first(dimension.label)}: {one_of(fact)} can have more than one "
            f"{_called(dimension, owner)}, so the same {lower_first(subject)} would be counted several times."
        )
        return FanOut(message, names=names)
    message = (
        f"{refused} {lower_first(dimension.label)}: rows of {lower_first(fact.label)} aren't linked to a single "
        f"row of {lower_first(owner.label)}."
    )
    return NoPath(message, names=names)
