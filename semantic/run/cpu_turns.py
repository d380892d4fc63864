"""Let Python work that has used much CPU time yield to work that has used little.

Only one thread of a process runs Python at a time, so a person with heavy requests would slow down everyone else's
clicks. Short work therefore goes first. This needs no knowledge of people or questions. Long work loses little, because
it waits for at most `MOST_WAITED` times the CPU time that it has used.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from semantic.config.checkpoint import at_checkpoints

MARGIN: Final = 0.005
"""Work yields to other work that has used at least this many CPU seconds less."""
MOST_WAITED: Final = 4.0
"""The longest time that work yields, as a multiple of the CPU seconds it has used."""
LOOK_SECONDS: Final = 0.002
"""How many seconds of wall-clock time pass between two looks for other work, also while work yields.

Reading CPU time is a system call and takes a hundred times longer than reading the wall clock.
"""
IDLE_SECONDS: Final = 0.006
"""Other work that hasn't used the CPU for this many seconds is waiting, for example for the engine.

Work doesn't yield to it.
"""
NOTICEABLE: Final = 0.0005
"""How many CPU seconds count as use. Work that waits and only checks now and then uses less."""

Clock = Callable[[], float]


def thread_clock() -> Clock | None:
    """Return a function that reads this thread's CPU seconds from any thread.

    None if the system doesn't measure them. Work doesn't yield there.
    """
    if sys.platform != "linux":
        return None
    clock = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(clock)


@dataclass(eq=False, slots=True)
class _Work:
    used: Clock  # CPU seconds of its thread
    began: float
    thread: int
    next_look: float  # by the wall clock
    waited: float = 0.0
    seen: float = -math.inf  # the CPU seconds others last saw, and the time since which they have hardly increased
    since: float = 0.0

    def seconds(self) -> float:
        return self.used() - self.began

    def is_ahead_of(self, seconds: float, now: float) -> bool:
        """Return whether this work has used clearly less than `seconds` of CPU time, and is using the CPU now."""
        mine = self.seconds()
        if mine - self.seen > NOTICEABLE:
            self.seen, self.since = mine, now
        return mine + MARGIN < seconds and now - self.since < IDLE_SECONDS


_around: ContextVar[_Work | None] = ContextVar("work_around", default=None)


class CpuTurns:
    """All work that uses Python in one process. It's safe to use from several threads."""

    def __init__(
        self,
        *,
        cpu: Callable[[], Clock | None] = thread_clock,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cpu, self._clock, self._sleep = cpu, clock, sleep
        self._lock = threading.Lock()  # guards the following; the threads of everything in it are alive
        self._works: list[_Work] = []

    @contextmanager
    def work(self) -> Generator[None]:
        """Run the block as one piece of work, which can yield at its checkpoints. Nested blocks are part of it."""
        around, used = _around.get(), self._cpu()
        if used is None or (around is not None and around.thread == threading.get_ident()):
            yield
            return
        mine = _Work(used, used(), threading.get_ident(), self._clock() + LOOK_SECONDS)
        before = _around.set(mine)
        with self._lock:
            self._works.append(mine)
        try:
            with at_checkpoints(lambda: self._give_way(mine)):
                yield
        finally:
            with self._lock:
                self._works.remove(mine)
            _around.reset(before)

    def _give_way(self, mine: _Work) -> None:
        if len(self._works) == 1 or self._clock() < mine.next_look:
            return
        seconds = mine.seconds()
        while mine.waited < MOST_WAITED * seconds and self._has_work_ahead(seconds):
            began = self._clock()
            self._sleep(LOOK_SECONDS)
            mine.waited += self._clock() - began
        mine.next_look = self._clock() + LOOK_SECONDS

    def _has_work_ahead(self, seconds: float) -> bool:
        with self._lock:
            return any(work.is_ahead_of(seconds, self._clock()) for work in self._works)


cpu_turns: Final = CpuTurns()
"""The turns of this process, which all pages and the API share."""
