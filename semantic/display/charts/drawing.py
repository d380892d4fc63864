"""The common input for all kinds of charts: a prepared result with its colours, evidence and annotations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from semantic.annotations.annotation import Annotation
from semantic.display.charts.events import events_of, on_days, words_of
from semantic.display.charts.figures.frame import HIDDEN, NO_DATA, NO_DATA_OR_HIDDEN, EmptyPart, Event, Phrase
from semantic.display.charts.sample_size import Cells
from semantic.display.charts.standing import Standing, standing
from semantic.display.format import listed, next_period, when_words
from semantic.display.groups import Group, Number, Rows, in_zone
from semantic.display.rows import comparison_words
from semantic.display.spine import (
    PartialPeriod,
    begun,
    counted_days,
    days_by_place,
    open_from,
    running,
    short_windows,
    spine_of,
)
from semantic.display.tokens import Tokens
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_day, upper_first
from semantic.results.finality import asked_day, known_to
from semantic.results.result import Result, ResultColumn


@dataclass(frozen=True, slots=True)
class Drawing:
    """A result that is prepared for drawing. `spine` has the periods of the axis, or is empty if there are none."""

    result: Result
    rows: Rows
    tokens: Tokens
    spine: Sequence[date] = ()
    # By metric, the first and last period, if they are incomplete.
    begun: Mapping[str, PartialPeriod] = field(default_factory=dict[str, PartialPeriod])
    running: Mapping[str, PartialPeriod] = field(default_factory=dict[str, PartialPeriod])
    # By metric and period, the fill for a group without a row.
    filled: Mapping[str, Mapping[date, float]] = field(default_factory=dict[str, Mapping[date, float]])
    # By metric and position, the periods that look back to before the data begins.
    short: Mapping[str, Mapping[int, str]] = field(default_factory=dict[str, Mapping[int, str]])
    annotations: Sequence[Annotation] = ()
    still_open: Mapping[str, int] = field(default_factory=dict[str, int])  # by metric: the first open position
    targets: Mapping[date, float] = field(default_factory=dict[date, float])  # by period: its target
    standings: Mapping[str, Standing] = field(default_factory=dict[str, Standing])  # by metric

    @property
    def events(self) -> list[Event]:
        return events_of(self.annotations, self.spine, self._grain) if self.annotations else []

    @property
    def event_words(self) -> tuple[str, ...]:
        if not self.annotations:
            return ()
        return tuple(words_of(annotation) for annotation in on_days(self.annotations, self.spine, self._grain))

    @property
    def _grain(self) -> Granularity | None:
        return self.rows.time.grain if self.rows.time is not None else None

    @property
    def start(self) -> str:
        """The start of the chart's description: the title and the period."""
        return f"{self.result.title}, {self.result.period.words}."

    def values(self, metric: ResultColumn, group: Group) -> list[Number]:
        """Return a metric's number for a group in every period.

        A missing number is replaced by the metric's fill in periods in which other groups have a row.
        """
        numbers, at = self.rows.numbers[metric.name], self.rows.at
        filled = self.filled.get(metric.name, {})
        return [numbers[at[group, day]] if (group, day) in at else filled.get(day) for day in self.spine]

    def places(self, group: Group) -> list[int]:
        """Return the index of the result's row for each period of a group, or -1 for none."""
        rows = self.rows
        return [rows.places[rows.at[group, day]] if (group, day) in rows.at else -1 for day in self.spine]

    def cells(self, metric: ResultColumn, group: Group) -> Cells:
        """Return the evidence for a group's numbers by period. Empty if the metric defines no evidence."""
        cells, at = self.rows.behind.get(metric.name), self.rows.at
        if cells is None:
            return ()
        return [cells[at[group, day]] if (group, day) in at else None for day in self.spine]

    def absent(self, metric: ResultColumn, row: int | None) -> str:
        """Return a short reason why a row has no number, because a missing number isn't 0.

        If the row itself is missing, the policy may have hidden it.
        """
        if self.rows.is_hidden(metric, row):
            return HIDDEN
        can_be_left_out = self.result.leaves_out and metric.name in self.result.hidden
        return NO_DATA_OR_HIDDEN if row is None and can_be_left_out else NO_DATA

    def not_final(self, metric: ResultColumn) -> int | None:
        """Return the position of the first period whose number isn't final, or None if all are final.

        A period isn't final if it's still running or if its days can still change.
        """
        last = self.running.get(metric.name)
        places = [self.still_open.get(metric.name), last.place if last else None]
        return min((place for place in places if place is not None), default=None)

    def first_whole(self, metric: ResultColumn) -> int:
        """Return the position of the first period that a metric counts completely."""
        first = self.begun.get(metric.name)
        return max([first.place if first else -1, *self.short.get(metric.name, {})]) + 1

    def in_part(self, metric: ResultColumn) -> Mapping[int, str]:
        """Return, by position, the periods that a metric counts only in part, with the days that count.

        For example, "3 of 7 days, to 25 Mar". These can be the first and the last period, and periods that look back to
        before the data begins.
        """
        first, last = self.begun.get(metric.name), self.running.get(metric.name)
        which = days_by_place(first, last, self.short.get(metric.name, {}))
        count = counted_days(first, last, self.spine, self._grain)
        return {place: f"{count[place]}, {days}" if place in count else days for place, days in which.items()}

    def beside(self, metric: ResultColumn, group: Group) -> list[list[Phrase]]:
        """Return the tooltip lines that follow a group's numbers, by period."""
        at = [self.rows.at.get((group, day)) for day in self.spine]
        return self.standings[metric.name].lines(at)

    def unknown(self, *metrics: ResultColumn) -> tuple[EmptyPart, ...]:
        """Return the parts of the axis in which these metrics have no known day.

        Those are before the data begins, and after the last day that has ended and is loaded. If a part would cover the
        whole axis, it's left out.
        """
        if not self.spine or isinstance(self.spine[0], datetime):
            return ()
        parts = (self._before_data(metrics), self._to_come(metrics))
        return tuple(part for part in parts if part is not None and part.end - part.place < len(self.spine))

    def _before_data(self, metrics: Sequence[ResultColumn]) -> EmptyPart | None:
        begins = [metric.data_from for metric in metrics]
        if any(data_from is None for data_from in begins):
            return None
        first = min(data_from for data_from in begins if data_from is not None)
        end = sum(next_period(day, self._grain) <= first for day in self.spine)
        numbered = {when for metric in metrics for when in self._with_numbers(metric)}
        has_numbers = any(day in numbered for day in self.spine[:end])
        return EmptyPart(0, end, "no data yet") if end and not has_numbers else None

    def _to_come(self, metrics: Sequence[ResultColumn]) -> EmptyPart | None:
        ends = [metric.counted_to or self.result.period.end for metric in metrics]
        if any(end is None for end in ends):
            return None
        known = max(end for end in ends if end is not None)
        place = next((at for at, day in enumerate(self.spine) if day >= known), None)
        if place is None or any(self._has_number(metric, place) for metric in metrics):
            return None
        is_over = self.spine[place] < asked_day(self.result)
        words = "not loaded yet" if is_over else "not over yet"
        if all(metric.timing.counts_after for metric, end in zip(metrics, ends, strict=True) if end == known):
            words = "too recent"
        return EmptyPart(place, len(self.spine), words)

    def has_open_span(self, metric: ResultColumn) -> bool:
        """Whether a metric has more than one point that can still change."""
        place = self.still_open.get(metric.name)
        return place is not None and place + 1 < len(self.spine) and self._has_number(metric, place + 1)

    def _has_number(self, metric: ResultColumn, place: int) -> bool:
        """Whether a metric has a number at this position of the axis or later."""
        return any(when >= self.spine[place] for when in self._with_numbers(metric))

    def _with_numbers(self, metric: ResultColumn) -> Iterator[date]:
        """Yield the periods in which at least one group has a number."""
        dated = zip(self.rows.periods, self.rows.numbers[metric.name], strict=True)
        return (when for when, value in dated if when is not None and value is not None)

    def said(self, metric: ResultColumn, value: float, when: date | None, group: Group) -> str:
        """Return a number with its period and group: €12 in week of 2 Mar 2026 for Search."""
        rows, text = self.rows, self.rows.write(metric)(value)
        grain = rows.time.grain if rows.time else None
        text += f" {when_words(in_zone(when, rows.zone), grain)}" if when is not None else ""
        return text + (f" for {rows.name(group)}" if group else "")


