"""Servers that start in a fraction of the time, as copies of a process that has already imported what they need.

For tests of what a server does. Tests of how people start one use `running_server` in tests/browser/visitor.py.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.browser.visitor import ROOT, Process, environment_of, free_port, until_ready
from tests.waiting import STUCK


@contextmanager
def warm_server(log: Path, *, port: int = 0, script: str = "app.py", **environment: str) -> Iterator[int]:
    """Run a server until the block ends, and yield its port."""
    port = port or free_port()
    with warm_process(log, port=port, script=script, **environment):
        yield port


@contextmanager
def own_server(folder: Path, data: Path) -> Iterator[str]:
    """Run a demo server with a new store in `folder`, shared with no other test, and yield its address."""
    store, key = str(folder / "store.sqlite"), str(folder / "audit.key")
    with warm_server(
        folder / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_STORE=store, SAMEPAGE_AUDIT_KEY_FILE=key
    ) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def warm_process(log: Path, *, port: int, script: str = "app.py", **environment: str) -> Iterator[Process]:
    """Run a server like `warm_server`, but yield the process, so that the block can end it."""
    with log.open("ab") as out:
        process = _launcher().start(
            ["run", script, "--server.port", str(port)], environment_of(environment), out.fileno()
        )
    with until_ready(port, process, log):
        yield process


def refused_start(log: Path, **environment: str) -> tuple[int, str]:
    """Return the exit code and log of a server that refuses to start."""
    with log.open("ab") as out:
        arguments = ["run", "app.py", "--server.port", str(free_port())]
        code = _launcher().start(arguments, environment_of(environment), out.fileno()).wait(STUCK)
    return code, log.read_text()


class Copy:
    """A server started by the launcher.

    It is a child of the launcher, not of this process, so its exit code comes through a pipe.
    """

    def __init__(self, pid: int, end: int) -> None:
        self.pid, self._end = pid, end
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        return self._code_within(0)

    def wait(self, timeout: float) -> int:
        code = self._code_within(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"server {self.pid}", timeout)
        return code

    def send_signal(self, sig: int, /) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _code_within(self, seconds: float) -> int | None:
        if self._code is None and select.select([self._end], [], [], seconds)[0]:
            self._code = int(os.read(self._end, 10))
            os.close(self._end)
        return self._code


class Launcher:
    """The process that is forked to start a server."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.browser.launcher", str(theirs.fileno())]
        # These two keep NumPy and Arrow from starting threads when they are imported.
        alone = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
        self._process = subprocess.Popen(command, cwd=ROOT, env=os.environ | alone, pass_fds=[theirs.fileno()])
        theirs.close()
        self._requests.settimeout(STUCK)
        assert self._requests.recv(10) == b"ready", "The server launcher did not start."

    def start(self, arguments: list[str], environment: Mapping[str, str], log: int) -> Copy:
        ours, theirs = os.pipe()
        message = json.dumps({"arguments": arguments, "environment": dict(environment)}).encode()
        socket.send_fds(self._requests, [message], [log, theirs])
        os.close(theirs)
        return Copy(int(self._requests.recv(20)), ours)

    def close(self) -> None:
        self._requests.close()
        self._process.wait(STUCK)


@cache
def _launcher() -> Launcher:
    """Return the launcher of this test process, started with the first server."""
    launcher = Launcher()
    atexit.register(launcher.close)
    return launcher
