"""The server's limits on requests: host names, origins, sizes, blocked addresses, caching and session IDs."""

from __future__ import annotations

import http.client
import re
import socket
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from pages.server import request_limits
from tests.browser.visitor import Browser
from tests.hostile.strings import CANARY, sample
from tests.hostile.tab import STACK, open_tab
from tests.waiting import STUCK

EVIL = "evil.example"


def raw(port: int, request: bytes) -> tuple[int, bytes]:
    """Return the status and the whole response to bytes that no client library would send.

    The status is 0 if the connection was cut.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=STUCK) as line:
        line.sendall(request)
        line.settimeout(20)
        kept = b""
        try:
            while part := line.recv(65_536):
                kept += part
        except (TimeoutError, ConnectionResetError):
            pass
    match = re.match(rb"HTTP/1\.1 (\d{3})", kept)
    return int(match[1]) if match else 0, kept


def get(port: int, target: str | bytes, *lines: bytes, host: str = "") -> tuple[int, bytes]:
    path = target.encode("utf-8", "surrogatepass") if isinstance(target, str) else target
    head = [b"GET " + path + b" HTTP/1.1", f"Host: {host or f'127.0.0.1:{port}'}".encode(), b"Connection: close"]
    return raw(port, b"\r\n".join([*head, *lines, b"", b""]))


# Names


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost", 200),
        ("LOCALHOST.:{port}", 200),
        ("[::1]:{port}", 200),
        (EVIL, 421),
        (f"{EVIL}:{{port}}", 421),
        (f"127.0.0.1.{EVIL}", 421),
        (f"localhost@{EVIL}", 421),
        (f"{EVIL}/localhost", 421),
        ("127.0.0.1:x", 421),
        ("", 421),
        ("0.0.0.0", 421),
    ],
)
def test_the_server_answers_only_to_its_own_host_names(server: int, host: str, status: int) -> None:
    """This keeps another site's host name, rebound to this server while the site's page is open, from reading
    anything.
    """
    line = f"Host: {host.format(port=server)}".encode()
    request = b"\r\n".join([b"GET / HTTP/1.1", line, b"Connection: close", b"", b""])
    assert raw(server, request)[0] == status


def test_two_host_names_or_none_are_refused(server: int) -> None:
    own = f"Host: 127.0.0.1:{server}".encode()
    for lines in ([], [own, f"Host: {EVIL}".encode()]):
        request = b"\r\n".join([b"GET / HTTP/1.1", *lines, b"Connection: close", b"", b""])
        assert raw(server, request)[0] in (400, 421)


def test_a_probe_can_use_the_servers_ip_address(server: int) -> None:
    assert get(server, "/_stcore/health", host="10.1.2.3")[0] == 200


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"address": "127.0.0.1", "named": ""}, {"127.0.0.1", "localhost", "::1"}),
        ({"address": "0.0.0.0", "named": ""}, set[str]()),
        ({"address": "0.0.0.0", "named": " A.example , b.example:8443,"}, {"a.example", "b.example"}),
        ({"address": "", "named": "", "public": "https://app.example/"}, {"app.example"}),
    ],
)
def test_the_server_answers_to_its_own_and_configured_names(given: dict[str, str], wanted: set[str]) -> None:
    allowed_hosts = request_limits.allowed_hosts(**given)
    assert allowed_hosts == (wanted | set(request_limits.LOOPBACK) if wanted else wanted)


# How often


@pytest.mark.parametrize(("path", "most"), [("/demo/sign-in", 600), ("/auth/ended", 1_200), ("/api/v1/metrics", 300)])
def test_only_the_network_over_its_limit_is_limited(server: int, path: str, most: int) -> None:
    """Networks are identified by the address that a local proxy forwards, or otherwise by their own."""
    browser, office = Browser(server), {"X-Forwarded-For": "203.0.113.9"}
    statuses = [browser.get(path, headers=office).status for _ in range(most)]
    assert 429 not in statuses
    more = 0
    while (answer := browser.get(path, headers=office)).status != 429:
        more += 1  # while we ask, some of the minute's allowance is refilled
        assert more < 10 * most, "somebody who comes too often never has to wait"
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    assert "Wait" in answer.body or "Try again" in answer.body
    assert browser.get(path, headers={"X-Forwarded-For": "198.51.100.1"}).status != 429
    assert browser.get("/", headers=office).status == 200


# Origins


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        "http://127.0.0.1:1",  # another program of the same machine, whose pages are sent our cookies
        "http://localhost:{port}",
        "file://127.0.0.1:{port}",
        "http://127.0.0.1:{port}@evil.example",
        "http://127.0.0.1:{port}.evil.example",
        "http://evil.example#127.0.0.1:{port}",
    ],
)
def test_a_page_of_another_site_opens_no_connection(server: int, origin: str | None) -> None:
    browser = Browser(server)
    text = origin if origin is None else origin.format(port=server)
    with pytest.raises(InvalidStatus) as refused, open_tab(browser, origin=text):
        pass
    assert refused.value.response.status_code == 403


def test_no_other_site_can_read_responses(server: int) -> None:
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/media/x", "/look/logo.svg"):
        for origin in ("http://localhost:3000", f"https://{EVIL}"):
            _, answer = get(server, path, f"Origin: {origin}".encode())
            assert b"access-control-" not in answer.lower(), path


def test_no_other_site_can_send_messages_to_a_page(server: int) -> None:
    assert '"allowedOrigins":[]' in Browser(server).get("/_stcore/host-config").body.replace(" ", "")


@pytest.mark.parametrize("query", ["", "?embed=true", "?embed=true&embed_options=show_toolbar"])
def test_no_page_is_shown_in_a_frame(server: int, query: str) -> None:
    answer = Browser(server).get(f"/explore{query}")
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


# Sizes


def test_long_addresses_many_headers_and_large_bodies_are_refused(server: int) -> None:
    assert get(server, "/explore?m=" + "a" * (request_limits.TARGET - 1_000))[0] == 200
    assert get(server, "/explore?m=" + "a" * request_limits.TARGET)[0] in (400, 414)
    assert get(server, "/", b"X-A: " + b"a" * request_limits.HEADERS)[0] in (400, 431)
    assert get(server, "/", *[b"X-%d: a" % number for number in range(20_000)])[0] in (0, 400, 431)
    lines = (b"Content-Length: %d" % (request_limits.BODY + 1), b"Content-Type: text/plain")
    assert get(server, "/", *lines)[0] == 413
    assert get(server, "/", b"Content-Length: 99999999999999999999")[0] in (400, 413)
    assert get(server, "/", b"Content-Length: -1")[0] in (400, 413)
    assert Browser(server).get("/").status == 200


def sent_file(
    browser: Browser,
    session: str,
    *,
    method: str = "PUT",
    origin: str = "",
    size: int = 100,
    announced: int | None = None,
) -> int:
    """Return the status after sending a file to a session, with the headers that a page of this server would send."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {"Cookie": cookies, "Origin": origin or f"http://127.0.0.1:{browser.port}"}
    headers |= {"X-Xsrftoken": browser.cookies.get("_streamlit_xsrf", "")} if method == "PUT" else {}
    headers |= {"Content-Length": str(announced)} if announced is not None else {}
    connection = http.client.HTTPConnection("127.0.0.1", browser.port, timeout=STUCK)
    connection.request(method, f"/_stcore/upload_file/{session}/x", body=b"x" * size, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_file_is_accepted_only_from_someone_who_can_upload(server: int) -> None:
    viewer, marketer, stranger = Browser(server), Browser(server), Browser(server)
    viewer.sign_in()
    marketer.sign_in(number=1)
    for browser in (viewer, marketer):
        with open_tab(browser) as tab:
            session = tab.send(tab.rerun()).session
            assert session
            assert sent_file(stranger, session) == 404
            assert sent_file(browser, session, origin="http://evil.example") == 404
            for method in ("POST", "OPTIONS", "GET"):
                assert sent_file(browser, session, method=method) == 404, method
            if browser is viewer:
                assert sent_file(browser, session) == 404
            else:
                assert sent_file(browser, session) in (400, 403)  # Streamlit reads it: it's no form, or has no token
                assert sent_file(browser, session, announced=request_limits.FILE + 1) == 413


def test_a_large_message_ends_only_its_own_connection(server: int) -> None:
    browser = Browser(server)
    with open_tab(browser) as tab:
        assert tab.send_bytes(b"\n" + b"x" * (9 * 2**20), patience=STUCK).is_closed
    with open_tab(browser) as tab:
        assert "Choose a demo user" in tab.send(tab.rerun()).text


# Cached responses


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "no-cache"),
        ("/explore", "no-cache"),
        ("/media/0123456789abcdef.png", "no-store"),
        ("/demo/sign-in", "no-store"),
        ("/demo/nope", "no-store"),
        ("/look/logo.svg", "public, max-age=2592000"),
    ],
)
def test_only_public_files_are_served_from_a_cache(server: int, path: str, kept: str) -> None:
    assert Browser(server).get(path).headers["cache-control"] == kept


