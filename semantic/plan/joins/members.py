"""Filters by a metric of each member: find the member of a row, and look up its value in a table of members."""

from __future__ import annotations

from semantic.errors import AmbiguousPath, FanOut, InvalidFilter, NoPath
from semantic.model.definitions import Dataset, Dimension, Entity, EntityKind, TypeKind
from semantic.model.expression import parse_expression
from semantic.model.join_graph import JoinPath, distance
from semantic.plan.joins.joins import goes_through, to_current
from semantic.plan.tree.fields import Field, Passes
from semantic.query.describe import lower_first
from semantic.query.query import ByMember
from semantic.query.resolve import Asked, EntityKey

MEMBER_VALUE = "_value"
"""The column with a member's value. Under its metric's name, an engine could take it for the dataset `orders`."""


def build_passes(part: ByMember, fact: Dataset, asked: Asked, subject: str) -> Passes:
    """Return a filter by a metric as a test of rows of `fact`. Raises AmbiguousPath, NoPath, InvalidFilter."""
    inner = next(candidate for candidate in asked.inner if candidate.part == part)
    metric = inner.asked.metrics[0]
    if metric.is_simple and not asked.visible.model.measure(metric.measure).type.is_number:
        raise InvalidFilter(f"{metric.label} isn't a number, so {part.op!r} can't be used. Filter by another metric.")
    first = inner.asked.keys[0].entity
    assert first is not None
    words = f"{subject} can't be filtered by {metric.label} of each {_spaced(first)}"
    path, entity = find_member(fact, first, asked, subject, words, is_strict=False)
    columns = _dataset(fact, path, asked).columns
    return Passes(
        path=path,
        columns=entity.columns,
        is_text=tuple(columns[column].kind is TypeKind.STRING for column in entity.columns),
        table=inner.table,
        keys=tuple(key.name for key in inner.asked.keys),
        value=MEMBER_VALUE,
        op=part.op,
        values=part.values,
    )


def member_field(fact: Dataset, key: EntityKey, asked: Asked, subject: str) -> Field:
    """Return one column of a member's key, as a metric's rows reach it, for grouping. Raises AmbiguousPath, NoPath."""
    words = f"{subject} isn't available for each {_spaced(key)}"
    path, entity = find_member(fact, key, asked, subject, words, is_strict=True)
    dataset = _dataset(fact, path, asked)
    column = entity.columns[key.place]
    dimension = Dimension(
        name=key.roles[-1],
        label=_spaced(key).capitalize(),
        dataset=dataset.name,
        kind="categorical",
        sql=parse_expression('"' + column.replace('"', '""') + '"'),
        type=dataset.columns[column],
    )
    return Field(dimension, path)


def find_member(
    fact: Dataset, key: EntityKey, asked: Asked, subject: str, words: str, *, is_strict: bool
) -> tuple[JoinPath, Entity]:
    """Return the path from `fact` to the nearest key of an entity, and the entity. The fact's own key comes first.

    If the entity is named by a role, that role is preferred. Versions of an entity count as one member, so the key is
    the natural key behind the version. The path goes through all named roles. Unless `is_strict`, any other path will
    do if there is none through them.
    """
    model = asked.visible.model
    routes = [
        (path, entity)
        for target, ways in model.joins.paths(fact.name).items()
        for entity in model.datasets[target].entities
        if entity.entity == key.thing
        for path in ways
    ]
    versions = model.versions_of(key.thing)
    if versions is not None and versions.history is not None:
        routes = [
            (path, Entity(path[-1].role if path else key.thing, key.thing, EntityKind.NATURAL, versions.history.key))
            for path in model.joins.paths(fact.name).get(versions.name, ())
        ]
    own = {
        name
        for entity in fact.entities
        if entity.kind is not EntityKind.FOREIGN
        for name in (entity.name, entity.entity)
    }
    lead = ".".join(key.roles[1:-1] if key.roles[0] in own else key.roles[:-1])
    led = [(path, entity) for path, entity in routes if not lead or goes_through(path, lead)]
    found_routes = led if led or is_strict else routes
    routes = [(path, entity) for path, entity in found_routes if entity.name == key.roles[-1]] or found_routes
    if not routes:
        names = (subject, fact.name, key.thing)
        owners = [
            dataset.name for dataset in model.datasets.values() if any(e.entity == key.thing for e in dataset.entities)
        ]
        if any(model.joins.repeats_rows(fact.name, name) for name in owners):
            raise FanOut(f"{words}: one row of {lower_first(fact.label)} can have many of them.", names=names)
        raise NoPath(f"{words}: rows of {lower_first(fact.label)} have no {_spaced(key)}.", names=names)
    least = min(distance(path) for path, _ in routes)
    nearest = [(path, entity) for path, entity in routes if distance(path) == least]
    if len({(path, entity.columns) for path, entity in nearest}) > 1:
        choices = ["__".join([*(edge.role for edge in path), entity.name]) for path, entity in nearest]
        message = f"{words}: {fact.label} has {len(nearest)} of them, {' and '.join(choices)}. Name one in 'per'."
        raise AmbiguousPath(message, names=(subject, *choices))
    path, entity = nearest[0]
    return (to_current(fact, path, asked.visible) if asked.query.history == "as_is" else path), entity


def _dataset(fact: Dataset, path: JoinPath, asked: Asked) -> Dataset:
    return asked.visible.model.datasets[path[-1].target] if path else fact


def _spaced(key: EntityKey) -> str:
    return key.roles[-1].replace("_", " ")
