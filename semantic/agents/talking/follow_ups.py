"""Up to three questions that continue an answer: over time, by a breakdown, and compared with a year earlier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from semantic.agents.talking.examples import WANTED
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity
from semantic.query.describe import lower_first
from semantic.query.query import DATE, Breakdown, LastYear, Query

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

DAYS, WEEKS = timedelta(days=31), timedelta(days=190)
"""The longest periods that are broken down by day and by week."""
PRIVATE: Final = frozenset({"personal", "sensitive", "id"})
"""The tags of dimensions that aren't offered."""


def follow_ups(query: Query, workspace: Workspace, seen: VisibleModel) -> tuple[tuple[str, Query], ...]:
    """Return up to three follow-up questions with their labels.

    This person can ask all of them, and none of them has the cost class `large`.
    """
    try:
        return tuple(_askable(query, workspace, seen))
    except SemanticError:
        return ()


def _askable(query: Query, workspace: Workspace, seen: VisibleModel) -> Iterator[tuple[str, Query]]:
    if not query.metrics:
        return
    now = workspace.preflight(query, seen.actor)
    for label, other in (*_over_time(query, now), *_by_another(query, now), *_with_last_year(query)):
        checked = workspace.preflight(other, seen.actor)
        if checked.ok and checked.cost != "large":
            yield label, other


def _by(query: Query, breakdown: Breakdown) -> Query:
    """Return the question with only this breakdown, and without totals, order and limits."""
    return replace(query, by=(breakdown,), top=None, order=(), totals=(), calc=(), limit=None)


def _over_time(query: Query, now: Preflight) -> Iterator[tuple[str, Query]]:
    start, end = now.period.start, now.period.end
    if any(by.dim == DATE for by in query.by) or start is None or end is None:
        return
    length = end - start
    grain = Granularity.DAY if length <= DAYS else Granularity.WEEK if length <= WEEKS else Granularity.MONTH
    if length > timedelta(days=1):
        yield f"By {grain.value}", _by(query, Breakdown(DATE, grain))


def _by_another(query: Query, now: Preflight) -> Iterator[tuple[str, Query]]:
    used = {by.dim for by in query.by}
    usable = [each for each in now.available if each.kind == "categorical" and not each.tags & PRIVATE]
    usable = [each for each in usable if each.name in WANTED and each.name not in used]
    for dimension in sorted(usable, key=lambda each: WANTED.index(each.name))[:1]:
        yield f"By {lower_first(dimension.label or dimension.name)}", _by(query, Breakdown(dimension.name))


def _with_last_year(query: Query) -> Iterator[tuple[str, Query]]:
    if query.time is not None and not query.compare:
        yield "Compared with last year", replace(query, compare=(LastYear(),))
