"""An earlier version of the model under today's policy: what it says is that version's, who may see it is of today.

A policy speaks of things by their names, and those may have meant something else. So of the earlier version there is
only what this actor sees today under the same name, and only where today's rules reach it in the same way; the rest is
hidden. Nobody sees through an earlier version what they would not see without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Final, cast

from semantic.model.checks.view_rules import beside_rules
from semantic.model.definitions import Dataset, Dimension, Measure, Metric, Names, Segment
from semantic.model.join_graph import JoinPath
from semantic.model.model import Model
from semantic.model.policies import Policy, RowRule
from semantic.policy.narrow import VisibleModel, measures_of, narrow

THOUGHT_THROUGH: Final = frozenset(
    {
        *("name", "label", "description", "owner", "synonyms", "tags", "file", "line"),
        *("roles", "groups", "people", "attributes", "limits", "view_as"),
        *("grant_metrics", "grant_dimensions", "deny_metrics", "deny_dimensions", "grant_segments", "deny_segments"),
        *("grant_datasets", "deny_datasets", "grant_rows", "deny_rows", "whole", "rows", "masks"),
    }
)
"""The parts of a policy of which it is known that they hold as of then as they do today.

`min_group` is none of them: whether its entity is reached in the same way is not looked at, so whom it binds sees no
earlier version."""


def under_policies(earlier: Model, today: Model) -> Model:
    """The definitions of `earlier` under the policies of `today`, as far as they speak of what it has."""
    version = hashlib.sha256(f"{earlier.version} under {today.version}".encode()).hexdigest()[:16]
    policies = tuple(_fitting(policy, earlier) for policy in today.policies)
    return replace(earlier, policies=policies, version=version)


def narrow_as_of(model: Model, today: VisibleModel) -> VisibleModel:
    """What `under_policies` made, as the actor of `today` may see it: nothing that they do not see today.

    Nothing at all where a policy says something that is not known to hold as of then.
    """
    if not all(map(_is_thought_through, today.policies)):
        return replace(narrow(model, today.actor), policies=(), rules=())
    unlike = {name: False for name in model.datasets if not _is_reached_alike(name, model, today)}
    seen = replace(narrow(model, today.actor), _facts=unlike)
    hidden = Policy(
        name="not as of then",
        deny_metrics=_names(one.name for one in model.metrics.values() if not _has_metric(one, model, today)),
        deny_dimensions=_names(name for name in model.dimensions if not _has_dimension(name, seen, today)),
        deny_segments=_names(one.name for one in model.segments.values() if not _has_segment(one, today)),
        deny_rows=_names(name for name in model.datasets if not _lists_rows(name, model, today)),
        deny_datasets=_names(
            name for name in _beside_rules(model) if today.rules and not _is_todays(name, model, today)
        ),
    )
    return replace(seen, policies=(*seen.policies, hidden), _facts=dict(unlike))


def _is_thought_through(policy: Policy) -> bool:
    others = [one for one in fields(policy) if one.name not in THOUGHT_THROUGH]
    return all(getattr(policy, one.name) == one.default for one in others)


def _fitting(policy: Policy, model: Model) -> Policy:
    """Without rules and masks of what the model does not have; who needs such a rule sees nothing that it reaches."""
    rows = tuple(rule for rule in policy.rows if rule.dataset in model.datasets)
    masks = tuple(mask for mask in policy.masks if mask.dimension in model.dimensions)
    return replace(policy, rows=rows, masks=masks)


def _names(names: Iterator[str]) -> Names:
    return Names(names=frozenset(names))


def _is_reached_alike(dataset: str, model: Model, today: VisibleModel) -> bool:
    """Whether an actor sees rows of a dataset today, and each of today's rules restricts the same ones of it."""
    if dataset not in today.model.datasets or not today.shows_fact(dataset):
        return False
    mine, theirs = model.joins.paths(dataset), today.model.joins.paths(dataset)
    rules = [rule for rule in today.rules if rule.dataset in theirs]
    return all(_restricts_alike(rule, mine.get(rule.dataset, ()), theirs[rule.dataset], model, today) for rule in rules)


