"""Approvals in a real browser: approve an alert, deny another, read what the agent did, and approve in the agent's
client.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import duckdb
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult
from playwright.sync_api import expect

from semantic.agents.acts import SetAlert
from semantic.agents.proposing import propose
from semantic.agents.transcripts import Transcripts
from semantic.alerts.alert import Alert, OutsideUsual, Threshold
from semantic.config.settings import Settings, load_settings
from semantic.model.definitions import Granularity
from semantic.query.data import query_to_data
from semantic.query.query import Breakdown, Last, Query
from semantic.services.process import Live
from semantic.store.agents.agents import NewAgent, connect_agent
from tests.browser.screen import OpenAs, check_page_on_every_screen, title, wait_for_answer, wait_until_idle
from tests.browser.visitor import free_port
from tests.browser.warm import own_server, warm_server
from tests.companies import current_company
from tests.pages.api_world import ANA, build
from tests.semantic.agents.connected import connected
from tests.waiting import STUCK

BY_CHANNEL = Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=Last(4, Granularity.WEEK))


@dataclass(frozen=True, slots=True)
class Proposed:
    address: str
    low: str
    unusual: str


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proposed]:
    """A server whose store has an agent of Ana's, with two proposals and three calls."""
    folder, data = tmp_path_factory.mktemp("approvals"), current_company(tmp_path_factory)
    with own_server(folder, data) as address:
        live = Live.open(
            load_settings(
                {
                    "SAMEPAGE_DEMO": "1", "SAMEPAGE_DATA": str(data), "SAMEPAGE_STORE": str(folder / "store.sqlite"),
                    "SAMEPAGE_AUDIT_KEY_FILE": str(folder / "audit.key"),
                }
            )
        )  # fmt: skip
        try:
            robin = connected(live, live.people()["ana"], "c1a0de")
            low = propose(live, robin, SetAlert(Alert(metric="orders", rule=Threshold(side="below", value=5.0))))
            unusual = propose(live, robin, SetAlert(Alert(metric="net_revenue", rule=OutsideUsual())))
            calls, asked = Transcripts(live), {"question": query_to_data(BY_CHANNEL)}
            calls.note(robin, tool="ask", asked=asked, outcome="answered", ms=40.0)
            calls.note(robin, tool="read", asked={"words": "payback horizon"}, outcome="asked_back", ms=9.0)
            why = "Net revenue can't be broken down by product."
            calls.note(robin, tool="ask", asked=asked, outcome="refused", refusal="fan_out", reason=why, ms=8.0)
        finally:
            live.close()
        yield Proposed(address, low.id, unusual.id)


def test_one_alert_is_approved_another_denied_and_the_transcript_read(open_as: OpenAs, proposed: Proposed) -> None:
    page = open_as(at=proposed.address)
    title(page, "Home")
    expect(page.get_by_text("2 proposals from your agents need your approval.")).to_be_visible()
    page.locator(".st-key-home-proposals").get_by_role("link", name="Review").click()
    title(page, "Agents")
    low, unusual = (page.locator(f".st-key-proposal-{id_}") for id_ in (proposed.low, proposed.unusual))
    expect(low.get_by_text("Robin wants to set an alert on Orders")).to_be_visible()
    expect(low.get_by_text("Orders falls below 5 in a day.")).to_be_visible()
    check_page_on_every_screen(page)
    low.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.get_by_text("Approved. The alert is set. Only you are notified.")).to_be_visible()
    expect(low).to_have_count(0)

    unusual.get_by_role("button", name="Deny", exact=True).click()
    page.get_by_label("Reason (optional)").fill("Finance has one")
    page.locator(f".st-key-proposal-{proposed.unusual}-deny-now").get_by_role("button").click()
    expect(page.get_by_text("Denied. Nothing was done.")).to_be_visible()
    expect(page.get_by_text("Nothing to approve")).to_be_visible()
    expect(page.locator(".st-key-list-of-decided").get_by_text("Reason: Finance has one")).to_be_visible()

    page.get_by_role("radio", name="Transcript").click()
    calls = page.locator(".st-key-list-of-calls")
    expect(calls.get_by_text("\N{LEFT DOUBLE QUOTATION MARK}payback horizon")).to_be_visible()
    expect(calls.get_by_text("Net revenue can't be broken down by product.")).to_be_visible()
    wait_until_idle(page)
    page.get_by_role("radio", name="Asked to clarify").click()
    expect(page.get_by_text("1\N{EN DASH}1 of 1 calls")).to_be_visible()
    calls.get_by_role("button", name=re.compile("^Request a metric")).click()
    form = page.get_by_role("dialog")
    expect(form.get_by_label("What do you need?")).to_have_value("payback horizon")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    page.get_by_role("radio", name="Answered").click()
    calls.get_by_role("link", name="Open in Explore").click()
    wait_for_answer(page)
    title(page, "Net revenue by channel")

    page = open_as("alerts", at=proposed.address)
    title(page, "Alerts")
    rows = page.locator(".st-key-list-of-alerts")
    expect(rows.get_by_role("link", name=re.compile("Orders"))).to_have_count(1)
    expect(rows.get_by_role("link", name=re.compile("Net revenue"))).to_have_count(0)


