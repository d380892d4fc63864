"""The address that unsubscribes from a message, without sign-in: GET asks, and POST acts (RFC 8058).

Programs that check links for viruses open every link, so opening this one changes nothing. The link itself is the
permission. It ends or restarts one delivery for one recipient, and opens nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pages.server.server import UNSUBSCRIBE
from semantic.display.boards.web import FormButton, notice_page
from semantic.errors import SemanticError, StoreFailed
from semantic.services.outbox.unsubscribing import Subscription, find_subscription, subscribe_again, unsubscribe
from semantic.services.process import Live

MOST_BYTES: Final = 4_000
"""The maximum number of bytes to read from a body. The buttons here and mail programs send less than 200."""

SEE_ALL: Final = ("/subscriptions", "See all your subscriptions")
UNKNOWN: Final = (
    "This link doesn't work",
    "Part of it may be missing, or the delivery no longer exists. Sign in to see everything you receive.",
)
AWAY: Final = ("Nothing was changed", "Samepage couldn't save this. Reload the page in a minute.")

_Given = TypeVar("_Given")
_log = logging.getLogger("samepage.public")


@dataclass(slots=True)
class UnsubscribeLinks:
    """The server of links that unsubscribe. There is one per process."""

    live: Live
    _threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(2))

    def route(self) -> Route:
        return Route(f"{UNSUBSCRIBE}{{token:path}}", self.answer, methods=["GET", "POST"])

    async def answer(self, request: Request) -> Response:
        token = request.path_params["token"]
        try:
            if request.method == "POST":
                is_undone = await _asks_to_undo(request)
                return await self._later(lambda: self._act(token, is_undone=is_undone))
            return await self._later(lambda: self._ask(token))
        except StoreFailed:
            return _page(*AWAY, 503)
        except SemanticError as error:
            _log.error("A subscription couldn't be ended: %s", error.code)
            return _page(*AWAY, 503)

    def _ask(self, token: str) -> Response:
        found = find_subscription(self.live, token)
        if found is None:
            return _unknown()
        return _ended(found) if found.is_ended else _asked(found)

    def _act(self, token: str, *, is_undone: bool) -> Response:
        change = subscribe_again if is_undone else unsubscribe
        found = change(self.live, token)
        if found is None:
            return _unknown()
        return _ended(found) if found.is_ended else _begun(found)

    async def _later(self, work: Callable[[], _Given]) -> _Given:
        return await to_thread.run_sync(work, limiter=self._threads)


async def _asks_to_undo(request: Request) -> bool:
    """Return whether the request is from the page's Undo button.

    Any other POST unsubscribes, because mail programs send different bodies.
    """
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return False
    except ClientDisconnect:
        return False
    return body == b"do=undo"


def _asked(found: Subscription) -> Response:
    press = FormButton(label="Unsubscribe", do="unsubscribe", is_main=True)
    sentence = "You won't get it any more. Nothing changes for anyone else who gets it."
    return _page(f"Unsubscribe from {found.title}?", sentence, 200, press)


def _ended(found: Subscription) -> Response:
    press = FormButton(label="Undo", do="undo") if found.may_undo else None
    return _page(f"You're unsubscribed from {found.title}", "It won't be sent to you any more.", 200, press)


def _begun(found: Subscription) -> Response:
    press = FormButton(label="Unsubscribe", do="unsubscribe")
    return _page(f"You're subscribed to {found.title} again", "You'll get the next one on schedule.", 200, press)


def _unknown() -> Response:
    return _page(*UNKNOWN, 404)


def _page(title: str, sentence: str, status: int, press: FormButton | None = None) -> Response:
    page = notice_page(title, sentence, press=press, link=SEE_ALL)
    return HTMLResponse(page, status, headers={"cache-control": "no-store"})
