"""Find the periods of an answer that count only some of their days, and describe these days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from semantic.display.format import NO_MARKS, Marks, key_text, listed
from semantic.display.spine import begun, days_by_place, running, short_windows
from semantic.query.data import column_name
from semantic.query.describe import lower_first
from semantic.query.query import DATE
from semantic.results.result import Result, ResultColumn


def marks_of(result: Result) -> Marks:
    """Return the counted days of each period that a metric counts only in part.

    If this differs between metrics, the text names the metric, or says how many metrics it applies to.
    """
    time = time_key(result)
    return {(time.name, first): _together(said) for first, said in _cut(result).items()} if time else NO_MARKS


def partial_words(result: Result) -> str:
    """Return `Partial: Apr 2026 (from 10 Apr).` for a file with real dates. "" if the notes already mention it."""
    time, notes, marks = time_key(result), " ".join(result.notes), marks_of(result)
    texts = [
        key_text(first, time, marks)
        for first, words in _cut(result).items()
        if time is not None and any(days and not _is_noted(days, notes) for _, days in words)
    ]
    return f"Partial: {listed(texts)}." if texts else ""


def _is_noted(days: str, notes: str) -> bool:
    """Whether the notes already mention the counted days.

    If the data doesn't cover a whole window, there always is such a note.
    """
    return f"ounted {days}" in notes or days.endswith(" days")


def _cut(result: Result) -> Mapping[date, list[tuple[str, str]]]:
    """Return, by period, each metric that has a number, with the days that it counts. "" means all days.

    Periods that all metrics count completely are left out.
    """
    time = time_key(result)
    periods: list[object] = result.table.column(time.name).unique().to_pylist() if time else []
    spine = sorted(period for period in periods if isinstance(period, date))
    if time is None or not spine or isinstance(spine[0], datetime):
        return {}
    metrics = [column for column in result.values if not column.compare and column.calculation is None]
    days = [_days(metric, time, result, spine) for metric in metrics]
    if not any(days):
        return {}
    present = [_periods_with_numbers(metric, time, result) for metric in metrics]
    parts_by_period: dict[date, list[tuple[str, str]]] = {}
    for place, first in enumerate(spine):
        each = zip(metrics, days, present, strict=True)
        said = [(metric.label, cut.get(place, "")) for metric, cut, known in each if first in known or place in cut]
        if any(words for _, words in said):
            parts_by_period[first] = said
    return parts_by_period


def time_key(result: Result) -> ResultColumn | None:
    """Return the key that contains the periods of the metrics' own date, or None.

    Periods of other dates aren't marked.
    """
    own = {column_name(breakdown) for breakdown in result.query.by if breakdown.dim == DATE}
    return next((key for key in result.keys if key.grain is not None and key.name in own), None)


def _days(metric: ResultColumn, time: ResultColumn, result: Result, spine: Sequence[date]) -> dict[int, str]:
    known = set(spine)
    first, last = (find(metric, result, time.grain, known, spine) for find in (begun, running))
    return days_by_place(first, last, short_windows(metric, time.grain, known, spine))


def _periods_with_numbers(metric: ResultColumn, time: ResultColumn, result: Result) -> set[object]:
    """Return the periods in which a metric has a number. A period without numbers isn't incomplete."""
    values = result.table.column(metric.name)
    if not values.null_count:
        return set(result.table.column(time.name).unique().to_pylist())
    return set(result.table.column(time.name).filter(values.is_valid()).unique().to_pylist())


def _together(said: Sequence[tuple[str, str]]) -> str:
    """Return the counted days in words.

    If they aren't the same for all metrics, the text names the metric or the number of metrics, or says that days
    differ.
    """
    cut = [(label, words) for label, words in said if words]
    label, words = cut[0]
    if len({words for _, words in cut}) > 1:
        return "days differ by metric"
    if len(cut) == len(said):
        return words
    return f"{lower_first(label)} {words}" if len(cut) == 1 else f"{words} for {len(cut)} of {len(said)} metrics"
