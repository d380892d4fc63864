"""Slow calls over HTTP: a client that requested progress gets it, and a client that cancels stops the question."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CancelledNotification, CancelledNotificationParams

from semantic.api import protocol
from tests.pages.api_world import JSON, QUESTION, World, bearer, open_world
from tests.pages.server.test_mcp import META, NEW, OLD, OWN
from tests.waiting import STUCK

pytestmark = pytest.mark.server
ENDLESS = {"question": {"metrics": ["pairs"]}}  # takes days
BOTH = "application/json, text/event-stream"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world"), workers=2, timeout_seconds=10 * STUCK) as opened:
        yield opened


@pytest.fixture(scope="module")
def token(world: World) -> str:
    return world.token()[1]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "TELL_SECONDS", 0.01)


@asynccontextmanager
async def client_of(world: World, token: str, mode: str) -> AsyncIterator[Client]:
    async with (
        asyncio.timeout(STUCK),
        httpx2.AsyncClient(headers=bearer(token), timeout=STUCK) as http,
        Client(
            streamable_http_client(f"http://127.0.0.1:{world.port}/mcp", http_client=http),
            mode=mode,  # pyright: ignore[reportArgumentType]
        ) as client,
    ):
        yield client


async def stopped(world: World) -> None:
    runner = world.live.workspace().runner
    while runner._under_way:
        await asyncio.sleep(0.01)


def sent(world: World, token: str, version: str, accept: str, method: str = "tools/call") -> Any:
    """Return the response to a fast question by a client that requested its progress."""
    meta = {"progressToken": "p1"} | (META if version == NEW else {})
    params = {"name": "ask", "arguments": {"question": QUESTION}} if method == "tools/call" else {}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params | {"_meta": meta}}
    headers = bearer(token) | JSON | {"Accept": accept, "MCP-Protocol-Version": version}
    if version == NEW:
        headers |= {"Mcp-Method": method} | ({"Mcp-Name": "ask"} if method == "tools/call" else {})
    return httpx2.post(f"http://127.0.0.1:{world.port}/mcp", json=body, headers=headers, timeout=STUCK)


@pytest.mark.parametrize("mode", ["legacy", NEW])
def test_a_slow_call_reports_progress_and_then_answers(
    world: World, token: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, called = threading.Event(), protocol._called
    told: list[tuple[float, float | None, str | None]] = []

    async def held(*given: Any) -> Any:
        await asyncio.to_thread(heard.wait, STUCK)
        return await called(*given)

    monkeypatch.setattr(protocol, "_called", held)

    async def hears(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))
        if len(told) > 1:
            heard.set()

    async def talk() -> Any:
        async with client_of(world, token, mode) as client:
            return await client.call_tool("ask", {"question": QUESTION}, progress_callback=hears)

    answer = asyncio.run(talk())
    assert [(row["market"], row["revenue"]) for row in answer.structured_content["rows"]] == world.rows(OWN)
    assert {(total, message) for _, total, message in told} == {(None, "Still running.")}
    assert [progress for progress, _, _ in told] == sorted({progress for progress, _, _ in told})


@pytest.mark.parametrize("mode", ["legacy", NEW])
@pytest.mark.parametrize("hears", [True, False])
def test_a_client_that_cancels_stops_the_question_and_can_continue(
    world: World, token: str, mode: str, hears: bool
) -> None:  # fmt: skip
    """The client's connection stays open, and its next call is answered."""

    async def talk() -> Any:
        running = asyncio.Event()

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            del progress, total, message
            running.set()

        async with client_of(world, token, mode) as client:
            callback = hear if hears else None
            asking = asyncio.create_task(client.call_tool("ask", ENDLESS, progress_callback=callback))
            while not world.live.workspace().runner._under_way:
                await asyncio.sleep(0.01)
            if hears:
                await running.wait()
            asking.cancel()
            await asyncio.wait([asking])
            await stopped(world)
            return await client.call_tool("ask", {"question": QUESTION})

    answer = asyncio.run(talk())
    assert [(row["market"], row["revenue"]) for row in answer.structured_content["rows"]] == world.rows(OWN)


@pytest.mark.parametrize("mode", ["legacy", NEW])
def test_a_client_that_leaves_its_stream_stops_the_question(world: World, token: str, mode: str) -> None:
    async def talk() -> None:
        async def leave(progress: float, total: float | None, message: str | None) -> None:
            del progress, total, message
            asking.cancel()

        async def ask() -> None:
            async with client_of(world, token, mode) as client:
                await client.call_tool("ask", ENDLESS, progress_callback=leave)

        asking = asyncio.create_task(ask())
        await asyncio.wait([asking])
        assert asking.cancelled()
        await stopped(world)

    asyncio.run(talk())
    assert world.ask(token).status == 200  # the token's turn is free again


def test_another_client_of_the_token_cancels_nothing(world: World, token: str) -> None:
    """Both clients number their calls from 1."""

    async def talk() -> bool:
        async with client_of(world, token, "legacy") as first, client_of(world, token, "legacy") as second:
            asking = asyncio.create_task(first.call_tool("ask", ENDLESS))
            while not world.live.workspace().runner._under_way:
                await asyncio.sleep(0.01)
            for id_ in range(10):
                await second.session.send_notification(cancelled(id_))
            await second.call_tool("search", {})  # sent after them, and answered
            is_running = not asking.done()
            for id_ in range(10):
                await first.session.send_notification(cancelled(id_))
            with pytest.raises(MCPError, match="cancelled"):
                await asking
            return is_running

    assert asyncio.run(talk())


def cancelled(id_: int) -> Any:
    return CancelledNotification(params=CancelledNotificationParams(request_id=id_))


def test_a_fast_call_is_answered_as_json(world: World, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of an earlier version that requests progress gets a stream, and accepts it."""
    monkeypatch.setattr(protocol, "TELL_SECONDS", STUCK)
    for version, accept, kind in (
        (NEW, BOTH, "application/json"), (NEW, "application/json", "application/json"),
        (OLD, BOTH, "text/event-stream"), (OLD, "application/json", "application/json"),
    ):  # fmt: skip
        response = sent(world, token, version, accept)
        assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, kind)
        assert '"revenue":4' in response.text.replace(" ", "").replace("\\", "")
    listed = sent(world, token, OLD, BOTH, "tools/list")
    assert listed.headers["content-type"] == "application/json"
