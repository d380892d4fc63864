"""Build the plan of a resolved question: one leg for each fact, then the output columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from semantic.config.checkpoint import checkpoint
from semantic.errors import UnsafeReaggregation
from semantic.model.definitions import DataType, Metric, TypeKind
from semantic.plan.joins.bridges import in_parts
from semantic.plan.joins.distinguishing import distinguishing_keys, is_fixed
from semantic.plan.joins.filters import value_type
from semantic.plan.joins.members import MEMBER_VALUE
from semantic.plan.joins.only_for import check_only_for
from semantic.plan.joins.times import check_hours
from semantic.plan.legs import Fact, by_fact, dated_key, fact_of, has_unshown, leg_of, share_filters, values_from
from semantic.plan.limits import check_limits
from semantic.plan.measures.calculations import build_calculations, calculation_notes
from semantic.plan.measures.exchange import check_amounts, in_money
from semantic.plan.measures.guards import add_guards, check_listed, check_members, guard_inside, with_suppression
from semantic.plan.measures.kinds import (
    output_type,
)
from semantic.plan.measures.metrics import split_metrics
from semantic.plan.measures.spine_join import lacking_rows, lacks_total
from semantic.plan.measures.support import add_spread, support_of
from semantic.plan.measures.unknown import is_to_come, unknown_in
from semantic.plan.notes import WITH_ROWS_ALONE, describe_notes
from semantic.plan.rewrites import is_distributive
from semantic.plan.tree.contexts import Context
from semantic.plan.tree.nodes import Chosen, GroupFilter, Leg, Output, Plan, Window
from semantic.plan.values import range_outputs, values_leg
from semantic.policy.narrow import measures_of
from semantic.query.comparisons import Compared
from semantic.query.describe import lower_first
from semantic.query.filter_parts import by_members
from semantic.query.known_through import begins
from semantic.query.periods import first_day
from semantic.query.query import Order, Query, Top
from semantic.query.resolve import Asked, InnerQuestion, Key, compared_with, reach_of, resolve

DOUBLE = DataType(TypeKind.DOUBLE)


def build(asked: Asked, *, noted: bool = True) -> Plan:
    """Return the plan of a question. Raises Refused, InvalidFilter.

    It has one leg for each fact, date and comparison, each with its own join path to every key and filter, and the
    output columns. A question without metrics lists the values of its breakdowns. `noted` adds the notes that a reader
    should see.
    """
    metrics = [*asked.metrics, *(metric for metric, _ in asked.having)]
    for metric in metrics:
        _check_within(metric, asked)
    check_amounts(metrics, asked)
    check_limits(asked)
    return _build(asked, with_support=True, noted=noted, guards=metrics)


def _build(
    asked: Asked, *, with_support: bool, noted: bool = True, guards: Sequence[Metric] = (), within: bool = False
) -> Plan:
    """Return the plan of a question.

    `guards` are metrics that also need a count of the members behind their numbers. With `within`, the SQL checks that
    count, and no extra columns are returned.
    """
    checkpoint()
    model = asked.visible.model
    metrics = [*asked.metrics, *(metric for metric, _ in asked.having)]
    check_only_for(metrics, asked)
    parts = split_metrics(metrics, model, _known_for_less(metrics, asked))
    parts = add_spread(parts, asked.metrics) if with_support else parts
    guarded = add_guards(parts, guards, asked)
    parts = guarded.parts
    if not within:
        check_members(asked, guarded)
    facts = [fact_of(asked, wanted, parts.asked_by[wanted[0].name]) for wanted in by_fact(parts.leaves)]
    where, foreign = share_filters(asked, facts)
    legs = [leg_of(fact, where[index], fact.days, None) for index, fact in enumerate(facts)]
    for number, each_compared in enumerate(asked.compared):
        where, _ = share_filters(_over(each_compared, asked), facts)
        for index, fact in enumerate(facts):
            compared = fact.compared[number]
            legs.append(leg_of(fact, where[index], compared.days, compared))
    if not legs:
        legs = [values_leg(asked, values_from, dated_key)]
        check_listed(legs, asked)
    check_hours(legs)
    chosen = _choose(asked.top, asked, noted=noted) if asked.top else None
    typed = {member for part in asked.where for member in by_members(part)}
    over_all = [asked, *(_over(compared, asked) for compared in asked.compared)]
    inner = {inner_question.table: inner_question for over in over_all for inner_question in over.inner}
    inners = [
        (inner_question.table, _inner(inner_question.asked, noted=noted, is_typed=inner_question.part in typed))
        for inner_question in inner.values()
    ]
    outputs = [_key_output(key, legs[0]) for key in asked.keys]
    outputs = range_outputs(outputs) if asked.query.ranges else outputs
    outputs += [_metric_output(metric, asked, "") for metric in asked.metrics]
    outputs += [_metric_output(metric, asked, compared.name) for compared in asked.compared for metric in asked.metrics]
    outputs = [in_money(in_parts(output, legs, model), legs, model) for output in outputs]
    outputs = guard_inside(outputs, guards[0], guarded) if within else outputs
    calculations = tuple(build_calculations(asked, outputs, legs[0]))
    from_rows = bool(asked.totals or chosen) and not all(is_distributive(leg) for leg in legs)
    unshown = [WITH_ROWS_ALONE] if from_rows and any(leg.filled for leg in legs) else []
    legs = [replace(leg, filled=None) for leg in legs] if unshown else legs
    notes: list[str] = []
    if noted:
        notes += describe_notes(asked, legs, parts, foreign)
        notes += chosen.plan.notes if chosen else ()
        notes += [*calculation_notes(asked), *unshown, *_notes_of_filters(inners)]
    plan = Plan(
        legs=tuple(legs),
        datasets=model.datasets,
        outputs=tuple(outputs),
        metrics=tuple(parts.metrics.items()),
        leaves=tuple(parts.leaf_of.items()),
        having=tuple(
            GroupFilter(
                in_money(in_parts(_metric_output(metric, asked, ""), legs, model), legs, model), test.op, test.values
            )
            for metric, test in asked.having
        ),
        windows=tuple(_windows(asked, facts)),
        chosen=chosen,
        totals=() if asked.totals and _is_nothing_known(asked) else asked.totals,  # no total without a known day
        order=asked.order,
        limit=asked.limit,
        tables=tuple(inners),
        ranges=asked.query.ranges,
        fills_own_rows=model.settings.rules.fill == "rows",
        each_row=asked.query.each_row,
        time_zone=asked.time_zone,
        model_zone=model.settings.time_zone,
        calendar=asked.calendar,
        notes=tuple(dict.fromkeys(notes)),
        support=tuple(
            support_of(outputs, parts, lambda metric, compare: _metric_output(metric, asked, compare))
            if with_support
            else ()
        ),
        calculations=calculations,
    )
    return plan if within else with_suppression(plan, guarded, asked, plan.windows)


def _notes_of_filters(inners: Sequence[tuple[str, Plan]]) -> Iterator[str]:
    """Yield the notes on filters by a metric, each with the metric's name."""
    for _, inner in inners:
        label = next((output.metric.label for output in inner.outputs if output.metric is not None), "")
        yield from (f"{note.removesuffix('.')} (for the filter on {lower_first(label)})." for note in inner.notes)


