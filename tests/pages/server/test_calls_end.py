"""Calls by programs end, even if the tool never finishes or no one reads the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Message, Scope

from pages.server import api, mcp_server
from pages.server.api import Api
from pages.server.mcp_server import Mcp
from pages.server.turns import BUSY, CallRunner
from semantic.api import protocol
from semantic.api.tools.table import TOOLS
from semantic.api.tools.tool import Call, Outcome, ToolInput
from tests.pages.api_world import World, bearer, open_world
from tests.waiting import STUCK

pytestmark = pytest.mark.server
OLD, NEW = "2025-11-25", "2026-07-28"
SOON = 0.2


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as opened:
        yield opened


async def _never(given: ToolInput, call: Call) -> Outcome:
    await asyncio.Event().wait()
    raise AssertionError("It never ends.")


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the tool `search` never finish, and limit a call to a moment."""
    tools = {**TOOLS, "search": replace(TOOLS["search"], run=_never)}
    monkeypatch.setattr(protocol, "TOOLS", tools)
    monkeypatch.setattr(api, "TOOLS", tools)
    monkeypatch.setattr(CallRunner, "longest_call", SOON)


def request(path: str, token: str, body: Any, **more: str) -> tuple[Scope, bytes]:
    content = json.dumps(body).encode()
    named = bearer(token) | {"Content-Type": "application/json"} | more
    headers = [(name.lower().encode(), text.encode()) for name, text in named.items()]
    scope: Scope = {
        "type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers, "scheme": "http",
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    return scope, content


def mcp_call(token: str, version: str, tool: str) -> tuple[Scope, bytes]:
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params: dict[str, Any] = {"name": tool, "arguments": {}} | ({"_meta": meta} if version == NEW else {})
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version}
    headers |= {"Mcp-Method": "tools/call", "Mcp-Name": tool} if version == NEW else {}
    return request("/mcp", token, body, **headers)


async def served(door: Any, scope: Scope, content: bytes, *, is_read: bool = True) -> tuple[int, Any]:
    """Return the status and JSON that a caller gets.

    With `is_read=False`, the caller reads nothing after the status.
    """
    got: dict[str, Any] = {"status": 0, "body": b""}
    waiting = [content]

    async def receive() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        await asyncio.Event().wait()  # still connected
        raise AssertionError("It never ends.")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            got["status"] = message["status"]
            return
        if not is_read:
            await asyncio.Event().wait()
        got["body"] += message.get("body", b"")

    async with asyncio.timeout(STUCK):
        await door(scope, receive, send)
    return got["status"], json.loads(got["body"] or b"null")


def served_by_mcp(world: World, scope: Scope, content: bytes, **how: bool) -> tuple[int, Any, int]:
    """Return the status and JSON that a caller of the MCP server gets, and how many requests are in progress
    afterwards.
    """
    door = Api(world.live)
    server = Mcp(door, world.live.settings)

    async def serve() -> tuple[int, Any]:
        async with server.running():
            return await served(server, scope, content, **how)

    status, body = asyncio.run(serve())
    return status, body, sum(coming.under_way for coming in door.gate._coming.values())


@pytest.mark.usefixtures("endless")
@pytest.mark.parametrize("version", [OLD, NEW])
def test_a_tool_that_never_finishes_is_given_up(world: World, version: str) -> None:
    status, body, under_way = served_by_mcp(world, *mcp_call(world.token()[1], version, "search"))
    assert (status, under_way) == (200, 0)
    assert body["result"]["isError"]
    assert body["result"]["structuredContent"] == {"code": "timed_out", "reason": BUSY, "repairs": []}


@pytest.mark.usefixtures("endless")
def test_a_call_is_given_up_over_http_too(world: World) -> None:
    door = Api(world.live)
    status, body = asyncio.run(served(door, *request("/api/v1/tools/search", world.token()[1], {})))
    assert (status, body["code"]) == (504, "timed_out")
    assert sum(coming.under_way for coming in door.gate._coming.values()) == 0


@pytest.mark.parametrize("version", [OLD, NEW])
def test_an_answer_that_no_one_reads_is_dropped(world: World, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_server, "SEND_SECONDS", SOON)
    call = mcp_call(world.token()[1], version, "search")
    status, body, under_way = served_by_mcp(world, *call, is_read=False)
    assert (status, body, under_way) == (200, None, 0)


@pytest.mark.parametrize("version", [OLD, NEW])
def test_an_answer_that_never_begins_is_refused(world: World, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """This covers anything that the protocol can wait for, besides tools."""

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(CallRunner, "longest_call", SOON)
    monkeypatch.setattr(mcp_server, "SETTLING_SECONDS", 0.0)
    monkeypatch.setattr(Api, "run", never)
    status, body, under_way = served_by_mcp(world, *mcp_call(world.token()[1], version, "search"))
    assert (status, body["code"], under_way) == (504, "timed_out", 0)


def test_a_client_cannot_open_a_stream(world: World) -> None:
    """A subscription of the protocol's second generation would be a stream that never ends."""
    scope, _ = mcp_call(world.token()[1], NEW, "search")
    meta = {"io.modelcontextprotocol/protocolVersion": NEW}
    meta |= {"io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"}}  # pyright: ignore
    meta |= {"io.modelcontextprotocol/clientCapabilities": {}}  # pyright: ignore
    asked = {"_meta": meta, "notifications": {"toolsListChanged": True}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": asked}
    kept = [(name, text) for name, text in scope["headers"] if not name.startswith(b"mcp-n")]
    scope["headers"] = [(name, b"subscriptions/listen" if name == b"mcp-method" else text) for name, text in kept]
    status, answer, under_way = served_by_mcp(world, scope, json.dumps(body).encode())
    assert (status, under_way) == (404, 0)
    assert "error" in answer
