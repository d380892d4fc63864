"""The contract of a kind of analysis: what it reads, its SQL over the rows of events, and what the numbers say.

To add a kind: write its module here with one `EventKind`, and name it in EVENT_KINDS (semantic/analyses/events). The
frame plans its events under the asker's policy, makes the table of their rows, runs the statement and records it.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PartKind(Generic[Asked, Part]):
    """The parts of an analysis whose subjects can be analyzed further: a step, a cell or a path.

    `read` makes a part from JSON-like data, raising InvalidQuery. `members` adds the kind's tables to the statement and
    returns the SELECT of the subjects' keys, `s0`…, each subject once; these rows stay in the engine. `words` completes
    the sentence "Only people who …", such as "reached View but not Cart". `offers` are the parts that menus have, as
    JSON-like data.

    `whole` is the part with everyone. `atoms` are the parts, without anyone in common, that `whole`, this part and all
    others like it are made of. If each of them can be shown to a reader from whom small groups are hidden, then so can
    everything that follows from these parts. None refuses the part to such readers. `rest` is the part that some of the
    atoms are compared with: those who went on, for those who stopped. `compares` are the values that the part names, as
    filters, so that a person in one is noticed.
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
    """One kind of analysis over events.

    `read` makes its question from JSON-like data, raising InvalidQuery, and `data` makes the data again. `reads` says
    which events it needs. `lower` adds its tables to the statement and returns the SELECT of counts and sums, which are
    all that leaves the engine; its columns `k0`… have the values of the attributes at these places. `find` turns these
    rows into what people see, and hides small groups; `hides` of what it returns says whether it did. `rule` says in
    sentences how it counts. `tells_samples` says that its words scale the counts of a sample and mark them
    (semantic/services/analyzing/sampled.py); otherwise samples are refused. With `parts`, the subjects of a part can be
    the population of any analysis. `sets` are parts of other analyses that `lower` needs besides the population: tables
    named by `set_table`. `leaves_out_few` says that rows with too few subjects don't leave the engine, so that no rows
    can mean few subjects or none. `compares` says that its words compare two periods or sides;
    otherwise both are refused. `narrowed` is the question in which only those count for whom it begins with an event
    that passes a filter.
    """

    name: str  # that of its module
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
    narrowed: Callable[[Asked, Filter], Asked] | None = None
    parts: PartKind[Asked, Any] | None = None  # Any: each kind has its own parts
    sets: Callable[[Asked], tuple[PartOf, ...]] | None = None
