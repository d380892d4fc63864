"""Many-to-many joins through a bridge, which splits a row's numbers by the share of each link."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from semantic.errors import FanOut, UnsafeReaggregation
from semantic.model.definitions import Additivity, Aggregation, Dataset, DataType, Measure, TypeKind
from semantic.model.expression import Expression, parse_expression
from semantic.model.join_graph import Edge, JoinPath
from semantic.model.model import Model
from semantic.plan.tree.fractions import adding_decimals
from semantic.plan.tree.nodes import Leg, Output, Shared
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.describe import lower_first

_DOUBLE = DataType(TypeKind.DOUBLE)
_SUMS = (Aggregation.SUM, Aggregation.COUNT, Aggregation.SUM_BOOLEAN)


def far_sides(fact: Dataset, visible: VisibleModel) -> Iterator[tuple[str, JoinPath]]:
    """Yield each dataset that `fact` reaches through a bridge, once for each join path, with that path.

    The bridge itself is one of these datasets. Bridges that the actor can't see aren't used. The path's first join
    repeats a row for each of its links, so values that are summed over it are multiplied by the link's share.
    """
    for bridge in visible.model.datasets.values():
        if bridge.bridge is None or bridge.name == fact.name or not visible.shows_fact(bridge.name):
            continue
        of = next(entity for entity in bridge.entities if entity.name == bridge.bridge.of)
        for mine in fact.entities:
            if mine.entity != of.entity:
                continue
            first = Edge(fact.name, bridge.name, bridge.name, mine.columns, of.columns, weight=bridge.bridge.weight)
            for target, ways in visible.model.joins.paths(bridge.name).items():
                for path in ways:
                    if not path or (path[0].role != of.name and fact.name not in {edge.target for edge in path}):
                        yield target, (first, *path)


def crosses(joins: Sequence[JoinPath]) -> list[JoinPath]:
    """Return the join paths that end at a bridge."""
    return [path for path in joins if path[-1].weight]


def with_bridge(leg: Leg, model: Model, subject: str) -> Leg:
    """Return the leg with its measures multiplied by shares if it joins through a bridge.

    Raises UnsafeReaggregation for a measure that isn't a sum, and FanOut for two bridges.
    """
    crossed = crosses(leg.joins)
    if not crossed:
        return leg
    labels = [lower_first(model.datasets[path[-1].target].label) for path in crossed]
    if len(crossed) > 1:
        message = f"{subject} can't be split across two groupings at once ({' and '.join(labels)}). Use one at a time."
        raise FanOut(message, names=(subject, *labels))
    for leaf in leg.leaves:
        if leaf.thing is None:
            check_shared(leaf.measure, crossed[0], model, subject, is_special=leg.is_special)
    leaves = tuple(
        adding_decimals(replace(leaf, measure=_in_parts(leaf.measure)), leg.dataset) if leaf.thing is None else leaf
        for leaf in leg.leaves
    )
    edge = crossed[0][-1]
    return replace(leg, leaves=leaves, shared=Shared(crossed[0], model.datasets[edge.target], edge.weight))


def check_shared(measure: Measure, path: JoinPath, model: Model, subject: str, *, is_special: bool = False) -> None:
    """Raise UnsafeReaggregation if `path` crosses a bridge and the measure isn't a plain sum of rows."""
    bridge = next((edge for edge in path if edge.weight), None)
    is_sum = measure.agg in _SUMS and measure.additivity is Additivity.FULL and not measure.within
    if bridge is not None and (not is_sum or is_special):
        ties, fact = model.datasets[bridge.target].label, model.datasets[measure.dataset].label
        message = (
            f"{subject} can't be split across {lower_first(ties)}: one row of {lower_first(fact)} can have "
            f"several, and {lower_first(measure.label)} isn't a plain sum of rows."
        )
        raise UnsafeReaggregation(message, names=(subject, measure.name))


def in_parts(output: Output, legs: Sequence[Leg], model: Model) -> Output:
    """Return a metric's output column, with a type for fractions if a count is multiplied by shares."""
    if output.metric is None or output.type.kind is not TypeKind.INTEGER:
        return output
    shared = {leg.dataset.name for leg in legs if leg.shared}
    touched = any(measure.dataset in shared for measure in measures_of(output.metric, model))
    return replace(output, type=_DOUBLE) if touched else output


def bridge_notes(legs: Sequence[Leg]) -> Iterator[str]:
    """Yield notes that say which fact is split, among which groups, and by which share."""
    for labels in dict.fromkeys(
        (leg.dataset.label, leg.shared.dataset.label, leg.shared.weight) for leg in legs if leg.shared
    ):
        fact, bridge, weight = labels
        yield f"{fact}: each row is split across its {lower_first(bridge)} by {weight.replace('_', ' ')}."


def _in_parts(measure: Measure) -> Measure:
    """Return a measure of the number that one row adds, ready to be multiplied by a share. In a count, that's 1."""
    return replace(measure, agg=Aggregation.SUM, sql=_value(measure), type=_DOUBLE)


def _value(measure: Measure) -> Expression:
    if measure.sql is None:
        return parse_expression("1")
    match measure.agg:
        case Aggregation.COUNT:
            return parse_expression(f"CASE WHEN ({measure.sql.text}) IS NOT NULL THEN 1 ELSE 0 END")
        case Aggregation.SUM_BOOLEAN:
            return parse_expression(f"CASE WHEN {measure.sql.text} THEN 1 ELSE 0 END")
        case _:
            return measure.sql
