"""Whether this process can answer questions now: its store, engine, workers and model, each checked at most once a
second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from semantic.errors import SemanticError
from semantic.model.own_data import CONNECTION
from semantic.run.health import reach
from semantic.services.process import Live
from semantic.store.jobs.jobs import SEEN_WITHIN, read_last_seen

KEPT_SECONDS: Final = 1.0
PATIENCE: Final = 2.0  # anything slower counts as not responding, for all callers
READY, SILENT, STUCK = "ready", "does not answer", "stuck"
SOME_SILENT: Final = "one does not answer"
"""A state of the connections other than the main one. Only their own questions fail, so the process stays ready."""
NO_WRITES: Final = "takes no writes"
"""A state of the store in which questions are still answered, so the process stays ready."""
NO_WORKER: Final = "no worker for five minutes"
"""A state of the jobs. Questions don't need a worker, so the process stays ready."""


@dataclass(frozen=True, slots=True)
class State:
    """The state of each part, in fixed words that don't reveal where the part is or why it fails."""

    is_ready: bool
    parts: Mapping[str, str]
    store_seconds: float | None  # how long the store took, or None if it doesn't respond


class Readiness:
    """Checks the parts for all callers, with at most one thread for each part. Can be used from several threads."""

    def __init__(self, live: Live, is_stopping: Callable[[], bool]) -> None:
        self._live, self._is_stopping = live, is_stopping
        self._lock = threading.Lock()  # held while checking, so that other callers get the same result
        self._found: tuple[float, State] | None = None
        self._store, self._engine = _PartCheck("store", self._look_at_store), _PartCheck("engine", self._look_at_engine)
        self._others = _PartCheck("connections", self._look_at_others)
        self._seen_at = live.store.now()  # A process that has just started can be the first one.

    def state(self) -> State:
        """Return the state, which is a second old at most. Even if a part hangs, this takes only a few seconds."""
        if self._is_stopping():
            return State(False, {"process": "stopping"}, None)
        with self._lock:
            if self._found is None or time.monotonic() - self._found[0] > KEPT_SECONDS:
                self._found = time.monotonic(), self._look()
            return self._found[1]

    def _look(self) -> State:
        has_others = bool(self._other_names())
        for probe in (self._store, self._engine, *([self._others] if has_others else [])):
            probe.begin()
        until = time.monotonic() + PATIENCE
        store, engine = self._store.seconds(until), self._engine.seconds(until)
        others = self._others.seconds(until) if has_others else None
        workers = self._live.workspace().runner.workers
        # A stuck worker is replaced, so questions still run. If half of them are stuck, the engine has a problem.
        are_stuck = 2 * workers.overdue() >= workers.count
        parts = {
            "store": SILENT if store is None else READY if self._live.recorder.takes_writes else NO_WRITES,
            "engine": SILENT if engine is None else READY,
            **({"connections": SOME_SILENT if others is None else READY} if has_others else {}),
            "workers": STUCK if are_stuck else READY,
            "jobs": READY if self._live.store.now() - self._seen_at < SEEN_WITHIN else NO_WORKER,
            # The earlier version stays live and answers correctly, so that a broken version stops no one.
            "model": "an earlier version runs" if self._live.is_behind else READY,
        }
        return State(store is not None and engine is not None and not are_stuck, parts, store)

    def _look_at_store(self) -> None:
        self._live.look_at_store()
        with self._live.store.read() as connection:
            seen_at = read_last_seen(connection)
        if seen_at is not None:
            self._seen_at = max(self._seen_at, seen_at)

    def _look_at_engine(self) -> None:
        workspace = self._live.workspace()
        reach(workspace.connector, workspace.dialect)

    def _other_names(self) -> list[str]:
        """Return the names of the connections other than the main one.

        The connection for uploads is included only once there are uploads.
        """
        workspace = self._live.workspace()
        has_uploads = any(dataset.connection == CONNECTION for dataset in workspace.model.datasets.values())
        return [name for name in workspace.connectors.names() if has_uploads or name != CONNECTION]

    def _look_at_others(self) -> None:
        workspace = self._live.workspace()
        for name in self._other_names():
            reach(workspace.connectors.get(name), workspace.engines.dialect(name))


class _PartCheck:
    """The check of one part in its own thread. While that thread hangs, no other one is started."""

    def __init__(self, name: str, look: Callable[[], None]) -> None:
        self._name, self._look = name, look
        self._thread: threading.Thread | None = None
        self._took: float | None = None

    def begin(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._took = None
            self._thread = threading.Thread(target=self._run, name=f"look-at-{self._name}", daemon=True)
            self._thread.start()

    def seconds(self, until: float) -> float | None:
        """Return how long the check took in seconds, or None if it failed or isn't done by `until`."""
        assert self._thread is not None
        self._thread.join(max(0.0, until - time.monotonic()))
        return None if self._thread.is_alive() else self._took

    def _run(self) -> None:
        began = time.monotonic()
        try:
            self._look()
        except SemanticError:
            return
        self._took = time.monotonic() - began
