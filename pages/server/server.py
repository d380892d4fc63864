"""The server around the pages: start-up checks, security headers, and the app's own files."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import importlib.util
import logging
import os
import re
import resource
import secrets
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any, Final

import sqlglot.parser
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config, file_util
from streamlit.runtime.pages_manager import PagesManager

from pages.server import address, empty_page, operating, rate_limit, request_limits, upload_guard
from pages.server.api import Api, keep_tokens_out_of_logs
from pages.server.mcp_server import Mcp
from pages.server.readiness import Readiness
from pages.server.stopping import Shutdown
from pages.server.theme import read_theme_once
from pages.server.unsent import keep_unsent_whole
from pages.shell import identity, logged, open_tabs, session, viewing
from pages.sign_in import auth_routes, demo_routes
from semantic.config.settings import Settings, SettingsError
from semantic.errors import SemanticError, with_place
from semantic.observability import logs
from semantic.services.connections import demo_warnings
from semantic.services.process import Live
from semantic.worker.jobs import jobs_of
from semantic.worker.worker import Worker

ROOT = Path(__file__).parents[2]
LOOK = ROOT / ".streamlit"
LOGO = LOOK / "logo.svg"
LOGO_DATA = f"data:image/svg+xml;base64,{b64encode(LOGO.read_bytes()).decode()}"
"""The logo as a data URL. It's read once, not on every run of every page."""

SWITCH_SECONDS = 0.0005
"""The seconds for which a thread can run Python while others wait.

A page waits for its turn dozens of times in one run. With Python's default of 0.005, a few busy threads would make
every page slow.
"""

COLLECTIONS = (10_000, 10, 20)
"""The thresholds of Python's garbage collector.

A full collection stops every page for 100 ms or more while the server is busy. With Python's defaults (2,000, 10, 10),
there was almost one a second under attack. With these, there is one every ten seconds, and the young collections in
between already free most of the garbage.
"""

_LOG = logging.getLogger("samepage.server")
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_SHELL = empty_page.make_shell(Path(file_util.get_static_dir()))
_THIRTY_DAYS = 30 * 24 * 60 * 60

REQUIRED_OPTIONS: Mapping[str, tuple[object, str]] = {
    "runner.postScriptGC": (False, "with it on, every run stops all sessions for up to 150 ms"),
    "runner.magicEnabled": (False, "with it on, a stray expression in a page is shown to everyone"),
    "client.showErrorDetails": ("none", "anything else shows people our stack traces"),
    "browser.gatherUsageStats": (False, "with it on, every reader's browser calls another company"),
    "server.enableXsrfProtection": (True, "without it another site can upload in a person's name"),
    "server.enableCORS": (True, "without it another site can open a person's session"),
    "server.enableStaticServing": (False, "the app serves its own few files at /look"),
    "server.enableAgentApi": (False, "with it on, scripts can drive pages"),
    "server.trustedUserHeaders": (
        {request_limits.SIGN_IN: "sign_in"},
        "without it a session can be taken over by its number",
    ),
    "server.maxWidgetStateSize": (8, "a page needs no more at a time, and what is sent is held in memory"),
    "client.allowedOrigins": ([], "another site could send messages to our pages"),
    "server.baseUrlPath": ("", "the app's own addresses, such as /look, /auth and /api, are at the top"),
}


def options(more: Callable[[Live], Sequence[Route]] = lambda _: ()) -> dict[str, Any]:  # Any: arguments of st.App
    """Return the arguments that turn st.App into this server. `more` returns the routes of layers above this one.

    If the server can't run at all, this ends the process with a sentence.
    """
    # Otherwise, a new server runs a file directly in pages/ by its address, without app.py, which checks the sign-in.
    PagesManager.uses_pages_directory = False
    read_theme_once()
    keep_unsent_whole()
    keep_tokens_out_of_logs()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        settings = session.settings()
        identity.check_secret(is_needed=settings.sign_in is not None)
        logged.set_up(settings.log)
        live = session.live()
    except (SemanticError, SettingsError, OSError, identity.WeakSecret) as error:
        raise SystemExit(f"Samepage can't start. {with_place(error)}") from error
    for warning in (*start_up_warnings(settings), *demo_warnings(live)):
        _LOG.warning("Samepage: %s", warning)
    worker = Worker(live, jobs_of(live, is_app=True)) if settings.worker == "app" else None
    api, stopping = Api(live), Shutdown(live, worker, wait_seconds=settings.stop_seconds)
    mcp = Mcp(api, settings, public=_public(settings))
    return {
        "routes": [
            *operating.routes(live, Readiness(live, stopping.is_asked), settings.metrics_token),
            Route("/look/{name:path}", _serve_look, methods=["GET"]),
            Route("/demo/sign-in", demo_routes.sign_in if settings.demo else _not_found, methods=["GET"]),
            Route("/demo/sign-out", demo_routes.sign_out if settings.demo else _not_found, methods=["GET"]),
            Route("/demo/{rest:path}", _not_found),
            *auth_routes.routes(is_open=settings.sign_in is not None),
            Route("/api/{rest:path}", api),
            *mcp.routes(),
            *more(live),
        ],
        "middleware": [
            Middleware(
                ResponseHeaders,
                names_browsers=settings.demo or settings.sign_in is not None,
                shows_metrics=_is_on("SAMEPAGE_METRICS"),
            ),
            *([Middleware(address.HostRedirect, address=settings.sign_in.address)] if settings.sign_in else []),
            Middleware(
                request_limits.RequestLimits,
                hosts=_hosts(settings),
                public=_public(settings),
                cookies=(session.cookie_name(),),
            ),
            Middleware(
                upload_guard.UploadGuard, find=session.uploader, cookie=session.cookie_name(), public=_public(settings)
            ),
            Middleware(rate_limit.RateLimiter, working_tokens=api.working_tokens),
            Middleware(empty_page.Pages, shell=_SHELL),
        ],
        "lifespan": _lifespan(live, worker, stopping, mcp),
        "on_script_error": show_script_error,
        "exception_handlers": {Exception: _server_error},
    }


