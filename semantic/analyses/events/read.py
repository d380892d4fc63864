"""Plan the rows of an analysis's events under the asking person's policy. Each event is planned as a separate question.

Everything that limits a question therefore limits every event: hidden names, row rules, masks, filters, segments, the
time zone, and the last loaded day (guarantee G9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.analyses.events.asked import Reads
from semantic.analyses.events.instants import days_of
from semantic.errors import GroupTooSmall, InvalidQuery, NoPath, TimeMismatch, UnsafeReaggregation
from semantic.model.definitions import Aggregation, Dataset, DataType, Granularity, Measure, Metric, TypeKind
from semantic.model.entity_keys import entity_columns
from semantic.model.expression import Expression, parse_expression
from semantic.model.join_graph import JoinPath
from semantic.model.policies import MaskKind
from semantic.plan.build import build
from semantic.plan.joins.filters import value_type
from semantic.plan.joins.members import find_member
from semantic.plan.restrict import restrict
from semantic.plan.size import check_size
from semantic.plan.tree.fields import Field, LegKey, prefixes
from semantic.plan.tree.nodes import Leg, Plan
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_day, describe_filters, lower_first
from semantic.query.known_through import NOTHING_LOADED, Loaded, known_through
from semantic.query.periods import as_known
from semantic.query.query import DATE, AllOf, Breakdown, Filter, Query
from semantic.query.resolve import Asked, EntityKey, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLeg:
    """One planned event.

    `leg` has its rows, `adds` has the conditions for a row to count in its measure, and `subject` has the path to the
    subject and the columns of its key.
    """

    label: str
    metric: Metric
    asked: Asked
    plan: Plan
    leg: Leg
    adds: tuple[Expression, ...]
    time: Field
    subject: tuple[JoinPath, tuple[str, ...]]
    amount: Expression | None = None  # the amount that its metric adds up, if the analysis needs it

    @property
    def dataset(self) -> Dataset:
        return self.leg.dataset

    @property
    def kind(self) -> TypeKind:
        """The type of the event's moments."""
        return self.time.dimension.type.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAttribute:
    """An attribute of events: its key in each event and how it's shown. The key is None in events without it."""

    keys: tuple[LegKey | None, ...]  # by event
    type: DataType
    label: str
    dimension: str
    grain: Granularity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEvents:
    """The events of an analysis, ready to be lowered.

    Something can begin in the period [start, end). Rows are read from `since` to before `until`. Data is loaded to
    before `known`, and every event has data from `began` on. `moments` is the type in which moments are compared. It's
    a date if at least one event has no time of day. `smallest` is the minimum number of subjects that a number needs to
    be shown.
    """

    reads: Reads
    legs: tuple[EventLeg, ...]
    carried: tuple[PlannedAttribute, ...]
    start: date | None
    end: date
    since: date | None
    until: date
    known: date
    began: date | None
    moments: TypeKind
    smallest: int
    subject_types: tuple[DataType, ...]
    filters: str
    notes: tuple[str, ...]

    @property
    def time_zone(self) -> str:
        """The time zone that determines when days begin."""
        return self.legs[0].asked.time_zone

    @property
    def sample(self) -> float | None:
        """The share of subjects in the sample. None if all subjects are followed."""
        return self.reads.population.sample

    @property
    def connection(self) -> str:
        """The connection that contains all rows."""
        return self.legs[0].dataset.connection


def plan_events(
    reads: Reads, seen: VisibleModel, *, today: date, loaded: Loaded = NOTHING_LOADED, through: date | None = None
) -> PlannedEvents:
    """Return the plan of every event for one actor. Data from the day `through` on is treated as not loaded.

    Raises QueryError and Refused.
    """
    legs = tuple(_leg(place, reads, seen, today, loaded) for place in range(len(reads.events)))
    _check_connection(legs)
    smallest = _smallest(reads, legs, seen)
    start, end, known, began, notes = _days(legs, today, through)
    since, until = _read_days(reads, start, end, known)
    first = legs[min(reads.begins)]
    types = {
        tuple(_at(leg, seen).columns[name] for name in leg.subject[1]) for leg in legs
    }  # the key can be text in one dataset and a number in another
    if len(types) > 1:
        labels = " and ".join(dict.fromkeys(leg.dataset.label for leg in legs))
        raise NoPath(f"The {_spaced(reads)} has different types in {labels}.", names=(reads.population.subject,))
    return PlannedEvents(
        reads=reads,
        legs=legs,
        carried=tuple(_carried(place, reads, legs, seen) for place in range(len(reads.attributes))),
        start=start,
        end=end,
        since=since,
        until=until,
        known=known,
        began=began,
        moments=_moments(legs),
        smallest=smallest,
        subject_types=types.pop(),
        filters=describe_filters(first.asked) if reads.population.where is not None else "",
        notes=tuple(notes),
    )


