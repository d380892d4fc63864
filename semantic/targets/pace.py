"""The pace of a target, as plain frozen data.

Pace compares a metric's value with its target, and with the value expected by now. If there is none, a reason replaces
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

ONE = timedelta(days=1)
Direction = Literal["up", "down", "none"]
"""The favourable direction of a metric."""


class Verdict(StrEnum):
    """The verdict on a target: certainly reached or missed, probably so according to the interval, or undecided."""

    REACHED = "reached"  # the period is over, on the favourable side of the target
    MISSED = "missed"
    REACHES = "reaches"  # the whole interval is on the favourable side
    MISSES = "misses"
    ABOVE = "above"  # neither side is favourable: the whole interval is above the target, or below it
    BELOW = "below"
    OPEN = "open"  # the interval contains the target, or there is none


FEWEST_JUDGED = 5
"""How many complete days a target's period needs before it is judged, unless the period is over."""

ALARMS = frozenset({Verdict.MISSED, Verdict.MISSES, Verdict.ABOVE, Verdict.BELOW})
"""Verdicts that need attention."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a target: an amount, and the first and last day that it is for."""

    first: date
    last: date
    value: float

    @property
    def days(self) -> list[date]:
        return [self.first + ONE * place for place in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A metric's value compared with its target, in the metric's own unit.

    `value` covers all days before `until`, the first day that hasn't ended. `attained` is the value's share of the
    target, or None for a target of 0. The other fields are None if the value is only compared with the target: the
    `expected` value by now, the `index` of the actual to the expected value (1 is on target), the `projection` with its
    interval, and the amount needed on each remaining day.
    """

    value: float
    target: float
    first: date
    last: date
    until: date
    days_left: int
    verdict: Verdict
    attained: float | None = None
    expected: float | None = None
    index: float | None = None
    projection: float | None = None
    low: float | None = None
    high: float | None = None
    required_per_day: float | None = None
    waits_for_data: bool = False  # the remaining days are over but not loaded yet: they aren't forecast
    method: str = ""  # in words: how the target is spread over its days, and how the rest is forecast
    words: str = ""  # "102% of target to date, €4.15M"

    @property
    def is_early(self) -> bool:
        """Whether too few days have passed to judge the target."""
        return self.days_left > 0 and (self.until - self.first).days < FEWEST_JUDGED

    @property
    def to_date(self) -> float | None:
        """The value's share of the value expected by now, or of the whole target if no value is expected by now."""
        return self.index if self.index is not None and self.days_left else self.attained


@dataclass(frozen=True, slots=True)
class NoPace:
    """Why a metric with targets has no pace here: as a sentence, and as a word or two for tight spaces.

    `is_by_month` means that targets are set by month, but the requested days aren't whole months.
    """

    why: str
    word: str = "No pace"
    is_by_month: bool = False


_URGENCY = {
    Verdict.MISSED: 0,
    Verdict.MISSES: 0,
    Verdict.ABOVE: 1,
    Verdict.BELOW: 1,
    Verdict.OPEN: 2,
    Verdict.REACHES: 3,
    Verdict.REACHED: 3,
}


def urgency(pace: Pace | NoPace | None, direction: Direction) -> tuple[int, float]:
    """Return a sort key for targets: those furthest behind come first.

    Targets without pace come last.
    """
    if not isinstance(pace, Pace):
        return len(_URGENCY), 0.0
    share = pace.to_date if pace.to_date is not None else 1.0
    return _URGENCY[pace.verdict], -share if direction == "down" else share
