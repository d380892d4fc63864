"""The counting rule of maturity in words."""

from __future__ import annotations

from datetime import timedelta

from semantic.analyses.events.maturity.question import EventLags
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.maturity import COVERS, FEWEST_ERRORS, NEWEST, TESTED
from semantic.model.definitions import TypeKind
from semantic.query.describe import describe_day, describe_range, lower_first

ONE = timedelta(days=1)


def maturity_rule(lags: EventLags, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences of maturity's counting rule, most important first."""
    subject = lags.population.subject.replace("_", " ")
    first, then = (lower_first(leg.label) for leg in planned.legs)
    days = describe_range(planned.start, planned.end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    return (
        f"Each {subject} counts once, in the {lags.over.words} of the first event in the period ({first}), {days}.",
        f"It counts under “with {then}” from the first such event after that, within {lags.within} days (24 hours "
        f"each). After that, numbers are final. Events count through {describe_day(planned.until - ONE)}.",
        f"A {lags.over.words} has a number at an age only once all its days are that old.",
        "The share known at an age comes from growth factors: the total at each day of age, divided by the total a day "
        f"earlier, over up to {NEWEST} cohorts old enough for both. Multiplied, they give the growth still to come.",
        "The expected number is the number so far, divided by that share.",
        f"The range contains the final number {COVERS:.0%} of the time, if numbers vary as before. It's based on how "
        f"far off this expectation was for up to {TESTED} earlier cohorts at the same age, with what was known then. "
        f"It needs at least {FEWEST_ERRORS} of them.",
        _ties(planned),
        f"Events with no {subject} don't count.",
    )


def _ties(planned: PlannedEvents) -> str:
    first, then = planned.legs
    if planned.moments is TypeKind.DATE and first.kind is not then.kind:
        late = next(leg.label for leg in planned.legs if leg.kind is TypeKind.DATE)
        return f"Events are compared by day, because the event {late} has no time of day."
    unit = "day" if planned.moments is TypeKind.DATE else "moment"
    return f"If both happen at the same {unit}, {lower_first(first.label)} comes first."
