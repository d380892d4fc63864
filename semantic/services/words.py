"""Questions in words: read the members that an actor can see, and cache the names that a text can match."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from time import monotonic
from typing import Final

from semantic.compile import plan_question
from semantic.display.glossary.glossary import can_be_named, named_in_model
from semantic.errors import SemanticError
from semantic.explore.member_search import MemberIndex, member_index
from semantic.model.certification_status import is_certified
from semantic.model.definitions import Dimension, Granularity, TypeKind
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Breakdown, Last, Query, Value
from semantic.reading.lexicon import Lexicon, Members, lexicon_of
from semantic.reading.reading import read
from semantic.reading.understood import Reading
from semantic.run.cpu_turns import cpu_turns
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.workspace import Workspace

MOST_LEXICONS: Final = 40  # cached entries, one for each group of people with the same access
SECONDS: Final = 600.0  # until members are read again
MOST_FACTS: Final = 4  # whose rows are asked for the members of a dimension
MOST_MEMBERS: Final = 2_000  # of one dimension
FIRST_SECONDS: Final = 1.0  # after someone opens a page, before members are read
IDLE_SECONDS: Final = 0.1  # between checks of whether a question is running
PATIENCE_SECONDS: Final = 0.3  # how long each question waits for others
CLOSE_SECONDS: Final = 10.0  # how long the background has to end

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a text can match, for reading questions and searching members.

    Everyone with the same access shares them.
    """

    lexicon: Lexicon
    members: MemberIndex


class _Closed(Exception):
    """Raised to stop reading members in the background."""


