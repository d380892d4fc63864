"""Build a plan from a resolved question: each measure at its own grain in a leg of its fact, then the outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from semantic.config.checkpoint import checkpoint
from semantic.errors import GrainTooFine, NoPath, TimeMismatch, UnsafeReaggregation
from semantic.model.definitions import Dataset, DataType, Granularity, Measure, Metric, OverTime, TypeKind
from semantic.model.join_graph import JoinPath
from semantic.plan.joins.apart import is_fixed, telling_apart
from semantic.plan.joins.bridges import crosses, in_parts, with_bridge
from semantic.plan.joins.dated_tests import as_shown, with_dated_tests
from semantic.plan.joins.filters import build_test, is_foreign, value_type
from semantic.plan.joins.joins import find_field
from semantic.plan.joins.members import MEMBER_VALUE, member_field
from semantic.plan.joins.only_for import check_only_for
from semantic.plan.joins.times import check_grain, check_hours, own_calendar, part_key
from semantic.plan.joins.versions import check_versions
from semantic.plan.limits import check_limits
from semantic.plan.measures.calculations import build_calculations, calculation_notes
from semantic.plan.measures.exchange import check_amounts, in_money, with_exchange
from semantic.plan.measures.guards import add_guards, check_listed, check_members, guard_inside, with_suppression
from semantic.plan.measures.kinds import (
    check_special,
    conditions_of,
    filled_of,
    output_type,
    range_of,
    time_of,
    with_balance,
    with_conversion,
)
from semantic.plan.measures.metrics import Wanted, take_apart
from semantic.plan.measures.spine_join import Placed, lacking_rows, lacks_total, place
from semantic.plan.measures.support import add_spread, support_of
from semantic.plan.measures.unknown import is_to_come, unknown_in
from semantic.plan.notes import WITH_ROWS_ALONE, describe_notes
from semantic.plan.rewrites import is_distributive
from semantic.plan.tree.contexts import Context
from semantic.plan.tree.nodes import (
    AggregateColumn,
    Chosen,
    Field,
    GroupFilter,
    Leg,
    LegKey,
    Output,
    Plan,
    Range,
    Test,
    Window,
    date_of,
    leaf_name,
    own_time,
    paths,
    prefixes,
)
from semantic.plan.values import range_outputs, values_leg
from semantic.policy.narrow import measures_of
from semantic.query.comparisons import Compared, reaches_out
from semantic.query.describe import lower_first
from semantic.query.filter_parts import by_members
from semantic.query.known_through import begins
from semantic.query.periods import Calendar, Days, as_known, first_day, shift, shortest, whole_from, widened
from semantic.query.query import Filter, Order, Query, Top
from semantic.query.resolve import Asked, Inner, Key, compared_with, is_date_of, reach_of, resolve

DOUBLE = DataType(TypeKind.DOUBLE)
ALL_DAYS = Days()


def build(asked: Asked, *, noted: bool = True) -> Plan:
    """Build the legs by fact, date and comparison, each with its own join path to every key and filter, and the output
    columns.

    A question without metrics lists the values of its breakdowns. `noted` adds the notes a reader must know. Raises
    Refused, InvalidFilter.
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
    """`guards` are metrics whose numbers need a count of things behind them; `within` puts the check in the SQL
    instead of in columns of its own."""
    checkpoint()
    model = asked.visible.model
    metrics = [*asked.metrics, *(metric for metric, _ in asked.having)]
    check_only_for(metrics, asked)
    parts = take_apart(metrics, model, _known_for_less(metrics, asked))
    parts = add_spread(parts, asked.metrics) if with_support else parts
    guarded = add_guards(parts, guards, asked)
    parts = guarded.parts
    if not within:
        check_members(asked, guarded)
    facts = [_fact(asked, wanted, parts.asked_by[wanted[0].name]) for wanted in _by_fact(parts.leaves)]
    where, foreign = _share_filters(asked, facts)
    legs = [_leg(fact, where[index], fact.days, None) for index, fact in enumerate(facts)]
    for number, each_compared in enumerate(asked.compared):
        where, _ = _share_filters(_over(each_compared, asked), facts)
        for index, fact in enumerate(facts):
            compared = fact.compared[number]
            legs.append(_leg(fact, where[index], compared.days, compared))
    if not legs:
        legs = [values_leg(asked, _values_from, _dated)]
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
    """The notes of filters by a metric, each with its metric."""
    for _, inner in inners:
        label = next((output.metric.label for output in inner.outputs if output.metric is not None), "")
        yield from (f"{note.removesuffix('.')} (for the filter on {lower_first(label)})." for note in inner.notes)


