"""The counting rule of a funnel in words.

Each option has its own sentence, so that funnels with different rules read differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from semantic.analyses.events.funnel.question import Funnel
from semantic.analyses.events.read import PlannedEvents
from semantic.model.definitions import Granularity, TypeKind
from semantic.query.describe import describe_day, describe_range, join_words, lower_first

ONE = timedelta(days=1)
_ORDERS = {"loose": "in this order", "strict": "in this order, with nothing in between", "any": "in any order"}


def funnel_rule(funnel: Funnel, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences of a funnel's counting rule, most important first."""
    labels = [leg.label for leg in planned.legs]
    subject = funnel.population.subject.replace("_", " ")
    steps = len(funnel.steps)
    sentences = [f"Each {subject} counts once{_each(funnel)}. Steps count {_ORDERS[funnel.order]}{_within(funnel)}."]
    sentences.append(_attempt(funnel))
    if funnel.order == "loose":
        sentences.append("Other events can come between two steps.")
    elif funnel.order == "strict":
        what = ["step", *([f"event of {labels[-1]}"] if funnel.among is not None else [])]
        what += ["excluded event"] if funnel.exclude else []
        sentences.append(f"No other {join_words(what, 'or')} can come between two steps.")
    else:
        sentences.append("A step counts once every step listed before it is done too.")
    sentences += [
        f"{labels[place]} counts only within {step.within.words} of the previous step."
        for place, step in enumerate(funnel.steps)
        if step.within is not None
    ]
    for place, exclusion in enumerate(funnel.exclude, start=steps):
        whole = (exclusion.after, exclusion.before) == (1, steps)
        between = "" if whole else f" between {labels[exclusion.after - 1]} and {labels[exclusion.before - 1]}"
        sentences.append(f"A try ends when {lower_first(labels[place])} happens{between}.")
    sentences += _attributes(funnel, planned, labels)
    sentences.append(_days(planned, steps))
    sentences.append(_ties(planned))
    sentences.append(f"Events with no {subject} don't count.")
    return tuple(sentences)


def _each(funnel: Funnel) -> str:
    return f" in each {funnel.over.words}" if funnel.once == "each" and funnel.over is not None else ""


def _within(funnel: Funnel) -> str:
    if funnel.within is None:
        return ", with no time limit"
    hours = " (24 hours each)" if funnel.within.unit is Granularity.DAY else ""
    return f", within {funnel.within.words}{hours} of the start of a try"


def _attempt(funnel: Funnel) -> str:
    if funnel.attempt == "first":
        start = "whichever step comes first" if funnel.order == "any" else "the first step"
        return f"Only the first try{_each(funnel) or ' in the period'} counts. It begins with {start}."
    start = "Any step" if funnel.order == "any" else "Each first step"
    furthest = f"The try that got furthest{_each(funnel)} counts"
    return f"{start} begins a try. {furthest}, or the earliest of those that got equally far."


def _attributes(funnel: Funnel, planned: PlannedEvents, labels: Sequence[str]) -> list[str]:
    sentences: list[str] = []
    if funnel.hold is not None:
        label = lower_first(planned.carried[0].label)
        sentences.append(f"All steps must have the same {label}. Events without one don't count.")
    if funnel.by is not None:
        label = planned.carried[1 if funnel.hold is not None else 0].label
        of = {"first": "the first step", "last": "the last step reached"}.get(str(funnel.by_step))
        sentences.append(f"{label} is taken from {of or labels[int(funnel.by_step) - 1]}.")
    if funnel.over is not None:
        sentences.append(f"Tries count in the {funnel.over.words} in which they began.")
    return sentences


def _days(planned: PlannedEvents, steps: int) -> str:
    days = describe_range(planned.start, planned.end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    if planned.end >= planned.until:
        return f"{'Both' if steps == 2 else f'All {steps}'} steps must be in the period, {days}."
    return f"Tries begin in the period, {days}, and later steps count through {describe_day(planned.until - ONE)}."


def _ties(planned: PlannedEvents) -> str:
    if planned.moments is TypeKind.DATE and len({leg.kind for leg in planned.legs}) > 1:
        late = next(leg.label for leg in planned.legs if leg.kind is TypeKind.DATE)
        words = f"Events are compared by day, because the event {late} has no time of day."
        return f"{words} Events on the same day count in the order of the steps."
    same = "on the same day" if planned.moments is TypeKind.DATE else "at the same moment"
    return f"Events {same} count in the order of the steps."
