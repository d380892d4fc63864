"""An analysis in progress: it can be waited for, watched and cancelled, like a question (`Workspace.start`)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Final, Generic, TypeVar

from semantic.analyses.events.compile import CompiledEvents
from semantic.answering.engines import DataVersions
from semantic.answering.extents import ExtentsAsked
from semantic.errors import Cancelled, SemanticError
from semantic.run.execute import Ticket, TicketProgress

Told = TypeVar("Told")
WORKERS: Final = 4
_pool: Final = ThreadPoolExecutor(WORKERS, thread_name_prefix="analysis")


class InThread(Generic[Told]):
    """What a kind without one statement waits for: a function in a thread. It can be left, but not stopped once it has
    begun.
    """

    def __init__(self, run: Callable[[], Told]) -> None:
        self._since, self._began = monotonic(), datetime.now(UTC)
        self._task: Future[Told] = _pool.submit(run)

    def done(self) -> bool:
        """Whether it has ended."""
        return self._task.done()

    def progress(self) -> TicketProgress:
        """Return for how long it has been running."""
        return TicketProgress("running", monotonic() - self._since)

    @property
    def computed_at(self) -> datetime:
        """When it began, UTC."""
        return self._began

    def leave(self) -> None:
        """Don't begin it, if it is still waiting for a thread."""
        self._task.cancel()

    def result(self) -> Told:
        """Wait for it. Raises what the function raises; Cancelled if it was left before it began."""
        try:
            return self._task.result()
        except CancelledError:
            raise Cancelled("This was cancelled.") from None


@dataclass(frozen=True, slots=True)
class Running:
    """The statement that the engine is running, and the versions of the data that it reads. `coverage` counts rows
    without a subject beside it, and `compared` is the same analysis of another period.
    """

    compiled: CompiledEvents
    versions: DataVersions
    ticket: Ticket
    coverage: Ticket | None = None
    compared: Running | None = None

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        beside = self.compared.tickets if self.compared is not None else ()
        return (self.ticket, *((self.coverage,) if self.coverage is not None else ()), *beside)


class PendingAnalysis(Generic[Told]):
    """One waiter's claim on an analysis that is still being computed. Identical ones run once.

    First the engine says how far the data goes, then it runs the statement. `begin` starts it, and `tell` turns its
    rows into what people see.
    """

    def __init__(
        self, extents: ExtentsAsked, begin: Callable[[ExtentsAsked], Running], tell: Callable[[Running], Told]
    ) -> None:
        self._extents, self._begin, self._tell = extents, begin, tell
        self._running: Running | None = None
        self._error: SemanticError | None = None
        self._told: Told | None = None
        self._has_left = False
        self._lock = threading.Lock()
        if extents.done():
            self._begun()

    def done(self) -> bool:
        """Whether there is a finding or an error. Advances from one step to the next."""
        if self._has_left or self._error is not None:
            return True
        if self._running is None and not self._extents.done():
            return False
        try:
            return all(ticket.done() for ticket in self._begun().tickets)
        except SemanticError:
            return True  # `result` raises it

    def progress(self) -> TicketProgress:
        """Return how far the engine is. Its fraction is None if the engine doesn't say."""
        if self._running is not None:
            return self._running.ticket.progress()
        tickets = self._extents.tickets
        return tickets[0].progress() if tickets else TicketProgress("queued", 0.0)

    @property
    def computed_at(self) -> datetime:
        """When its rows were computed, UTC, which can be earlier than it was asked. Waits for them as `result` does."""
        return self._begun().ticket.answer().computed_at

    def leave(self) -> None:
        """Cancel: stop waiting. If this was the last waiter, the engine stops."""
        self._has_left = True
        for ticket in (*self._extents.tickets, *(self._running.tickets if self._running is not None else ())):
            ticket.leave()

    def result(self) -> Told:
        """Wait for what the analysis finds. Raises SemanticError; Cancelled after `leave`."""
        running = self._begun()
        running.ticket.answer()
        with self._lock:
            if self._told is None:
                self._told = self._tell(running)
            return self._told

    def _begun(self) -> Running:
        with self._lock:
            if self._has_left:
                raise Cancelled("This was cancelled.")
            if self._running is None and self._error is None:
                try:
                    self._running = self._begin(self._extents)
                except SemanticError as error:
                    self._error = error.with_traceback(None)  # it would keep the page's run
            if self._error is not None:
                raise self._error
            assert self._running is not None
            return self._running