def _lifespan(
    live: Live, worker: Worker | None, stopping: Shutdown, mcp: Mcp
) -> Callable[[st.App], AbstractAsyncContextManager[None]]:
    """Return the lifespan of the app.

    At start-up, it begins to watch the keys of the data and newly published versions. At shutdown, it releases the
    engine.
    """

    @asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[None]:
        _allow_open_files()
        logged.set_up(live.settings.log)  # by now, the server has set up its own loggers again
        live.workspace().look_ahead()
        live.sign_ins.on_ended(lambda number: viewing.end(live, number, "signed_out"))
        live.sign_ins.on_ended(open_tabs.rerun)
        live.follow()
        if worker is not None:
            worker.start()
        stopping.listen()
        gc.collect()
        gc.freeze()  # What is loaded stays, so later collections don't have to scan it.
        gc.set_threshold(*COLLECTIONS)
        releasing = asyncio.create_task(open_tabs.release_closed())
        logs.tell("start", "The server is ready.")
        async with mcp.running():
            yield
        releasing.cancel()
        if (asking := session.renewals()) is not None:
            asking.close()
        if worker is not None:
            worker.stop()
        live.close()
        logs.tell("stop", "The server has stopped.")

    return lifespan


def _allow_open_files() -> None:
    """Raise this process's limit of open files as far as allowed. A tab takes four, and the usual limit is 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS reports no limit, but it has one.
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def start_up_warnings(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each problem in the settings. The server starts in spite of these."""
    for name, (wanted, why) in REQUIRED_OPTIONS.items():
        option = config.get_option(name)
        if option != wanted:
            yield f"the Streamlit option {name} is {option!r} and should be {wanted!r}: {why}."
    if not (sqlglot.parser.__file__ or "").endswith((".so", ".pyd")):
        yield "sqlglot's compiled part is missing, so questions compile several times slower. Install sqlglot[c]."
    if importlib.util.find_spec("uvloop") is None:
        yield "uvloop is not installed, so every response takes about 40 ms longer. Install streamlit[performance]."
    if settings.demo and config.get_option("server.address") not in request_limits.LOOPBACK:
        yield "demo mode is on and the server listens beyond this machine: anyone who reaches it can sign in as anyone."
    if not _hosts(settings):
        yield "the server answers to any host name. Set SAMEPAGE_HOSTS to the names that people use."


def _hosts(settings: Settings) -> frozenset[str]:
    address, named = config.get_option("server.address") or "", os.environ.get("SAMEPAGE_HOSTS", "")
    return request_limits.allowed_hosts(address=address, named=named, public=_public(settings))


def _public(settings: Settings) -> str:
    """Return the address where people sign in, or "" if they choose a demo person."""
    return settings.sign_in.address if settings.sign_in else ""


def show_script_error(error: Exception) -> bool:
    """Show that a page failed, with an ID to look up in the log. Returns True, so that Streamlit shows nothing more.

    The log has the type of the error and the lines of code, but not its message, which can contain a person's data.
    """
    error_id = _log_error(error)
    st.error(
        "Something went wrong on our side, so this page couldn't load. Nothing was changed. Reload to try again. "
        f"If it happens again, report error {error_id}."
    )
    return True


def security_headers(*, is_https: bool) -> dict[str, str]:
    """Return the headers of every response.

    They allow no content from other sites and no frames around our pages, and keep addresses with questions out of
    referrers.
    """
    texts = {
        "content-security-policy": content_security_policy(),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }
    return texts | ({"strict-transport-security": "max-age=31536000"} if is_https else {})


PUBLIC, UNSUBSCRIBE = "/public/", "/unsubscribe/"
"""The paths of public links and of links that unsubscribe. Their pages have no scripts and no cookies."""


def _plain_headers(*, form_action: str) -> Mapping[str, str]:
    return {
        "content-security-policy": (
            "default-src 'none'; style-src 'unsafe-inline'; font-src 'self'; img-src 'self'; frame-ancestors 'none'; "
            f"base-uri 'none'; form-action {form_action}"
        ),
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow, noarchive",
    }


