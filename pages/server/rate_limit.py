"""Limits on how often one network can use public addresses: signing in, tokens, public links, unsubscribing.

A network is the address that a request comes from, or the one that a trusted proxy reports (`FORWARDED_ALLOW_IPS`). The
limits are generous, because a whole office can share one address. A valid token is accepted no matter how many guesses
come from its network. While a network is blocked, tokens are compared with the digests of valid ones. These are read
from the store at most once a second, so that a guess costs no lookup.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server.api_body import bearer_of
from semantic.errors import StoreFailed
from semantic.store.accounts.service_tokens import TOKEN, digest_of_token

MOST_NETWORKS: Final = 10_000
"""The maximum number of networks to remember for each limit. The one seen least recently is forgotten first."""

MOST_KNOWN: Final = 10_000
"""The maximum number of accepted tokens to remember."""

OLDEST_SECONDS: Final = 1.0
"""The age in seconds at which digests of valid tokens are read from the store again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A limit on addresses that count together: how many requests a network can make at once and, as a refill, per
    minute.
    """

    name: str
    a_minute: int


SIGN_IN: Final = RateLimit(name="sign-ins", a_minute=600)
"""The limit on starting a sign-in, returning from it, and choosing a demo person: two requests per person and tab."""

NOTICES: Final = RateLimit(name="notices", a_minute=1_200)
"""The limit on logout notices of providers. All notices of a provider come from a few addresses."""

TOKENS: Final = RateLimit(name="tokens", a_minute=300)
"""The limit on scripts with an invalid token. Requests with a valid token never count here."""

LINKS: Final = RateLimit(name="links", a_minute=600)
"""The limit on pages of public links. An open page reloads up to four times a minute."""

UNSUBSCRIBE: Final = RateLimit(name="unsubscribing", a_minute=600)
"""The limit on pages and clicks that unsubscribe. Mail services open and press many of them from a few addresses."""

SCRIPTS: Final = ("/api/", "/mcp")
"""The start of each address that programs with a token call."""

_LIMITS: Final = {"/auth/sign-in": SIGN_IN, "/auth/callback": SIGN_IN, "/demo/sign-in": SIGN_IN, "/auth/ended": NOTICES}
_VALID_TOKEN: Final = (200, 403, 422)
"""The statuses of responses that only callers with a valid token get."""

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>One moment - Samepage</title>
<style>:root {{ color-scheme: light dark }} body {{ font: 1rem/1.5 "Helvetica Neue", Arial, sans-serif;
max-width: 34rem; margin: 18vh auto; padding: 0 1.5rem }} h1 {{ font-size: 1.5rem }}</style></head>
<body><h1>One moment</h1><p>{sentence}</p></body></html>
"""


class Allowances:
    """The number of requests that each network has left. It refills continuously."""

    def __init__(self, a_minute: int, clock: Callable[[], float]) -> None:
        self._most, self._clock = float(a_minute), clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests left, and since when

    def wait(self, network: str) -> float:
        """Return how many seconds this network has to wait, or 0 if it doesn't have to."""
        left = self._filled(network, self._clock())
        return 0.0 if left >= 1 else (1 - left) * 60 / self._most

    def count(self, network: str) -> None:
        """Count one more request of this network."""
        now = self._clock()
        self._left[network] = (max(0.0, self._filled(network, now) - 1), now)
        self._left.move_to_end(network)
        if len(self._left) > MOST_NETWORKS:
            self._left.popitem(last=False)

    def _filled(self, network: str, now: float) -> float:
        left, at = self._left.get(network, (self._most, now))
        return min(self._most, left + (now - at) * self._most / 60)

    def __len__(self) -> int:
        return len(self._left)


