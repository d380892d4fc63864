"""Name a period, whether or not it includes the current one: "Last 13 weeks", "October 2026"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from semantic.display.format import counted
from semantic.model.definitions import Granularity
from semantic.query.describe import calendar_name
from semantic.query.query import Between, Last, Period, ToDate

PERIODS: Mapping[str, Last | ToDate] = {
    "Last 13 weeks": Last(13, Granularity.WEEK),
    "Last 4 weeks": Last(4, Granularity.WEEK),
    "Last week": Last(1, Granularity.WEEK),
    "Yesterday": Last(1, Granularity.DAY),
    "Last 7 days": Last(7, Granularity.DAY),
    "Last 28 days": Last(28, Granularity.DAY),
    "Last month": Last(1, Granularity.MONTH),
    "Last quarter": Last(1, Granularity.QUARTER),
    "Last year": Last(1, Granularity.YEAR),
    "Last 12 months": Last(12, Granularity.MONTH),
    "This week to date": ToDate(Granularity.WEEK),
    "This month to date": ToDate(Granularity.MONTH),
    "This quarter to date": ToDate(Granularity.QUARTER),
    "This year to date": ToDate(Granularity.YEAR),
}
FISCAL_PERIODS: Mapping[str, Last | ToDate] = {
    "Last fiscal quarter": Last(1, Granularity.FISCAL_QUARTER),
    "Last fiscal year": Last(1, Granularity.FISCAL_YEAR),
    "This fiscal quarter to date": ToDate(Granularity.FISCAL_QUARTER),
    "This fiscal year to date": ToDate(Granularity.FISCAL_YEAR),
}
KNOWN = {**PERIODS, **FISCAL_PERIODS}
ALL_TIME, CUSTOM = "All time", "Custom range"


def period_name(time: Period | None) -> str:
    """Return the name of a period, such as "Last 13 weeks". It doesn't mention if the current period is included."""
    match time:
        case None:
            return ALL_TIME
        case Between(start, end):
            return calendar_name(start, end) or CUSTOM
        case Last(count=count, unit=unit):
            known = next((name for name, period in KNOWN.items() if period == replace(time, complete=True)), None)
            return known or (f"Last {counted(count, unit.words)}" if count > 1 else f"Last {unit.words}")
        case ToDate(unit=unit):
            return f"This {unit.words} to date"
