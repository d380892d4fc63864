"""Turn a question's calculations into nodes of the plan.

Calculations that can only be wrong are refused: a share of a total that its parts don't add up to, a running total of a
metric that doesn't add up over time, a difference of two units, or a rank when some groups are only known as Other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from semantic.errors import InvalidQuery, UnsafeReaggregation
from semantic.model.definitions import Additivity, Aggregation, DataType, Granularity, Metric, TypeKind
from semantic.model.money import shown_unit
from semantic.plan.joins.distinguishing import distinguishing_keys, is_fixed
from semantic.plan.joins.filters import typed_value
from semantic.plan.measures.metrics import additivity
from semantic.plan.measures.unknown import days_of
from semantic.plan.tree.nodes import Calculated, Course, Leg, Output
from semantic.policy.narrow import measures_of
from semantic.query.describe import calculation_label, describe_key, join_words, lower_first
from semantic.query.periods import MONTHS_OF, first_day, shift
from semantic.query.query import Calculation, CalculationKind
from semantic.query.resolve import Asked, Key

DOUBLE, INTEGER = DataType(TypeKind.DOUBLE), DataType(TypeKind.INTEGER)
_DAYS_OF = {Granularity.DAY: 1, Granularity.WEEK: 7}


def build_calculations(asked: Asked, outputs: Sequence[Output], leg: Leg) -> Iterator[Calculated]:
    """Yield each calculation over `outputs`. Raises UnsafeReaggregation, InvalidQuery, InvalidFilter."""
    values = {output.name: output for output in outputs if output.metric is not None}
    keys = {key.name: key for key in asked.keys}
    for calculation in asked.calc:
        of = values[calculation.of]
        _check(calculation, values, keys, asked)
        kind = of.type
        if calculation.do is CalculationKind.RANK:
            kind = INTEGER
        elif calculation.do is CalculationKind.DIFFERENCE:
            kind = INTEGER if of.type == values[calculation.to].type == INTEGER else DOUBLE
        elif calculation.do is not CalculationKind.RUNNING_TOTAL:
            kind = DOUBLE
        yield Calculated(
            name=calculation.name,
            do=calculation.do,
            of=calculation.of,
            type=kind,
            to=calculation.to,
            within=calculation.within,
            along=calculation.along,
            course=_course(calculation, _metric(of), keys, asked)
            if calculation.along in keys and calculation.base is None
            else None,
            base=_base(calculation, keys, leg, asked),
            ascending=calculation.ascending,
            fill=_metric(of).fill,
        )


def calculation_notes(asked: Asked) -> Iterator[str]:
    """Yield the notes on calculations that a reader should see."""
    metrics = _asked_metrics(asked)
    for calculation in asked.calc:
        label, metric = calculation_label(calculation, asked), metrics[calculation.of]
        if calculation.do is CalculationKind.MOVING_AVERAGE:
            left = "" if metric.fill is not None else " Periods without a value are left out of the average."
            added = additivity(metric, asked.visible.model) is Additivity.FULL
            alone = (
                ""
                if added
                else f" Each period has equal weight, so it isn't {metric.label} over these periods as a whole."
            )
            first = (
                "the first period has"
                if calculation.periods == 2
                else f"the first {calculation.periods - 1:,} periods have"
            )
            yield f"{label}: {first} no value.{left}{alone}"
        hides = asked.having or asked.limit or asked.top
        if calculation.do in (CalculationKind.PERCENT_OF_TOTAL, CalculationKind.RANK) and hides:
            yield f"{label} is relative to all groups, including those that aren't shown."


def _asked_metrics(asked: Asked) -> dict[str, Metric]:
    """Return the metric behind each value column."""
    names = ["", *(f"_{compared.name}" for compared in asked.compared)]
    return {f"{metric.name}{ending}": metric for metric in asked.metrics for ending in names}


def _metric(output: Output) -> Metric:
    assert output.metric is not None
    return output.metric


# Refusals


def _check(calculation: Calculation, values: Mapping[str, Output], keys: Mapping[str, Key], asked: Asked) -> None:
    names = [calculation.of, *([calculation.to] if calculation.to else [])]
    for name in names:
        if not values[name].type.is_number:
            label = _metric(values[name]).label
            raise InvalidQuery(f"{label} is {values[name].type}, and calculations need numbers. Choose another metric.")
    match calculation.do:
        case CalculationKind.DIFFERENCE:
            _check_units(_metric(values[calculation.of]), _metric(values[calculation.to]), asked.query.currency)
        case CalculationKind.PERCENT_OF_TOTAL:
            split = [key for name, key in keys.items() if name not in calculation.within]
            _check_adds_up(calculation, _metric(values[calculation.of]), split, asked)
        case CalculationKind.RUNNING_TOTAL:
            along = calculation.along in keys
            split = (
                [keys[calculation.along]]
                if along
                else [key for name, key in keys.items() if name not in calculation.within]
            )
            _check_adds_up(calculation, _metric(values[calculation.of]), split, asked)
            if not along and not values[calculation.along].type.is_number:
                raise InvalidQuery(
                    f"{calculation.along!r} isn't a number, so it can't order groups. Use a metric or a date."
                )
        case CalculationKind.RANK:
            _check_rank(calculation, keys, asked)
        case _:
            pass


def _check_units(metric: Metric, other: Metric, currency: str | None) -> None:
    mine, theirs = ((shown_unit(each_metric, currency), each_metric.format) for each_metric in (metric, other))
    if metric.name != other.name and mine != theirs:
        message = (
            f"{_of_unit(metric)} minus {_of_unit(other)} can't be calculated, because their units differ. Use a ratio, "
            "or two metrics with the same unit."
        )
        raise UnsafeReaggregation(message, names=(metric.label,))


def _of_unit(metric: Metric) -> str:
    return f"{metric.label} ({metric.unit or metric.format.value})"


def _check_adds_up(calculation: Calculation, metric: Metric, split: Sequence[Key], asked: Asked) -> None:
    """Raise UnsafeReaggregation if the values of the groups don't add up to the total."""
    if adds_up_over(metric, split, asked):
        return
    over = join_words([lower_first(describe_key(key)) for key in split])
    what = (
        "can't have a running total"
        if calculation.do is CalculationKind.RUNNING_TOTAL
        else "can't be shown as a share of total"
    )
    remedy = "Use a rank or an index"
    message = f"{metric.label} {what}: {_why_not(metric, asked)}, so its values by {over} don't add up. {remedy}."
    raise UnsafeReaggregation(message, names=(metric.label,))


