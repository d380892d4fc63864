"""A guard in front of uploads. Only people who can upload, signed in as themselves, can send a file, one at a time,
from their own page.

Streamlit receives the bytes. It checks that the session is open and that its XSRF token matches, and keeps the file in
memory until the page has read it. Everyone else gets the response of a missing address before any byte of the file is
read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Final

from anyio import to_thread
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime

from pages.server.request_limits import UPLOADS, is_own_page
from semantic.errors import SemanticError
from semantic.policy.actor import Actor

FindUploader = Callable[[str], tuple[str, Actor] | None]
"""Returns the sign-in and the person for a cookie, or None if there is no one who can upload."""

SECONDS: Final = 300.0
"""The maximum number of seconds for a file to arrive."""

_LOG = logging.getLogger("samepage.server")


class UploadGuard:
    """ASGI middleware in front of Streamlit's address for files. `cookie` is the name of the cookie with
    the sign-in.
    """

    def __init__(self, app: ASGIApp, *, find: FindUploader, cookie: str, public: str = "") -> None:
        self._app, self._find, self._cookie, self._public = app, find, cookie, public.lower()
        self._sending: set[str] = set()  # the people who are sending a file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or not (path == UPLOADS or path.startswith(f"{UPLOADS}/")):
            await self._app(scope, receive, send)
            return
        person = await self._person(scope)
        parts = path.removeprefix(UPLOADS).strip("/").split("/")
        if person is None or len(parts) != 2 or scope["method"] not in ("PUT", "DELETE"):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        elif scope["method"] == "DELETE":
            await self._app(scope, receive, send)
        elif person in self._sending:
            await PlainTextResponse("Wait until your other upload is complete.", 429)(scope, receive, send)
        else:
            await self._take(person, parts[0], scope, receive, send)

    async def _take(self, person: str, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive a file in place of the last one from this tab, because a page reads one file at a time."""
        self._sending.add(person)
        until = asyncio.get_running_loop().time() + SECONDS

        async def receive_in_time() -> Message:
            async with asyncio.timeout_at(until):
                return await receive()

        try:
            Runtime.instance().uploaded_file_mgr.remove_session_files(session)
            await self._app(scope, receive_in_time, send)
        except TimeoutError:
            await PlainTextResponse("The upload took too long. Try again.", 408)(scope, receive, send)
        finally:
            self._sending.discard(person)

    async def _person(self, scope: Scope) -> str | None:
        """Return the ID of the person who can send a file with this request, or None if there is none."""
        if not is_own_page(scope, self._public):
            return None
        cookies = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"cookie"]
        jar = SimpleCookie()
        try:
            jar.load("; ".join(cookies))
        except CookieError:
            return None
        if self._cookie not in jar:
            return None
        try:
            found = await to_thread.run_sync(self._find, jar[self._cookie].value)
        except SemanticError as error:
            _LOG.error("Who sends a file couldn't be looked up: %s", error.code)
            return None
        return found[1].id if found else None