PLAIN_PAGES: Final[Mapping[str, Mapping[str, str]]] = {
    PUBLIC: _plain_headers(form_action="'none'"),
    UNSUBSCRIBE: _plain_headers(form_action="'self'"),  # its page has a button
}
"""The headers of pages for people who don't sign in, by the path that these pages are below."""


def content_security_policy() -> str:
    """Return the content security policy for the installed Streamlit: the page's inline scripts by hash,
    and no eval.
    """
    return _POLICY


def _build_policy() -> str:
    hashes = " ".join(
        f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(_SHELL.body.decode())
    )
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {hashes} blob:",  # inline components arrive as blob:
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-ancestors 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "object-src 'none'",
        ]
    )


_POLICY = _build_policy()


class ResponseHeaders:
    """ASGI middleware that adds security headers to every response, refuses metrics without a token, and names browsers
    at random.
    """

    def __init__(self, app: ASGIApp, *, names_browsers: bool, shows_metrics: bool) -> None:
        self._app, self._names_browsers, self._shows_metrics = app, names_browsers, shows_metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_https = scope.get("scheme") == "https"
        plain_headers = _headers_of_plain_page(scope["path"])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {**security_headers(is_https=is_https), **plain_headers}
                kept = [(name, value) for name, value in message["headers"] if name.decode().lower() not in ours]
                added = [(name.encode(), value.encode()) for name, value in ours.items()]
                headers = [*kept, *added, *self._name(scope, kept, message["status"])]
                message = {**message, "headers": [_for_https(header) for header in headers] if is_https else headers}
            await send(message)

        is_hidden = scope["path"].rstrip("/").endswith("/_stcore/metrics") and not self._shows_metrics
        app = PlainTextResponse("Not found", 404) if is_hidden else self._app
        await app(scope, receive, send_with_headers)

    def _name(self, scope: Scope, headers: Sequence[tuple[bytes, bytes]], status: int) -> list[tuple[bytes, bytes]]:
        """Return the cookie that names a browser, if this response sends a page to a browser without a name, or else
        none.
        """
        # A browser that has cached the page gets 304 without a type, so the requested type counts, too.
        asks_page = any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
        is_page = dict(headers).get(b"content-type", b"").startswith(b"text/html") or (status == 304 and asks_page)
        if (
            _headers_of_plain_page(scope["path"])
            or not (self._names_browsers and is_page)
            or _cookies(scope).get(identity.VISIT_COOKIE)
        ):
            return []
        cookie = f"{identity.VISIT_COOKIE}={secrets.token_urlsafe(24)}; Path=/; HttpOnly; SameSite=Lax"
        return [(b"set-cookie", cookie.encode())]


def _headers_of_plain_page(path: str) -> Mapping[str, str]:
    return next((headers for start, headers in PLAIN_PAGES.items() if path.startswith(start)), {})


def _for_https(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Return a response header for https. Every cookie becomes https-only, including those that Streamlit sets."""
    name, value = header
    is_open = name.lower() == b"set-cookie" and b"secure" not in value.lower().replace(b" ", b"").split(b";")[1:]
    return (name, value + b"; Secure") if is_open else header


def _cookies(scope: Scope) -> dict[str, str]:
    cookies: SimpleCookie = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                cookies.load(value.decode("latin-1"))
            except CookieError:
                return {}
    return {name: morsel.value for name, morsel in cookies.items()}


def _look_files() -> dict[str, Path]:
    """Return the files that anyone can fetch, by name: fonts and drawings. A fixed list means that no path can reach
    the settings.
    """
    fonts = (LOOK / "fonts").glob("*.woff2")
    return {file.name: file for file in (*fonts, *LOOK.glob("*.svg"))}


_LOOK_FILES = _look_files()


async def _serve_look(request: Request) -> Response:
    file = _LOOK_FILES.get(request.path_params["name"])
    if file is None or request.method not in ("GET", "HEAD"):
        return PlainTextResponse("Not found", 404)
    return FileResponse(file, headers={"cache-control": f"public, max-age={_THIRTY_DAYS}"})


async def _not_found(_request: Request) -> Response:
    return PlainTextResponse("Not found", 404)


async def _server_error(request: Request, error: Exception) -> Response:
    """Return the response to a bug outside a page. It doesn't go through the middleware, so it has its own headers."""
    error_id = _log_error(error)
    sentence = f"Something went wrong on our side. The log has the details under error {error_id}."
    return PlainTextResponse(sentence, 500, headers=security_headers(is_https=request.url.scheme == "https"))


def _log_error(error: Exception) -> str:
    error_id, kind = secrets.token_hex(4), type(error).__name__
    sentence = f"Error {error_id}: {kind} at {logs.code_of(error) or 'an unknown place'}"
    logs.tell("error", sentence, level=logging.ERROR, error=error_id, kind=kind)
    return error_id


def _is_on(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in ("1", "true", "yes", "on")
