"""Find the unusual days of a period. Days that aren't loaded or final yet are left out.

All unusual days with the same cause are one finding.

The usual range is the same as in alerts (semantic/alerts/usual.py). These rules are added:

    runs            neighbouring days that are off to the same side are one finding
    new levels      a change that lasts two weeks is a new level, and the days after it aren't listed one by one
    season          a peak that both earlier years had around the same day is expected
    causes          a member that is unusual itself and makes up half of the difference explains it
    many looks      the generalized ESD test says which findings stand out among all days of the period
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from statistics import median
from typing import Final, Literal

from semantic.alerts.readings import Readings
from semantic.alerts.usual import FEWEST_DAYS, SPREADS, NoRange, Sensitivity, Usual, UsualRange
from semantic.analyses.analysis import Analysis, Finding
from semantic.analyses.unusual.esd import CHANCE, outliers

ONE: Final = timedelta(days=1)
GAP: Final = 2
"""The most normal days between two unusual days of the same finding."""

LEVEL_DAYS, FEWEST_LEVEL_DAYS, LASTING = 28, 14, 0.75
"""The number of days after a change that are searched for a new level, the fewest days that a new level needs, and the
share of them that must be on the same side.
"""

YEAR, AROUND = 364, 3
"""The days from one year to the next, and the most days by which a seasonal peak can be earlier or later."""

EXPLAINS: Final = 0.5
"""The smallest share of the difference with which a member explains it."""

FEWEST_COUNTED: Final = 5.0
"""A member with a count below this per day isn't judged separately."""

Side = Literal["above", "below"]


class Conclusion(StrEnum):
    """The possible conclusions of a search for unusual days."""

    UNUSUAL = "unusual"
    USUAL = "usual"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyInput:
    """A metric's readings by day, and the days [first, end) to search.

    `remarked` has the days with a remark, which are ignored for the usual range. `members` has the readings of a
    breakdown's members.
    """

    readings: Readings
    first: date
    end: date
    remarked: frozenset[date] = frozenset()
    members: Mapping[Hashable, Readings] = field(default_factory=dict[Hashable, Readings])
    sensitivity: Sensitivity = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDay:
    """One day with its number and its expected range.

    The range is None if the day wasn't judged. `side` is "" if the number is within the range.
    """

    day: date
    value: float | None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    side: Literal["above", "below", ""] = ""
    is_known: bool = True
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """A member's contribution to a difference, in the metric's unit, with whether that member was unusual itself."""

    member: Hashable
    difference: float
    is_unusual: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """Unusual days, from `first` to `last`. `found` is their combined number with its range.

    `peak` is the day that is furthest outside its range. If `is_level`, the days are a new level, and `found` has the
    medians of its first weeks. `stands_out` is whether at least one of the days is an outlier among all days of the
    period. `parts` has the members' contributions, largest first. `of` lists the members that had the anomaly, or is
    empty if the whole number had it.
    """

    first: date
    last: date
    side: Side
    found: UsualRange
    peak: date
    days: int
    is_level: bool = False
    stands_out: bool = False
    parts: tuple[Part, ...] = ()
    of: tuple[Hashable, ...] = ()

    @property
    def difference(self) -> float:
        return self.found.value - self.found.expected

    @property
    def cause(self) -> Part | None:
        """The member that explains the anomaly, or None.

        It was unusual itself, and makes up at least half of the difference.
        """
        first = next(iter(self.parts), None)
        if first is None or not first.is_unusual or first.difference * self.difference <= 0:
            return None
        return first if abs(first.difference) >= EXPLAINS * abs(self.difference) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyResult:
    """The complete result of the search. `anomalies` are in chronological order.

    `seasonal` are the anomalies that both earlier years had too. `judged` is the number of days with a range, `open`
    the number of days that aren't final, and `missing` the number of days that aren't loaded. `years` is the number of
    whole years of history before the period (the season needs two), and `weeks` the number of weeks.
    """

    days: tuple[JudgedDay, ...]
    anomalies: tuple[Anomaly, ...]
    seasonal: tuple[Anomaly, ...]
    judged: int
    open: int
    missing: int
    years: int
    weeks: int