def _restricts_alike(
    rule: RowRule, mine: tuple[JoinPath, ...], theirs: tuple[JoinPath, ...], model: Model, today: VisibleModel
) -> bool:
    """Whether a rule is reached by the same hops, over the same tables, and reads columns of the same types."""
    if not mine or [*map(_hops, mine)] != [*map(_hops, theirs)]:
        return False
    on_the_way = {rule.dataset, *(name for path in theirs for hop in path for name in (hop.source, hop.target))}
    if any(_source(model.datasets[name]) != _source(today.model.datasets[name]) for name in on_the_way):
        return False
    before, now = model.datasets[rule.dataset].columns, today.model.datasets[rule.dataset].columns
    return all(before.get(column) == now.get(column) for column in rule.where.columns)


def _hops(path: JoinPath) -> list[tuple[object, ...]]:
    return [
        (hop.source, hop.role, hop.target, hop.columns, hop.target_columns, hop.validity, hop.partitions, hop.weight)
        for hop in path
    ]


def _source(dataset: Dataset) -> tuple[str, str]:
    return dataset.source, dataset.query.text if dataset.query else ""


def _beside_rules(model: Model) -> list[str]:
    """Datasets without a row rule that rows with one join to: they could show what today's rules hide."""
    key = ("beside_rules", "")
    if key not in model.memo:
        model.memo[key] = [dataset.name for dataset, _, _ in beside_rules(model)]
    return cast(list[str], model.memo[key])  # only this function writes under this key


def _is_todays(dataset: str, model: Model, today: VisibleModel) -> bool:
    now = today.model.datasets.get(dataset)
    return now is not None and _source(now) == _source(model.datasets[dataset])


def _has_metric(metric: Metric, model: Model, today: VisibleModel) -> bool:
    """Whether a metric is seen today, and was not made of a column that is closed today in a way it is not any more."""
    now = today.model.metrics.get(metric.name)
    if now is None or not today.shows_metric(now):
        return False
    return not any(_tells_of_closed(one, today) for one in measures_of(metric, model))


def _tells_of_closed(measure: Measure, today: VisibleModel) -> bool:
    dataset = today.model.datasets.get(measure.dataset)
    if dataset is None or measure.sql is None or today.closed_columns(dataset.name).isdisjoint(measure.sql.columns):
        return False
    now = dataset.measures.get(measure.name)
    return now is None or now.sql is None or (now.sql.text, now.agg) != (measure.sql.text, measure.agg)


def _has_dimension(name: str, seen: VisibleModel, today: VisibleModel) -> bool:
    """Whether a dimension is seen today wherever it stood, and tells of no column that is closed today."""
    return all(_is_open(one, seen, today) for one in seen.model.dimensions[name])


def _is_open(one: Dimension, seen: VisibleModel, today: VisibleModel) -> bool:
    dataset = today.model.datasets.get(one.dataset)
    now = dataset.dimensions.get(one.name) if dataset else None
    if now is None or not today.shows_dimension(now):
        return False
    if today.mask(one.name) is not None:
        return seen.mask(one.name) == today.mask(one.name) and one.type == now.type
    read = {*one.sql.columns, *(one.day.columns if one.day else ())}
    return read.isdisjoint(today.closed_columns(one.dataset))


def _has_segment(segment: Segment, today: VisibleModel) -> bool:
    now = today.model.segments.get(segment.name)
    if now is None or not today.shows_segment(now) or segment.dataset not in today.model.datasets:
        return False
    read = segment.where.columns if segment.where else ()
    return today.closed_columns(segment.dataset).isdisjoint(read)


def _lists_rows(dataset: str, model: Model, today: VisibleModel) -> bool:
    """Whether single rows may be listed: with the very table and columns of today, and no other."""
    now = today.model.datasets.get(dataset)
    if now is None or not today.shows_records(dataset):
        return False
    before = model.datasets[dataset]
    return _source(before) == _source(now) and before.columns == now.columns
