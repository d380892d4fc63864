"""The finding of maturity by event lags: each cohort with its numbers by age, and the number that is still expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any

from semantic.analyses.analysis import Finding
from semantic.analyses.events.maturity.question import EventLags
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.maturity import MATURITY, Cohort, MaturityInput, MaturityResult
from semantic.query.periods import shift


@dataclass(frozen=True, slots=True, kw_only=True)
class MaturityFound:
    """The finding, with the periods [first, end) that were left out.

    A period is left out if it isn't completely in the requested period, or isn't completely loaded.
    """

    finding: Finding[MaturityResult]
    partial: tuple[tuple[date, date], ...]

    @property
    def detail(self) -> MaturityResult:
        return self.finding.detail


def find_maturity(lags: EventLags, planned: PlannedEvents, rows: Sequence[Mapping[str, Any]]) -> MaturityFound:
    """Return the finding from the engine's rows."""
    counts: dict[date, dict[int | None, int]] = {}
    for row in rows:
        if isinstance(first := row["k0"], date):
            lag = int(row["lag"]) if row["lag"] is not None else None
            counts.setdefault(first, {})[lag] = int(row["c"])
    cohorts: list[Cohort] = []
    partial: list[tuple[date, date]] = []
    for first in _periods(counts, lags):
        end = shift(first, lags.over, 1)
        if end > planned.end or (planned.start is not None and first < planned.start):
            partial.append((first, end))
            continue
        by_lag = counts.get(first, {})
        age = min(lags.within, (planned.known - end).days)
        known = tuple(float(each) for each in accumulate(by_lag.get(day, 0) for day in range(age + 1)))
        cohorts.append(Cohort(first=first, end=end, known=known, size=float(sum(by_lag.values()))))
    given = MaturityInput(cohorts=tuple(cohorts), final=lags.within)
    return MaturityFound(finding=MATURITY.find(given), partial=tuple(partial))


def _periods(counts: Mapping[date, object], lags: EventLags) -> list[date]:
    """Return the first day of every period, from the first to the last period with subjects.

    Periods without subjects in between are included.
    """
    if not counts:
        return []
    first, last = min(counts), max(counts)
    periods = [first]
    while periods[-1] < last:
        periods.append(shift(periods[-1], lags.over, 1))
    return periods
