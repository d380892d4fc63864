"""Whether this process can answer now: its store, engine, workers and model, checked once a second at most."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from semantic.errors import SemanticError
from semantic.run.health import reach
from semantic.services.process import Live

KEPT_SECONDS: Final = 1.0
PATIENCE: Final = 2.0  # what takes longer does not answer, as far as anybody who waits is concerned
READY, SILENT, STUCK = "ready", "does not answer", "stuck"
NO_WRITES: Final = "takes no writes"
"""Of the store. Questions are still answered then, so the process stays ready."""


@dataclass(frozen=True, slots=True)
class State:
    """What was found: each part in words of ours, which tell a stranger nothing of where it is or why it fails."""

    is_ready: bool
    parts: Mapping[str, str]
    store_seconds: float | None  # how long the store took; None where it does not answer


class Readiness:
    """Looks for everybody who asks: at one time in one thread for each part, however many ask. Safe from threads."""

    def __init__(self, live: Live, is_stopping: Callable[[], bool]) -> None:
        self._live, self._is_stopping = live, is_stopping
        self._lock = threading.Lock()  # held while looking: who comes meanwhile takes what was found
        self._found: tuple[float, State] | None = None
        self._store, self._engine = _Look("store", live.look_at_store), _Look("engine", self._look_at_engine)

    def state(self) -> State:
        """As it was at most a second ago. Takes some seconds at most, whatever hangs."""
        if self._is_stopping():
            return State(False, {"process": "stopping"}, None)
        with self._lock:
            if self._found is None or time.monotonic() - self._found[0] > KEPT_SECONDS:
                self._found = time.monotonic(), self._look()
            return self._found[1]

    def _look(self) -> State:
        for one in (self._store, self._engine):
            one.begin()
        until = time.monotonic() + PATIENCE
        store, engine = self._store.seconds(until), self._engine.seconds(until)
        workers = self._live.workspace().runner.workers
        # A stuck worker is replaced, so questions go on. If half are stuck, something is wrong with the engine.
        are_stuck = 2 * workers.overdue() >= workers.count
        parts = {
            "store": SILENT if store is None else READY if self._live.recorder.takes_writes else NO_WRITES,
            "engine": SILENT if engine is None else READY,
            "workers": STUCK if are_stuck else READY,
            # The version before goes on and answers rightly, so that a version that cannot run stops nobody.
            "model": "an earlier version runs" if self._live.is_behind else READY,
        }
        return State(store is not None and engine is not None and not are_stuck, parts, store)

    def _look_at_engine(self) -> None:
        workspace = self._live.workspace()
        reach(workspace.connector, workspace.dialect)


class _Look:
    """One part and the thread that looks at it; while that hangs, no other is started."""

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
        """How long it took; None where it failed or is not done by then."""
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