def _is_nothing_known(asked: Asked) -> bool:
    """Whether there are rows but none has a number for a known day."""
    shown = [(metric, "") for metric in asked.metrics] + [
        (metric, compared.name) for compared in asked.compared for metric in asked.metrics
    ]
    return bool(asked.keys) and bool(shown) and all(is_to_come(*period, asked) for period in shown)


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is needed from one fact, by one date, in one context; `subject` is the metric named in a refusal."""

    asked: Asked
    wanted: Sequence[Wanted]
    subject: str
    context: Context
    measure: Measure  # of what is needed, or of the base events that lead to it
    dataset: Dataset
    time: Field | None  # the date of its measures, unless hidden from this actor
    days: Days  # the question's days that are known for its metric
    compared: tuple[Compared, ...]  # the partner days in each comparison


def _fact(asked: Asked, wanted: Sequence[Wanted], subject: str) -> _Fact:
    context = wanted[0].context
    measure = context.base.measure if context.base else wanted[0].measure
    dataset, time = asked.visible.model.datasets[measure.dataset], time_of(measure, asked)
    days, compared = asked.days, asked.compared
    if context.known:
        days = as_known(asked.asked_days, context.known, asked.today)
    if dataset.forward and not days.is_empty and not context.known:
        days = asked.asked_days
    if context.known or dataset.forward:
        compared = compared_with(days, context.known, asked)
    if dataset.forward and time is not None and not days.is_empty:
        days, compared = _in_whole_targets(days, compared, time.dimension.days_grain, asked)
    return _Fact(asked, wanted, subject, context, measure, dataset, time, days, compared)


def _in_whole_targets(
    days: Days, compared: tuple[Compared, ...], grain: Granularity, asked: Asked
) -> tuple[Days, tuple[Compared, ...]]:
    """The days of a target: a monthly target covers its whole month, including the current one and those compared
    with it."""
    calendar = own_calendar(grain, asked)
    if days.end is None or first_day(days.end, grain, calendar) == days.end:
        return days, compared
    return _to_its_end(days, grain, calendar), tuple(
        replace(each_compared, days=_to_its_end(each_compared.days, grain, calendar)) for each_compared in compared
    )


def _to_its_end(days: Days, grain: Granularity, calendar: Calendar) -> Days:
    return days if days.is_empty else replace(days, end=widened(days, grain, calendar).end)


def _known_for_less(metrics: Sequence[Metric], asked: Asked) -> Mapping[str, Context]:
    """By name, the context of each metric that is known for a shorter time than the question's days, or than one of
    its own facts."""
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
    """The first day that counts in each fact of a metric, if one of them has earlier rows that don't count."""
    model, asking = asked.visible.model, asked.asking
    facts = {measure.dataset for measure in measures_of(metric, model)}
    if len(facts) < 2 or (first := reach_of(metric, asked).first) is None:
        return None
    if _reads_earlier_days(metric, asked):
        return None if {begins(model.datasets[name], model, asking) for name in facts} == {first} else first
    # A target that begins before the facts it is compared with.
    if asked.asked_days.start is not None or not any(model.datasets[name].forward for name in facts):
        return None
    return reach_of(metric, asked).opens


def _reads_earlier_days(metric: Metric, asked: Asked) -> bool:
    """Whether a metric reads other days than the question's: data may then begin later in one fact than in another."""
    leaves = take_apart([metric], asked.visible.model).leaves
    return bool(asked.compared) or any(leaf.context.shifts for leaf in leaves)


def _over(compared: Compared, asked: Asked) -> Asked:
    """The question over the days of a comparison. A filter by a metric without its own period is evaluated again for
    them."""

    def moved(inner: Inner) -> Inner:
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
        return Inner(inner.part, f"{inner.table}_{compared.name}", mine)

    return replace(asked, days=compared.days, inner=tuple(moved(inner) for inner in asked.inner))


def _by_fact(leaves: Iterable[Wanted]) -> Iterator[list[Wanted]]:
    groups: dict[object, list[Wanted]] = {}
    for leaf in leaves:
        measure = leaf.measure
        groups.setdefault((measure.dataset, measure.time, leaf.context, measure.over_time, measure.per), []).append(
            leaf
        )
    yield from groups.values()


