"""An analysis in progress. As with a question (`Workspace.start`), a caller can wait for it, watch it or cancel it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, Final, Generic, Protocol, TypeVar

from semantic.analyses.events.compile import CompiledEvents
from semantic.answering.engines import DataVersions
from semantic.answering.extents import ExtentsAsked
from semantic.config.checkpoint import also_at_checkpoints
from semantic.errors import Cancelled, SemanticError
from semantic.run.cpu_turns import cpu_turns
from semantic.run.execute import Ticket, TicketProgress

Told = TypeVar("Told")
WORKERS: Final = 4
LOOK_SECONDS: Final = 0.01
CANCELLED: Final = "This was cancelled."
_pool: Final = ThreadPoolExecutor(WORKERS, thread_name_prefix="analysis")
_tellers: Final = ThreadPoolExecutor(WORKERS, thread_name_prefix="telling")
"""Threads that turn rows into results. The main pool waits for them, so sharing it could cause a deadlock."""


class Stop:
    """A flag that cancels work of several statements. Closing the page sets it too."""

    def __init__(self) -> None:
        self._is_set = False  # without a lock: garbage collection can set it while any lock is held
        self.fraction: float | None = None
        """The share of the work that is done, from 0 to 1, or None if it isn't known."""

    def set(self) -> None:
        """Cancel the work that checks this flag."""
        self._is_set = True

    def check(self) -> None:
        """Raise Cancelled if the work has been cancelled."""
        if self._is_set:
            raise Cancelled(CANCELLED)

    def wait(self, claim: Waitable) -> None:
        """Wait until a claim is done. If the work is cancelled, leave the claim and raise Cancelled."""
        while not claim.done():
            if self._is_set:
                claim.leave()
            self.check()
            sleep(LOOK_SECONDS)
        self.check()


class Waitable(Protocol):
    """Something that a caller can wait for or leave."""

    def done(self) -> bool: ...
    def leave(self) -> None: ...


class ThreadedAnalysis(Generic[Told]):
    """Runs an analysis of several statements in a thread, and lets a caller wait for it.

    The thread checks `Stop` between statements, and while it waits for one.
    """

    def __init__(self, run: Callable[[Stop], Told]) -> None:
        self._since, self._began, stop = monotonic(), datetime.now(UTC), Stop()
        self._stop = stop
        self._task: Future[Told] = _run_in_thread(_pool, lambda: run(stop), stop)
        self._has_left = False
        _stop_if_dropped(self, self._stop)

    def done(self) -> bool:
        """Whether the function has ended."""
        return self._has_left or self._task.done()

    def progress(self) -> TicketProgress:
        """Return for how long the function has been running."""
        return TicketProgress("running", monotonic() - self._since)

    @property
    def computed_at(self) -> datetime:
        """When the analysis began, in UTC."""
        return self._began

    def leave(self) -> None:
        """Cancel the analysis: stop waiting, and start no further statements."""
        self._has_left = True
        self._stop.set()
        self._task.cancel()

    def result(self) -> Told:
        """Wait for the result. Raises the analysis's own errors, and Cancelled after `leave`."""
        if self._has_left:
            raise Cancelled(CANCELLED)
        try:
            return self._task.result()
        except CancelledError:
            raise Cancelled(CANCELLED) from None


def _run_in_thread(pool: ThreadPoolExecutor, run: Callable[[], Told], stop: Stop) -> Future[Told]:
    """Run a function in a thread, in its caller's context.

    The function yields to shorter work, and ends at its next checkpoint after it was cancelled.
    """

    def work() -> Told:
        with cpu_turns.work(), also_at_checkpoints(stop.check):
            return run()

    return pool.submit(copy_context().run, work)


def _stop_if_dropped(claim: object, stop: Stop) -> None:
    """Cancel the work once nothing refers to the claim any more, such as after its page was closed."""
    weakref.finalize(claim, stop.set).atexit = False


