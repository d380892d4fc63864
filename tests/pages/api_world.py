"""A small company with an HTTP API for scripts: six orders in three markets, its people and their tokens.

Each amount is a different power of two, so a sum shows which orders are in it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from pages.server.api import Api, keep_tokens_out_of_logs
from pages.server.mcp_server import Mcp
from semantic.api.auth import Gate
from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.accounts.service_tokens import Grant, ServiceToken, make_token
from tests.waiting import STUCK, until

ORDERS = """
CREATE TABLE orders (
  order_id INTEGER, day DATE, market VARCHAR, buyer VARCHAR, amount DECIMAL(18,2), cost DECIMAL(18,2));
INSERT INTO orders VALUES
  (1, '2026-03-02', 'DE', 'ada@example.org', 1, 0.5), (2, '2026-03-03', 'DE', 'bo@example.org', 2, 1),
  (3, '2026-03-03', 'AT', 'cy@example.org', 4, 2), (4, '2026-03-04', 'FR', 'di@example.org', 8, 4),
  (5, '2026-03-04', 'FR', 'ed@example.org', 16, 8), (6, '2026-03-05', NULL, 'flo@example.org', 32, 16);
-- Days of work for whoever counts them.
CREATE VIEW endless AS
SELECT 1000000 * a.range + b.range AS pair, (a.range * b.range) % 7 AS rest
FROM range(1000000) AS a, range(1000000) AS b;
"""

MODEL = """\
model: {name: Orders, time_zone: Europe/Berlin, currency: EUR}
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [order_id]
    time: day
    columns: {order_id: integer, day: date, market: string, buyer: string,
      amount: "decimal(18,2)", cost: "decimal(18,2)"}
    entities: [{name: sale, kind: primary, columns: [order_id]}]
    dimensions:
      - {name: market, label: Market, description: Where it was sold.}
      - {name: buyer, label: Buyer, tags: [personal]}
      - {name: day, label: Day, kind: time}
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: cost, agg: sum, sql: cost}
      - {name: orders, agg: count}
  - name: endless
    label: Endless
    table: endless
    grain: [pair]
    columns: {pair: integer, rest: integer}
    dimensions:
      - {name: rest, label: Rest}
    measures:
      - {name: pairs, agg: sum, sql: rest}
metrics:
  - {name: revenue, label: Revenue, measure: orders.amount, unit: EUR, format: money,
    means: What buyers paid., owner: Ana}
  - {name: costs, label: Costs, measure: orders.cost, unit: EUR, format: money, tags: [secret]}
  - {name: orders, label: Orders, measure: orders.orders, format: count}
  - {name: pairs, label: Pairs, measure: endless.pairs, format: count}
policies:
  - name: whole
    who: {roles: [viewer, steward, administrator]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: own_markets
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: all}
    deny: {metrics: {tags: [secret]}, dimensions: {tags: [personal]}}
    whole: [endless]
    rows:
      - {dataset: orders, where: "market IN (:markets)"}
people:
  - {id: otto, name: "Otto Weiss, administrator", roles: [administrator]}
  - {id: ana, name: Ana Ribeiro, roles: [steward]}
  - {id: lotte, name: Lotte Vos, roles: [steward]}
  - {id: jonas, name: Jonas Falk, roles: [marketer], attributes: {markets: [DE, AT]}}
"""

OTTO = Actor(id="otto", name="Otto Weiss, administrator", roles=frozenset({"administrator"}))
ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
QUESTION = {"metrics": ["revenue"], "by": ["market"]}
JSON = {"Content-Type": "application/json"}
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reply:
    """A response of the API."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        return self.json()["code"]


