"""Check a dataset's partitions, validity and bridge, which a join can need in addition to its key."""

from __future__ import annotations

from collections.abc import Iterator

from semantic.errors import Problem
from semantic.model.definitions import Dataset, EntityKind, TypeKind
from semantic.model.model import Model
from semantic.model.policies import Policy, RowRule


def hop_problems(dataset: Dataset, model: Model) -> Iterator[Problem]:
    """Yield each problem with a dataset's partitions, validity and bridge."""
    yield from _partition_problems(dataset, model)
    yield from _validity_problems(dataset)
    yield from _natural_problems(dataset)
    yield from _bridge_problems(dataset)


def undated_problems(policy: Policy, rule: RowRule, model: Model) -> Iterator[Problem]:
    """Yield a problem for each fact that a rule reaches through versions but that has no date.

    Without a date, no version matches, so none of the fact's rows would be visible.
    """
    for source in model.datasets.values():
        paths = model.joins.paths(source.name).get(rule.dataset, ())
        undated = [measure.name for measure in source.measures.values() if measure.time is None]
        if undated and any(edge.validity for path in paths for edge in path):
            message = f"The row rule on {rule.dataset!r} reaches {source.name!r} by version, but {undated[0]!r} "
            yield Problem(policy.file, policy.line, f"{message}has no date.", "Give the measure a `time:`.")


def _at(dataset: Dataset, message: str, remedy: str = "") -> Problem:
    return Problem(dataset.file, dataset.line, message, remedy)


def _missing(dataset: Dataset, what: str, columns: Iterator[str] | tuple[str, ...]) -> Iterator[Problem]:
    for name in columns:
        if name not in dataset.columns:
            message = f"{what} of {dataset.name!r} reads {name!r}, which is not one of its columns."
            yield _at(dataset, message, "Correct the name, or add it to `columns:`.")


def _partition_problems(dataset: Dataset, model: Model) -> Iterator[Problem]:
    names = [partition.name for partition in dataset.partitions]
    for partition in dataset.partitions:
        yield from _missing(dataset, f"The partition {partition.name!r}", (partition.column,))
        if names.count(partition.name) > 1:
            yield _at(dataset, f"The partition {partition.name!r} is defined twice in {dataset.name!r}.", "Keep one.")
            return
        for other in model.datasets.values():
            for same in other.partitions:
                mine, theirs = dataset.columns.get(partition.column), other.columns.get(same.column)
                if same.name == partition.name and mine and theirs and mine != theirs and dataset.name > other.name:
                    message = (
                        f"The partition {partition.name!r} is {mine} in {dataset.name!r}, {theirs} in {other.name!r}."
                    )
                    yield _at(dataset, message, "Columns that are compared must have the same type.")


def _validity_problems(dataset: Dataset) -> Iterator[Problem]:
    validity = dataset.validity
    if validity is None:
        return
    yield from _missing(dataset, "The validity", (*validity.key, validity.start, validity.end))
    start, end = dataset.columns.get(validity.start), dataset.columns.get(validity.end)
    if start and end and start != end:
        message = f"The validity of {dataset.name!r} starts with {start} and ends with {end}."
        yield _at(dataset, message, "Both must have the same type.")
    elif start and not start.is_time:
        yield _at(dataset, f"The validity of {dataset.name!r} starts with {start}.", "Use a date or an instant.")
    if not any(entity.kind is EntityKind.NATURAL for entity in dataset.entities):
        message = f"{dataset.name!r} has a `validity:` but no entity that uses it."
        yield _at(dataset, message, "Give it a `natural` entity with the columns of `key:`.")
    if dataset.history and set(dataset.history.key) != set(validity.key):
        message = f"The history and the validity of {dataset.name!r} have different keys."
        yield _at(
            dataset,
            message,
            "Use the same key, or remove `history:`: the current version then has no end.",
        )


def _natural_problems(dataset: Dataset) -> Iterator[Problem]:
    for entity in dataset.entities:
        if entity.kind is EntityKind.NATURAL and (dataset.validity is None or entity.columns != dataset.validity.key):
            message = f"The natural entity {entity.name!r} of {dataset.name!r} is not the key of its validity."
            remedy = f"Write `validity: {{key: [{', '.join(entity.columns)}], start: …, end: …}}`."
            yield _at(dataset, message, remedy)


def _bridge_problems(dataset: Dataset) -> Iterator[Problem]:
    if dataset.bridge is None:
        return
    weight = dataset.bridge.weight
    yield from _missing(dataset, "The bridge", (weight,))
    kind = dataset.columns.get(weight)
    if kind and (not kind.is_number or kind.kind is TypeKind.INTEGER):
        yield _at(dataset, f"The weight {weight!r} of {dataset.name!r} is {kind}.", "Use a decimal or a double.")
    foreign = [entity for entity in dataset.entities if entity.kind is EntityKind.FOREIGN]
    if foreign and dataset.bridge.of not in {entity.name for entity in foreign}:
        message = f"The bridge {dataset.name!r} has shares of {dataset.bridge.of!r}, not one of its foreign entities."
        yield _at(dataset, message, f"Write one of {', '.join(entity.name for entity in foreign)}.")
    if len(foreign) < 2:
        message = f"The bridge {dataset.name!r} has {len(foreign)} foreign entities. It needs exactly two."
        yield _at(dataset, message, "Give it one for each side.")
