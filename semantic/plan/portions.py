"""Plan questions over several connections, and refuse those that would join rows across connections.

Each connection aggregates the legs over its own datasets. Only the groups are combined, and everything after
aggregation is computed from them (decision 54). A leg therefore can't read another connection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from semantic.errors import MissingRate, NoPath, UnsafeReaggregation
from semantic.model.definitions import Dataset
from semantic.model.replace_fields import replace_fields
from semantic.plan.rewrites import is_distributive
from semantic.plan.tree.fields import All, Any, Not, Passes, Test, fields, members
from semantic.plan.tree.nodes import Leg, Plan, Portion, Spine, every_leg
from semantic.plan.within_windows import count_within_windows


def connections_of(plan: Plan) -> tuple[str, ...]:
    """Return the connections that a plan reads facts from, each once."""
    legs = [*every_leg(plan), *(every_leg(plan.chosen.plan) if plan.chosen else ())]
    return tuple(dict.fromkeys(leg.dataset.connection for leg in legs))


def in_portions(plan: Plan) -> Plan:
    """Return the plan split by connection, or unchanged if it needs only one.

    Raises NoPath and UnsafeReaggregation if part of it needs rows from two connections.
    """
    if not any(dataset.connection for dataset in plan.datasets.values()):
        return plan  # almost always: there is only one
    _check(plan)
    if len(connections_of(plan)) < 2:
        return plan
    _check_outputs(plan)
    if plan.chosen is None and not plan.totals:
        plan = count_within_windows(plan)
    chosen = plan.chosen
    if chosen is not None:
        top = replace_fields(chosen.plan, portions=_portions(chosen.plan, "_top"), tables=plan.tables)
        chosen = replace_fields(chosen, plan=top)
    return replace_fields(plan, portions=_portions(plan, "_part"), chosen=chosen)


def portion_plan(plan: Plan, portion: Portion) -> Plan:
    """Return the plan of one portion: its legs, and the tables that their tests use."""
    legs = tuple(plan.legs[place] for place in portion.legs)
    wanted = {test.table for leg in legs for whole in leg.where for test in _passes(whole)}
    tables = tuple((name, inner) for name, inner in plan.tables if name in wanted)
    return replace_fields(plan, legs=legs, tables=tables, chosen=None, portions=())


def where_they_meet(plan: Plan) -> Plan:
    """Return the plan that combines the groups of all portions."""
    chosen = plan.chosen
    if chosen is not None:
        chosen = replace_fields(chosen, plan=replace_fields(chosen.plan, tables=()))
    return replace_fields(plan, tables=(), chosen=chosen)


def _portions(plan: Plan, start: str) -> tuple[Portion, ...]:
    by_connection: dict[str, list[int]] = {}
    for place, leg in enumerate(plan.legs):
        by_connection.setdefault(leg.dataset.connection, []).append(place)
    return tuple(
        Portion(f"{start}{index}", name, tuple(places)) for index, (name, places) in enumerate(by_connection.items())
    )


def _check(plan: Plan) -> None:
    """Raise NoPath or MissingRate if the rows of a leg depend on more than one connection."""
    tables = dict(plan.tables)
    for leg in plan.legs:
        _check_leg(leg, plan, tables)
    for inner in tables.values():
        _check(inner)
    if plan.chosen is not None:
        _check(replace_fields(plan.chosen.plan, tables=plan.tables))


def _check_leg(leg: Leg, plan: Plan, tables: Mapping[str, Plan]) -> None:
    fact = leg.dataset
    if leg.exchange is not None and leg.exchange.dataset.connection != fact.connection:
        raise MissingRate(
            f"The exchange rates are in another connection than {fact.label}, and rows of two connections are never "
            "joined. Show its amounts in their own currencies.",
            names=(fact.label,),
        )
    for dataset, what, remedy in _needs(leg, plan):
        if dataset.connection != fact.connection:
            raise NoPath(
                f"{what} in another connection than {fact.label}, and rows of two connections are never joined. "
                f"{remedy}",
            )
    for whole in leg.where:
        for test in _passes(whole):
            if set(connections_of(tables[test.table])) - {fact.connection}:
                raise NoPath(
                    f"{fact.label} can't be filtered by a metric of another connection, because rows of two "
                    "connections are never joined. Remove the filter, or show that metric next to it.",
                )


def _needs(leg: Leg, plan: Plan) -> Iterator[tuple[Dataset, str, str]]:
    """Yield each dataset that a leg's rows need besides its joins, with the beginning of a refusal and a remedy."""
    for whole in leg.where:
        for member in members(whole):
            yield member.dataset, f"The segment {member.label} is", "Remove the segment."
    for key in (*leg.keys, *(key for whole in leg.where for key in fields(whole))):
        if key.calendar is not None:
            calendar = plan.datasets[key.calendar.dataset]
            yield calendar, f"The periods of {calendar.label} are", "Use plain days, weeks, months or years."
    if leg.converted is not None:
        yield leg.converted.dataset, f"{leg.converted.dataset.label} is", "Ask for metrics of one connection."
    for spine in _spines(leg):
        if spine.dataset is not None:
            yield spine.dataset, f"The days in {spine.dataset.label} are", "Ask for metrics that don't fill days."


def _spines(leg: Leg) -> Iterator[Spine]:
    if leg.laid is not None:
        yield leg.laid.spine
    for filled in (leg.filled, leg.crossed):
        if filled is not None:
            yield filled.spine


def _passes(test: Test) -> Iterator[Passes]:
    match test:
        case Passes():
            yield test
        case All(parts) | Any(parts):
            for part in parts:
                yield from _passes(part)
        case Not(part):
            yield from _passes(part)
        case _:
            return


def _check_outputs(plan: Plan) -> None:
    """Raise NoPath or UnsafeReaggregation if a later step can't be computed from groups alone."""
    outputs = [*plan.outputs, *plan.beside, *(test.value for test in plan.having)]
    if any(unknown.calendar is not None for output in outputs for unknown in output.unknown):
        raise NoPath(
            "Metrics from several connections can't be shown by a company's own periods if some of their days aren't "
            "known yet. Use plain days, weeks, months or years.",
        )
    for leg in plan.legs:
        if plan.chosen is None or is_distributive(leg) or not (plan.chosen.other or plan.totals):
            continue
        label = leg.leaves[0].measure.label if leg.leaves else leg.dataset.label
        what = "Other" if plan.chosen.other else "totals"
        raise UnsafeReaggregation(
            f"{label} can't be computed for {what} next to a top of metrics from several connections, because that "
            f"needs its rows. Remove {what}, or ask for metrics of one connection.",
            names=(label,),
        )
