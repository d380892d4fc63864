"""The address of a public link: it answers a GET request with a page that has no scripts (decision 48).

The reader has no session, and cookies are neither read nor set, so a request can't gain more access. It can only choose
a tab of the link's board, and whether to present it. People who are signed in get the same page.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pages.server.rate_limit import Allowances
from pages.server.script_turns import ScriptTurns
from pages.server.server import PUBLIC
from semantic.display.boards.state_words import state_words
from semantic.display.boards.web import TURNS, View, board_page, notice_page
from semantic.errors import SemanticError, StoreFailed
from semantic.run.cpu_turns import cpu_turns
from semantic.services.board_answers.labels import board_labels
from semantic.services.board_answers.whole_board import answer_board
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.services.public_links import OpenedLink, RefusedLink, open_public_link
from semantic.store.boards.public_links import note_refused

FRESH_SECONDS: Final = 15.0
"""The seconds for which everyone who opens a link gets the same page. Whether the link still works is checked every
time.
"""

KEPT_SECONDS: Final = 60.0
"""The maximum age of that page, in seconds, once a link is opened too often."""

AT_ONCE: Final = 2
"""The maximum number of boards that are prepared at a time. Each link has at most one of them."""

WAIT_SECONDS: Final = 45.0
MOST_PAGES: Final = 100
A_MINUTE: Final = 600
"""The maximum number of requests for one link per minute, from all networks together."""

CLOSED: Final = (
    "This link doesn't work",
    "It may have expired or been revoked, or the board may no longer be shared. Ask the person who sent it for a new "
    "one.",
)
BUSY: Final = ("One moment", "Many people are opening this board. Reload the page in a minute.")
AWAY: Final = ("Couldn't load the board", "Reload the page in a minute.")

_Given = TypeVar("_Given")
_Key = tuple[str, View, int, str]
_log = logging.getLogger("samepage.public")


@dataclass(slots=True)
class PublicBoards:
    """The server of public links. There is one per process."""

    live: Live
    clock: Callable[[], float] = monotonic
    _threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(4))
    _turns: ScriptTurns = field(default_factory=lambda: ScriptTurns(AT_ONCE))
    _pages: OrderedDict[_Key, tuple[float, str]] = field(default_factory=OrderedDict[_Key, tuple[float, str]])
    _coming: dict[_Key, asyncio.Task[str]] = field(default_factory=dict["_Key", asyncio.Task[str]])
    _counted: Allowances = field(init=False)

    def __post_init__(self) -> None:
        self._counted = Allowances(A_MINUTE, self.clock)

    def route(self) -> Route:
        return Route(f"{PUBLIC}{{link:path}}", self.answer, methods=["GET"])

    async def answer(self, request: Request) -> Response:
        """Return the page of the board, or the same notice for every link that doesn't open a board."""
        if not self.live.settings.public_links:
            return _notice(CLOSED, 404)
        try:
            found = await self._later(lambda: open_public_link(request.path_params["link"], self.live))
            match found:
                case OpenedLink():
                    return await self._opened(found, view_of(request.query_params, len(found.board.board.tabs)))
                case RefusedLink(link, why):
                    is_noted = link.refused_at is not None and link.refused_at.date() == self.live.store.now().date()
                    noting = None if is_noted else BackgroundTask(self._note_refused, link.number, why)
                    return _notice(CLOSED, 404, noting)
                case None:
                    return _notice(CLOSED, 404)
        except StoreFailed:
            return _notice(AWAY, 503)

    async def _opened(self, opened: OpenedLink, view: View) -> Response:
        number = opened.link.number
        key = number, view, opened.board.head.version, self.live.workspace().model.version
        if self._counted.wait(number):
            # A reader who keeps reloading must not block the board for everyone else.
            page = self._kept(key, KEPT_SECONDS)
            return _html(page, 200) if page else _notice(BUSY, 429)
        self._counted.count(number)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                page = self._kept(key, FRESH_SECONDS) or await asyncio.shield(self._preparing(key, opened))
        except TimeoutError:
            return _notice(BUSY, 503)
        except SemanticError as error:
            _log.error("The public link %s couldn't be shown: %s", number, error.code)
            return _notice(AWAY, 503)
        self.live.link_openings.opened(number, opened.reader)
        return _html(page, 200)

    def _kept(self, key: _Key, seconds: float) -> str:
        """Return the page if it was prepared less than `seconds` ago, or else ""."""
        made_at, page = self._pages.get(key, (float("-inf"), ""))
        return page if self.clock() - made_at < seconds else ""

    def _preparing(self, key: _Key, opened: OpenedLink) -> asyncio.Task[str]:
        """Return the task that prepares a page, which everyone shares who opens the link in the meantime.

        The task continues if they stop waiting. Otherwise, the next reader would start it again.
        """
        task = self._coming.get(key)
        if task is None:
            task = self._coming[key] = asyncio.create_task(self._prepare(key, opened))
            task.add_done_callback(lambda done: self._settle(key, done))
        return task

    def _settle(self, key: _Key, done: asyncio.Task[str]) -> None:
        del self._coming[key]
        if not done.cancelled():
            done.exception()  # The readers who waited got the error. If none did, asyncio shouldn't log it.

    async def _prepare(self, key: _Key, opened: OpenedLink) -> str:
        number, view, _, _ = key
        async with self._turns.turn_of(number):
            page = await self._later(lambda: _prepared(opened, view, self.live))
        self._pages[key] = self.clock(), page
        self._pages.move_to_end(key)
        if len(self._pages) > MOST_PAGES:
            self._pages.popitem(last=False)
        return page

    def _note_refused(self, number: str, why: str) -> None:
        try:
            with self.live.store.write(recorded=False) as transaction:
                note_refused(transaction, self.live.keys, number, why)
        except SemanticError as error:
            _log.error("A refused public link couldn't be recorded: %s", error.code)

    async def _later(self, work: Callable[[], _Given]) -> _Given:
        return await to_thread.run_sync(work, limiter=self._threads, abandon_on_cancel=True)


def view_of(asked: Mapping[str, str], tabs: int) -> View:
    """Return the view that an address asks for. Other parameters are ignored, so equal pages have equal views."""
    tab, rotate, is_presented = asked.get("tab", ""), asked.get("rotate", ""), asked.get("present") == "1"
    return View(
        tab=int(tab) if tab.isascii() and tab.isdigit() and len(tab) < 4 and int(tab) < tabs else 0,
        is_presented=is_presented,
        rotate=int(rotate) if is_presented and tabs > 1 and rotate in map(str, TURNS) else 0,
    )


def _prepared(opened: OpenedLink, view: View, live: Live) -> str:
    """Return the page of the board in its default view, under the link's policies. Only the questions of the open tab
    are asked.
    """
    with cpu_turns.work():
        workspace, reader = live.workspace(), opened.reader
        work = BoardWork(live.store, live.keys, workspace, reader)
        whole, seen = opened.board.board, workspace.visible(reader)
        board = replace(
            whole, tabs=tuple(tab if at == view.tab else replace(tab, rows=()) for at, tab in enumerate(whole.tabs))
        )
        state = work.opening_state(whole)
        labels = board_labels(state, board, workspace, reader)
        words = state_words(state, seen, today=workspace.today(), labels=labels)
        return board_page(answer_board(board, state, work, words=words, link="").shown, view)


def _notice(words: tuple[str, str], status: int, background: BackgroundTask | None = None) -> Response:
    return _html(notice_page(*words), status, background)


def _html(page: str, status: int, background: BackgroundTask | None = None) -> Response:
    return HTMLResponse(page, status, headers={"cache-control": "no-store"}, background=background)
