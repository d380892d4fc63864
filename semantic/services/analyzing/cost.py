"""The cost of an analysis before it runs: the rows it reads, as the engine estimates them, and the time it takes.

As for questions, only people who see all rows can see the cost, because row counts would reveal hidden rows (G6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from weakref import WeakKeyDictionary

from semantic.analyses.events.asked import PartOf
from semantic.analyses.events.comparing import asked_of_sides
from semantic.analyses.events.compile import CompiledEvents
from semantic.analyses.events.definition import OTHER_KINDS
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.profile import PROFILE
from semantic.analyses.events.read import PlannedEvents, plan_events
from semantic.analyses.events.sets import PlannedAnalysis, plan_analysis, read_set, sets_of
from semantic.analyses.events.step_change import STEP_CHANGE, profile_of_step
from semantic.errors import counted
from semantic.explore.preflight import rounded_count
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.run.connectors import Connectors
from semantic.services.analyzing.complements import Check, checks_of
from semantic.workspace import Workspace

ASK_ROWS: Final = 20_000_000
ASK_SECONDS: Final = 60.0
"""An analysis that takes at least this many seconds only runs once someone confirms it."""
SCANNED: Final = 0.25
"""The share of the time that goes into reading all rows, which a sample needs too."""
_PACES: Final[Mapping[str, float]] = {"duckdb": 1_200_000, "postgres": 250_000, "spark": 250_000}
"""The rows per second assumed until this process has measured an engine."""
_OTHER_PACE, _FEW_ROWS = 500_000.0, 100_000
_seen: Final[WeakKeyDictionary[Connectors, dict[str, float]]] = WeakKeyDictionary()
"""The rows per second measured in this process, by connection."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an analysis costs. `rows` and `seconds` are None if they aren't known or the person can't see them.

    `asks` means that the person should confirm before it runs. `words` is a sentence, or "" if nothing is known.
    """

    rows: int | None
    seconds: float | None
    asks: bool
    words: str


UNKNOWN: Final = Cost(None, None, False, "")


def cost_of(
    workspace: Workspace,
    kind: EventKind[Any, Any],  # Any: each kind has its own question and finding
    asked: Any,
    actor: Actor,
    *,
    today: date | None = None,
) -> Cost:
    """Return the cost of an analysis for this person, without reading rows. Raises QueryError and Refused."""
    seen, today, is_compared = workspace.visible(actor), today or workspace.today(), False
    if kind is STEP_CHANGE:
        kind, asked, is_compared = PROFILE, PROFILE.read(profile_of_step(asked.funnel, asked.step, asked.by)), True
    if seen.rules or kind.name in OTHER_KINDS:  # searches consist of questions, which have their own limits
        return UNKNOWN
    sides = asked_of_sides(kind, asked) or (asked,)
    plans = [plan_analysis(kind, side, seen, today=today) for side in sides]
    each = [_rows(workspace, plan) for plan in plans]
    if not all(each):
        return UNKNOWN
    planned, rows, checks = plans[0].planned, sum(filter(None, each)), 0
    if planned.smallest and plans[0].sets:
        sets = _Sets(workspace, seen, today)
        own = sets.own(planned)
        needed = checks_of(kind, asked)
        rows, checks = rows + sum(own + sets.rows(kind, check) for check in needed), len(needed)
    if is_compared or asked.population.compare is not None:
        rows, checks = 2 * rows, 2 * checks  # each period is read separately
    part = 1.0 if planned.sample is None else SCANNED + (1 - SCANNED) * planned.sample
    seconds = part * rows / _pace(workspace, planned)
    asks = rows * part >= ASK_ROWS or seconds >= ASK_SECONDS
    words = f"This reads about {rounded_count(rows)} rows and takes {about_time(seconds)}"
    if checks:
        words += f", including {counted(checks, 'check')} that no small group is revealed"
    return Cost(rows, seconds, asks, f"{words}.")


def note_pace(workspace: Workspace, compiled: CompiledEvents, seconds: float) -> None:
    """Record how fast an analysis of many rows ran, for later estimates."""
    planned = compiled.planned
    rows = _rows(workspace, compiled.analysis)
    if rows is None or rows < _FEW_ROWS or planned.sample is not None or seconds <= 0:
        return
    known = _seen.setdefault(workspace.connectors, {})
    known[planned.connection] = (rows / seconds + _pace(workspace, planned)) / 2


def _pace(workspace: Workspace, planned: PlannedEvents) -> float:
    dialect = workspace.engines.dialect(planned.connection).name
    known = _seen.get(workspace.connectors, {})
    return known.get(planned.connection) or _PACES.get(dialect, _OTHER_PACE)


def _rows(workspace: Workspace, analysis: PlannedAnalysis) -> int | None:
    """Return the number of rows that an analysis reads, or None if it isn't known. Each set's tables count again."""
    sizes = [workspace.table_rows.get(name) for plan in analysis.every_plan() for name in _tables(plan)]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) and sum(known) else None


def _tables(planned: PlannedEvents) -> Sequence[str]:
    return [*dict.fromkeys(leg.dataset.name for leg in planned.legs)]


class _Sets:
    """The number of rows that the sets of checks read.

    Most checks share sets with each other, so each set is planned only once.
    """

    def __init__(self, workspace: Workspace, seen: VisibleModel, today: date) -> None:
        self._workspace, self._seen, self._today = workspace, seen, today
        self._known: dict[str, int] = {}

    def own(self, planned: PlannedEvents) -> int:
        """Return the number of rows that an analysis reads, without its sets."""
        return sum(self._workspace.table_rows.get(name) or 0 for name in _tables(planned))

    def rows(self, kind: EventKind[Any, Any], check: Check) -> int:
        """Return the number of rows that a check's sets read."""
        among = [check.instead.among] if check.instead is not None and check.instead.among is not None else []
        return sum(map(self._of, (*sets_of(kind, check.asked), *among)))

    def _of(self, part_of: PartOf) -> int:
        if part_of.analysis not in self._known:
            inner = read_set(part_of)
            planned = plan_events(inner.kind.reads(inner.asked), self._seen, today=self._today)
            rows = self.own(planned) + sum(map(self._of, sets_of(inner.kind, inner.asked)))
            self._known[part_of.analysis] = rows
        return self._known[part_of.analysis]


def about_time(seconds: float) -> str:
    """Return a duration in words, as roughly as the estimate is.

    >>> about_time(4), about_time(44), about_time(230)
    ('a few seconds', 'about 40 seconds', 'about 4 minutes')
    """
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {10 * round(seconds / 10)} seconds"
    return f"about {round(seconds / 60)} minutes"
