"""Usual ranges: the range in which a number is expected, given the days before it.

The expected number combines a robust level with drift and a weekday season, on a log scale for positive numbers. The
width of the range comes from the errors of such expectations for earlier days, so it also suits noisy metrics. Level
and width use medians and means of the middle half, so that single outliers hardly affect them. Days with remarks aren't
used for the width.

`docs/explanation/alerts.md` has the formulas and their sources.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import fmean, median
from typing import Final, Literal

from semantic.alerts.readings import Reading, Readings
from semantic.model.definitions import Granularity

Sensitivity = Literal["low", "normal", "high"]

SPREADS: Final[Mapping[Sensitivity, float]] = {"low": 4.5, "normal": 3.3, "high": 2.7}
"""How many typical errors a number can be away from its expected value."""

TO_SIGMA: Final = 1.4826
"""Multiplied by this, a median absolute deviation is a standard deviation, if errors are normally distributed."""

DAMPED: Final = 0.5
"""The share of a drift that is expected to continue. Expecting all of it would follow noise."""

MOST_ZEROS: Final = 0.05
"""If more than this share of rows isn't positive, amounts are compared by difference instead of ratio."""

LEAST_SPREAD: Final = 0.01
"""The smallest width of a range on the log scale: smaller changes don't matter to people."""

WINDOWS: Final = (3, 7)
"""A day is also judged as part of windows of this many days, which finds changes that are too small or too slow for one
day.
"""

FEWEST_SHARE: Final = 0.5
"""The share of a window's days that must have no remark."""


@dataclass(frozen=True, slots=True)
class _Size:
    """The numbers of rows used for the parts of the estimate.

    The parts are two halves for level and drift, the rows for the season, and the rows whose errors give the width.
    """

    half: int
    season: int  # rows of one season; 1 for none
    season_rows: int
    fewest_fitted: int
    fewest_errors: int
    most_errors: int


_DAYS: Final = _Size(half=28, season=7, season_rows=182, fewest_fitted=28, fewest_errors=28, most_errors=126)
_LONGER: Final = _Size(half=6, season=1, season_rows=0, fewest_fitted=8, fewest_errors=8, most_errors=26)
FEWEST_DAYS: Final = _DAYS.fewest_fitted + _DAYS.fewest_errors
FEWEST_MONTHS: Final = 6
"""How many consecutive months the range of a month needs, after the first eight weeks."""
FEWEST_PERIODS: Final = _LONGER.fewest_fitted + _LONGER.fewest_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualRange:
    """The range of one number. `deviation` is the number's signed distance from the expected value, in typical errors.

    `days` is the number of days covered. Of these, `left_out` weren't compared, because they have a remark.
    """

    value: float
    expected: float
    low: float
    high: float
    deviation: float
    days: int = 1
    left_out: int = 0

    @property
    def side(self) -> Literal["above", "below", ""]:
        return "above" if self.value > self.high else "below" if self.value < self.low else ""

    @property
    def is_clear(self) -> bool:
        """Whether the number is well within the range, not in the outer tenth on either side."""
        return self.low + 0.1 * (self.high - self.low) <= self.value <= self.high - 0.1 * (self.high - self.low)


@dataclass(frozen=True, slots=True)
class NoRange:
    """Why there is no range, as a sentence."""

    why: str


NOT_ENOUGH: Final = NoRange("Not enough history to know what is usual.")
REMARKED: Final = NoRange("A remark explains this day, so it isn't compared.")


@dataclass(frozen=True, slots=True)
class _Fit:
    """The expected values of the rows from `origin` on.

    They combine a level, centred on the newest half of the earlier rows, with a drift and a season.
    """

    origin: int
    half: int
    level: float
    drift: float
    season: Mapping[int, float]
    period: int

    def at(self, place: int) -> float:
        ahead = place - self.origin + (self.half + 1) / 2
        return self.level + self.drift * ahead + self.season.get(place % self.period, 0.0)


