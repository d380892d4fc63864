"""The counting rule of a profile in words."""

from __future__ import annotations

from semantic.analyses.events.asked import plural
from semantic.analyses.events.profile.finding import LEVEL, MOST_GROUPS
from semantic.analyses.events.profile.question import Profile
from semantic.analyses.events.read import PlannedEvents
from semantic.query.describe import describe_range


def profile_rule(profile: Profile, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences of a profile's counting rule, most important first."""
    subject, label = profile.population.subject.replace("_", " "), planned.legs[0].label
    days = describe_range(planned.start, planned.end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    these = f"These {plural(profile.population.subject)} are compared with"
    return (
        f"{these} everyone else."
        if profile.than is None
        else f"{these} the others. A {subject} on both sides counts among these.",
        f"Groups come from each {subject}'s first event in the period ({label}), {days}. Those without one "
        "don't count.",
        "Lift is the share of these divided by the share of the others, with Katz's 95% interval.",
        "Breakdowns that best explain who is on which side come first, by adjusted R².",
        f"A difference is clear if the probability of seeing it by chance is at most {LEVEL:.0%}, after Benjamini and "
        "Hochberg's correction for all groups tested.",
        f"The {MOST_GROUPS} largest groups of each breakdown are listed.",
    )
