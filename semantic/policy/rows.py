"""Find the row rules that apply to an actor's questions."""

from __future__ import annotations

from semantic.model.definitions import Dataset
from semantic.model.join_graph import JoinPath, paths_by_rule
from semantic.model.policies import RowRule
from semantic.policy.actor import Attribute
from semantic.policy.narrow import VisibleModel


def rules_on(fact: Dataset, visible: VisibleModel) -> list[tuple[RowRule, JoinPath]]:
    """Return every rule that reaches `fact`, with its join path.

    All of them apply, even if a question doesn't need the join (decision 25). If there are several paths, the rule
    names one, which was checked when the model was loaded.
    """
    paths = visible.model.joins.paths(fact.name)
    bound: list[tuple[RowRule, JoinPath]] = []
    for rule in visible.rules:
        reaching = paths.get(rule.dataset, ())
        if len(reaching) > 1:
            reaching = paths_by_rule(reaching, rule.via) or reaching
        bound += [(rule, path) for path in reaching]
    return bound


def attributes_of(rule: RowRule, visible: VisibleModel) -> tuple[tuple[str, Attribute | None], ...]:
    """Return each attribute that a rule uses, with the actor's value, or None if the actor doesn't have it.

    Without a value, no row matches.
    """
    return tuple((name, visible.actor.attributes.get(name)) for name in rule.where.placeholders)
