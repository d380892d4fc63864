"""Rate limits per network before sign-in: how many requests, for how long, exemptions and memory."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field

import pytest
from starlette.types import Message, Receive, Scope, Send

from pages.server import rate_limit
from pages.server.rate_limit import NOTICES, OLDEST_SECONDS, SIGN_IN, TOKENS, Allowances, RateLimiter, network_of
from semantic.errors import StoreFailed

OFFICE, ELSEWHERE = "192.0.2.7", "198.51.100.9"
TOKEN = f"sp_{'1' * 12}_{'a' * 64}"
GOOD = b"Bearer " + TOKEN.encode()


@dataclass
class Doors:
    """A server behind the rate limits that accepts one token and answers everything else. Its clock doesn't move.

    `reads` counts how often valid tokens were read from the store.
    """

    now: float = 1_000.0
    inside: list[str] = field(default_factory=list[str])
    reads: int = 0
    store_answers: bool = True

    def __post_init__(self) -> None:
        self.counting = RateLimiter(self._app, working_tokens=self._working, clock=lambda: self.now)

    async def _working(self) -> frozenset[str]:
        self.reads += 1
        if not self.store_answers:
            raise StoreFailed("The store does not answer.")
        return frozenset({hashlib.sha256(TOKEN.encode()).hexdigest()})

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside.append(scope["path"])
        is_let_in = not scope["path"].startswith(("/api/", "/mcp")) or (b"authorization", GOOD) in scope["headers"]
        await send({"type": "http.response.start", "status": 200 if is_let_in else 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def ask(self, path: str, host: str = OFFICE, token: bytes = b"") -> tuple[int, dict[str, str], str]:
        """Return the status, headers and body of a response."""
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        headers = [(b"authorization", token)] if token else []
        scope: Scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "client": (host, 5)}
        asyncio.run(self.counting(scope, receive, send))
        said = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], said, b"".join(message.get("body", b"") for message in sent[1:]).decode()

    def times(self, count: int, path: str, host: str = OFFICE, token: bytes = b"") -> set[int]:
        return {self.ask(path, host, token)[0] for _ in range(count)}


@pytest.fixture
def doors() -> Doors:
    return Doors()


@pytest.mark.parametrize(
    ("path", "most"), [("/auth/sign-in", 600), ("/auth/callback", 600), ("/demo/sign-in", 600), ("/auth/ended", 1_200)]
)
def test_a_request_above_the_limit_is_asked_to_wait(doors: Doors, path: str, most: int) -> None:
    assert doors.times(most, path) == {200}
    status, headers, text = doors.ask(path)
    assert (status, headers["retry-after"], headers["cache-control"]) == (429, "1", "no-store")
    assert "Wait a second, then reload this page." in text
    assert len(doors.inside) == most, "nothing behind the door runs"
    assert doors.ask(path, ELSEWHERE)[0] == 200, "another network is not held up"


def test_the_limit_refills_over_time_up_to_one_minutes_worth(doors: Doors) -> None:
    doors.times(SIGN_IN.a_minute, "/auth/sign-in")
    doors.now += 1.05
    assert doors.times(10, "/auth/sign-in") == {200}
    assert doors.ask("/auth/sign-in")[0] == 429
    doors.now += 3_600
    assert doors.times(SIGN_IN.a_minute, "/auth/sign-in") == {200}, "a minute's worth, however long nobody came"
    assert doors.ask("/auth/sign-in")[0] == 429


def test_the_api_and_sign_in_are_counted_separately_and_pages_are_not_counted(doors: Doors) -> None:
    doors.times(SIGN_IN.a_minute, "/auth/sign-in")
    assert doors.ask("/auth/callback")[0] == 429, "both are signing in"
    for path in ("/auth/ended", "/", "/explore", "/_stcore/health", "/auth/sign-out", "/demo/sign-out", "/ops/ready"):
        assert doors.times(3, path) == {200}, path


def test_a_script_without_a_valid_token_is_asked_to_wait(doors: Doors) -> None:
    assert doors.times(TOKENS.a_minute - 1, "/api/v1/ask", token=b"Bearer guess") == {401}
    assert doors.ask("/api/v1/ask", token=GOOD)[0] == 200
    assert doors.ask("/api/v1/metrics")[0] == 401
    status, headers, text = doors.ask("/api/v1/metrics", token=b"Bearer another guess")
    assert (status, headers["retry-after"], headers["content-type"]) == (429, "1", "application/json")
    assert '"code": "too_many_requests"' in text


def test_guesses_at_mcp_and_at_the_api_count_together(doors: Doors) -> None:
    """A program can't guess at one address what it can't guess at the other. The metadata names where to sign in."""
    doors.times(TOKENS.a_minute // 2, "/api/v1/ask", token=b"Bearer guess")
    doors.times(TOKENS.a_minute // 2, "/mcp", token=b"Bearer guess")
    assert doors.ask("/mcp", token=b"Bearer guess")[0] == doors.ask("/api/v1/ask", token=b"Bearer guess")[0] == 429
    assert doors.ask("/mcp", token=GOOD)[0] == 200
    assert doors.ask("/.well-known/oauth-protected-resource/mcp")[0] == 200


def test_a_valid_token_is_neither_counted_nor_delayed_by_others_in_its_network(doors: Doors) -> None:
    assert doors.times(TOKENS.a_minute * 2, "/api/v1/ask", token=GOOD) == {200}
    doors.times(TOKENS.a_minute, "/api/v1/ask", token=b"Bearer guess")
    assert doors.ask("/api/v1/ask", token=b"Bearer guess")[0] == 429
    assert doors.ask("/api/v1/ask", token=GOOD)[0] == 200


def test_a_new_token_works_while_its_network_is_limited(doors: Doors) -> None:
    doors.times(TOKENS.a_minute, "/api/v1/ask", token=b"Bearer guess")
    assert doors.ask("/api/v1/ask", token=b"Bearer guess")[0] == 429
    assert doors.ask("/api/v1/ask", token=GOOD)[0] == 200


def test_guesses_that_look_like_tokens_cost_one_store_read_a_second(doors: Doors) -> None:
    guesses = [f"Bearer sp_{number:012x}_{number:064x}".encode() for number in range(50)]
    doors.times(TOKENS.a_minute, "/api/v1/ask", token=b"Bearer guess")
    inside = len(doors.inside)
    assert {doors.ask("/api/v1/ask", token=guess)[0] for guess in guesses} == {429}
    assert (doors.reads, len(doors.inside)) == (1, inside), "nobody behind the door is asked about a guess"
    assert doors.ask("/api/v1/ask", token=b"Bearer no token at all")[0] == 429
    doors.now += OLDEST_SECONDS / 20
    assert doors.ask("/api/v1/ask", token=guesses[0])[0] == 429
    assert doors.reads == 1


def test_a_limited_network_needs_the_store_to_recognize_a_valid_token(doors: Doors) -> None:
    doors.times(TOKENS.a_minute, "/api/v1/ask", token=b"Bearer guess")
    doors.store_answers = False
    assert doors.ask("/api/v1/ask", token=GOOD)[0] == 429
    doors.store_answers, doors.now = True, doors.now + OLDEST_SECONDS
    doors.times(10, "/api/v1/ask", token=b"Bearer guess")
    assert doors.ask("/api/v1/ask", token=GOOD)[0] == 200


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("nobody", "", True),
    ],
)
def test_a_network_is_one_ipv4_address_or_an_ipv6_prefix(one: str, other: str, is_same: bool) -> None:
    first, second = (network_of({"type": "http", "client": (host, 1)}) for host in (one, other))
    assert (first == second) is is_same
    assert network_of({"type": "http", "client": None}) == ""


def test_memory_does_not_grow_with_networks_or_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MOST_NETWORKS", 3)
    counted = Allowances(NOTICES.a_minute, lambda: 0.0)
    for number in range(50):
        counted.count(f"192.0.2.{number}")
    assert len(counted) == 3