def find(given: AnomalyInput) -> Finding[AnomalyResult]:
    """Return the unusual days.

    The figures are the number of anomalies, of judged days, and of days that aren't final in the period.
    """
    search = _Search(given.readings, given)
    days = [search.day(given.first + ONE * place) for place in range((given.end - given.first).days)]
    found = search.anomalies()
    seasonal = [each for each in found if search.is_seasonal(each)]
    found = [each for each in found if each not in seasonal]
    members = {name: _Search(readings, given) for name, readings in given.members.items()}
    found = [replace(each, parts=_parts(each, members, given)) for each in found]
    found += _of_members(members, [*found, *seasonal], given)
    found.sort(key=lambda each: (each.first, each.last))
    judged = sum(day.low is not None for day in days)
    begun = given.readings.begun
    past = max(0, (given.first - begun).days) if begun is not None else 0
    detail = AnomalyResult(
        days=tuple(days), anomalies=tuple(found), seasonal=tuple(seasonal), judged=judged,
        open=sum(day.is_known and not day.is_final for day in days), missing=sum(not day.is_known for day in days),
        years=max(0, past - FEWEST_DAYS - AROUND) // YEAR, weeks=past // 7,
    )  # fmt: skip
    conclusion = Conclusion.UNUSUAL if found else Conclusion.USUAL if judged else Conclusion.NOT_JUDGED
    figures = {"unusual": float(len(found)), "judged": float(judged), "open": float(detail.open)}
    return Finding(conclusion=conclusion, reason=_reason(detail), figures=figures, detail=detail)


ANOMALIES = Analysis(
    name="anomalies", question="Which days were unusual?", given=AnomalyInput, conclusions=Conclusion, find=find
)


def _reason(found: AnomalyResult) -> str:
    if found.judged:
        return f"Each of {found.judged} days was compared with what the days before it suggest."
    if found.weeks * 7 < FEWEST_DAYS:
        return f"Unusual days need {FEWEST_DAYS // 7} weeks of data before the period; there are {found.weeks}."
    return "No day could be compared, because each is either not final yet or has too little data."


