"""Changes to a plan that leave every number the same and make it cheaper."""

from __future__ import annotations

from dataclasses import replace

from semantic.model.definitions import Aggregation, Granularity
from semantic.plan.nodes import Leg, Plan, Shape, paths

_DISTRIBUTIVE = frozenset(
    {Aggregation.SUM, Aggregation.COUNT, Aggregation.SUM_BOOLEAN, Aggregation.MIN, Aggregation.MAX}
)
"""Aggregates whose parts can be aggregated again."""


def rewrite(plan: Plan) -> Plan:
    """Every change below, also to the plan that chooses the top."""
    for change in (join_after_aggregating, aggregate_days_first):
        plan = change(plan)
    return replace(plan, chosen=replace(plan.chosen, plan=rewrite(plan.chosen.plan))) if plan.chosen else plan


def join_after_aggregating(plan: Plan) -> Plan:
    """Aggregate a fact by its own foreign key before joining.

    Exact for distributive measures, because what is joined depends on the key alone. Only for one key: two give nearly
    as many groups as there are rows. Without a group key a count of no rows would become missing, so it stays.
    """
    return replace(plan, legs=tuple(_late(leg) if _can_join_late(leg) else leg for leg in plan.legs))


def aggregate_days_first(plan: Plan) -> Plan:
    """Group by day, then by the longer period: a period is worked out once a day and not once a row."""
    return replace(plan, legs=tuple(_by_day(leg) if _can_take_days_first(leg) else leg for leg in plan.legs))


def is_distributive(leg: Leg) -> bool:
    """Whether every measure of a leg can be aggregated again from parts."""
    return bool(leg.leaves) and all(leaf.measure.agg in _DISTRIBUTIVE for leaf in leg.leaves)


def _can_join_late(leg: Leg) -> bool:
    foreign = {path[0] for path in leg.joins}
    own = [key for key in leg.keys if not key.field.path]
    mixed = any({bool(path) for path in paths(test)} == {True, False} for test in leg.where)
    return is_distributive(leg) and bool(leg.keys) and not own and len(foreign) == 1 and not mixed


def _can_take_days_first(leg: Leg) -> bool:
    periods = [key for key in leg.keys if key.grain not in (None, Granularity.HOUR, Granularity.DAY)]
    hours = any(key.grain is Granularity.HOUR for key in leg.keys)
    return leg.shape is Shape.PLAIN and is_distributive(leg) and bool(periods) and not hours


def _late(leg: Leg) -> Leg:
    return replace(leg, shape=Shape.JOIN_AFTER)


def _by_day(leg: Leg) -> Leg:
    return replace(leg, shape=Shape.DAY_FIRST)
