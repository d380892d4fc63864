"""Analyses whose subjects are a part of another analysis.

All of them are planned for the same actor, and compiled into one statement (decision 74).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.asked import PartOf, Reads, names_in, plural
from semantic.analyses.events.comparing import asked_of_sides
from semantic.analyses.events.kind import EventKind, PartKind
from semantic.analyses.events.read import PlannedEvents, plan_events
from semantic.errors import GroupTooSmall, InvalidQuery, NoPath
from semantic.policy.narrow import VisibleModel
from semantic.query.known_through import NOTHING_LOADED, Loaded
from semantic.query.query import AllOf, Condition, Query

DEEPEST = 3
"""The maximum depth of nested analyses."""
ORDINALS = ("First", "Second")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSet:
    """A part of another analysis, parsed from its data.

    The fields are the kind and question of that analysis, the part, and the kind of part.
    """

    kind: EventKind[Any, Any]  # Any: each kind has its own question, finding and parts
    asked: Any
    part: Any
    parts: PartKind[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAnalysis:
    """The plan of an analysis for one actor, with the sets that it needs.

    If its population is a set, that set is the first one.
    """

    kind: EventKind[Any, Any]  # Any: each kind has its own question and finding
    asked: Any
    planned: PlannedEvents
    sets: tuple[PlannedSet, ...]

    def every_plan(self) -> Iterator[PlannedEvents]:
        """Yield the plans of all events that the statement reads. The plan of this analysis comes first."""
        yield self.planned
        for each in self.sets:
            yield from each.analysis.every_plan()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSet:
    """The subjects in one part of a planned analysis."""

    analysis: PlannedAnalysis
    part: Any
    parts: PartKind[Any, Any]

    @property
    def words(self) -> str:
        """What the subjects of the set did, such as "reached View but not Cart"."""
        return self.parts.words(self.analysis.asked, self.analysis.planned, self.part)

    @property
    def rule(self) -> tuple[str, ...]:
        """The sentences that explain how the set's analysis counts."""
        return (*self.analysis.kind.rule(self.analysis.asked, self.analysis.planned), *set_rule(self.analysis))


def read_set(part_of: PartOf) -> ReadSet:
    """Return the part of another analysis, parsed from its data. Raises InvalidQuery."""
    data = json.loads(part_of.analysis)
    kind = EVENT_KINDS.get(str(data.get("kind")))
    if kind is None:
        raise InvalidQuery(f"There is no analysis of the kind {str(data.get('kind'))[:40]!r}.")
    if kind.parts is None:
        raise InvalidQuery(
            f"People can't be taken from this kind of analysis ({kind.label.lower()}). "
            "Use a funnel, retention, paths, channel overlap, contact pressure or RFM."
        )
    asked = kind.read(data)
    if asked.population.sides:
        raise InvalidQuery("People can't be taken from an analysis that compares sides. Remove its 'sides'.")
    return ReadSet(kind=kind, asked=asked, part=kind.parts.read(asked, json.loads(part_of.part)), parts=kind.parts)


def sets_of(kind: EventKind[Any, Any], asked: Any) -> tuple[PartOf, ...]:
    """Return the sets that an analysis needs. If its population is a set, that set is the first one."""
    of = kind.reads(asked).population.of
    others = kind.sets(asked) if kind.sets is not None else ()
    return (*([of] if of is not None else []), *others)


def all_reads(kind: EventKind[Any, Any], asked: Any, depth: int = 1) -> list[Reads]:
    """Return what an analysis and its nested analyses read. With sides, it's for both sides. Raises InvalidQuery."""
    if sides := asked_of_sides(kind, asked):
        return [reads for side in sides for reads in all_reads(kind, side, depth)]
    reads = [kind.reads(asked)]
    for part_of in sets_of(kind, asked):
        if depth == DEEPEST:
            raise InvalidQuery(f"Analyses can be nested at most {DEEPEST} deep. Remove the innermost one.")
        inner = read_set(part_of)
        reads += all_reads(inner.kind, inner.asked, depth + 1)
    return reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Complement:
    """The same analysis for other people. They must be enough before the analysis of a set can be shown.

    `of` is the set that counts. With `others`, everyone outside it counts instead. With `among`, only people who are
    also in that set count or, if `apart` is set, only people outside it.
    """

    of: PartOf
    others: bool = False
    among: PartOf | None = None
    apart: bool = False


MOST_COMPLEMENTS = 40
"""The most complements with which a set can be checked."""


