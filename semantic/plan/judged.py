"""Which changes are like for like, so that they may be called better or worse; and why the others are not (G9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from semantic.model.definitions import Additivity, Metric, MetricKind
from semantic.plan.metrics import additivity
from semantic.plan.timing import Timing, timing_of
from semantic.plan.unknown import days_of
from semantic.query.known_through import over_and_loaded, took_too_long
from semantic.query.periods import NEGLIGIBLE, Compared, Days
from semantic.query.query import Filter
from semantic.query.resolve import Asked, by_members, compared_with, segments

Unlike = Mapping[str, Mapping[str, str]]
"""By the name of a metric and of a comparison, why the change is not judged: a sentence that leaves the metric out."""
NOT_JUDGED = "the change is not called better or worse"


def find_unlike(asked: Asked) -> Unlike:
    """Of each metric the comparisons of which the two sides are not alike."""
    found: dict[str, dict[str, str]] = {}
    for metric in asked.metrics:
        days = days_of(metric, asked)
        for one in compared_with(days, asked):
            reason = next(_reasons(metric, days, one, asked), "")
            if reason:
                found.setdefault(metric.name, {})[one.name] = reason
    return found


def _reasons(metric: Metric, days: Days, one: Compared, asked: Asked) -> Iterator[str]:
    known = over_and_loaded(metric, asked.visible.model, asked.asking)
    timing = timing_of(metric, asked.visible.model)
    if days.is_empty or one.days.is_empty:
        return  # there is no change
    if took_too_long(metric, asked.visible.model, asked.asking):
        yield f"It is not known whether all days are loaded, so {NOT_JUDGED}."
    if _reaches_beyond(days, known):
        yield f"Today is not over, so {NOT_JUDGED} yet."
    if _reaches_beyond(one.days, known):
        yield f"Not all days of the comparison are known, so {NOT_JUDGED} yet."
    if not asked.split.is_dated and _adds_up_days(metric, timing, asked) and _is_longer(days, one.days):
        lengths = [_days_words(side) for side in (days, one.days)]
        yield f"{lengths[0]} are compared with {lengths[1]}, so {NOT_JUDGED}."
    first = timing.first_open(known + timedelta(days=1)) if known is not None else None
    if first is not None and any(_is_open(side, first) for side in (days, one.days)):
        yield f"The last days can still change, so {NOT_JUDGED} yet."
    if _has_one_set(asked):
        yield f"Both periods count the same members, chosen by what they did at one time, so {NOT_JUDGED}."


def _reaches_beyond(days: Days, known: date | None) -> bool:
    """Whether a period has days that are not known."""
    return known is not None and days.end is not None and days.end > known + timedelta(days=1)


def _adds_up_days(metric: Metric, timing: Timing, asked: Asked) -> bool:
    """Whether more days make a larger number: not so of a ratio, a balance and a window."""
    if metric.kind is MetricKind.RATIO or timing.is_of_days:
        return False
    return additivity(metric, asked.visible.model) is not Additivity.NONE or metric.kind is MetricKind.SIMPLE


def _days_words(days: Days) -> str:
    return f"{days.length:,} day{'' if days.length == 1 else 's'}"


def _is_longer(one: Days, other: Days) -> bool:
    """Whether two periods differ by more days than can be neglected."""
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return False
    lengths = sorted((one.length, other.length))
    return lengths[1] - lengths[0] > NEGLIGIBLE * lengths[1]


def _is_open(days: Days, first: date) -> bool:
    """Whether more of a period's days can still change than can be neglected."""
    if days.end is None or days.end <= first:
        return False
    still = (days.end - max(first, days.start or date.min)).days
    return days.start is None or still > NEGLIGIBLE * days.length


def _has_one_set(asked: Asked) -> bool:
    """Whether a filter chooses the same members for both sides, by what they did at one time."""
    return any(_is_one_set(part, asked) for part in asked.where)


def _is_one_set(part: Filter, asked: Asked) -> bool:
    if any(one.time is not None for one in by_members(part)):
        return True
    return any(one.count > 0 and one.as_of != "period_end" for one in segments(part, asked.visible))
