"""The proxy of deploy/proxy on this machine: its own files, with ports of here and a folder to write."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.browser.visitor import ROOT, free_port

PROXY = ROOT / "deploy" / "proxy"


def nginx() -> str:
    return os.environ["SAMEPAGE_NGINX"]


def write_proxy(folder: Path, entrance: str, processes: Sequence[int]) -> Path:
    """The configuration in a folder of its own; only what is of one place is another than in deploy/proxy."""
    folder.mkdir(exist_ok=True)
    text = (PROXY / "nginx.conf").read_text(encoding="utf-8").replace("/tmp/", f"{folder}/")
    text = text.replace("/dev/stdout", f"{folder}/access.log")
    # As root it would run its workers as nobody, who may not write there.
    (folder / "nginx.conf").write_text(("user root;\n" if os.geteuid() == 0 else "") + text, encoding="utf-8")
    (folder / "entrance.conf").write_text(entrance, encoding="utf-8")
    said = (PROXY / "processes.conf").read_text(encoding="utf-8").splitlines()
    servers = [line for line in said if line.startswith("server ")]
    options = servers[0].partition(" max_fails")[2]
    lines = [f"server 127.0.0.1:{port} max_fails{options}" for port in processes]
    (folder / "processes.conf").write_text("\n".join(lines), encoding="utf-8")
    return folder / "nginx.conf"


@contextmanager
def running_proxy(folder: Path, processes: Sequence[int]) -> Iterator[int]:
    """nginx in front of these ports until the block ends; gives its port."""
    port = free_port()
    entrance = f"listen 127.0.0.1:{port};\nuserid_flags httponly samesite=lax;\n"
    with started_proxy(write_proxy(folder, entrance, processes), port):
        yield port


@contextmanager
def started_proxy(configuration: Path, port: int) -> Iterator[None]:
    log = configuration.with_name("error.log")
    with log.open("wb") as out:
        process = subprocess.Popen([nginx(), "-c", str(configuration)], stdout=out, stderr=subprocess.STDOUT)
    try:
        for _ in range(100):
            assert process.poll() is None, log.read_text()
            try:
                HTTPConnection("127.0.0.1", port, timeout=1).connect()
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
