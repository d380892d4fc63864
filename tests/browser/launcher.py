"""Import what a server needs once, and fork a copy for each server, so that starting one takes a quarter of the usual
work.

tests/browser/warm.py starts this process and sends it requests over a socket, each with two open files. It replies with
the id of a new process, which runs `python -m streamlit` and logs to the first file; when that process ends, the
launcher writes its exit code to the second.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import socket
import sys
from collections import UserDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tests.days import today

# Import nothing that starts a thread, as polars does: a lock held by a thread during a fork stays locked in the copy.
IMPORTS = (
    *("streamlit.web.cli", "uvicorn", "uvloop", "websockets", "duckdb", "pandas", "PIL.ImageFile"),
    *("pages.server.server", "pages.sign_in.menu", "connectors.duckdb", "semantic.demo"),
)
LONGEST_REQUEST = 1_000_000
THREADS = Path("/proc/self/task")
OURS = ("SAMEPAGE_", "STREAMLIT_")
READ_BY_IMPORT = {"SAMEPAGE_COOKIE_SECRET": "pages.shell.identity"}
"""Settings that a module reads when it's imported, with the module. It's reloaded in each copy."""


def main() -> None:
    _import_all()
    ends: dict[int, int] = {}
    signal.signal(signal.SIGCHLD, lambda *_: _report_ends(ends))
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        requests.sendall(b"ready")
        while True:
            message, files, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, 2)
            if not message:  # the tests are over
                return
            log, end = files
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
            process = os.fork()
            if process == 0:
                break
            ends[process] = end
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
            requests.sendall(str(process).encode())
            os.close(log)
    for other in (end, *ends.values()):
        os.close(other)
    _become(Request(**json.loads(message)), log)


@dataclass(frozen=True, slots=True)
class Request:
    arguments: list[str]
    environment: dict[str, str]


def _import_all() -> None:
    watched = _Watched(os.environ)
    with patch.object(os, "environ", watched):
        for name in IMPORTS:
            importlib.import_module(name)
    if unexpected := watched.settings - READ_BY_IMPORT.keys():
        raise SystemExit(f"An import reads {', '.join(unexpected)}. Add the module that reads it to READ_BY_IMPORT.")
    if THREADS.exists() and (threads := len(list(THREADS.iterdir()))) > 1:
        raise SystemExit(f"An import has started {threads - 1} threads, so this process cannot be forked safely.")


class _Watched(UserDict[str, str]):
    """An environment that records which of Samepage's settings are read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.settings = set[str]()
        super().__init__(values)

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str) and name.startswith(OURS):
            self.settings.add(name)
        return super().__contains__(name)

    def __getitem__(self, name: str) -> str:
        if name.startswith(OURS):
            self.settings.add(name)
        return super().__getitem__(name)


def _report_ends(ends: dict[int, int]) -> None:
    """Write the exit code of each ended copy to the file that came with its request."""
    while ends:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process == 0:
            return
        end = ends.pop(process)
        os.write(end, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(end)


def _become(request: Request, log: int) -> None:
    """Turn this copy into the server."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.environ.clear()
    os.environ.update(request.environment)
    for module in READ_BY_IMPORT.values():
        importlib.reload(importlib.import_module(module))
    if "SAMEPAGE_MODEL" not in request.environment:  # the marketing model, whose company has data up to that day
        patch("semantic.workspace.today_of", lambda _model: today()).start()
    sys.argv = ["streamlit", *request.arguments]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