@dataclass(frozen=True, slots=True)
class Running:
    """The statement that the engine is running, and the data versions that it reads.

    `coverage` is the query that counts rows without a subject, and `compared` is the same analysis of another period.
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
    """One caller's claim on an analysis in progress. Callers with identical analyses share one run.

    The first query asks how far the data goes. Then `begin` starts the statement, and `tell` turns its rows into a
    result. If small groups are hidden, `tell` may need many more statements, so it runs in a thread as soon as `done`
    is first called.
    """

    def __init__(
        self,
        extents: ExtentsAsked,
        begin: Callable[[ExtentsAsked], Running],
        tell: Callable[[Running, Stop], Told],
    ) -> None:
        self._extents, self._begin, self._tell = extents, begin, tell
        self._running: Running | None = None
        self._error: SemanticError | None = None
        self._telling: Future[Told] | None = None
        self._has_left = False
        self._stop, self._since = Stop(), monotonic()
        self._lock = threading.Lock()
        _stop_if_dropped(self, self._stop)
        if extents.done():
            self._begun()

    def done(self) -> bool:
        """Whether a result or an error is available.

        Each call also starts the next step when the previous one is done.
        """
        if self._has_left or self._error is not None:
            return True
        if self._running is None and not self._extents.done():
            return False
        try:
            running = self._begun()
            if not all(ticket.done() for ticket in running.tickets):
                return False
        except SemanticError:
            return True  # `result` raises it
        return not running.compiled.planned.smallest or self._told(running).done()

    def progress(self) -> TicketProgress:
        """Return the engine's progress. The fraction is None if the engine doesn't report one."""
        telling = self._telling
        if telling is not None and not telling.done():
            return TicketProgress("running", monotonic() - self._since, self._stop.fraction)
        if self._running is not None:
            return self._running.ticket.progress()
        tickets = self._extents.tickets
        return tickets[0].progress() if tickets else TicketProgress("queued", 0.0)

    @property
    def computed_at(self) -> datetime:
        """When the rows were computed, in UTC, possibly before this analysis was started. Waits as `result` does."""
        return self._begun().ticket.answer().computed_at

    def leave(self) -> None:
        """Cancel: stop waiting. When the last caller leaves, the statement is cancelled."""
        self._has_left = True
        self._stop.set()
        for ticket in (*self._extents.tickets, *(self._running.tickets if self._running is not None else ())):
            ticket.leave()

    def result(self) -> Told:
        """Wait for the result. Raises SemanticError, and Cancelled after `leave`."""
        running = self._begun()
        running.ticket.answer()
        telling = self._told(running, is_here=True)
        self._stop.wait(_Ended(telling))
        return telling.result()

    def _told(self, running: Running, *, is_here: bool = False) -> Future[Told]:
        """Return the future of the result.

        It is computed in a thread, or in the calling one if `is_here` and no thread has begun yet.
        """
        with self._lock:
            if self._telling is not None and not (is_here and self._telling.cancel()):
                return self._telling
            if not is_here:
                tell, stop = self._tell, self._stop
                self._telling = _run_in_thread(_tellers, lambda: tell(running, stop), stop)
                return self._telling
            telling = self._telling = Future[Told]()
        telling.set_running_or_notify_cancel()
        try:
            with also_at_checkpoints(self._stop.check):
                told = self._tell(running, self._stop)
        except BaseException as error:  # noqa: BLE001 (raised by `result`, and by those who wait for the same)
            telling.set_exception(error.with_traceback(None) if isinstance(error, SemanticError) else error)
        else:
            telling.set_result(told)
        return telling

    def _begun(self) -> Running:
        with self._lock:
            if self._has_left:
                raise Cancelled(CANCELLED)
            if self._running is None and self._error is None:
                try:
                    self._running = self._begin(self._extents)
                except SemanticError as error:
                    self._error = error.with_traceback(None)  # it would keep the page's run
            if self._error is not None:
                raise self._error
            assert self._running is not None
            return self._running


@dataclass(frozen=True, slots=True)
class _Ended:
    """A future as a `Waitable`. Leaving it doesn't stop it, because `Stop` does."""

    future: Future[Any]

    def done(self) -> bool:
        return self.future.done()

    def leave(self) -> None:
        pass
