"""Run an analysis of events for one person. Subjects' rows stay in the engine: only counts and sums are read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, TypeVar

from semantic.analyses.events.compile import CompiledEvents, compile_events
from semantic.analyses.events.coverage import coverage_of, subject_rule
from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.sets import PlannedAnalysis, check_compared, set_rule
from semantic.answering.extents import ExtentsAsked
from semantic.audit_trail.recorder import NOT_RECORDED, NOT_YET
from semantic.compile import Statement
from semantic.policy.actor import Actor
from semantic.query.known_through import NOTHING_LOADED, Loaded
from semantic.query.member_labels import NO_LABELS, Labels, labels_among
from semantic.services.analyzing.complements import check_complements, metrics_of_all
from semantic.services.analyzing.cost import note_pace
from semantic.services.analyzing.covered import coverage_notes
from semantic.services.analyzing.pending import PendingAnalysis, Running
from semantic.services.analyzing.recording import receipt_for
from semantic.services.analyzing.sampled import sample_notes, sample_rule
from semantic.workspace import RECEIPT_SECONDS, Workspace, loaded_of

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyzed(Generic[Found]):
    """What an analysis found. `rule` is how it counts, in sentences. `labels` are the labels, by attribute, of members
    that this person can see. `receipt` is "" if it isn't recorded. `plan` has the sets of subjects that it used.
    """

    found: Found
    planned: PlannedEvents
    rule: tuple[str, ...]
    notes: tuple[str, ...]
    labels: tuple[Labels, ...]
    data_version: str | None
    scope: str
    analysis: Analysis
    statement: Statement
    plan: PlannedAnalysis
    receipt: str = ""

    @property
    def today(self) -> date:
        """The day it was asked on, which relative periods end before."""
        return self.planned.legs[0].asked.today


def analyze(
    workspace: Workspace,
    kind: EventKind[Any, Found],  # Any: each kind has its own question
    asked: Any,
    actor: Actor,
    *,
    today: date | None = None,
) -> Analyzed[Found]:
    """Return what an analysis finds for this person, once it is there. Raises SemanticError."""
    return start_analysis(workspace, kind, asked, actor, today=today).result()


def start_analysis(
    workspace: Workspace,
    kind: EventKind[Any, Found],  # Any: each kind has its own question
    asked: Any,
    actor: Actor,
    *,
    today: date | None = None,
) -> PendingAnalysis[Analyzed[Found]]:
    """Start an analysis, or join an identical one. Raises SemanticError if it can't be asked."""
    seen, day = workspace.visible(actor), today or workspace.today()
    extents = workspace.extents_of(metrics_of_all(kind, asked, seen), actor)

    def compiled(loaded: Loaded) -> CompiledEvents:
        return compile_events(kind, asked, seen, workspace.engines.dialect, today=day, loaded=loaded)

    def begin(extents: ExtentsAsked) -> Running:
        ready = compiled(loaded_of(extents))
        versions = workspace.engines.versions_of(ready.datasets)
        limits = workspace.engines.analysis_limits
        ticket = workspace.engines.submit(ready.statement, versions, actor.id, limits=limits)
        counting = coverage_of(ready.planned, workspace.engines.dialect(ready.planned.connection))
        if counting is None:
            return Running(ready, versions, ticket)
        beside = workspace.engines.submit(counting, versions, actor.id, limits=limits)
        return Running(ready, versions, ticket, beside)

    if not extents.done():
        compiled(NOTHING_LOADED)  # raises what doesn't depend on how far the data goes
    return PendingAnalysis(extents, begin, lambda running: _told(workspace, kind, asked, actor, running, day))


def _told(
    workspace: Workspace, kind: EventKind[Any, Found], asked: Any, actor: Actor, running: Running, today: date
) -> Analyzed[Found]:
    """What the rows of a finished run say, after it was recorded."""
    seen, planned, plans = workspace.visible(actor), running.compiled.planned, [*running.compiled.analysis.every_plan()]
    rows = running.ticket.answer().table.to_pylist()
    if not running.ticket.is_cached:
        note_pace(workspace, running.compiled, running.ticket.progress().elapsed_seconds)
    if planned.smallest:
        check_compared(kind, asked)
    if planned.smallest and planned.reads.population.of is not None:
        check_complements(workspace, kind, asked, actor, today=today)
    found, analysis = kind.find(asked, planned, rows), Analysis(kind, asked)
    receipt, unrecorded = receipt_for(
        workspace, seen, analysis, running.compiled, found, rows=len(rows), data_version=running.versions.text
    )
    return Analyzed(
        found=found,
        planned=planned,
        rule=(
            *kind.rule(asked, planned),
            *subject_rule(planned),
            *set_rule(running.compiled.analysis),
            *sample_rule(planned),
        ),
        notes=(
            *dict.fromkeys(note for plan in plans for note in plan.notes),
            *coverage_notes(running),
            *sample_notes(planned),
            *unrecorded,
        ),
        plan=running.compiled.analysis,
        labels=tuple(
            labels_among(
                [row.get(f"k{place}") for row in rows],
                seen.member_labels(carried.dimension),
            )
            if carried.dimension
            else NO_LABELS
            for place, carried in enumerate(planned.carried)
        ),
        data_version=running.versions.text,
        scope=seen.scope,
        analysis=analysis,
        statement=running.compiled.statement,
        receipt=receipt,
    )


def confirmed(workspace: Workspace, analyzed: Analyzed[Found]) -> Analyzed[Found]:
    """Return the analysis once its receipt is stored. After a few seconds, it has a note instead of a receipt."""
    recorder, receipt = workspace.recorder, analyzed.receipt
    if recorder is None or (receipt and recorder.is_kept(receipt, seconds=RECEIPT_SECONDS)):
        return analyzed
    notes = [note for note in analyzed.notes if note not in (NOT_YET, NOT_RECORDED)]
    return replace(analyzed, receipt="", notes=(*notes, NOT_RECORDED))


def compiled_for(
    workspace: Workspace,
    kind: EventKind[Any, Any],
    asked: Any,
    actor: Actor,
    *,
    today: date | None = None,
) -> CompiledEvents:
    """Return the statement of an analysis for this person. Raises SemanticError."""
    seen = workspace.visible(actor)
    loaded = workspace.loaded(metrics_of_all(kind, asked, seen), actor)
    dialect, today = workspace.engines.dialect, today or workspace.today()
    return compile_events(kind, asked, seen, dialect, today=today, loaded=loaded)
