"""Threads that run statements. No person can occupy all of them, and stuck threads are replaced.

A person can use all workers except one, and people with nothing running go first. They don't wait for other people's
slow statements, or for someone with several statements, because more workers start for them. A statement that exceeds
its time limit is given up: everyone who waits for it gets an error, and its thread ends when the engine returns.
"""

from __future__ import annotations

import atexit
import logging
import math
import os
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Final, TypeVar

SLOW_SECONDS: Final = 1.0
"""After how many seconds a statement is slow. People with nothing running don't wait for slow statements."""
GRACE_SECONDS: Final = 10.0
"""How many seconds a statement can continue after its time limit, or after it was stopped."""
LOOK_SECONDS: Final = 0.25
"""How often, in seconds, to look for slow and stuck statements."""
CLOSE_SECONDS: Final = 10.0
NICENESS: Final = 10
"""The niceness added to workers on Linux, so that pages go first when all processors are busy."""


Given = TypeVar("Given")
log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Job:
    """Work for a worker.

    `people` counts how often each person is waiting for the job, and is empty if it's for everyone. The job counts as
    the first person's work, because the others would wait for the same thing anyway. `run` does the work and must not
    raise. `give_up` tells waiters that the job is stuck, and is called at most once, from another thread. Times are in
    seconds of the workers' clock.
    """

    run: Callable[[], None]
    give_up: Callable[[], None]
    people: Counter[str]
    seconds: float  # time limit
    started: float | None = None
    stopped: float | None = None  # when it was asked to stop
    is_lost: bool = field(default=False, init=False)

    @property
    def owner(self) -> str:
        """The person whose work the job counts as, or "" if it's for everyone."""
        return next(iter(self.people), "")

    def is_overdue(self, now: float) -> bool:
        """Return whether the job still runs `GRACE_SECONDS` after its time limit, or after it was asked to stop."""
        if self.started is None:
            return False
        due = self.started + self.seconds
        return now > GRACE_SECONDS + (due if self.stopped is None else min(due, self.stopped))


class Workers:
    """A pool of `count` workers, and up to as many again for people who would otherwise wait behind slow statements.

    It's safe to use from several threads, and ends with `close` or with the process.
    """

    def __init__(self, count: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.count: Final = count
        self.share: Final = max(1, count - 1)
        self._clock = clock
        self._lock = threading.Lock()  # guards all below
        self._queued: list[Job] = []
        self._running: set[Job] = set()
        self._lost: set[Job] = set()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._is_closed = False
        self._given: SimpleQueue[Job | None] = SimpleQueue()
        self._has_work, self._ends = threading.Event(), threading.Event()
        self._watch: threading.Thread | None = None
        atexit.register(_close, weakref.ref(self))

    def submit(self, job: Job) -> None:
        """Queue a job. Raises RuntimeError once the pool is closed."""
        with self._lock:
            if self._is_closed:
                raise RuntimeError("The workers are closed.")
            self._queued.append(job)
            self._hand_out()
            if self._watch is None:
                self._watch = threading.Thread(target=self._look_after, name="worker-watch", daemon=True)
                self._watch.start()
        self._has_work.set()

    def call(self, work: Callable[[], Given], person: str) -> Future[Given]:
        """Run work for a person without a time limit. Whatever the work waits for must have its own limit."""
        future: Future[Given] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 (whatever happens, the caller must not wait forever)
                future.set_exception(error)

        def give_up() -> None:
            future.cancel()

        self.submit(Job(run=run, give_up=give_up, people=Counter([person]), seconds=math.inf))
        return future

    def join(self, job: Job, person: str) -> None:
        """Add a person who waits for this job, so that the job can also start as that person's work."""
        with self._lock:
            job.people[person] += 1
            self._hand_out()

    def part(self, job: Job, person: str) -> None:
        """Remove a person who no longer waits for a job."""
        with self._lock:
            job.people[person] -= 1
            if job.people[person] <= 0:
                del job.people[person]
            self._hand_out()

    def withdraw(self, job: Job) -> bool:
        """Remove a job from the queue, and return whether it was still queued.

        A job that has already started should stop soon.
        """
        with self._lock:
            if job in self._queued:
                self._queued.remove(job)
                return True
            if job.stopped is None:
                job.stopped = self._clock()
            return False

    def load(self) -> tuple[int, int]:
        """Return how many jobs are running, and how many are queued."""
        with self._lock:
            return len(self._running), len(self._queued)

    def overdue(self) -> int:
        """Return how many jobs still run `GRACE_SECONDS` after they should have ended."""
        now = self._clock()
        with self._lock:
            return len(self._lost) + sum(job.is_overdue(now) for job in self._running)

    def close(self) -> None:
        """Give up queued jobs, and wait a few seconds for running ones. Their owner has already asked them to stop."""
        with self._lock:
            self._is_closed = True
            queued, self._queued = self._queued, []
            threads = [*self._threads]
            for _ in threads:
                self._given.put(None)
        self._ends.set()
        self._has_work.set()
        for job in queued:
            job.give_up()
        until = time.monotonic() + CLOSE_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    # The caller of the following methods holds the lock

    def _hand_out(self) -> None:
        """Give a worker to each job that can start now."""
        while (job := self._next()) is not None:
            self._queued.remove(job)
            job.started = self._clock()
            self._running.add(job)
            self._given.put(job)
            if self._idle:
                self._idle -= 1
            else:
                thread = threading.Thread(target=self._work, name="run", daemon=True)
                self._threads.add(thread)
                thread.start()

    def _next(self) -> Job | None:
        """Return the queued job whose people have the fewest running jobs, or None if no job can start now.

        Among equals, the oldest job goes first.
        """
        if not self._queued:
            return None
        busy = Counter(job.owner for job in self._running if job.people)

        def least(job: Job) -> int:
            return min((busy[person] for person in job.people), default=0)

        job = min(self._queued, key=least)
        taken = len(self._running) + max(0, len(self._lost) - self.count)
        if taken < self.count:
            return job if least(job) < self.share else None
        return job if job.people and least(job) == 0 and taken < self.count + self._extra(busy) else None

    def _extra(self, busy: Mapping[str, int]) -> int:
        """Return how many more workers can start for people with nothing running, at most `count`."""
        since = self._clock() - SLOW_SECONDS
        slow = sum(job.started is not None and job.started < since for job in self._running)
        return min(self.count, max(slow, sum(count - 1 for count in busy.values())))

    # The threads

    def _work(self) -> None:
        if sys.platform == "linux":  # elsewhere threads have no priority of their own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while (job := self._given.get()) is not None:
            try:
                job.run()
            except Exception:
                log.exception("A worker's job failed.")  # a bug of ours must not cost the pool a worker
            with self._lock:
                self._running.discard(job)
                if job.is_lost:
                    self._lost.discard(job)
                    break
                self._idle += 1
                if not self._is_closed:
                    self._hand_out()
        with self._lock:
            self._threads.discard(threading.current_thread())

    def _look_after(self) -> None:
        while not self._ends.wait(LOOK_SECONDS):
            with self._lock:
                now = self._clock()
                stuck = [job for job in self._running if job.is_overdue(now)]
                for job in stuck:
                    job.is_lost = True
                    self._running.discard(job)
                    self._lost.add(job)
                self._hand_out()
                if not self._running and not self._queued:
                    self._has_work.clear()
            for job in stuck:
                job.give_up()
            self._has_work.wait()


def _close(workers: weakref.ref[Workers]) -> None:
    if (pool := workers()) is not None:
        pool.close()
