"""How a profile counts, in words."""

from __future__ import annotations

from semantic.analyses.events.profile.finding import LEVEL, MOST_GROUPS
from semantic.analyses.events.profile.question import Profile
from semantic.analyses.events.read import PlannedEvents
from semantic.query.describe import describe_range


def profile_rule(profile: Profile, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences, the most important first."""
    subject, label = profile.population.subject.replace("_", " "), planned.legs[0].label
    days = describe_range(planned.start, planned.end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    others = "everyone else" if profile.than is None else "those in the second set who aren't in the first"
    return (
        f"Each {subject} in the first set is compared with {others}.",
        f"Groups come from each {subject}'s first event in the period ({label}), {days}. Those without one "
        "don't count.",
        "Lift is the first share divided by the second, with Katz's 95% interval.",
        "Breakdowns that best explain who is in which set come first, by adjusted R².",
        f"A difference is marked if the probability of seeing it by chance is at most {LEVEL:.0%}, after Benjamini and "
        "Hochberg's correction for all groups tested.",
        f"The {MOST_GROUPS} largest groups of each breakdown are listed.",
    )