@dataclass
class Usual:
    """The usual ranges for a metric's readings, computed when needed. `remarked` has the days with a remark."""

    readings: Readings
    remarked: frozenset[date] = frozenset()
    _rows: dict[int, Reading] = field(init=False, repr=False)
    _scaled: dict[int, float] = field(init=False, repr=False)
    _fits: dict[int, _Fit | None] = field(init=False, repr=False, default_factory=dict[int, "_Fit | None"])
    _swings: dict[int, float | None] = field(init=False, repr=False, default_factory=dict[int, "float | None"])
    _errors: dict[tuple[int, int], float | None] = field(
        init=False, repr=False, default_factory=dict[tuple[int, int], "float | None"]
    )

    def __post_init__(self) -> None:
        readings = self.readings
        rows = {self._place(first): one for first, one in readings.by_first.items()}
        if readings.is_summed and rows:  # a day without rows is a day of 0
            nothing = Reading(0.0, 0.0 if readings.is_ratio else None)
            rows = {place: rows.get(place, nothing) for place in range(min(rows), self._place(readings.known_to))}
        self._rows = rows
        left_out = {self._place(day) for day in self.remarked}
        values = {place: one.value for place, one in rows.items() if place not in left_out and one.is_enough}
        known = {place: value for place, value in values.items() if value is not None and math.isfinite(value)}
        few = sum(value <= 0 for value in known.values()) <= MOST_ZEROS * len(known)
        self.is_log = few and bool(known)
        self._left_out = left_out
        if self.is_log:
            self._scaled = {place: math.log(value) for place, value in known.items() if value > 0}
        else:
            self._scaled = known
        self._size = _DAYS if readings.rows is Granularity.DAY else _LONGER

    def range(
        self, first: date, end: date, *, sensitivity: Sensitivity = "normal", since: date | None = None,
        whole: bool = False,
    ) -> UsualRange | NoRange:  # fmt: skip
        """Return the usual range for the days [first, end), whose rows must all be known.

        The range is estimated from the days before `since`, or by default from those before `first`. With `whole`, days
        with a remark are compared too.
        """
        start, until = self._place(first), self._place(end)
        origin = min(self._place(since or first), self._place(self.readings.open_from))
        places = self._compared(range(start, until), with_remarked=whole)
        if not places:
            return REMARKED if any(place in self._left_out for place in range(start, until)) else NOT_ENOUGH
        if until - start > 1 and len(places) <= FEWEST_SHARE * (until - start):
            return REMARKED
        fit = self._fit(origin)
        errors = self._errors_before(origin, until - start)
        if fit is None or errors is None:
            return NOT_ENOUGH
        return self._range(places, until - start, fit, errors, SPREADS[sensitivity])

    def day(self, first: date, *, sensitivity: Sensitivity = "normal", whole: bool = False) -> UsualRange | NoRange:
        """Return the usual range for a day.

        If the day itself is within its range, but the few days that end with it aren't, returns the range for those
        days.
        """
        end = first + timedelta(days=1)
        alone = self.range(first, end, sensitivity=sensitivity, whole=whole)
        if not self.readings.is_summed or not isinstance(alone, UsualRange) or alone.side:
            return alone
        for days in WINDOWS:
            together = self.range(end - timedelta(days=days), end, sensitivity=sensitivity, whole=whole)
            if isinstance(together, UsualRange) and together.side and alone.deviation * together.deviation > 0:
                return together
        return alone

    def share(self, other: Usual) -> None:
        """Reuse another object's cached results. Its readings must include the ones of this object."""
        if other.is_log == self.is_log:
            self._rows, self._scaled, self._left_out = other._rows, other._scaled, other._left_out
            self._fits, self._errors, self._swings = other._fits, other._errors, other._swings

    # Rows

    def _place(self, first: date) -> int:
        match self.readings.rows:
            case Granularity.MONTH:
                return first.year * 12 + first.month
            case Granularity.WEEK:
                return (first.toordinal() - self.readings.calendar.week_offset - 1) // 7
            case _:
                return first.toordinal()

    def _compared(self, places: Iterable[int], *, with_remarked: bool = False) -> list[int]:
        return [
            place
            for place in places
            if (with_remarked or place not in self._left_out)
            and (row := self._rows.get(place)) is not None
            and row.value is not None
        ]

    # Expectations

    def _fit(self, origin: int) -> _Fit | None:
        if origin not in self._fits:
            self._fits[origin] = self._fitted(origin)
        return self._fits[origin]

    def _fitted(self, origin: int) -> _Fit | None:
        size, scaled = self._size, self._scaled
        season = self._season(origin)
        halves = [
            [scaled[place] - season.get(place % size.season, 0.0) for place in range(start, start + size.half)
             if place in scaled]
            for start in (origin - 2 * size.half, origin - size.half)
        ]  # fmt: skip
        older, newer = halves
        if len(older) + len(newer) < size.fewest_fitted // 2 + 1 or len(newer) < size.half // 2:
            return None
        if self._begun() > origin - size.fewest_fitted:
            return None
        level = _middle(newer)
        drift = DAMPED * (level - _middle(older)) / size.half if len(older) >= size.half // 2 else 0.0
        return _Fit(origin, size.half, level, drift, season, size.season)

    def _begun(self) -> int:
        return min(self._scaled, default=math.inf)  # pyright: ignore[reportReturnType]

    def _season(self, origin: int) -> Mapping[int, float]:
        """Return how far each weekday usually is from its week's average."""
        period = self._size.season
        if period == 1:
            return {}
        apart: dict[int, list[float]] = {}
        for place in range(origin - self._size.season_rows, origin - period // 2):
            if (from_week := self._from_week(place, period)) is not None:
                apart.setdefault(place % period, []).append(from_week)
        if len(apart) < period or min(map(len, apart.values())) < 2:
            return {}
        effects = {weekday: _middle(values) for weekday, values in apart.items()}
        mean = fmean(effects.values())
        return {weekday: effect - mean for weekday, effect in effects.items()}

    def _from_week(self, place: int, period: int) -> float | None:
        """Return how far a row is from the mean of the season around it, or None if a row in that season is missing."""
        if place not in self._swings:
            scaled, reach = self._scaled, period // 2
            around = [scaled[other] for other in range(place - reach, place + reach + 1) if other in scaled]
            self._swings[place] = scaled[place] - fmean(around) if len(around) == period else None
        return self._swings[place]

    # Errors

    def _errors_before(self, origin: int, length: int) -> Sequence[float] | None:
        """Return the errors of expectations for the newest windows of this length that ended before `origin`."""
        size = self._size
        fewest, most = size.fewest_errors, size.most_errors
        if length > max(WINDOWS):  # such as months, which overlap: six that don't are needed
            fewest, most = max(fewest, FEWEST_MONTHS * length), max(most, 2 * FEWEST_MONTHS * length)
        starts = range(origin - length, origin - length - most, -1)
        errors = [error for start in starts if (error := self._error(start, length)) is not None]
        return errors if len(errors) >= fewest else None

    def _error(self, start: int, length: int) -> float | None:
        if (start, length) not in self._errors:
            fit, places = self._fit(start), self._compared(range(start, start + length))
            is_whole = fit is not None and len(places) == length
            self._errors[start, length] = self._apart(places, fit) if is_whole and fit is not None else None
        return self._errors[start, length]

    def _apart(self, places: Sequence[int], fit: _Fit) -> float | None:
        """Return the difference between actual and expected value, on the range's scale.

        Returns None if the scale is logarithmic and a value has no logarithm.
        """
        value, expected = self._totals(places, fit)
        if not self.is_log:
            return (value - expected) / (1 if self.readings.is_ratio else len(places))
        return math.log(value / expected) if value > 0 and expected > 0 else None

    def _totals(self, places: Sequence[int], fit: _Fit) -> tuple[float, float]:
        """Return the actual and the expected total of the given rows.

        A ratio's total is the sum of its numerators divided by the sum of its denominators.
        """
        rows = [self._rows[place] for place in places]
        expected = [math.exp(fit.at(place)) if self.is_log else fit.at(place) for place in places]
        if not self.readings.is_ratio or rows[0].bottom is None:
            return sum(row.top for row in rows), sum(expected)
        below = sum(row.bottom or 0.0 for row in rows)
        weighted = sum(one * (row.bottom or 0.0) for one, row in zip(expected, rows, strict=True))
        return sum(row.top for row in rows) / below, weighted / below

    def _range(
        self, places: Sequence[int], length: int, fit: _Fit, errors: Sequence[float], spreads: float
    ) -> UsualRange:
        value, expected = self._totals(places, fit)
        off, spread = centre_and_spread(errors)
        spread *= 1 + 2 * length / len(errors)
        count = 1 if self.readings.is_ratio else len(places)
        if self.is_log:
            spread = max(spread, LEAST_SPREAD)
            if self.readings.is_count and expected > 0:
                spread = max(spread, 1 / math.sqrt(expected))
            spread = max(spread, self._by_chance(places, expected) / expected)
            low, high = (expected * math.exp(off + sign * spreads * spread) for sign in (-1, 1))
            middle = expected * math.exp(off)
            deviation = (math.log(value / middle) if value > 0 else -math.inf) / spread
        else:
            least = math.sqrt(max(expected, 1.0)) / count if self.readings.is_count else 0.0
            spread = max(spread, least, self._by_chance(places, expected), 1e-12)
            middle = expected + count * off
            low, high = (middle + sign * spreads * spread * count for sign in (-1, 1))
            deviation = (value - middle) / (spread * count)
        left_out = length - len(places)
        return UsualRange(
            value=value, expected=middle, low=low, high=high, deviation=deviation, days=length, left_out=left_out
        )

    def _by_chance(self, places: Sequence[int], expected: float) -> float:
        """Return the standard deviation that chance alone gives a share of this many items, or 0 for other numbers."""
        if not self.readings.is_share or not 0 < expected < 1:
            return 0.0
        things = sum(self._rows[place].bottom or 0.0 for place in places)
        return math.sqrt(expected * (1 - expected) / things) if things > 0 else 0.0


def centre_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """Return the median, and the median distance from the median as a standard deviation (Hampel, 1974).

    >>> centre_and_spread([1.0, 2.0, 3.0, 4.0, 100.0])
    (3.0, 1.4826)
    """
    centre = median(values)
    return centre, TO_SIGMA * median([abs(value - centre) for value in values])


def _middle(values: Sequence[float]) -> float:
    """Return the mean of the values' middle half.

    Up to a quarter of the values on each side can be extreme without affecting the mean much.
    """
    cut, ordered = len(values) // 4, sorted(values)
    return fmean(ordered[cut : len(ordered) - cut])
