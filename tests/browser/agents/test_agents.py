"""An agent's whole life in a real browser: connected, refused with a repair, approved, monitored and revoked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.screen import OpenAs, check_page_on_every_screen, title, wait_until_idle
from tests.browser.warm import own_server
from tests.companies import current_company
from tests.waiting import STUCK

QUESTION: dict[str, Any] = {"metrics": ["net_revenue"], "by": ["market"], "time": {"last": 3, "unit": "month"}}


@pytest.fixture(scope="module")
def agents_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A separate server, because what an agent does changes its person's pages."""
    with own_server(tmp_path_factory.mktemp("agents"), current_company(tmp_path_factory)) as address:
        yield address


def call(address: str, token: str, tool: str, given: dict[str, Any]) -> Any:
    """Return the result of a tool, called with the SDK's client."""

    async def talk() -> Any:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=STUCK) as http,
            Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,  # pyright: ignore
        ):
            return await client.call_tool(tool, given)

    with ThreadPoolExecutor(1) as other:  # the browser's own loop runs in this thread
        return other.submit(lambda: asyncio.run(talk())).result(STUCK)


def connect(page: Page) -> str:
    page.get_by_role("button", name="Connect agent").first.click()
    form = page.get_by_role("dialog")
    form.get_by_role("textbox", name="Name").fill("Briefing on my laptop")
    form.get_by_role("button", name=re.compile("propose", re.IGNORECASE)).click()
    form.get_by_role("button", name="Connect", exact=True).click()
    token = form.get_by_text(re.compile(r"^sa_[0-9a-f]{12}_[0-9a-f]{64}$"))
    expect(token).to_be_visible()
    text = token.inner_text().strip()
    form.get_by_role("button", name="I've copied it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    return text


def test_an_agent_connects_asks_and_proposes_and_its_transcript_is_read_and_its_access_revoked(
    open_as: OpenAs, agents_address: str
) -> None:
    page = open_as("agents", person="Jonas", at=agents_address)
    title(page, "Agents")
    token = connect(page)
    answer = call(agents_address, token, "ask", {"question": QUESTION})
    assert not answer.is_error
    assert re.fullmatch(r"R(-[0-9A-Z]{4}){3}", answer.structured_content["receipt"])
    refused = call(agents_address, token, "ask", {"question": QUESTION | {"by": ["markett"]}})
    assert refused.is_error
    assert refused.structured_content["code"] == "unknown_name"
    repair = refused.structured_content["repairs"][0]["question"]
    repaired = call(agents_address, token, "ask", {"question": repair})
    assert repaired.structured_content["rows"] == answer.structured_content["rows"]
    assert repaired.structured_content["receipt"] == answer.structured_content["receipt"]
    watched = {"question": {"metrics": ["net_revenue"]}, "details": {"above": 1}}
    proposed = call(agents_address, token, "propose", {"kind": "alert", "name": "Revenue is high"} | watched)
    assert proposed.structured_content["state"] == "waiting"

    approvals = open_as(f"agents?proposal={proposed.structured_content['proposal']}", person="Jonas", at=agents_address)
    expect(approvals.get_by_text("Briefing on my laptop").first).to_be_visible()
    assert violations(approvals) == []
    check_page_on_every_screen(approvals)
    approvals.get_by_role("button", name=re.compile("^Approve")).first.click()
    wait_until_idle(approvals)
    expect(approvals.get_by_text("Nothing to approve")).to_be_visible()
    alerts = open_as("alerts", person="Jonas", at=agents_address)
    expect(alerts.get_by_text("Revenue is high").first).to_be_visible()

    transcript = open_as(f"agents?transcript={token.split('_')[1]}", person="Jonas", at=agents_address)
    receipt = answer.structured_content["receipt"]
    expect(transcript.locator(f"a[href*='{receipt}']").first).to_be_visible()
    assert violations(transcript) == []

    page.reload()
    page.get_by_role("button", name=re.compile("^Revoke")).first.click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Revoke")).click()
    expect(page.get_by_text("Revoked").first).to_be_visible()
    said = httpx2.post(f"{agents_address}/mcp", headers={"Authorization": f"Bearer {token}"}, json={}, timeout=STUCK)
    assert said.status_code == 401
    assert "revoked" in said.json()["reason"]
