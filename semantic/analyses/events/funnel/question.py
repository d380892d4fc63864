"""Funnels: how many subjects did the first step, how many the first and second, and so on.

A try begins with a row of the first step. Each next step is the first such event after the previous step. Each subject
counts once, by its first try or by the try that got furthest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from semantic.analyses.events.asked import Attribute, Event, Population, Reads, narrowed_event
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity, Span
from semantic.query.query import DATE, Breakdown, Filter

MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `within` is the longest time allowed since the previous step."""

    event: Event
    within: Span | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An event that ends a try if it happens between the steps `after` and `before`, which are counted from 1."""

    event: Event
    after: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """The question of a funnel. A try is one pass through the steps.

    `order`: with `loose`, other events can come between two steps. With `strict`, no other event of the funnel and no
    row of `among` can. With `any`, the steps can be done in any order, and any of them can start a try.

    `attempt`: each subject counts by its first try, or by its best one, which is the one that got furthest.

    `within`: the longest time from the start of a try to a step.

    `exclude`: events that end a try.

    `hold`: all steps of a try have the same value of this breakdown.

    `by`: tries are broken down by the value at the first step, the last one reached, or a given step (`by_step`).

    `over`: tries are counted in the period in which they begin.

    `once`: each subject counts once overall or, with `each`, once in each period of `over`.
    """

    population: Population
    steps: tuple[Step, ...]
    order: Literal["loose", "strict", "any"] = "loose"
    attempt: Literal["first", "best"] = "first"
    within: Span | None = None
    exclude: tuple[Exclusion, ...] = ()
    among: Event | None = None
    hold: Breakdown | None = None
    by: Breakdown | None = None
    by_step: Literal["first", "last"] | int = "first"
    over: Granularity | None = None
    once: Literal["overall", "each"] = "overall"

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of the steps, then the excluded events, and then the events that must not come between steps."""
        others = [exclusion.event for exclusion in self.exclude] + ([self.among] if self.among else [])
        return (*(step.event for step in self.steps), *others)


def funnel_reads(funnel: Funnel) -> Reads:
    """Return what a funnel reads: its events, and the attributes for `hold`, `by` and `over`."""
    steps = frozenset(range(len(funnel.steps)))
    begins = steps if funnel.order == "any" else frozenset([0])
    attributes: list[Attribute] = []
    if funnel.hold is not None:
        attributes.append(Attribute(funnel.hold, frozenset(range(len(funnel.events)))))
    if funnel.by is not None:
        of = begins if funnel.by_step == "first" else steps if funnel.by_step == "last" else {funnel.by_step - 1}
        attributes.append(Attribute(funnel.by, frozenset(of)))
    if funnel.over is not None:
        attributes.append(Attribute(Breakdown(DATE, funnel.over), begins))
    return Reads(
        population=funnel.population,
        events=funnel.events,
        begins=begins,
        attributes=tuple(attributes),
        follow=funnel.within,
        held=0 if funnel.hold is not None else None,
    )


def narrowed_funnel(funnel: Funnel, where: Filter) -> Funnel:
    """Return the funnel with an additional filter on its first step, so that fewer tries begin. Raises InvalidQuery."""
    if funnel.order == "any":
        raise InvalidQuery("In any order, a try can begin with any step, so 'sides' can't be told apart by a filter.")
    first, *others = funnel.steps
    return replace(funnel, steps=(replace(first, event=narrowed_event(first.event, where)), *others))


def key_of(funnel: Funnel, what: Literal["by", "over"]) -> str:
    """Return the name of an attribute's column in the counts."""
    return f"k{attribute_of(funnel, what)}"


def attribute_of(funnel: Funnel, what: Literal["by", "over"]) -> int:
    """Return the position of an attribute among all attributes that a funnel reads."""
    place = 1 if funnel.hold is not None else 0
    return place + (1 if what == "over" and funnel.by is not None else 0)
