"""Turns for the work of programs, so that people's pages stay fast: for the CPU, the engine, and waiting threads.

A process has one `CallRunner`, which the HTTP API and MCP share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol, TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread

from pages.server.api_body import RequestRefused
from pages.server.script_turns import ScriptTurns
from semantic.errors import TimedOut
from semantic.policy.actor import Actor
from semantic.run.cpu_turns import cpu_turns
from semantic.services.process import Live

THREADS: Final = 8
CPU_THREADS: Final = 1  # of these, for compiling and formatting: pages need the CPU, too
REPLAYS: Final = 2
"""The maximum number of receipts that are replayed at a time. Each holds its thread until the engine has answered."""

WAIT_SECONDS: Final = 60.0
"""The seconds that a caller can wait for an answer beyond the engine's limit (`SAMEPAGE_TIMEOUT_SECONDS`)."""

NOBODY_WAITS: Final = "The connection closed before the answer arrived, so the question was stopped."
BUSY: Final = "The server is too busy to answer in time. Try again later, or ask for less."

IsGone = Callable[[], Awaitable[bool]]
"""Returns whether the caller has closed the connection."""

_Given = TypeVar("_Given")


class _Pending(Protocol):
    """A question or analysis in progress."""

    def done(self) -> bool: ...
    def leave(self) -> None: ...


_Started = TypeVar("_Started", bound=_Pending)


class CallRunner:
    """The threads and turns of all programs that ask. Only for use in one event loop."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._threads, self._replays = CapacityLimiter(THREADS), CapacityLimiter(REPLAYS)
        self._cpu_queue = ScriptTurns(CPU_THREADS)
        # One worker of the engine is always left to people, however much programs ask.
        self._turns = ScriptTurns(max(1, live.settings.workers - 1))
        self._replay_turns = ScriptTurns(REPLAYS)

    async def run_on_engine(self, start: Callable[[], _Started], actor: Actor, is_gone: IsGone) -> _Started:
        """Start work once a worker is free for it, wait until it's done, and return it.

        Raises RequestRefused and SemanticError.
        """
        until = monotonic() + self._patience()
        async with AsyncExitStack() as turn:
            try:
                async with asyncio.timeout(until - monotonic()):
                    await turn.enter_async_context(self._turns.turn_of(turn_of(actor)))
            except TimeoutError:
                raise TimedOut(BUSY) from None
            if await is_gone():
                raise RequestRefused("cancelled", NOBODY_WAITS)
            pending, is_done = await self.run_on_cpu(actor, lambda: _started(start))
            if not is_done:
                await self._waited_for(pending, is_gone, actor, until)
            return pending

    async def _waited_for(self, pending: _Pending, is_gone: IsGone, actor: Actor, until: float) -> None:
        """Wait until the work is done. Raises RequestRefused if the caller disconnects, and TimedOut after `until`.

        In both cases, the engine stops, unless others wait for the same result.
        """
        pause = 0.002
        try:
            while not await self.run_on_cpu(actor, pending.done):
                if await is_gone():
                    raise RequestRefused("cancelled", NOBODY_WAITS)
                if monotonic() > until:
                    raise TimedOut(BUSY)
                await asyncio.sleep(pause)
                pause = min(1.5 * pause, 0.1)
        except BaseException:  # also if this task is cancelled
            pending.leave()
            raise

    async def run_alone(self, actor: Actor, do: Callable[[], _Given]) -> _Given:
        """Run work that waits for the engine, at most one piece of work for each actor at a time. Returns its result.

        Raises TimedOut.
        """
        try:
            async with asyncio.timeout(self._patience()), self._replay_turns.turn_of(turn_of(actor)):
                # The work then ends at the engine's own limit, without a caller.
                return await to_thread.run_sync(do, abandon_on_cancel=True, limiter=self._replays)
        except TimeoutError:
            raise TimedOut(BUSY) from None

    @property
    def longest_call(self) -> float:
        """The maximum number of seconds that a call of a tool can take, whatever it waits for."""
        return 2 * self._patience()

    def _patience(self) -> float:
        """Return the maximum number of seconds for which a caller waits for a turn and for the engine."""
        return WAIT_SECONDS + self._live.settings.timeout_seconds

    async def run_on_cpu(self, actor: Actor, do: Callable[[], _Given]) -> _Given:
        """Run CPU-heavy work on one of the `CPU_THREADS` threads, so that pages stay fast, and return its result."""

        def with_cpu_turn() -> _Given:
            with cpu_turns.work():
                return do()

        async with self._cpu_queue.turn_of(turn_of(actor)):
            return await to_thread.run_sync(with_cpu_turn, limiter=self._threads)

    async def run_in_thread(self, do: Callable[[], _Given]) -> _Given:
        """Run work on one of the threads for programs, and return its result."""
        return await to_thread.run_sync(do, limiter=self._threads)


def _started(start: Callable[[], _Started]) -> tuple[_Started, bool]:
    """Start work, and return it with whether it's already done, as it is with a cached result."""
    pending = start()
    try:
        return pending, pending.done()
    except BaseException:
        pending.leave()
        raise


def turn_of(actor: Actor) -> str:
    """Return the key that takes turns: a token's, or an agent's, so that two agents of one person take turns with each
    other.
    """
    return f"{actor.id} {actor.agent}" if actor.agent else actor.id


@dataclass(frozen=True, slots=True)
class CallTurns:
    """The turns of one call, in the form that tools use."""

    runner: CallRunner
    actor: Actor
    is_gone: IsGone

    async def work(self, do: Callable[[], _Given]) -> _Given:
        return await self.runner.run_on_cpu(self.actor, do)

    async def later(self, do: Callable[[], _Given]) -> _Given:
        return await self.runner.run_in_thread(do)

    async def surely(self, do: Callable[[], _Given]) -> _Given:
        with CancelScope(shield=True):
            return await self.runner.run_in_thread(do)
        raise AssertionError("Nothing cancels this scope.")

    async def alone(self, do: Callable[[], _Given]) -> _Given:
        return await self.runner.run_alone(self.actor, do)

    async def engine(self, start: Callable[[], _Started]) -> _Started:
        return await self.runner.run_on_engine(start, self.actor, self.is_gone)