def metrics_of(reads: Reads, seen: VisibleModel) -> list[Metric]:
    """Return the metrics of all events. Raises UnknownName."""
    return [seen.metric(event.metric) for event in reads.events]


# One event


def _leg(place: int, reads: Reads, seen: VisibleModel, today: date, loaded: Loaded) -> EventLeg:
    event, people = reads.events[place], reads.population
    metric = seen.metric(event.metric)
    label = event.name or metric.label
    measure = _measure(metric, label, seen)
    dataset = seen.model.datasets[measure.dataset]
    by = [_named(number, reads) for number, attribute in enumerate(reads.attributes) if place in attribute.of]
    parts: list[Filter] = [part for part in (people.where, event.where) if part is not None]
    query = Query(
        metrics=(metric.name,),
        by=tuple(by),
        where=AllOf(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None,
        time=people.time,
        time_zone=people.time_zone,
    )
    asked = resolve(query, seen, today=today, loaded=loaded, tables=f"_per{place}_")
    plan = restrict(build(asked, noted=False), seen)
    check_size(plan)
    leg = next(leg for leg in plan.legs for leaf in leg.leaves if leaf.name == dict(plan.leaves)[metric.name])
    leaf = next(leaf for leaf in leg.leaves if leaf.name == dict(plan.leaves)[metric.name])
    if leg.shared is not None:
        message = f"{label} can't be broken down or filtered this way, because one row can have several values."
        raise UnsafeReaggregation(message, names=(metric.name,))
    assert leg.time is not None
    entity = EntityKey((people.subject,), people.subject, 0)
    words = f"{label} can't be followed by {_spaced(reads)}"
    path, found = find_member(dataset, entity, asked, label, words, is_strict=True)
    joins = tuple(dict.fromkeys([*leg.joins, *prefixes(path)]))
    return EventLeg(
        label=label,
        metric=metric,
        asked=asked,
        plan=plan,
        leg=replace(leg, joins=joins, exchange=None, filled=None),
        adds=tuple(part for part in (leaf.filter, _adding(measure)) if part is not None),
        time=leg.time,
        subject=(path, found.columns),
        amount=_amount(measure, label, leg) if place == reads.valued else None,
    )


def _measure(metric: Metric, label: str, seen: VisibleModel) -> Measure:
    """Return the measure whose rows are the events. Raises InvalidQuery and TimeMismatch."""
    if not metric.is_simple:
        message = f"{label} can't be a step of an analysis, because it is calculated from other metrics."
        raise InvalidQuery(f"{message} Use a metric that counts or adds up rows.")
    measure = seen.model.measure(metric.measure)
    dataset = seen.model.datasets[measure.dataset]
    if measure.over_time is not None or dataset.forward:
        raise InvalidQuery(f"{label} can't be a step of an analysis, because its rows aren't events.")
    time = dataset.dimensions[measure.time] if measure.time else None
    if time is None:
        raise TimeMismatch(f"{label} has no date, so nothing can come before or after it.", names=(metric.name,))
    if seen.hides_dates(time):
        raise TimeMismatch(f"{label} can't be analyzed, because you don't have access to its date.", names=())
    if time.days_grain is not Granularity.DAY:
        message = f"{label} is only known by {time.days_grain.words}, which is too coarse to order events."
        raise TimeMismatch(message, names=(metric.name,))
    return measure


def _adding(measure: Measure) -> Expression | None:
    """Return the condition for the rows that a measure counts. None if it counts all rows."""
    if measure.sql is None:
        return None
    if measure.agg is Aggregation.SUM_BOOLEAN:
        return measure.sql
    return parse_expression(f"({measure.sql.text}) IS NOT NULL")


def _amount(measure: Measure, label: str, leg: Leg) -> Expression:
    """Return the expression that a measure adds up. Raises InvalidQuery."""
    if measure.agg is not Aggregation.SUM or measure.sql is None:
        raise InvalidQuery(f"{label} adds up no amounts. Use a metric that does, such as revenue, or count events.")
    if leg.exchange is not None:
        raise InvalidQuery(f"{label} is in several currencies, which analyses of events can't convert. Count events.")
    return measure.sql


# What events have in common


def _check_connection(legs: Sequence[EventLeg]) -> None:
    if len({leg.dataset.connection for leg in legs}) > 1:
        labels = " and ".join(dict.fromkeys(leg.dataset.label for leg in legs))
        raise NoPath(f"{labels} are in different databases, so their events can't be put in order.", names=())


def _smallest(reads: Reads, legs: Sequence[EventLeg], seen: VisibleModel) -> int:
    """Return the minimum number of subjects that a number needs to be shown.

    Raises GroupTooSmall if the policy counts another entity.
    """
    smallest, model = 0, seen.model
    for need in seen.min_groups:
        if need.entity == reads.population.subject:
            smallest = max(smallest, need.at_least)
        elif any(entity_columns(need.entity, leg.dataset.name, model) for leg in legs):
            thing = need.entity.replace("_", " ")
            message = f"This analysis counts each {_spaced(reads)}, and small groups ({thing}) are hidden from you."
            raise GroupTooSmall(f"{message} Follow each {thing} instead.", names=(need.entity,))
    return smallest


def _days(
    legs: Sequence[EventLeg], today: date, through: date | None
) -> tuple[date | None, date, date, date | None, list[str]]:
    """Return the days of the analysis, and notes on them.

    The days are the start and end of the period, the day after the last loaded day, and the first day on which all
    events have data.
    """
    model, notes = legs[0].asked.visible.model, list[str]()
    asked_days = legs[0].asked.asked_days
    lasts = [known_through(leg.metric, model, leg.asked.asking) for leg in legs]
    last = min([day for day in lasts if day is not None], default=None)
    whole = as_known(replace(asked_days, end=None), last, today) if last is not None else asked_days
    known = whole.end if last is not None and whole.end is not None else today + timedelta(days=1)
    known = min(known, through) if through is not None else known
    end = min(asked_days.end, known) if asked_days.end is not None else known
    start, began = asked_days.start, None
    for dataset in dict.fromkeys(leg.dataset.name for leg in legs):
        begins = model.datasets[dataset].begins
        began = max(filter(None, (began, begins)), default=None)
        if begins is not None and (start is None or start < begins):
            label = model.datasets[dataset].label
            notes.append(f"Data of {lower_first(label)} begins on {describe_day(begins)}, so nothing earlier is known.")
    return start, max(end, start) if start is not None else end, known, began, notes


def _read_days(reads: Reads, start: date | None, end: date, known: date) -> tuple[date | None, date]:
    """Return the days whose rows are read: the days of the period, and the days before or after it that are needed."""
    if not reads.looks_back:
        until = known if reads.follow is None else min(known, end + days_of(reads.follow))
        return None if reads.earlier else start, max(end, until)
    if start is None or reads.follow is None or start - date.min < days_of(reads.follow):
        return None, end
    return start - days_of(reads.follow), end


def _moments(legs: Sequence[EventLeg]) -> TypeKind:
    """Return the type in which moments are compared: the common type of all events or, if they differ, a date."""
    kinds = {leg.kind for leg in legs}
    return kinds.pop() if len(kinds) == 1 else TypeKind.DATE


def _carried(place: int, reads: Reads, legs: Sequence[EventLeg], seen: VisibleModel) -> PlannedAttribute:
    attribute = reads.attributes[place]
    name = _named(place, reads).name
    keys = tuple(
        next(key for key in leg.leg.keys if key.name == name) if event in attribute.of else None
        for event, leg in enumerate(legs)
    )
    found = next(key for key in keys if key is not None)
    dimension, mask = found.field.dimension, found.field.mask
    if place == reads.held and mask is not None and mask.kind is MaskKind.NULL:
        raise InvalidQuery(
            f"Steps can't be held to the same {dimension.label}, because its values are hidden from you."
        )
    if found.by_clock or found.part is not None or found.calendar is not None:
        raise InvalidQuery("Events can be broken down by days or longer periods. Use day, week or month.")
    kinds = {value_type(key.field.dimension, key.field.mask) for key in keys if key is not None}
    if len(kinds) > 1:
        raise InvalidQuery(f"{dimension.label} has different types in the events' data.")
    is_own_date = attribute.breakdown.dim == DATE
    return PlannedAttribute(
        keys=keys,
        type=kinds.pop(),
        label="Date" if is_own_date else dimension.label,
        dimension="" if is_own_date or mask is not None else dimension.name,
        grain=found.grain,
    )


def _named(place: int, reads: Reads) -> Breakdown:
    """Return the breakdown of an attribute with a unique name."""
    return replace(reads.attributes[place].breakdown, name=f"_a{place}")


def _at(leg: EventLeg, seen: VisibleModel) -> Dataset:
    """Return the dataset that contains the subject's key."""
    path = leg.subject[0]
    return seen.model.datasets[path[-1].target] if path else leg.dataset


def _spaced(reads: Reads) -> str:
    return reads.population.subject.replace("_", " ")
