"""Find datasets that a policy's row rules don't restrict.

A rule about a dimension has to cover every dataset, so a dataset that it doesn't reach is a problem. A rule about a
single dataset can leave out other datasets on purpose, so those are only listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from semantic.errors import Problem
from semantic.model.definitions import Dataset
from semantic.model.join_graph import goes_beside
from semantic.model.model import Model
from semantic.model.policies import DimensionRule, Policy

MOST_LISTED = 12


@dataclass(frozen=True, slots=True)
class UnmentionedDatasets:
    """The datasets that a policy neither mentions nor reaches with its row rules.

    `with_dimension` are those with a dimension that the rules read in another dataset. `others` are the rest.
    """

    policy: Policy
    with_dimension: tuple[Dataset, ...]
    others: tuple[Dataset, ...]


def decided_problems(policy: Policy, model: Model) -> Iterator[Problem]:
    """Yield a problem for each dimension rule that leaves some datasets without a decision."""
    for rule in policy.by_dimension:
        names = [dataset.name for dataset in undecided(policy, rule, model)]
        if not names:
            continue
        more = f" and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
        message = (
            f"The policy {policy.name!r} doesn't decide about datasets that its rule about {rule.dimension!r} doesn't "
            f"reach: {', '.join(names[:MOST_LISTED])}{more}."
        )
        remedy = "Hide them with `without:`, show them with `whole:`, or write a rule for each."
        yield Problem(policy.file, policy.line, message, remedy)


def undecided(policy: Policy, rule: DimensionRule, model: Model) -> list[Dataset]:
    """Return the datasets that neither a rule about a dimension nor anything else in the policy covers."""
    return [
        dataset
        for dataset in _open(policy, model)
        if not is_reached(policy, dataset, model)
        and not policy.whole.holds(dataset)
        and dataset.name not in rule.hidden
        and (rule.without == "decided" or (rule.without == "whole" and dataset.name in rule.apart))
    ]


def is_reached(policy: Policy, dataset: Dataset, model: Model) -> bool:
    """Return whether one of a policy's row rules restricts a dataset, directly or through joins."""
    ways = model.joins.paths(dataset.name)
    reached = {rule.dataset for rule in policy.rows if rule.dataset in ways}
    return any(not all(goes_beside(path) for path in ways[name]) for name in reached)


def find_unmentioned(model: Model) -> list[UnmentionedDatasets]:
    """Return, for each policy with rules on single datasets, the datasets that it doesn't mention.

    All rows of such a dataset are visible to everyone who can access it through another policy or through `whole: all`.
    Datasets without measures are listed only if they have a dimension that the rules read.
    """
    found: list[UnmentionedDatasets] = []
    for policy in model.policies:
        if not policy.rows or policy.by_dimension:
            continue
        dimensions = _ruled_dimensions(policy, model)
        unreached = [
            dataset
            for dataset in _open(policy, model)
            if not is_reached(policy, dataset, model)
            and dataset.name not in policy.whole.names
            and policy.whole.tags.isdisjoint(dataset.tags)
        ]
        having = tuple(dataset for dataset in unreached if not dimensions.isdisjoint(dataset.dimensions))
        others = tuple(dataset for dataset in unreached if dataset.measures and dataset not in having)
        if having or others:
            found.append(UnmentionedDatasets(policy, having, others))
    return found


def _open(policy: Policy, model: Model) -> list[Dataset]:
    """Return the datasets that a policy doesn't deny, without uploads, which have their own policies."""
    return [
        dataset for dataset in model.datasets.values() if not dataset.origin and not policy.deny_datasets.holds(dataset)
    ]


def _ruled_dimensions(policy: Policy, model: Model) -> frozenset[str]:
    """Return the dimensions whose columns a policy's rules read."""
    return frozenset(
        dimension.name
        for rule in policy.rows
        for dimension in model.datasets[rule.dataset].dimensions.values()
        if isinstance(dimension.sql.tree, exp.Column) and dimension.sql.tree.name in rule.where.columns
    )
