"""Posting to web addresses: only to public hosts, at the addresses that were looked up, without redirects and within
limits.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

import pytest

from semantic.errors import HandOverFailed, InvalidQuery
from semantic.transport.web import MOST_ANSWER_BYTES, Web, is_public
from tests.semantic.transport.messages import Certificate, make_certificate

HOOK = "hooks.example.com"
PUBLIC = "93.184.215.14"


@dataclass
class Receiver:
    """A web server on this machine. It responds with `answers`, and then with 200 and "ok"."""

    port: int
    answers: list[Callable[[BaseHTTPRequestHandler], None]] = field(
        default_factory=list[Callable[[BaseHTTPRequestHandler], None]]
    )
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list[tuple[str, dict[str, str], bytes]])
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.path, dict(self.headers.items()), body))
            if receiver.answers:
                receiver.answers.pop(0)(self)
            else:
                answer(200, b"ok")(self)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing, because the tests look at `got`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda request, client_address: None  # connections that a test breaks
    receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answer(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return respond


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"), HOOK)


HERE = Web(frozenset({"127.0.0.1"}))


def _post(receiver: Receiver, web: Web = HERE) -> str:
    return web.post(f"http://127.0.0.1:{receiver.port}/hook/secret?a=1", b'{"a": 1}', {"Content-Type": "x/y"})


def _refused(receiver: Receiver, web: Web = HERE) -> HandOverFailed:
    with pytest.raises(HandOverFailed) as refused:
        _post(receiver, web)
    assert "secret" not in str(refused.value)
    return refused.value


def test_a_receiver_gets_the_body_and_the_headers(receiver: Receiver) -> None:
    assert _post(receiver) == "200 ok"
    ((path, headers, body),) = receiver.got
    assert path == "/hook/secret?a=1"
    assert body == b'{"a": 1}'
    assert headers["Content-Type"] == "x/y"
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert headers["User-Agent"] == "Samepage"


@pytest.mark.parametrize(
    ("status", "is_final"),
    [(400, True), (403, True), (404, True), (410, True), (408, False), (429, False), (500, False), (503, False)],
)
def test_a_refusal_says_the_status_and_whether_to_try_again(receiver: Receiver, status: int, is_final: bool) -> None:
    receiver.answers = [answer(status, b"the secret of someone")]
    refused = _refused(receiver)
    assert refused.is_final is is_final
    assert str(refused) == f"127.0.0.1 refused the message with status {status}."


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    with receiving() as elsewhere:
        receiver.answers = [answer(status, Location=f"http://127.0.0.1:{elsewhere.port}/private")]
        refused = _refused(receiver)
        assert elsewhere.got == []
    assert refused.is_final
    assert "redirects to another address, which isn't followed" in str(refused)


def test_a_long_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    sent = 0

    def flood(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000000")
        handler.end_headers()
        while not receiver.over.is_set():
            sent += handler.wfile.write(b"x" * 65_536)

    receiver.answers = [flood]
    assert _post(receiver).startswith("200 xxx")
    assert len(_post(receiver)) <= 200
    assert sent < 1_000 * MOST_ANSWER_BYTES


@pytest.mark.parametrize(
    "begins", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"], ids=["headers", "text"]
)
def test_a_slow_answer_is_given_up_even_if_it_never_stops(receiver: Receiver, begins: bytes) -> None:
    """Each byte arrives in time, but all of them together don't."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begins)
        while not receiver.over.wait(0.02):
            handler.wfile.write(b"X-D")

    receiver.answers = [drip]
    began = monotonic()
    refused = _refused(receiver, Web(HERE.allowed_hosts, whole_seconds=0.5))
    assert monotonic() - began < 10
    assert not refused.is_final
    assert str(refused) == "127.0.0.1 didn't answer in time."


def test_an_answer_that_is_not_http_is_tried_again(receiver: Receiver) -> None:
    def greet(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 smtp.example.com\r\n")

    receiver.answers = [greet]
    refused = _refused(receiver)
    assert not refused.is_final
    assert str(refused) == "127.0.0.1 closed the connection without a valid answer."


def test_a_proxy_from_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert _post(receiver) == "200 ok"
        assert proxy.got == []


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *(
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
        ),
        *("240.0.0.1", "192.0.0.192", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:93.184.215.14", "64:ff9b::7f00:1", "64:ff9b::5db8:d70e"),
        *("64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1"),
        *("::127.0.0.1", "::ffff:0:127.0.0.1", "fec0::1", "5f00::1", "not an address", ""),
    ],
)
def test_a_private_address_is_recognized(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e"])
def test_an_address_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)


