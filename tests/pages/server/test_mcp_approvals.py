"""Approving in the client: it opens the proposal's page, the person decides there, and the call runs once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError, UrlElicitationRequiredError
from mcp_types import ElicitResult, InputRequiredResult

from pages.server import api, mcp_server
from pages.server.turns import WAIT_SECONDS
from semantic.agents.deciding import approve, deny, proposals_for
from semantic.api import protocol
from semantic.services.alerts.work import AlertWork
from semantic.store.agents.agents import NewAgent, connect_agent, end_agent
from semantic.store.agents.proposals import Grant, find_proposal
from tests.pages.api_world import ANA, World, bearer, open_world
from tests.pages.server.test_mcp import NEW, OLD, ByHand
from tests.waiting import STUCK

pytestmark = pytest.mark.server
BY_BUYER = {"question": {"metrics": ["revenue"], "by": ["buyer"]}}
OWN = "SELECT buyer, sum(amount) FROM orders GROUP BY buyer ORDER BY 2 DESC"
LOW = {"kind": "alert", "name": "Low", "question": {"metrics": ["revenue"]}, "details": {"below": 5}}

Opened = Callable[[str], Awaitable[ElicitResult]]


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world"), address="https://samepage.example.com") as opened:
        yield opened


@pytest.fixture
def agent(world: World) -> str:
    return connected(world)


def connected(world: World, name: str = "Robin") -> str:
    live = world.live
    wanted = NewAgent(
        name=name, client="other", until=live.store.now() + timedelta(days=9), scopes=frozenset({"ask", "propose"})
    )
    with live.store.write() as transaction:
        return connect_agent(transaction, live.keys, wanted, ANA)[1]


def talked(world: World, token: str, mode: str, opened: Opened | None, talk: Callable[[Client], Awaitable[Any]]) -> Any:
    """Return the result of `talk`. `opened` gets the address of each page that the client is asked to open."""

    async def opens(context: object, params: Any) -> ElicitResult:
        del context
        assert (opened is not None, params.mode) == (True, "url")
        return await opened(params.url)  # pyright: ignore[reportOptionalCall]

    async def run() -> Any:
        url = f"http://127.0.0.1:{world.port}/mcp"
        async with (
            asyncio.timeout(STUCK),
            httpx2.AsyncClient(headers=bearer(token), timeout=STUCK) as http,
            Client(
                streamable_http_client(url, http_client=http), mode=mode,  # pyright: ignore
                elicitation_callback=opens if opened else None,
            ) as client,
        ):  # fmt: skip
            return await talk(client)

    return asyncio.run(run())


def decide(world: World, address: str, grant: Grant | None = "once") -> None:
    """Decide as Ana, on the page at this address. None denies the proposal."""
    place, _, id_ = address.partition("?proposal=")
    assert place == "https://samepage.example.com/agents"
    with world.live.store.read() as connection:
        proposal = find_proposal(connection, world.live.keys, id_)
    assert proposal is not None
    if grant is None:
        deny(world.live, ANA, id_, "Not today")
    else:
        approve(world.live, ANA, id_, proposal.digest, grant=grant)


def states(world: World) -> list[str]:
    return [listed.proposal.state for listed in proposals_for(world.live, ANA)]


def rows(answer: Any) -> list[tuple[str, int]]:
    assert not answer.is_error, answer
    return [(row["buyer"], row["revenue"]) for row in answer.structured_content["rows"]]


def test_the_person_approves_on_the_page_and_the_call_runs_once(world: World, agent: str) -> None:
    pages: list[str] = []

    async def opened(address: str) -> ElicitResult:
        pages.append(address)
        if len(pages) > 1:
            return ElicitResult(action="decline")
        await asyncio.to_thread(decide, world, address)
        return ElicitResult(action="accept")

    async def ask_twice(client: Client) -> list[Any]:
        return [await client.call_tool("ask", BY_BUYER) for _ in range(2)]

    answer, again = talked(world, agent, NEW, opened, ask_twice)
    assert rows(answer) == world.rows(OWN)
    assert len(set(pages)) == 2  # the approval was for one time
    assert again.is_error
    assert again.structured_content["code"] == "needs_approval"
    assert again.structured_content["approval"]["address"] == pages[1]
    assert sorted(states(world)) == ["approved", "pending"]


def test_a_call_whose_page_is_open_waits_for_the_person(
    world: World, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = threading.Semaphore(0)
    state_of_proposal = api.state_of_proposal

    def look(*given: Any) -> Any:
        looks.release()
        return state_of_proposal(*given)

    monkeypatch.setattr(api, "state_of_proposal", look)
    deciding: list[threading.Thread] = []

    def decide_later(address: str) -> None:
        assert looks.acquire(timeout=STUCK)  # the call has come back, and found it undecided
        assert looks.acquire(timeout=STUCK)
        decide(world, address)

    async def opened(address: str) -> ElicitResult:
        # A person's decision takes time in addition to a call's own limit, none of which is left here.
        longest = world.live.settings.timeout_seconds + WAIT_SECONDS
        monkeypatch.setattr(mcp_server, "SETTLING_SECONDS", -2 * longest)
        deciding.append(threading.Thread(target=decide_later, args=(address,)))
        deciding[0].start()
        return ElicitResult(action="accept")

    answer = talked(world, agent, NEW, opened, lambda client: client.call_tool("ask", BY_BUYER))
    assert rows(answer) == world.rows(OWN)


@pytest.mark.parametrize("action", ["accept", "decline", "cancel"])
def test_a_reply_of_the_client_approves_nothing(
    world: World, agent: str, action: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE_SECONDS", 0.0)

    async def opened(address: str) -> ElicitResult:
        del address
        return ElicitResult(action=action, content={"approved": True} if action == "accept" else None)

    answer = talked(world, agent, NEW, opened, lambda client: client.call_tool("ask", BY_BUYER))
    assert (answer.is_error, answer.structured_content["code"]) == (True, "needs_approval")
    assert answer.structured_content["approval"]["state"] == "waiting"
    assert "rows" not in answer.structured_content
    assert states(world) == ["pending"]


def test_a_denial_reaches_the_agent_with_its_reason(world: World, agent: str) -> None:
    async def opened(address: str) -> ElicitResult:
        await asyncio.to_thread(decide, world, address, None)
        return ElicitResult(action="accept")

    answer = talked(world, agent, NEW, opened, lambda client: client.call_tool("ask", BY_BUYER))
    told = answer.structured_content["approval"]
    assert (answer.is_error, told["state"], told["reason"]) == (True, "denied", "Not today")
    assert states(world) == ["denied"]


def test_a_proposal_is_made_once_and_carried_out_once(world: World, agent: str) -> None:
    async def opened(address: str) -> ElicitResult:
        await asyncio.to_thread(decide, world, address)
        return ElicitResult(action="accept")

    answer = talked(world, agent, NEW, opened, lambda client: client.call_tool("propose", LOW))
    assert not answer.is_error
    assert answer.structured_content["state"] == "approved"
    assert states(world) == ["approved"]
    live = world.live
    assert len(AlertWork(live.store, live.keys, live.workspace(), ANA).mine()) == 1


def test_a_client_with_a_handshake_gets_the_page_and_asks_again(world: World, agent: str) -> None:
    async def never(address: str) -> ElicitResult:
        raise AssertionError(address)

    async def ask_twice(client: Client) -> tuple[UrlElicitationRequiredError, Any]:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("ask", BY_BUYER)
        told = UrlElicitationRequiredError.from_error(caught.value.error)
        await asyncio.to_thread(decide, world, told.elicitations[0].url)
        return told, await client.call_tool("ask", BY_BUYER)

    told, answer = talked(world, agent, "legacy", never, ask_twice)
    assert "approval" in told.error.message
    assert told.elicitations[0].elicitation_id == told.elicitations[0].url.partition("=")[2]
    assert rows(answer) == world.rows(OWN)
    assert states(world) == ["approved"]


def test_a_client_with_a_handshake_gets_a_proposal_as_an_answer(world: World, agent: str) -> None:
    async def never(address: str) -> ElicitResult:
        raise AssertionError(address)

    answer = talked(world, agent, "legacy", never, lambda client: client.call_tool("propose", LOW))
    assert (answer.is_error, answer.structured_content["state"]) == (False, "waiting")


@pytest.mark.parametrize("mode", ["legacy", NEW])
def test_a_client_that_opens_no_pages_gets_the_link(world: World, agent: str, mode: str) -> None:
    answer = talked(world, agent, mode, None, lambda client: client.call_tool("ask", BY_BUYER))
    assert (answer.is_error, answer.structured_content["code"]) == (True, "needs_approval")
    assert answer.structured_content["approval"]["address"].startswith("https://samepage.example.com/agents?proposal=")


def test_earlier_protocol_versions_get_the_link(world: World, agent: str) -> None:
    declared = {"capabilities": {"elicitation": {"url": {}}}, "clientInfo": {"name": "by hand", "version": "1"}}
    for version in ("2025-06-18", OLD):
        client = ByHand(world, agent, version)
        client.send("initialize", {"protocolVersion": version} | declared)  # and its ID isn't sent back
        assert client.call("ask", BY_BUYER)["structuredContent"]["code"] == "needs_approval"


def test_another_agents_proposal_reveals_and_approves_nothing(world: World, agent: str) -> None:
    other = connected(world, "Kim")

    async def opened(address: str) -> ElicitResult:
        raise AssertionError(address)

    async def first(client: Client) -> Any:
        return await client.session.call_tool("ask", BY_BUYER, allow_input_required=True)

    theirs = talked(world, other, NEW, opened, first)
    assert isinstance(theirs, InputRequiredResult)
    (page,) = (theirs.input_requests or {}).values()
    decide(world, page.params.url)  # pyright: ignore

    async def retry(client: Client) -> Any:
        return await client.session.call_tool(
            "ask", BY_BUYER, allow_input_required=True, request_state=theirs.request_state,
            input_responses={"approval": ElicitResult(action="accept")},
        )  # fmt: skip

    mine = talked(world, agent, NEW, opened, retry)
    assert isinstance(mine, InputRequiredResult)  # it has to ask for its own approval
    assert mine.request_state != theirs.request_state
    assert rows(talked(world, other, NEW, opened, retry)) == world.rows(OWN)  # theirs wasn't used up


def test_an_agent_that_is_revoked_while_it_waits_gets_nothing(
    world: World, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, state_of_proposal = world.live, api.state_of_proposal

    def look(*given: Any) -> Any:
        told = state_of_proposal(*given)
        assert told is not None
        assert told["state"] == "approved"
        with live.store.write() as transaction:
            end_agent(transaction, live.keys, agent.split("_")[1], "", ANA)
        return told

    monkeypatch.setattr(api, "state_of_proposal", look)

    async def opened(address: str) -> ElicitResult:
        await asyncio.to_thread(decide, world, address)
        return ElicitResult(action="accept")

    answer = talked(world, agent, NEW, opened, lambda client: client.call_tool("ask", BY_BUYER))
    assert (answer.is_error, answer.structured_content["code"]) == (True, "not_signed_in")
    assert "rows" not in answer.structured_content
