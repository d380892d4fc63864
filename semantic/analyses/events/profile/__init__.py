"""The profile, a kind of analysis of events: how the members of a set differ from other subjects."""

from __future__ import annotations

from semantic.analyses.events.kind import EventKind, RevealCheck
from semantic.analyses.events.profile.data import profile_data, read_profile
from semantic.analyses.events.profile.finding import ProfileFound, find_profile, reveals_few
from semantic.analyses.events.profile.lower import lower_profile
from semantic.analyses.events.profile.question import Profile, profile_of, profile_reads, profile_sets
from semantic.analyses.events.profile.rule import profile_rule

PROFILE: EventKind[Profile, ProfileFound] = EventKind(
    name="profile",
    label="Profile",
    read=read_profile,
    data=profile_data,
    reads=profile_reads,
    lower=lower_profile,
    find=find_profile,
    rule=profile_rule,
    not_compared="A profile can't be compared with another period, because its sets of people have their own periods.",
    sets=profile_sets,
    weighed=RevealCheck(alone=profile_of, reveals=reveals_few),
)
