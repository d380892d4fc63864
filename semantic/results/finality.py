"""Find the days of an answer that can still change, and the deprecated metrics in it.

A measure defines how long a day's rows can change (`final_after`). A conversion metric defines how long its base events
can convert. Days are counted back from the first day that isn't fully loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from semantic.model.certification_status import replacement
from semantic.model.definitions import Granularity, Metric
from semantic.plan.time.like_for_like import Incomparable
from semantic.plan.time.period_aggregation import followed_by
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import MONTHS, describe_day, describe_range, join_words, lower_first, upper_first
from semantic.results.result import Result, ResultColumn


def known_to(shown: Result) -> date:
    """Return the first day that isn't fully loaded.

    That's the day of the oldest load among the datasets, or the day of the question if that's earlier.
    """
    zone, asked = ZoneInfo(shown.period.time_zone), asked_day(shown)
    return min(asked, shown.data_to.astimezone(zone).date()) if shown.data_to else asked


def asked_day(shown: Result) -> date:
    """Return the day on which the question was asked. If it isn't known, it's the day its rows were computed."""
    return shown.asked_on or shown.computed_at.astimezone(ZoneInfo(shown.period.time_zone)).date()


MOST_NAMED = 3
"""The most rows that a note lists. If there are more, it says "some rows"."""


@dataclass(frozen=True, slots=True)
class NotLoaded:
    """The first and last of the days in a question's period that have ended but aren't fully loaded.

    `are_counted` is whether the numbers include rows of these days that have arrived. They do if the period includes
    today.
    """

    first: date
    last: date
    are_counted: bool

    @property
    def count(self) -> int:
        """The number of these days."""
        return (self.last - self.first).days + 1


def not_loaded(shown: Result, *, today: date) -> NotLoaded | None:
    """Return the days of the question's own period that have ended but aren't fully loaded.

    Returns None if there are none, if no dataset says when it was loaded, or if the question covers all time. `today`
    is the reader's day, in the model's time zone.
    """
    wanted = shown.period.whole_end
    if shown.data_to is None or wanted is None:
        return None
    if shown.query.time_zone is not None:  # there, it may still be the day before
        today -= timedelta(days=1)
    asked = asked_day(shown)
    over = max(asked, today)  # a cached answer may have been computed days ago
    first, end = known_to(shown), min(wanted, over)
    lets_in = shown.query.time is not None and not shown.query.time.complete
    are_counted = lets_in and first == asked
    if shown.period.start is not None:
        first = max(first, shown.period.start)
    return NotLoaded(first, end - timedelta(days=1), are_counted) if first < end else None


def no_day_words(shown: Result) -> str:
    """Return a sentence if none of the question's days is loaded yet, otherwise "".

    For example, `No day of 24 – 30 Nov 2026 is loaded yet.`
    """
    start, end = shown.period.start, shown.period.whole_end
    if start is None or end is None or shown.period.end is None or shown.period.end > start:
        return ""
    age = min((column.timing.counts_after for column in shown.values), default=0)
    days = describe_range(start, end, open_end=True)
    if age:
        return f"No day of {days} {followed_by(age)}."
    return f"No day of {days} is {'over' if start >= asked_day(shown) else 'loaded'} yet."


def with_finality(result: Result, incomparable: Incomparable) -> Result:
    """Return the result with its last final day, and without judging changes that can't be compared.

    If only one period of a comparison is final, a note is added.
    """
    return _finished(_judged(result, incomparable))


def _judged(result: Result, incomparable: Incomparable) -> Result:
    """Return the result with the reasons why some rows' changes can't be judged, and a note for each reason."""
    columns = {f"{metric}_{comparison}": tuple(reasons) for (metric, comparison), reasons in incomparable.items()}
    return replace(result, incomparable=columns, notes=(*result.notes, *_reasons(result, incomparable)))


def _reasons(result: Result, incomparable: Incomparable) -> Iterator[str]:
    """Yield the reasons why changes aren't judged.

    A reason names metrics, comparisons and rows, unless it applies to all of them.
    """
    columns_by_reason: dict[tuple[str, str], dict[str, list[str]]] = {}  # by reason and rows
    for (metric, name), reasons in incomparable.items():
        for reason in dict.fromkeys(filter(None, reasons)):
            rows = _rows_with(reason, reasons, result)
            columns_by_reason.setdefault((reason, rows), {}).setdefault(name, []).append(metric)
    for (reason, rows), metrics_of in columns_by_reason.items():
        together: dict[tuple[str, ...], list[str]] = {}
        for name, metrics in metrics_of.items():
            together.setdefault(tuple(metrics), []).append(name)
        for metrics, names in together.items():
            where = _where(metrics, names, result) + rows
            yield f"{upper_first(where.removeprefix(', '))}: {lower_first(reason)}" if where else reason


def _rows_with(reason: str, reasons: Sequence[str | None], result: Result) -> str:
    """Return the rows in which changes aren't judged for a reason, such as `, in Apr 2026`.

    For many rows, it's `, in some rows`. "" if the reason applies to all rows.
    """
    if all(each_reason in (reason, None) for each_reason in reasons):
        return ""
    dated = [key for key in result.keys if key.grain is not None]
    if len(result.keys) == len(dated) == 1:
        starts = result.table.column(dated[0].name).to_pylist()
        days = list(
            dict.fromkeys(
                day for day, each_reason in zip(starts, reasons, strict=True) if each_reason == reason and day
            )
        )
        if len(days) <= MOST_NAMED and all(reasons[at] != reason for at, day in enumerate(starts) if day is None):
            return f", {join_words([_row_words(day, dated[0].grain) for day in days])}"
    return ", in some rows"


def _row_words(first: date, grain: Granularity | None) -> str:
    if isinstance(first, datetime):
        return first.isoformat(" ", "minutes")
    if grain is Granularity.MONTH:
        return f"{MONTHS[first.month - 1]} {first.year}"
    return f"{grain.words} from {describe_day(first)}" if grain not in (None, Granularity.DAY) else describe_day(first)


def _where(metrics: Sequence[str], comparisons: Sequence[str], result: Result) -> str:
    """Return metrics and comparisons in words, such as `Revenue and spend against previous period`.

    If all metrics or all comparisons are meant, they aren't named.
    """
    labels = {
        column.name: column.label
        for column in result.values
        if column.metric and not column.compare and not column.calculation
    }
    of = [labels[metric] for metric in metrics] if len(metrics) < len(labels) else []
    words = (
        [_comparison_words(comparison, result) for comparison in comparisons]
        if len(comparisons) < len(result.compared)
        else []
    )
    subject = join_words([of[0], *map(lower_first, of[1:])]) if of else ""
    return f"{subject} against {join_words(words)}".strip() if words else subject


def _comparison_words(name: str, result: Result) -> str:
    """Return a comparison in the words that end its columns' labels, such as `previous period`."""
    column = next(value for value in result.values if value.compare == name)
    own = column.name.removesuffix(f"_{name}")
    (label,) = (value.label for value in result.values if value.name == own)
    return column.label.removeprefix(f"{label}, ")


