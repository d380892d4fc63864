"""Run data checks on a schedule and on request, in one process at a time, without slowing down questions.

Results are in the store, where every process reads them within about a second. Only one check statement runs at a time,
and only while no question is running or waiting. If a run reaches its time limit, the remaining checks keep their
previous results.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from types import MappingProxyType
from typing import Final, TypedDict

from connectors.connector import Limits, Run
from semantic.errors import EngineFailed, NotAllowed, SemanticError, with_place
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.results.check_history import PastFindings
from semantic.results.failed_checks import FoundChecks, failed_checks
from semantic.results.result import FailedCheck, Result
from semantic.run.checks import CheckRunner, Finding, check_dataset, unreached
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers.checks import (
    AHEAD,
    CheckRun,
    begin_check_run,
    end_check_run,
    hold_check_run,
    keep_findings,
    read_check_run,
    read_findings,
)
from semantic.store.numbers.past_findings import read_past_findings
from semantic.workspace import Workspace

RUN_SECONDS: Final = 900.0  # the maximum for a run
STATEMENT_SECONDS: Final = 60.0  # the maximum for a statement, shorter than for questions
LEASE_SECONDS: Final = 240.0  # a third of it and one statement waiting for questions fit within it
FIRST_SECONDS: Final = 60.0  # after a start, new data or another model, before checks run
DATA_SECONDS: Final = 30.0  # between two checks of the data's version
IDLE_SECONDS: Final = 0.1  # between two checks whether a question is running
PATIENCE_SECONDS: Final = 60.0  # how long a statement of a scheduled run waits for questions
CLOSE_SECONDS: Final = 10.0  # how long a cancelled statement has to end

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewestChecks:
    """The newest run of the checks that this process knows, and its results."""

    run: CheckRun = field(default_factory=CheckRun)
    found: FoundChecks = field(default_factory=lambda: MappingProxyType({}))


class _About(TypedDict):
    model_version: str
    data_version: str | None


class Checks:
    """The checks of the current model. Each process has one instance, which several threads can use safely."""

    def __init__(self, store: Store, keys: Keys, workspace: Callable[[], Workspace]) -> None:
        self.store, self.keys = store, keys
        self._workspace = workspace
        self._known = NewestChecks()
        self._holder = secrets.token_hex(8)
        self._is_closed = threading.Event()
        self._looking = threading.Lock()  # held by the thread of this process that runs checks
        self._run: Run | None = None
        self._held_until = 0.0  # the lease needs no renewal before this time
        self._is_stopping: Callable[[], bool] = lambda: False  # of the run in progress
        self._asked: threading.Thread | None = None
        self.heard: Callable[[], None] | None = None  # called after results have changed

    # Results

    @property
    def known(self) -> NewestChecks:
        """Return the results as last read from the store."""
        return self._known

    def look(self) -> None:
        """Read the newest results, from any process, out of the store. Raises StoreFailed."""
        with self.store.read() as connection:
            run = read_check_run(connection)
            if run == self._known.run:
                return
            same = run.revision == self._known.run.revision
            self._known = NewestChecks(run, self._known.found if same else read_findings(connection))
        if self.heard is not None and not same:
            self.heard()

    def past(self) -> PastFindings:
        """Read past results from the store. Raises StoreFailed."""
        with self.store.read() as connection:
            return read_past_findings(connection)

    def failing_for(self, thing: Result | Metric | Iterable[str], visible: VisibleModel) -> tuple[FailedCheck, ...]:
        """Return the failing checks of the data that an answer, a metric or datasets are based on.

        Their descriptions contain only names that are visible in `visible`.
        """
        checks = self._known.found
        if not checks:
            return ()
        match thing:
            case Result():
                datasets: Iterable[str] = thing.reads
            case Metric():
                datasets = {measure.dataset for measure in measures_of(thing, visible.model)}
            case _:
                datasets = thing
        return failed_checks(checks, datasets, visible)

    # Running

    def run(
        self, actor: Actor | None = None, *, is_stopping: Callable[[], bool] = lambda: False
    ) -> list[Finding] | None:
        """Check every dataset now and save the results, or return None if another process or thread is checking.

        `actor` is the steward who started the run. A scheduled run has no actor, waits while questions run, and ends
        early if its worker is stopping. Raises NotAllowed and StoreFailed.
        """
        _require(actor)
        if not self._looking.acquire(blocking=False):
            return None
        try:
            self._is_stopping = is_stopping
            with self.store.write(recorded=False) as transaction:  # recorded only if it begins
                begun = begin_check_run(transaction, self._holder, LEASE_SECONDS, keys=self.keys, actor=actor)
            return self._look_at_all(patience=0.0 if actor else PATIENCE_SECONDS) if begun else None
        finally:
            self._looking.release()

    def begin(self, actor: Actor) -> None:
        """Start checking every dataset in a separate thread, unless a run is in progress. Raises NotAllowed."""
        _require(actor)
        if self._asked is not None and self._asked.is_alive():
            return
        self._asked = threading.Thread(target=self._try, args=(lambda: self.run(actor),), name="checks-asked")
        self._asked.start()

    @property
    def is_looking(self) -> bool:
        """Whether this process is running checks, or another process is, as last read from the store."""
        return self._looking.locked() or self._known.run.is_under_way(self.store.now())

    def _look_at_all(self, patience: float) -> list[Finding]:
        workspace, until = self._workspace(), monotonic() + RUN_SECONDS
        findings, is_whole = list[Finding](), True
        about = _About(model_version=workspace.model.version, data_version=_data_version(workspace))
        for name in workspace.model.datasets:
            here = self._look_at(name, workspace, until, patience)
            if here is None:
                is_whole = False
                break
            findings += here
            with self.store.write(recorded=False) as transaction:
                if not keep_findings(transaction, self._holder, name, here, seconds=LEASE_SECONDS, **about):
                    return findings  # another process has taken over
        with self.store.write(recorded=False) as transaction:
            is_whole = is_whole and all(finding.looked for finding in findings)
            end_check_run(transaction, self._holder, [*workspace.model.datasets], is_whole=is_whole, **about)
        self.look()
        failed = sum(finding.looked and not finding.ok for finding in findings)
        _LOG.info("Ran %s data checks; %s failed.", len(findings), failed)
        return findings

    def _look_at(self, name: str, workspace: Workspace, until: float, patience: float) -> list[Finding] | None:
        """Return the results for one dataset, or None if the time is up or the run has to end."""
        dataset, findings = workspace.model.datasets[name], list[Finding]()
        seconds = min(STATEMENT_SECONDS, workspace.settings.timeout_seconds)
        engines, limits = workspace.engines, Limits(1_000, seconds)
        try:
            asking = CheckRunner(
                engines.connector(dataset), engines.dialect(dataset.connection), limits, begun=self._begun
            )
        except EngineFailed as error:
            return [unreached(dataset, error)]
        looks = check_dataset(dataset, workspace.model, asking)
        while True:
            self._wait_for_questions(workspace, min(until, monotonic() + patience))
            if self._ends() or self._is_stopping() or monotonic() > until or not self._hold():
                return None
            try:
                finding = next(looks, None)
            finally:
                self._run = None
            if finding is None:
                return findings
            findings.append(finding)

    def _hold(self) -> bool:
        """Whether this process still holds the lease for running checks. Renews the lease when needed."""
        if monotonic() < self._held_until:
            return True
        self._held_until = monotonic() + LEASE_SECONDS / 3
        with self.store.write(recorded=False) as transaction:
            return hold_check_run(transaction, self._holder, LEASE_SECONDS)

    def _wait_for_questions(self, workspace: Workspace, until: float) -> None:
        while workspace.runner.load() != (0, 0) and monotonic() < until and not self._is_stopping():
            if self._is_closed.wait(IDLE_SECONDS):
                return

    def _begun(self, run: Run) -> None:
        self._run = run
        if self._ends():
            run.cancel()

    def _ends(self) -> bool:
        return self._is_closed.is_set() or not threading.main_thread().is_alive()

    # The schedule

    def run_if_due(self, minutes: float, *, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Run the checks if the data or the model has changed since the last run.

        If the engine can't report changes, the checks run every `minutes`. Raises StoreFailed.
        """
        self.look()
        workspace, now = self._workspace(), self.store.now()
        data = _data_version(workspace) or ""
        if is_due(self._known.run, now, minutes, data_version=data, model_version=workspace.model.version):
            self.run(is_stopping=is_stopping)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except SemanticError as error:
            if not self._is_closed.is_set():
                _LOG.error("The data checks couldn't run. %s", with_place(error))
        except Exception:  # noqa: BLE001 (whatever happens, results stay, and the next run may succeed)
            _LOG.exception("The data checks couldn't run.")

    def close(self) -> None:
        """Cancel the current run and its statement."""
        self._is_closed.set()
        if (run := self._run) is not None:
            run.cancel()
        if self._asked is not None and self._asked is not threading.current_thread():
            self._asked.join(timeout=CLOSE_SECONDS)