def complements(of: PartOf, subject: str) -> list[Complement]:
    """Return the groups of people whose numbers can be computed from a set and similar sets (decision 74).

    These are the other parts of the same analysis, and everyone outside the analysis. If the population of that
    analysis is a set too, all of these are taken within each part of that set's analysis, and outside it. Together with
    the set, they cover everyone. Each must be large enough, so that no sum or difference of available numbers is small.
    Raises GroupTooSmall for a part with too many complements.
    """
    whole, atoms, outer = _divided(of, subject)
    if outer is None:
        found = [Complement(of=whole, others=True)]
        # If one part is refused, so are all parts that could be compared with the whole.
        return found + [Complement(of=atom) for atom in atoms if not _is_same(atom, of)]
    found: list[Complement] = []
    for people in (Complement(of=outer), *complements(outer, subject)):
        if people.others:
            any_of = _replaced(whole, None)
            found.append(replace(people, among=any_of, apart=True))
            found += [replace(people, among=_replaced(each, None)) for each in atoms or [whole]]
        else:
            found.append(Complement(of=_replaced(whole, people.of), others=True, among=people.of))
            each_of = [_replaced(each, people.of) for each in atoms or [whole]]
            found += [Complement(of=each) for each in each_of if not _is_same(each, of)]
    if len(found) > MOST_COMPLEMENTS:
        raise _too_small(subject, "Use people from one analysis, or from analyses with fewer steps.")
    return found


def other_sets(of: PartOf, subject: str) -> list[PartOf]:
    """Return the sets whose numbers can be computed from a set and similar sets.

    These are everyone in the same analysis, and its other parts. Raises GroupTooSmall as `complements` does.
    """
    whole, atoms, outer = _divided(of, subject)
    found = [each for each in (whole, *atoms) if not _is_same(each, of)]
    if outer is not None:
        inner = [outer, *other_sets(outer, subject)]
        found = [*inner, *(_replaced(each, people) for people in inner for each in (of, *found))]
        found = [each for each in found if each != of]
    return found


def _divided(of: PartOf, subject: str) -> tuple[PartOf, list[PartOf], PartOf | None]:
    """Return the set of everyone in the same analysis, the disjoint parts of that set, and the population's own set.

    If the set itself is everyone, there are no parts. The population's set can be None.
    """
    inner = read_set(of)
    atoms = inner.parts.atoms(inner.asked, inner.part)
    if atoms is None:
        raise _too_small(subject, "Use a part without a group, such as a whole step.")
    whole = _part(of, inner.parts.whole)
    is_whole = inner.part == inner.parts.read(inner.asked, inner.parts.whole)
    return whole, [] if is_whole else [_part(of, atom) for atom in atoms], inner.kind.reads(inner.asked).population.of


