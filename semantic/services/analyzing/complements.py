"""Whether an analysis of a set can be shown where small groups are hidden: the same analysis of everyone whose numbers
would follow must hide nothing (decision 74).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from semantic.analyses.events.compile import CompiledEvents, compile_events
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.read import metrics_of
from semantic.analyses.events.sets import Complement, all_reads, complements
from semantic.errors import GroupTooSmall
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.run.execute import Ticket
from semantic.workspace import Workspace


def check_complements(
    workspace: Workspace,
    kind: EventKind[Any, Any],  # Any: each kind has its own question and finding
    asked: Any,
    actor: Actor,
    *,
    today: date,
    through: date | None = None,
) -> None:
    """Refuse an analysis of a set if its numbers and those of other sets would reveal a small one. Raises
    GroupTooSmall.
    """
    population = kind.reads(asked).population
    assert population.of is not None
    running: list[tuple[Any, CompiledEvents, Ticket, Complement]] = []
    for complement in complements(population.of, population.subject):
        other = replace(asked, population=replace(population, of=complement.of))
        compiled = _compiled(workspace, kind, other, actor, complement, today=today, through=through)
        running.append((other, compiled, _submitted(workspace, compiled, actor), complement))
    for other, compiled, ticket, complement in running:
        rows = ticket.answer().table.to_pylist()
        numbers = [value for row in rows for value in row.values() if isinstance(value, int | float | Decimal)]
        if not any(numbers) and _is_empty(workspace, kind, other, actor, complement, today=today, through=through):
            continue
        if getattr(kind.find(other, compiled.planned, rows), "hides", True):
            message = "Compared with the same analysis of others, this one would reveal numbers of too few people."
            raise GroupTooSmall(f"{message} They are hidden from you, so choose larger groups.", names=())


def metrics_of_all(kind: EventKind[Any, Any], asked: Any, seen: VisibleModel) -> list[Metric]:
    """Return the metrics of an analysis and of the sets in it."""
    metrics = [metric for reads in all_reads(kind, asked) for metric in metrics_of(reads, seen)]
    return list({metric.name: metric for metric in metrics}.values())


def _is_empty(
    workspace: Workspace,
    kind: EventKind[Any, Any],
    asked: Any,
    actor: Actor,
    complement: Complement,
    *,
    today: date,
    through: date | None,
) -> bool:
    """Whether there is no one, if the kind's own numbers say nothing because they leave out few."""
    if not kind.leaves_out_few:
        return True
    compiled = _compiled(workspace, kind, asked, actor, complement, today=today, through=through, only_rows=True)
    (row,) = _submitted(workspace, compiled, actor).answer().table.to_pylist()
    return not row["event_rows"]


def _compiled(
    workspace: Workspace, kind: EventKind[Any, Any], asked: Any, actor: Actor, complement: Complement, *,
    today: date, through: date | None = None, only_rows: bool = False,
) -> CompiledEvents:  # fmt: skip
    seen = workspace.visible(actor)
    return compile_events(
        kind, asked, seen, workspace.engines.dialect, today=today,
        loaded=workspace.loaded(metrics_of_all(kind, asked, seen), actor), others=complement.others,
        among=complement.among, only_rows=only_rows, through=through,
    )  # fmt: skip


def _submitted(workspace: Workspace, compiled: CompiledEvents, actor: Actor) -> Ticket:
    versions, limits = workspace.engines.versions_of(compiled.datasets), workspace.engines.analysis_limits
    return workspace.engines.submit(compiled.statement, versions, actor.id, limits=limits)