def _share_filters(asked: Asked, facts: Sequence[_Fact]) -> tuple[list[tuple[Test, ...]], list[tuple[Filter, Dataset]]]:
    """The tests of each fact, and the filters that apply to only some facts.

    A filter that no fact has is refused, and so is one that a fact has only in part or that would repeat its rows.
    """
    tests: list[list[Test]] = [[] for _ in facts]
    foreign: list[tuple[Filter, Dataset]] = []
    for part in asked.where:
        refused: list[tuple[Dataset, NoPath]] = []
        for index, fact in enumerate(facts):
            try:
                tests[index].append(build_test(part, fact.dataset, asked, fact.subject, fact.time))
            except NoPath as reason:
                if len(facts) == 1 or not is_foreign(part, fact.dataset, asked):
                    raise
                refused.append((fact.dataset, reason))
        if facts and len(refused) == len(facts):
            raise refused[0][1]
        foreign += [(part, dataset) for dataset, _ in refused]
    return [tuple(test) for test in tests], foreign


def _leg(fact: _Fact, where: tuple[Test, ...], days: Days, compared: Compared | None) -> Leg:
    asked, time, subject = fact.asked, fact.time, fact.subject
    are_all = days.start is None and (days.end is None or days.is_open)
    if time is None and (compared is not None or not are_all):
        raise TimeMismatch(
            f"{subject} has no date, so it can't be limited to a period. Use all time.", names=(subject,)
        )
    if time is None and (fact.context.window is not None or fact.context.shifts):
        raise TimeMismatch(
            f"{subject} is calculated day by day, and you don't have access to its date. Ask for another metric.",
            names=(subject,),
        )
    name = compared.name if compared else ""
    model = asked.visible.model
    own = [key for key in asked.keys if is_date_of(key, fact.measure, model)]
    known_by = time.dimension.days_grain if time is not None else Granularity.DAY
    if compared is not None and compared.move_days and own and known_by is not Granularity.DAY:
        message = f"{subject} is only available by {known_by.value}, and this comparison doesn't line up with"
        message += f" whole {known_by.value}s. Use whole {known_by.value}s, or compare with last year."
        raise GrainTooFine(message, names=(subject, known_by.value))
    if compared is not None and asked.own_periods and not days.is_empty:
        days = days if compared.is_named else Days(None, fact.days.end)  # the calendar says which periods these are
    placed = Placed(days)
    if fact.context.shifts or fact.context.window is not None:
        first = fact.context.begins or begins(fact.dataset, model, asked.asking)
        placed = place(fact.context, days, own, asked, subject, known_by, first, fact.measure.over_time, compared)
    keys = tuple([_leg_key(key, fact.dataset, time, asked, subject, compared, placed, fact.days) for key in asked.keys])
    leaves = tuple(
        [AggregateColumn(leaf_name(leaf.name, name), leaf.measure, leaf.filter, leaf.thing) for leaf in fact.wanted]
    )
    if fact.dataset.forward and known_by is not Granularity.DAY and compared is None:
        range_of(time, asked.asked_days, asked, subject, fact.measure, by_date=bool(own))  # refuses
    tests = (*where, *conditions_of(fact.context, fact.dataset, time, asked, subject))
    months = placed.move_months + (compared.move_months if compared else 0)
    days_moved = placed.move_days + (compared.move_days if compared else 0)
    if time is not None and (days_moved or months):
        tests = tuple(as_shown(test, time, days_moved, months) for test in tests)
    leg = Leg(
        dataset=fact.dataset,
        joins=_joins(keys, tests, leaves),
        keys=keys,
        where=tests,
        days=range_of(
            time, placed.days, asked, subject, fact.measure, by_date=bool(own), beside=fact.days if compared else None
        )
        or _dated_rows(time, placed)
        or _known_rows(fact, days),
        leaves=leaves,
        time=time,
        at=date_of(fact.measure, fact.dataset),
        laid=placed.laid,
        filled=filled_of(fact.context, days, own, asked, subject) if compared is None else None,
    )
    same = [placed.same] if placed.same else []
    shown_same = compared.same if compared is not None and compared.only_same else days.same
    if shown_same is not None:
        if leg.laid is not None:
            leg = replace(leg, laid=replace(leg.laid, shown_same=shown_same))
        same.append(replace(shown_same, shown_days=placed.move_days, shown_months=placed.move_months))
    if same and leg.days is not None and leg.laid is None:
        leg = replace(leg, days=replace(leg.days, same=tuple(same)))
    leg = _from_what_is_known(leg, fact, known_by, compared, own)
    leg = with_balance(leg, fact.measure, asked, subject)
    leg = with_conversion(leg, fact.context, placed.days, asked, subject) if fact.context.base else leg
    check_special(leg, own, asked, subject)
    leg = with_dated_tests(leg, subject)
    leg = with_exchange(leg, fact.wanted, asked, subject)
    reached = [path for field in (leg.balance.fields if leg.balance else ()) for path in prefixes(field.path)]
    leg = replace(leg, joins=tuple(dict.fromkeys([*leg.joins, *reached]))) if reached else leg
    check_versions(leg.joins, time, asked, subject)
    return with_bridge(leg, model, subject)


