"""Count the members behind each number, if a policy requires a minimum (decision 36).

The counts are extra columns that are never shown. Once the rows are computed, numbers with too few members are hidden
(semantic.results.suppression). Questions whose answers would reveal hidden numbers are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlglot import exp

from semantic.errors import GroupTooSmall
from semantic.model.definitions import Additivity, Aggregation, DataType, Measure, Metric, TypeKind
from semantic.model.entity_keys import entity_columns
from semantic.model.expression import Expression, parse_expression
from semantic.model.join_graph import JoinPath
from semantic.model.policies import MinGroup
from semantic.plan.measures.metrics import MetricLeaf, Parts
from semantic.plan.tree.nodes import Guard, Leg, Output, Plan, Suppression, Window
from semantic.query.describe import lower_first
from semantic.query.filter_parts import Part, by_members, parts_of
from semantic.query.names import read_name
from semantic.query.periods import Days
from semantic.query.query import ByMember, Condition, InSegment, SqlCondition
from semantic.query.resolve import Asked, InnerQuestion

_DOUBLE, _INTEGER = DataType(TypeKind.DOUBLE), DataType(TypeKind.INTEGER)


@dataclass(frozen=True, slots=True)
class Guarded:
    """The parts of metrics, with their counts of members. Each leaf has one or more counts, each with its minimum."""

    parts: Parts
    counts: dict[str, tuple[tuple[str, MinGroup], ...]]

    def of(self, name: str) -> dict[str, MinGroup]:
        """Return the counts for a metric: those of every leaf that it uses. A ratio has the counts of both sides."""
        return {count: need for leaf in _leaves(name, self.parts) for count, need in self.counts.get(leaf, ())}


def add_guards(parts: Parts, metrics: Sequence[Metric], asked: Asked) -> Guarded:
    """Add counts of the distinct members behind each leaf of `metrics`, for every entity that a policy counts.

    A member counts if one of its rows adds to the measure. A member without an amount isn't behind the sum. Raises
    GroupTooSmall for window metrics and conversions.
    """
    needs = [min_group for min_group in asked.visible.min_groups if not _is_each(min_group, asked)]
    if not needs or not metrics:
        return Guarded(parts, {})
    leaves, needed = [*parts.leaves], dict(parts.metrics)
    leaf_of, asked_by = dict(parts.leaf_of), dict(parts.asked_by)
    simple = {leaf: name for name, leaf in reversed(parts.leaf_of.items())}
    wanted = {leaf for metric in metrics for leaf in _leaves(metric.name, parts)}
    counts: dict[str, tuple[tuple[str, MinGroup], ...]] = {}
    for leaf in (each_leaf for each_leaf in parts.leaves if each_leaf.name in wanted):
        label = parts.asked_by[leaf.name]
        mine: list[tuple[str, MinGroup]] = []
        for need in needs:
            for place, way in enumerate(entity_columns(need.entity, leaf.measure.dataset, asked.visible.model)):
                name = f"{leaf.name} {need.entity} {place}"  # no metric has a space in its name
                leaves.append(_counting(leaf, name, way.column, way.path))
                needed[name] = replace(needed[simple[leaf.name]], name=name, fill=None, enough=None)
                leaf_of[name], asked_by[name] = name, label
                mine.append((name, need))
        if mine or _converts_guarded(leaf, asked):
            _check_context(leaf, label)
            counts[leaf.name] = tuple(mine)
    return Guarded(Parts(tuple(leaves), needed, leaf_of, asked_by), counts)


def with_suppression(plan: Plan, guarded: Guarded, asked: Asked, windows: Sequence[Window]) -> Plan:
    """Return the plan with its counts, and with everything that selects groups postponed. Raises GroupTooSmall.

    Order, limit, filters on groups and Other must depend only on the numbers that are shown, so they're applied after
    numbers are hidden.
    """
    if not guarded.counts:
        return plan
    guards = tuple(_guards([output for output in plan.outputs if output.metric], guarded))
    _check_asked(asked, guarded)
    suppression = Suppression(
        guards=guards,
        together=tuple(_hidden_together(plan.outputs, guards, guarded.parts)),
        having=tuple((metric.name, test.op, test.values) for metric, test in asked.having),
        windows=tuple(windows),
        order=plan.order,
        limit=plan.limit,
        other=plan.chosen is None or plan.chosen.other,
        leaves_out=len(asked.keys) > 1 or _ties_values(asked),
    )
    chosen = replace(plan.chosen, other=True) if plan.chosen else None
    return replace(plan, having=(), windows=(), order=(), limit=None, chosen=chosen, suppression=suppression)


def guard_inside(outputs: Sequence[Output], metric: Metric, guarded: Guarded) -> list[Output]:
    """Return the outputs with `metric` null, in the SQL itself, wherever too few members are behind it."""
    tests = tuple(
        (Output(f"_g{place}", guarded.parts.metrics[name], _DOUBLE), need.at_least)
        for place, (name, need) in enumerate(guarded.of(metric.name).items())
    )
    return [
        replace(output, guarded=tests) if output.metric is not None and output.name == metric.name else output
        for output in outputs
    ]


def check_listed(legs: Sequence[Leg], asked: Asked) -> None:
    """Raise GroupTooSmall if a list of values could reveal something about a group that is too small.

    In a list, the values themselves are the answer, so there are no numbers to hide. People could count a group's
    members in it, or use a filter or a second breakdown to single out one customer.
    """
    for need in asked.visible.min_groups:
        for dataset in (leg_dataset for leg in legs for leg_dataset in leg.datasets):
            if not entity_columns(need.entity, dataset.name, asked.visible.model):
                continue
            if asked.query.each_row:
                message = f"{dataset.label} can't be listed row by row: {_must(need)}. List each value once instead."
                raise GroupTooSmall(message, names=(dataset.label,))
            if _ties_values(asked):
                message = f"Values of {lower_first(dataset.label)} can only be listed for one breakdown at a time,"
                message += f" with no filters on anything else: {_must(need)}. Add a metric."
                raise GroupTooSmall(message, names=(dataset.label,))


def check_members(asked: Asked, guarded: Guarded) -> None:
    """Raise GroupTooSmall if numbers filtered by a metric of each member have no count of those members.

    A single member's metric is the metric of a group of one, so only a number that is hidden below `at_least` may
    depend on it.
    """
    counted = {need.entity for metric in asked.metrics for need in guarded.of(metric.name).values()}
    for inner in _typed(asked):
        for need in asked.visible.min_groups:
            if _is_each(need, inner.asked) and need.entity not in counted:
                label = inner.asked.metrics[0].label
                message = f"Values can't be filtered by {lower_first(label)}: {_must(need)}. Add a metric of the same"
                message += f" {need.entity.replace('_', ' ')}s, or remove the filter."
                raise GroupTooSmall(message, names=(label, inner.asked.metrics[0].name))


# Counting


def _is_each(need: MinGroup, asked: Asked) -> bool:
    """Return whether each number belongs to one member, as in a filter by a metric, so that its count is always 1."""
    return any(key.entity and need.entity in (key.entity.thing, *key.entity.roles) for key in asked.keys)


def _leaves(name: str, parts: Parts) -> dict[str, None]:
    metric = parts.metrics[name]
    if metric.is_simple:
        return {parts.leaf_of[name]: None}
    return {leaf: None for metric_input in metric.inputs for leaf in _leaves(metric_input, parts)}


def _counting(leaf: MetricLeaf, name: str, column: str, path: JoinPath) -> MetricLeaf:
    measure = leaf.measure
    counted = Measure(
        name=name,
        label=measure.label,
        dataset=measure.dataset,
        agg=Aggregation.COUNT_DISTINCT,
        sql=_column(column),
        type=_INTEGER,
        additivity=Additivity.NONE,
        time=measure.time,
        over_time=measure.over_time,
        per=measure.per,
    )
    return replace(leaf, name=name, measure=counted, filter=_adding(leaf, column), currency="", thing=path)


def _adding(leaf: MetricLeaf, column: str) -> Expression | None:
    """Return the condition for rows that add something to a measure, or None if all do.

    If the measure counts the key itself, rows without a key don't add anything in any case.
    """
    measure, own = leaf.measure, leaf.filter
    if measure.sql is None or measure.sql.text == column:
        return own
    if measure.agg is Aggregation.SUM_BOOLEAN:
        adds = _operand(measure.sql)
    else:
        plain = isinstance(measure.sql.tree, exp.Column)
        adds = f"{measure.sql.text} IS NOT NULL" if plain else f"({measure.sql.text}) IS NOT NULL"
    return _parsed(f"{_operand(own)} AND {adds}" if own is not None else adds)


def _operand(condition: Expression) -> str:
    """Return a condition that can be joined by AND.

    Its text is written as in other measures, so that their rows are read only once.
    """
    return f"({condition.text})" if isinstance(condition.tree, exp.Or) else condition.text


def _column(name: str) -> Expression:
    return _parsed('"' + name.replace('"', '""') + '"')


@lru_cache(maxsize=2_000)
def _parsed(text: str) -> Expression:
    return parse_expression(text)


def _guards(outputs: Sequence[Output], guarded: Guarded) -> Iterator[Guard]:
    names: dict[tuple[str, str], str] = {}
    for output in outputs:
        assert output.metric is not None
        for name, need in guarded.of(output.metric.name).items():
            column = names.setdefault((name, output.compare), f"_g{len(names)}")
            counted = Output(column, guarded.parts.metrics[name], _DOUBLE, compare=output.compare)
            yield Guard(output.name, counted, need)


def _hidden_together(outputs: Sequence[Output], guards: Sequence[Guard], parts: Parts) -> Iterator[tuple[str, ...]]:
    """Yield the columns that must be hidden together, because one can be computed from the others."""
    bound = {guard.of for guard in guards}
    groups: list[tuple[str, set[str], list[str]]] = []
    for output in (each_output for each_output in outputs if each_output.name in bound and each_output.metric):
        assert output.metric is not None
        facts, names = parts.facts_of(output.metric.name), [output.name]
        for group in [each_group for each_group in groups if each_group[0] == output.compare and each_group[1] & facts]:
            facts, names = facts | group[1], [*group[2], *names]
            groups.remove(group)
        groups.append((output.compare, facts, names))
    yield from (tuple(names) for _, _, names in groups)


# What would reveal hidden numbers


def _converts_guarded(leaf: MetricLeaf, asked: Asked) -> bool:
    """Return whether a conversion's base events belong to members that a policy counts."""
    base = leaf.context.base
    model = asked.visible.model
    return base is not None and any(
        entity_columns(min_group.entity, base.measure.dataset, model) for min_group in asked.visible.min_groups
    )


