"""Annotations on a chart over time: the place and the name of each, and all of them in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from semantic.annotations.annotation import Annotation
from semantic.display.charts.figures.frame import Event, broken, fitting, pixels, safe
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_range
from semantic.query.periods import shift

WIDTH, APART, LONGEST = 300, 76, 150  # pixels: a narrow plot, the minimum between two bands, the longest name
NARROWER = 2 / 3  # of a narrow plot is left beside names at the ends of lines
ROWS, BETWEEN = 3, 6  # of names above each other; pixels between two of a row


def on_days(annotations: Sequence[Annotation], spine: Sequence[date], grain: Granularity | None) -> list[Annotation]:
    """Those within the periods of an axis, by first day, then by text."""
    first, last = _day(spine[0]), _day(spine[-1])
    if grain is not None and not grain.is_clock:
        last = shift(last, grain, 1) - timedelta(days=1)  # the last period has days after its first
    inside = [annotation for annotation in annotations if annotation.first <= last and annotation.last >= first]
    return sorted(inside, key=lambda annotation: (annotation.first, annotation.last, annotation.text))


def events_of(annotations: Sequence[Annotation], spine: Sequence[date], grain: Granularity | None) -> list[Event]:
    """The marks to draw, each at its own day. Those after the first day of the last period are at its point, where the
    axis ends. Names that would touch on a phone are on different rows; one without room counts at the name before it.
    Bands that would lie on each other or fill half the chart aren't drawn."""
    first, last = _day(spine[0]), _day(spine[-1])
    span = max((last - first).days, 1)
    shown = on_days(annotations, spine, grain)
    starts = [min(max(annotation.first, first), last) for annotation in shown]
    lefts = [(start - first).days / span * WIDTH for start in starts]
    rows = _rows(shown, lefts)
    events: list[Event] = []
    for place, (annotation, start, left) in enumerate(zip(shown, starts, lefts, strict=True)):
        gaps = [abs(other - left) for at, other in enumerate(lefts) if at != place]
        is_band = min(gaps, default=WIDTH) >= APART and (annotation.last - start).days <= span / 2
        end, is_earlier = min(annotation.last, last) if is_band else start, annotation.first < first
        row = rows[place]
        if row is None:
            events.append(Event((), start, end, "", is_earlier))
            continue
        after = next((at for at in range(place + 1, len(shown)) if rows[at] is not None), len(shown))
        told = shown[place:after]
        lines = _name(annotation, left, len(told) - 1, is_alone=len(shown) == 1)
        hover = "<br>".join(safe(words_of(each)) for each in told)
        events.append(Event(lines, start, end, hover, is_earlier, _beyond(lines, left), row))
    return events


def _rows(annotations: Sequence[Annotation], lefts: Sequence[float]) -> list[int | None]:
    """The row of each name, the lowest that has room on a phone; None without room."""
    ends = [-WIDTH * 1.0] * ROWS  # where the last name of each row ends
    rows: list[int | None] = []
    for annotation, left in zip(annotations, lefts, strict=True):
        name = _name(annotation, left, 0, is_alone=False)
        middle, half = left * NARROWER + _beyond(name, left), pixels(name[0]) / 2
        row = next((at for at, end in enumerate(ends) if end + BETWEEN <= middle - half), None)
        if row is not None:
            ends[row] = middle + half
        rows.append(row)
    return rows


def _name(annotation: Annotation, left: float, more: int, *, is_alone: bool) -> tuple[str, ...]:
    """What is written above a mark, on two lines if it is the only one; and how many marks after it have no name."""
    if not is_alone:
        count = f" +{more}" if more else ""
        return (fitting(annotation.text, LONGEST - pixels(count)) + count,)
    lines = broken(annotation.text, LONGEST - 6)
    over = _beyond(lines, left)
    return broken(annotation.text, LONGEST - 6 - over) if over else lines


def _beyond(lines: Sequence[str], left: float) -> float:
    """How far a label centred on its mark would extend beyond the left edge of a phone."""
    return max(0.0, max(map(pixels, lines)) / 2 - left * NARROWER - 20)


def words_of(annotation: Annotation) -> str:
    """6 – 27 Sep 2026: Autumn launch on social (Paid social)."""
    about = f" ({annotation.about})" if annotation.about else ""
    return f"{describe_range(annotation.first, annotation.last)}: {annotation.text}{about}"


def along_columns(events: Sequence[Event], spine: Sequence[date]) -> list[Event]:
    """The same by column: each at the column of the period it is in."""
    days = [_day(day) for day in spine]

    def place(day: date | int) -> int:
        if isinstance(day, int):
            return day
        return max((at for at, each_day in enumerate(days) if each_day <= day), default=0)

    return [replace(event, first=place(event.first), last=place(event.last)) for event in events]


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