def _known_rows(fact: _Fact, days: Days) -> Range | None:
    """Restrict rows to known days for an actor who can't see their date: no number reads an unknown day (G9)."""
    measure = fact.measure
    time = fact.dataset.dimensions[measure.time] if measure.time and fact.time is None else None
    if time is None or days.end is None or fact.dataset.forward or time.days_grain is not Granularity.DAY:
        return None
    return Range(Field(time, ()), None, days.end, has_undated=True)


def _from_what_is_known(
    leg: Leg, fact: _Fact, known_by: Granularity, compared: Compared | None, own: Sequence[Key]
) -> Leg:
    """The leg without days before its data begins; for a metric over several facts, before the data of any of them
    begins. An opening balance needs only its own row, wherever rows begin."""
    asked = fact.asked
    days, begin = leg.days, fact.context.begins
    if days is None or leg.laid is not None:
        return leg
    if begin is not None and (compared is not None or (days.start is None and not asked.compared)):
        begin = first_day(begin, known_by, asked.calendar)
        leg = replace(leg, days=replace(days, start=max(days.start, begin) if days.start else begin))
    if fact.measure.over_time is not OverTime.FIRST or known_by is Granularity.DAY or days.start is None:
        return leg
    first = begins(fact.dataset, asked.visible.model, asked.asking)
    if first is None or days.start >= first_day(first, known_by, asked.calendar):
        return leg
    grains = [key.grain for key in own if key.grain]
    if not grains:
        return replace(leg, days=replace(days, end=days.start))
    months = compared.move_months if compared else 0
    shown = whole_from(shift(first, Granularity.MONTH, months), shortest(grains), asked.calendar)
    return replace(leg, days=replace(days, start=shift(shown, Granularity.MONTH, -months)))


def _dated_rows(time: Field | None, placed: Placed) -> Range | None:
    """Rows without a date have no previous or next month."""
    return Range(time, None, None) if time is not None and (placed.move_days or placed.move_months) else None


def _values_from(dataset: Dataset, asked: Asked) -> Leg:
    """The values of dimensions in a dataset's rows."""
    keys = tuple(_leg_key(key, dataset, None, asked, dataset.label, None) for key in asked.keys)
    where = tuple(build_test(part, dataset, asked, dataset.label) for part in asked.where)
    joins, at = _joins(keys, where), own_time(dataset)
    if crosses(joins):
        raise NoPath(
            (f"{dataset.label} and what they're linked to can only be listed from the dataset that links them."),
            names=(dataset.name,),
        )
    return Leg(dataset=dataset, joins=joins, keys=keys, where=where, days=None, leaves=(), at=at)


def _dated(key: Key, day: Field, dataset: Dataset, asked: Asked) -> LegKey:
    """A date in a question without metrics: one row for each day of the spine."""
    return _leg_key(key, dataset, day, asked, dataset.label, None)