class _Search:
    """Searches one series of days, which is the whole number or one member."""

    def __init__(self, readings: Readings, given: AnomalyInput) -> None:
        self.readings, self.given = readings, given
        self.usual = Usual(readings, given.remarked)
        self._alone: dict[date, UsualRange | None] = {}
        self.until = min(given.end, readings.open_from, readings.known_to)

    def day(self, day: date) -> JudgedDay:
        readings = self.readings
        is_known, is_final = day < readings.known_to, day < readings.open_from
        reading = readings.over(day, day + ONE) if is_known else None
        value = reading.value if reading is not None else None
        alone = self.alone(day) if is_final and is_known else None
        if alone is None:
            return JudgedDay(day=day, value=value, is_known=is_known, is_final=is_final)
        return JudgedDay(
            day=day, value=value, expected=alone.expected, low=alone.low, high=alone.high, side=alone.side
        )  # fmt: skip

    def alone(self, day: date) -> UsualRange | None:
        """Return the range of a single day. None if the day can't be judged or has too little data."""
        if day not in self._alone:
            self._alone[day] = self.over(day, day)
        return self._alone[day]

    def over(self, first: date, last: date, since: date | None = None) -> UsualRange | None:
        """Return the combined range of several days, expected from the days before `since`.

        None if they can't be judged.
        """
        reading = self.readings.over(first, last + ONE)
        if reading is None or not reading.is_enough:
            return None
        found = self.usual.range(
            first, last + ONE, sensitivity=self.given.sensitivity, since=since or first, whole=True
        )  # fmt: skip
        return None if isinstance(found, NoRange) else found

    def anomalies(self) -> list[Anomaly]:
        runs = self._runs()
        found: list[Anomaly] = []
        until: date | None = None  # the end of the days that a new level explains
        for first, last, side, hits in runs:
            if until is not None and first < until and self._is_on(first, found[-1]):
                continue
            if self._is_back(hits, side, found):
                continue
            level = self._level(first, side)
            if level is not None:
                found.append(level)
                until = first + ONE * LEVEL_DAYS
                continue
            peak = max(hits, key=lambda day, side=side: self._distance(day, side))
            together = self.over(first, last)
            own = together if together is not None and together.side == side else self.alone(peak)
            if own is not None:
                days = (last - first).days + 1
                found.append(Anomaly(first=first, last=last, side=side, found=own, peak=peak, days=days))
        return self._standing_out(found)

    def _runs(self) -> list[tuple[date, date, Side, list[date]]]:
        """Return runs of unusual days on the same side of their range, as (first, last, side, unusual days).

        A run can contain small gaps.
        """
        runs: list[tuple[date, date, Side, list[date]]] = []
        for first, last, side in self._hits():
            if runs and runs[-1][2] == side and (first - runs[-1][1]).days <= GAP + 1:
                start, end, _, hits = runs[-1]
                runs[-1] = (min(start, first), max(end, last), side, [*hits, last])
            else:
                runs.append((first, last, side, [last]))
        return runs

    def _hits(self) -> list[tuple[date, date, Side]]:
        """Return the unusual days in chronological order. Several days can be unusual only together."""
        alone: dict[date, Side] = {}
        together: list[tuple[date, date, Side]] = []
        for place in range((self.until - self.given.first).days):
            day = self.given.first + ONE * place
            if self.alone(day) is None:
                continue
            found = self.usual.day(day, sensitivity=self.given.sensitivity, whole=True)
            if isinstance(found, NoRange) or not found.side:
                continue
            if found.days == 1:
                alone[day] = found.side
            else:
                together.append((day - ONE * (found.days - 1), day, found.side))
        hits: list[tuple[date, date, Side]] = [(day, day, side) for day, side in alone.items()]
        for first, last, side in together:  # after one unusual day, the following days look unusual together
            days = [first + ONE * place for place in range((last - first).days + 1)]
            if not any(day in alone for day in days) and first >= self.given.first:
                hits.append((first, last, side))
        return sorted(hits, key=lambda hit: hit[1])

    def _distance(self, day: date, side: str) -> float:
        found = self.alone(day)
        return 0.0 if found is None else found.deviation if side == "above" else -found.deviation

    # New levels

    def _level(self, first: date, side: Side) -> Anomaly | None:
        """Return the new level that begins on `first`, or None.

        Most days since `first`, and most days of the last week, must be on the same side of the range that was expected
        before.
        """
        last = min(first + ONE * LEVEL_DAYS, self.until) - ONE
        days = [first + ONE * place for place in range((last - first).days + 1)]
        if len(days) < FEWEST_LEVEL_DAYS:
            return None
        sign, half = 1 if side == "above" else -1, SPREADS[self.given.sensitivity] / 2
        ranges = [self.over(day, day, first) for day in days]
        off = [sign * each.deviation > half if each is not None else False for each in ranges]
        if sum(off) < LASTING * len(off) or sum(off[-7:]) < LASTING * 7:
            return None
        peak = max(zip(days, ranges, strict=True), key=lambda pair: sign * pair[1].deviation if pair[1] else 0.0)[0]
        known = [each for each in ranges if each is not None]
        mean = UsualRange(
            value=median(each.value for each in known), expected=median(each.expected for each in known),
            low=median(each.low for each in known), high=median(each.high for each in known),
            deviation=median(each.deviation for each in known),
        )  # fmt: skip
        return Anomaly(
            first=first, last=self.until - ONE, side=side, found=mean, peak=peak, days=len(days), is_level=True,
            stands_out=True,
        )  # fmt: skip

    def _is_back(self, hits: Sequence[date], side: Side, found: Sequence[Anomaly]) -> bool:
        """Whether days look unusual only because unusual days precede them.

        They are within the range that was expected before the unusual days.
        """
        origin = hits[0]
        for each in reversed(found):
            last = each.first if each.is_level else each.last
            if (origin - last).days <= LEVEL_DAYS and (hits[0] - each.first).days <= 2 * LEVEL_DAYS:
                origin = min(origin, each.first)
        if origin == hits[0]:
            return False
        ranges = [self.over(day, day, origin) for day in hits]
        return 2 * sum(each is not None and each.side == side for each in ranges) <= len(hits)

    def _is_on(self, day: date, level: Anomaly) -> bool:
        """Whether a day is still at a new level.

        It's on the same side of the range that was expected before the level began.
        """
        found = self.over(day, day, level.first)
        return found is not None and (found.deviation > 0) == (level.side == "above")

    # Many looks, and the season of the year

    def _standing_out(self, found: Sequence[Anomaly], chance: float = CHANCE) -> list[Anomaly]:
        """Return the anomalies with `stands_out` set.

        It's true if at least one of the days is an outlier among all days of the period.
        """
        lasting = [each for each in found if each.is_level]
        every = [self.given.first + ONE * place for place in range((self.until - self.given.first).days)]
        days = [day for day in every if not any(each.first <= day for each in lasting) and self.alone(day) is not None]
        values = [each.deviation for day in days if (each := self.alone(day)) is not None]
        limited = [max(-50.0, min(50.0, value)) for value in values]
        out = {days[place] for place in outliers(limited, max(2, len(days) // 5), chance=chance)}
        return [
            replace(each, stands_out=each.is_level or any(each.first <= day <= each.last for day in out))
            for each in found
        ]

    def standing_out(self, chance: float) -> list[Anomaly]:
        return [each for each in self._standing_out(self.anomalies(), chance) if each.stands_out]

    def is_seasonal(self, anomaly: Anomaly) -> bool:
        """Whether both earlier years deviated at least as much around the day of the peak."""
        now = self.alone(anomaly.peak)
        if anomaly.is_level or now is None:
            return False
        before = [self._year_before(anomaly.peak, years, anomaly.side) for years in (1, 2)]
        if any(each is None for each in before):
            return False
        shifts = [self._shift(each) for each in before if each is not None]
        if anomaly.side == "above":
            return now.value <= (now.high * max(shifts) if self.usual.is_log else now.high + max(shifts))
        return now.value >= (now.low * min(shifts) if self.usual.is_log else now.low + min(shifts))

    def _year_before(self, day: date, years: int, side: Side) -> UsualRange | None:
        """Return the range of the most unusual day around this one in an earlier year, or None.

        Only days on the same side of their range count.
        """
        around = [day - ONE * (YEAR * years + shift) for shift in range(-AROUND, AROUND + 1)]
        found = [each for each in map(self.alone, around) if each is not None and each.side == side]
        return max(found, key=lambda each: abs(each.deviation), default=None)

    def _shift(self, found: UsualRange) -> float:
        """Return how far a number is from the expected number.

        It's a factor if the metric is on a logarithmic scale, otherwise a difference.
        """
        return found.value / found.expected if self.usual.is_log else found.value - found.expected


# Causes


def _parts(anomaly: Anomaly, members: Mapping[Hashable, _Search], given: AnomalyInput) -> tuple[Part, ...]:
    """Return the contribution of each member to the difference.

    The largest contributions in the direction of the anomaly come first.
    """
    first, last = (anomaly.first, anomaly.last) if anomaly.found.days > 1 else (anomaly.peak, anomaly.peak)
    if anomaly.is_level:
        last = min(anomaly.first + ONE * LEVEL_DAYS, last + ONE) - ONE
        first = anomaly.first
    whole = given.readings.over(first, last + ONE)
    parts: list[Part] = []
    days = (last - first).days + 1 if anomaly.is_level and not given.readings.is_ratio else 1
    for member, search in members.items():
        found = search.over(first, last, first)
        reading = search.readings.over(first, last + ONE)
        if found is None or reading is None or whole is None:
            continue
        difference = found.value - found.expected
        if given.readings.is_ratio:  # what the member's own ratio adds to the whole one
            difference = difference * (reading.bottom or 0.0) / whole.bottom if whole.bottom else 0.0
        parts.append(Part(member, difference / days, found.side == anomaly.side))
    sign = 1 if anomaly.side == "above" else -1
    return tuple(sorted(parts, key=lambda part: (-sign * part.difference, str(part.member))))


def _of_members(members: Mapping[Hashable, _Search], found: Sequence[Anomaly], given: AnomalyInput) -> list[Anomaly]:
    """Return the anomalies that only single members have, and not the whole number.

    Anomalies at the same time are combined into one.
    """
    own: list[tuple[Hashable, Anomaly]] = []
    for member, search in members.items():
        if not _is_large_enough(search):
            continue
        for each in search.standing_out(CHANCE / len(members)):
            if not any(_have_one_cause(each, other) for other in found) and not search.is_seasonal(each):
                own.append((member, each))
    groups: list[list[tuple[Hashable, Anomaly]]] = []
    for member, each in sorted(own, key=lambda pair: (-abs(pair[1].difference), str(pair[0]))):
        group = next((group for group in groups if _have_one_cause(group[0][1], each)), None)
        if group is None:
            groups.append([(member, each)])
        else:
            group.append((member, each))
    return [replace(group[0][1], of=tuple(dict.fromkeys(member for member, _ in group))) for group in groups]


def _have_one_cause(one: Anomaly, other: Anomaly) -> bool:
    """Whether two anomalies are on the same side at about the same time.

    They are then assumed to have the same cause.
    """
    if one.side != other.side:
        return False
    ends = [each.first + ONE * (LEVEL_DAYS - 1) if each.is_level else each.last for each in (one, other)]
    return one.first <= ends[1] + ONE * GAP and other.first <= ends[0] + ONE * GAP


def _is_large_enough(search: _Search) -> bool:
    if not search.readings.is_count:
        return True
    values = [each.top for each in search.readings.by_first.values()]
    return bool(values) and median(values) >= FEWEST_COUNTED
