"""Which metrics moved out of their usual range in the last complete week: the week against the twelve before it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, stdev
from typing import Literal

from semantic.display.change import Verdict, change_between, change_text, verdict
from semantic.display.evidence import evidence
from semantic.display.format import writer
from semantic.display.rows import main_values
from semantic.model.definitions import NumberFormat
from semantic.query.describe import describe_day
from semantic.result import Result, ResultColumn

BEFORE, FEWEST = 12, 8  # weeks compared with; at least as many must have a value
SPREADS = 2.0  # standard deviations from the mean that are unusual


@dataclass(frozen=True, slots=True)
class Notable:
    """A metric whose last complete week lies outside everything of the weeks before, and far from their mean."""

    column: ResultColumn
    week: date
    value: float
    before: tuple[float, ...]
    spreads: float  # standard deviations from the mean; infinite where the weeks before were all the same
    verdict: Verdict

    @property
    def side(self) -> Literal["above", "below"]:
        return "above" if self.value > max(self.before) else "below"

    @property
    def change(self) -> str:
        """The change from the mean of the weeks before: "+13.5%"."""
        return change_text(change_between(self.value, fmean(self.before), self.column), self.column)

    @property
    def sentence(self) -> str:
        """What is so, with its numbers: no cause is claimed."""
        write = writer(self.column, (self.value, *self.before))
        low, high, mean = write(min(self.before)), write(max(self.before)), write(fmean(self.before))
        is_shown = self.column.format in (NumberFormat.MONEY, NumberFormat.SHARE)
        unit = f" {self.column.unit}" if self.column.unit and not is_shown else ""
        return (
            f"{write(self.value)}{unit} in the week of {describe_day(self.week)}, {self.side} all of the "
            f"{len(self.before)} weeks before, which had {low} to {high}. Their mean is {mean}."
        )


def notable(result: Result) -> list[Notable]:
    """The metrics of a weekly result that changed notably, most unusual first.

    `result` is broken down by week alone and ends with a complete week. A week that the data does not reach to its end
    is left out, so what is half loaded is never called a fall; nor is a week counted that rests on too little.
    """
    if len(result.keys) != 1 or result.period.end is None:
        return []
    last = result.period.end - timedelta(days=7)
    if result.data_to is not None and result.data_to.date() < result.period.end:
        return []
    weeks = result.table.column(result.keys[0].name).to_pylist()
    found = [_notable(one, weeks, _relied_on(one, result), last) for one in main_values(result)]
    return sorted((one for one in found if one), key=lambda one: -one.spreads)


def _relied_on(column: ResultColumn, result: Result) -> list[float | None]:
    """A metric's values, those left out that rest on less than it asks for."""
    values: list[float | None] = result.table.column(column.name).to_pylist()
    behind = evidence(result).get(column.name)
    if behind is None:
        return values
    return [value if one is None or one.is_enough else None for value, one in zip(values, behind, strict=True)]


def _notable(
    column: ResultColumn, weeks: Sequence[date | None], values: Sequence[float | None], last: date
) -> Notable | None:
    by_week = {
        week: float(value) for week, value in zip(weeks, values, strict=True) if week is not None and value is not None
    }
    value = by_week.get(last)
    earlier = [last - timedelta(weeks=count) for count in range(BEFORE, 0, -1)]
    before = tuple(by_week[week] for week in earlier if week in by_week)
    if value is None or len(before) < FEWEST or not all(map(math.isfinite, (value, *before))):
        return None
    if min(before) <= value <= max(before):
        return None
    spread = stdev(before)
    spreads = abs(value - fmean(before)) / spread if spread else math.inf
    if spreads < SPREADS:
        return None
    change = change_between(value, fmean(before), column)
    return Notable(column, last, value, before, spreads, verdict(change, column))