def _check_context(leaf: MetricLeaf, label: str) -> None:
    if leaf.context.window is not None:
        why = "values of neighbouring days would reveal those of the days between"
    elif leaf.context.base is not None:
        why = "conversions don't have a count of who is behind them"
    else:
        return
    message = f"{label} isn't available to you, because {why} and small groups are hidden from you."
    message += " Use the metrics it's calculated from."
    raise GroupTooSmall(message, names=(label,))


def _check_asked(asked: Asked, guarded: Guarded) -> None:
    """Raise GroupTooSmall for calculations over guarded numbers, and if differences would reveal hidden ones."""
    metrics = [*asked.metrics, *(metric for metric, _ in asked.having)]
    first = next(metric.label for metric in metrics if guarded.of(metric.name))
    end = f"small groups of {lower_first(first)} are hidden from you"
    if asked.calc:
        message = f"Calculations aren't available with {lower_first(first)}, because they cover all groups, and {end}."
        raise GroupTooSmall(f"{message} Remove the calculation.", names=(first,))
    shown = {metric.name for metric in asked.metrics}
    for metric, _ in asked.having:
        if metric.name not in shown:
            message = (
                f"Groups can't be filtered by {lower_first(metric.label)} without showing it, because {end}. Add "
                "it to the metrics."
            )
            raise GroupTooSmall(message, names=(metric.label, metric.name))
    shifted = any(leaf.context.shifts for leaf in guarded.parts.leaves if leaf.name in guarded.counts)
    if asked.totals and shifted:
        message = (
            f"Totals aren't available for metrics that use values from other periods, because {end}. Remove the totals."
        )
        raise GroupTooSmall(message, names=(first,))
    periods = [asked.days, *(compared.days for compared in asked.compared)]
    for place, days in enumerate(periods):
        if any(_overlap(days, other) for other in periods[:place]):
            message = (
                f"Overlapping periods can't be compared, because the difference could reveal small groups, and {end}."
            )
            raise GroupTooSmall(f"{message} Choose periods that don't overlap.", names=(first,))