def drawing(
    result: Result, rows: Rows, tokens: Tokens, annotations: Sequence[Annotation], targets: Mapping[date, float]
) -> Drawing:
    """Return the result prepared for drawing. If it has several periods, the missing ones between them are added."""
    standings = {metric.name: standing(metric, rows, result) for metric in rows.metrics}
    if not rows.dated:
        return Drawing(result, rows, tokens, standings=standings)
    spine = spine_of(result, rows)
    still_open = {
        metric.name: place for metric in rows.metrics if (place := open_from(metric, result, rows, spine)) is not None
    }
    grain, known = rows.time.grain if rows.time else None, set(rows.periods)
    cut = {
        metric.name: part
        for metric in rows.metrics
        if (part := running(metric, result, grain, known, spine)) is not None
    }
    first = {
        metric.name: part for metric in rows.metrics if (part := begun(metric, result, grain, known, spine)) is not None
    }
    short = {metric.name: places for metric in rows.metrics if (places := short_windows(metric, grain, known, spine))}
    filled = {metric.name: fill_of(metric, result, rows, known) for metric in rows.metrics}
    return Drawing(result, rows, tokens, spine, first, cut, filled, short, annotations, still_open, targets, standings)


def fill_of(metric: ResultColumn, result: Result, rows: Rows, known: Iterable[date | None]) -> Mapping[date, float]:
    """Return the metric's `fill` for a group without a row, such as 0 orders, by period.

    It applies only to periods in which other groups have a row, and only if no row can be missing for another reason.
    """
    query, fill = result.query, metric.metric.fill if metric.metric else None
    can_lack = rows.cut or query.having or (query.top and query.top.within) or result.hides(metric)
    if fill is None or metric.calculation is not None or can_lack:
        return {}
    grain = rows.time.grain if rows.time else None
    return {day: fill for day in known if day is not None and _counts(metric, day, grain)}