def _require(actor: Actor | None) -> None:
    if actor is not None and (not actor.is_at_least("steward") or actor.only_looks):
        raise NotAllowed("Only stewards can start the data checks, and not while viewing as someone else.")


def is_due(run: CheckRun, now: datetime, minutes: float, *, data_version: str, model_version: str) -> bool:
    """Whether checks are due.

    They are due soon after new data or another model version arrives.

    Otherwise, they are due `minutes` after the last run, unless that run was complete and the engine reports unchanged
    data. They aren't due while any process is running them.
    """
    if run.is_under_way(now):
        return False
    if run.ended_at is None or run.began_at is None:
        return True
    is_same_model, is_same_data = run.model_version == model_version, data_version == (run.data_version or "")
    if is_same_model and is_same_data and data_version and run.is_whole:
        return False
    wait = timedelta(minutes=minutes)
    if not is_same_model or (data_version and not is_same_data):
        wait = min(wait, timedelta(seconds=FIRST_SECONDS))
    since = now - max(run.ended_at, run.began_at)
    return since >= wait or since < -AHEAD


def _data_version(workspace: Workspace) -> str | None:
    """Return the version of the data, or None if the engine doesn't report one or doesn't respond."""
    try:
        return workspace.engines.versions_of(workspace.model.datasets.values()).text
    except EngineFailed:
        return None