def _is_nothing_known(asked: Asked) -> bool:
    """Return whether the answer has rows although no metric is known for any of their days."""
    shown = [(metric, "") for metric in asked.metrics] + [
        (metric, compared.name) for compared in asked.compared for metric in asked.metrics
    ]
    return bool(asked.keys) and bool(shown) and all(is_to_come(*period, asked) for period in shown)


def _known_for_less(metrics: Sequence[Metric], asked: Asked) -> Mapping[str, Context]:
    """Return the contexts of metrics that are known for fewer days than the question, by the metric's name.

    This includes metrics that are known for fewer days than one of their own facts.
    """
    contexts: dict[str, Context] = {}
    for metric in metrics:
        reach = reach_of(metric, asked)
        is_as_asked = reach.days == asked.days and reach.compared == asked.compared
        if asked.days != asked.asked_days and _sets_plan_beside_fact(metric, asked):
            is_as_asked = False  # the only plan, over all the days asked for
        known = None if is_as_asked else reach.last
        first = _begins_with(metric, asked)
        if known is not None or first is not None:
            contexts[metric.name] = Context(known=known, begins=first)
    return contexts


def _sets_plan_beside_fact(metric: Metric, asked: Asked) -> bool:
    model = asked.visible.model
    return len({model.datasets[measure.dataset].forward for measure in measures_of(metric, model)}) > 1


