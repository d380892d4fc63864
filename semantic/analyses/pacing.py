"""Calculate how much of its target a metric has reached, and how much was expected by now.

    expected by now    each part of the target, spread over its days: evenly, or by weekday and month like the
                       metric's own earlier days
    projection         the value so far, plus the remaining days at the rate of the latest ones
    verdict            none until a few days of the target are over
    interval           how far off the projection may be, judged by how much single days varied (95%)

A target that doesn't add up over days, such as one for a ratio or a balance, has no pace. It's compared directly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import sqrt
from statistics import fmean

from semantic.analyses.analysis import Analysis, Finding
from semantic.results.students_t import student
from semantic.targets.pace import FEWEST_JUDGED, Direction, Pace, Piece, Verdict

WEEKS, FEWEST_WEEKS = 26, 8
"""The most and the fewest complete weeks for the weights of weekdays."""

MONTHS = 24
"""The complete months for the weights of months. With fewer months, all weights are equal."""

LEVEL_DAYS, FEWEST_DAYS = 28, 7
"""The number of days that a forecast is based on, and the fewest days for its range."""

BLOCKS, FEWEST_BLOCKS = 6, 3
"""The most and the fewest four-week periods for estimating how the level drifts."""

ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingInput:
    """A target in parts, and the metric's value for its days before `until`, which is the first day that hasn't ended.

    For a metric that adds up, `history` has the days before `until`, including days before the target. It's None for
    all other metrics.
    """

    pieces: tuple[Piece, ...]
    value: float
    until: date
    direction: Direction
    history: Mapping[date, float] | None


_AS_IT_STANDS = "The metric doesn't add up over days, so its value is compared directly with the target."
_FIGURES = ("value", "target", "attained", "expected", "index", "projection", "low", "high", "required_per_day")


def find(given: PacingInput) -> Finding[Pace]:
    """Return whether a target is reached or will be. The figures are in the metric's own unit."""
    if given.history is None:
        found_pace = compared(given.pieces[0], given.value, until=given.until, direction=given.direction)
    else:
        found_pace = pace(given.pieces, given.value, given.history, until=given.until, direction=given.direction)
    over = _AS_IT_STANDS if given.history is None else "All days of the target are over."
    figures = {name: getattr(found_pace, name) for name in _FIGURES}
    return Finding(conclusion=found_pace.verdict, reason=found_pace.method or over, figures=figures, detail=found_pace)


PACING = Analysis(
    name="pacing", question="Will we reach the target?", given=PacingInput, conclusions=Verdict, find=find
)


def pace(
    pieces: Sequence[Piece], value: float, history: Mapping[date, float], *, until: date, direction: Direction
) -> Pace:
    """Return the pace of a metric that adds up. `history` has the value of each day before `until`.

    Missing days between the first and the last count as 0.

    >>> january = Piece(date(2026, 1, 1), date(2026, 1, 31), 31_000)
    >>> days = {date(2026, 1, day): 1_200.0 for day in range(1, 11)}
    >>> found = pace([january], 12_000, days, until=date(2026, 1, 11), direction="none")
    >>> round(found.index or 0, 2), found.projection, round(found.required_per_day or 0, 2)
    (1.2, 37200.0, 904.76)
    """
    first, last = min(piece.first for piece in pieces), max(piece.last for piece in pieces)
    target = sum(piece.value for piece in pieces)
    profile = _profile(history, until, spans_months=any(_months_apart(piece.first, piece.last) for piece in pieces))
    expected = sum(piece.value * _share_before(piece, until, profile) for piece in pieces)
    left = list(_days(max(first, until), last + ONE))
    forecast = _forecast(value, left, history, profile, first=first, until=until)
    verdict = verdict_of(forecast.low, forecast.high, target, direction, is_over=not left)
    if left and (until - first).days < FEWEST_JUDGED:
        verdict = Verdict.OPEN
    return Pace(
        value=value,
        target=target,
        first=first,
        last=last,
        until=until,
        days_left=len(left),
        verdict=verdict,
        attained=value / target if target else None,
        expected=expected,
        index=value / expected if expected else None,
        projection=forecast.middle,
        low=forecast.low,
        high=forecast.high,
        required_per_day=(target - value) / len(left) if left else None,
        method=f"{profile.words} {forecast.words}" if left else "",
    )


