"""Find out which days a period's number depends on, if it isn't simply computed from all of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from semantic.errors import counted
from semantic.model.definitions import (
    Additivity,
    Aggregation,
    Conversion,
    Cumulative,
    Input,
    Measure,
    Metric,
    OverTime,
    Span,
    TypeKind,
)
from semantic.model.model import Model
from semantic.plan.measures.metrics import additivity, split_metrics, value_metric
from semantic.plan.measures.spine_join import moved, steps
from semantic.plan.tree.contexts import Base
from semantic.policy.narrow import simple_in
from semantic.query.describe import lower_first
from semantic.query.periods import Calendar, Days, first_day


@dataclass(frozen=True, slots=True)
class Cohorts:
    """The conversions of base events: the rule, a name for the base events, and whether their times are known."""

    rule: Conversion
    events: str  # `visits`
    is_instant: bool

    def settled(self, first: date) -> date:
        """Return the first day when base events of the day `first` can no longer convert. The rule needs a window."""
        assert self.rule.window is not None
        return moved(first, self.rule.window, 1) + timedelta(days=1 if self.is_instant else 0)

    def first_open(self, known: date) -> date:
        """Return the first day whose base events can still convert, if everything before the day `known` is known."""
        assert self.rule.window is not None
        day = moved(known, self.rule.window, -1) - timedelta(days=4)  # months differ in length
        while self.settled(day) <= known:
            day += timedelta(days=1)
        return day


@dataclass(frozen=True, slots=True)
class Timing:
    """The days that a metric's parts read besides the shown ones. Most parts read no others.

    `windows` are its windows, `balances` the days that represent a period, and `cohorts` its conversions. `from_before`
    is true if a part reads an earlier time, and `by_months` if that time is whole months earlier, which doesn't fit
    weeks. `is_quantile` is true if a part is a median or percentile, `accumulates` if a part covers all earlier days
    and so only grows, and `adds_days` if a part covers all days of a period. A day's number counts after `counts_after`
    days, and is final after `final_after` days.
    """

    windows: tuple[Cumulative, ...] = ()
    balances: tuple[OverTime, ...] = ()
    cohorts: tuple[Cohorts, ...] = ()
    from_before: bool = False
    by_months: bool = False
    is_quantile: bool = False
    accumulates: bool = False
    adds_days: bool = False
    final_after: int = 0
    counts_after: int = 0

    def first_open(self, known: date) -> date | None:
        """Return the first day whose number can still change, or None if none can.

        Everything before the day `known` is known. Conversions without a window are never final, and have no such day.
        """
        days = [known - timedelta(days=self.final_after)] if self.final_after else []
        days += [
            cohort.first_open(known)
            for cohort in self.cohorts
            if cohort.rule.by == "cohort" and cohort.rule.window is not None
        ]
        return min(days, default=None)

    def whole_from(self, begins: date) -> date | None:
        """Return the first day with complete windows if data begins on `begins`. None if there are no windows."""
        rolling = [
            window.window for window in self.windows if window.window is not None and not window.window.unit.is_clock
        ]
        return max((moved(begins, window, 1) - timedelta(days=1) for window in rolling), default=None)

    @property
    def of_day(self) -> OverTime | None:
        """The day that represents a longer period if all parts are as of one day, or None if any part sums days.

        Losses in a period, divided by the balance on its first day, aren't as of one day.
        """
        over_times = {*(window.at for window in self.windows), *self.balances}
        return over_times.pop() if len(over_times) == 1 and not self.adds_days else None

    @property
    def is_of_days(self) -> bool:
        """Whether any part is as of a day, so that periods aren't summed."""
        return bool(self.windows or self.balances)


PLAIN = Timing()
_SHORTEST_MONTH = 28


def timing_of(metric: Metric, model: Model) -> Timing:
    """Return the timing of a metric. It's cached with the model."""
    key = ("timing", metric.name)
    if key not in model.memo:
        model.memo[key] = _timing(metric, model)
    return cast("Timing", model.memo[key])


