"""`streamlit run app.py` that records every statement the engine starts:
python -m tests.bench.pages.counted_server OUT ….

On SIGUSR1 it writes OUT as JSON: how often each statement was started, by a digest of its text and parameters; how many
questions, sessions and threads there are; and how many blocks of memory Python has allocated. This is separate from the
app, because a server for real users shouldn't offer it.
"""

from __future__ import annotations

import gc
import hashlib
import json
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from streamlit.runtime import Runtime
from streamlit.web import cli

from connectors.connector import Limits, Params
from connectors.duckdb import DuckDB, DuckDBRun

STARTED: Counter[str] = Counter()
_start = DuckDB.start


def counted_start(self: DuckDB, sql: str, params: Params = (), *, limits: Limits, tag: str = "") -> DuckDBRun:
    STARTED[hashlib.sha256(repr((sql, list(params))).encode()).hexdigest()[:16]] += 1
    return _start(self, sql, params, limits=limits, tag=tag)


def counts() -> dict[str, Any]:
    """Return the counts of live objects after a full collection. Something still refers to the objects that remain."""
    gc.collect()
    kinds = Counter(type(thing).__name__ for thing in gc.get_objects())
    # No public call says how many sessions there are.
    sessions = len(Runtime.instance()._session_mgr.list_sessions())  # pyright: ignore[reportPrivateUsage]
    return {
        "statements": dict(STARTED),
        "sessions": sessions,
        "threads": threading.active_count(),
        "blocks": sys.getallocatedblocks(),
        "objects": {name: kinds[name] for name in ("ExploreState", "Result", "Drawn", "Ticket", "SessionState")},
    }


def main() -> None:
    out = Path(sys.argv[1])

    def write(*_: object) -> None:
        part = out.with_suffix(".part")
        part.write_text(json.dumps(counts()), encoding="utf-8")
        part.replace(out)

    DuckDB.start = counted_start
    signal.signal(signal.SIGUSR1, write)
    sys.argv = ["streamlit", *sys.argv[2:]]
    cli.main()


if __name__ == "__main__":
    main()
