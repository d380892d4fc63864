"""Run an analysis of events for one person. Subjects' rows stay in the engine: only counts and sums are read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from semantic.analyses.events.compile import CompiledEvents, compile_events
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.read import PlannedEvents, metrics_of
from semantic.policy.actor import Actor
from semantic.query.member_labels import NO_LABELS, Labels, labels_among
from semantic.workspace import Workspace

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyzed(Generic[Found]):
    """What an analysis found. `rule` is how it counts, in sentences. `labels` are the labels, by attribute, of members
    that this person can see.
    """

    found: Found
    planned: PlannedEvents
    rule: tuple[str, ...]
    notes: tuple[str, ...]
    labels: tuple[Labels, ...]
    data_version: str | None
    scope: str


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
    if workspace.recorder is not None:
        definition = json.dumps(kind.data(asked), ensure_ascii=False, separators=(",", ":"))
        metrics = list(dict.fromkeys(leg.metric.name for leg in planned.legs))
        workspace.recorder.analyzed(kind.name, metrics, definition, actor)
    return Analyzed(
        found=kind.find(asked, planned, rows),
        planned=planned,
        rule=kind.rule(asked, planned),
        notes=planned.notes,
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
    workspace: Workspace, kind: EventKind[Any, Any], asked: Any, actor: Actor, *, today: date | None = None
) -> CompiledEvents:
    """Return the statement of an analysis for this person. Raises SemanticError."""
    seen = workspace.visible(actor)
    loaded = workspace.loaded(metrics_of(kind.reads(asked), seen), actor)
    return compile_events(kind, asked, seen, workspace.engines.dialect, today=today or workspace.today(), loaded=loaded)
