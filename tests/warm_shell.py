"""Run `python -m semantic …` without the start-up time: one process imports everything and forks per command.

    with warm_python(folder) as path:                 put `path` first on a shell's PATH

In that shell, `python -m semantic …` sends its arguments, folder, environment and standard streams to the warm process.
A fork of it runs the package as the interpreter would, and its exit code is passed back; any other `python …` starts
the real interpreter. A fork has only one thread, so the warm process starts no others. It only imports, and its forks
run the commands. Except on Linux, `python` is always the real interpreter.
"""

from __future__ import annotations

import gc
import importlib
import marshal
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMPORTED_WHEN_RUN = ("connectors.duckdb", "duckdb", "pandas", "pyarrow.dataset", "sqlalchemy.dialects.sqlite")
"""Modules that commands import while they run."""
WITHOUT_THREADS = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""Variables that keep NumPy and Arrow from starting threads when they are imported."""
PYTHON = """\
#!/bin/sh
exec '{python}' -IS '{client}' "$@"
"""
CLIENT = """\
import marshal, os, socket, sys
arguments = sys.argv[1:]
if arguments[:2] != ["-m", "semantic"]:
    os.execv({python!r}, [{python!r}, *arguments])
with socket.socket(socket.AF_UNIX) as warm:
    warm.connect({address!r})
    socket.send_fds(warm, [b"+"], [0, 1, 2])
    warm.sendall(marshal.dumps((arguments[2:], os.getcwd(), dict(os.environ))))
    code = warm.recv(1)
sys.exit(code[0] if code else "The warm process is gone.")
"""


@contextmanager
def warm_python(folder: Path) -> Generator[Path]:
    """Yield a folder whose `python -m semantic` runs in a fork of a warm process, until the context ends."""
    if sys.platform != "linux":
        yield Path(sys.executable).parent
        return
    address, client, python = folder / "warm", folder / "client.py", folder / "bin" / "python"
    client.write_text(CLIENT.format(python=sys.executable, address=str(address)), encoding="utf-8")
    python.parent.mkdir()
    python.write_text(PYTHON.format(python=sys.executable, client=client), encoding="utf-8")
    python.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(address))
        server.listen()
        listening = server.fileno()
        variables = os.environ | WITHOUT_THREADS | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "tests.warm_shell", str(listening)]
        warm = subprocess.Popen(command, env=variables, pass_fds=[listening], stdin=subprocess.PIPE)
    with warm:  # it ends when its input does
        yield python.parent


def serve(listening: int) -> int:
    """Fork for each command until the input ends. Returns in every fork, too, once the fork has run its command."""
    import_everything()
    with socket.socket(fileno=listening) as server:
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            client, _ = server.accept()
            with client:
                if os.fork() == 0:
                    server.close()
                    return answer(client)
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
    return 0


def import_everything() -> None:
    shell = importlib.import_module("semantic.__main__")
    for name in (*shell.COMMANDS.values(), *IMPORTED_WHEN_RUN):
        importlib.import_module(name)
    del sys.modules[shell.__name__]  # each command runs it again as __main__
    threads = len(os.listdir("/proc/self/task"))
    assert threads == 1, f"An import has started {threads - 1} threads, which a fork would lose."
    gc.freeze()


def answer(client: socket.socket) -> int:
    """Run the client's command in another fork, and send back its exit code.

    Stops the command if the client disconnects.
    """
    _, streams, _, _ = socket.recv_fds(client, 1, 3)
    with client.makefile("rb") as file:
        arguments, folder, variables = marshal.load(file)
    command = os.fork()
    if command == 0:
        client.close()
        return run(arguments, folder, variables, streams)
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(command)
    if ended not in select.select([client, ended], [], [])[0]:
        with suppress(ProcessLookupError):
            os.kill(command, signal.SIGTERM)
    code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    with suppress(BrokenPipeError):
        client.send(bytes([code if code >= 0 else 128 - code]))
    os._exit(0)


def run(arguments: Sequence[str], folder: str, variables: Mapping[str, str], streams: Sequence[int]) -> int:
    """Run as the process that `python -m semantic` would be, and return its exit code."""
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv[1:] = arguments
    runpy.run_module("semantic", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[1])))