def _begins_with(metric: Metric, asked: Asked) -> date | None:
    """Return the first day that counts in every fact of a metric.

    None if no fact has earlier rows, which would have to be left out.
    """
    model, asking = asked.visible.model, asked.asking
    facts = {measure.dataset for measure in measures_of(metric, model)}
    if len(facts) < 2 or (first := reach_of(metric, asked).first) is None:
        return None
    if _reads_earlier_days(metric, asked):
        return None if {begins(model.datasets[name], model, asking) for name in facts} == {first} else first
    # A target can begin before the facts that it's compared with.
    if asked.asked_days.start is not None or not any(model.datasets[name].forward for name in facts):
        return None
    return reach_of(metric, asked).opens


def _reads_earlier_days(metric: Metric, asked: Asked) -> bool:
    """Return whether a metric also reads days outside the question, which one of its facts might not have."""
    leaves = split_metrics([metric], asked.visible.model).leaves
    return bool(asked.compared) or any(leaf.context.shifts for leaf in leaves)


def _over(compared: Compared, asked: Asked) -> Asked:
    """Return the question over the days of a comparison.

    Filters by a metric without its own period are evaluated again for these days.
    """

    def moved(inner: InnerQuestion) -> InnerQuestion:
        if inner.part.time is not None:
            return inner
        reach = reach_of(inner.asked.metrics[0], inner.asked)
        own = next(
            (
                candidate
                for candidate in compared_with(reach.days, reach.last, asked)
                if candidate.name == compared.name
            ),
            compared,
        )
        days = replace(own.days, same=own.same if own.only_same else None)
        mine = replace(inner.asked, asked_days=days, days=days)
        return InnerQuestion(inner.part, f"{inner.table}_{compared.name}", mine)

    return replace(asked, days=compared.days, inner=tuple(moved(inner) for inner in asked.inner))


def _check_within(metric: Metric, asked: Asked) -> None:
    """Raise UnsafeReaggregation for a metric that would be summed across a dimension in its `within`.

    The question can avoid that with a breakdown by the dimension, or with a filter that leaves one of its values.
    """
    within = [name for measure in measures_of(metric, asked.visible.model) for name in measure.within]
    for name in within:
        if not distinguishing_keys(name, asked) and not is_fixed(name, asked):
            first = asked.visible.model.dimensions[name][0]
            if not asked.visible.shows_dimension(first):
                message = f"{metric.label} can't be summed, because you don't have access to what separates its parts."
                raise UnsafeReaggregation(message, names=(metric.label,))
            label = first.label
            message = (
                f"{metric.label} can't be summed across values of {lower_first(label)}, "
                f"because they overlap. Break down by {lower_first(label)}, or filter to one value."
            )
            raise UnsafeReaggregation(message, names=(metric.label, name))


def _key_output(key: Key, leg: Leg) -> Output:
    mine = next(leg_key for leg_key in leg.keys if leg_key.name == key.name)
    if key.part:
        return Output(key.name, None, DataType(TypeKind.INTEGER))
    if mine.calendar:
        return Output(key.name, None, mine.calendar.value.type)
    if key.grain and key.grain.is_clock:
        zoned = mine.field.dimension.type.kind is TypeKind.TIMESTAMPTZ
        return Output(key.name, None, DataType(TypeKind.TIMESTAMPTZ if zoned else TypeKind.TIMESTAMP), key.grain)
    return Output(key.name, None, value_type(mine.field.dimension, mine.field.mask), key.grain)


