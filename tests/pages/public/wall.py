"""A company with public links turned on and a published board, served to readers without a session."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from html import unescape
from http.client import HTTPConnection

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from pages.public.board import CLOSED, PublicBoards
from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind
from semantic.model.loading.load import parse_files, read_folder
from semantic.policy.actor import Actor
from semantic.policy.people import people_of
from semantic.query.query import Between, Breakdown, Query
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.services.public_links import PublicLinkWork
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.boards.public_links import PublicLink
from semantic.workspace import Workspace
from tests.pages.api_world import ANA
from tests.waiting import STUCK, until

LOTTE = Actor(id="lotte", name="Lotte Vos", roles=frozenset({"steward"}))
POLICY = """
policies:
  - name: agency
    who: {links: [agency]}
    grant: {metrics: [revenue, orders], dimensions: [market, day]}
    rows: [{dataset: orders, where: "market IN ('DE', 'AT')"}]
  - name: nothing
    who: {links: [wall]}
    deny: {dimensions: [day]}
"""
MARCH = BoardState(period=Between(date(2026, 3, 1), date(2026, 3, 31)))
MONEY = Tile(id="money", kind=TileKind.NUMBER, title="Money", question=Query(metrics=("revenue",)))
MARKETS = Tile(
    id="markets", kind=TileKind.TABLE, title="Markets",
    question=Query(metrics=("revenue",), by=(Breakdown("market"),)),
)  # fmt: skip
COSTS = Tile(id="costs", kind=TileKind.NUMBER, title="Our costs", question=Query(metrics=("costs",)))
NOTE = Tile(id="note", kind=TileKind.TEXT, text="Read <b>this</b>")
BOARD = Board(
    title="Sales & more",
    tabs=(
        Tab(title="First", rows=(Row(tiles=(MONEY, MARKETS)), Row(tiles=(NOTE,)))),
        Tab(title="Second", rows=(Row(tiles=(COSTS,)),)),
    ),
    start=MARCH,
)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def title(self) -> str:
        return unescape(self.body.partition("<h1>")[2].partition("</h1>")[0])


@dataclass(frozen=True, slots=True)
class Wall:
    """The company with public links turned on, a published board, and its server."""

    live: Live
    port: int
    board: str
    boards: PublicBoards

    def work(self, actor: Actor = ANA) -> PublicLinkWork:
        return PublicLinkWork(self.live.store, self.live.keys, self.live.workspace(), actor)

    def board_work(self, actor: Actor = ANA) -> BoardWork:
        return BoardWork(self.live.store, self.live.keys, self.live.workspace(), actor)

    def link(self, audience: str = "agency", *, board: str = "", actor: Actor = ANA) -> tuple[PublicLink, str]:
        return self.work(actor).make(board or self.board, audience, "Agency wall", 30)

    def publish(self, board: Board = BOARD, *, space: str = "") -> str:
        work = self.board_work()
        made = work.make(board, space=space)
        work.publish(made, work.draft(made).revision)
        return made

    def get(self, link: str, query: str = "", method: str = "GET", **headers: str) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=STUCK)
        try:
            connection.request(method, f"/public/{link}{query}", headers=headers)
            response = connection.getresponse()
            values = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, values, response.read().decode())
        finally:
            connection.close()

    def change_model(self, policy: str) -> None:
        """Publish other policies for links, and restart the process, as when a model in a folder changes."""
        folder = self.live.settings.model
        (folder / "links.yml").write_text(policy, encoding="utf-8")
        before = self.live.workspace()
        model, people = parse_files(read_folder(folder))
        after = Workspace(before.settings, model, people_of(people), before.connector, beside=before)
        self.live._workspace = after

    def told(self) -> list[str]:
        with self.live.store.read() as connection:
            entries = read_entries(connection, self.live.keys)
        return [sentence(entry) for entry in entries if entry.kind.startswith("public_link.")]


@contextmanager
def served(route: BaseRoute) -> Iterator[int]:
    """Serve only this route until the block ends, and yield the port."""
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=[route]), port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started or not thread.is_alive())
    assert server.started
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(STUCK)


def is_closed(reply: Reply) -> bool:
    """Return whether this is the page that is shown for every link that doesn't work."""
    assert reply.headers["cache-control"] == "no-store"
    assert "set-cookie" not in reply.headers
    return reply.status == 404 and CLOSED[0].replace("'", "&#x27;") in reply.body and "Sales" not in reply.body