@dataclass(frozen=True, slots=True)
class World:
    """The open company, and the port of its API."""

    live: Live
    port: int
    data: Path
    gate: Gate = field(repr=False)

    def token(self, *, days: float = 30, owner: Actor = OTTO, **given: Any) -> tuple[ServiceToken, str]:
        """Return a token and its text, by default for a marketer of DE and AT."""
        grant = granted(self.live.store.now(), days=days)
        with self.live.store.write() as transaction:
            return make_token(transaction, self.live.keys, replace(grant, **given), OTTO, owner=owner)

    def ask(self, token: str, question: Any = None, path: str = "/api/v1/ask", **headers: str) -> Reply:
        """Return the reply to a question asked with this token."""
        content = json.dumps(QUESTION if question is None else question).encode()
        return self.send("POST", path, content, bearer(token) | JSON | headers)

    def get(self, token: str, path: str) -> Reply:
        return self.send("GET", path, None, bearer(token))

    def send(self, method: str, path: str, content: bytes | None = None, headers: Mapping[str, str] = NOTHING) -> Reply:
        """Return the reply to any kind of request."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=STUCK)
        try:
            connection.request(method, path, content, dict(headers))
            response = connection.getresponse()
            values = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, values, response.read())
        finally:
            connection.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of hand-written SQL over the data itself."""
        with duckdb.connect(self.data, read_only=True) as connection:
            return connection.execute(sql).fetchall()


def granted(now: datetime, *, days: float = 30) -> Grant:
    """Return the grant of a marketer of DE and AT."""
    return Grant(
        name="Nightly report", purpose="For the sheet", until=now + timedelta(days=days), scopes=frozenset({"ask"}),
        role="marketer", attributes=MappingProxyType({"markets": ("DE", "AT")}), a_minute=6_000,
    )  # fmt: skip


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def build(folder: Path, *, pairs_with: int = 1_000_000, model_text: str = MODEL) -> Path:
    """Write the company's data, with its model next to it, and return the path of the data.

    `pairs_with` decides how long the endless table takes.
    """
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model/model.yml").write_text(model_text, encoding="utf-8")
    with duckdb.connect(folder / "orders.duckdb") as connection:
        connection.execute(ORDERS.replace("1000000", str(pairs_with)))
    return folder / "orders.duckdb"


@contextmanager
def open_world(folder: Path, *, model_text: str = MODEL, **settings: Any) -> Iterator[World]:
    """Serve the company from an empty folder until the block ends."""
    data = build(folder, model_text=model_text)
    given_settings = Settings(
        data=str(data), model=folder / "model", mask_key="a key of the tests", store=str(folder / "store.sqlite"),
        audit_key_file=folder / "audit.key", demo=True,
    )  # fmt: skip
    live = Live.open(replace(given_settings, **settings))
    keep_tokens_out_of_logs()
    api = Api(live)
    mcp = Mcp(api, live.settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with mcp.running():
            yield

    app = Starlette(routes=[Route("/api/{rest:path}", api), *mcp.routes()], lifespan=lifespan)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started or not thread.is_alive())
    assert server.started
    # A file that the engine has open can't be opened again; a copy has the same rows.
    copy = folder / "copy.duckdb"
    copy.write_bytes(data.read_bytes())
    yield World(live, server.servers[0].sockets[0].getsockname()[1], copy, api._gate)
    server.should_exit = True
    thread.join(STUCK)
    live.close()


def pairs(reply: Reply) -> list[tuple[Any, ...]]:
    assert reply.status == 200, reply.content
    return [(row["market"], row["revenue"]) for row in reply.json()["rows"]]


def is_plain(reply: Reply) -> None:
    """Check that the reply is a sentence without internals of Samepage or the engine."""
    text = reply.content.decode()
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    assert not [word for word in ("Traceback", "SELECT", ".py", "duckdb", "Error(") if word in text]
    assert len(reply.json()["reason"]) > 10


def head(token: str, length: str) -> bytes:
    """Return the head of a question's request, for tests that send the body in their own way."""
    lines = ("POST /api/v1/ask HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", "Content-Type: application/json")
    return "\r\n".join([*lines, length, "", ""]).encode()


def refused(reply: Reply, code: str = "not_signed_in", status: int = 401) -> str:
    assert (reply.status, reply.code) == (status, code), reply.content
    is_plain(reply)
    if status == 401:
        assert reply.headers["www-authenticate"].startswith("Bearer")
    return reply.json()["reason"]
