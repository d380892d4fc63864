"""Questions in words: fetch the members that an actor can see, and cache the names that words can match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from semantic.display.words.glossary import can_be_named, named_in_model
from semantic.errors import SemanticError
from semantic.model.definitions import Dimension, Granularity, TypeKind
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Breakdown, Last, Query, Value
from semantic.reading.lexicon import Lexicon, Members, lexicon_of
from semantic.reading.reading import Reading, read
from semantic.run.single_flight_cache import Kept
from semantic.workspace import Workspace

MOST_LEXICONS: Final = 40  # kept, each for everyone who sees the same
SECONDS: Final = 600.0  # until members are read again
MOST_FACTS: Final = 4  # whose rows are asked for the members of a dimension
MOST_MEMBERS: Final = 2_000  # of one dimension


class Words:
    """Reads questions in words for anyone who uses a workspace. The names that words can match are
    cached, and shared by everyone who sees the same."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._lexicons = Kept[Lexicon](MOST_LEXICONS, seconds=SECONDS)

    def read(self, text: str, actor: Actor, *, today: date | None = None, previous: Query | None = None) -> Reading:
        """What a text asks, read with the names and members that this actor can see."""
        return read(text, self.lexicon(actor), today=today or self.workspace.today(), previous=previous)

    def lexicon(self, actor: Actor) -> Lexicon:
        """The names and members that this actor can see; the first time, it asks for the members."""
        seen = self.workspace.visible(actor)
        return self._lexicons.get(seen.bound_by, lambda: lexicon_of(seen, members_of(self.workspace, actor)))


def members_of(workspace: Workspace, actor: Actor) -> Members:
    """The members of each dimension in the rows that an actor can see. Masked and personal ones aren't read.

    If row rules apply, only those in rows of facts: a list of all countries would name markets of others. Without an
    engine, they are those that the model names, if no row rule could hide one.
    """
    seen = workspace.visible(actor)
    members: dict[str, tuple[Value, ...]] = {}
    for dimension in seen.dimensions:
        if dimension.kind != "time" and _can_name(dimension, seen):
            members[dimension.name] = _members(dimension, workspace, actor, seen)
    return members


def named_members_of(workspace: Workspace, actor: Actor) -> Members:
    """The members that the model names and that an actor can see. Asks nothing unless a row rule could hide one."""
    seen = workspace.visible(actor)
    if seen.may_name_members:
        return named_in_model(seen)
    dimensions = [dimension for dimension in seen.dimensions if can_be_named(seen, dimension.name)]
    return {dimension.name: _members(dimension, workspace, actor, seen) for dimension in dimensions}


def _can_name(dimension: Dimension, seen: VisibleModel) -> bool:
    if seen.mask(dimension.name) is not None:
        return False
    places = seen.places(dimension.name)
    is_named = any(place.labels or place.member_synonyms for place in places)
    is_text = dimension.type.kind is TypeKind.STRING
    return (is_text or is_named) and not any({"personal", "sensitive"} & place.tags for place in places)


def _members(dimension: Dimension, workspace: Workspace, actor: Actor, seen: VisibleModel) -> tuple[Value, ...]:
    days = Last(seen.limits.days, Granularity.DAY) if seen.limits.days else None
    most = min(MOST_MEMBERS, seen.limits.rows or MOST_MEMBERS)
    plain = Query(by=(Breakdown(dimension.name),), limit=most)
    if seen.may_name_members:
        try:
            return _asked(plain, dimension.name, workspace, actor)
        except SemanticError:
            pass
    found: list[Value] = []
    for metric in _one_per_fact(dimension, seen):
        try:
            found += _asked(replace(plain, metrics=(metric,), time=days), dimension.name, workspace, actor)
        except SemanticError:
            continue
    if not found and seen.may_name_members:
        found += _named(dimension, seen)
    return tuple(dict.fromkeys(found))


def _asked(query: Query, column: str, workspace: Workspace, actor: Actor) -> tuple[Value, ...]:
    table = workspace.start(query, actor).answered().table
    return tuple(value for value in table.column(column).to_pylist() if isinstance(value, str | int | bool))


def _one_per_fact(dimension: Dimension, seen: VisibleModel) -> Iterator[str]:
    """A metric of each fact that reaches the dimension; the certified ones first."""
    places = {place.dataset for place in seen.places(dimension.name)}
    counted: set[str] = set()
    for metric in sorted(seen.metrics, key=lambda metric: metric.certified is None):
        dataset = metric.measure.partition(".")[0]
        if dataset and dataset not in counted and not places.isdisjoint(seen.model.joins.paths(dataset)):
            counted.add(dataset)
            if len(counted) > MOST_FACTS:
                return
            yield metric.name


def _named(dimension: Dimension, seen: VisibleModel) -> Iterator[Value]:
    codes: dict[str, None] = {}
    for place in seen.places(dimension.name):
        codes |= dict.fromkeys([*(code for code, _ in place.labels), *(code for code, _ in place.member_synonyms)])
    for code in codes:
        if dimension.kind == "boolean":
            yield code == "true"
        else:
            yield int(code) if dimension.type.kind is TypeKind.INTEGER else code