# Blocked addresses


@pytest.mark.parametrize(
    "path",
    [
        *("/_stcore/metrics", "/_stcore/agent", "/_stcore/agent/interact", "/_stcore/script-health-check"),
        *("/_stcore/upload_file", "/_stcore/upload_file/x/y", "/component/x/y", "/component/../app.py"),
        *("/media/../app.py", "/media/%2e%2e/app.py", "/look/..%2f..%2fapp.py", "/static/..%2f..%2fapp.py"),
        *("/app/static/x", "/docs", "/openapi.json", "/.git/config", "/.streamlit/secrets.toml", "/app.py"),
    ],
)
def test_no_address_serves_the_programs_own_files(server: int, path: str) -> None:
    status, answer = get(server, path)
    is_page = status == 200 and b'<div id="root">' in answer
    assert is_page or status in (400, 403, 404), f"{path}: {status}"
    for inside in (b"[server]", b"import streamlit", b"st.App", b"[core]", CANARY.encode()):
        assert inside not in answer


def test_a_hostile_address_or_header_gets_a_plain_answer(server: int) -> None:
    for name in sample(120, longest=2_000):
        said = name.encode("utf-8", "surrogatepass")
        line = said.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
        for status, answer in (
            get(server, b"/explore?m=" + said.replace(b" ", b"+")),
            get(server, "/", b"Cookie: samepage_identity=" + line + b"; samepage_visit=" + line),
            get(server, "/demo/sign-in?as=x&next=/", b"Referer: " + line, b"X-Forwarded-For: " + line),
        ):
            assert status < 500, name
            text = answer.decode("utf-8", "replace")
            assert not [sign for sign in (*STACK, CANARY) if sign in text], name
            assert "set-cookie: a=b" not in text.lower(), name
    assert Browser(server).get("/").status == 200


