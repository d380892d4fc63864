"""Assemble a question from its parts, with a chosen meaning for each part, and from defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from semantic.model.definitions import DatePart, Granularity, Metric, NumberFormat, TypeKind
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.data import column_name
from semantic.query.query import (
    DATE,
    AllOf,
    AnyOf,
    Breakdown,
    ByMember,
    Calculation,
    CalculationKind,
    Condition,
    Filter,
    InSegment,
    MetricFilter,
    NotAny,
    Operator,
    Order,
    Period,
    Query,
    Top,
)
from semantic.reading.days import Clock
from semantic.reading.lexicon import LABEL, Meaning
from semantic.reading.parts import Contradiction, Draft, NotAQuestion, WrongUnit
from semantic.reading.period import fitting_grain, one_before, period_of
from semantic.reading.text import fold

Choice = Mapping[int, Meaning]
"""The meaning chosen for each part, by the part's index."""


def assemble(made: Draft, choice: Choice, seen: VisibleModel, clock: Clock, previous: Query | None) -> Query:
    """Return the question. Raises NotAQuestion if the parts don't fit together."""
    metrics = [choice[place].name for place, part in enumerate(made.parts) if part.use == "metric"]
    base = previous if previous is not None else Query()
    if previous is not None:
        metrics = _followed_metrics(made, metrics, previous, seen)
    metrics = list(dict.fromkeys(metrics))
    if not metrics:
        raise NotAQuestion("no metric")
    if made.currency and not any(_is_money(seen.metric(name)) for name in metrics):
        raise NotAQuestion("not money")
    if previous is not None:
        _check_undoing(made, choice, previous)
    known = [seen.metric(name) for name in metrics]
    by = _breakdowns(made, choice, base, seen)
    shared = _shared(made, choice, by)
    if made.is_share_of_one and not shared:
        raise NotAQuestion("a share of one member by another breakdown", _OF_ONE)
    if shared:
        by = shared
    time = period_of(made, known, seen, clock, base if previous is not None else None)
    by = _with_dates(made, by, time, known, seen, clock)
    if _is_share_over_time(made, by):
        raise NotAQuestion("a share over time of one member", _OF_ONE)
    if made.before:
        is_named = made.days is not None or previous is not None
        time = one_before(Granularity(made.before), made.before_count, time, clock, is_named=is_named)
    compare = tuple(dict.fromkeys(made.compare)) or base.compare
    if made.days is not None and made.days.compare is not None and previous is not None and previous.time is not None:
        time = previous.time
    query = replace(
        base,
        metrics=tuple(metrics),
        by=by,
        where=base.where if shared else _where(made, choice, base.where, seen),
        having=_having_too(base.having, tuple(_having(made, choice, metrics, seen, base.currency))),
        time=time,
        compare=compare,
        history="as_is" if made.as_is else base.history,
        rates="period_end" if made.rates else base.rates,
        currency=_currency(made, seen) or base.currency,
    )
    if made.ranked_dates >= 0:
        return replace(_with_ranked_dates(made, query, seen), calc=_calculations(made, query, base, seen))
    top = _top(made, choice, query, seen)
    query = replace(query, top=top or (_kept_top(made, base) if _keeps_top(base, query) else None))
    if made.other and query.top is None:
        raise NotAQuestion(
            "the rest of nothing", "To see the rest, ask for a top, such as the top 5 channels with others."
        )
    if top is not None and query.having:
        query = _top_of_passing(query, top)
    elif top is not None:
        groups = [each for each in query.by if column_name(each) in top.within]
        by = (*groups, *(each for each in query.by if each not in groups))
        query = replace(query, by=by, order=(), limit=None)
    elif _is_low(made, query, seen):
        if made.within:
            raise NotAQuestion("a bottom in each group", "Ask for the lowest overall, not in each group.")
        if any(part.use == "top" and choice[place].name != metrics[0] for place, part in enumerate(made.parts)):
            raise NotAQuestion("a bottom by another metric than the first")
        query = replace(query, order=(Order(metrics[0]),), limit=made.top or query.limit, top=None)
    elif made.merit == "worst" and made.top is None:
        query = replace(query, order=(Order(metrics[0], desc=True),))
    elif previous is not None:
        query = replace(query, order=_ordered(base, query))
    if made.sort >= 0 or made.is_sorted:
        by_metric = choice[made.sort].name if made.sort >= 0 else query.metrics[0]
        query = replace(query, order=(Order(by_metric, desc=not made.is_ascending),))
    return replace(query, calc=_calculations(made, query, base, seen))


