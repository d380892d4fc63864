"""The counting rule of paths in words.

Each option has its own sentence, so that paths with different rules read differently.
"""

from __future__ import annotations

from datetime import timedelta

from semantic.analyses.events.paths.question import GROUPS, Paths, attribute_of_by
from semantic.analyses.events.read import PlannedEvents
from semantic.model.definitions import Granularity, Span, TypeKind
from semantic.query.describe import describe_day, describe_range, lower_first

ONE = timedelta(days=1)
CORRECTED = (
    "A change is more than chance explains if its 95% interval (Newcombe's) leaves out 0 and its probability by chance"
    " is below 5%, after Bonferroni's correction for all changes shown."
)


def paths_rule(paths: Paths, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences of the counting rule of paths, most important first."""
    subject = paths.population.subject.replace("_", " ")
    sentences = [
        _counted(paths, planned, subject),
        *_events(paths, planned),
        _length(paths),
        "The same event several times in a row counts once."
        if paths.collapse
        else "The same event several times in a row counts each time.",
        *_spans(paths),
        f"At each step, the {paths.top} most frequent events are named. The rest are “Everything else”.",
        _ends(paths),
    ]
    if paths.by is not None:
        label = planned.carried[attribute_of_by(paths)].label
        where = "end" if paths.goes_back else "start"
        sentences.append(f"{label} is taken from the {where}. The {GROUPS} largest groups are shown separately.")
    sentences += [_days(paths, planned), _ties(paths, planned), f"Events with no {subject} don't count."]
    return tuple(sentences)


def paths_chance(paths: Paths) -> str:
    """Return the rule's sentence on which changes are more than chance explains."""
    if paths.occurrence == "first":
        return CORRECTED
    subject = paths.population.subject.replace("_", " ")
    return f"Whether chance explains a change isn't known, because one {subject} can have several paths."


def _counted(paths: Paths, planned: PlannedEvents, subject: str) -> str:
    if paths.anchor is None:
        return f"Each {subject} counts once, followed from the first event in the period onwards."
    label = planned.legs[paths.anchor].label
    if paths.occurrence == "first":
        how = "back from" if paths.goes_back else "from"
        on = "" if paths.goes_back else " onwards"
        return f"Each {subject} counts once, followed {how} the first event of {label} in the period{on}."
    what = "ends" if paths.goes_back else "starts"
    repeats = ", except right after another" if paths.collapse else ""
    return (
        f"Every event of {label} in the period {what} a path{repeats}, so the same {subject} can count several times."
    )


def _events(paths: Paths, planned: PlannedEvents) -> list[str]:
    """Return sentences on the events that a path can contain."""
    names = [
        f"each {lower_first(planned.carried[0].label)} of {leg.label}" if place == paths.each else leg.label
        for place, leg in enumerate(planned.legs)
    ]
    ranked = [names[place] for place in paths.ranked]
    if len(ranked) == 1:
        return [f"Only this is followed: {ranked[0]}."]
    words = f"Only these events are followed: {', '.join(ranked)}."
    return [words, "A row that matches several counts as the first of them."]


def _length(paths: Paths) -> str:
    if paths.anchor is None:
        return f"A path has at most {paths.steps} events. Later events aren't followed."
    which, beyond = ("end", "Earlier") if paths.goes_back else ("start", "Later")
    return f"A path has at most {paths.steps} events, including the {which}. {beyond} events aren't followed."


def _spans(paths: Paths) -> list[str]:
    sentences: list[str] = []
    if paths.within is not None:
        when = "before the end" if paths.goes_back else "after the start"
        sentences.append(f"Events count up to {_words(paths.within)} {when}.")
    if paths.gap is not None:
        sentences.append(f"A pause of more than {_words(paths.gap)} between two events ends a path.")
    if not sentences:
        sentences.append("There is no time limit.")
    return sentences


def _words(span: Span) -> str:
    return f"{span.words} (24 hours each)" if span.unit is Granularity.DAY else span.words


def _ends(paths: Paths) -> str:
    has_limit = paths.within is not None or paths.gap is not None
    if paths.goes_back:
        apart = " Paths that may begin before the data does are counted separately." if has_limit else ""
        return f"“Nothing before” means that no such event came earlier.{apart}"
    apart = " Paths that could still go on after the last known day are counted separately." if has_limit else ""
    until = "" if has_limit else " in the known data"
    return f"“End” means that no such event followed{until}.{apart}"


def _days(paths: Paths, planned: PlannedEvents) -> str:
    days = describe_range(planned.start, planned.end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    if paths.goes_back:
        if planned.since == planned.start:
            return f"All events must be in the period, {days}."
        since = f"from {describe_day(planned.since)}" if planned.since is not None else "from the first known day"
        return f"Paths end in the period, {days}, and earlier events count {since}."
    if planned.end >= planned.until:
        return f"All events must be in the period, {days}."
    return f"Paths begin in the period, {days}, and later events count through {describe_day(planned.until - ONE)}."


def _ties(paths: Paths, planned: PlannedEvents) -> str:
    same, before = "at the same moment", ""
    if planned.moments is TypeKind.DATE:
        same = "on the same day"
        if len({leg.kind for leg in planned.legs}) > 1:
            late = next(leg.label for leg in planned.legs if leg.kind is TypeKind.DATE)
            before = f"Events are compared by day, because the event {late} has no time of day. "
    last = " with the end last," if paths.goes_back and len(planned.legs) > 1 else ""
    return f"{before}Events {same} count in the order in which they are listed,{last} then by table and key."
