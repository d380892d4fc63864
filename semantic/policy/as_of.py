"""Combine an earlier version of the model with today's access.

A policy refers to objects by name, and a name might have meant something else in the earlier version. The earlier
version therefore only includes objects that the actor sees today under the same name, and only if today's rules
restrict them in the same way. Everything else is hidden. An earlier version never shows anyone more than they can see
today.
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

CARRIED_OVER: Final = frozenset(
    {
        *("name", "label", "description", "owner", "synonyms", "tags", "file", "line"),
        *("roles", "groups", "people", "audiences", "attributes", "limits", "view_as"),
        *("grant_metrics", "grant_dimensions", "deny_metrics", "deny_dimensions", "grant_segments", "deny_segments"),
        *("grant_datasets", "deny_datasets", "grant_rows", "deny_rows", "whole", "rows", "masks"),
        "by_dimension",  # `rows` has it expanded, for today's datasets
    }
)
"""The parts of a policy that apply to earlier versions exactly as they do today.

`min_group` isn't one of them. Its entity might have been reached in another way, so people with a minimum group size
can't use earlier versions.
"""


def under_policies(earlier: Model, today: Model) -> Model:
    """Return the definitions of `earlier` under the policies of `today`, limited to objects in both."""
    version = hashlib.sha256(f"{earlier.version} under {today.version}".encode()).hexdigest()[:16]
    policies = tuple(_fitting(policy, earlier) for policy in today.policies)
    return replace(earlier, policies=policies, version=version)


def narrow_as_of(model: Model, today: VisibleModel) -> VisibleModel:
    """Return the earlier model as the actor of `today` can see it, without anything that is hidden today.

    It's empty if a policy has a part that might not apply to earlier versions.
    """
    if not all(map(_is_carried_over, today.policies)):
        return replace(narrow(model, today.actor), policies=(), rules=())
    unlike = {name: False for name in model.datasets if not _is_reached_alike(name, model, today)}
    seen = replace(narrow(model, today.actor), _facts=unlike)
    hidden = Policy(
        name="not as of then",
        deny_metrics=_names(metric.name for metric in model.metrics.values() if not _has_metric(metric, model, today)),
        deny_dimensions=_names(name for name in model.dimensions if not _has_dimension(name, seen, today)),
        deny_segments=_names(segment.name for segment in model.segments.values() if not _has_segment(segment, today)),
        deny_rows=_names(name for name in model.datasets if not _lists_rows(name, model, today)),
        deny_datasets=_names(
            name for name in _beside_rules(model) if today.rules and not _is_todays(name, model, today)
        ),
    )
    return replace(seen, policies=(*seen.policies, hidden), _facts=dict(unlike))


def _is_carried_over(policy: Policy) -> bool:
    others = [field for field in fields(policy) if field.name not in CARRIED_OVER]
    return all(getattr(policy, field.name) == field.default for field in others)


def _fitting(policy: Policy, model: Model) -> Policy:
    """Return a policy without rules and masks on objects that the model doesn't have.

    Whatever such a rule restricted is hidden from the actors that it applies to.
    """
    rows = tuple(rule for rule in policy.rows if rule.dataset in model.datasets)
    masks = tuple(mask for mask in policy.masks if mask.dimension in model.dimensions)
    return replace(policy, rows=rows, masks=masks)


def _names(names: Iterator[str]) -> Names:
    return Names(names=frozenset(names))


def _is_reached_alike(dataset: str, model: Model, today: VisibleModel) -> bool:
    """Return whether an actor sees a dataset today, and today's rules restrict the same rows in both versions."""
    if dataset not in today.model.datasets or not today.shows_fact(dataset):
        return False
    mine, theirs = model.joins.paths(dataset), today.model.joins.paths(dataset)
    rules = [rule for rule in today.rules if rule.dataset in theirs]
    return all(_restricts_alike(rule, mine.get(rule.dataset, ()), theirs[rule.dataset], model, today) for rule in rules)


def _restricts_alike(
    rule: RowRule, mine: tuple[JoinPath, ...], theirs: tuple[JoinPath, ...], model: Model, today: VisibleModel
) -> bool:
    """Return whether a rule has the same join paths, tables and column types in both versions."""
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
    """Return the datasets without a row rule that are joined by datasets that have one.

    They could reveal rows that today's rules hide.
    """
    key = ("beside_rules", "")
    if key not in model.memo:
        model.memo[key] = [dataset.name for dataset, _, _ in beside_rules(model)]
    return cast(list[str], model.memo[key])  # only this function writes under this key


def _is_todays(dataset: str, model: Model, today: VisibleModel) -> bool:
    now = today.model.datasets.get(dataset)
    return now is not None and _source(now) == _source(model.datasets[dataset])


def _has_metric(metric: Metric, model: Model, today: VisibleModel) -> bool:
    """Return whether a metric is visible today, and exposes no closed columns that it doesn't expose today."""
    now = today.model.metrics.get(metric.name)
    if now is None or not today.shows_metric(now):
        return False
    return not any(_tells_of_closed(measure, today) for measure in measures_of(metric, model))


def _tells_of_closed(measure: Measure, today: VisibleModel) -> bool:
    dataset = today.model.datasets.get(measure.dataset)
    if dataset is None or measure.sql is None or today.closed_columns(dataset.name).isdisjoint(measure.sql.columns):
        return False
    now = dataset.measures.get(measure.name)
    return now is None or now.sql is None or (now.sql.text, now.agg) != (measure.sql.text, measure.agg)


def _has_dimension(name: str, seen: VisibleModel, today: VisibleModel) -> bool:
    """Return whether a dimension is visible today everywhere it existed, and exposes no column that is closed today."""
    return all(_is_open(dimension, seen, today) for dimension in seen.model.dimensions[name])


def _is_open(dimension: Dimension, seen: VisibleModel, today: VisibleModel) -> bool:
    dataset = today.model.datasets.get(dimension.dataset)
    now = dataset.dimensions.get(dimension.name) if dataset else None
    if now is None or not today.shows_dimension(now):
        return False
    if today.mask(dimension.name) is not None:
        return seen.mask(dimension.name) == today.mask(dimension.name) and dimension.type == now.type
    read = {*dimension.sql.columns, *(dimension.day.columns if dimension.day else ())}
    return read.isdisjoint(today.closed_columns(dimension.dataset))


def _has_segment(segment: Segment, today: VisibleModel) -> bool:
    now = today.model.segments.get(segment.name)
    if now is None or not today.shows_segment(now) or segment.dataset not in today.model.datasets:
        return False
    read = segment.where.columns if segment.where else ()
    return today.closed_columns(segment.dataset).isdisjoint(read)


def _lists_rows(dataset: str, model: Model, today: VisibleModel) -> bool:
    """Return whether single rows can be listed, which requires exactly today's table and columns."""
    now = today.model.datasets.get(dataset)
    if now is None or not today.shows_records(dataset):
        return False
    before = model.datasets[dataset]
    return _source(before) == _source(now) and before.columns == now.columns