def _with_ranked_dates(made: Draft, query: Query, seen: VisibleModel) -> Query:
    """Return the question with its dates in order of the metric, as in "which day had the most orders".

    Limits alone keep the order of dates.
    """
    if not (made.is_top or made.extreme):
        return query
    order = Order(query.metrics[0], desc=not _is_low(made, query, seen))
    return replace(query, order=(order,), limit=made.top, top=None)


def _top_of_passing(query: Query, top: Top) -> Query:
    """Return the question with the top of only the groups that meet its limits.

    A question's own top ranks all groups, so groups that don't meet a limit would take up places in it.
    """
    if top.other:
        raise NotAQuestion("others beside a limit", "A top with a limit on a metric can't also show the rest.")
    if len(query.by) > 1:
        raise NotAQuestion(
            "a limited top by several breakdowns", "A top with a limit on a metric can have only one breakdown."
        )
    metrics = tuple(dict.fromkeys((*query.metrics, top.metric)))
    return replace(query, metrics=metrics, order=(Order(top.metric, desc=True),), limit=top.n, top=None)


def _ordered(base: Query, query: Query) -> tuple[Order, ...]:
    """Return the previous question's sort order, with the first metric in place of metrics that are no longer shown."""
    columns = {*query.metrics, *(column_name(each) for each in query.by)}
    gone = {*base.metrics} - columns
    order = [replace(each, by=query.metrics[0]) if each.by in gone else each for each in base.order]
    return tuple(dict.fromkeys(each for each in order if each.by in columns))


def _is_low(made: Draft, query: Query, seen: VisibleModel) -> bool:
    """Whether the lowest values come first. For cost per order, the "best" values are the lowest ones."""
    if not made.merit:
        return made.is_low
    return (made.merit == "best") == (seen.metric(query.metrics[0]).direction == "down")


def _check_undoing(made: Draft, choice: Choice, previous: Query) -> None:
    """Raise NotAQuestion if the text may ask to remove a part of the previous question, such as "all countries"."""
    if made.is_all and previous.where is not None:
        raise NotAQuestion("all of them")
    by = {each.dim for each in previous.by}
    for place, part in enumerate(made.parts):
        if part.use == "filter" and choice[place].values == (None,) and choice[place].name in by:
            raise NotAQuestion("without a breakdown, or where there is none")


def _having_too(before: Sequence[MetricFilter], added: tuple[MetricFilter, ...]) -> tuple[MetricFilter, ...]:
    """Return all limits. A new limit replaces an earlier one on the same metric in the same direction."""
    said = {(each.metric, each.op[:1]) for each in added}
    return (*(each for each in before if (each.metric, each.op[:1]) not in said), *added)


def _followed_metrics(made: Draft, named: list[str], previous: Query, seen: VisibleModel) -> list[str]:
    if made.switches or (
        made.currency and not named and not any(_is_money(seen.metric(each)) for each in previous.metrics)
    ):
        made.switches = made.switches or "money"
        return [_counterpart(seen.metric(name), made.switches, seen) for name in previous.metrics]
    if not named:
        return list(previous.metrics)
    return [*previous.metrics, *named] if made.adds else named


def _counterpart(metric: Metric, wanted: str, seen: VisibleModel) -> str:
    """Return the metric for the same rows in the `wanted` form: as an amount of money, or as a count.

    Raises NotAQuestion unless there is exactly one.
    """
    is_money = metric.format is NumberFormat.MONEY
    if is_money == (wanted == "money"):
        return metric.name
    if not metric.measure:
        raise NotAQuestion("no counterpart")
    dataset = metric.measure.partition(".")[0]
    alike = [
        other.name
        for other in seen.metrics
        if other.measure.partition(".")[0] == dataset
        and other.name != metric.name
        and (other.format is NumberFormat.MONEY) == (wanted == "money")
        and other.filter == metric.filter
        and other.where == metric.where
        and _time_of(other, seen) == _time_of(metric, seen)
    ]
    if len(alike) != 1:
        raise NotAQuestion("no counterpart")
    return alike[0]


def _time_of(metric: Metric, seen: VisibleModel) -> tuple[str | None, ...]:
    return tuple(measure.time for measure in measures_of(metric, seen.model))