class WorkingTokens:
    """The digests of valid tokens, which tell these from guesses without a read of the store for each. They're a second
    old at most.
    """

    def __init__(self, read: Callable[[], Awaitable[frozenset[str]]], clock: Callable[[], float]) -> None:
        self._read, self._clock = read, clock
        self._digests: frozenset[str] = frozenset()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def has(self, token: str) -> bool:
        """Return whether a token was valid when the store was last read. If reading fails, earlier digests are used."""
        if TOKEN.fullmatch(token) is None:
            return False
        async with self._reading:
            if self._clock() - self._read_at >= OLDEST_SECONDS:
                self._read_at = self._clock()
                with suppress(StoreFailed):
                    self._digests = await self._read()
        return digest_of_token(token) in self._digests


class RateLimiter:
    """ASGI middleware that makes networks wait if they send too many requests. There is one per process, in its only
    event loop.

    `working_tokens` reads the digests of all valid tokens, and can raise StoreFailed.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        working_tokens: Callable[[], Awaitable[frozenset[str]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._working = WorkingTokens(working_tokens, clock)
        self._allowances = {
            limit: Allowances(limit.a_minute, clock) for limit in (SIGN_IN, NOTICES, TOKENS, LINKS, UNSUBSCRIBE)
        }
        self._known: OrderedDict[bytes, None] = OrderedDict()  # the digests of accepted tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_script = scope["type"] == "http" and scope["path"].startswith(SCRIPTS)
        limit = TOKENS if is_script else _limit_of(scope["path"]) if scope["type"] == "http" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        network, allowances = network_of(scope), self._allowances[limit]
        is_known = is_script and _digest(scope) in self._known
        wait = 0.0 if is_known else allowances.wait(network)
        if wait and not (is_script and await self._working.has(bearer_of(Headers(scope=scope)))):
            await _too_many_requests(limit, wait)(scope, receive, send)
            return
        if not is_script:
            allowances.count(network)
        await self._app(scope, receive, self._judged(scope, network, send) if is_script else send)

    def _judged(self, scope: Scope, network: str, send: Send) -> Send:
        """Return a `send` that checks the response to a script. Its status shows whether the token was valid."""

        async def send_judged(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(_digest(scope), network, message["status"])
            await send(message)

        return send_judged

    def _note(self, token: bytes, network: str, status: int) -> None:
        if status in _VALID_TOKEN:
            self._known[token] = None
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        elif status == 401:  # including a token that was accepted earlier and has been revoked
            self._known.pop(token, None)
            self._allowances[TOKENS].count(network)
        elif token not in self._known:
            self._allowances[TOKENS].count(network)


def network_of(scope: Scope) -> str:
    """Return the network that a request comes from.

    It's an IPv4 address, or the first 64 bits of an IPv6 address, which one household has.
    """
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""  # a socket of this machine or an unusual proxy: they all count together
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or address.packed[:8].hex())


def _limit_of(path: str) -> RateLimit | None:
    if path.startswith("/unsubscribe/"):
        return UNSUBSCRIBE
    return LINKS if path.startswith("/public/") else _LIMITS.get(path)


def _digest(scope: Scope) -> bytes:
    said = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
    return hashlib.sha256(b"\n".join(said)).digest()


def _too_many_requests(limit: RateLimit, wait: float) -> Response:
    seconds = max(1, math.ceil(wait))
    headers = {"retry-after": str(seconds), "cache-control": "no-store"}
    after = "a second" if seconds == 1 else f"{seconds} seconds"
    if limit is TOKENS:
        reason = f"Too many requests without a valid token came from this network. Try again in {after}."
        content = json.dumps({"code": "too_many_requests", "reason": reason})
        return Response(content, 429, media_type="application/json", headers=headers)
    sentence = (
        f"Too many sign-ins were started from this network within a minute. Wait {after}, then reload this page. "
        "People who are already signed in can keep working."
    )
    if limit is LINKS:
        sentence = (
            f"Too many boards were opened from this network within a minute. Wait {after}, then reload this page."
        )
    if limit is UNSUBSCRIBE:
        sentence = f"Too many of these links were opened from this network within a minute. Try again in {after}."
    return HTMLResponse(_PAGE.format(sentence=escape(sentence)), 429, headers=headers)
