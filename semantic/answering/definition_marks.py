"""Find definition changes that fall within an answer's dates, and mark them on its chart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from semantic.annotations.annotation import Annotation
from semantic.results.result import Result
from semantic.store.certifications.changes import DefinitionChange

FindChanges = Callable[[Iterable[str]], Sequence[DefinitionChange]]
"""A function that returns when the definitions of the given metrics changed. It runs no query."""
DayOf = Callable[[datetime], date]
"""A function that returns the day of an instant in the model's time zone."""


def changes_within(shown: Result, find: FindChanges, day_of: DayOf) -> list[DefinitionChange]:
    """Return the changes, after an answer's first day, to definitions that the answer uses."""
    metrics = {column.metric.name for column in shown.values if column.metric is not None}
    if not metrics:
        return []
    start = shown.period.start
    return [change for change in find(sorted(metrics)) if start is None or start < day_of(change.at)]


def definition_marks(shown: Result, changes: Iterable[DefinitionChange], day_of: DayOf) -> list[Annotation]:
    """Return a mark for each day of an answer on which the definition of one of its metrics changed."""
    end = shown.period.whole_end
    labels = {column.metric.name: column.metric.label for column in shown.values if column.metric is not None}
    by_day: dict[date, list[str]] = {}
    for change in changes:
        day = day_of(change.at)
        if end is None or day < end:
            by_day.setdefault(day, []).append(labels[change.metric] or change.metric)
    return [
        Annotation(day, day, "Definition changed", "definition", ", ".join(dict.fromkeys(names)))
        for day, names in sorted(by_day.items())
    ]
