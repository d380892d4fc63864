"""Describe what limits the numbers that an actor sees in one question.

Two actors with the same description see the same numbers. Only row rules, masks and minimum group sizes count. A metric
or breakdown that an actor can't see is left out of the question, and the page says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from semantic.policy.actor import Attribute
from semantic.policy.narrow import VisibleModel, measures_of


def access_to(metrics: Iterable[str], breakdowns: Iterable[str], seen: VisibleModel) -> str:
    """Return the limits on an actor's numbers as text, without policy names or the model's version."""
    model = seen.model
    asked = [metric for name in metrics if (metric := model.metrics.get(name)) is not None]
    facts = {measure.dataset for metric in asked for measure in measures_of(metric, model)}
    reached = {dataset for fact in facts for dataset in model.joins.paths(fact)}
    rules = {
        (
            rule.dataset,
            rule.where.text,
            rule.unmatched,
            rule.via,
            *(f"{name}={_values(seen.actor.attributes.get(name, ()))}" for name in rule.where.placeholders),
        )
        for rule in seen.rules
        if rule.dataset in reached
    }
    masks = {(name, mask.kind, mask.width) for name in breakdowns if (mask := seen.mask(name)) is not None}
    groups = {(group.entity, group.at_least) for group in seen.min_groups}
    return json.dumps([sorted(rules), sorted(masks), sorted(groups)])


def _values(attribute: Attribute) -> str:
    return json.dumps(sorted([attribute] if isinstance(attribute, str) else attribute))
