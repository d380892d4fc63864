"""Run statements in a pool of workers, and run identical ones only once.

A hundred viewers of a tile cause a single query.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final, Literal

import pyarrow as pa

from connectors import connector as engine
from connectors.connector import Connector, Limits, Params
from semantic.errors import Cancelled, EngineFailed, TimedOut, TooManyRows, Unavailable
from semantic.run.cache import CachedTable, ResultCache
from semantic.run.workers import Job, Workers

log = logging.getLogger(__name__)

# Our own error for each of a connector's errors. The message stays the connector's.
ERRORS: Final[Mapping[type[engine.ConnectorError], type[EngineFailed]]] = {
    engine.TimedOut: TimedOut,
    engine.Cancelled: Cancelled,
    engine.TooManyRows: TooManyRows,
    engine.Unavailable: Unavailable,
    engine.StatementFailed: EngineFailed,
    engine.StatementRefused: EngineFailed,
}

_ENDS: Final = "This server is stopping, so it takes no more questions. Try again in a moment."

State = Literal["queued", "running", "finished", "failed"]


@dataclass(frozen=True, slots=True)
class TicketProgress:
    """The progress of a question. Seconds count from its submission while it's queued, then from its start."""

    state: State
    elapsed_seconds: float
    fraction: float | None = None  # of the work, if the engine reports it


def translate(error: engine.ConnectorError) -> EngineFailed:
    """Return a connector's error as one of our own, with the same message and position."""
    return ERRORS.get(type(error), EngineFailed)(str(error), place=error.place)


