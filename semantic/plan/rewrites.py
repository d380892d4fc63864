"""Make a plan cheaper without changing any number."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from semantic.model.definitions import Aggregation, Granularity
from semantic.model.join_graph import Edge, JoinPath
from semantic.model.replace_fields import replace_fields
from semantic.plan.tree.fields import paths
from semantic.plan.tree.known import NOTHING_KNOWN, Known, Matches, Months, hop_of
from semantic.plan.tree.nodes import Leg, Plan
from semantic.plan.tree.shape import Shape
from semantic.query.periods import in_months

_DISTRIBUTIVE = frozenset(
    {Aggregation.SUM, Aggregation.COUNT, Aggregation.SUM_BOOLEAN, Aggregation.MIN, Aggregation.MAX}
)
"""Aggregations whose partial results can be aggregated again."""


def rewrite(plan: Plan, proven: Known = NOTHING_KNOWN) -> Plan:
    """Return the plan with every rewrite that applies, including in the plans inside it.

    `proven` are facts about the data that will be read.
    """
    legs = tuple([_rewritten(leg, plan, proven) for leg in plan.legs])
    chosen = replace(plan.chosen, plan=rewrite(plan.chosen.plan, proven)) if plan.chosen else None
    tables = tuple((name, rewrite(inner, proven)) for name, inner in plan.tables)
    return replace_fields(plan, legs=legs, chosen=chosen, tables=tables)


def _rewritten(leg: Leg, plan: Plan, proven: Known) -> Leg:
    leg = join_matches_alone(leg, proven.matches) if proven.matches else leg
    leg = know_months(leg, plan, proven) if proven.dates else leg
    if leg.is_special:
        return leg
    for change in REWRITES:
        if change is take_values_once and (plan.chosen is not None or plan.totals):
            continue  # a top and totals compute a distinct count from rows
        leg = change(leg)
    return leg


def join_matches_alone(leg: Leg, proven: Matches) -> Leg:
    """Return the leg with inner joins wherever every row is proven to have a match. The rows stay the same."""
    inner: list[JoinPath] = []
    for path in leg.joins:  # each after the path that it extends
        edge = path[-1]
        is_known = edge.needs_key_alone and edge.current is None and hop_of(edge) in proven
        if is_known and (len(path) == 1 or path[:-1] in inner):
            inner.append(path)
    return replace_fields(leg, inner=frozenset(inner)) if inner and not leg.beside else leg


def know_months(leg: Leg, plan: Plan, proven: Known) -> Leg:
    """Return the leg with its dates marked if their months are proven to have numbers.

    The mark also says whether grouping by key and month is proven to give few groups. This is only for a fact in a
    single leg, because legs of the same fact can share their rows by day.
    """
    months = [key for key in leg.keys if key.by_day and not key.field.path]
    alone = sum(other.dataset.name == leg.dataset.name for other in plan.legs) == 1
    if len(months) != 1 or not alone or months[0].field.mask is not None:
        return leg
    dimension = months[0].field.dimension
    in_own_zone = dimension.day is not None and plan.time_zone == plan.model_zone
    date = dimension.day.tree if in_own_zone and dimension.day else dimension.sql.tree
    if not isinstance(date, exp.Column) or (leg.dataset.name, date.name) not in proven.dates:
        return leg
    first = {path[0] for path in leg.joins}
    few = all((*hop_of(edge), date.name) in proven.few for edge in first)
    return replace_fields(leg, months=Months.FEW if few else Months.NUMBERED)


def join_after_aggregating(leg: Leg) -> Leg:
    """Return the leg with rows aggregated by a foreign key before the join.

    This is exact for distributive measures, because the joined columns depend only on the key. It needs a single key,
    because two keys give nearly as many groups as there are rows. A leg without a group key stays as it is, because a
    count of no rows would become null. If every row has a match, the join comes first, which is cheaper.
    """
    if not leg.joins:
        return leg
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
    return replace_fields(leg, shape=Shape.JOIN_AFTER, late=foreign)


def number_months(leg: Leg) -> Leg:
    """Return the leg grouped by the month's number, with its first day computed afterwards.

    If that gives few groups, rows are grouped before the join too (see `join_after_aggregating`). This is exact,
    because dates are proven to be normal. It's only for legs with other breakdowns, because for a month alone it's
    cheaper to compute the first day once per day.
    """
    if leg.months is Months.UNKNOWN or leg.shape is not Shape.PLAIN or not is_distributive(leg):
        return leg
    dates = [key for key in leg.keys if key.by_day or key.by_clock]
    if len(dates) != 1:
        return leg
    (month,) = dates
    moves = month.move_days or month.move_months or month.first or month.end
    in_whole_months = month.grain is not None and in_months(month.grain) and not month.field.path
    if not in_whole_months or moves or len(leg.keys) == 1 or leg.exchange or leg.shared:
        return leg
    foreign = frozenset(path[0] for path in leg.joins)
    own = [key for key in leg.keys if not key.field.path and key is not month]
    late = (
        leg.months is Months.FEW
        and not own
        and len(foreign) == 1
        and _by_keys_alone(leg)
        and not leg.inner.issuperset(leg.joins)
        and not _mixes(leg, foreign)
    )
    return replace_fields(leg, shape=Shape.MONTHS_FIRST, late=foreign if late else frozenset())


def aggregate_days_first(leg: Leg) -> Leg:
    """Return the leg grouped by day and then by the longer period, so that the period is computed once per day."""
    periods = [key for key in leg.keys if key.by_day and key.grain is not Granularity.DAY]
    hours = any(key.by_clock for key in leg.keys)
    fits = leg.shape is Shape.PLAIN and is_distributive(leg) and bool(periods) and not hours
    return replace_fields(leg, shape=Shape.DAY_FIRST) if fits else leg


def add_before_exchanging(leg: Leg) -> Leg:
    """Return the leg with amounts added up by currency and day before conversion, so that rates apply to sums.

    This is exact, because all amounts of one currency and day have the same rate. A count of no rows stays 0.
    """
    if not leg.exchange:
        return leg
    counts = any(leaf.measure.agg in (Aggregation.COUNT, Aggregation.SUM_BOOLEAN) for leaf in leg.leaves)
    fits = leg.shape is Shape.PLAIN and is_distributive(leg) and (leg.keys or not counts)
    return replace_fields(leg, shape=Shape.DAY_FIRST) if fits else leg


def take_values_once(leg: Leg) -> Leg:
    """Return the leg with each distinct value of a foreign key read once per group before the join.

    This is for distinct counts by columns that are joined through that key. It's exact, because these columns depend
    only on the counted value.
    """
    counted = bool(leg.leaves) and all(leaf.measure.agg is Aggregation.COUNT_DISTINCT for leaf in leg.leaves)
    if not counted or any(leaf.thing for leaf in leg.leaves):
        return leg
    values = {leaf.measure.sql.text if leaf.measure.sql else "" for leaf in leg.leaves}
    filters = {leaf.filter.text if leaf.filter else "" for leaf in leg.leaves}
    late = frozenset(path[0] for path in leg.joins if values == set(path[0].columns))
    if not _by_keys_alone(leg) or len(filters) > 1 or not late or not leg.keys or _mixes(leg, late):
        return leg
    return replace_fields(leg, shape=Shape.DISTINCT_FIRST, late=late)


REWRITES = (join_after_aggregating, number_months, aggregate_days_first, add_before_exchanging, take_values_once)
"""All rewrites, in the order in which they're applied. None of them changes a number."""


def is_distributive(leg: Leg) -> bool:
    """Return whether every measure of a leg can be aggregated again from partial aggregates."""
    return not leg.is_special and has_parts(leg)


def has_parts(leg: Leg) -> bool:
    """Return whether every measure of a leg can be computed from partial aggregates."""
    return bool(leg.leaves) and all(leaf.measure.agg in _DISTRIBUTIVE for leaf in leg.leaves)


def _by_keys_alone(leg: Leg) -> bool:
    """Return whether a leg's joins depend only on foreign keys in the fact's row."""
    return all(edge.needs_key_alone for path in leg.joins for edge in path)


def _mixes(leg: Leg, late: frozenset[Edge]) -> bool:
    """Return whether a test reads both columns from late joins and other columns."""
    return any(len({bool(path) and path[0] in late for path in paths(test)}) > 1 for test in leg.where)