def _part(of: PartOf, data: Mapping[str, Any]) -> PartOf:
    return PartOf(of.analysis, json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def _replaced(of: PartOf, outer: PartOf | None) -> PartOf:
    """Return the same part of the same analysis with another population."""
    inner = read_set(of)
    asked = replace(inner.asked, population=replace(inner.asked.population, of=outer))
    text = json.dumps(inner.kind.data(asked), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return PartOf(text, of.part)


def _is_same(one: PartOf, other: PartOf) -> bool:
    mine, its = read_set(one), read_set(other)
    return mine.asked == its.asked and mine.part == its.part


def _too_small(subject: str, instead: str) -> GroupTooSmall:
    thing = subject.replace("_", " ")
    message = f"Small groups ({thing}) are hidden from you, and this part could reveal one."
    return GroupTooSmall(f"{message} {instead}", names=(subject,))


def check_compared(kind: EventKind[Any, Any], asked: Any) -> None:
    """Check the sets that an analysis compares, if small groups are hidden. Raises GroupTooSmall.

    Two such answers must not differ by a small group. Each set must be one of the disjoint parts, or the second set
    must be what the first is usually compared with. A group that is small in any of these parts is then hidden on all
    sides.
    """
    if kind.sets is None:
        return
    compared = [read_set(part_of) for part_of in kind.sets(asked)]
    first = compared[0]
    rest = first.parts.rest(first.asked, first.part)
    for place, each in enumerate(compared):
        atoms = each.parts.atoms(each.asked, each.part) or ()
        if any(each.parts.read(each.asked, atom) == each.part for atom in atoms):
            continue
        if place and rest is not None and each.asked == first.asked and each.part == first.parts.read(each.asked, rest):
            continue
        thing = kind.reads(asked).population.subject
        message = f"Small groups ({thing.replace('_', ' ')}) are hidden from you, and this part could reveal one."
        raise GroupTooSmall(f"{message} Compare people who stopped at one step, or the last part.", names=(thing,))


def all_names_in(kind: EventKind[Any, Any], asked: Any) -> Query:
    """Return a question with all names in an analysis and its nested analyses. It's never run.

    Raises InvalidQuery.
    """
    named = [names_in(reads) for reads in all_reads(kind, asked)]
    filters = (*(each.where for each in named if each.where is not None), *_compared_values(kind, asked))
    return Query(
        metrics=tuple(dict.fromkeys(metric for each in named for metric in each.metrics)),
        by=tuple(dict.fromkeys(breakdown for each in named for breakdown in each.by)),
        where=AllOf(filters) if len(filters) > 1 else filters[0] if filters else None,
    )


def _compared_values(kind: EventKind[Any, Any], asked: Any) -> Iterator[Condition]:
    """Yield the values in the parts of all sets as conditions. With sides, they are for both sides."""
    for side in asked_of_sides(kind, asked):
        yield from _compared_values(kind, side)
    for part_of in sets_of(kind, asked):
        inner = read_set(part_of)
        yield from inner.parts.compares(inner.asked, inner.part)
        yield from _compared_values(inner.kind, inner.asked)


def plan_analysis(
    kind: EventKind[Any, Any],
    asked: Any,
    seen: VisibleModel,
    *,
    today: date,
    loaded: Loaded = NOTHING_LOADED,
    through: date | None = None,
) -> PlannedAnalysis:
    """Return the plan of an analysis and its nested analyses for one actor.

    For the outer analysis, data from the day `through` on is treated as not loaded. Raises QueryError and Refused.
    """
    all_reads(kind, asked)  # refuses too many sets before planning any
    planned = plan_events(kind.reads(asked), seen, today=today, loaded=loaded, through=through)
    sets = [plan_set(part_of, planned, seen, today=today, loaded=loaded) for part_of in sets_of(kind, asked)]
    return PlannedAnalysis(kind=kind, asked=asked, planned=planned, sets=tuple(sets))


def plan_set(
    part_of: PartOf, outer: PlannedEvents, seen: VisibleModel, *, today: date, loaded: Loaded = NOTHING_LOADED
) -> PlannedSet:
    """Return the plan of the analysis whose part is a set that another analysis needs.

    Raises QueryError and Refused.
    """
    inner = read_set(part_of)
    analysis = plan_analysis(inner.kind, inner.asked, seen, today=today, loaded=loaded)
    if analysis.planned.sample is not None:
        raise InvalidQuery("People can't be taken from a sample. Remove 'sample' from the analysis in 'of'.")
    _check_same(outer, analysis.planned)
    return PlannedSet(analysis=analysis, part=inner.part, parts=inner.parts)


def set_rule(analysis: PlannedAnalysis) -> tuple[str, ...]:
    """Return sentences that explain the sets of an analysis, and how the analysis of each set counts."""
    subjects = plural(analysis.planned.reads.population.subject)
    rule: list[str] = []
    if analysis.planned.reads.population.of is not None:
        rule.append(f"Only {subjects} who {analysis.sets[0].words} count, with all their events.")
    for place, each in enumerate(compared_sets(analysis)):
        rule.append(f"{ORDINALS[place]} set: {subjects} who {each.words}.")
    for how, words in {each.rule: each for each in analysis.sets}.items():
        rule.append(f"How the {words.analysis.kind.label.lower()} they come from counts: {' '.join(how)}")
    return tuple(rule)


def set_words(part_of: PartOf, seen: VisibleModel, *, today: date) -> str:
    """Return what the subjects of a set did, such as "reached View but not Cart". Raises QueryError and Refused."""
    inner = read_set(part_of)
    planned = plan_events(inner.kind.reads(inner.asked), seen, today=today)
    return inner.parts.words(inner.asked, planned, inner.part)


def offered_parts(
    kind: EventKind[Any, Any], asked: Any, seen: VisibleModel, *, today: date
) -> list[tuple[dict[str, Any], str]]:
    """Return the parts of an analysis to offer in menus, with their words. Empty for a kind without parts.

    Raises QueryError and Refused.
    """
    if kind.parts is None or not (offers := kind.parts.offers(asked)):
        return []
    planned, parts = plan_events(kind.reads(asked), seen, today=today), kind.parts
    return [(part, parts.words(asked, planned, parts.read(asked, part))) for part in offers]


def compared_sets(analysis: PlannedAnalysis) -> tuple[PlannedSet, ...]:
    """Return the sets that an analysis uses in addition to its population."""
    return analysis.sets[1 if analysis.planned.reads.population.of is not None else 0 :]


def _check_same(outer: PlannedEvents, inner: PlannedEvents) -> None:
    mine, its = outer.reads.population.subject, inner.reads.population.subject
    if mine != its:
        message = (
            f"This analysis follows each {_spaced(mine)}, and the other one each {_spaced(its)}. Use the same in both."
        )
        raise InvalidQuery(message)
    if outer.connection != inner.connection or outer.subject_types != inner.subject_types:
        raise NoPath(f"The {_spaced(mine)} of both analyses can't be compared, so one can't use the other.", names=())


def _spaced(subject: str) -> str:
    return subject.replace("_", " ")
