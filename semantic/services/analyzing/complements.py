"""Decide whether an analysis of a set can be shown to people who can't see small groups.

Its numbers can reveal those of the people outside the set. It's shown only if the same analysis of those people would
hide nothing (decision 74).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from semantic.services.analyzing.pending import Stop
from semantic.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An analysis that has to run before another one is shown. It is about a set alone, or the people in `instead`."""

    asked: Any  # each kind has its own question
    instead: Complement | None


def checks_of(kind: EventKind[Any, Any], asked: Any) -> list[Check]:
    """Return the analyses to check before an analysis of sets is shown to people who can't see small groups.

    Raises GroupTooSmall if there are too many.
    """
    population, compared = kind.reads(asked).population, kind.sets(asked) if kind.sets is not None else ()
    people = complements(population.of, population.subject) if population.of is not None else []
    alone: list[Any] = []
    if kind.weighed is not None:
        sets = dict.fromkeys(other for of in compared for other in other_sets(of, population.subject))
        alone = [kind.weighed.alone(asked, each) for each in sets]
    if len(alone) + len(people) * (1 + len(alone)) > MOST_COMPLEMENTS:
        message = "These people come from too many parts of other analyses to check whether the numbers would reveal"
        raise GroupTooSmall(f"{message} small groups, which are hidden from you. Use fewer steps.", names=())
    found: list[Check] = []
    for instead in (None, *people):
        of = population.of if instead is None else instead.of
        for question in alone if instead is None else [asked, *alone]:
            found.append(Check(asked=replace(question, population=replace(population, of=of)), instead=instead))
    return found


def check_complements(
    workspace: Workspace,
    kind: EventKind[Any, Any],  # Any: each kind has its own question and finding
    asked: Any,
    actor: Actor,
    found: Any,
    stop: Stop,
    *,
    today: date,
    through: date | None = None,
) -> None:
    """Refuse an analysis of sets whose numbers, combined with those of other sets, would reveal a small group.

    Raises GroupTooSmall, and Cancelled once `stop` is set.
    """

    def submitted(check: Check, *, only_rows: bool = False) -> tuple[CompiledEvents, Ticket]:
        stop.check()
        compiled = _compiled(workspace, kind, check, actor, today=today, through=through, only_rows=only_rows)
        tickets.append(_submitted(workspace, compiled, actor))
        return compiled, tickets[-1]

    def answered(ticket: Ticket) -> list[dict[str, Any]]:
        stop.wait(ticket)
        return ticket.answer().table.to_pylist()

    tickets: list[Ticket] = []
    try:
        running = [(check, *submitted(check)) for check in checks_of(kind, asked)]
        for place, (check, compiled, ticket) in enumerate(running):
            stop.fraction = place / len(running)
            rows = answered(ticket)
            if check.instead is None:
                is_few = kind.weighed is not None and kind.weighed.reveals(found, compiled.planned, rows)
            else:
                numbers = [value for row in rows for value in row.values() if isinstance(value, int | float | Decimal)]
                if not any(numbers):
                    # No numbers means no one, unless this kind of analysis leaves out small groups.
                    if not kind.leaves_out_few:
                        continue
                    (counted,) = answered(submitted(check, only_rows=True)[1])
                    if not counted["event_rows"]:
                        continue
                is_few = getattr(kind.find(check.asked, compiled.planned, rows), "hides", True)
            if is_few:
                message = (
                    "Comparing this with the same analysis of other people would reveal numbers about too few people,"
                )
                raise GroupTooSmall(f"{message} which are hidden from you. Choose larger groups.", names=())
    finally:
        for ticket in tickets:
            ticket.leave()  # the engine cancels statements that no one waits for


def metrics_of_all(kind: EventKind[Any, Any], asked: Any, seen: VisibleModel) -> list[Metric]:
    """Return the metrics that an analysis and its sets use, without duplicates."""
    metrics = [metric for reads in all_reads(kind, asked) for metric in metrics_of(reads, seen)]
    return list({metric.name: metric for metric in metrics}.values())


def _compiled(
    workspace: Workspace, kind: EventKind[Any, Any], check: Check, actor: Actor, *,
    today: date, through: date | None, only_rows: bool,
) -> CompiledEvents:  # fmt: skip
    seen = workspace.visible(actor)
    return compile_events(
        kind, check.asked, seen, workspace.engines.dialect, today=today,
        loaded=workspace.loaded(metrics_of_all(kind, check.asked, seen), actor), instead=check.instead,
        only_rows=only_rows, through=through,
    )  # fmt: skip


def _submitted(workspace: Workspace, compiled: CompiledEvents, actor: Actor) -> Ticket:
    versions, limits = workspace.engines.versions_of(compiled.datasets), workspace.engines.analysis_limits
    return workspace.engines.submit(compiled.statement, versions, actor.id, limits=limits)
