"""Restrict a plan to what its actor can see. Row rules apply to every leg that can reach them.

No rewrite removes a restriction.
"""

from __future__ import annotations

from dataclasses import replace

from semantic.errors import UnknownName
from semantic.model.definitions import Dataset
from semantic.model.replace_fields import replace_fields
from semantic.plan.tree.fields import All, Any, Compare, Member, Not, Passes, Restriction, SaidTest, Test
from semantic.plan.tree.nodes import Leg, Plan
from semantic.policy.narrow import VisibleModel
from semantic.policy.rows import attributes_of, rules_on


def restrict(plan: Plan, visible: VisibleModel) -> Plan:
    """Return the plan with every leg restricted, including those of a top, of segments and of filters.

    Masks aren't added here, because each field already has its mask. Raises UnknownName for a leg over a dataset that
    the actor can't see.
    """
    chosen = replace(plan.chosen, plan=restrict(plan.chosen.plan, visible)) if plan.chosen else None
    tables = tuple((name, restrict(inner, visible)) for name, inner in plan.tables)
    legs = tuple([_restrict_leg(leg, visible) for leg in plan.legs])
    return replace_fields(plan, legs=legs, chosen=chosen, tables=tables)


def _restrict_leg(leg: Leg, visible: VisibleModel) -> Leg:
    if leg.crossed is not None and all(key.field == leg.time for key in leg.keys):
        return leg  # only a calendar's days, which no policy restricts
    where = tuple([_restrict_test(test, visible) for test in leg.where])
    converted = leg.converted
    if converted is not None:
        converted = replace(converted, restrictions=_restrictions(converted.dataset, visible))
    beside = tuple([replace(other, restrictions=_restrictions(other.dataset, visible)) for other in leg.beside])
    own, shared = _restrictions(leg.dataset, visible), leg.shared
    if shared is not None:
        shared = replace(shared, restrictions=_restrictions(shared.dataset, visible))
    return replace_fields(leg, restrictions=own, where=where, converted=converted, beside=beside, shared=shared)


def _restrictions(dataset: Dataset, visible: VisibleModel) -> tuple[Restriction, ...]:
    if not visible.shows_fact(dataset.name):
        raise UnknownName(dataset.name, (), kind="dataset")
    return tuple([Restriction(rule, path, attributes_of(rule, visible)) for rule, path in rules_on(dataset, visible)])


def _restrict_test(test: Test, visible: VisibleModel) -> Test:
    match test:
        case Member():
            return replace(test, restrictions=_restrictions(test.dataset, visible))
        case All(parts):
            return All(tuple(_restrict_test(part, visible) for part in parts))
        case Any(parts):
            return Any(tuple(_restrict_test(part, visible) for part in parts))
        case Not(part):
            return Not(_restrict_test(part, visible))
        case Compare() | Passes() | SaidTest():
            return test
