"""Find metrics that moved out of their usual range.

The latest final week is compared with up to 12 weeks before it.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, stdev
from typing import Literal

from semantic.display.change import Verdict, change_between, change_text, judge_change, verdict
from semantic.display.evidence import evidence
from semantic.display.format import listed, writer
from semantic.display.rows import main_values
from semantic.model.definitions import NumberFormat
from semantic.query.describe import describe_day
from semantic.results.change import Moved, Movement
from semantic.results.finality import first_open, known_to
from semantic.results.result import Result, ResultColumn

BEFORE, FEWEST = 12, 8  # weeks compared with; at least this many must have a value
SPREADS = 2.0  # standard deviations from the mean that are unusual
SIMILAR = 0.75  # of two changes, the smaller is at least this share of the larger
NAMED = 2  # metrics that a line about several names
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class WeekValues:
    """A metric's value in its latest final week, and its values in the earlier weeks with enough data."""

    column: ResultColumn
    week: date
    value: float
    weeks_before: tuple[date, ...]
    before: tuple[float, ...]  # in those weeks
    is_newest: bool  # no later week of the answer can still change

    @property
    def mean(self) -> float:
        """The mean of the earlier weeks."""
        return fmean(self.before)

    @property
    def spreads(self) -> float:
        """The distance of the week from the mean, in standard deviations. Infinite if all earlier weeks were equal."""
        spread = stdev(self.before)
        return abs(self.value - self.mean) / spread if spread else math.inf

    @property
    def is_notable(self) -> bool:
        """Whether the week is outside the range of all earlier weeks, and far enough from their mean to matter."""
        is_outside = not min(self.before) <= self.value <= max(self.before) and self.spreads >= SPREADS
        return is_outside and judge_change(self.value, self.mean, self.column).moved is not Moved.SAME

    @property
    def relative(self) -> float:
        """The change relative to the mean of the earlier weeks, even for shares. Infinite if that mean is 0."""
        return (self.value - self.mean) / abs(self.mean) if self.mean else math.inf

    @property
    def verdict(self) -> Verdict:
        change = judge_change(self.value, self.mean, self.column).moved
        return verdict(self.value, self.mean, self.column, Movement(change, self.is_notable))

    @property
    def side(self) -> Literal["above", "below"]:
        return "above" if self.value > max(self.before) else "below"

    @property
    def when(self) -> str:
        return f"in the week of {describe_day(self.week)}"

    @property
    def change(self) -> str:
        """The change from the mean of the earlier weeks: "+13.5%"."""
        return change_text(change_between(self.value, self.mean, self.column), self.column)

    @property
    def sentence(self) -> str:
        """The change as a sentence with numbers. It doesn't name a cause."""
        write = writer(self.column, (self.value, *self.before))
        low, high, mean = write(min(self.before)), write(max(self.before)), write(self.mean)
        is_shown = self.column.format in (NumberFormat.MONEY, NumberFormat.SHARE)
        unit = f" {self.column.unit}" if self.column.unit and not is_shown else ""
        later = "" if self.is_newest else " Later weeks can still change."
        return (
            f"{write(self.value)}{unit} {self.when}, {self.side} all of the "
            f"{len(self.before)} weeks before, which ranged from {low} to {high}. Their mean is {mean}.{later}"
        )


@dataclass(frozen=True, slots=True)
class Move:
    """Metrics that moved together and share a line. The line names the metric `first`."""

    first: WeekValues
    others: tuple[WeekValues, ...] = ()

    @property
    def every(self) -> tuple[WeekValues, ...]:
        return (self.first, *self.others)

    @property
    def title(self) -> str:
        """The title of the line: `Sessions, Visitors and 2 more`."""
        labels = [each_judged.column.label for each_judged in self.every]
        more = len(labels) - NAMED
        return listed(labels) if more < 1 else f"{', '.join(labels[:NAMED])} and {more} more"

    @property
    def change(self) -> str:
        """The change or, for several metrics, the smallest and the largest change: `+50.0% to +53.4%`."""
        ends = sorted(self.every, key=lambda each_judged: abs(each_judged.relative))
        smallest, largest = ends[0].change, ends[-1].change
        return smallest if smallest == largest else f"{smallest} to {largest}"

    @property
    def verdict(self) -> Verdict:
        """Whether the move is better or worse. "" if the metrics differ."""
        verdicts: set[Verdict] = {each_judged.verdict for each_judged in self.every}
        return verdicts.pop() if len(verdicts) == 1 else ""


