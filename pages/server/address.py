"""Redirect requests for another host to the address where people sign in, so that everyone uses one address."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

SENT_COOKIE: Final = "samepage_sent"
_SENT_SECONDS: Final = 5
_MOST_SENT: Final = 3  # within these seconds: a browser that comes back more often is in a redirect loop
_LOOPING = (
    "Samepage was opened at an address it isn't set up for. If you run it: make the proxy pass on the Host header "
    "(in nginx: proxy_set_header Host $host), or set sign_in.address to the address that people open."
)


class HostRedirect:
    """ASGI middleware that redirects pages under another host to `address`. It changes nothing else.

    Cookies belong to one host, and a provider returns everyone to one address, so a sign-in that starts under another
    host could never finish.
    """

    def __init__(self, app: ASGIApp, *, address: str) -> None:
        self._app, self._address, self._host = app, address, address.partition("://")[2].lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_elsewhere(Headers(scope=scope), scope):
            await self._lead(scope)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_elsewhere(self, headers: Headers, scope: Scope) -> bool:
        is_page = scope["method"] in ("GET", "HEAD") and "text/html" in headers.get("accept", "")
        if not is_page or scope["path"].startswith("/_stcore"):
            return False
        named = (headers.get("host", ""), headers.get("x-forwarded-host", "").partition(",")[0].strip())
        return self._host not in {name.lower() for name in named}

    def _lead(self, scope: Scope) -> Response:
        sent = cookie_parser(Headers(scope=scope).get("cookie", "")).get(SENT_COOKIE, "")
        if len(sent) >= _MOST_SENT:
            return PlainTextResponse(_LOOPING, 421, headers={"cache-control": "no-store"})
        # The raw path is used, so that nothing is decoded twice. It starts with one slash, which keeps it on our host.
        path = "/" + scope.get("raw_path", b"/").decode("latin-1").partition("?")[0].lstrip("/")
        query = scope.get("query_string", b"").decode("latin-1")
        target = f"{self._address}{path}" + (f"?{query}" if query else "")
        response = RedirectResponse(target, 307, headers={"cache-control": "no-store"})
        response.set_cookie(SENT_COOKIE, sent + "1", max_age=_SENT_SECONDS, httponly=True, samesite="lax")
        return response
