"""The MCP server over HTTP: the SDK's clients of both generations, and a client based only on the specification."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from semantic.api.protocol import ANSWERED, OUR_FAULT, REFUSED
from semantic.api.tools import running
from semantic.api.tools.table import TOOLS
from tests.pages.api_world import JSON, QUESTION, World, bearer, open_world
from tests.waiting import STUCK, until

pytestmark = pytest.mark.server
OWN = "SELECT market, sum(amount) FROM orders WHERE market IN ('DE', 'AT') GROUP BY market ORDER BY 2 DESC, 1"
OLD, NEW = "2025-11-25", "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": NEW,
    "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as opened:
        yield opened


@pytest.fixture(scope="module")
def token(world: World) -> str:
    """A valid token of a marketer of DE and AT."""
    return world.token()[1]


def called_by_sdk(world: World, token: str, mode: str, calls: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """List the tools and call some of them with the SDK's client, and return the results."""

    async def talk() -> list[Any]:
        url = f"http://127.0.0.1:{world.port}/mcp"
        async with (
            httpx2.AsyncClient(headers=bearer(token), timeout=STUCK) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,  # pyright: ignore
        ):
            listed = await client.list_tools()
            return [listed.tools, *[await client.call_tool(name, given) for name, given in calls]]

    return asyncio.run(talk())


class ByHand:
    """A plain HTTP client for one generation of the protocol, based on the specification."""

    def __init__(self, world: World, token: str, version: str) -> None:
        self._world, self._token, self._version, self._id = world, token, version, 0

    def send(self, method: str, params: dict[str, Any] | None = None, *, is_told: bool = False) -> Any:
        self._id += 1
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": self._version}
        given: dict[str, Any] = params or {}
        if self._version == NEW:
            given = given | {"_meta": META}
            headers["Mcp-Method"] = method
            if "name" in given:
                headers["Mcp-Name"] = given["name"]
        if method == "initialize":
            del headers["MCP-Protocol-Version"]
        message |= {"params": given} if given else {}
        message |= {} if is_told else {"id": self._id}
        content = json.dumps(message, ensure_ascii=False).encode()
        reply = self._world.send("POST", "/mcp", content, bearer(self._token) | JSON | headers)
        if is_told:
            assert (reply.status, reply.content) == (202, b"")
            return None
        assert ("mcp-session-id" in reply.headers) is (method == "initialize")  # which this client never sends back
        answer = reply.json()
        assert (answer["jsonrpc"], answer["id"]) == ("2.0", self._id)
        return answer

    def begin(self) -> Any:
        if self._version == NEW:
            return self.send("server/discover")["result"]
        client = {"name": "by hand", "version": "1"}
        asked = {"protocolVersion": self._version, "capabilities": {}, "clientInfo": client}
        result = self.send("initialize", asked)["result"]
        assert result["protocolVersion"] == self._version
        self.send("notifications/initialized", is_told=True)
        return result

    def call(self, name: str, given: dict[str, Any]) -> Any:
        return self.send("tools/call", {"name": name, "arguments": given})["result"]


# Both generations, two clients


@pytest.mark.parametrize("mode", ["legacy", "auto", NEW])
def test_the_sdks_client_works(world: World, token: str, mode: str) -> None:
    asked = ("ask", {"question": QUESTION})
    wrong = ("ask", {"question": {"metrics": ["revenue"], "by": ["rest"]}})
    listed, answer, refused, chart = called_by_sdk(
        world, token, mode, [asked, wrong, ("chart", {"question": QUESTION})]
    )
    assert [tool.name for tool in listed] == [*TOOLS]
    rows = [(row["market"], row["revenue"]) for row in answer.structured_content["rows"]]
    assert rows == world.rows(OWN) == [("AT", 4), ("DE", 3)]
    assert not answer.is_error
    assert answer.content[0].text == ANSWERED
    assert json.loads(answer.content[1].text) == answer.structured_content
    assert refused.is_error
    assert refused.content[0].text == REFUSED
    assert refused.structured_content["code"] == "no_path"
    repairs = [repair["question"] for repair in refused.structured_content["repairs"]]
    assert {"v": 1, "metrics": ["revenue"], "by": ["market"]} in repairs
    assert [part.type for part in chart.content] == ["text", "text", "image"]


