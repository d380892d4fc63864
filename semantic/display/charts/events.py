"""Annotations on a chart over time: the place of each, which are too close to be labelled, and all of them in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from semantic.annotations.annotation import Annotation
from semantic.display.charts.figures.frame import Event, broken, pixels, safe
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_range
from semantic.query.periods import shift

WIDTH, APART, LONGEST = 300, 76, 150  # pixels: a narrow plot, the minimum between two labels, the maximum for one


def on_days(annotations: Sequence[Annotation], spine: Sequence[date], grain: Granularity | None) -> list[Annotation]:
    """Those within the periods of an axis, by first day, then by text."""
    first, last = _day(spine[0]), _day(spine[-1])
    if grain is not None and not grain.is_clock:
        last = shift(last, grain, 1) - timedelta(days=1)  # the last period has days after its first
    inside = [annotation for annotation in annotations if annotation.first <= last and annotation.last >= first]
    return sorted(inside, key=lambda annotation: (annotation.first, annotation.last, annotation.text))


def events_of(annotations: Sequence[Annotation], spine: Sequence[date], grain: Granularity | None) -> list[Event]:
    """The marks to draw: one for those too close to be labelled separately. Those after the first day of the last
    period are at its point, where the axis ends."""
    first, last = _day(spine[0]), _day(spine[-1])
    span = max((last - first).days, 1)
    groups: list[list[Annotation]] = []
    for annotation in on_days(annotations, spine, grain):
        start = min(max(annotation.first, first), last)
        near = bool(groups) and (start - _start(groups[-1], first, last)).days / span * WIDTH < APART
        groups[-1].append(annotation) if near else groups.append([annotation])
    starts = [_start(group, first, last) for group in groups]
    gaps = [(after - before).days / span * WIDTH for before, after in pairwise(starts)]
    events: list[Event] = []
    for place, (group, start) in enumerate(zip(groups, starts, strict=True)):
        room = min([LONGEST, *gaps[max(0, place - 1) : place + 1]]) - 6
        annotation, alone = group[0], len(group) == 1
        left = (start - first).days / span * WIDTH
        lines = broken(annotation.text, room) if alone else (f"{len(group)} events",)
        if alone and (over := _beyond(lines, left)):
            lines = broken(annotation.text, room - over)
        end = min(annotation.last, last) if alone else start
        hover = "<br>".join(safe(words_of(annotation)) for annotation in group)
        is_earlier = all(annotation.first < first for annotation in group)
        events.append(Event(lines, start, end, hover, is_earlier, _beyond(lines, left)))
    return events


def _beyond(lines: Sequence[str], left: float) -> float:
    """How far a label centred on its mark would extend beyond the left edge of a phone."""
    # Labels at the ends of lines take a third of the plot.
    return max(0.0, max(map(pixels, lines)) / 2 - left * 2 / 3 - 20)


def _start(group: Sequence[Annotation], first: date, last: date) -> date:
    """Where a group's mark is: where the first one that begins on the axis begins."""
    begun = [annotation.first for annotation in group if annotation.first >= first]
    return min([last, *begun]) if begun else first


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
