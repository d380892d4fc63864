"""Which rows of an answer count only some days of their period, in the words that follow the period's name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from semantic.display.format import NO_MARKS, Marks, counted, key_text, listed
from semantic.display.spine import begun, days_by_place, running, short_windows
from semantic.query.data import column_name
from semantic.query.query import DATE
from semantic.result import Result, ResultColumn


def marks_of(result: Result) -> Marks:
    """The periods that some metric does not count whole, with the days that are counted of them.

    Where metrics differ, as spend beside a budget does, the words say of how many metrics they are true.
    """
    time = time_key(result)
    if time is None:
        return NO_MARKS
    periods: list[object] = result.table.column(time.name).unique().to_pylist()
    spine = sorted(one for one in periods if isinstance(one, date))
    if not spine or isinstance(spine[0], datetime):
        return NO_MARKS
    metrics = [one for one in result.values if not one.compare and one.calculation is None]
    days = [_days(one, time, result, spine) for one in metrics]
    if not any(days):
        return NO_MARKS
    present = [_periods_with_numbers(one, time, result) for one in metrics]
    found: dict[tuple[str, date], str] = {}
    for place, first in enumerate(spine):
        said = [one.get(place, "") for one, known in zip(days, present, strict=True) if first in known or place in one]
        if any(said):
            found[time.name, first] = _together(said)
    return found


def partial_words(result: Result) -> str:
    """`Partial: Apr 2026 (from 10 Apr).` for a file whose dates stay dates; "" where the notes say it already."""
    notes = " ".join(result.notes)
    time = time_key(result)
    said = [
        key_text(first, time, {(name, first): mark})
        for (name, first), mark in marks_of(result).items()
        if time is not None and not _is_noted(mark.partition(" for ")[0], notes)
    ]
    return f"Partial: {listed(said)}." if said else ""


def _is_noted(mark: str, notes: str) -> bool:
    """Whether a note says it already; of windows that the data cuts short one always does."""
    return f"ounted {mark}" in notes or mark.startswith("since ")


def time_key(result: Result) -> ResultColumn | None:
    """The key with the periods of the metrics' own date. Other dates get no mark."""
    own = {column_name(one) for one in result.query.by if one.dim == DATE}
    return next((key for key in result.keys if key.grain is not None and key.name in own), None)


def _days(metric: ResultColumn, time: ResultColumn, result: Result, spine: Sequence[date]) -> dict[int, str]:
    known = set(spine)
    first, last = (find(metric, result, time.grain, known, spine) for find in (begun, running))
    return days_by_place(first, last, short_windows(metric, time.grain, known, spine))


def _periods_with_numbers(metric: ResultColumn, time: ResultColumn, result: Result) -> set[object]:
    """The periods in which a metric has any number: where it has none, nothing is counted in part."""
    values = result.table.column(metric.name)
    if not values.null_count:
        return set(result.table.column(time.name).unique().to_pylist())
    return set(result.table.column(time.name).filter(values.is_valid()).unique().to_pylist())


def _together(said: Sequence[str]) -> str:
    """The same words of every metric once; else of how many they are, or that the metrics' days differ."""
    cut = [one for one in said if one]
    if len(set(cut)) > 1:
        return "days differ by metric"
    return cut[0] if len(cut) == len(said) else f"{cut[0]} for {len(cut)} of {counted(len(said), 'metric')}"
