"""The parts that every analysis of events has in common: its subjects, its events, and its days."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from semantic.model.definitions import Span
from semantic.query.query import AllOf, Breakdown, Comparison, Filter, Period, Query
from semantic.results.digests import ADDED

MOST_EVENTS = 20
"""The most events in one analysis."""
SAMPLES = (0.1, 0.01)
"""The shares of subjects that a sample can have. The larger sample contains the smaller one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One kind of event: the rows that a metric counts and that pass the filter `where`.

    `name` is the name on screen. By default, it's the metric's label.
    """

    metric: str
    where: Filter | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class PartOf:
    """The subjects in one part of another analysis, such as those who reached one step of a funnel but not the next.

    Both fields are JSON text, so that questions can be compared and stored. `semantic.analyses.events.sets` parses
    them.
    """

    analysis: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two groups of subjects to compare: those in a set, or those whose first event passes `where`."""

    name: str
    where: Filter | None = None
    of: PartOf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The subjects whose events are analyzed, and the period.

    `subject` is an entity of the model, such as a visitor. `where` applies to the rows of every event. `time` is the
    period of the events that begin something, such as a funnel. Events that follow can be later. The time zone and the
    first day of the week default to the model's.

    `sample` is the share of subjects that are followed, one of SAMPLES, or None for all of them. With `of`, only the
    subjects in a part of another analysis count, with all their events. `compare` is the comparison period, as in
    questions. `sides`, two or none, are compared instead of counting all subjects together.
    """

    subject: str
    where: Filter | None = None
    time: Period | None = None
    time_zone: str | None = None
    sample: float | None = None
    of: PartOf | None = None
    compare: Comparison | None = field(default=None, metadata={ADDED: True})
    sides: tuple[Side, ...] = field(default=(), metadata={ADDED: True})


@dataclass(frozen=True, slots=True)
class Attribute:
    """A breakdown whose value is read together with the rows of certain events. `of` has these events' positions."""

    breakdown: Breakdown
    of: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What an analysis reads: its events in order, and the values that are read with their rows.

    A row is read once, even if it belongs to several events. `begins` has the positions of the events that can begin
    something. Only these must be in the period. Rows are read until `follow` after the period. If `follow` is None,
    they are read until the data ends. With `looks_back`, rows before the period are read instead, in the same way. With
    `earlier`, all rows before the period are read too. Rows without a value for the attribute at the position `held`
    aren't read. Rows of the event `valued` have the amount that its metric adds up. Rows of the event `last` come after
    all other rows at the same moment.
    """

    population: Population
    events: tuple[Event, ...]
    begins: frozenset[int]
    attributes: tuple[Attribute, ...] = ()
    follow: Span | None = None
    held: int | None = None
    earlier: bool = False
    valued: int | None = None
    looks_back: bool = False
    last: int | None = None


def narrowed_event(event: Event, where: Filter) -> Event:
    """Return the event with an additional filter."""
    return replace(event, where=where if event.where is None else AllOf((event.where, where)))


def names_in(reads: Reads) -> Query:
    """Return a question with the metrics, breakdowns and filters that an analysis uses. It's never run."""
    filters = [reads.population.where, *(event.where for event in reads.events)]
    parts = tuple(part for part in filters if part is not None)
    return Query(
        metrics=tuple(dict.fromkeys(event.metric for event in reads.events)),
        by=tuple(attribute.breakdown for attribute in reads.attributes),
        where=AllOf(parts) if parts else None,
    )


def plural(subject: str) -> str:
    """Return the plural of a subject's name: `people`.

    >>> plural("member"), plural("company"), plural("person"), plural("user_journey")
    ('members', 'companies', 'people', 'user journeys')
    """
    text = subject.replace("_", " ")
    if text == "person" or text.endswith(" person"):
        return f"{text.removesuffix('person')}people"
    if text.endswith("y") and text[-2:-1] not in "aeiou":
        return f"{text[:-1]}ies"
    return f"{text}es" if text.endswith(("s", "x", "ch", "sh")) else f"{text}s"
