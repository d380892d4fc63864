"""Bind a plan to what its actor may see: row rules on every leg they reach. Never left out, whatever is rewritten."""

from __future__ import annotations

from dataclasses import replace

from semantic.errors import UnknownName
from semantic.plan.nodes import Leg, Plan, Restriction
from semantic.policy.narrow import Visible
from semantic.policy.rows import attributes_of, rules_on


def restrict(plan: Plan, visible: Visible) -> Plan:
    """The plan with every leg restricted. Masks are on each field already, set where the field is found.

    Raises UnknownName for a leg over a dataset that this actor may not see at all.
    """
    return replace(plan, legs=tuple(_restrict_leg(leg, visible) for leg in plan.legs))


def _restrict_leg(leg: Leg, visible: Visible) -> Leg:
    if not visible.shows_fact(leg.dataset.name):
        raise UnknownName(leg.dataset.name, (), kind="dataset")
    bound = rules_on(leg.dataset, visible)
    restrictions = tuple(Restriction(rule, path, attributes_of(rule, visible)) for rule, path in bound)
    return replace(leg, restrictions=restrictions)