def _metric_output(metric: Metric, asked: Asked, compare: str) -> Output:
    """Return the output column of a metric, or of its value in a comparison.

    Whole numbers stay whole. All other numbers are cast to DOUBLE once, after aggregation (decision 27).
    """
    model = asked.visible.model
    kind = output_type(metric, model)
    kind = DOUBLE if kind.is_number and kind.kind is not TypeKind.INTEGER else kind
    # A part behind a number is named after its metric and its context.
    whole_metric = model.metrics.get(metric.name.partition(" ")[0], metric)
    measures = measures_of(whole_metric, model)
    bound = {name for measure in measures for name in measure.within if not is_fixed(name, asked)}
    apart = {name: distinguishing_keys(name, asked) for name in sorted(bound)} if bound else {}
    within = [key.name for keys in apart.values() for key in keys]
    lacks = lacks_total(whole_metric, compare, asked)
    if lacks:
        within += [key.name for key in asked.keys if key.name in asked.dates]
    named = [
        tuple([key.name for key in keys])
        for name, keys in apart.items()
        if all(key.breakdown.dim != name for key in keys)
    ]
    name = f"{metric.name}_{compare}" if compare else metric.name
    return Output(
        name,
        metric,
        kind,
        compare=compare,
        within=tuple(dict.fromkeys(within)) if within else (),
        named=tuple(dict.fromkeys(filter(None, named))) if named else (),
        unknown=(*unknown_in(whole_metric, compare, asked), *lacking_rows(whole_metric, compare, asked)),
        to_come=is_to_come(whole_metric, compare, asked) or (lacks and not any(key.is_time for key in asked.keys)),
    )


def _windows(asked: Asked, facts: Sequence[Fact]) -> Iterator[Window]:
    """Yield, for each date breakdown, the periods to show if a comparison or target extends beyond them."""
    days = asked.days
    is_beyond = any(days.end and (fact.days.end is None or fact.days.end > days.end) for fact in facts)
    if not is_beyond and not any(has_unshown(compared, days) for compared in asked.compared):
        return
    for key in asked.keys:
        if key.name in asked.dates and key.grain:
            yield Window(key.name, first_day(days.start, key.grain, asked.calendar) if days.start else None, days.end)


def _inner(asked: Asked, *, noted: bool, is_typed: bool) -> Plan:
    """Return the plan for a metric by member, which a filter tests.

    For filters in the question itself, it contains only members with enough rows behind them. A filter in the model
    doesn't need this, because no reader can vary its bound.
    """
    _check_within(asked.metrics[0], asked)
    check_amounts(asked.metrics, asked)
    guards = asked.metrics if is_typed else ()
    plan = _build(asked, with_support=False, noted=noted, guards=guards, within=is_typed)
    return replace(
        plan, outputs=tuple(replace(output, name=MEMBER_VALUE) if output.metric else output for output in plan.outputs)
    )


def _choose(top: Top, asked: Asked, *, noted: bool) -> Chosen:
    """Return the members of the top over the main period, as the plan of a separate question.

    That question has the same metrics, so that a member with a value for only one of them can be ranked too.
    """
    keys = (*(key for key in asked.keys if key.name in top.within), *(key for key in asked.keys if key.name == top.dim))
    query = Query(
        metrics=tuple(
            dict.fromkeys((top.metric, *asked.query.metrics, *(condition.metric for condition in asked.query.having)))
        ),
        by=tuple(key.breakdown for key in keys),
        where=asked.query.where,
        time=asked.query.time,
        order=(Order(top.metric, desc=True),),
        limit=None if top.within else top.n,
        time_zone=asked.query.time_zone,
        week_start=asked.query.week_start,
        fiscal_start=asked.query.fiscal_start,
        currency=asked.query.currency,
        rates=asked.rates_of,
        history=asked.query.history,
    )
    inner = resolve(query, asked.visible, today=asked.today, loaded=asked.asking.loaded)
    inner = replace(inner, asked_days=asked.asked_days, days=asked.days, inner=asked.inner)
    _check_within(asked.visible.metric(top.metric), inner)
    check_amounts([asked.visible.metric(top.metric)], inner)
    return Chosen(
        replace(
            _build(inner, with_support=False, noted=noted, guards=(asked.visible.metric(top.metric),), within=True),
            tables=(),
        ),  # the question already has these tables, under the same names
        tuple(key.name for key in keys),
        top.dim,
        top.n if top.within else 0,
        top.other,
    )
