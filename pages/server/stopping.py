"""Graceful shutdown: running questions finish first, then everything that waits for the store.

A browser can keep its connection open for as long as it likes, and the server would wait for it. So the process exits
after a deadline, even with open connections.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final

from pages.shell import open_tabs
from semantic.errors import StoreFailed
from semantic.observability import logs
from semantic.run.execute import Runner
from semantic.services.process import Live
from semantic.worker.worker import Worker

LEAVING_SECONDS: Final = 5.0  # the seconds for the server to close its connections and release the store and the engine
HANDING_SECONDS: Final = 1.0  # the seconds for the last response to reach its browser
WRITING_SECONDS: Final = 10.0  # the seconds for writes that wait for the store
_LOOK_SECONDS: Final = 0.1
_ENDED_IN_ORDER: Final = 0

Handler = Callable[[int, FrameType | None], object]


class Shutdown:
    """The shutdown of this process. `wait_seconds` is how long running questions and jobs have to finish."""

    def __init__(self, live: Live, worker: Worker | None, *, wait_seconds: float) -> None:
        self._live, self._worker, self._wait_seconds = live, worker, wait_seconds
        self._before: dict[int, Handler] = {}
        self._may_go = threading.Event()
        self._thread: threading.Thread | None = None

    def is_asked(self) -> bool:
        """Return whether the process is shutting down."""
        return self._thread is not None

    def listen(self) -> None:
        """Handle signals in place of the server, which gets them once everything is done. Call this in the
        main thread.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if callable(before):
                self._before[number] = before
                signal.signal(number, self._heard)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._may_go.is_set() or (self._thread is not None and number == signal.SIGINT):
            self._before[number](number, frame)
        elif self._thread is None:
            # Ctrl+C waits only for writes that must not be lost.
            seconds = self._wait_seconds if number == signal.SIGTERM else 0.0
            self._thread = threading.Thread(target=self._end, args=(number, seconds), name="stopping", daemon=True)
            self._thread.start()

    def _end(self, number: int, seconds: float) -> None:
        logs.tell("stop", "Stopping. Running questions and jobs have some time to finish.")
        if self._worker is not None:
            self._worker.stop()
        until = time.monotonic() + seconds
        hand_over(self._live.workspace().runner, until=until)
        if self._worker is not None:
            self._worker.wait(until - time.monotonic())
        with suppress(StoreFailed):  # Closing tries once more, and logs what is lost.
            self._live.recorder.flush(seconds=WRITING_SECONDS)
        self._may_go.set()
        signal.pthread_kill(threading.main_thread().ident or 0, number)
        time.sleep(LEAVING_SECONDS)
        self._live.recorder.close()
        logs.tell("stop", "Exiting now, with some browser connections still open.")
        os._exit(_ENDED_IN_ORDER)


def hand_over(runner: Runner, *, until: float) -> None:
    """Wait until every running question is answered and its answer is drawn and sent, but not beyond `until`.

    That includes a question that a page started just before the signal. `until` is a monotonic time.
    """
    was_busy = False
    while (runner.is_busy() or open_tabs.is_any_drawn()) and time.monotonic() < until:
        was_busy = True
        time.sleep(_LOOK_SECONDS)
    if was_busy:
        time.sleep(HANDING_SECONDS)