def _is_money(metric: Metric) -> bool:
    return metric.format is NumberFormat.MONEY


# Breakdowns


def _breakdowns(made: Draft, choice: Choice, base: Query, seen: VisibleModel) -> tuple[Breakdown, ...]:
    named: list[Breakdown] = []
    explicit = any(part.use == "by" and not part.alone for part in made.parts)
    for place, part in enumerate(made.parts):
        if part.use == "by" or (
            part.use == "filter"
            and (part.splits or (choice[place].contains and choice[place].name in part.noun and not explicit))
        ):
            named.append(Breakdown(choice[place].name))
    named = list(dict.fromkeys(named))
    times = tuple(each for each in base.by if each.is_time)
    others = tuple(each for each in base.by if not each.is_time)
    if not named:
        return base.by
    if made.adds:
        return tuple(dict.fromkeys((*base.by, *named)))
    return (*times, *named) if not times or base.by[0].is_time else (*named, *times) if others else (*times, *named)


def _shared(made: Draft, choice: Choice, by: tuple[Breakdown, ...]) -> tuple[Breakdown, ...]:
    """Return the breakdown for a single member's share, such as mobile's, or () if the text asks for no such share.

    It's the member's whole dimension, because the share needs a total.
    """
    filters = [place for place, part in enumerate(made.parts) if part.use == "filter"]
    is_share = any(do == "percent_of_total" for do, _ in made.calc)
    if by or not is_share or len(filters) != 1 or choice[filters[0]].contains or made.grain:
        return ()
    return (Breakdown(choice[filters[0]].name),)


_OF_ONE = "For the share of one value in each group, ask for both breakdowns."


def _is_share_over_time(made: Draft, by: tuple[Breakdown, ...]) -> bool:
    """Whether a text asks for a filtered share over time, which has two meanings.

    It can be mobile's share of each month, or each month's share of mobile.
    """
    is_share = any(do == "percent_of_total" for do, _ in made.calc)
    return is_share and all(each.is_time for each in by) and any(part.use == "filter" for part in made.parts)


def _with_dates(
    made: Draft,
    by: tuple[Breakdown, ...],
    time: Period | None,
    metrics: Sequence[Metric],
    seen: VisibleModel,
    clock: Clock,
) -> tuple[Breakdown, ...]:
    has_date = any(each.dim == DATE for each in by)
    grain = made.grain
    needs = made.is_trend or any(do in ("running_total", "moving_average") for do, _ in made.calc)
    if not grain and needs and not has_date:
        grain = fitting_grain(time, metrics, seen, clock).value
    if not grain:
        return by
    if grain == "dow" and seen.places("weekday"):
        return (*by, Breakdown("weekday"))
    if grain in ("dow", "hour"):
        date_by = Breakdown(DATE, part=DatePart(grain))
    else:
        date_by = Breakdown(DATE, grain=Granularity(grain))
    if has_date:
        return tuple(date_by if each.dim == DATE else each for each in by)
    return (*by, date_by)


# Filters


def _where(made: Draft, choice: Choice, base: Filter | None, seen: VisibleModel) -> Filter | None:
    conditions: list[Filter] = []
    replaced: set[str] = set()
    groups: dict[tuple[str, int], list[Meaning]] = {}
    for place, part in enumerate(made.parts):
        if part.use in ("filter", "without"):
            groups.setdefault((part.use, part.group), []).append(choice[place])
        elif part.use == "segment":
            conditions.append(InSegment(choice[place].name))
        elif part.use == "not_segment":
            conditions.append(NotAny(InSegment(choice[place].name)))
    for (use, _), meanings in groups.items():
        name = meanings[0].name
        before = [each for each in _conjuncts(base) if isinstance(each, Condition) and each.dim == name]
        if use == "without" and not made.instead:
            use, meanings = _left_out_too(before, meanings)
        elif use == "filter" and made.adds and before:
            use, meanings = _kept_too(before, meanings)
        if {value for meaning in meanings for value in meaning.values} != {True, False}:
            conditions.append(_condition(use, meanings))
        is_text = any(each.op not in (Operator.IN, Operator.NOT_IN) for each in before)
        if not (use == "without" and (is_text or len(before) > 1)):
            replaced.add(name)
        if use == "filter":
            replaced.update(_same_things(name, base, seen))
    for threshold in made.thresholds:
        if threshold.per:
            metric = choice[threshold.part].name
            _check_unit(threshold.unit, seen.metric(metric), seen.model.settings.currency)
            conditions.append(
                ByMember(metric, threshold.per, threshold.op, tuple(_plain(number) for number in threshold.numbers))
            )
    _check_apart([each for each in conditions if isinstance(each, Condition)])
    kept = [each for each in _conjuncts(base) if not (isinstance(each, Condition) and each.dim in replaced)]
    parts = (*kept, *conditions)
    return None if not parts else parts[0] if len(parts) == 1 else AllOf(parts)


