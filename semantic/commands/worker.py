"""The command `python -m semantic worker`: run jobs in a process without pages until it is stopped."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Final

from semantic.commands.command_line import OK, WRONG, run_command
from semantic.config.settings import Settings, load_settings
from semantic.observability import logs
from semantic.services.process import Live
from semantic.store.database import Store, connect_store
from semantic.store.jobs.jobs import SEEN_WITHIN, read_last_seen
from semantic.worker.jobs import jobs_of
from semantic.worker.worker import Worker

LEAVING_SECONDS: Final = 10.0  # for jobs whose statement was cancelled to end

_EXAMPLE = """example:
  SAMEPAGE_WORKER=off python -m streamlit run app.py
  python -m semantic worker

SIGTERM and Ctrl+C stop it: running jobs have SAMEPAGE_STOP_SECONDS to finish.
"""


def run(arguments: Sequence[str]) -> int:
    """Run the worker, and return the exit code: 0 after it was stopped, 1 if it can't start."""
    return run_command(_parser(), arguments, _act)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic worker",
        description="Run jobs when they are due, such as data checks. Any number of workers can share a store.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="run the jobs that are due now, then stop")
    how.add_argument("--check", action="store_true", help="end with 0 if any worker ran in the last 5 minutes, else 1")
    return parser


def _act(asked: argparse.Namespace) -> int:
    settings = load_settings()
    if asked.check:
        return _check(settings)
    logs.set_up(settings.log)
    live = Live.open(settings, surface="worker")
    worker = Worker(live, jobs_of(live), stop_seconds=settings.stop_seconds)
    try:
        if asked.once:
            worker.run_once()
            return OK
        _run_until_stopped(live, worker)
    finally:
        live.close()
    _leave(worker)
    return OK


def _run_until_stopped(live: Live, worker: Worker) -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    live.follow()
    logs.tell("start", "The worker is ready.")
    worker.run_until(stopped)


def _leave(worker: Worker) -> None:
    """Wait for jobs whose statements were cancelled, then end the process, even if a job is stuck."""
    worker.wait(LEAVING_SECONDS)
    logs.tell("stop", "The worker has stopped.")
    if worker.is_busy:
        sys.stderr.flush()
        os._exit(OK)


def _check(settings: Settings) -> int:
    store = Store(connect_store(settings.store))
    try:
        with store.read() as connection:
            seen_at = read_last_seen(connection)
        return OK if seen_at is not None and seen_at > store.now() - SEEN_WITHIN else WRONG
    finally:
        store.close()