def _leg_key(
    key: Key,
    dataset: Dataset,
    time: Field | None,
    asked: Asked,
    subject: str,
    compared: Compared | None,
    placed: Placed | None = None,
    own_days: Days = ALL_DAYS,
) -> LegKey:
    if key.entity:
        field = member_field(dataset, key.entity, asked, subject)
    elif key.dimensions:
        as_is = asked.query.history == "as_is"
        field = find_field(dataset, key.dimensions, key.breakdown.via, asked.visible, subject, as_is=as_is)
    elif time is not None:
        field = time
    else:
        raise TimeMismatch(f"{subject} has no date, so it can't be broken down by time.", names=(subject, key.name))
    wanted = key.grain or (key.part.grain if key.part else Granularity.DAY if key.period else None)
    if wanted:
        check_grain(field.dimension, wanted, asked, subject)
    if key.part or key.period:
        return part_key(key, field, asked, compared, own_days)
    back_days, back_months = (placed.move_days, placed.move_months) if placed and field == time else (0, 0)
    if compared is None or key.name not in asked.dates:
        return LegKey(key.name, field, key.grain, back_days, back_months)
    pairs_whole = compared.move_months and not compared.whole and not compared.is_named
    window = asked.days if _has_unshown(compared, asked.days) and not pairs_whole else Days()
    days, months = compared.move_days + back_days, compared.move_months + back_months
    has_outside = compared.whole and (compared.is_named or key.grain is Granularity.DAY)
    same = replace(compared.same, shown_days=back_days, shown_months=back_months)
    return LegKey(
        key.name,
        field,
        key.grain,
        days,
        months,
        months_first=bool(back_months and compared.move_days),
        first=window.start,
        end=window.end,
        same=same if has_outside else None,
    )


def _joins(
    keys: Sequence[LegKey], where: Sequence[Test], leaves: Sequence[AggregateColumn] = ()
) -> tuple[JoinPath, ...]:
    """Every path to join, each once and after the path it extends."""
    reached = [key.field.path for key in keys] + [path for test in where for path in paths(test)]
    reached += [leaf.thing for leaf in leaves if leaf.thing]
    return tuple(dict.fromkeys([prefix for path in reached for prefix in prefixes(path)]))


def _check_within(metric: Metric, asked: Asked) -> None:
    """Check that a metric that doesn't add up across a dimension is broken down by it or filtered to one value."""
    within = [name for measure in measures_of(metric, asked.visible.model) for name in measure.within]
    for name in within:
        if not telling_apart(name, asked) and not is_fixed(name, asked):
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
    """Whole numbers stay whole; everything else is cast to DOUBLE once, after aggregation (decision 27)."""
    model = asked.visible.model
    kind = output_type(metric, model)
    kind = DOUBLE if kind.is_number and kind.kind is not TypeKind.INTEGER else kind
    # A part behind a number is named after its metric and its context.
    whole_metric = model.metrics.get(metric.name.partition(" ")[0], metric)
    measures = measures_of(whole_metric, model)
    bound = {name for measure in measures for name in measure.within if not is_fixed(name, asked)}
    apart = {name: telling_apart(name, asked) for name in sorted(bound)} if bound else {}
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


def _has_unshown(compared: Compared, days: Days) -> bool:
    """Whether some days of a comparison have no place among those shown and count only in totals."""
    return compared.whole or reaches_out(compared, days)


def _windows(asked: Asked, facts: Sequence[_Fact]) -> Iterator[Window]:
    """For each date breakdown, the periods shown, if a comparison or target extends beyond them."""
    days = asked.days
    is_beyond = any(days.end and (fact.days.end is None or fact.days.end > days.end) for fact in facts)
    if not is_beyond and not any(_has_unshown(compared, days) for compared in asked.compared):
        return
    for key in asked.keys:
        if key.name in asked.dates and key.grain:
            yield Window(key.name, first_day(days.start, key.grain, asked.calendar) if days.start else None, days.end)


def _inner(asked: Asked, *, noted: bool, is_typed: bool) -> Plan:
    """The metric of each member, behind a filter. For the question's own filters, only members with enough things
    behind them.

    Nobody can vary the bound of a filter in the model, so it needs no such guard.
    """
    _check_within(asked.metrics[0], asked)
    check_amounts(asked.metrics, asked)
    guards = asked.metrics if is_typed else ()
    plan = _build(asked, with_support=False, noted=noted, guards=guards, within=is_typed)
    return replace(
        plan, outputs=tuple(replace(output, name=MEMBER_VALUE) if output.metric else output for output in plan.outputs)
    )


def _choose(top: Top, asked: Asked, *, noted: bool) -> Chosen:
    """The members of the top over the main period, as a question of its own.

    It asks for the same metrics, so a member that only one of them has can rank too, as missing.
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
        ),  # the question already has them, under the same names
        tuple(key.name for key in keys),
        top.dim,
        top.n if top.within else 0,
        top.other,
    )
