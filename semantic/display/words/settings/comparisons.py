"""Describe the comparisons of a question: "Previous period", "Same weekdays last year"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from semantic.display.format import counted
from semantic.model.definitions import Granularity
from semantic.query.comparisons import Split
from semantic.query.describe import describe_range
from semantic.query.periods import in_months
from semantic.query.query import DATE, Back, Between, Comparison, Last, LastYear, Named, Period, Previous, Query, ToDate

PREVIOUS, WEEKDAYS, DATES, OWN_DAYS = (
    "Previous period",
    "Same weekdays last year",
    "Same dates last year",
    "Custom range",
)


def comparison_names(query: Query) -> list[str]:
    """Return the label of each comparison. If there are two with custom days, the second one's label is its days."""
    names: list[str] = []
    for comparison in query.compare:
        match comparison:
            case Previous():
                names.append(PREVIOUS)
            case LastYear():
                names.append(year_name(query))
            case Back(1, Granularity.YEAR) if year_name(query) == WEEKDAYS or LastYear() not in query.compare:
                names.append(DATES)
            case Back(count, unit):
                names.append(f"{counted(count, unit.words)} before")
            case Named(start, end):
                names.append(OWN_DAYS if OWN_DAYS not in names else describe_range(start, end))
    return names


def names_for_many(compare: Sequence[Comparison]) -> list[str]:
    """Return the labels for comparisons that several questions share.

    The label for last year doesn't mention dates or weekdays, because that differs between questions.
    """
    names = zip(compare, comparison_names(Query(compare=tuple(compare))), strict=True)
    return ["Last year" if isinstance(comparison, LastYear) else name for comparison, name in names]


def year_name(query: Query) -> str:
    """Return the label of the comparison with last year.

    It says same dates for months (whole or to date), and same weekdays for other periods.
    """
    dated = [breakdown for breakdown in query.by if breakdown.dim == DATE]
    if not dated:
        return DATES if _is_of_months(query.time) else WEEKDAYS
    grains = tuple(
        breakdown.grain or Granularity.DAY for breakdown in dated if breakdown.part is None and breakdown.period is None
    )
    split = Split(
        grains,
        tuple(breakdown.part for breakdown in dated if breakdown.part),
        any(breakdown.period for breakdown in dated),
    )
    return WEEKDAYS if split.pairs_weekdays else DATES


def _is_of_months(time: Period | None) -> bool:
    """Whether a period consists of months, quarters or years, whole or to date."""
    match time:
        case Last(_, unit) | ToDate(unit):
            return in_months(unit)
        case Between(date(day=1), date() as end):
            return (end + timedelta(days=1)).day == 1
        case _:
            return False