@dataclass(frozen=True, slots=True)
class Sales:
    """A server where Ana can ask about individual buyers, with her agent's token and a copy of the data."""

    address: str
    token: str
    data: Path

    def largest_buyers(self) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.data, read_only=True) as engine:
            return engine.execute("SELECT buyer, sum(amount) FROM orders GROUP BY buyer ORDER BY 2 DESC").fetchall()


@pytest.fixture
def sales(tmp_path: Path) -> Iterator[Sales]:
    data = build(tmp_path, pairs_with=10)
    copy = Path(shutil.copyfile(data, tmp_path / "copy.duckdb"))  # no two processes can open one file
    port = free_port()
    address, store, key = f"http://127.0.0.1:{port}", tmp_path / "store.sqlite", tmp_path / "audit.key"
    live = Live.open(
        Settings(data=str(copy), model=tmp_path / "model", store=str(store), audit_key_file=key, demo=True)
    )
    wanted = NewAgent(name="Robin", client="other", until=live.store.now() + timedelta(days=9))
    with live.store.write() as transaction:
        _, token = connect_agent(transaction, live.keys, wanted, ANA)
    live.close()
    with warm_server(
        tmp_path / "log", port=port, SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_MODEL=str(tmp_path / "model"),
        SAMEPAGE_STORE=str(store), SAMEPAGE_AUDIT_KEY_FILE=str(key), SAMEPAGE_ADDRESS=address,
    ):  # fmt: skip
        yield Sales(address, token, copy)


def test_a_client_opens_the_page_and_gets_the_numbers_once_they_are_approved(sales: Sales, open_as: OpenAs) -> None:
    # `sales` comes first, so that the page is closed before its server stops.
    opened, is_done = Queue[str](), threading.Event()

    async def opens(context: object, params: Any) -> ElicitResult:
        del context
        opened.put(params.url)
        assert await asyncio.to_thread(is_done.wait, STUCK)
        return ElicitResult(action="accept")

    async def ask() -> Any:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {sales.token}"}, timeout=STUCK) as http,
            Client(
                streamable_http_client(f"{sales.address}/mcp", http_client=http), elicitation_callback=opens
            ) as client,
        ):
            return await client.call_tool("ask", {"question": {"metrics": ["revenue"], "by": ["buyer"]}})

    with ThreadPoolExecutor(1) as other:  # the browser's own loop runs in this thread
        asking = other.submit(lambda: asyncio.run(ask()))
        try:
            address = opened.get(timeout=STUCK)
            server, _, path = address.rpartition("/")
            assert server == sales.address
            page = open_as(path, at=sales.address)
            title(page, "Agents")
            card = page.locator(f".st-key-proposal-{path.partition('=')[2]}")
            expect(card.get_by_text("because it's about individual people")).to_be_visible()
            check_page_on_every_screen(page)
            assert not asking.done()  # it waits for the person
            card.get_by_role("button", name=re.compile("^Approve once")).click()
            expect(page.get_by_text(re.compile("^Approved"))).to_be_visible()
        finally:
            is_done.set()
        answer = asking.result(STUCK)
    assert not answer.is_error, answer
    rows = [(row["buyer"], row["revenue"]) for row in answer.structured_content["rows"]]
    assert rows == sales.largest_buyers()
    page.reload()
    expect(page.locator(".st-key-list-of-decided").get_by_text("Used")).to_be_visible()
