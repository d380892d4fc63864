"""The worker of one process: takes jobs that are due, runs a few at a time, and stops cleanly.

Any number of workers can share a store. A lease ensures that only one of them runs a job, and expires if that worker is
killed. Long Python work yields to people's clicks (decision 23), and statements wait in the same queue as everyone
else's.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, Protocol

from semantic.errors import StoreFailed
from semantic.observability import logs
from semantic.observability.metrics import Meters
from semantic.run.cpu_turns import cpu_turns
from semantic.store.database import Store
from semantic.store.jobs.jobs import (
    add_jobs,
    back_off,
    claim_job,
    end_job,
    fail_job,
    give_back_job,
    hold_job,
    is_put_off,
    note_shared_run,
    read_jobs,
)
from semantic.worker.job import Job, Turn

LEASE: Final = timedelta(seconds=60)
"""How long a killed worker keeps its jobs. A running worker extends its leases before they expire."""
MOST_AT_ONCE: Final = 4
LONGEST: Final = timedelta(hours=1)
"""A run that takes longer than this is stuck: its lease isn't extended, so that another worker can take the job."""
LOOK_SECONDS: Final = 1.0
WAKE_SECONDS: Final = 0.2  # between checks of whether to stop
NOTED_SECONDS: Final = 60.0  # between two notes of a shared job's successful runs
AGAIN_SECONDS: Final = (0.2, 1.0, 5.0)  # pauses between attempts to record the end of a run
WORTH_A_LINE: Final = 1.0  # seconds: a shorter run that succeeds is only counted
STOP_SECONDS: Final = 20.0

_LOG = logging.getLogger(__name__)


class WorkerProcess(Protocol):
    """What a worker needs from its process."""

    @property
    def store(self) -> Store: ...
    @property
    def meters(self) -> Meters: ...


@dataclass(slots=True)
class _Run:
    """A run of a job that is in progress in this process."""

    job: Job
    began: float  # monotonic, as is the next one
    held: float  # when the lease was last extended


@dataclass(slots=True)
class _Shared:
    """When a shared job is due in this process, and the outcome of its last runs."""

    next_at: datetime
    failures: int = 0
    why: str = ""
    noted: float = field(default=-NOTED_SECONDS)


