"""The proxy of deploy/proxy in front of a server: what it forwards and what it blocks, over TLS."""

from __future__ import annotations

import gzip
import json
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.browser.proxy import make_certificate, nginx, running_proxy, started_proxy, write_tls_proxy
from tests.browser.visitor import Browser, free_port
from tests.browser.warm import warm_server
from tests.companies import current_company
from tests.waiting import STUCK, until

TOKEN = "a token of more than thirty-two characters"
NONE: Mapping[str, str] = MappingProxyType({})
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("server")
    data = current_company(tmp_path_factory)
    with warm_server(
        folder / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_STORE=str(folder / "store.sqlite"),
        SAMEPAGE_METRICS_TOKEN=TOKEN, SAMEPAGE_METRICS="1",
    ) as port:  # fmt: skip
        yield port


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proxy")


@pytest.fixture(scope="module")
def proxy(server: int, folder: Path) -> Iterator[int]:
    with running_proxy(folder, [server]) as port:
        yield port


def ask(
    port: int, path: str, headers: Mapping[str, str] = NONE, *, method: str = "GET", body: bytes | None = None
) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=STUCK)
    connection.request(method, path, body, headers=dict(headers))
    return connection.getresponse()


def test_internal_addresses_are_not_reachable_from_outside(server: int, proxy: int) -> None:
    inside = ["/ops/ready", "/ops/metrics", "/_stcore/metrics"]
    assert [ask(server, path, BEARER).status for path in inside] == [200, 200, 200]
    spellings = ["//ops/ready", "/%6fps/metrics", "/x/../ops/metrics", "/ops/", "/ops/else", "/explore/_stcore/metrics"]
    for path in [*inside, *spellings, "/_stcore/metrics/", "/_stcore/./metrics", "/_STCORE/metrics"]:
        assert ask(proxy, path, BEARER).status in (400, 404), path


def test_a_person_signs_in_through_the_proxy_and_stays_signed_in(proxy: int) -> None:
    browser = Browser(proxy)
    assert browser.sign_in("explore", "m=orders").status == 303
    way = browser.cookies["samepage_way"]
    assert "Demo: signed in as" in browser.open("explore", "m=orders").text
    browser.get("/explore")
    assert browser.cookies["samepage_way"] == way


def test_the_proxys_log_contains_no_question_and_no_person(proxy: int, folder: Path) -> None:
    Browser(proxy).get("/explore?m=canary-of-a-question")
    log = folder / "access.log"
    until(lambda: '"/explore"' in log.read_text(), "the proxy to log the request")  # it logs after answering
    logged = log.read_text()
    entries = [json.loads(line) for line in logged.rpartition("\n")[0].splitlines()]
    assert "canary" not in logged
    assert {"client", "remote"}.isdisjoint(entries[-1])
    assert "canary" not in (folder / "error.log").read_text()


@pytest.mark.parametrize("place", ["public", "unsubscribe"])
def test_a_public_link_sets_no_cookie_and_is_not_logged(proxy: int, folder: Path, place: str) -> None:
    """This holds for every spelling of the address."""
    link = f"{'canary' * 5}xx.{'0' * 32}"
    spellings = (
        f"/{place}/{link}",
        f"//{place}//{link}",
        f"/x/../{place}/{link}",
        f"/{place}%2F{link}",
        f"/./{place}/{link}",
    )
    for path in (*spellings, f"/{place}/{link}?tab=1", f"/{place}/{link}%0a", f"/{place}/{link}/..%2f..%2fops"):
        answer = ask(proxy, path, {"Accept": "text/html", "Referer": "https://else.example/"})
        assert answer.status in (200, 400, 404), path
        if path.startswith(f"/{place}/") and ".." not in path:
            assert answer.headers.get_all("set-cookie") is None, path
            assert answer.getheader("cache-control") == "no-store", path
    assert ask(proxy, f"/{place}/{link}", method="POST").status in (404, 405)
    log = folder / "access.log"
    until(lambda: log.read_text().count(f'"/{place}/..."') >= len(spellings), "the proxy to log the requests")
    assert "canary" not in log.read_text() + (folder / "error.log").read_text()


def test_scripts_are_compressed_and_large_requests_are_refused(proxy: int) -> None:
    page = ask(proxy, "/").read().decode()
    script = next(part for part in page.split('"') if "static/js/index" in part).removeprefix(".")
    answer = ask(proxy, script, {"Accept-Encoding": "gzip"})
    assert answer.getheader("content-encoding") == "gzip"
    assert len(gzip.decompress(answer.read())) > 10_000
    assert ask(proxy, "/_stcore/upload_file/a/b", method="PUT", body=b"x" * 54_000_000).status == 413


def test_a_client_cannot_claim_that_it_came_over_https(server: int, proxy: int) -> None:
    said = {"X-Forwarded-Proto": "https", "Forwarded": "proto=https"}
    assert ask(server, "/", said).getheader("strict-transport-security")  # it is trusted from this machine
    assert ask(proxy, "/", said).getheader("strict-transport-security") is None


def test_over_tls_cookies_are_only_sent_over_tls(server: int, tmp_path: Path) -> None:
    certified, port, plain = make_certificate(tmp_path), free_port(), free_port()
    configuration = write_tls_proxy(tmp_path / "proxy", port, plain, certified, [server])
    checked = subprocess.run([nginx(), "-t", "-c", str(configuration)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr
    with started_proxy(configuration, port):
        trusting = ssl.create_default_context(cafile=str(certified.certificate))
        trusting.check_hostname = False
        connection = HTTPSConnection("127.0.0.1", port, timeout=STUCK, context=trusting)
        connection.request("GET", "/", headers={"Accept": "text/html"})
        answer = connection.getresponse()
        led = ask(plain, "/explore?m=orders&by=channel_group", {"Host": "evil.example"})
        refused = [
            ask(plain, path, BEARER, method="POST", body=b"{}").status for path in ("/api/v1/ask", "/x/../api/v1/ask")
        ]
    assert (led.status, led.getheader("set-cookie")) == (308, None)
    assert led.getheader("location") == f"https://127.0.0.1:{port}/explore?m=orders&by=channel_group"
    assert refused == [403, 403]
    assert answer.status == 200
    assert answer.getheader("strict-transport-security") == "max-age=31536000"
    cookies = answer.headers.get_all("set-cookie") or []
    assert {cookie.partition("=")[0] for cookie in cookies} == {"samepage_way", "samepage_visit"}
    assert all("secure" in cookie.lower() and "httponly" in cookie.lower() for cookie in cookies)