def adds_up_over(metric: Metric, split: Sequence[Key], asked: Asked) -> bool:
    """Return whether a metric's values by group add up to the total.

    A measure with `within` only adds up across other dimensions.
    """
    model = asked.visible.model
    if metric.is_simple and not metric.fill and (stays := model.measure(metric.measure).within):
        keys = [key for name in stays if not is_fixed(name, asked) for key in distinguishing_keys(name, asked)]
        is_crossed = any(key.breakdown.dim in stays or key in keys for key in split)
        return not is_crossed and model.measure(metric.measure).additivity is Additivity.FULL
    return additivity(metric, model) is Additivity.FULL


_COUNTS_ONCE = (Aggregation.COUNT_DISTINCT, Aggregation.APPROX_COUNT_DISTINCT)


_NAMED = {
    Aggregation.AVG: "the average",
    Aggregation.MEDIAN: "the median",
    Aggregation.PERCENTILE: "a percentile",
    Aggregation.MIN: "the minimum",
    Aggregation.MAX: "the maximum",
}


def _why_not(metric: Metric, asked: Asked) -> str:
    if metric.is_ratio:
        return "it's a ratio"
    if metric.fill:
        return f"empty groups show {metric.fill:,}"
    if metric.cumulative is not None:
        return "it covers a window of days"
    if not metric.is_simple:
        return "it's calculated from other metrics"
    (measure,) = measures_of(metric, asked.visible.model)
    if measure.within:
        return "its parts are counted separately"
    if measure.additivity is Additivity.SEMI:
        return "it's a balance"
    if measure.agg in _COUNTS_ONCE:
        return "the same item can be in several groups"
    return f"it's {_NAMED.get(measure.agg, measure.agg.value)} of all rows"


def _check_rank(calculation: Calculation, keys: Mapping[str, Key], asked: Asked) -> None:
    """Raise UnsafeReaggregation if a rank would need groups that a top merges into Other.

    A rank is fine if it uses the same metric and breakdowns as the top.
    """
    top = asked.top
    if top is None or top.dim in calculation.within:
        return
    split = {*keys} - {*calculation.within}
    same = (
        calculation.of == top.metric
        and not calculation.ascending
        and split == {top.dim}
        and {*calculation.within} == {*top.within}
    )
    if not same:
        label = describe_key(keys[top.dim])
        message = (
            f"A rank by {lower_first(_asked_metrics(asked)[calculation.of].label)} covers all groups, but with a top "
            f"{lower_first(label)} some are only known as Other. Rank by the metric that the top uses, or show "
            "all values."
        )
        raise UnsafeReaggregation(message, names=(label,))


# Calculations along a date


def _course(calculation: Calculation, metric: Metric, keys: Mapping[str, Key], asked: Asked) -> Course:
    """Return how many periods a moving average covers, and the first and last whole period."""
    key = keys[calculation.along]
    grain = key.grain
    begun, ended = _whole_periods(metric, key, asked)
    if calculation.do is not CalculationKind.MOVING_AVERAGE:
        return Course(1, 0, False, begun, ended)
    assert grain is not None
    months, days = MONTHS_OF.get(grain, 0), _DAYS_OF.get(grain, 0)
    if not months and not days:
        raise InvalidQuery(f"Moving averages need days or longer periods, not {grain.words}s. Break down by day.")
    return Course(calculation.periods, months or days, bool(months), begun, ended)


def _whole_periods(metric: Metric, key: Key, asked: Asked) -> tuple[date | None, date | None]:
    """Return the first days of the first whole period in the question and of the first period after the last whole one.

    None for an open end.
    """
    if key.name not in asked.dates or key.grain is None or key.grain.is_clock:
        return None, None
    days, grain, calendar = days_of(metric, asked), key.grain, asked.calendar
    begun = first_day(days.start, grain, calendar) if days.start else None
    if begun is not None and begun != days.start:
        begun = shift(begun, grain, 1)
    end = days.end - timedelta(days=1) if days.end and days.lets_in_today else days.end
    return begun, first_day(end, grain, calendar) if end else None


def _base(calculation: Calculation, keys: Mapping[str, Key], leg: Leg, asked: Asked) -> object:
    if calculation.base is None:
        return None
    field = next(key.field for key in leg.keys if key.name == calculation.along)
    if field.mask is not None:
        raise InvalidQuery(
            f"An index can't start from {describe_key(keys[calculation.along])}: its values are masked for you."
        )
    if keys[calculation.along].grain is None and (
        keys[calculation.along].breakdown.is_time or field.dimension.kind == "time"
    ):
        raise InvalidQuery(
            "The base of an index over time must be a day, week, month or year. Break down by one of them."
        )
    value, grain = typed_value(calculation.base, field), keys[calculation.along].grain
    return first_day(value, grain, asked.calendar) if grain is not None and isinstance(value, date) else value
