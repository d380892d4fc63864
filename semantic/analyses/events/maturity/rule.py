"""How maturity counts, in sentences."""

from __future__ import annotations

from datetime import timedelta

from semantic.analyses.events.maturity.question import EventLags
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.maturity import COVERS, FEWEST_ERRORS, NEWEST, TESTED
from semantic.model.definitions import TypeKind
from semantic.query.describe import describe_day, describe_range, lower_first

ONE = timedelta(days=1)


def maturity_rule(lags: EventLags, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences, the most important first."""
    subject = lags.population.subject.replace("_", " ")
    first, then = (lower_first(leg.label) for leg in planned.legs)
    days = describe_range(planned.start, planned.end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    return (
        f"Each {subject} counts once, in the {lags.over.words} of the first {first} in the period, {days}.",
        f"It has done {then} from the first one after that, within {lags.within} days (24 hours each). "
        f"Then a number is final. Events are read through {describe_day(planned.until - ONE)}.",
        f"A {lags.over.words} has a number at an age only if all of its days are that old.",
        "The share known at an age: for each day of age, the sums of all cohorts old enough for it and the next are "
        f"divided, over at most {NEWEST} cohorts, and the growth is multiplied.",
        "Expected is what is known so far, divided by that share.",
        f"The range holds the final number in {COVERS:.0%} of cases, if it varies as it did. It comes from how far off "
        f"the same expectation was for up to {TESTED} earlier cohorts at the same age, from what was known then. It "
        f"needs {FEWEST_ERRORS} of them.",
        _ties(planned),
        f"Events that have no {subject} don't count.",
    )


def _ties(planned: PlannedEvents) -> str:
    first, then = planned.legs
    if planned.moments is TypeKind.DATE and first.kind is not then.kind:
        late = next(leg.label for leg in planned.legs if leg.kind is TypeKind.DATE)
        return f"Events are compared by day, because there is no time of day for {lower_first(late)}."
    unit = "day" if planned.moments is TypeKind.DATE else "moment"
    return f"If both happen at the same {unit}, {lower_first(first.label)} comes first."