# Session IDs


def test_a_session_id_is_useless_to_others(server: int) -> None:
    """A tab that lost its connection reconnects with this ID, which can appear in a log."""
    owner, thief, stranger = Browser(server), Browser(server), Browser(server)
    owner.sign_in(number=2)
    thief.sign_in(number=0)
    stranger.get("/")
    with open_tab(owner) as tab:
        run = tab.send(tab.rerun("explore", "m=net_revenue"))
        assert run.session
        for other in (thief, stranger):
            with open_tab(other, session=run.session) as taken:
                assert taken.send(taken.rerun()).session != run.session
            forged = ((request_limits.SIGN_IN, "x"), (request_limits.SIGN_IN, "y"))
            with open_tab(other, session=run.session, headers=forged) as taken:
                assert taken.send(taken.rerun()).session != run.session
        assert not tab.send(tab.rerun("explore")).is_closed, "the owner's tab is still theirs"
    with open_tab(owner, session=run.session) as again:
        assert again.send(again.rerun("explore")).session == run.session


def test_a_sign_in_starts_a_new_session(server: int) -> None:
    """Anything that someone prepared in a browser before sign-in is gone afterwards."""
    browser = Browser(server)
    browser.get("/")
    with open_tab(browser) as tab:
        before = tab.send(tab.rerun("explore", "m=net_revenue")).session
    cookies = dict(browser.cookies)
    browser.sign_in()
    assert {name for name, value in browser.cookies.items() if cookies.get(name) != value}
    with open_tab(browser, session=before) as tab:
        assert tab.send(tab.rerun()).session != before


def test_the_server_log_contains_no_secrets(server: int, server_log: Path) -> None:
    """After all the tests above, the log has no cookie, no key and no value of an environment variable."""
    browser = Browser(server)
    browser.sign_in()
    text = server_log.read_text(errors="replace")
    for secret in (CANARY, *(value for value in browser.cookies.values() if len(value) > 20)):
        assert secret not in text
