"""Start an analysis of any kind from its definition."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.step_change import STEP_CHANGE
from semantic.policy.actor import Actor
from semantic.services.analyzing.pending import PendingAnalysis, ThreadedAnalysis
from semantic.services.analyzing.run import Analyzed, start_analysis
from semantic.services.analyzing.step_change import change_analyzed
from semantic.workspace import Workspace


def start_any(
    workspace: Workspace, analysis: Analysis, actor: Actor, *, today: date | None = None
) -> PendingAnalysis[Analyzed[Any]]:  # Any: each kind has its own finding
    """Start an analysis, or join an identical one. Raises SemanticError if it isn't valid."""
    if analysis.kind is not STEP_CHANGE:
        return start_analysis(workspace, analysis.kind, analysis.asked, actor, today=today)
    for metric in analysis.kind.reads(analysis.asked).events:
        workspace.visible(actor).metric(metric.metric)
    change = ThreadedAnalysis(lambda stop: change_analyzed(workspace, analysis.asked, actor, today=today, stop=stop))
    return cast(PendingAnalysis[Analyzed[Any]], change)  # it has the same attributes as `Analyzed`