def _timing(metric: Metric, model: Model) -> Timing:
    leaves = split_metrics([metric], model).leaves
    windows = [leaf.context.window for leaf in leaves if leaf.context.window is not None]
    balances = [leaf.measure.over_time for leaf in leaves if leaf.measure.over_time is not None]
    bases = [(leaf.context.base, leaf.measure) for leaf in leaves if leaf.context.base is not None]
    return Timing(
        tuple(dict.fromkeys(windows)),
        tuple(dict.fromkeys(balances)),
        tuple(dict.fromkeys(_cohorts(base, measure, model) for base, measure in bases)),
        any(leaf.context.shifts for leaf in leaves),
        any(shift.back is not None and steps(shift.back).months for leaf in leaves for shift in leaf.context.shifts),
        any(leaf.measure.agg in (Aggregation.MEDIAN, Aggregation.PERCENTILE) for leaf in leaves),
        _accumulates(metric, model),
        any(leaf.context.window is None and leaf.measure.over_time is None for leaf in leaves),
        final_after(metric, model),
        max((each_metric.counts_after for each_metric in simple_in(metric, model)), default=0),
    )


def final_after(metric: Metric, model: Model) -> int:
    """Return after how many days a metric's number is final: its own setting, or the largest of its inputs'.

    For a part that reads an earlier time, the age of the data when it's shown counts too.
    """
    if metric.final_after is not None:
        return metric.final_after
    if metric.is_simple:
        return model.measure(metric.measure).final_after
    uses = metric.uses or tuple(Input(name, name) for name in metric.inputs)
    return max((_input_final_after(use, model) for use in uses), default=0)


def _input_final_after(metric_input: Input, model: Model) -> int:
    days = timing_of(model.metrics[metric_input.metric], model).final_after
    if not isinstance(metric_input.offset, Span):
        return days
    back = steps(metric_input.offset)
    return max(0, days - back.days - _SHORTEST_MONTH * back.months)


def _cohorts(base: Base, measure: Measure, model: Model) -> Cohorts:
    types = [
        model.datasets[each_measure.dataset].dimensions[each_measure.time].type.kind
        for each_measure in (base.measure, measure)
        if each_measure.time
    ]
    return Cohorts(base.rule, _events(base, model), any(type_kind is not TypeKind.DATE for type_kind in types))


def _events(base: Base, model: Model) -> str:
    """Return a name for base events: the metric's unit, such as `trials`, or the dataset's label."""
    for metric in model.metrics.values():
        is_same = metric.measure and metric.filter == base.filter and model.measure(metric.measure) == base.measure
        if is_same and metric.unit:
            return metric.unit
    dataset = model.datasets[base.measure.dataset]
    return lower_first(dataset.label or dataset.name.replace("_", " "))


def _accumulates(metric: Metric, model: Model) -> bool:
    rule, inner = metric.cumulative, value_metric(metric, model)
    is_all_time = rule is not None and rule.window is None and rule.to_date is None
    return is_all_time and inner is not None and additivity(inner, model) is Additivity.FULL


def window_days(rule: Cumulative, day: date, calendar: Calendar) -> Days:
    """Return the days that a window counts on `day`, without a start if it counts all earlier days."""
    end = day + timedelta(days=1)
    if rule.window is not None and not rule.window.unit.is_clock:
        return Days(moved(day, rule.window, -1) + timedelta(days=1), end)
    if rule.window is not None:
        return Days(day, end)
    if rule.to_date is not None:
        return Days(first_day(day, rule.to_date, calendar), end)
    return Days(None, end)


def followed_by(days: int) -> str:
    """Return the end of a sentence about days that don't count yet, such as `has 14 days of data after it yet`."""
    return f"has {counted(days, 'day')} of data after it yet"


def singular(plural: str) -> str:
    """Return `visit` for `visits`. A word without a regular plural stays as it is."""
    if plural.endswith("ies"):
        return plural[:-3] + "y"
    return plural[:-1] if plural.endswith("s") and not plural.endswith("ss") else plural
