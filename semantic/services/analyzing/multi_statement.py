"""Analyses that run several statements, such as unusual days, in the form that surfaces use for every analysis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from semantic.analyses.events.definition import Analysis
from semantic.analyses.unusual.kind import UNUSUAL_DAYS
from semantic.analyses.unusual.question import UnusualDays
from semantic.compile import Statement
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.services.analyzing.anomalies import search
from semantic.services.analyzing.pending import Stop, ThreadedAnalysis
from semantic.services.analyzing.words.anomalies import anomalies_rule
from semantic.workspace import Workspace

NO_STATEMENT: Final = "This kind of analysis has no single statement. Run it without --sql."


@dataclass(frozen=True, slots=True)
class WatchedMetric:
    """The metric that an analysis of several statements is about. It takes the place of an event."""

    label: str
    metric: Metric


@dataclass(frozen=True, slots=True)
class MultiStatementPlan:
    """The plan of an analysis of several statements. It takes the place of planned events, and never uses a sample."""

    filters: str
    legs: tuple[WatchedMetric]
    start: date
    end: date
    known: date
    time_zone: str
    sample: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiStatementResult:
    """The result of an analysis of several statements, with the same attributes as `Analyzed`.

    `told` is the full result, from which its sentences and tables are written.
    """

    found: object
    told: Any  # each kind has its own
    planned: MultiStatementPlan
    rule: tuple[str, ...]
    notes: tuple[str, ...]
    data_version: str | None
    scope: str
    analysis: Analysis
    statement: Statement
    today: date
    receipt: str = ""
    named: None = None
    compared: None = None

    @property
    def numbers(self) -> object:
        """The result of the analysis, as numbers."""
        return self.found

    @property
    def statements(self) -> Statement:
        """All statements that were run."""
        return self.statement


def start_days(
    workspace: Workspace, asked: UnusualDays, actor: Actor, *, today: date | None = None
) -> ThreadedAnalysis[MultiStatementResult]:
    """Start a search for unusual days.

    Raises UnknownName immediately for names that this person can't see. `result` raises other errors.
    """
    workspace.visible(actor).metric(asked.metric)
    return ThreadedAnalysis(lambda stop: search_analyzed(workspace, asked, actor, today=today, stop=stop))


def search_analyzed(
    workspace: Workspace, asked: UnusualDays, actor: Actor, *, today: date | None = None, stop: Stop | None = None
) -> MultiStatementResult:
    """Search for unusual days as this person sees them, and return the result. Raises SemanticError."""
    searched = search(workspace, asked, actor, today=today, stop=stop)
    metric = searched.asked.seen.metric(asked.metric)
    return MultiStatementResult(
        found=searched.found,
        told=searched,
        planned=MultiStatementPlan(
            filters=searched.filters,
            legs=(WatchedMetric(searched.label, metric),),
            start=searched.first,
            end=searched.end,
            known=searched.asked.readings.known_to,
            time_zone=searched.asked.result.period.time_zone,
        ),
        rule=tuple(anomalies_rule(searched)),
        notes=searched.unrecorded,
        data_version=searched.asked.result.data_version,
        scope=searched.asked.seen.scope,
        analysis=Analysis(UNUSUAL_DAYS, asked),
        statement=searched.statement,
        today=searched.asked.readings.today,
        receipt=searched.receipt,
    )
