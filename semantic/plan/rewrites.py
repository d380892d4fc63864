"""Changes to a plan that leave every number the same and make it cheaper."""

from __future__ import annotations

from dataclasses import replace

from semantic.model.definitions import Aggregation, Granularity
from semantic.model.join_graph import Edge, JoinPath
from semantic.plan.changed import changed
from semantic.plan.nodes import Leg, Plan, Shape, paths

_DISTRIBUTIVE = frozenset(
    {Aggregation.SUM, Aggregation.COUNT, Aggregation.SUM_BOOLEAN, Aggregation.MIN, Aggregation.MAX}
)
"""Aggregates whose parts can be aggregated again."""

Hop = tuple[str, ...]
"""A dataset, its role, the dataset that the role leads to, and the columns of the key there."""

Matches = frozenset[Hop]
"""Hops over which every row of the dataset meets one, in the data that is read: no key is missing, none unknown."""

NO_MATCHES: Matches = frozenset()


def hop_of(edge: Edge) -> Hop:
    """What an edge is called among proofs."""
    return edge.source, edge.role, edge.target, *edge.target_columns


def rewrite(plan: Plan, proven: Matches = NO_MATCHES) -> Plan:
    """Every change of REWRITES that fits, also to the plan that chooses the top. `proven` are the hops that lose no
    row in the data that is read."""
    legs = tuple(_rewritten(leg, plan, proven) for leg in plan.legs)
    chosen = replace(plan.chosen, plan=rewrite(plan.chosen.plan, proven)) if plan.chosen else None
    tables = tuple((name, rewrite(inner, proven)) for name, inner in plan.tables)
    return changed(plan, legs=legs, chosen=chosen, tables=tables)


def _rewritten(leg: Leg, plan: Plan, proven: Matches) -> Leg:
    leg = join_matches_alone(leg, proven) if proven else leg
    if leg.is_special:
        return leg
    for change in REWRITES:
        if change is take_values_once and (plan.chosen is not None or plan.totals):
            continue  # those group a distinct count from rows
        leg = change(leg)
    return leg


def join_matches_alone(leg: Leg, proven: Matches) -> Leg:
    """Join without looking for rows that match nothing, where every row is known to match: the same rows."""
    inner: list[JoinPath] = []
    for path in leg.joins:  # each after those it goes on from
        edge = path[-1]
        is_known = edge.needs_key_alone and edge.current is None and hop_of(edge) in proven
        if is_known and (len(path) == 1 or path[:-1] in inner):
            inner.append(path)
    return changed(leg, inner=frozenset(inner)) if inner and not leg.beside else leg


def join_after_aggregating(leg: Leg) -> Leg:
    """Aggregate a fact by its own foreign key before joining.

    Exact for distributive measures, because what is joined depends on the key alone. Only for one key: two give nearly
    as many groups as there are rows. Without a group key a count of no rows would become missing, so it stays. Where
    all rows match, joining them first is cheaper.
    """
    foreign = frozenset(path[0] for path in leg.joins)
    own = [key for key in leg.keys if not key.field.path]
    if (
        not _by_keys_alone(leg)
        or not is_distributive(leg)
        or not leg.keys
        or own
        or len(foreign) != 1
        or leg.inner.issuperset(leg.joins)
        or _mixes(leg, foreign)
    ):
        return leg
    return changed(leg, shape=Shape.JOIN_AFTER, late=foreign)


def aggregate_days_first(leg: Leg) -> Leg:
    """Group by day, then by the longer period: a period is worked out once a day and not once a row."""
    periods = [key for key in leg.keys if key.by_day and key.grain is not Granularity.DAY]
    hours = any(key.by_clock for key in leg.keys)
    fits = leg.shape is Shape.PLAIN and is_distributive(leg) and bool(periods) and not hours
    return changed(leg, shape=Shape.DAY_FIRST) if fits else leg


def add_before_exchanging(leg: Leg) -> Leg:
    """Add up amounts of one currency and day, then exchange them: rates meet sums, not rows.

    Exact, because all amounts of one currency and day have one rate. A count of no rows at all stays 0.
    """
    counts = any(leaf.measure.agg in (Aggregation.COUNT, Aggregation.SUM_BOOLEAN) for leaf in leg.leaves)
    fits = leg.exchange and leg.shape is Shape.PLAIN and is_distributive(leg) and (leg.keys or not counts)
    return changed(leg, shape=Shape.DAY_FIRST) if fits else leg


def take_values_once(leg: Leg) -> Leg:
    """Count different values of a foreign key, by what hangs on it and more: each value once in each group, then join.

    Exact, because what is joined by the key depends on the counted value alone.
    """
    values = {leaf.measure.sql.text if leaf.measure.sql else "" for leaf in leg.leaves}
    filters = {leaf.filter.text if leaf.filter else "" for leaf in leg.leaves}
    late = frozenset(path[0] for path in leg.joins if values == set(path[0].columns))
    counted = bool(leg.leaves) and all(leaf.measure.agg is Aggregation.COUNT_DISTINCT for leaf in leg.leaves)
    counted = counted and not any(leaf.thing for leaf in leg.leaves)
    if not _by_keys_alone(leg) or not counted or len(filters) > 1 or not late or not leg.keys or _mixes(leg, late):
        return leg
    return changed(leg, shape=Shape.DISTINCT_FIRST, late=late)


REWRITES = (join_after_aggregating, aggregate_days_first, add_before_exchanging, take_values_once)
"""Each leaves every number the same by itself, in this order."""


def is_distributive(leg: Leg) -> bool:
    """Whether every measure of a leg can be aggregated again from parts."""
    return not leg.is_special and has_parts(leg)


def has_parts(leg: Leg) -> bool:
    """Whether every measure of a leg is made of parts of it."""
    return bool(leg.leaves) and all(leaf.measure.agg in _DISTRIBUTIVE for leaf in leg.leaves)


def _by_keys_alone(leg: Leg) -> bool:
    """Whether what is joined depends on foreign keys and on nothing else of the fact's row."""
    return all(edge.needs_key_alone for path in leg.joins for edge in path)


def _mixes(leg: Leg, late: frozenset[Edge]) -> bool:
    """Whether a test reads what is joined late beside what is not."""
    return any(len({bool(path) and path[0] in late for path in paths(test)}) > 1 for test in leg.where)