def _counts(metric: ResultColumn, when: date, grain: Granularity | None) -> bool:
    """Whether a metric counts at least one day of a period."""
    if isinstance(when, datetime):
        return True
    start, end = metric.counted_from or date.min, metric.counted_to or date.max
    return when < end and next_period(when, grain) > start


def in_part_notes(drawing: Drawing, mark: str) -> list[str]:
    """Return notes on the first and last period of each metric, if they aren't counted completely."""
    metrics = drawing.rows.metrics
    said: dict[str, list[str]] = {}
    for parts in (drawing.begun, drawing.running):
        for metric in metrics:
            if (part := parts.get(metric.name)) is not None:
                said.setdefault(part.words, []).append(metric.label)
    for metric in metrics:
        if metric.data_from is not None and drawing.short.get(metric.name):
            words = f"windows that start before {describe_day(metric.data_from)}, when data starts"
            said.setdefault(words, []).append(metric.label)
    count = len(metrics)
    return [
        upper_first(f"{mark}{f'{listed(labels)}, ' if 0 < len(labels) < count else ''}{words}.")
        for words, labels in said.items()
    ]


def not_final_notes(drawing: Drawing, mark: str) -> list[str]:
    """Return notes on numbers that can still change because their days aren't final.

    Open cohorts have a separate note.
    """
    by_day: dict[date, list[str]] = {}
    if mark.startswith("Dotted") and any(drawing.has_open_span(metric) for metric in drawing.rows.metrics):
        mark = mark.replace("Dotted", "Hatched and dotted")
    for metric in drawing.rows.metrics:
        days = metric.timing.final_after
        if days and metric.name in drawing.still_open:
            known = metric.loaded_to or known_to(drawing.result)
            by_day.setdefault(known - timedelta(days=days + 1), []).append(metric.label)
    return [
        upper_first(f"{mark}not final, {listed(labels)} after {describe_day(day)} can still change.")
        for day, labels in by_day.items()
    ]


def undated(rows: Rows) -> list[str]:
    count = sum(period is None for period in rows.periods)
    return [f"{count:,} {'row' if count == 1 else 'rows'} without a date: table only."] if count else []


NOT_COMPARED = "The compared values aren't shown here. Use the table to see them."
"""The note on charts that don't draw comparisons."""


def not_compared(rows: Rows) -> list[str]:
    return [NOT_COMPARED] if rows.is_compared else []


def dashed(rows: Rows) -> list[str]:
    """Return a note that explains which line style stands for which comparison."""
    metric = rows.metrics[0]
    looks = zip(("dashed", "dashes and dots", "long dashes"), rows.before[metric.name], strict=False)
    drawn = [(look, column) for look, column in looks if any(value is not None for value in rows.numbers[column.name])]
    said = "; ".join(f"{look}: {comparison_words(metric, column)}" for look, column in drawn)
    return [f"{upper_first(said)}."] if drawn else []
