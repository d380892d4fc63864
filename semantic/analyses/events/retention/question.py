"""Retention: how many subjects who did a first event came back for another, some days, weeks or months later.

Everyone begins once. Periods after that are counted from 1: month 1 is the calendar month after the one of the first
event, or, if periods are rolling, the days from the first event on are cut into equal lengths.
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
    """A cell's periods, from `low` to `high`. Without `high`, all from `low` on."""

    low: int
    high: int | None

    @property
    def needs(self) -> int:
        """The last period that must be over."""
        return self.low if self.high is None else self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The question of retention. `back` is what people come back for; without it, they do the first event again.

    `start` says what someone begins with: their first event `ever`, which must be in the period, or their first in the
    `period`. Cells are of one period each, of `on_or_after` it, or of each of the `brackets`. `over` makes cohorts by
    the period of the first event, and `by` groups by an attribute that this event has. `measure` counts subjects who
    came back, or their events or amounts for each subject who began. `at` is the cell, counted from 1, that the
    sentence and comparisons are about. With `only`, which isn't part of a definition, only those begin whose first
    event passes it.

    With `survives`, the first return is the end, such as a cancellation, and the answer is how many stay. `project` is
    for how many periods after the known ones that is projected.
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
        """The last period that is told apart."""
        return self.brackets[-1][1] if self.brackets else self.periods

    @property
    def back_event(self) -> int:
        """The place of what people come back for among the events read."""
        return 0 if self.back is None else 1

    @property
    def only_event(self) -> int:
        """The place of first events that pass `only` among the events read."""
        return self.back_event + 1


def retention_reads(retention: Retention) -> Reads:
    """Return what retention reads: everything known, because people come back after the period too."""
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
    """Return the same question of those whose first event passes a filter."""
    return replace(retention, only=where)


def attribute_of(retention: Retention, what: Literal["by", "over", "unit"]) -> int:
    """Return the place of an attribute among those that retention reads."""
    names = [name for name in ("by", "over") if getattr(retention, name) is not None]
    return [*names, "unit"].index(what)