class Words:
    """Reads questions in words, for all users of a workspace.

    The names that a text can match are cached, and everyone with the same access shares them.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._names = SingleFlightCache[Names](MOST_LEXICONS, seconds=SECONDS)
        self._lock = threading.Lock()  # guards the following
        self._last: OrderedDict[Hashable, Names] = OrderedDict()  # also outdated ones, until they are read again
        self._waiting: OrderedDict[Hashable, Actor] = OrderedDict()  # whose names the background reads
        self._thread: threading.Thread | None = None
        self._is_closed = threading.Event()

    def read(self, text: str, actor: Actor, *, today: date | None = None, previous: Query | None = None) -> Reading:
        """Parse a text into a question, using the names and members that this actor can see."""
        return read(text, self.lexicon(actor), today=today or self.workspace.today(), previous=previous)

    def lexicon(self, actor: Actor) -> Lexicon:
        """Return the names and members that this actor can see. The first call reads the members from the engine."""
        return self.names(actor).lexicon

    def names(self, actor: Actor) -> Names:
        """Return the names that a text can match for this actor.

        The first call waits until the members have been read.
        """
        seen = self.workspace.visible(actor)
        try:
            return self._names.get(seen.access_key, lambda: self._make(actor))
        except _Closed:  # the background read them
            return self._names.get(seen.access_key, lambda: self._make(actor))

    def known(self, actor: Actor) -> Names | None:
        """Return the names that a text can match for this actor, without waiting.

        Returns None until the members have been read for the first time. While they are read again, returns the
        previous names.
        """
        key = self.workspace.visible(actor).access_key
        names = self._names.peek(key)
        if names is None:
            with self._lock:
                names = self._last.get(key)
        return names

    def _make(self, actor: Actor, *, before_each: Callable[[], None] = lambda: None) -> Names:
        seen = self.workspace.visible(actor)
        members = members_of(self.workspace, actor, before_each=before_each)
        with cpu_turns.work():
            names = Names(lexicon_of(seen, members), member_index(seen, members))
        with self._lock:
            self._last[seen.access_key] = names
            self._last.move_to_end(seen.access_key)
            while len(self._last) > MOST_LEXICONS:
                self._last.popitem(last=False)
        return names

    # In the background

    def warm(self, actor: Actor) -> None:
        """Start reading the members that this actor can see in the background, unless they are cached.

        This returns immediately. One thread reads for everyone, one question at a time, and pauses while other
        questions run. It ends when there is nothing left to read.
        """
        key = self.workspace.visible(actor).access_key
        if self._is_closed.is_set() or self._names.peek(key) is not None:
            return
        with self._lock:
            self._waiting.setdefault(key, actor)
            if len(self._waiting) > MOST_LEXICONS:
                self._waiting.popitem(last=False)
            if self._thread is None:
                # Not a daemon thread: an engine still working while the process exits would crash it.
                self._thread = threading.Thread(target=self._read_waiting, name="words")
                try:
                    self._thread.start()
                except RuntimeError:  # no more threads: the first question reads them
                    self._thread = None

    def _read_waiting(self) -> None:
        self._is_closed.wait(FIRST_SECONDS)  # the person who opened a page comes first
        while True:
            with self._lock:
                if not self._waiting or self._ends():
                    self._thread = None
                    return
                key, actor = next(iter(self._waiting.items()))
            try:
                self._names.get(key, lambda actor=actor: self._make(actor, before_each=self._give_way))
            except _Closed:
                pass
            except Exception:  # noqa: BLE001 (whatever happens, the next may succeed, and the first question asks again)
                _LOG.exception("The names in the data couldn't be read.")
            with self._lock:
                self._waiting.pop(key, None)

    def _give_way(self) -> None:
        """Pause reading while other questions run. Raises _Closed."""
        until = monotonic() + PATIENCE_SECONDS
        while self.workspace.runner.load() != (0, 0) and monotonic() < until and not self._ends():
            self._is_closed.wait(IDLE_SECONDS)
        if self._ends():
            raise _Closed

    def _ends(self) -> bool:
        return self._is_closed.is_set() or not threading.main_thread().is_alive()

    def stop(self) -> None:
        """Stop reading in the background, without waiting for the question in progress. Cached names stay."""
        self._is_closed.set()

    def close(self) -> None:
        """Stop reading in the background, and wait until it has ended."""
        self.stop()
        with self._lock:
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=CLOSE_SECONDS)


def members_of(workspace: Workspace, actor: Actor, *, before_each: Callable[[], None] = lambda: None) -> Members:
    """Return the members of each dimension in the rows that an actor can see.

    Masked and personal dimensions are skipped. If row rules apply, only members in rows of facts are included, because
    a list of all countries would include other people's markets. If the engine is unavailable, the members are those
    that the model names, unless a row rule could hide one. `before_each` is called before each dimension, and can raise
    an error to stop.
    """
    seen = workspace.visible(actor)
    members: dict[str, tuple[Value, ...]] = {}
    for dimension in seen.dimensions:
        if dimension.kind != "time" and _can_name(dimension, seen):
            before_each()
            members[dimension.name] = _members(dimension, workspace, actor, seen)
    return members


def members_seen_of(workspace: Workspace, actor: Actor, dimension: str) -> tuple[Value, ...]:
    """Return the members of one dimension in the rows that an actor can see.

    Empty if the dimension is hidden, masked or personal.
    """
    seen = workspace.visible(actor)
    places = seen.places(dimension)
    return _members(places[0], workspace, actor, seen) if places and _can_name(places[0], seen) else ()


def named_members_of(workspace: Workspace, actor: Actor) -> Members:
    """Return the members that are named in the model and visible to an actor.

    The engine is only queried if a row rule could hide one of them.
    """
    seen = workspace.visible(actor)
    if seen.may_name_members:
        return named_in_model(seen)
    dimensions = [dimension for dimension in seen.dimensions if can_be_named(seen, dimension.name)]
    return {dimension.name: _members(dimension, workspace, actor, seen) for dimension in dimensions}


def _can_name(dimension: Dimension, seen: VisibleModel) -> bool:
    if seen.mask(dimension.name) is not None:
        return False
    places = seen.places(dimension.name)
    if any(place.read_from for place in places):  # a part of names: its values are members of others
        return False
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
    # Planned first, so that it doesn't count among the questions that people were refused.
    plan_question(workspace.visible(actor), query, today=workspace.today(), noted=False)
    table = workspace.start(query, actor).answered().table
    return tuple(value for value in table.column(column).to_pylist() if isinstance(value, str | int | bool))


def _one_per_fact(dimension: Dimension, seen: VisibleModel) -> Iterator[str]:
    """Yield one metric of each fact that reaches the dimension, a certified one if possible."""
    places = {place.dataset for place in seen.places(dimension.name)}
    counted: set[str] = set()
    for metric in sorted(seen.metrics, key=lambda metric: not is_certified(metric)):
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
