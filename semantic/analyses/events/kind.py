"""The contract of a kind of analysis: what it reads, the SQL that counts its events, and its finding in words.

To add a kind, write a module here that defines one `EventKind`, and add it to EVENT_KINDS (semantic/analyses/events).
The other modules here plan its events under the reader's policy, make the table of their rows, run the statement and
record it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlglot import exp

from semantic.analyses.events.asked import PartOf, Reads
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import EventTable
from semantic.query.query import Condition, Filter

Asked = TypeVar("Asked")
Found = TypeVar("Found")
Part = TypeVar("Part")

NEWCOMBE = "A difference is more than chance explains if its 95% interval (Newcombe's) leaves out 0."


@dataclass(frozen=True, slots=True, kw_only=True)
class PartKind(Generic[Asked, Part]):
    """The parts of an analysis whose subjects can be analyzed further: a step, a cell or a path.

    `read` returns a part from JSON-like data and raises InvalidQuery. `members` adds the kind's tables to the statement
    and returns the SELECT of the subjects' keys, `s0`…, each subject once; these rows stay in the engine. `words`
    completes the sentence "Only people who …", such as "reached View but not Cart". `offers` returns the parts to offer
    in menus, as JSON-like data.

    `whole` is the part with all subjects. `atoms` returns disjoint parts from which `whole`, this part and similar
    parts can be composed. If each of them is large enough, everything that follows from these parts can be shown to
    readers who can't see small groups. If it returns None, such readers can't use the part. `rest` returns the part
    that an atom is usually compared with, such as the subjects who went on for those who stopped. `compares` returns
    the values that the part names, as filters, so that a filter by a person is detected.
    """

    read: Callable[[Asked, object], Part]
    members: Callable[[Asked, EventTable, Part], exp.Select]
    words: Callable[[Asked, PlannedEvents, Part], str]
    offers: Callable[[Asked], Sequence[dict[str, Any]]] = lambda asked: ()
    whole: Mapping[str, Any] = field(default_factory=dict[str, Any])
    atoms: Callable[[Asked, Part], Sequence[dict[str, Any]] | None] = lambda asked, part: None
    rest: Callable[[Asked, Part], dict[str, Any] | None] = lambda asked, part: None
    compares: Callable[[Asked, Part], Sequence[Condition]] = lambda asked, part: ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKind(Generic[Asked, Found]):
    """One kind of analysis of events.

    `read` returns the question in JSON-like data and raises InvalidQuery, and `data` returns a question as data.
    `reads` returns which events the question needs. `lower` adds tables to the statement and returns the SELECT of
    counts and sums. Nothing else leaves the engine. The columns `k0`… have the values of the attributes at these
    positions. `find` turns these rows into a finding in which small groups are hidden; the finding's `hides` is whether
    there are any. `rule` returns sentences that explain how the kind counts.

    With `tells_samples`, the words scale and mark the counts of a sample (semantic/services/analyzing/sampled.py).
    Otherwise, samples are refused. With `leaves_out_few`, rows with too few subjects don't leave the engine, so an
    empty result can mean few subjects or none.

    With `compares`, the words compare two periods or sides. Otherwise, both are refused, and `not_compared` says why in
    a sentence. `beside` returns the question to ask in a comparison, which adds numbers that only the other answer
    needs. `chance` returns the sentence of the rule about differences that are more than chance explains.

    `narrowed` returns the question with an additional filter on its first event. With `parts`, the subjects of a part
    can be the population of any analysis. `sets` returns the parts of other analyses that `lower` needs besides the
    population, as tables named by `set_table`.
    """

    name: str  # the name of its module
    label: str
    read: Callable[[object], Asked]
    data: Callable[[Asked], dict[str, Any]]
    reads: Callable[[Asked], Reads]
    lower: Callable[[Asked, EventTable], exp.Select]
    find: Callable[[Asked, PlannedEvents, Sequence[Mapping[str, Any]]], Found]
    rule: Callable[[Asked, PlannedEvents], tuple[str, ...]]
    tells_samples: bool = False
    leaves_out_few: bool = False
    compares: bool = False
    not_compared: str = ""
    beside: Callable[[Asked], Asked] = lambda asked: asked
    chance: Callable[[Asked], str] = lambda asked: NEWCOMBE
    narrowed: Callable[[Asked, Filter], Asked] | None = None
    parts: PartKind[Asked, Any] | None = None  # Any: each kind has its own parts
    sets: Callable[[Asked], tuple[PartOf, ...]] | None = None
    weighed: RevealCheck[Asked, Found] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealCheck(Generic[Asked, Found]):
    """How a kind that uses sets finds out whether its numbers reveal a small group together with other sets' numbers.

    `alone` returns the same question for one set, compared with everyone else. `reveals` returns whether the rows of
    that question contain a small number that the finding doesn't hide.
    """

    alone: Callable[[Asked, PartOf], Asked]
    reveals: Callable[[Found, PlannedEvents, Sequence[Mapping[str, Any]]], bool]