def _typed(asked: Asked) -> Iterator[InnerQuestion]:
    """Yield the filters by a metric in the question itself, including nested ones, but not those in the model."""
    own = {member for part in asked.where for member in by_members(part)}
    for inner in asked.inner:
        if inner.part in own:
            yield inner
            yield from _typed(inner.asked)


def _ties_values(asked: Asked) -> bool:
    """Return whether a list of values reveals which values of different dimensions occur together."""
    dimensions = [key for key in asked.keys if key.dimensions or key.entity]
    if not asked.where:
        return len(dimensions) > 1 and not asked.query.ranges  # each range covers one breakdown only
    own = {(key.breakdown.dim, key.breakdown.via) for key in asked.keys}
    names = {name for part in asked.where for inner_part in parts_of(part) for name in _filtered_by(inner_part, asked)}
    return len(dimensions) > 1 or not names <= own


def _filtered_by(part: Part, asked: Asked) -> Iterator[tuple[str, str | None]]:
    """Yield the dimensions that a filter reads, except in segments and metrics of members."""
    match part:
        case Condition(dim, via=via):
            yield dim, via
        case SqlCondition(condition):
            for text in condition.columns:
                name = read_name(text, asked.visible.model)
                yield name.dim, name.via
        case InSegment() | ByMember():
            yield "", None


def _overlap(days: Days, other: Days) -> bool:
    begins = days.start is None or other.end is None or days.start < other.end
    return begins and (other.start is None or days.end is None or other.start < days.end)


def _must(need: MinGroup) -> str:
    return f"groups of fewer than {need.at_least:,} ({need.entity.replace('_', ' ')}) are hidden from you"
