"""The counting rule of retention in words: a sentence for each choice, so that numbers that count differently read
differently."""

from __future__ import annotations

from datetime import timedelta

from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.retention.question import Retention, attribute_of
from semantic.model.definitions import Granularity, TypeKind
from semantic.query.describe import describe_day, describe_range, lower_first

ONE = timedelta(days=1)


def retention_rule(retention: Retention, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences, the most important first."""
    subject = retention.population.subject.replace("_", " ")
    first = lower_first(planned.legs[0].label)
    back = lower_first(planned.legs[retention.back_event].label)
    sentences = [_start(retention, planned, subject, first)]
    later = "again after that" if retention.back is None else f"{back} after that"
    sentences.append(f"Coming back means {first if retention.back is None else ''} {later}.".replace("  ", " "))
    sentences += [_periods(retention, first), _cells(retention, subject)]
    sentences.append(f"A {retention.unit.words} counts once it's over and known, through {_known(planned)}.")
    sentences.append(f"Each share is of those whose first event is long enough ago, not of every {subject}.")
    if retention.over is not None:
        what = f"Cohorts are by the {retention.over.words} of the first event"
        sentences.append(f"{what}, and a cell is empty until it's over for everyone in the cohort.")
    if retention.by is not None:
        label = planned.carried[attribute_of(retention, "by")].label
        sentences.append(f"{label} is that of the first event.")
    if retention.measure != "subjects":
        what = f"{back}" if retention.measure == "amount" else f"times of {back}"
        sentences.append(f"Numbers are {what} for each {subject} who began, also those who didn't come back.")
    sentences.append(
        "The time until the first return counts those who haven't come back for as long as they are known "
        "(Kaplan-Meier), with Greenwood's 95% interval."
    )
    sentences.append(_ties(retention, planned))
    sentences.append(f"Events without a {subject} don't count.")
    return tuple(sentences)


def _start(retention: Retention, planned: PlannedEvents, subject: str, first: str) -> str:
    days = describe_range(planned.start, planned.end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    if retention.start == "period":
        return f"Each {subject} begins once, with the first {first} in the period, {days}."
    if planned.start is None:
        return f"Each {subject} begins once, with the first {first} ever known."
    return f"Each {subject} begins once, with the first {first} ever known, if that is in the period, {days}."


def _periods(retention: Retention, first: str) -> str:
    unit = retention.unit.words
    if retention.clock == "rolling":
        hours = "24 hours" if retention.unit is Granularity.DAY else "7 days"
        return f"{unit.title()}s are rolling: {unit} 1 begins {hours} after the first {first} and lasts {hours}."
    return f"{unit.title()}s are those of the calendar: {unit} 1 is the {unit} after that of the first {first}."


def _cells(retention: Retention, subject: str) -> str:
    unit = retention.unit.words
    if retention.brackets:
        return f"A {subject} counts once for all {unit}s of a range."
    if retention.count == "on":
        return f"A {subject} counts in each {unit} with a return."
    return (
        f"A {subject} counts in a {unit} with a return in it or later, as far as is known. "
        "Those who began earlier had more time to come back."
    )


def _known(planned: PlannedEvents) -> str:
    return describe_day(planned.known - ONE)


def _ties(retention: Retention, planned: PlannedEvents) -> str:
    if planned.moments is TypeKind.DATE and len({leg.kind for leg in planned.legs}) > 1:
        late = next(leg.label for leg in planned.legs if leg.kind is TypeKind.DATE)
        return f"Events are compared by day, because {lower_first(late)} has no time of day."
    unit = "day" if planned.moments is TypeKind.DATE else "moment"
    if retention.back is None:
        return f"Of several events at the same {unit}, the one with the smallest key is the first."
    return f"A return at the same {unit} as the first event counts as later."
