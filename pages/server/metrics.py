"""The metrics of this process: its counters, and the current state of the process, its store and its engine."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.runtime import Runtime

from pages.server.readiness import READY, Readiness
from semantic.errors import StoreFailed
from semantic.observability.metrics import Family, Sample
from semantic.services.process import Live
from semantic.store.accounts.sign_ins import count_open
from semantic.store.audit.entries import last_written
from semantic.store.database import Store
from semantic.store.jobs.jobs import read_jobs, read_last_seen

_ROOT: Final = Path(__file__).parents[2]
_SESSIONS: Final = "active_sessions"
_STATM: Final = Path("/proc/self/statm")


def families(live: Live, readiness: Readiness) -> Iterator[Family]:
    """Yield the metric families of this process. Families of a store or an engine that doesn't respond are left out."""
    state = readiness.state()
    yield Family(
        "samepage_build", "info", "Versions of Samepage, Python and Streamlit.",
        (Sample(1, {"code": code_digest(), "python": sys.version.split()[0], "streamlit": st.__version__}),),
    )  # fmt: skip
    yield from live.recorder.meters.families()
    yield _gauge("samepage_ready", "Whether this process can answer.", float(state.is_ready))
    yield Family(
        "samepage_part_ready", "gauge", "Whether each part of this process is ready.",
        tuple(Sample(float(words == READY), {"part": part}) for part, words in state.parts.items()),
    )  # fmt: skip
    yield from _of_this_process(live)
    if state.store_seconds is not None:
        yield _gauge("samepage_store_seconds", "How long the store took to answer.", state.store_seconds, "seconds")
        yield from _of_the_store(live.store)


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return twelve characters that identify the running code of Samepage. They're the same on every machine."""
    digest = hashlib.sha256()
    for place in ("app.py", "connectors", "pages", "semantic"):
        for path in sorted([_ROOT / place, *(_ROOT / place).rglob("*.py")]):
            if path.is_file():
                digest.update(f"\n{path.relative_to(_ROOT).as_posix()} ".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _of_this_process(live: Live) -> Iterator[Family]:
    workspace = live.workspace()
    running, queued = workspace.runner.load()
    cache = workspace.runner.cache
    yield Family(
        "samepage_statements", "gauge", "SQL statements, running and queued.",
        (Sample(running, {"state": "running"}), Sample(queued, {"state": "queued"})),
    )  # fmt: skip
    stuck = workspace.runner.workers.overdue()
    yield _gauge("samepage_workers_stuck", "Workers whose statement is more than ten seconds overdue.", stuck)
    yield _gauge("samepage_sessions", "Browser tabs open on this process.", _sessions())
    yield _gauge("samepage_cache_bytes", "Size of the cached answers.", cache.bytes, "bytes")
    yield _gauge("samepage_acts_waiting", "Acts not yet in the audit log.", live.recorder.waiting)
    if workspace.published is not None:
        yield _gauge("samepage_model_version", "Model version in use on this process.", workspace.published.number)
    if _STATM.exists():
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
        yield _gauge("samepage_memory_bytes", "Memory of this process.", pages * os.sysconf("SC_PAGE_SIZE"), "bytes")


def _of_the_store(store: Store) -> Iterator[Family]:
    try:
        with store.read() as connection:
            last, now = last_written(connection), store.now()
            open_sign_ins = sum(count_open(connection, now).values())
            jobs, seen_at = read_jobs(connection), read_last_seen(connection)
    except StoreFailed:
        return
    yield _gauge("samepage_sign_ins", "Active sign-ins, across all processes.", open_sign_ins)
    if last is not None:
        age = (now - last).total_seconds()
        yield _gauge("samepage_audit_age_seconds", "Time since the last entry of the audit log.", age, "seconds")
    if seen_at is not None:
        age = (now - seen_at).total_seconds()
        yield _gauge("samepage_worker_age_seconds", "Time since any worker last ran a job.", age, "seconds")
    yield Family(
        "samepage_job_failures", "gauge", "Failures of each job since its last success, in any process.",
        tuple(Sample(job.failures, {"job": name}) for name, job in sorted(jobs.items())),
    )  # fmt: skip


def _sessions() -> int:
    """Return the number of tabs with an open connection, or 0 before the first one."""
    if not Runtime.exists():
        return 0
    stat = Runtime.instance().stats_mgr.get_stats([_SESSIONS]).get(_SESSIONS, ())
    return sum(int(getattr(each_stat, "value", 0)) for each_stat in stat)


def _gauge(name: str, means: str, value: float, unit: str = "") -> Family:
    return Family(name, "gauge", means, (Sample(value),), unit)
