"""The counting rule of retention in words.

Each option has its own sentence, so that numbers with different rules read differently.
"""

from __future__ import annotations

from datetime import timedelta

from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.retention.question import Retention, attribute_of
from semantic.model.definitions import Granularity, TypeKind
from semantic.query.describe import describe_day, describe_range, lower_first

ONE = timedelta(days=1)


def retention_rule(retention: Retention, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences of retention's counting rule, most important first."""
    subject = retention.population.subject.replace("_", " ")
    first, back = planned.legs[0].label, planned.legs[retention.back_event].label
    sentences = [_start(retention, planned, subject, first)]
    if retention.survives:
        return (*sentences, *_survival(retention, planned, subject, back))
    sentences.append(
        "Coming back means having another one later."
        if retention.back is None
        else f"Coming back means {back} after that."
    )
    sentences += [_periods(retention), _cells(retention, subject)]
    if retention.measure != "subjects":
        what = lower_first(back) if retention.measure == "amount" else f"events of {back}"
        sentences.append(
            f"Numbers are averages: {what} for each {subject} who began, including those who didn't come back."
        )
    ended = f"Only {retention.unit.words}s that were over by the end of {describe_day(planned.known - ONE)} count"
    sentences.append(f"{ended}, each for those who began early enough to complete it.")
    if retention.over is not None:
        what = f"Cohorts are grouped by the {retention.over.words} of the first event."
        sentences.append(f"{what} A cell is empty until its {retention.unit.words} is over for everyone in the cohort.")
    sentences += _by(retention, planned)
    sentences.append(
        "The time until the first return includes those who haven't come back yet, for as long as they were followed "
        "(Kaplan-Meier, with Greenwood's 95% interval)."
    )
    sentences.append(_ties(planned))
    sentences.append(f"Events with no {subject} don't count.")
    return tuple(sentences)


def _by(retention: Retention, planned: PlannedEvents) -> list[str]:
    if retention.by is None:
        return []
    label = planned.carried[attribute_of(retention, "by")].label
    same = "on one day" if planned.moments is TypeKind.DATE else "at one moment"
    return [f"{label} is taken from the first event. Of several {same}, the one with the smallest key counts."]


def _survival(retention: Retention, planned: PlannedEvents, subject: str, back: str) -> list[str]:
    """Return sentences on how survival is counted and what the projection assumes."""
    unit = retention.unit.words
    known = describe_day(planned.known - ONE)
    sentences = [
        f"Leaving means the first event of {back} after that. Those who begin again later have still left.",
        _periods(retention),
        f"Only {unit}s that were over by the end of {known} count. Those who haven't left yet count for as long as they"
        " were followed (Kaplan-Meier, with Greenwood's 95% interval).",
        *_by(retention, planned),
    ]
    if retention.project:
        sentences += [
            "The projection is a shifted beta-geometric model (Fader and Hardie, 2007), fitted to the known"
            f" {unit}s: each person has their own probability of leaving, which doesn't change.",
            "It continues from the last known share. If the model is right, the fitted curve is within the band with "
            "95% probability. The band doesn't include later changes, such as new prices.",
        ]
    return [*sentences, _ties(planned, "leaving"), f"Events with no {subject} don't count."]


def _start(retention: Retention, planned: PlannedEvents, subject: str, first: str) -> str:
    days = describe_range(planned.start, planned.end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    if retention.start == "period":
        return f"Each {subject} begins once, with their first event of {first} in the period, {days}."
    known = f"Each {subject} begins once, with their first event of {first} in all known data"
    return f"{known}." if planned.start is None else f"{known}, if that is in the period, {days}."


def _periods(retention: Retention) -> str:
    unit = retention.unit.words
    if retention.clock == "rolling":
        hours = "24 hours" if retention.unit is Granularity.DAY else "7 days"
        return f"{unit.title()}s are rolling: {unit} 1 begins {hours} after the first event and lasts {hours}."
    return f"{unit.title()}s are calendar {unit}s: {unit} 1 is the {unit} after the one with the first event."


def _cells(retention: Retention, subject: str) -> str:
    unit = retention.unit.words
    if retention.brackets:
        return f"Each {subject} counts once in each range of {unit}s."
    if retention.count == "on":
        return f"Each {subject} counts in each {unit} with a return."
    return (
        f"Each {subject} counts in a {unit} with a return in it or in any later one that is known. "
        "Those who began earlier had more time to come back."
    )


def _ties(planned: PlannedEvents, what: str = "a return") -> str:
    same = "on the same day" if planned.moments is TypeKind.DATE else "at the same moment"
    sentence = f"What happens {same} as the first event isn't {what}."
    if planned.moments is TypeKind.DATE and len({leg.kind for leg in planned.legs}) > 1:
        late = next(leg.label for leg in planned.legs if leg.kind is TypeKind.DATE)
        return f"Events are compared by day, because the event {late} has no time of day. {sentence}"
    return sentence
