"""Run an analysis of events for one person. Subjects' rows stay in the engine: only counts and sums are read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from semantic.analyses.events.compile import CompiledEvents, compile_events
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.read import PlannedEvents, metrics_of
from semantic.analyses.events.sets import PlannedAnalysis, all_reads, set_rule
from semantic.errors import GroupTooSmall
from semantic.policy.actor import Actor
from semantic.query.member_labels import NO_LABELS, Labels, labels_among
from semantic.workspace import Workspace

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyzed(Generic[Found]):
    """What an analysis found. `rule` is how it counts, in sentences. `labels` are the labels, by attribute, of members
    that this person can see. `analysis` has the sets of subjects that it used.
    """

    found: Found
    planned: PlannedEvents
    rule: tuple[str, ...]
    notes: tuple[str, ...]
    labels: tuple[Labels, ...]
    data_version: str | None
    scope: str
    analysis: PlannedAnalysis


def analyze(
    workspace: Workspace,
    kind: EventKind[Any, Found],  # Any: each kind has its own question
    asked: Any,
    actor: Actor,
    *,
    today: date | None = None,
) -> Analyzed[Found]:
    """Return what an analysis finds for this person. Raises SemanticError."""
    seen, compiled = workspace.visible(actor), compiled_for(workspace, kind, asked, actor, today=today)
    versions = workspace.engines.versions_of(compiled.datasets)
    ticket = workspace.engines.submit(compiled.statement, versions, actor.id)
    rows = ticket.answer().table.to_pylist()
    planned = compiled.planned
    if planned.smallest and planned.reads.population.of is not None:
        _check_others(workspace, kind, asked, actor, today=today)
    if workspace.recorder is not None:
        definition = json.dumps(kind.data(asked), ensure_ascii=False, separators=(",", ":"))
        legs = [leg for plan in compiled.analysis.every_plan() for leg in plan.legs]
        metrics = list(dict.fromkeys(leg.metric.name for leg in legs))
        workspace.recorder.analyzed(kind.name, metrics, definition, actor)
    return Analyzed(
        found=kind.find(asked, planned, rows),
        planned=planned,
        rule=(*kind.rule(asked, planned), *set_rule(compiled.analysis)),
        notes=tuple(dict.fromkeys(note for plan in compiled.analysis.every_plan() for note in plan.notes)),
        analysis=compiled.analysis,
        labels=tuple(
            labels_among(
                [row.get(f"k{place}") for row in rows],
                seen.member_labels(carried.dimension),
            )
            if carried.dimension
            else NO_LABELS
            for place, carried in enumerate(planned.carried)
        ),
        data_version=versions.text,
        scope=seen.scope,
    )


def compiled_for(
    workspace: Workspace,
    kind: EventKind[Any, Any],
    asked: Any,
    actor: Actor,
    *,
    today: date | None = None,
    others: bool = False,
) -> CompiledEvents:
    """Return the statement of an analysis for this person. With `others`, that of everyone outside the set that is its
    population. Raises SemanticError.
    """
    seen = workspace.visible(actor)
    metrics = [metric for reads in all_reads(kind, asked) for metric in metrics_of(reads, seen)]
    loaded = workspace.loaded(list({metric.name: metric for metric in metrics}.values()), actor)
    dialect, today = workspace.engines.dialect, today or workspace.today()
    return compile_events(kind, asked, seen, dialect, today=today, loaded=loaded, others=others)


def _check_others(
    workspace: Workspace, kind: EventKind[Any, Any], asked: Any, actor: Actor, *, today: date | None
) -> None:
    """Refuse an analysis of a set if that of everyone else would hide a number: it would be the difference between two
    that are shown, with and without the set. Raises GroupTooSmall.
    """
    compiled = compiled_for(workspace, kind, asked, actor, today=today, others=True)
    ticket = workspace.engines.submit(compiled.statement, workspace.engines.versions_of(compiled.datasets), actor.id)
    rows = ticket.answer().table.to_pylist()
    is_empty = not any(type(value) is int and value for row in rows for value in row.values())
    if not is_empty and getattr(kind.find(asked, compiled.planned, rows), "hides", True):
        message = "Compared with the same analysis of everyone, this one would reveal numbers of too few people."
        raise GroupTooSmall(f"{message} They are hidden from you, so choose larger groups.", names=())