class Worker:
    """Runs jobs until it is stopped. Each process has one worker, and every job runs in its own thread."""

    def __init__(
        self, live: WorkerProcess, jobs: Sequence[Job], *, lease: timedelta = LEASE, stop_seconds: float = STOP_SECONDS
    ) -> None:
        self._store, self._meters = live.store, live.meters
        self._jobs = {job.name: job for job in jobs}
        if len(self._jobs) < len(jobs):
            raise ValueError("Two jobs have the same name.")
        self._lease, self._stop_seconds = lease, stop_seconds
        self._holder = secrets.token_hex(8)
        self._lock = threading.Lock()  # guards the following two
        self._runs: dict[str, _Run] = {}
        self._shared: dict[str, _Shared] = {}
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._are_added, self._told = False, ""

    # Start and stop

    def start(self) -> None:
        """Start running jobs in a thread of this process, until `stop`."""
        self._thread = threading.Thread(target=self.run_until, args=(self._stopped,), name="worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop claiming jobs, and tell the running ones to stop."""
        self._stopped.set()
        self._wake.set()

    def wait(self, seconds: float) -> None:
        """Wait up to `seconds` for the jobs that are running in this process to end."""
        until = monotonic() + seconds
        while self._runs and monotonic() < until:
            self._wake.clear()
            self._wake.wait(WAKE_SECONDS)

    @property
    def is_busy(self) -> bool:
        """Whether a job is running in this process."""
        return bool(self._runs)

    def run_until(self, stopped: threading.Event) -> bool:
        """Run jobs until `stopped` is set, and return whether all of them have ended.

        Running jobs then have `stop_seconds` to end. The lease of a job that takes longer isn't released, but expires,
        because a job that is still running must not start elsewhere.
        """
        self._stopped, next_look = stopped, 0.0
        while not self._is_stopping():
            if self._wake.is_set() or monotonic() >= next_look:
                self._wake.clear()
                self._try_to_look()
                next_look = monotonic() + LOOK_SECONDS
            self._wake.wait(WAKE_SECONDS)
        until = monotonic() + self._stop_seconds
        while self._runs and monotonic() < until:
            self._wake.clear()
            self._try(self._hold)
            self._wake.wait(WAKE_SECONDS)
        return not self._runs

    def run_once(self) -> None:
        """Run each job that is due once, and return when all of them have ended. Raises StoreFailed."""
        due = self._due()
        while due or self._runs:
            due = [(due_at, job) for due_at, job in due if not self._begin(job, due_at)]
            self._hold()
            self._wake.wait(WAKE_SECONDS)
            self._wake.clear()

    def _is_stopping(self) -> bool:
        return self._stopped.is_set() or not threading.main_thread().is_alive()

    # Taking jobs

    def _try_to_look(self) -> None:
        self._try(lambda: (self._hold(), self._look()))

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
            self._told = ""
        except StoreFailed as error:
            if str(error) != self._told:  # each problem is logged once, no matter how long it lasts
                _LOG.error("The worker can't reach the store. %s", error)
                self._told = str(error)
        except Exception:  # noqa: BLE001 (whatever happens, jobs stay due, and the next look may succeed)
            _LOG.exception("The worker couldn't look for jobs.")

    def _hold(self) -> None:
        """Extend the leases of running jobs before they expire."""
        now = monotonic()
        for run in list(self._runs.values()):
            is_stuck = now - run.began > LONGEST.total_seconds()
            if run.job.is_shared or is_stuck or now - run.held < self._lease.total_seconds() / 3:
                continue
            run.held = now
            with self._store.write(recorded=False) as transaction:
                hold_job(transaction, run.job.name, self._holder, lease=self._lease)

    def _look(self) -> None:
        for due_at, job in self._due():
            if not self._is_stopping():
                self._begin(job, due_at)

    def _due(self) -> list[tuple[datetime, Job]]:
        """Return the jobs to start with the times they were due, longest overdue first."""
        if not self._are_added:
            with self._store.write(recorded=False) as transaction:
                add_jobs(transaction, self._jobs)
            self._are_added = True
        with self._store.read() as connection:
            states = read_jobs(connection)
        now, due = self._store.now(), list[tuple[datetime, Job]]()
        for name, job in self._jobs.items():
            if name not in self._runs and name in states:
                due_at = self._shared_due(job, now) if job.is_shared else states[name].due_at(now, job.every)
                due += [(due_at, job)] if due_at <= now else []
        return sorted(due, key=lambda each: (each[0], each[1].name))

    def _shared_due(self, job: Job, now: datetime) -> datetime:
        shared = self._shared.setdefault(job.name, _Shared(next_at=now))
        return now if is_put_off(shared.next_at, now, job.every) else shared.next_at

    def _begin(self, job: Job, due_at: datetime) -> bool:
        """Start a job unless another worker has claimed it.

        Return False if too many jobs are running in this process.
        """
        if not job.is_shared:
            if sum(not run.job.is_shared for run in list(self._runs.values())) >= MOST_AT_ONCE:
                return False
            with self._store.write(recorded=False) as transaction:
                if not claim_job(transaction, job.name, self._holder, lease=self._lease, every=job.every):
                    return True
        run = _Run(job, began=monotonic(), held=monotonic())
        with self._lock:
            self._runs[job.name] = run
        # Not a daemon thread: an engine still working while the process exits would crash it.
        threading.Thread(target=self._run, args=(run, due_at), name=f"job-{job.name}").start()
        return True

    # Running one

    def _run(self, run: _Run, due_at: datetime) -> None:
        job, now = run.job, self._store.now()
        turn = Turn(now=now, holder=self._holder, is_mine=lambda: self._is_mine(run), is_stopping=self._is_stopping)
        next_at: datetime | None = None
        error: Exception | None = None
        try:
            with cpu_turns.work():
                next_at = job.run(turn)
            if next_at is not None and next_at.tzinfo is None:
                raise ValueError(f"The job {job.name} returned a time without a time zone.")
        except Exception as raised:  # noqa: BLE001 (whatever happens, the job is tried again later)
            error = raised
        try:
            outcome = self._note_end(job, now, next_at, error)
            seconds = monotonic() - run.began
            self._meters.ran_job(job.name, outcome, seconds=seconds, late=max(0.0, (now - due_at).total_seconds()))
            _tell(job.name, outcome, seconds, error)
        finally:
            with self._lock:
                del self._runs[job.name]
            self._wake.set()

    def _is_mine(self, run: _Run) -> bool:
        if run.job.is_shared:
            return True
        with self._store.write(recorded=False) as transaction:
            is_mine = hold_job(transaction, run.job.name, self._holder, lease=self._lease)
        run.held = monotonic()
        return is_mine

    def _note_end(self, job: Job, began_at: datetime, next_at: datetime | None, error: Exception | None) -> str:
        """Record how a run ended, and return its outcome as one word.

        If the store stays unavailable, nothing is recorded and the lease expires.
        """
        for pause in (*AGAIN_SECONDS, None):
            try:
                if job.is_shared:
                    return self._note_shared(job, began_at, next_at, error)
                return self._note_own(job, next_at, error)
            except StoreFailed:
                if pause is None:
                    return "lost"
                self._stopped.wait(pause)
        return "lost"

    def _note_own(self, job: Job, next_at: datetime | None, error: Exception | None) -> str:
        with self._store.write(recorded=False) as transaction:
            if error is not None and self._is_stopping():  # its statements were cancelled
                return "stopped" if give_back_job(transaction, job.name, self._holder) else "lost"
            if error is not None:
                is_kept = fail_job(transaction, job.name, self._holder, why=_why(error)) is not None
            else:
                due_at = _earlier(transaction.now + job.every, next_at)
                is_kept = end_job(transaction, job.name, self._holder, next_at=due_at)
        return "lost" if not is_kept else "failed" if error is not None else "done"

    def _note_shared(self, job: Job, began_at: datetime, next_at: datetime | None, error: Exception | None) -> str:
        shared, now, why = self._shared[job.name], self._store.now(), _why(error) if error is not None else ""
        shared.failures = shared.failures + 1 if error is not None else 0
        shared.next_at = now + back_off(shared.failures) if error is not None else _earlier(now + job.every, next_at)
        if why or shared.why or monotonic() - shared.noted >= NOTED_SECONDS:
            with self._store.write(recorded=False) as transaction:
                note_shared_run(transaction, job.name, began_at=began_at, next_at=shared.next_at, why=why)
            shared.noted, shared.why = monotonic(), why
        return "failed" if error is not None else "done"


def _earlier(due_at: datetime, wanted: datetime | None) -> datetime:
    return due_at if wanted is None else min(due_at, wanted)


def _why(error: Exception) -> str:
    """Return why a run failed, as text for the store.

    The text has only the error's type, because the message may contain a question, a value or an address.
    """
    return f"The last run ended with {type(error).__name__}. The log of the worker says where."


def _tell(name: str, outcome: str, seconds: float, error: Exception | None) -> None:
    milliseconds = round(seconds * 1000)
    if error is not None and outcome != "stopped":
        kind, at = type(error).__name__, logs.code_of(error) or "an unknown place"
        sentence = "A job failed. It is tried again later."
        logs.tell("job", sentence, level=logging.ERROR, job=name, outcome=outcome, ms=milliseconds, kind=kind, at=at)
    elif outcome == "lost":
        sentence = "A job's lease was lost while it ran, so another worker may have run it."
        logs.tell("job", sentence, level=logging.WARNING, job=name, outcome=outcome, ms=milliseconds)
    elif seconds >= WORTH_A_LINE or outcome == "stopped":
        sentence = "A job was interrupted, and is due again." if outcome == "stopped" else "A job ran."
        logs.tell("job", sentence, job=name, outcome=outcome, ms=milliseconds)
