"""Limits for every request and connection: allowed host names, origins and sizes, and closed addresses."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server.messages import FilteredConnection

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

TARGET: Final = 60_000
"""The maximum number of bytes of an address with its question. The server's own HTTP parser allows slightly more."""

HEADERS: Final = 64_000
"""The maximum number of bytes of a request's headers, including cookies."""

BODY: Final = 1_000_000
"""The maximum number of bytes of a request's body, such as a notice of an identity provider or a question in JSON."""

UPLOADS: Final = "/_stcore/upload_file"
"""The path at which Streamlit receives files. `pages/server/upload_guard.py` decides whose files it accepts."""

FILE: Final = 50 * 1024 * 1024 + 64 * 1024
"""The maximum number of bytes of an uploaded file, including what a form adds to it."""

SIGN_IN: Final = "x-samepage-sign-in"
"""The header that tells Streamlit whose connection it is (`server.trustedUserHeaders`). It's never taken from a
browser.

A tab that lost its connection resumes its session by the session's ID. With this header, Streamlit gives a session only
to the sign-in that it belongs to, so that a session ID in a log is useless to others.
"""

_FOR_PROBES: Final = ("/_stcore/health", "/ops/ready", "/ops/metrics")
"""The paths that a probe can request at the machine's address instead of its name. Their responses reveal nothing."""

_NOT_FOR_BROWSERS: Final = ("/_stcore/agent", "/_stcore/script-health-check")
"""Streamlit's own addresses that no page here uses."""

_NOT_CACHED: Final = ("/media/", "/auth/", "/demo/", "/api/", "/mcp", "/public/", "/unsubscribe/")
"""Paths whose responses no proxy or browser can cache, whatever their headers say."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused: the status, and a sentence for the sender."""

    status: int
    sentence: str


def allowed_hosts(*, address: str, named: str, public: str = "") -> frozenset[str]:
    """Return the host names that requests can use for this server, or none if they can use any name.

    `address` is what the server listens on, `named` is a comma-separated list, and `public` is the address that people
    open. A server that listens only on this machine has no other name, unless the settings name a proxy in front of it.
    """
    hosts = {_host(part) or part.strip().lower() for part in named.split(",") if part.strip()}
    hosts |= {host for host in [urlsplit(public).hostname or ""] if host}
    return frozenset(hosts | set(LOOPBACK)) if hosts or address in LOOPBACK else frozenset()


class RequestLimits:
    """ASGI middleware that refuses requests that aren't meant for this server, before reading them.

    `public` is the address that people open, if known. `cookies` are the names of the cookies that hold a sign-in.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], cookies: Collection[str], public: str = "") -> None:
        self._app, self._hosts, self._cookies, self._public = app, frozenset(hosts), frozenset(cookies), public.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._why_not(scope) or not is_own_page(scope, self._public):
            await send({"type": "websocket.close", "code": 1008})
            return
        sifted = FilteredConnection(receive, send)
        await self._app({**scope, "headers": list(self._with_sign_in(scope))}, sifted.receive, sifted.send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]

        async def send_unkept(message: Message) -> None:
            await send(_uncached(message, path) if message["type"] == "http.response.start" else message)

        if refusal := self._why_not(scope):
            answer = PlainTextResponse(refusal.sentence, refusal.status)
            await answer(scope, receive, send_unkept)
        else:
            await self._app(scope, _within(receive, _most_bytes(path)), send_unkept)

    def _why_not(self, scope: Scope) -> Refusal | None:
        path, headers = scope["path"], scope["headers"]
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > TARGET:
            return Refusal(414, "This link is too long. Open the question in Explore and use Share for a short one.")
        if sum(len(name) + len(value) for name, value in headers) > HEADERS:
            return Refusal(431, "Your browser sent too much data. Delete this site's cookies and try again.")
        if _is_below(path, _NOT_FOR_BROWSERS):
            return Refusal(404, "Not found")
        if self._hosts and not self._is_ours(headers) and path not in _FOR_PROBES:
            return Refusal(
                421,
                "This server doesn't answer to that name. Open it at its own address. If you run it, you can add "
                "the name to SAMEPAGE_HOSTS.",
            )
        said, most = _values(headers, b"content-length"), _most_bytes(path)
        if any(not value.isdigit() or len(value) > 12 or int(value) > most for value in said):
            return Refusal(413, f"A request can have at most {most:,} bytes.")
        return None

    def _is_ours(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        said = _values(headers, b"host")
        return len(said) == 1 and _host(said[0].decode("latin-1")) in self._hosts

    def _with_sign_in(self, scope: Scope) -> Iterator[tuple[bytes, bytes]]:
        """Yield the headers with the digest of the sign-in's cookie. Any such header from the browser is left out."""
        yield from ((name, value) for name, value in scope["headers"] if name.lower() != SIGN_IN.encode())
        pairs = (part.strip() for value in _values(scope["headers"], b"cookie") for part in value.split(b";"))
        cookies = sorted(pair for pair in pairs if pair.partition(b"=")[0].decode("latin-1") in self._cookies)
        if cookies:
            yield SIGN_IN.encode(), hashlib.sha256(b";".join(cookies)).hexdigest().encode()


def _values(headers: Sequence[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name.lower() == wanted]


def _is_below(path: str, places: Sequence[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _host(text: str) -> str:
    """Return the name in a Host header, without port and trailing dot, or "" if it's invalid."""
    try:
        parts = urlsplit(f"//{text.strip()}")
        _ = parts.port  # raises ValueError if it isn't a number
    except ValueError:
        return ""
    is_more = "@" in parts.netloc or parts.path or parts.query or parts.fragment
    return "" if is_more else (parts.hostname or "").rstrip(".")


def is_own_page(scope: Scope, public: str) -> bool:
    """Return whether a connection or request comes from a page of this server, or from one of its `public` address.

    Host name and port are compared. Streamlit itself also accepts any page on this machine, on any port, and any client
    that sends no origin.
    """
    origins, hosts = _values(scope["headers"], b"origin"), _values(scope["headers"], b"host")
    if len(origins) != 1 or len(hosts) != 1:
        return False
    if public and origins[0].decode("latin-1").lower() == public:
        return True  # A proxy in front can use a name of its own.
    try:
        origin = urlsplit(origins[0].decode("latin-1"))
    except ValueError:
        return False
    return origin.scheme in ("http", "https") and origin.netloc.lower() == hosts[0].decode("latin-1").lower()


def _most_bytes(path: str) -> int:
    return FILE if _is_below(path, (UPLOADS,)) else BODY


def _within(receive: Receive, most: int) -> Receive:
    """Return a `receive` that fails if the body is longer than announced or allowed."""
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413, f"A request can have at most {most:,} bytes.")
        return message

    return receive_some


def _uncached(message: Message, path: str) -> Message:
    """Return the start of a response without access for other sites. It isn't cached unless it says that it can be."""
    headers = [(name, value) for name, value in message["headers"] if not name.lower().startswith(b"access-control-")]
    is_said = any(name.lower() == b"cache-control" for name, _ in headers)
    if path.startswith(_NOT_CACHED) or not is_said:
        headers = [(name, value) for name, value in headers if name.lower() != b"cache-control"]
        headers.append((b"cache-control", b"no-store"))
    return {**message, "headers": headers}