def compared(target: Piece, value: float, *, until: date, direction: Direction) -> Pace:
    """Return a target without a pace, for a ratio, a balance or a distinct count.

    The value is compared with it directly. There is no verdict until all days have ended, because a single day can
    change such a number in either direction.
    """
    is_over = until > target.last
    left = max(0, (target.last - max(until, target.first)).days + 1)
    verdict = verdict_of(value, value, target.value, direction, is_over=True) if is_over else Verdict.OPEN
    return Pace(
        value=value,
        target=target.value,
        first=target.first,
        last=target.last,
        until=until,
        days_left=left,
        verdict=verdict,
        attained=value / target.value if target.value else None,
    )


def verdict_of(low: float | None, high: float | None, target: float, direction: Direction, *, is_over: bool) -> Verdict:
    """Return the verdict on a target, based on an interval for the final value.

    Once all days have ended, both ends of the interval equal the value.
    """
    if low is None or high is None:
        return Verdict.OPEN
    if direction == "none":
        return Verdict.ABOVE if low > target else Verdict.BELOW if high < target else Verdict.OPEN
    good, bad = (low >= target, high < target) if direction == "up" else (high <= target, low > target)
    if is_over:
        return Verdict.REACHED if good else Verdict.MISSED
    return Verdict.REACHES if good else Verdict.MISSES if bad else Verdict.OPEN


# Weights of days


@dataclass(frozen=True, slots=True)
class _Profile:
    """The relative weights of days: by weekday, starting with Monday, and by month, starting with January."""

    weekdays: tuple[float, ...] = (1.0,) * 7
    months: tuple[float, ...] = (1.0,) * 12
    words: str = "The target is spread evenly over its days."
    is_even: bool = True  # no weights are known

    def weight(self, day: date) -> float:
        return self.weekdays[day.weekday()] * self.months[day.month - 1]

    def weights(self, days: Sequence[date]) -> float:
        return sum(self.weight(day) for day in days)