def _check_apart(conditions: Sequence[Condition]) -> None:
    """Raise Contradiction if no row can pass two of these conditions."""
    for at, one in enumerate(conditions):
        for other in conditions[:at]:
            if one.dim != other.dim or not {one.op, other.op} <= {Operator.IN, Operator.NOT_IN}:
                continue
            if one.op is other.op is Operator.IN:
                is_empty = {*one.values}.isdisjoint(other.values)
            else:
                kept, out = (one, other) if one.op is Operator.IN else (other, one)
                is_empty = kept.op is Operator.IN and {*kept.values} <= {*out.values}
            if is_empty:
                raise Contradiction("no row has both", "No row can match all of these filters.")


def _same_things(name: str, base: Filter | None, seen: VisibleModel) -> Iterator[str]:
    """Yield dimensions of the previous filters that share members with this one, as market does with country."""
    texts = {fold(text) for text in seen.member_labels(name).values()}
    texts |= {fold(text) for place in seen.places(name) for _, words in place.member_synonyms for text in words}
    for each in _conjuncts(base):
        if isinstance(each, Condition) and each.op in (Operator.IN, Operator.NOT_IN):
            labels = seen.member_labels(each.dim)
            if any(fold(labels.get(str(value), str(value))) in texts for value in each.values):
                yield each.dim


def _left_out_too(before: Sequence[Condition], meanings: list[Meaning]) -> tuple[str, list[Meaning]]:
    """Return the changed filter if a follow-up question excludes more members.

    The result is "filter" or "without", and the filter's members.
    """
    if len(before) == 1 and not before[0].via and not any(meaning.contains for meaning in meanings):
        name, values = meanings[0].name, tuple(value for meaning in meanings for value in meaning.values)
        if before[0].op is Operator.NOT_IN:
            return "without", [Meaning("member", name, LABEL, tuple(dict.fromkeys((*before[0].values, *values))))]
        kept = tuple(value for value in before[0].values if value not in values)
        if before[0].op is Operator.IN and kept:
            return "filter", [Meaning("member", name, LABEL, kept)]
    return "without", meanings


def _kept_too(before: Sequence[Condition], meanings: list[Meaning]) -> tuple[str, list[Meaning]]:
    """Return the changed filter if a follow-up question includes more members.

    The result is "filter" or "without", and the filter's members. Raises NotAQuestion if the members weren't excluded.
    """
    name, values = meanings[0].name, tuple(value for meaning in meanings for value in meaning.values)
    only = before[0]
    is_plain = len(before) == 1 and not only.via and not any(meaning.contains for meaning in meanings)
    if is_plain and only.op is Operator.IN:
        return "filter", [Meaning("member", name, LABEL, tuple(dict.fromkeys((*only.values, *values))))]
    out = tuple(value for value in only.values if value not in values)
    if is_plain and only.op is Operator.NOT_IN and out:
        return "without", [Meaning("member", name, LABEL, out)]
    raise NotAQuestion("including what isn't left out")


def _condition(use: str, meanings: Sequence[Meaning]) -> Filter:
    name = meanings[0].name
    texts = [meaning.contains for meaning in meanings if meaning.contains]
    values = tuple(dict.fromkeys(value for meaning in meanings for value in meaning.values))
    if not texts:
        return Condition(name, Operator.NOT_IN if use == "without" else Operator.IN, values)
    op = Operator.NOT_CONTAINS if use == "without" else Operator.CONTAINS
    parts: list[Filter] = [Condition(name, op, (text,)) for text in texts]
    if values:
        parts.append(Condition(name, Operator.NOT_IN if use == "without" else Operator.IN, values))
    if len(parts) == 1:
        return parts[0]
    return AllOf(tuple(parts)) if use == "without" else AnyOf(tuple(parts))


def _conjuncts(base: Filter | None) -> tuple[Filter, ...]:
    if base is None:
        return ()
    return base.parts if isinstance(base, AllOf) else (base,)


