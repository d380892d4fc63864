"""Decide which changes compare like with like and so can be called better or worse (G9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

import pyarrow as pa

from semantic.errors import counted
from semantic.model.definitions import Cumulative, Metric, OverTime
from semantic.model.model import Model
from semantic.plan.joins.times import is_by_month
from semantic.plan.measures.metrics import is_sum
from semantic.plan.time.period_aggregation import timing_of, window_days
from semantic.plan.time.sides import DAY, At, Side, Sides, dated_keys
from semantic.policy.narrow import measures_of
from semantic.query.comparisons import NEGLIGIBLE, Compared
from semantic.query.filter_parts import by_members, segments
from semantic.query.known_through import loaded_through, over_and_loaded, took_too_long
from semantic.query.periods import Days
from semantic.query.query import Filter
from semantic.query.resolve import Asked, compared_with, reach_of

Incomparable = Mapping[tuple[str, str], Sequence[str | None]]
"""For each metric and comparison, why each row's change isn't judged.

An entry is a sentence without the metric's name, "" if the change is judged, or None if a number is missing. Metrics
without a direction aren't included.
"""
Number = float | Decimal
NOT_JUDGED = "the change isn't marked better or worse"
STILL_OPEN = f"The last days can still change, so {NOT_JUDGED} yet."


def find_incomparable(asked: Asked, table: pa.Table) -> Incomparable:
    """Return which rows of an answer don't compare like with like, and why, for each metric and comparison."""
    if not asked.query.compare:
        return {}
    names, sides = dated_keys(asked), Sides(asked)
    values = [table.column(name).to_pylist() for name in names]
    rows: list[At] = [*zip(*values, strict=True)] if names else [()] * table.num_rows
    incomparable: dict[tuple[str, str], Sequence[str | None]] = {}
    for metric in asked.metrics:
        if metric.direction == "none":
            continue
        reach = reach_of(metric, asked)
        days, in_full = reach.days, compared_with(reach.days, None, asked)
        for compared, full in zip(reach.compared, in_full, strict=True):
            judge = _Judge(metric, days, compared, full, asked, sides)
            numbers = [table.column(name).to_pylist() for name in (metric.name, f"{metric.name}_{compared.name}")]
            incomparable[metric.name, compared.name] = [*map(judge.reason, rows, *numbers)]
    return incomparable


