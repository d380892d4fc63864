"""A pace as plain frozen data: a metric's value against its target and against where it should be; or why none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

ONE = timedelta(days=1)
Direction = Literal["up", "down", "none"]
"""Which way is favourable."""


class Verdict(StrEnum):
    """What can be said of a target: what is reached or missed for certain, what the interval says, or nothing yet."""

    REACHED = "reached"  # the period is over, on the favourable side of the target
    MISSED = "missed"
    REACHES = "reaches"  # the whole interval lies on the favourable side
    MISSES = "misses"
    ABOVE = "above"  # no side is favourable: the whole interval lies above the target, or below it
    BELOW = "below"
    OPEN = "open"  # the interval holds the target, or there is none


ALARMS = frozenset({Verdict.MISSED, Verdict.MISSES, Verdict.ABOVE, Verdict.BELOW})
"""Verdicts that somebody has to be told of."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a target: what is to be reached from one day to another, both included."""

    first: date
    last: date
    value: float

    @property
    def days(self) -> list[date]:
        return [self.first + ONE * place for place in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A metric's value against its target, in the metric's own unit.

    `value` is that of all days before `until`, the first day that is not over. What a comparison without pace has not
    is None: `expected` by now and the `index` of the value to it (1 is on plan), the `projection` with its interval,
    and what is needed on each day left. `attained` is the value's share of the target; None for a target of 0.
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
    waits_for_data: bool = False  # the days left are over, and not loaded yet: nothing is forecast of them
    method: str = ""  # in words: how the target is spread over its days, and how the rest is forecast
    words: str = ""  # "102% of plan to date, €4.15M"


@dataclass(frozen=True, slots=True)
class NoPace:
    """Why a metric that has targets has no pace here: in a sentence, and in a word or two where there is no room."""

    why: str
    word: str = "No pace"
