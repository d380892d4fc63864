"""Run an analysis of events for one person. Rows of single subjects stay in the engine: only totals are read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, TypeVar, cast

from semantic.analyses.events.comparing import OtherPeriod, comparing_notes, comparing_rule, sides_rule
from semantic.analyses.events.compile import CompiledEvents, compile_both
from semantic.analyses.events.coverage import coverage_of, subject_rule
from semantic.analyses.events.definition import OTHER_KINDS, Analysis
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.named import NamedMatch, match
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.sets import PlannedAnalysis, check_compared, set_rule
from semantic.analyses.unusual.kind import DAY_KINDS
from semantic.answering.extents import ExtentsAsked, loaded_of
from semantic.audit_trail.recorder import NOT_RECORDED, NOT_YET
from semantic.compile import Statement
from semantic.errors import InvalidQuery
from semantic.policy.actor import Actor
from semantic.query.known_through import NOTHING_LOADED, Loaded
from semantic.query.member_labels import NO_LABELS, Labels, labels_among
from semantic.run.execute import Ticket
from semantic.services.analyzing.complements import check_complements, metrics_of_all
from semantic.services.analyzing.cost import note_pace
from semantic.services.analyzing.covered import coverage_notes
from semantic.services.analyzing.multi_statement import NO_STATEMENT, start_days
from semantic.services.analyzing.naming import deprecation_notes, named_rule
from semantic.services.analyzing.pending import PendingAnalysis, Running, Stop
from semantic.services.analyzing.recording import receipt_for
from semantic.services.analyzing.sampled import sample_notes, sample_rule
from semantic.workspace import RECEIPT_SECONDS, Workspace

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyzed(Generic[Found]):
    """The result of an analysis, with the context needed to show it.

    `rule` is the counting rule in sentences. `labels` has, by attribute, the labels of the members that this person can
    see. `receipt` is "" if the analysis isn't recorded. `plan` has the sets of subjects that it used. `named` is the
    model's analysis that it matches, if any, and `compared` is the other period's result if it compares two.
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
    named: NamedMatch | None = None
    compared: FoundBefore[Found] | None = None
    rows: int = 0  # that the engine returned, for both periods

    @property
    def numbers(self) -> object:
        """The result of the analysis, for both periods if there are two."""
        return self.found if self.compared is None else (self.found, self.compared.analyzed.found)

    @property
    def statements(self) -> Statement:
        """The statements that were run, as in the receipt, for both periods if there are two."""
        if self.compared is None:
            return self.statement
        other = self.compared.analyzed.statement
        return replace(
            self.statement,
            sql=f"{self.statement.sql};\n{other.sql}",
            params=(*self.statement.params, *other.params),
        )

    @property
    def today(self) -> date:
        """The day on which the analysis was asked. Relative periods are based on it."""
        return self.planned.legs[0].asked.today


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBefore(Generic[Found]):
    """The result of the same analysis for the period or side that it is compared with."""

    other: OtherPeriod
    analyzed: Analyzed[Found]


def analyze(
    workspace: Workspace,
    kind: EventKind[Any, Found],  # Any: each kind has its own question
    asked: Any,
    actor: Actor,
    *,
    today: date | None = None,
) -> Analyzed[Found]:
    """Run an analysis, and return its result for this person. Raises SemanticError."""
    return start_analysis(workspace, kind, asked, actor, today=today).result()


def start_analysis(
    workspace: Workspace,
    kind: EventKind[Any, Found],  # Any: each kind has its own question
    asked: Any,
    actor: Actor,
    *,
    today: date | None = None,
    recorded: bool = True,
) -> PendingAnalysis[Analyzed[Found]]:
    """Start an analysis, or join an identical one. Raises SemanticError if it isn't valid.

    If `recorded` is false, `record_analyzed` can record the analysis later.
    """
    if kind.name in DAY_KINDS:
        days = start_days(workspace, asked, actor, today=today)
        return cast(PendingAnalysis[Analyzed[Found]], days)  # it has the same attributes as `Analyzed`
    seen, day = workspace.visible(actor), today or workspace.today()
    extents = workspace.extents_of(metrics_of_all(kind, asked, seen), actor)

    def compiled(loaded: Loaded) -> CompiledEvents:
        return compile_both(kind, asked, seen, workspace.engines.dialect, today=day, loaded=loaded)

    def begin(extents: ExtentsAsked) -> Running:
        ready = compiled(loaded_of(extents))
        versions = workspace.engines.versions_of(ready.datasets)

        def submitted(statement: Statement) -> Ticket:
            limits = workspace.engines.analysis_limits
            return workspace.engines.submit(statement, versions, actor.id, limits=limits)

        ticket, compared = submitted(ready.statement), None
        if ready.compared is not None:
            earlier = ready.compared.compiled
            compared = Running(earlier, versions, submitted(earlier.statement))
        counting = coverage_of(ready.planned, workspace.engines.dialect(ready.planned.connection))
        coverage = submitted(counting) if counting is not None else None
        return Running(ready, versions, ticket, coverage, compared)

    if not extents.done():
        compiled(NOTHING_LOADED)  # raises errors that don't depend on how far the data goes

    def tell(running: Running, stop: Stop) -> Analyzed[Found]:
        return _finished(workspace, kind, asked, actor, running, day, stop, is_recorded=recorded)

    return PendingAnalysis(extents, begin, tell)


