"""Retention: how many subjects with a first event came back for another one, some days, weeks or months later.

Each subject begins once. The periods after that are counted from 1: month 1 is the calendar month after the month of
the first event. Rolling periods have equal lengths, counted from the first event.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from semantic.analyses.events.asked import Attribute, Event, Population, Reads, narrowed_event
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Filter
from semantic.results.digests import ADDED

MOST_PERIODS, MOST_BRACKETS = 120, 20
Measured = Literal["subjects", "events", "amount"]


@dataclass(frozen=True, slots=True)
class Slot:
    """The periods of a cell, from `low` to `high`. If `high` is None, the cell has all periods from `low` on."""

    low: int
    high: int | None

    @property
    def needs(self) -> int:
        """The last period that must be over before the cell can have a number."""
        return self.low if self.high is None else self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The question of retention. `back` is the return event, by default the first event again.

    `start` is the event that a subject begins with: its first event `ever`, which must be in the period, or its first
    event in the `period`. A cell covers one period, one of the `brackets` or, with `on_or_after`, a period and all
    later ones. `over` makes cohorts by the period of the first event, and `by` makes groups by an attribute of that
    event. `measure` is the number of subjects who came back, or their events or amounts per subject who began. `at` is
    the cell, counted from 1, for the sentence and for comparisons. `only` is a filter on first events that isn't part
    of a definition.

    With `survives`, the first return is an end, such as a cancellation, and the answer is how many subjects stay.
    `project` is the number of periods to project after the known ones.
    """

    population: Population
    first: Event
    back: Event | None = None
    start: Literal["ever", "period"] = "ever"
    unit: Granularity = Granularity.MONTH
    clock: Literal["calendar", "rolling"] = "calendar"
    count: Literal["on", "on_or_after"] = "on"
    periods: int = 12
    brackets: tuple[tuple[int, int], ...] = ()
    over: Granularity | None = None
    by: Breakdown | None = None
    measure: Measured = "subjects"
    at: int = 1
    only: Filter | None = field(default=None, metadata={ADDED: True})
    survives: bool = field(default=False, metadata={ADDED: True})
    project: int = field(default=0, metadata={ADDED: True})

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The cells of a cohort, in order."""
        if self.brackets:
            return tuple(Slot(low, high) for low, high in self.brackets)
        is_on = self.count == "on"
        return tuple(Slot(period, period if is_on else None) for period in range(1, self.periods + 1))

    @property
    def last(self) -> int:
        """The number of the last period that is shown separately."""
        return self.brackets[-1][1] if self.brackets else self.periods

    @property
    def back_event(self) -> int:
        """The position of the return event among the events that are read."""
        return 0 if self.back is None else 1

    @property
    def only_event(self) -> int:
        """The position of the first events that pass `only`, among the events that are read."""
        return self.back_event + 1


def retention_reads(retention: Retention) -> Reads:
    """Return what retention reads, including all loaded rows after the first events.

    Subjects can come back after the period.
    """
    events = (retention.first,) if retention.back is None else (retention.first, retention.back)
    if retention.only is not None:
        events = (*events, narrowed_event(retention.first, retention.only))
    attributes: list[Attribute] = []
    if retention.by is not None:
        attributes.append(Attribute(retention.by, frozenset([0])))
    if retention.over is not None:
        attributes.append(Attribute(Breakdown(DATE, retention.over), frozenset([0])))
    if retention.clock == "calendar":
        attributes.append(Attribute(Breakdown(DATE, retention.unit), frozenset(range(len(events)))))
    return Reads(
        population=retention.population,
        events=events,
        begins=frozenset([0]),
        attributes=tuple(attributes),
        earlier=retention.start == "ever",
        valued=retention.back_event if retention.measure == "amount" else None,
    )


def narrowed_retention(retention: Retention, where: Filter) -> Retention:
    """Return the same question for only those subjects whose first event passes a filter."""
    return replace(retention, only=where)


def attribute_of(retention: Retention, what: Literal["by", "over", "unit"]) -> int:
    """Return the position of an attribute among all attributes that retention reads."""
    names = [name for name in ("by", "over") if getattr(retention, name) is not None]
    return [*names, "unit"].index(what)
