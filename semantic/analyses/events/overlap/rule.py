"""The counting rule of a channel overlap in words, with one sentence for each option."""

from __future__ import annotations

from datetime import timedelta

from semantic.analyses.events.channels import event_rules, split_rule
from semantic.analyses.events.overlap.question import Overlap
from semantic.analyses.events.read import PlannedEvents
from semantic.model.definitions import Granularity, TypeKind
from semantic.query.describe import describe_day, describe_range, lower_first

ONE = timedelta(days=1)


def overlap_rule(overlap: Overlap, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences of an overlap's counting rule, most important first."""
    subject = overlap.population.subject.replace("_", " ")
    days = describe_range(planned.start, planned.end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    in_days, once = f"in the period, {days}", "once"
    if overlap.over is not None:
        in_days, once = f"in it. The {overlap.over.words}s are those of {days}", f"once in each {overlap.over.words}"
    sentences = [f"Each {subject} counts {once}, in the combination of all channels that reached them {in_days}."]
    sentences += split_rule(overlap.channels.split, planned)
    sentences += event_rules(planned, overlap.channels.split)
    sentences.append(f"A channel counts {once} for each {subject}, however often it reached them.")
    if overlap.then is not None:
        sentences += _then(overlap, planned)
    sentences.append(f"Each {subject} not reached by any channel is left out. Events with no {subject} don't count.")
    return tuple(sentences)


def _then(overlap: Overlap, planned: PlannedEvents) -> list[str]:
    within = "at any time"
    if overlap.within is not None:
        hours = " (24 hours each)" if overlap.within.unit is Granularity.DAY else ""
        within = f"within {overlap.within.words}{hours}"
    label = lower_first(planned.legs[-1].label)
    sentences = [
        f"What follows ({label}) counts {within} after the last channel of the combination"
        f" first reached the {overlap.population.subject.replace('_', ' ')}, but not before."
    ]
    if planned.until > planned.end:
        sentences.append(f"It counts through {describe_day(planned.until - ONE)}.")
    if planned.moments is TypeKind.DATE:
        late = next((leg.label for leg in planned.legs if leg.kind is TypeKind.DATE), None)
        why = f", because the event {late} has no time of day" if late is not None else ""
        sentences.append(f"Events are compared by day{why}. On the same day, channels come first.")
    else:
        sentences.append("At the same moment, channels come first.")
    return sentences
