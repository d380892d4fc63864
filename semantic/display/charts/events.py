"""Annotations on a chart over time: their positions, their labels, and their descriptions in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from semantic.annotations.annotation import Annotation
from semantic.display.charts.figures.frame import Event, broken, fitting, pixels, safe
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_range
from semantic.query.periods import shift

WIDTH, APART, LONGEST = 300, 76, 144  # pixels: a narrow plot, the minimum between two bands, the longest name
WAYS = ((144, 2), (144, 1), (110, 1))
"""The options for the width in pixels and the number of lines of a label. The option that leaves out the fewest labels
is used.
"""
NARROWER = 2 / 3  # of a narrow plot is left beside names at the ends of lines
WIDER = 540  # pixels of a plot on paper
ROWS, ROWS_OF_MANY = 4, 2  # lines of names above each other, for two names and for more: the plot needs the height
BETWEEN = 6  # pixels between two names on a line


Named = tuple[int, tuple[str, ...]]
"""The lowest row of a name, and its lines of text."""


def on_days(annotations: Sequence[Annotation], spine: Sequence[date], grain: Granularity | None) -> list[Annotation]:
    """Return the annotations within the periods of an axis, sorted by first day, then by text."""
    first, last = _day(spine[0]), _day(spine[-1])
    if grain is not None and not grain.is_clock:
        last = shift(last, grain, 1) - timedelta(days=1)  # the last period has days after its first
    inside = [annotation for annotation in annotations if annotation.first <= last and annotation.last >= first]
    return sorted(inside, key=lambda annotation: (annotation.first, annotation.last, annotation.text))


def events_of(annotations: Sequence[Annotation], spine: Sequence[date], grain: Granularity | None) -> list[Event]:
    """Return the marks to draw, each on the first day of its annotation.

    The axis ends at the first day of the last period, so later marks are drawn there. Labels that would overlap go on
    separate rows. A label that doesn't fit is counted in the label before it. An annotation that lasts longer than half
    the chart, or is too close to another one, is drawn as a single day instead of a band.
    """
    first, last = _day(spine[0]), _day(spine[-1])
    span = max((last - first).days, 1)
    shown = on_days(annotations, spine, grain)
    starts = [min(max(annotation.first, first), last) for annotation in shown]
    lefts = [(start - first).days / span * WIDTH for start in starts]
    names = _names(shown, lefts) if len(shown) != 1 else [(0, _alone(shown[0], lefts[0]))]
    events: list[Event] = []
    for place, (annotation, start, left) in enumerate(zip(shown, starts, lefts, strict=True)):
        gaps = [abs(other - left) for at, other in enumerate(lefts) if at != place]
        is_band = min(gaps, default=WIDTH) >= APART and (annotation.last - start).days <= span / 2
        end, is_earlier = min(annotation.last, last) if is_band else start, annotation.first < first
        if (name := names[place]) is None:
            events.append(Event((), start, end, "", is_earlier))
            continue
        row, lines = name
        after = next((at for at in range(place + 1, len(shown)) if names[at] is not None), len(shown))
        hover = "<br>".join(safe(words_of(each)) for each in shown[place:after])
        if after > place + 1:
            lines = (*lines[:-1], f"{lines[-1]} +{after - place - 1}")
        events.append(Event(lines, start, end, hover, is_earlier, _beyond(lines, left), row))
    return events


def _names(annotations: Sequence[Annotation], lefts: Sequence[float]) -> list[Named | None]:
    """Return each label with its row, or None if it has no room. As few labels as possible have no room."""
    ways = [_placed(annotations, lefts, most, lines) for most, lines in WAYS]
    return min(ways, key=lambda names: names.count(None))


def _placed(annotations: Sequence[Annotation], lefts: Sequence[float], most: float, lines: int) -> list[Named | None]:
    """Return each label on the lowest row that has room for it, or None."""
    rows = ROWS if len(annotations) <= 2 else ROWS_OF_MANY
    ends = [-WIDER * 1.0] * rows  # where the last name of each row ends
    names: list[Named | None] = []
    for annotation, left in zip(annotations, lefts, strict=True):
        text = broken(annotation.text, most) if lines > 1 else (fitting(annotation.text, most),)
        begin, end = _reach(text, left)
        free = [ends[at] + BETWEEN <= begin for at in range(rows)]
        row = next((at for at in range(rows - len(text) + 1) if all(free[at : at + len(text)])), None)
        names.append(None if row is None else (row, text))
        if row is not None:
            ends[row : row + len(text)] = [end] * len(text)
    return names


def _reach(lines: Sequence[str], left: float) -> tuple[float, float]:
    """Return the left and right end of a label above a mark, at the width of paper and tiles.

    On a phone, labels that would overlap are left out.
    """
    middle, half = left / WIDTH * WIDER + _beyond(lines, left), max(map(pixels, lines)) / 2
    return middle - half, middle + half


def _alone(annotation: Annotation, left: float) -> tuple[str, ...]:
    """Return the label of a single annotation, on one or two lines."""
    lines = broken(annotation.text, LONGEST)
    over = _beyond(lines, left)
    return broken(annotation.text, LONGEST - over) if over else lines


def _beyond(lines: Sequence[str], left: float) -> float:
    """Return the pixels by which a label, centred on its mark, would extend past the left edge on a phone."""
    return max(0.0, max(map(pixels, lines)) / 2 - left * NARROWER - 20)


def words_of(annotation: Annotation) -> str:
    """Return an annotation in words: `6 – 27 Sep 2026: Autumn launch on social (Paid social).`"""
    about = f" ({annotation.about})" if annotation.about else ""
    return f"{describe_range(annotation.first, annotation.last)}: {annotation.text}{about}"


def along_columns(events: Sequence[Event], spine: Sequence[date]) -> list[Event]:
    """Return the annotations for an axis of columns, each at the column of its period."""
    days = [_day(day) for day in spine]

    def place(day: date | int) -> int:
        if isinstance(day, int):
            return day
        return max((at for at, each_day in enumerate(days) if each_day <= day), default=0)

    return [replace(event, first=place(event.first), last=place(event.last)) for event in events]


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