@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18", OLD, NEW])
def test_a_client_written_from_the_specification_works(world: World, token: str, version: str) -> None:
    client = ByHand(world, token, version)
    begun = client.begin()
    assert begun["capabilities"]["tools"] is not None
    assert "data" in begun["instructions"]
    listed = client.send("tools/list")["result"]["tools"]
    assert [tool["name"] for tool in listed] == [*TOOLS]
    assert all(tool["inputSchema"]["type"] == tool["outputSchema"]["type"] == "object" for tool in listed)
    answer = client.call("ask", {"question": QUESTION})
    assert [(row["market"], row["revenue"]) for row in answer["structuredContent"]["rows"]] == world.rows(OWN)
    assert answer["structuredContent"]["scope"] == "Scope: DE, AT"
    (ask,) = [tool for tool in listed if tool["name"] == "ask"]
    jsonschema.validate(answer["structuredContent"], ask["outputSchema"])
    jsonschema.validate({"question": QUESTION}, ask["inputSchema"])
    refused = client.call("ask", {"question": {"metrics": ["costs"]}})  # hidden from a marketer
    missing = client.call("ask", {"question": {"metrics": ["coats"]}})
    assert refused["isError"]
    assert refused["structuredContent"]["code"] == "unknown_name"
    said = json.dumps(missing).replace("coats", "costs")
    assert json.loads(said) == refused
    assert client.send("tools/call", {"name": "sql", "arguments": {}})["error"]["code"] == -32602
    assert "error" in client.send("resources/list")


def test_a_missing_value_stays_null(world: World) -> None:
    steward = world.token(role="steward", attributes={})[1]
    for version in (OLD, NEW):
        answer = ByHand(world, steward, version).call("ask", {"question": QUESTION})
        assert {"market": None, "revenue": 32, "bucket": "none"} in answer["structuredContent"]["rows"]
        assert "sql" in answer["structuredContent"]


def test_only_stewards_get_sql(world: World, token: str) -> None:
    assert "sql" not in ByHand(world, token, NEW).call("ask", {"question": QUESTION})["structuredContent"]


def test_a_service_token_cannot_propose(world: World, token: str) -> None:
    for tool, given in (("request", {"words": "Bounces"}), ("propose", {"kind": "alert", "name": "x"})):
        refused = ByHand(world, token, NEW).call(tool, given)
        assert (refused["isError"], refused["structuredContent"]["code"]) == (True, "not_allowed")
        reply = world.ask(token, given, path=f"/api/v1/tools/{tool}")
        assert (reply.status, reply.code) == (403, "not_allowed")


# Who may call


def test_the_metadata_say_where_to_sign_in(world: World) -> None:
    bare = world.send("POST", "/mcp", b"{}", JSON)
    wrong = world.send("POST", "/mcp", b"{}", JSON | bearer("sp_3f9c5a1be207_" + "a" * 43))
    metadata = f"http://127.0.0.1:{world.port}/.well-known/oauth-protected-resource/mcp"
    assert (bare.status, bare.headers["www-authenticate"]) == (401, f'Bearer resource_metadata="{metadata}"')
    assert wrong.status == 401
    assert wrong.headers["www-authenticate"] == f'Bearer error="invalid_token", resource_metadata="{metadata}"'
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
        told = world.send("GET", path)
        assert told.status == 200
        assert told.json()["resource"] == f"http://127.0.0.1:{world.port}/mcp"
        assert told.json()["bearer_methods_supported"] == ["header"]


def test_a_revoked_token_is_refused_at_once(world: World) -> None:
    text = world.token()[1]
    assert ByHand(world, text, NEW).call("search", {})["isError"] is False
    world.gate.end_published(text)
    reply = world.send("POST", "/mcp", b"{}", JSON | bearer(text))
    assert (reply.status, reply.code) == (401, "not_signed_in")


def test_a_token_in_the_address_is_revoked(world: World) -> None:
    text = world.token()[1]
    assert world.send("POST", f"/mcp?token={text}", b"{}", JSON).code == "token_in_address"
    assert world.send("POST", "/mcp", b"{}", JSON | bearer(text)).status == 401


