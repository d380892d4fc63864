"""Check that each foreign entity has a matching key in the same connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from sqlglot import exp

from semantic.errors import Problem, counted
from semantic.model.definitions import Dataset, Entity
from semantic.model.join_graph import is_together
from semantic.model.model import Model

Keys = Mapping[str, Sequence[tuple[Dataset, tuple[str, ...]]]]
"""For each entity, the datasets that have it as a key, each with the columns of that key."""


def target_problems(dataset: Dataset, entity: Entity, model: Model, keys: Keys) -> Iterator[Problem]:
    """Yield a problem for a foreign entity without a matching key, or with a key of other column types."""
    role, thing, columns = entity.name, entity.entity, entity.columns
    owners = [(target, key) for target, key in keys.get(thing, ()) if is_together(dataset, target)]
    if thing in keys and not owners:
        yield from _apart_problems(dataset, entity, keys[thing][0][0], model)
        return
    if not owners:
        if not _is_shared(thing, dataset, model) and not _is_shown(entity, dataset):
            remedy = _near(thing, keys) or (
                f"Give one dataset the primary entity {thing!r}, add a dimension {thing!r} over its column, "
                "or remove this one."
            )
            message = f"The foreign entity {role!r} of {dataset.name!r} points at {thing!r}, which is no dataset's key."
            yield _at(dataset, message, remedy)
        return
    for target, target_columns in owners:
        if len(columns) != len(target_columns):
            counts = f"{counted(len(columns), 'column')}, {target.name!r} has {len(target_columns)}"
            message = f"The entity {role!r} of {dataset.name!r} has {counts}."
            yield _at(dataset, message, "List the same number, in the same order.")
            continue
        for mine, theirs in zip(columns, target_columns, strict=True):
            if mine in dataset.columns and theirs in target.columns and dataset.columns[mine] != target.columns[theirs]:
                types = f"{dataset.columns[mine]} and {target.columns[theirs]}"
                message = (
                    f"The entity {role!r} joins {dataset.name}.{mine} to {target.name}.{theirs}, of types {types}."
                )
                yield _at(dataset, message, "Keys must have the same type.")


def _apart_problems(dataset: Dataset, entity: Entity, owner: Dataset, model: Model) -> Iterator[Problem]:
    """Yield a problem for a foreign entity whose key exists only in another connection and that has no other use.

    Rows never join across connections.
    """
    if not _is_shared(entity.entity, dataset, model) and not _is_shown(entity, dataset):
        message = (
            f"The foreign entity {entity.name!r} of {dataset.name!r} points at {owner.name!r}, which is in another "
            "connection. Rows of two connections are never joined."
        )
        remedy = (
            f"Give {dataset.name!r} its own columns and dimensions to break down by, under the same names as in "
            f"{owner.name!r}, and remove the entity."
        )
        yield _at(dataset, message, remedy)


def _is_shared(thing: str, dataset: Dataset, model: Model) -> bool:
    """Return whether another dataset in the same connection has this entity.

    Segments can then use the entity even if no join does.
    """
    others = (other for other in model.datasets.values() if other.name != dataset.name and is_together(dataset, other))
    return any(entity.entity == thing for each_dataset in others for entity in each_dataset.entities)


def _is_shown(entity: Entity, dataset: Dataset) -> bool:
    """Return whether a dimension exposes the entity's own columns, so that people can filter by it without a join."""
    dimension = dataset.dimensions.get(entity.name)
    if dimension is None or entity.entity != entity.name or not isinstance(dimension.sql.tree, exp.Column):
        return False
    return dimension.sql.columns == entity.columns


def _at(dataset: Dataset, message: str, remedy: str = "") -> Problem:
    return Problem(dataset.file, dataset.line, message, remedy)


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""
