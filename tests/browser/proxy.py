"""The proxy of deploy/proxy on this machine: its own files, with local ports and a writable folder."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.browser.visitor import ROOT, free_port
from tests.waiting import STUCK, until

PROXY = ROOT / "deploy" / "proxy"


def nginx() -> str:
    return os.environ["SAMEPAGE_NGINX"]


def write_proxy(folder: Path, entrance: str, processes: Sequence[int], plain: str = "") -> Path:
    """Write the configuration to a separate folder, changing only what depends on the machine.

    `plain` is the server block that redirects people to https, for tests of the redirect.
    """
    folder.mkdir(exist_ok=True)
    text = (PROXY / "nginx.conf").read_text(encoding="utf-8").replace("/tmp/", f"{folder}/")
    text = text.replace("/dev/stdout", f"{folder}/access.log")
    # As root it would run its workers as the user nobody, who may not write there.
    (folder / "nginx.conf").write_text(("user root;\n" if os.geteuid() == 0 else "") + text, encoding="utf-8")
    (folder / "entrance.conf").write_text(entrance, encoding="utf-8")
    (folder / "plain.conf").write_text(plain or f"listen 127.0.0.1:{free_port()};", encoding="utf-8")
    lines = (PROXY / "processes.conf").read_text(encoding="utf-8").splitlines()
    servers = [line for line in lines if line.startswith("server ")]
    options = servers[0].partition(" max_fails")[2]
    lines = [f"server 127.0.0.1:{port} max_fails{options}" for port in processes]
    (folder / "processes.conf").write_text("\n".join(lines), encoding="utf-8")
    return folder / "nginx.conf"


@contextmanager
def running_proxy(folder: Path, processes: Sequence[int]) -> Iterator[int]:
    """Run nginx in front of these ports until the block ends, and yield its port."""
    port = free_port()
    entrance = f"listen 127.0.0.1:{port};\nuserid_flags httponly samesite=lax;\n"
    with started_proxy(write_proxy(folder, entrance, processes), port):
        yield port


@dataclass(frozen=True, slots=True)
class Certified:
    """A self-signed certificate and its key."""

    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Certified:
    certified = Certified(folder / "certificate.pem", folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run([*command, "-out", certified.certificate, "-keyout", certified.key], check=True, capture_output=True)
    return certified


def write_tls_proxy(folder: Path, port: int, plain: int, certified: Certified, processes: Sequence[int]) -> Path:
    """Write deploy/proxy unchanged except for its two ports, its name and its certificate."""
    entrance = _changed(
        "entrance.conf",
        {
            "listen 8443 ": f"listen 127.0.0.1:{port} ",
            "/run/secrets/certificate_key": str(certified.key),
            "/run/secrets/certificate": str(certified.certificate),
        },
    )
    there = {"listen 8080;": f"listen 127.0.0.1:{plain};", "https://samepage.example.com": f"https://127.0.0.1:{port}"}
    return write_proxy(folder, entrance, processes, _changed("plain.conf", there))


def _changed(name: str, changes: Mapping[str, str]) -> str:
    text = (PROXY / name).read_text(encoding="utf-8")
    for theirs, ours in changes.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    return text


@contextmanager
def started_proxy(configuration: Path, port: int) -> Iterator[None]:
    log = configuration.with_name("error.log")
    with log.open("wb") as out:
        process = subprocess.Popen([nginx(), "-c", str(configuration)], stdout=out, stderr=subprocess.STDOUT)
    try:
        until(lambda: _answers(process, port, log), "nginx to start")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STUCK)


def _answers(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    with suppress(OSError), closing(HTTPConnection("127.0.0.1", port, timeout=STUCK)) as connection:
        connection.connect()
        return True
    return False