def test_a_page_of_another_site_cannot_call_tools(world: World, token: str) -> None:
    foreign = {"Origin": "https://evil.example"}
    assert world.send("POST", "/mcp", b"{}", JSON | bearer(token) | foreign).status == 403
    own = {"Origin": f"http://127.0.0.1:{world.port}", "Host": f"127.0.0.1:{world.port}"}
    assert world.send("POST", "/mcp", b"{}", JSON | bearer(token) | own).status != 403


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_only_post_requests_are_answered(world: World, token: str, method: str) -> None:
    reply = world.send(method, "/mcp", None, bearer(token))
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert world.send(method, "/mcp").status == 401


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b'{"a":' * 50 + b"1" + b"}" * 50, 400),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/list","x":"' + b"a" * 70_000 + b'"}', 413),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\\u0000"}}', 400),
        (b'[{"jsonrpc":"2.0","id":1,"method":"tools/list"},{"jsonrpc":"2.0","id":2,"method":"tools/list"}]', 400),
        (b'{"jsonrpc":"2.0","id":1}', 400),
        (b'{"jsonrpc":"2.0","id":[1],"method":"tools/list"}', 400),
        (b'"tools/list"', 400),
    ],
)  # fmt: skip
def test_bodies_have_the_same_limits_as_in_the_api(world: World, token: str, content: bytes, status: int) -> None:
    reply = world.send("POST", "/mcp", content, JSON | bearer(token) | {"Accept": "application/json"})
    assert reply.status == status
    assert not [word for word in ("Traceback", ".py", "pydantic") if word in reply.content.decode()]


def test_texts_that_are_not_ascii_are_measured_as_sent(world: World, token: str) -> None:
    where = {"dim": "market", "op": "in", "values": ["Ö" * 20_000]}  # 40 KB, and 120 KB once escaped
    result = ByHand(world, token, NEW).send(
        "tools/call", {"name": "check", "arguments": {"question": QUESTION | {"where": where}}}
    )
    assert "result" in result


# Bugs, and callers who leave


def test_a_bug_reveals_nothing(world: World, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("a secret of ours")

    monkeypatch.setattr(running, "read_input", fails)
    for version in (OLD, NEW):
        error = ByHand(world, token, version).send("tools/call", {"name": "ask", "arguments": {}})["error"]
        assert error == {"code": -32603, "message": OUR_FAULT}


def test_a_question_stops_when_its_caller_leaves(tmp_path: Path) -> None:
    """The table takes days to count."""
    with open_world(tmp_path, workers=2) as slow:
        token = slow.token()[1]
        runner = slow.live.workspace().runner
        for version in (OLD, NEW):
            body = {
                "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": {"name": "ask", "arguments": {"question": {"metrics": ["pairs"]}}}
                | ({"_meta": META} if version == NEW else {}),
            }  # fmt: skip
            headers = bearer(token) | {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version}
            headers |= {"Mcp-Method": "tools/call", "Mcp-Name": "ask"} if version == NEW else {}

            async def ask_and_leave(body: Any = body, headers: Any = headers) -> None:
                async with httpx2.AsyncClient() as http:
                    asking = asyncio.create_task(
                        http.post(f"http://127.0.0.1:{slow.port}/mcp", json=body, headers=headers, timeout=STUCK)
                    )
                    while not runner._under_way:
                        await asyncio.sleep(0.01)
                    asking.cancel()

            asyncio.run(ask_and_leave())
            until(lambda: not runner._under_way, "the question to stop")
            assert slow.ask(token).status == 200  # the token's turn is free again


def test_many_calls_at_once_each_get_their_own_answer(world: World) -> None:
    tokens = {market: world.token(attributes={"markets": (market,)}, name=market)[1] for market in ("DE", "AT", "FR")}
    sums = dict(world.rows("SELECT market, sum(amount) FROM orders GROUP BY market"))
    wrong: list[object] = []

    def ask(market: str) -> None:
        for _ in range(5):
            rows = ByHand(world, tokens[market], NEW).call("ask", {"question": QUESTION})["structuredContent"]["rows"]
            if rows != [{"market": market, "revenue": sums[market], "bucket": "member"}]:
                wrong.append((market, rows))

    threads = [threading.Thread(target=ask, args=(market,)) for market in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(STUCK)
    assert not wrong
