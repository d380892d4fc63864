"""Annotations: dated remarks about an answer's days that this person can see.

Ordinary questions read them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from semantic.errors import UnknownName
from semantic.model.annotations import AnnotationSource
from semantic.policy.narrow import VisibleModel
from semantic.query.member_labels import label_of
from semantic.query.query import (
    AllOf,
    AnyOf,
    Breakdown,
    Condition,
    Filter,
    Operator,
    Order,
    Query,
)
from semantic.results.result import Result

MOST = 500
"""Remarks read for one answer, the latest first."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One remark, with its first and last day, both included.

    `about` is the remark's subject, or "" for everything.

    `id` is the ID of a remark that a person wrote, or "" for remarks from a dataset.
    """

    first: date
    last: date
    text: str
    kind: str = ""
    about: str = ""
    id: str = ""


def annotation_questions(shown: Result, visible: VisibleModel) -> Iterator[tuple[AnnotationSource, Query]]:
    """Yield the questions that read the remarks about an answer.

    Sources that this person can't see completely are omitted.

    A remark about a hidden member could reveal the member, so a hidden dimension hides the whole source.
    """
    metrics = [column.metric for column in shown.values if column.metric is not None]
    for source in visible.model.annotations.values():
        if not any(source.metrics.holds(metric) for metric in metrics) or not _is_visible(source, visible):
            continue
        yield source, _question(source, shown)


def _is_visible(source: AnnotationSource, visible: VisibleModel) -> bool:
    if not visible.shows_fact(source.dataset):
        return False
    try:
        dimensions = [visible.dimension(name)[0] for name in source.dimensions]
    except UnknownName:
        return False
    return all(visible.mask(dimension.name) is None for dimension in dimensions)


def _question(source: AnnotationSource, shown: Result) -> Query:
    """Return the question that reads all remarks overlapping an answer's days, with their subjects."""
    starts, ends = source.starts, source.ends or source.starts
    parts: list[Filter] = []
    end = shown.period.whole_end
    if end is not None:
        parts.append(Condition(starts, Operator.AT_MOST, ((end - timedelta(days=1)).isoformat(),)))
    if shown.period.start is not None:
        since = (shown.period.start.isoformat(),)
        lasted = Condition(ends, Operator.AT_LEAST, since)
        at_once = AllOf((Condition(ends, Operator.IN, (None,)), Condition(starts, Operator.AT_LEAST, since)))
        parts.append(AnyOf((lasted, at_once)) if source.ends else lasted)
    days = [Breakdown(one) for one in dict.fromkeys((starts, ends))]
    return Query(
        by=(
            Breakdown(source.text),
            *days,
            *(Breakdown(dimension) for dimension in (source.kind, *source.concerns) if dimension),
        ),
        where=AllOf(tuple(parts)) if parts else None,
        order=(Order(starts, desc=True),),
        limit=MOST,
        time_zone=shown.query.time_zone,
    )


def read_annotations(source: AnnotationSource, result: Result, shown: Result) -> list[Annotation]:
    """Return the remarks in a source's rows, except those that the answer's own filters exclude."""
    chosen = {concern: _values(shown.query.where, concern) for concern in source.concerns}
    labels = {column.name: column.labels for column in result.columns}
    notes: list[Annotation] = []
    for row in result.rows():
        text, first = row[source.text], row[source.starts]
        last = row[source.ends] if source.ends else None
        about = {concern: row[concern] for concern in source.concerns if row[concern] is not None}
        if (
            not isinstance(first, date)
            or not text
            or any(not _is_chosen(chosen[concern], it) for concern, it in about.items())
        ):
            continue
        kind = str(row[source.kind] or "") if source.kind else ""
        said = ", ".join(label_of(value, labels[name]) or str(value) for name, value in about.items())
        notes.append(
            Annotation(first, last if isinstance(last, date) and last > first else first, str(text), kind, said)
        )
    return sorted(notes, key=lambda note: (note.first, note.last, note.text))


def is_let_in(where: Filter | None, dimension: str, member: Hashable) -> bool:
    """Whether a question's filters include a member of a dimension. Only lists of values are considered."""
    return _is_chosen(_values(where, dimension), member)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The members of a dimension that a question's filters include, without those they exclude.

    None means that all members are included.
    """

    only: frozenset[Hashable] | None
    without: frozenset[Hashable]


def _values(where: Filter | None, dimension: str) -> _Chosen:
    """Return the members that a question's lists of values include and exclude. Other conditions are ignored."""
    parts = where.parts if isinstance(where, AllOf) else (where,)
    mine = [part for part in parts if isinstance(part, Condition) and part.dim == dimension]
    only: frozenset[Hashable] | None = None
    without: frozenset[Hashable] = frozenset()
    for part in mine:
        values = frozenset[Hashable](part.values)
        if part.op is Operator.IN:
            only = values if only is None else only & values
        elif part.op is Operator.NOT_IN:
            without |= values
    return _Chosen(only, without)


def _is_chosen(chosen: _Chosen, value: object) -> bool:
    return (chosen.only is None or value in chosen.only) and value not in chosen.without
