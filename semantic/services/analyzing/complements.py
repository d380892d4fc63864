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
from semantic.analyses.events.sets import MOST_COMPLEMENTS, Complement, all_reads, complements, other_sets
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
    found: Any,
    *,
    today: date,
    through: date | None = None,
) -> None:
    """Refuse an analysis of a set, or of several, if what was found and numbers of other sets would reveal a small one.
    Raises GroupTooSmall.
    """
    population, compared = kind.reads(asked).population, kind.sets(asked) if kind.sets is not None else ()
    people = complements(population.of, population.subject) if population.of is not None else []
    alone: list[Any] = []
    if kind.weighed is not None:
        sets = dict.fromkeys(other for of in compared for other in other_sets(of, population.subject))
        alone = [kind.weighed.alone(asked, each) for each in sets]
    if len(alone) + len(people) * (1 + len(alone)) > MOST_COMPLEMENTS:
        message = "The people that are compared here come from too many parts of other analyses to know whether these"
        raise GroupTooSmall(
            f"{message} would reveal small groups, which are hidden from you. Use fewer steps.", names=()
        )
    running: list[tuple[Any, CompiledEvents, Ticket, Complement | None]] = []
    for complement in (None, *people):
        for question in alone if complement is None else [asked, *alone]:
            of = population.of if complement is None else complement.of
            other = replace(question, population=replace(population, of=of))
            compiled = _compiled(workspace, kind, other, actor, complement, today=today, through=through)
            running.append((other, compiled, _submitted(workspace, compiled, actor), complement))
    for other, compiled, ticket, complement in running:
        rows = ticket.answer().table.to_pylist()
        if complement is None:
            is_few = kind.weighed is not None and kind.weighed.reveals(found, compiled.planned, rows)
        else:
            numbers = [value for row in rows for value in row.values() if isinstance(value, int | float | Decimal)]
            if not any(numbers) and _is_empty(workspace, kind, other, actor, complement, today=today, through=through):
                continue
            is_few = getattr(kind.find(other, compiled.planned, rows), "hides", True)
        if is_few:
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
    workspace: Workspace, kind: EventKind[Any, Any], asked: Any, actor: Actor, complement: Complement | None, *,
    today: date, through: date | None = None, only_rows: bool = False,
) -> CompiledEvents:  # fmt: skip
    seen = workspace.visible(actor)
    return compile_events(
        kind, asked, seen, workspace.engines.dialect, today=today,
        loaded=workspace.loaded(metrics_of_all(kind, asked, seen), actor), instead=complement,
        only_rows=only_rows, through=through,
    )  # fmt: skip


def _submitted(workspace: Workspace, compiled: CompiledEvents, actor: Actor) -> Ticket:
    versions, limits = workspace.engines.versions_of(compiled.datasets), workspace.engines.analysis_limits
    return workspace.engines.submit(compiled.statement, versions, actor.id, limits=limits)
