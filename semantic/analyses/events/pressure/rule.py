"""The counting rule of contact pressure in words, with one sentence for each option."""

from __future__ import annotations

from semantic.analyses.events.channels import event_rules, split_rule
from semantic.analyses.events.pressure.question import Pressure
from semantic.analyses.events.pressure.weeks import whole_weeks
from semantic.analyses.events.read import PlannedEvents
from semantic.model.definitions import Granularity, TypeKind
from semantic.query.describe import describe_range, join_words, lower_first


def pressure_rule(pressure: Pressure, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences of the counting rule of contact pressure, most important first."""
    subject = pressure.population.subject.replace("_", " ")
    labels = [lower_first(leg.label) for leg in planned.legs[: pressure.count]]
    what = join_words(labels) if pressure.channels.split is None else f"{len(labels)} channels"
    first, end = whole_weeks(planned)
    days = describe_range(first, end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    starts = planned.legs[0].asked.calendar.week_start.capitalize()
    messages = "message" if pressure.limit == 1 else "messages"
    sentences = [
        f"Each {subject}'s messages in a week are added up: {what}.",
        f"One {subject}-week is a week in which one {subject} gets a message. Weeks without one don't count.",
        f"Weeks begin on {starts}. Only whole weeks in the period count: {days}.",
        *split_rule(pressure.channels.split, planned),
        *event_rules(planned, pressure.channels.split),
        f"A week is above the limit if it has more than {pressure.limit} {messages}.",
    ]
    if pressure.then is not None and pressure.within is not None:
        sentences += _then(pressure, planned, subject)
    sentences.append(f"Events with no {subject} don't count.")
    return tuple(sentences)


def _then(pressure: Pressure, planned: PlannedEvents, subject: str) -> list[str]:
    assert pressure.within is not None
    label = lower_first(planned.legs[-1].label)
    hours = " (24 hours each)" if pressure.within.unit is Granularity.DAY else ""
    sentences = [
        f"What follows ({label}) counts within {pressure.within.words}{hours} of the week's first message, even"
        " between two messages. It can count for two weeks.",
        "Weeks for which that time isn't over yet are left out of its shares.",
        f"Intervals count each {subject} once, because weeks of the same {subject} aren't independent.",
    ]
    if planned.moments is TypeKind.DATE:
        late = next((leg.label for leg in planned.legs if leg.kind is TypeKind.DATE), None)
        why = f", because the event {late} has no time of day" if late is not None else ""
        sentences.append(f"Events are compared by day{why}. On the same day, messages come first.")
    return sentences