class _Names:
    """A resolver with made-up results. Each lookup gets the next one."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), list[str]()

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0)


class _Ways:
    """A connector that connects to a receiver on this machine instead, and records the intended address."""

    def __init__(self, port: int) -> None:
        self.port, self.went = port, list[tuple[str, int]]()

    def __call__(self, where: tuple[str, int], seconds: float) -> socket.socket:
        self.went.append(where)
        return socket.create_connection(("127.0.0.1", self.port), seconds)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["fe80::1%1"], ["what"]],
)
def test_a_host_with_any_address_that_is_not_public_gets_nothing(addresses: list[str]) -> None:
    ways = _Ways(0)
    web = Web(resolve=_Names(addresses, addresses), connect=ways)
    with pytest.raises(HandOverFailed, match="isn't on the public internet") as refused:
        web.post(f"https://{HOOK}/secret", b"{}", {})
    assert refused.value.is_final
    assert ways.went == []
    with pytest.raises(HandOverFailed, match="isn't on the public internet"):
        web.check(f"https://{HOOK}/secret")


def test_a_name_that_resolves_differently_later_leads_nowhere_else(certificate: Certificate) -> None:
    """The name is looked up once. The connection goes to the address that was checked, with the host's own name."""
    with receiving(certificate.served()) as receiver:
        names, ways = _Names([PUBLIC], ["127.0.0.1"]), _Ways(receiver.port)
        web = Web(resolve=names, connect=ways, trust=certificate.trusted())
        assert web.post(f"https://{HOOK}/secret", b"{}", {}) == "200 ok"
        assert names.asked == [HOOK]
        assert ways.went == [(PUBLIC, 443)]
        assert receiver.got[0][1]["Host"] == HOOK
        with pytest.raises(HandOverFailed, match="isn't on the public internet"):
            web.post(f"https://{HOOK}/secret", b"{}", {})
        assert len(receiver.got) == 1


def test_a_server_with_another_certificate_gets_nothing(certificate: Certificate) -> None:
    with receiving(certificate.served()) as receiver:
        for host, trust in ((f"other-{HOOK}", certificate.trusted()), (HOOK, None)):
            web = Web(resolve=_Names([PUBLIC]), connect=_Ways(receiver.port), trust=trust)
            with pytest.raises(HandOverFailed, match="has a certificate that can't be trusted") as refused:
                web.post(f"https://{host}/secret", b"{}", {})
            assert not refused.value.is_final
        assert receiver.got == []


@pytest.mark.parametrize(
    "address",
    [
        *("http://hooks.example.com/x", "ftp://hooks.example.com", "file:///etc/passwd", "hooks.example.com", ""),
        *("https://", "https://user:password@hooks.example.com/", "https://hooks.example.com\r\nX: y/", "https://[::1"),
        *("https://hooks.example.com:99999/", "https://hooks.example.com/a b", "javascript:alert(1)", "gopher://x/"),
    ],
)
def test_only_https_addresses_are_accepted(address: str) -> None:
    web = Web(resolve=_Names(), connect=_Ways(0))
    with pytest.raises(HandOverFailed) as refused:
        web.post(address, b"{}", {})
    assert refused.value.is_final
    assert "password" not in str(refused.value)
    with pytest.raises(InvalidQuery):
        web.check(address)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "LOCALHOST.", "[::1]"]
)
def test_other_notations_of_this_machine_lead_nowhere(host: str) -> None:
    """The test uses the real resolver, which understands some of these notations."""
    ways = _Ways(0)
    with pytest.raises(HandOverFailed):
        Web(connect=ways).post(f"https://{host}/", b"{}", {})
    assert ways.went == []


def test_a_host_that_cannot_be_found_is_tried_again() -> None:
    with pytest.raises(HandOverFailed, match="can't be found") as refused:
        Web(resolve=_Names([])).post(f"https://{HOOK}/", b"{}", {})
    assert not refused.value.is_final
