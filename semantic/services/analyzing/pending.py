"""An analysis in progress. As with a question (`Workspace.start`), a caller can wait for it, watch it and cancel it."""

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
    """A flag for cancelling work of several statements. Closing the page sets it too."""

    def __init__(self) -> None:
        self._is_set = False  # without a lock: garbage collection can set it while any lock is held
        self.fraction: float | None = None
        """The share of the work that is done, from 0 to 1, or None if it isn't known."""

    def set(self) -> None:
        """Cancel the work."""
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
    """Something to wait for, or to leave."""

    def done(self) -> bool: ...
    def leave(self) -> None: ...


class InThread(Generic[Told]):
    """Waits for an analysis of several statements, which is a function in a thread.

    The function checks `Stop` between its statements, and while it waits for one.
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
        """When the function began, in UTC."""
        return self._began

    def leave(self) -> None:
        """Cancel: stop waiting, and start no further statement."""
        self._has_left = True
        self._stop.set()
        self._task.cancel()

    def result(self) -> Told:
        """Wait for the result. Raises what the function raises, and Cancelled after `leave`."""
        if self._has_left:
            raise Cancelled(CANCELLED)
        try:
            return self._task.result()
        except CancelledError:
            raise Cancelled(CANCELLED) from None


def _run_in_thread(pool: ThreadPoolExecutor, run: Callable[[], Told], stop: Stop) -> Future[Told]:
    """Run a function in a thread, in the context of its caller.

    It gives way to shorter work, and ends at its next checkpoint once it's cancelled.
    """

    def work() -> Told:
        with cpu_turns.work(), also_at_checkpoints(stop.check):
            return run()

    return pool.submit(copy_context().run, work)


def _stop_if_dropped(claim: object, stop: Stop) -> None:
    """Cancel when nothing refers to the claim any more, as after a page was closed."""
    weakref.finalize(claim, stop.set).atexit = False


@dataclass(frozen=True, slots=True)
class Running:
    """The statement that the engine is running, and the versions of the data that it reads.

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
    """One waiter's claim on an analysis that is still being computed. Identical analyses run once.

    First the engine is asked how far the data goes. Then `begin` starts the statement, and `tell` turns its rows into a
    result. Where small groups are hidden, `tell` can take many more statements, so it runs in a thread from the first
    call that asks whether it's ready.
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
        """Whether there is a result or an error. Calling this also advances from one step to the next."""
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
        """Return the engine's progress. Its fraction is None if the engine doesn't report any."""
        telling = self._telling
        if telling is not None and not telling.done():
            return TicketProgress("running", monotonic() - self._since, self._stop.fraction)
        if self._running is not None:
            return self._running.ticket.progress()
        tickets = self._extents.tickets
        return tickets[0].progress() if tickets else TicketProgress("queued", 0.0)

    @property
    def computed_at(self) -> datetime:
        """When the rows were computed, in UTC, possibly before the analysis was asked for. Waits as `result` does."""
        return self._begun().ticket.answer().computed_at

    def leave(self) -> None:
        """Cancel: stop waiting. If this was the last waiter, the engine stops."""
        self._has_left = True
        self._stop.set()
        for ticket in (*self._extents.tickets, *(self._running.tickets if self._running is not None else ())):
            ticket.leave()

    def result(self) -> Told:
        """Wait for the analysis's result. Raises SemanticError, and Cancelled after `leave`."""
        running = self._begun()
        running.ticket.answer()
        telling = self._told(running, is_here=True)
        self._stop.wait(_Ended(telling))
        return telling.result()

    def _told(self, running: Running, *, is_here: bool = False) -> Future[Told]:
        """Return the result in progress, in another thread, or in this one if `is_here` and no thread has begun it."""
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
    """A future as something to wait for. Leaving it doesn't stop it, because `Stop` does."""

    future: Future[Any]

    def done(self) -> bool:
        return self.future.done()

    def leave(self) -> None:
        pass