def _finished(result: Result) -> Result:
    first = min((first_open(column, result) or date.max for column in open_columns(result)), default=None)
    if first is None:
        return result
    changed = replace(result, final_until=first - timedelta(days=1))
    return replace(changed, notes=(*result.notes, *_comparison_notes(changed, first)))


def open_columns(result: Result) -> list[ResultColumn]:
    """Return the columns of the question's own period that show numbers that can still change, in column order."""
    own = [column for column in result.values if not column.compare and result.table.num_rows]
    return [column for column in own if _reaches(column.counted_to or result.period.end, first_open(column, result))]


def first_open(column: ResultColumn, result: Result) -> date | None:
    """Return the first day of a column whose number can still change, or None if every day is final once it's over."""
    return column.timing.first_open(column.loaded_to or known_to(result))


def open_days(result: Result) -> int:
    """Return the number of shown days that can still change. 0 if there are none, or if that isn't known."""
    if result.final_until is None:
        return 0
    first = result.final_until + timedelta(days=1)
    known, start, end = known_to(result), result.period.start, result.period.end
    return max(0, (min(known, end or known) - max(first, start or first)).days)


def instead_of(metrics: Iterable[Metric], visible: VisibleModel) -> Mapping[str, Metric]:
    """Return the replacements that this actor can see, by the names of deprecated metrics."""
    columns_by_reason: dict[str, Metric] = {}
    for metric in metrics:
        other = replacement(metric, visible.model.metrics) if metric.deprecated else None
        if other is not None and visible.shows_metric(other):
            columns_by_reason[metric.name] = other
    return MappingProxyType(columns_by_reason)


def _reaches(end: date | None, first: date | None) -> bool:
    return first is not None and (end is None or end > first)


def _comparison_notes(result: Result, first: date) -> Iterator[str]:
    """Yield notes on changes in which the question's own days aren't final, but the days compared with them are.

    A change that isn't judged gets a different note.
    """
    final = [comparison for comparison in result.compared.values() if not _reaches(comparison.end, first)]
    labels = [column.label for column in open_columns(result) if _is_judged(column, result)]
    if final and result.final_until and labels:
        names, days = join_words([labels[0], *map(lower_first, labels[1:])]), describe_day(result.final_until)
        they, changes = ("it's", "its change isn't") if len(labels) == 1 else ("they're", "their changes aren't")
        final_days = f"the days {they} compared with are final, so {changes} final either"
        yield f"{names} after {days} can still change, but {final_days}."


def _is_judged(column: ResultColumn, result: Result) -> bool:
    """Whether at least one change in a column can be called better or worse."""
    incomparable = [result.incomparable.get(f"{column.name}_{comparison}") for comparison in result.compared]
    return any(reasons is None or "" in reasons for reasons in incomparable)