def _check_unit(unit: str, metric: Metric, currency: str) -> None:
    """Raise WrongUnit for a limit in a unit other than the metric's, such as dollars for a metric in euros."""
    is_right = metric.format is NumberFormat.SHARE if unit == "%" else _is_money(metric) and unit == currency
    if unit and not is_right:
        own = "percent" if metric.format is NumberFormat.SHARE else currency if _is_money(metric) else "plain numbers"
        raise WrongUnit("a limit in another unit", f"Limits on {metric.label} must be in {own}.")


def _having(
    made: Draft, choice: Choice, metrics: Sequence[str], seen: VisibleModel, shown: str | None
) -> Iterator[MetricFilter]:
    for threshold in made.thresholds:
        if not threshold.per:
            name = choice[threshold.part].name
            _check_unit(threshold.unit, seen.metric(name), made.currency or shown or seen.model.settings.currency)
            share = seen.metric(name).format is NumberFormat.SHARE
            is_percent = share and (threshold.unit == "%" or max(threshold.numbers) > 1)
            if share and not is_percent and any(threshold.numbers):
                raise NotAQuestion(
                    "half, or half a percent",
                    f"Limits on {seen.metric(name).label} need a unit, such as 50% or 0.5%.",
                )
            numbers = (number / 100 if is_percent else number for number in threshold.numbers)
            yield MetricFilter(name, threshold.op, tuple(_plain(round(number, 10)) for number in numbers))


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number


# The rest


def _top(made: Draft, choice: Choice, query: Query, seen: VisibleModel) -> Top | None:
    if made.top is None or _is_low(made, query, seen):
        return None
    dims = [place for place, part in enumerate(made.parts) if part.use == "by"]
    plain = [each for each in query.by if not each.is_time]
    if not plain:
        raise NotAQuestion("a top of nothing")
    dim = next((each for each in plain if dims and each.dim == choice[dims[0]].name), plain[0])
    shown = seen.dimension(dim.dim)[0]
    if shown.type.kind is TypeKind.BOOLEAN and made.top > 1:
        raise NotAQuestion("a top of yes and no", f"{shown.label} is only yes or no, so it has no top {made.top}.")
    ranked = [choice[place].name for place, part in enumerate(made.parts) if part.use == "top"]
    groups = {choice[place].name for place in made.within}
    within = tuple(column_name(each) for each in query.by if each.dim in groups)
    return Top(made.top, column_name(dim), ranked[0] if ranked else query.metrics[0], within, made.other)


def _keeps_top(base: Query, query: Query) -> bool:
    return base.top is not None and {base.top.dim, *base.top.within} <= {column_name(each) for each in query.by}


def _kept_top(made: Draft, base: Query) -> Top | None:
    return replace(base.top, other=True) if made.other and base.top is not None else base.top


def _currency(made: Draft, seen: VisibleModel) -> str | None:
    return made.currency if made.currency and made.currency != seen.model.settings.currency else None


def _calculations(made: Draft, query: Query, base: Query, seen: VisibleModel) -> tuple[Calculation, ...]:
    first = query.metrics[0]
    names = {*query.metrics}
    kept = tuple(each for each in base.calc if each.of in names and (not each.to or each.to in names))
    calculations: list[Calculation] = [*kept]
    if made.ratio and len(query.metrics) < 2:
        raise NotAQuestion("a ratio of one metric", "A ratio needs two metrics, such as spend divided by revenue.")
    if made.is_percent and len({seen.metric(name).format for name in query.metrics[:2]}) > 1:
        raise NotAQuestion("a percentage of another unit")
    if made.ratio:
        calculations.append(Calculation(name="ratio", do=CalculationKind.RATIO, of=first, to=query.metrics[1]))
    for do, number in made.calc:
        kind = CalculationKind(do)
        if kind is CalculationKind.MOVING_AVERAGE:
            calculations.append(Calculation(name="usual", do=kind, of=first, periods=int(number or 0)))
        elif not any(each.do is kind for each in calculations):
            calculations.append(Calculation(name=_CALLED[kind], do=kind, of=first))
    return tuple(calculations)


_CALLED = {
    CalculationKind.PERCENT_OF_TOTAL: "share",
    CalculationKind.RUNNING_TOTAL: "so_far",
    CalculationKind.INDEX: "since",
    CalculationKind.RANK: "place",
}