class Runner:
    """A pool of workers and the cache that they fill. It's safe to use from several threads, and `close` ends it."""

    def __init__(
        self, *, workers: int = 4, cache: ResultCache | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.cache: Final = ResultCache() if cache is None else cache
        self._clock = clock
        self._lock = threading.Lock()  # guards the two below, and waiters, run and is_abandoned of every flight
        self._under_way: set[_Flight] = set()
        self._by_key: dict[str, _Flight] = {}
        self._is_closed = False
        self._untaken: weakref.WeakSet[_Flight] = weakref.WeakSet()  # closed pages drop their tickets
        self.workers: Final = Workers(workers, clock=clock)
        self._dropped: SimpleQueue[tuple[_Flight, str] | None] = SimpleQueue()
        threading.Thread(target=self._leave_for_dropped, name="dropped-tickets", daemon=True).start()

    def submit(
        self,
        key: str | None,
        connector: Connector,
        sql: str,
        params: Params = (),
        *,
        limits: Limits,
        tag: str = "",
        data_version: str | None = None,
    ) -> Ticket:
        """Return a ticket for an answer: from a run with the same key, from the cache, or from a new run.

        `tag` is the person who asks, for the engine's log and for a fair share of workers, or "" if the answer is for
        everyone. Without a key, nothing is shared or cached. If the data has changed since the key was made, so that
        the answer isn't from `data_version`, it's returned but not cached. The ticket's `result` raises the engine's
        errors. Raises Unavailable once the pool is closed.
        """
        with self._lock:
            if self._is_closed:
                raise Unavailable(_ENDS)
            if key is not None:
                if (flight := self._by_key.get(key)) is not None:
                    flight.waiters += 1
                    if flight.job is not None and tag:
                        self.workers.join(flight.job, tag)
                    return self._ticket(flight, tag)
                if (entry := self.cache.get(key)) is not None:
                    return self._ticket(_finished(entry, self._clock()), tag, is_cached=True)
            flight = _Flight(self._clock())
            question = _Statement(key, connector, sql, params, limits, tag, data_version)
            flight.job = Job(
                run=lambda: self._fly(flight, question),
                give_up=lambda: self._give_up(flight, limits),
                people=Counter([tag] if tag else []),
                seconds=limits.timeout_seconds,
            )
            self._under_way.add(flight)
            if key is not None:
                self._by_key[key] = flight
                flight.key = key
            try:
                self.workers.submit(flight.job)
            except RuntimeError as error:  # nothing would ever end this run, so no one may join it
                self._forget(flight)
                raise Unavailable(_ENDS) from error
            return self._ticket(flight, tag)

    def leave(self, flight: _Flight, tag: str) -> None:
        """Remove one waiter, and stop the statement once there is none left. Only tickets call this.

        Other code calls Ticket.leave.
        """
        with self._lock:
            flight.waiters -= 1
            if flight.job is not None and tag:
                self.workers.part(flight.job, tag)
            if flight.waiters > 0:
                return
            self._abandon(flight)  # before anyone can join it
        self._stop(flight)

    def load(self) -> tuple[int, int]:
        """Return how many statements are running, and how many are waiting for a worker."""
        return self.workers.load()

    def is_busy(self) -> bool:
        """Return whether any statement is in progress, or has an answer that no ticket has collected yet."""
        with self._lock:
            return bool(self._under_way) or any(flight.waiters > 0 for flight in self._untaken)

    def taken(self, flight: _Flight) -> None:
        """Record that a ticket collected the answer of this run. Only tickets call this."""
        with self._lock:
            self._untaken.discard(flight)

    def close(self) -> None:
        """Stop everything in progress. Waiting tickets raise Cancelled."""
        with self._lock:
            self._is_closed = True
            flights = list(self._under_way)
        for flight in flights:
            self._stop(flight)
        self.workers.close()
        self._dropped.put(None)

    def _ticket(self, flight: _Flight, tag: str, *, is_cached: bool = False) -> Ticket:
        ticket = Ticket(self, flight, self._clock, tag, is_cached=is_cached)
        if not is_cached:
            # A closed page drops its ticket silently. Garbage collection can happen while any lock is held, so it only
            # puts the flight into a queue.
            ticket.on_drop = weakref.finalize(ticket, self._dropped.put, (flight, tag))
            ticket.on_drop.atexit = False
        return ticket

    def _stop(self, flight: _Flight) -> None:
        with self._lock:
            self._abandon(flight)
            run = flight.run
        if flight.job is not None and self.workers.withdraw(flight.job):  # still queued: it never starts
            flight.future.cancel()
        if run is not None:
            run.cancel()

    def _abandon(self, flight: _Flight) -> None:
        """Mark a run as abandoned, because no one waits for it. The caller must hold the lock."""
        flight.is_abandoned = True
        self._forget(flight)

    def _forget(self, flight: _Flight) -> None:
        """Stop sharing a run, so that the next question starts a new one. The caller must hold the lock."""
        self._under_way.discard(flight)
        if flight.key is not None and self._by_key.get(flight.key) is flight:
            del self._by_key[flight.key]

    def _fly(self, flight: _Flight, statement: _Statement) -> None:
        if not flight.future.set_running_or_notify_cancel():
            return
        try:
            answer = self._compute(flight, statement)
        except BaseException as error:  # noqa: BLE001 (whatever happens, waiters must not wait forever)
            self._land(flight, error)
        else:
            self._land(flight, answer)

    def _land(self, flight: _Flight, outcome: CachedTable | BaseException) -> None:
        """Pass a run's outcome to its tickets. Only the first call counts, because abandoned runs can still finish."""
        with self._lock:
            if flight.ended is not None:
                return
            flight.ended = self._clock()
            self._forget(flight)
            if not flight.is_abandoned:
                self._untaken.add(flight)
        if isinstance(outcome, BaseException):
            flight.future.set_exception(outcome)
        else:
            flight.future.set_result(outcome)

    def _give_up(self, flight: _Flight, limits: Limits) -> None:
        log.warning("The engine didn't stop a statement when its time was up. Its worker was replaced.")
        self._land(flight, translate(engine.TimedOut.after(limits.timeout_seconds)))

    def _compute(self, flight: _Flight, statement: _Statement) -> CachedTable:
        try:
            run = statement.connector.start(statement.sql, statement.params, limits=statement.limits, tag=statement.tag)
            with self._lock:
                flight.run = run
                is_abandoned = flight.is_abandoned
            if is_abandoned:
                run.cancel()
            table = run.result()
        except engine.ConnectorError as error:
            # Without its traceback, which would keep the engine's memory for as long as a page keeps the ticket.
            cause = error.with_traceback(None)
        else:
            expected = statement.data_version
            if statement.key is None or (expected is not None and expected != run.data_version):
                return self.cache.stamp(table, run.data_version)
            return self.cache.put(statement.key, table, data_version=run.data_version)
        failure = translate(cause)
        failure.__cause__ = cause
        raise failure

    def _leave_for_dropped(self) -> None:
        while (dropped := self._dropped.get()) is not None:
            self.leave(*dropped)


class Ticket:
    """A claim on an answer that several tickets can share. Discarding a ticket has the same effect as `leave`."""

    def __init__(
        self, runner: Runner, flight: _Flight, clock: Callable[[], float], tag: str, *, is_cached: bool
    ) -> None:
        self.is_cached: Final = is_cached
        self.on_drop: weakref.finalize[..., Ticket] | None = None
        self._runner, self._tag = runner, tag
        self._flight = flight
        self._clock = clock
        self._has_left = False

    def done(self) -> bool:
        return self._has_left or self._flight.future.done()

    def result(self, timeout: float | None = None) -> pa.Table:
        """Return the rows, waiting up to `timeout` seconds. Raises EngineFailed and its subclasses, TimeoutError."""
        return self.answer(timeout).table

    def answer(self, timeout: float | None = None) -> CachedTable:
        """Return the rows, when they were computed, and the version of the data that they're from."""
        if self._has_left:
            raise Cancelled("This was cancelled.")
        try:
            table = self._flight.future.result(timeout)
        except CancelledError:
            raise Cancelled("This was cancelled.") from None
        except EngineFailed:
            self._runner.taken(self._flight)
            raise
        self._runner.taken(self._flight)
        return table

    def progress(self) -> TicketProgress:
        flight, now = self._flight, self._clock()
        if flight.future.done():
            failed = flight.future.cancelled() or flight.future.exception() is not None
            started = flight.submitted if flight.started is None else flight.started
            ended = started if flight.ended is None else flight.ended
            return TicketProgress("failed" if failed else "finished", ended - started)
        if flight.started is None:
            return TicketProgress("queued", now - flight.submitted)
        run = flight.run
        return TicketProgress("running", now - flight.started, run.progress().fraction if run is not None else None)

    def leave(self) -> None:
        """Stop waiting for the answer. Once no ticket is left, the run is interrupted."""
        self._has_left = True
        # detach() returns something only once, so a waiter leaves only once.
        if self.on_drop is not None and self.on_drop.detach() is not None:
            self._runner.leave(self._flight, self._tag)


@dataclass(frozen=True, slots=True)
class _Statement:
    key: str | None
    connector: Connector
    sql: str
    params: Params
    limits: Limits
    tag: str
    data_version: str | None


class _Flight:
    """One statement in progress, with the number of tickets that wait for it."""

    def __init__(self, submitted: float) -> None:
        self.key: str | None = None
        self.waiters = 1
        self.is_abandoned = False
        self.run: engine.Run | None = None
        self.future: Future[CachedTable] = Future()
        self.submitted = submitted
        self.job: Job | None = None  # None if the answer was already there
        self.ended: float | None = None

    @property
    def started(self) -> float | None:
        return self.job.started if self.job is not None else None


def _finished(entry: CachedTable, now: float) -> _Flight:
    flight = _Flight(now)
    flight.future.set_result(entry)
    return flight
