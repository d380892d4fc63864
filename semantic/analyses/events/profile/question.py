"""Profiles: which groups are over-represented among the subjects of one set, compared with those of another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from semantic.analyses.events.asked import Attribute, Event, PartOf, Population, Reads
from semantic.model.definitions import Granularity, Span
from semantic.query.query import Breakdown

MOST_BREAKDOWNS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The question of a profile.

    The subjects in `who` are compared with those in `than`. If `than` is None, they are compared with everyone else. A
    subject's groups are the values of each breakdown in `by`, in the subject's first row of the event `at` in the
    period.
    """

    population: Population
    at: Event
    who: PartOf
    than: PartOf | None = None
    by: tuple[Breakdown, ...]


def profile_reads(profile: Profile) -> Reads:
    """Return what a profile reads: the event `at` with each breakdown."""
    first = frozenset([0])
    return Reads(
        population=profile.population,
        events=(profile.at,),
        begins=first,
        attributes=tuple(Attribute(breakdown, first) for breakdown in profile.by),
        follow=Span(1, Granularity.SECOND),
    )


def profile_sets(profile: Profile) -> tuple[PartOf, ...]:
    """Return the sets that a profile compares."""
    return (profile.who, *([profile.than] if profile.than is not None else []))


def profile_of(profile: Profile, who: PartOf) -> Profile:
    """Return the same profile for another set, compared with everyone else."""
    return replace(profile, who=who, than=None)