def _profile(history: Mapping[date, float], until: date, *, spans_months: bool) -> _Profile:
    """Return the weights, based on the metric's own days.

    All weights are equal if there are too few days, or if values aren't positive.
    """
    if not history:
        return _Profile()
    begun = min(history)
    weeks = min(WEEKS, (until - begun).days // 7)
    days = _days(until - 7 * weeks * ONE, until)
    if weeks < FEWEST_WEEKS or (mean := _mean(history, days)) <= 0:
        return _Profile()
    weekdays = tuple(_mean(history, [day for day in days if day.weekday() == place]) / mean for place in range(7))
    if min(weekdays) < 0:
        return _Profile()
    words = f"The target is spread by weekday, based on the last {weeks} weeks."
    months = _month_weights(history, until, begun) if spans_months else None
    if months is None:
        return _Profile(weekdays, words=words, is_even=False)
    words = (
        f"The target is spread by weekday, based on the last {weeks} weeks, and by month, based on the last two years."
    )
    return _Profile(weekdays, months, words, is_even=False)


def _month_weights(history: Mapping[date, float], until: date, begun: date) -> tuple[float, ...] | None:
    """Return each month's daily mean, relative to the mean of its twelve months.

    None without two whole years of data.
    """
    last = until.replace(day=1)  # without the current month
    starts = [_months_before(last, back) for back in range(MONTHS, -1, -1)]
    if starts[0] < begun:
        return None
    means = [_mean(history, _days(start, end)) for start, end in pairwise(starts)]
    indexes = [0.0] * 12
    for year in (slice(0, 12), slice(12, 24)):
        whole = fmean(means[year])
        if whole <= 0 or min(means[year]) < 0:
            return None
        for start, mean in zip(starts[year], means[year], strict=True):
            indexes[start.month - 1] += mean / whole / 2
    return tuple(indexes)


def _share_before(piece: Piece, until: date, profile: _Profile) -> float:
    """Return the share of a part's days that are before `until`, by weight."""
    weights = profile.weights(piece.days)
    if not weights:  # these weekdays never have values, so all days have equal weights
        profile, weights = _Profile(), len(piece.days)
    return profile.weights([day for day in piece.days if day < until]) / weights


# The remaining days


@dataclass(frozen=True, slots=True)
class _Forecast:
    middle: float | None
    low: float | None = None
    high: float | None = None
    words: str = ""


def _forecast(
    value: float, left: Sequence[date], history: Mapping[date, float], profile: _Profile, *, first: date, until: date
) -> _Forecast:
    """Return the value so far plus the expected values of the remaining days."""
    if not left:
        return _Forecast(value, value, value)
    begun = min(history, default=until)
    # If all weights are equal, only days of the target's own period count. Earlier ones may have had another plan.
    days = _days(max(first if profile.is_even else until - LEVEL_DAYS * ONE, begun), until)
    weights = [profile.weight(day) for day in days]
    total, rest = sum(weights), profile.weights(left)
    if not total:
        return _Forecast(None, words="Too few days are over for a forecast.")
    level = sum(history.get(day, 0.0) for day in days) / total
    middle = value + level * rest
    words = f"The forecast continues the last {len(days)} days."
    if len(days) == 1:
        words = "The forecast continues the only day so far."
    off = [
        (history.get(day, 0.0) - level * weight) ** 2 / weight
        for day, weight in zip(days, weights, strict=True)
        if weight
    ]
    if len(days) < FEWEST_DAYS or len(off) < 2:
        return _Forecast(middle, words=f"{words} They are too few for a range.")
    spread = sum(off) / (len(off) - 1)
    variance = spread * (rest + rest**2 / total)
    if not profile.is_even:
        variance += rest**2 * _drift(history, profile, until, begun, spread) * len(left) / LEVEL_DAYS / 3
    reach = student(len(off) - 1) * sqrt(variance)
    return _Forecast(middle, middle - reach, middle + reach, words)


def _drift(history: Mapping[date, float], profile: _Profile, until: date, begun: date, spread: float) -> float:
    """Return the mean squared change in level from one four-week period to the next, without the noise of single days.

    The change is assumed to continue over the remaining days, so a more distant end is less certain.
    """
    levels: list[float] = []
    noise: list[float] = []
    end = until
    while end - LEVEL_DAYS * ONE >= begun and len(levels) < BLOCKS:
        days = _days(end - LEVEL_DAYS * ONE, end)
        weight = profile.weights(days)
        if not weight:
            break
        levels.append(sum(history.get(day, 0.0) for day in days) / weight)
        noise.append(spread / weight)
        end -= LEVEL_DAYS * ONE
    if len(levels) < FEWEST_BLOCKS:
        return 0.0
    steps = fmean((later - before) ** 2 for before, later in pairwise(levels))
    return max(0.0, steps - 2 * fmean(noise))


def _mean(history: Mapping[date, float], days: Sequence[date]) -> float:
    """Return the mean of these days. A missing day counts as 0."""
    return fmean(history.get(day, 0.0) for day in days)


def _days(first: date, end: date) -> list[date]:
    """Return the days from `first` to before `end`."""
    return [first + ONE * place for place in range(max(0, (end - first).days))]


def _months_apart(first: date, last: date) -> bool:
    return (first.year, first.month) != (last.year, last.month)


def _months_before(first: date, count: int) -> date:
    """Return the first day of the month that is `count` months earlier."""
    year, month = divmod(first.year * 12 + first.month - 1 - count, 12)
    return date(year, month + 1, 1)