class _Judge:
    """Judges the changes of one metric in one comparison.

    `full` is the comparison before unknown days were removed.
    """

    def __init__(
        self, metric: Metric, days: Days, compared: Compared, full: Compared, asked: Asked, sides: Sides
    ) -> None:
        model = asked.visible.model
        self._days, self._one, self._asked, self._sides = days, compared, asked, sides
        self._by_days: dict[At, tuple[str, int, int]] = {}  # the reason, and the number of days on each side
        self._full = full if full.days != compared.days else None
        self._begins = reach_of(metric, asked).first
        self._known = over_and_loaded(metric, model, asked.asking)
        self._timing = timing_of(metric, model)
        loaded = loaded_through(metric, model, asked.asking)
        self._open = self._timing.first_open(loaded + DAY) if loaded is not None else None
        self._adds_up = _adds_up_days(metric, model)
        self._is_by_row = bool(dated_keys(asked) or asked.own_periods)
        self._everywhere = _of_the_question(metric, asked)
        by_month = [measure for measure in measures_of(metric, model) if is_by_month(measure, model)]
        self._has_month_ends = any(measure.over_time is OverTime.LAST for measure in by_month)
        self._has_targets = any(
            model.datasets[measure.dataset].forward and measure.over_time is None for measure in by_month
        )

    def reason(self, at: At, now: Number | None, then: Number | None) -> str | None:
        """Return why a row's change isn't judged, "" if it is judged, or None if a number is missing."""
        if now is None or then is None:
            return None
        if at not in self._by_days:
            own, other = self._sides.own(self._days, at), self._sides.other(self._one, self._days, at)
            self._by_days[at] = self._reason_by_days(own, other, at), own.length, other.length
        reason, length, length_then = self._by_days[at]
        if reason or not self._adds_up or length == length_then:
            return reason
        return self._reason_by_length(now, then, length, length_then)

    def _reason_by_days(self, own: Side, other: Side, at: At) -> str:
        """Return why a row's change can't be judged, as far as its days alone show it, or ""."""
        if not own.spans or not other.spans:
            return f"The compared days aren't known, so {NOT_JUDGED}."
        return self._everywhere or next(self._reasons(own, other, at), "")

    def _reason_by_length(self, now: Number, then: Number, own: int, other: int) -> str:
        """Return why a change isn't judged if the different numbers of days can explain it, otherwise ""."""
        if now == then or self._asked.own_periods:
            return ""
        by_day, by_day_then = now * other, then * own  # per day, multiplied by both lengths to avoid division
        if by_day > by_day_then if now > then else by_day < by_day_then:
            return ""
        days = "" if self._is_by_row else f" ({own} against {counted(other, 'day')})"
        return f"The difference in length{days} explains it, so {NOT_JUDGED}."

    def _reasons(self, own: Side, other: Side, at: At) -> Iterator[str]:
        if self._known is not None and own.last > self._known:
            yield f"Today isn't over, so {NOT_JUDGED} yet."
        if self._full is not None and self._sides.other(self._full, self._days, at).last > other.last:
            yield f"Not all days of the comparison are loaded, so {NOT_JUDGED} yet."
        if self._begins is not None and min(own.first, other.first) < self._begins:
            which = "period" if own.first < self._begins else "comparison"
            yield f"Data starts partway through the {which}, so {NOT_JUDGED}."
        if self._adds_up and self._differ(own, other):
            yield self._length_words(own, other)
        if self._open is not None and any(self._can_change(side, self._open) for side in (own, other)):
            yield STILL_OPEN
        if self._timing.accumulates:
            yield (f"Both values are totals since the beginning, and the later one covers more days, so {NOT_JUDGED}.")
        if not all(self._counts_alike(rule, own, other) for rule in self._timing.windows):
            yield f"The two values cover different numbers of days, so {NOT_JUDGED}."
        if any(self._reaches_before(side) for side in (own, other)):
            yield f"The metric's window starts before the data does, so {NOT_JUDGED}."
        if self._has_targets and not (_ends_month(own) and _ends_month(other)):
            yield f"The target covers whole months, and these aren't over, so {NOT_JUDGED} yet."
        if self._has_month_ends and own.last == self._known and not _ends_month(own):
            yield f"A mid-month value is compared with a month-end one, so {NOT_JUDGED}."

    def _can_change(self, side: Side, first: date) -> bool:
        """Return whether the numbers of too many days can still change.

        For a row of a calendar period, its days aren't known here, so all days are assumed to be in it.
        """
        return side.since(first) > (0 if self._asked.own_periods else NEGLIGIBLE * side.length)

    def _differ(self, own: Side, other: Side) -> bool:
        """Return whether the two sides differ too much in length.

        For a row of a calendar period, its days aren't known here. The same period of another year has the same length,
        but an earlier period might not.
        """
        if self._asked.own_periods:
            return self._one.name != "last_year"
        return not _are_alike(own.length, other.length)

    def _counts_alike(self, rule: Cumulative, own: Side, other: Side) -> bool:
        """Return whether a to-date window counts about the same number of days on both sides."""
        if rule.to_date is None:
            return True
        lengths = [
            window_days(rule, self._window_day(rule, side), self._asked.calendar).length for side in (own, other)
        ]
        return _are_alike(*lengths)

    @staticmethod
    def _window_day(rule: Cumulative, side: Side) -> date:
        """Return the first or only day that a window ends on."""
        return side.last if rule.at is OverTime.LAST else side.first

    def _length_words(self, own: Side, other: Side) -> str:
        if self._is_by_row:
            have = "may have" if self._asked.own_periods else "have"
            return f"The two periods {have} different numbers of days, so {NOT_JUDGED}."
        verb = "is" if own.length == 1 else "are"
        return f"{counted(own.length, 'day')} {verb} compared with {counted(other.length, 'day')}, so {NOT_JUDGED}."

    def _reaches_before(self, side: Side) -> bool:
        """Return whether a window starts before the first known day."""
        first = self._begins
        if first is None:
            return False
        rules = [rule for rule in self._timing.windows if rule.window is not None]
        windows = [window_days(rule, self._window_day(rule, side), self._asked.calendar) for rule in rules]
        return any(days.start is not None and days.start < first for days in windows)


def _are_alike(own: int, other: int) -> bool:
    """Return whether two numbers of days are equal, apart from a negligible difference."""
    return abs(own - other) <= NEGLIGIBLE * max(own, other)


def _of_the_question(metric: Metric, asked: Asked) -> str:
    """Return why a metric's changes can't be judged in any row of the answer, or ""."""
    if took_too_long(metric, asked.visible.model, asked.asking):
        return f"It isn't known whether all days are loaded, so {NOT_JUDGED}."
    if any(_is_one_set(part, asked) for part in asked.where):
        return f"Both periods count the same group, selected by what its members did, so {NOT_JUDGED}."
    return ""


def _ends_month(side: Side) -> bool:
    return (side.last + DAY).day == 1


def _adds_up_days(metric: Metric, model: Model) -> bool:
    """Return whether a metric grows with the number of days. Ratios, balances and windows don't."""
    if metric.is_simple:
        return not timing_of(metric, model).is_of_days
    if metric.conversion is not None:
        return metric.conversion.gives == "count"
    if metric.expression is None or not is_sum(metric.expression):
        return False
    inputs = [use.metric for use in metric.uses] or metric.inputs
    return any(_adds_up_days(model.metrics[name], model) for name in inputs)


def _is_one_set(part: Filter, asked: Asked) -> bool:
    """Return whether a filter selects the same members for both sides, by what they did at some time.

    Attributes, such as where members live, aren't behaviour, so filters on them don't count.
    """
    if any(member.time is not None for member in by_members(part)):
        return True
    datasets = asked.visible.model.datasets
    return any(
        segment.as_of != "period_end" and (segment.count > 0 or datasets[segment.dataset].time is not None)
        for segment in segments(part, asked.visible)
    )
