"""The breakdowns that an analysis of an event uses by default: the event's nearest dimensions."""

from __future__ import annotations

from typing import Final

from semantic.analyses.events.asked import Attribute, Event, Population, Reads
from semantic.analyses.events.read import plan_events
from semantic.errors import SemanticError
from semantic.explore.drill import drill_options
from semantic.explore.selection import SelectedRows
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Query
from semantic.query.resolve import resolve
from semantic.workspace import Workspace

USUAL: Final = 8
"""How many breakdowns are looked at by default."""
MOST_TRIED: Final = 30


def breakdowns_of(workspace: Workspace, metric: str, subject: str, actor: Actor, *, most: int = USUAL) -> list[str]:
    """Return the dimensions that a metric's rows have, nearest first. Empty if the rows can't be events.

    Dimensions made by naming rules are left out, because they are about how names are written, not about people.
    """
    visible, today = workspace.visible(actor), workspace.today()
    query = Query(metrics=(metric,))
    try:
        asked = resolve(query, visible, today=today)
        available = workspace.preflight(query, actor, today=today).available
    except SemanticError:
        return []
    about_names = {name for rule in workspace.model.naming.values() for name in (rule.follows, rule.problem)}
    found: list[str] = []
    ways = drill_options(SelectedRows(rows=(0,), groups=((),)), asked, available)
    usual = [way for way in ways if not way.breakdown.is_time and way.breakdown.via is None]
    for way in [way for way in usual if way.breakdown.dim not in about_names][:MOST_TRIED]:
        breakdown = Breakdown(way.breakdown.dim)
        reads = Reads(
            population=Population(subject=subject),
            events=(Event(metric=metric),),
            begins=frozenset([0]),
            attributes=(Attribute(breakdown, frozenset([0])),),
        )
        try:
            plan_events(reads, visible, today=today)
        except SemanticError:
            continue
        found.append(breakdown.dim)
        if len(found) == most:
            break
    return found