def moves(notable: Iterable[tuple[WeekValues, Hashable]]) -> list[Move]:
    """Return the moves. Metrics that moved together share one, in the order of their first metrics.

    Metrics moved together if they count the same rows and changed in the same week, in the same direction and by a
    similar amount. `notable` has a key for the rows that each metric counts. Changes of shares are in percentage
    points, so they aren't combined with others.
    """
    groups: list[tuple[Hashable, list[WeekValues]]] = []
    for each_judged, rows in notable:
        for other_rows, group in groups:
            if other_rows == rows and _moved_together(group[0], each_judged):
                group.append(each_judged)
                break
        else:
            groups.append((rows, [each_judged]))
    return [Move(group[0], tuple(group[1:])) for _, group in groups]


def _moved_together(one: WeekValues, other: WeekValues) -> bool:
    same = one.week == other.week and one.side == other.side
    share = NumberFormat.SHARE
    if not same or (one.column.format is share) != (other.column.format is share):
        return False
    small, large = sorted((abs(one.relative), abs(other.relative)))
    return math.isfinite(large) and small >= SIMILAR * large


def judged(result: Result) -> list[WeekValues]:
    """Return the metrics of a weekly result that can be judged.

    `result` must be broken down by week only, and end with a complete week. If the data doesn't extend to that end, or
    its extent isn't known, no metric can be judged, because partly loaded data must never look like a drop. A week that
    can still change isn't compared with final weeks, so a metric that becomes final later is judged by an earlier week.
    Weeks with too little data are ignored.
    """
    end = result.period.whole_end
    if len(result.keys) != 1 or end is None or result.data_to is None or known_to(result) < end:
        return []
    return [judged for column in main_values(result) for judged in _judged(column, result, end)]


def notable(result: Result) -> list[WeekValues]:
    """Return the judged metrics that changed notably, most unusual first."""
    return sorted(
        (each_judged for each_judged in judged(result) if each_judged.is_notable),
        key=lambda each_judged: -each_judged.spreads,
    )


def _judged(column: ResultColumn, result: Result, end: date) -> Iterator[WeekValues]:
    if any(cohort.rule.by == "cohort" and cohort.rule.window is None for cohort in column.timing.cohorts):
        return  # these numbers are never final, and the latest ones are the least complete
    final_to = min(end, first_open(column, result) or end)
    over = -(-(end - final_to).days // 7)  # whole weeks that contain a day that isn't final
    last = end - (over + 1) * _WEEK
    weeks: list[date | None] = result.table.column(result.keys[0].name).to_pylist()
    known = {
        week: float(value)
        for week, value in zip(weeks, _relied_on(column, result), strict=True)
        if week is not None and value is not None and math.isfinite(value)
    }
    earlier = tuple(week for back in range(BEFORE, 0, -1) if (week := last - back * _WEEK) in known)
    if last in known and len(earlier) >= FEWEST:
        yield WeekValues(column, last, known[last], earlier, tuple(known[week] for week in earlier), over == 0)


def _relied_on(column: ResultColumn, result: Result) -> list[float | None]:
    """Return a metric's values. Values with less data than the metric requires are None."""
    values: list[float | None] = result.table.column(column.name).to_pylist()
    behind = evidence(result).get(column.name)
    if behind is None:
        return values
    return [
        value if each_evidence is None or each_evidence.is_enough else None
        for value, each_evidence in zip(values, behind, strict=True)
    ]