def _finished(
    workspace: Workspace,
    kind: EventKind[Any, Found],
    asked: Any,
    actor: Actor,
    running: Running,
    today: date,
    stop: Stop,
    *,
    is_recorded: bool,
) -> Analyzed[Found]:
    """Turn the rows of a finished run into a result, and record it if `is_recorded`."""
    planned = running.compiled.planned
    mine, compared = running.compiled.asked, running.compiled.compared
    if planned.smallest:
        check_compared(kind, mine)
    is_side = compared is not None and compared.other.is_side
    analyzed = _read_side(workspace, kind, mine, actor, running, is_side=is_side)
    if planned.smallest and running.compiled.analysis.sets:
        check_complements(workspace, kind, mine, actor, analyzed.found, stop, today=today)
    analyzed = replace(analyzed, analysis=Analysis(kind, asked))
    named = match(analyzed.analysis, workspace.visible(actor))
    analyzed = replace(analyzed, named=named, rule=(*analyzed.rule, *named_rule(named, today=today)))
    if compared is not None and running.compared is not None:
        before, other = _read_side(workspace, kind, compared.asked, actor, running.compared), compared.other
        if planned.smallest and compared.compiled.analysis.sets:
            check_complements(
                workspace, kind, compared.asked, actor, before.found, stop, today=today, through=other.through
            )
        rule = comparing_rule(kind, asked, planned, compared.other)
        if compared.other.is_side:
            plans = (analyzed.plan, before.plan)
            rule = sides_rule(kind, asked, [(plan.planned, [each.words for each in plan.sets]) for plan in plans])
            rule += tuple(dict.fromkeys(sentence for plan in plans for sentence in set_rule(plan)[1:]))
        notes = (*analyzed.notes, *before.notes, *comparing_notes(planned, compared.other))
        analyzed = replace(
            analyzed,
            compared=FoundBefore(other=compared.other, analyzed=before),
            rule=(*analyzed.rule, *rule),
            notes=tuple(dict.fromkeys(notes)),
            rows=analyzed.rows + before.rows,
        )
    seen = workspace.visible(actor)
    old = deprecation_notes(metrics_of_all(kind, asked, seen), seen, today=today)
    analyzed = replace(analyzed, notes=(*analyzed.notes, *old))
    stop.check()  # cancelled analyses aren't recorded
    if not is_recorded:
        return analyzed
    receipt, unrecorded = _recorded(workspace, analyzed, actor)
    return replace(analyzed, receipt=receipt, notes=(*analyzed.notes, *unrecorded))


def _read_side(
    workspace: Workspace,
    kind: EventKind[Any, Found],
    asked: Any,
    actor: Actor,
    running: Running,
    *,
    is_side: bool = False,
) -> Analyzed[Found]:
    """Read the rows of one period or side, without recording them.

    With `is_side`, the rule doesn't say who is on this side, because one sentence describes both sides.
    """
    seen, planned, plans = workspace.visible(actor), running.compiled.planned, [*running.compiled.analysis.every_plan()]
    rows = running.ticket.answer().table.to_pylist()
    if not running.ticket.is_cached:
        note_pace(workspace, running.compiled, running.ticket.progress().elapsed_seconds)
    return Analyzed(
        found=kind.find(asked, planned, rows),
        planned=planned,
        rule=(
            *kind.rule(asked, planned),
            *subject_rule(planned),
            *(set_rule(running.compiled.analysis) if not is_side else ()),
            *sample_rule(planned),
        ),
        notes=(
            *dict.fromkeys(note for plan in plans for note in plan.notes),
            *coverage_notes(running),
            *sample_notes(planned),
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
        analysis=Analysis(kind, asked),
        statement=running.compiled.statement,
        rows=len(rows),
    )


def record_analyzed(workspace: Workspace, analyzed: Analyzed[Any], actor: Actor) -> str:
    """Record an analysis that was started without a record. Return the receipt's ID, or "" if there is none."""
    return _recorded(workspace, analyzed, actor)[0]


def _recorded(workspace: Workspace, analyzed: Analyzed[Any], actor: Actor) -> tuple[str, tuple[str, ...]]:
    """Record an analysis. Return the receipt's ID, or "" if there is none, and notes about the receipt."""
    return receipt_for(
        workspace, workspace.visible(actor), analyzed.analysis, analyzed.statements, analyzed.numbers,
        today=analyzed.today, rows=analyzed.rows, data_version=analyzed.data_version,
    )  # fmt: skip


def confirmed(workspace: Workspace, analyzed: Analyzed[Found]) -> Analyzed[Found]:
    """Wait until the analysis's receipt is stored. If that takes too long, a note replaces the receipt."""
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
    """Return the compiled statement of an analysis for this person. Raises SemanticError."""
    if kind.name in OTHER_KINDS:
        raise InvalidQuery(NO_STATEMENT)
    seen = workspace.visible(actor)
    loaded = workspace.loaded(metrics_of_all(kind, asked, seen), actor)
    dialect, today = workspace.engines.dialect, today or workspace.today()
    return compile_both(kind, asked, seen, dialect, today=today, loaded=loaded)
