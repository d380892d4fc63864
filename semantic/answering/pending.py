"""A question in progress: find the data's extent, run the SQL, and describe the rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Protocol

from semantic.answering.engines import Claim
from semantic.answering.extents import ExtentsAsked
from semantic.audit_trail.recorder import Recorder, counted_refusals
from semantic.compile import Compiled, RateCheck, readable_sql
from semantic.errors import Cancelled, SemanticError
from semantic.explore.preflight import asked_period, compared_periods
from semantic.model.definitions import Dataset
from semantic.model.model import Model
from semantic.plan.limits import check_rows
from semantic.plan.reads import datasets_read
from semantic.plan.time.like_for_like import find_incomparable
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_filters, describe_title
from semantic.query.query import Query
from semantic.results.finality import instead_of, with_finality
from semantic.results.freshness import is_stale, load_words
from semantic.results.missing_rates import check_rates
from semantic.results.result import FailedCheck, Result, describe_columns, with_labels
from semantic.results.suppression import read_answer
from semantic.run.cache import CachedTable
from semantic.run.execute import Ticket, TicketProgress
from semantic.sql.dialects.table import Dialect
from semantic.store.models.versions import Version


class AnsweringWorkspace(Protocol):
    """The parts of the workspace that a running question needs."""

    model: Model
    published: Version | None
    dialect: Dialect
    recorder: Recorder | None

    @property
    def as_of_words(self) -> str: ...

    @property
    def version_words(self) -> str: ...

    def computed_once(self, key: Hashable, make: Callable[[], SharedAnswer]) -> SharedAnswer: ...

    def with_unknown(self, result: Result, compiled: Compiled, seen: VisibleModel) -> Result: ...

    def failed(self, shown: Result, visible: VisibleModel) -> tuple[FailedCheck, ...]: ...

    def recorded(self, result: Result, seen: VisibleModel, day: date) -> Result: ...

    def visible(self, actor: Actor) -> VisibleModel: ...

    def record_export(self, shown: Result, actor: Actor, kind: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Ready:
    """A question that is ready to run. Its SQL was checked by parsing it again.

    Everyone who asks the same question shares it.
    """

    compiled: Compiled
    datasets: Sequence[Dataset]
    facts: Sequence[Dataset]


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """An answer's rows with their meaning, shared by everyone who asks the same question.

    The cache key contains the object IDs of `compiled` and `answer`, so these objects must stay in memory.
    """

    compiled: Compiled
    answer: CachedTable
    loads: Sequence[tuple[Dataset, datetime]]
    result: Result


@dataclass
class Running:
    """A question that the engine is running, with its extents and exchange rates."""

    ready: Ready
    ticket: Claim
    loads: ExtentsAsked
    version: str | None
    rates: Sequence[tuple[RateCheck, Ticket]]
    again: Callable[[], Running] | None  # without proofs that only hold for one version of the data

    @property
    def tickets(self) -> list[Claim]:
        return [self.ticket, *self.loads.tickets, *(ticket for _, ticket in self.rates)]


class Pending:
    """One caller's claim to an answer that is still being computed."""

    def __init__(
        self,
        workspace: AnsweringWorkspace,
        seen: VisibleModel,  # this person's own; people with the same access share the compiled SQL
        extents: ExtentsAsked,
        run: Callable[[], Running],
        running: Running | None = None,
        *,
        query: Query,
        version: str | None = None,
    ) -> None:
        self.workspace, self.seen, self.query = workspace, seen, query
        self._extents, self._run = extents, run
        self._running = running
        self._error: SemanticError | None = None
        self._version = version
        self._has_left = False
        self._lock = threading.Lock()

    @property
    def compiled(self) -> Compiled:
        """Return the compiled question. Waits for the data's extent. Raises SemanticError."""
        return self._begun().ready.compiled

    @property
    def version(self) -> str | None:
        """The version of the data that is being read."""
        return self._version if self._running is None else self._running.version

    def done(self) -> bool:
        """Whether there is an answer or an error. If a step has finished, this also starts the next one."""
        if self._has_left or self._error is not None:
            return True
        if self._running is None and not self._extents.done():
            return False
        try:
            return all(ticket.done() for ticket in self._begun().tickets)
        except SemanticError:
            return True  # `result` raises the error

    def _begun(self) -> Running:
        """Return the running statement. Waits until the data's extent is known. Raises SemanticError."""
        with self._lock:
            if self._running is None and self._error is None:
                if self._has_left:
                    raise Cancelled("This was cancelled.")
                try:
                    self._extents.read()
                    self._running = self._run()
                except SemanticError as error:
                    self._error = error
            if self._error is not None:
                raise self._error
            assert self._running is not None
            return self._running

    def progress(self) -> TicketProgress:
        if self._running is not None:
            return self._running.ticket.progress()
        return self._extents.tickets[0].progress()

    def leave(self) -> None:
        """Stop waiting. If no other caller is waiting, the engine stops too."""
        self._has_left = True
        for ticket in (*self._extents.tickets, *(self._running.tickets if self._running else ())):
            ticket.leave()

    def result(self) -> Result:
        """Wait for the rows, record a receipt if there is a recorder, and return the result.

        Raises EngineFailed and its subclasses, and MissingRate if an amount can't be converted.
        """
        with counted_refusals(self.workspace.recorder, self.query, self.seen):
            result = self.unrecorded()
            return self.workspace.recorded(result, self.seen, self.compiled.asked.today)

    def unrecorded(self) -> Result:
        """Wait for the answer, and return it without a receipt.

        This is for questions that no person asks, such as those for a filter's options or a chart's remarks.
        """
        result = self.answered()
        return self.workspace.with_unknown(result, self.compiled, self.seen)

    def answered(self) -> Result:
        """Wait for the answer, and return it without checking for filter values that don't occur."""
        running = self._begun()
        answer = running.ticket.answer()
        if running.again is not None and answer.data_version != running.version:
            running = self._running = running.again()
            answer = running.ticket.answer()
        check_rates((check, ticket.answer().table) for check, ticket in running.rates)
        reaches = running.loads.read()
        facts = running.ready.facts
        loads = [(fact, when) for fact in facts if fact.name in reaches and (when := reaches[fact.name][1]) is not None]
        compiled = running.ready.compiled
        key = (id(compiled), id(answer), tuple(when for _, when in loads))
        shared = self.workspace.computed_once(key, lambda: self._tell(answer, compiled, loads))
        return replace(
            shared.result,
            cached=running.ticket.is_cached,
            elapsed_seconds=running.ticket.progress().elapsed_seconds,
            is_stale=any(is_stale(dataset, newest, datetime.now(UTC)) for dataset, newest in shared.loads),
            # in this person's words, not those of the first person who asked
            failed=self.workspace.failed(shared.result, self.seen),
        )

    def _tell(self, answer: CachedTable, compiled: Compiled, loads: Sequence[tuple[Dataset, datetime]]) -> SharedAnswer:
        """Return the part of the answer that depends on neither the waiting time nor the current time."""
        workspace = self.workspace
        published = workspace.published
        zone = workspace.model.settings.time_zone
        shown = read_answer(answer.table, compiled)
        check_rows(shown.table.num_rows, compiled.asked)
        result = Result(
            query=compiled.asked.query,
            table=shown.table,
            columns=with_labels(describe_columns(compiled), shown.table, compiled),
            groups=shown.groups,
            title=", ".join(filter(None, (describe_title(compiled.asked), workspace.as_of_words))),
            period=asked_period(compiled.asked),
            filters=describe_filters(compiled.asked),
            scope=compiled.asked.visible.scope,
            notes=(*compiled.notes, *shown.notes),
            sql=compiled.sql,
            params=compiled.params,
            readable_sql=readable_sql(compiled),
            dialect=compiled.dialect.name,
            model_version=workspace.model.version,
            version_number=published.number if published else None,
            version_words=workspace.version_words,
            data_version=answer.data_version,
            computed_at=answer.computed_at,
            asked_on=compiled.asked.today,
            cached=False,
            elapsed_seconds=0.0,
            data_to=min((when for _, when in loads), default=None),
            data_to_words=load_words(loads, zone),
            compared=compared_periods(compiled.asked),
            support=shown.support,
            hidden=shown.hidden,
            leaves_out=shown.leaves_out,
            reads=datasets_read(compiled.plan),
            instead=instead_of(compiled.asked.metrics, compiled.asked.visible),
        )
        return SharedAnswer(
            compiled, answer, loads, with_finality(result, find_incomparable(compiled.asked, shown.table))
        )
