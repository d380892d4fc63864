"""Unusual days as an analysis that is run, recorded and told as those of events are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from semantic.analyses.anomalies import Unusual
from semantic.analyses.events.definition import Analysis
from semantic.analyses.unusual.kind import UNUSUAL_DAYS
from semantic.analyses.unusual.question import UnusualDays
from semantic.compile import Statement
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.services.analyzing.anomalies import Searched, search
from semantic.services.analyzing.pending import InThread
from semantic.services.analyzing.words.anomalies import anomalies_rule
from semantic.workspace import Workspace

NO_STATEMENT: Final = "Unusual days have no single statement. Use `python -m semantic anomalies`, or ask without --sql."


@dataclass(frozen=True, slots=True)
class WatchedMetric:
    """The metric whose days were searched, where analyses of events have an event."""

    label: str
    metric: Metric


@dataclass(frozen=True, slots=True)
class PlannedDays:
    """What is known about the days, where analyses of events have their plan. There are no samples of days."""

    filters: str
    legs: tuple[WatchedMetric]
    sample: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzedDays:
    """What a search found, with everything that surfaces ask of an analysis (`Analyzed`)."""

    found: Unusual
    searched: Searched
    planned: PlannedDays
    rule: tuple[str, ...]
    notes: tuple[str, ...]
    data_version: str | None
    scope: str
    analysis: Analysis
    statement: Statement
    today: date
    receipt: str = ""


def start_days(
    workspace: Workspace, asked: UnusualDays, actor: Actor, *, today: date | None = None
) -> InThread[AnalyzedDays]:
    """Start a search. Raises UnknownName at once for what this person can't see; `result` raises the rest."""
    workspace.visible(actor).metric(asked.metric)
    return InThread(lambda: search_analyzed(workspace, asked, actor, today=today))


def search_analyzed(
    workspace: Workspace, asked: UnusualDays, actor: Actor, *, today: date | None = None
) -> AnalyzedDays:
    """Return what a search finds for this person. Raises SemanticError."""
    searched = search(workspace, asked, actor, today=today)
    metric = searched.asked.seen.metric(asked.metric)
    return AnalyzedDays(
        found=searched.found,
        searched=searched,
        planned=PlannedDays(searched.filters, (WatchedMetric(searched.label, metric),)),
        rule=tuple(anomalies_rule(searched)),
        notes=searched.unrecorded,
        data_version=searched.asked.result.data_version,
        scope=searched.asked.seen.scope,
        analysis=Analysis(UNUSUAL_DAYS, asked),
        statement=searched.statement,
        today=searched.asked.readings.today,
        receipt=searched.receipt,
    )
