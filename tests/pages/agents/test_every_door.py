"""One question on every surface, for one person: the page, the HTTP API and MCP with one agent's token, and an email.

The cells are those of hand-written SQL, and there is one receipt.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from pages.shell import links, once, session
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.data import query_to_data
from semantic.query.query import Between, Breakdown, Query
from semantic.services.outbox.deliveries import DeliveryWork
from semantic.services.outbox.sending import Sends
from semantic.services.process import Live
from semantic.store.agents.agents import NewAgent, connect_agent
from semantic.store.destinations.mailbox import read_mail, read_mailbox
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.transport.reading import ReadMessage, read_message
from semantic.worker.job import Turn
from tests.pages.api_world import World, bearer, open_world
from tests.pages.explore_page import rows, words
from tests.pages.whole_app import open_app, show_pages_to
from tests.waiting import STUCK

pytestmark = pytest.mark.server
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}), attributes={"markets": ("DE", "AT")})
QUESTION = Query(
    metrics=("revenue", "orders"), by=(Breakdown("market"),), time=Between(date(2026, 3, 2), date(2026, 3, 3))
)
SQL = """
SELECT market, sum(amount), count(*) FROM orders
WHERE market IN ('DE', 'AT') AND day BETWEEN DATE '2026-03-02' AND DATE '2026-03-03'
GROUP BY market ORDER BY 2 DESC"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with open_world(tmp_path) as opened:
        live = opened.live
        monkeypatch.setattr(session, "store", lambda: (live.store, live.keys))
        monkeypatch.setattr(session, "settings", lambda: live.settings)
        show_pages_to(monkeypatch, lambda: JONAS, live.workspace, live)
        yield opened
    once.forget()


def token_of(live: Live) -> str:
    wanted = NewAgent(name="Assistant", client="cursor", until=live.store.now() + timedelta(days=9))
    with live.store.write() as transaction:
        return connect_agent(transaction, live.keys, wanted, JONAS)[1]


def over_mcp(world: World, token: str) -> Any:
    async def talk() -> Any:
        async with (
            httpx2.AsyncClient(headers=bearer(token), timeout=STUCK) as http,
            Client(streamable_http_client(f"http://127.0.0.1:{world.port}/mcp", http_client=http)) as client,  # pyright: ignore
        ):
            return (await client.call_tool("ask", {"question": query_to_data(QUESTION)})).structured_content

    return asyncio.run(talk())


def mailed(live: Live) -> ReadMessage:
    """Return the message that Jonas gets about the saved question, sent as a worker sends it."""
    with live.store.write() as transaction:
        saved = save_question(
            transaction, Content(query=QUESTION), JONAS, live.keys, name="Two markets", sentence="", space=""
        )
    work = DeliveryWork(live, JONAS)
    made = work.subscribe(NewDelivery(what="question", about=saved, title="Weekly", cron="0 8 * * 1", zone="UTC"))
    work.send_now(made.id)
    Sends(live).run(
        Turn(now=live.store.now(), holder=uuid.uuid4().hex, is_mine=lambda: True, is_stopping=lambda: False)
    )
    with live.store.read() as connection:
        (mail,) = read_mailbox(connection, None)
        return read_message(read_mail(connection, mail.number, None) or b"")


def cells(data: Any) -> list[tuple[Any, ...]]:
    return [(row["market"], row["revenue"], row["orders"]) for row in data["rows"]]


def test_one_question_has_the_same_cells_and_one_receipt_on_every_surface(world: World) -> None:
    token = token_of(world.live)
    address: dict[str, Any] = {**query_to_params(QUESTION)}
    page = open_app(links.EXPLORE, **address)
    posted = world.ask(token, {"question": query_to_data(QUESTION)}, path="/api/v1/tools/ask").json()
    sent = over_mcp(world, token)
    letter = mailed(world.live)
    true = world.rows(SQL)
    assert true == [("AT", 4, 1), ("DE", 3, 2)]
    assert rows(page) == cells(posted) == cells(sent) == true
    table = re.findall(r"^([A-Z]{2}) +€([\d.]+) +(\d+)$", letter.text, re.MULTILINE)
    assert [(market, float(revenue), int(orders)) for market, revenue, orders in table] == true
    (receipt,) = re.findall(r"Receipt (R(?:-[0-9A-Z]{4}){3})", words(page))
    assert posted["receipt"] == sent["receipt"] == receipt
    assert re.findall(r"R(?:-[0-9A-Z]{4}){3}", letter.text) == [receipt]
    assert set(re.findall(r"R(?:-[0-9A-Z]{4}){3}", letter.html)) == {receipt}
    again = world.ask(token, {"receipt": receipt}, path="/api/v1/tools/replay").json()
    assert (again["values"], cells(again["answer"])) == ("equal", true)
