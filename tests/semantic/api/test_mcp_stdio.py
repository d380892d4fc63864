"""The command `mcp`: the tools over standard input and output, with an agent's token and with a service token."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError, UrlElicitationRequiredError
from mcp_types import ElicitResult

from semantic.agents.deciding import approve, proposals_for
from semantic.config.settings import Settings
from semantic.services.process import Live
from semantic.store.accounts.service_tokens import make_token
from semantic.store.agents.agents import NewAgent, connect_agent, end_agent
from tests.pages.api_world import ANA, OTTO, QUESTION, build, granted
from tests.waiting import STUCK

ROOT = str(Path(__file__).parents[3])


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """The environment of a process over a company in an empty folder."""
    data = build(tmp_path, pairs_with=10)
    given = {
        "SAMEPAGE_DATA": str(data), "SAMEPAGE_MODEL": str(tmp_path / "model"), "SAMEPAGE_DEMO": "1",
        "SAMEPAGE_STORE": str(tmp_path / "store.sqlite"), "SAMEPAGE_AUDIT_KEY_FILE": str(tmp_path / "audit.key"),
        "SAMEPAGE_MASK_KEY": "a key of the tests", "SAMEPAGE_ADDRESS": "https://samepage.example.com",
    }  # fmt: skip
    return {name: value for name, value in os.environ.items() if not name.startswith("SAMEPAGE_")} | given


def open_live(place: dict[str, str]) -> Live:
    return Live.open(
        Settings(
            data=place["SAMEPAGE_DATA"], model=Path(place["SAMEPAGE_MODEL"]), mask_key=place["SAMEPAGE_MASK_KEY"],
            store=place["SAMEPAGE_STORE"], audit_key_file=Path(place["SAMEPAGE_AUDIT_KEY_FILE"]), demo=True,
        )
    )  # fmt: skip


@asynccontextmanager
async def client_of(place: dict[str, str], token: str, mode: str, opened: Any = None) -> AsyncIterator[Client]:
    """Run the SDK's client of a separate process, and yield it.

    `opened` is called with each page that the client should open.
    """
    process = StdioServerParameters(
        command=sys.executable, args=["-m", "semantic", "mcp"], env=place | {"SAMEPAGE_TOKEN": token}, cwd=ROOT
    )

    async def opens(context: object, params: Any) -> ElicitResult:
        del context
        await asyncio.to_thread(opened, params.url)
        return ElicitResult(action="accept")

    async with (
        asyncio.timeout(STUCK),
        Client(
            stdio_client(process), mode=mode,  # pyright: ignore[reportArgumentType]
            elicitation_callback=opens if opened is not None else None,
        ) as client,
    ):  # fmt: skip
        yield client


def asked(place: dict[str, str], token: str, mode: str = "auto") -> Any:
    """Return what the SDK's client gets from a separate process."""

    async def talk() -> Any:
        async with client_of(place, token, mode) as client:
            return await client.call_tool("ask", {"question": QUESTION})

    return asyncio.run(talk())


def rows(answer: Any) -> list[tuple[str, int]]:
    assert not answer.is_error, answer
    return [(row["market"], row["revenue"]) for row in answer.structured_content["rows"]]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_service_token_gets_its_rows(place: dict[str, str], mode: str) -> None:
    live = open_live(place)
    with live.store.write() as transaction:
        _, token = make_token(transaction, live.keys, granted(live.store.now()), OTTO)
    live.close()
    assert rows(asked(place, token, mode)) == [("AT", 4), ("DE", 3)]


def test_an_agent_gets_its_persons_rows_until_it_is_revoked(place: dict[str, str]) -> None:
    live = open_live(place)
    wanted = NewAgent(
        name="Briefing", client="other", scopes=frozenset({"ask"}), until=live.store.now() + timedelta(days=30)
    )
    with live.store.write() as transaction:
        agent, token = connect_agent(transaction, live.keys, wanted, ANA)
    live.close()
    assert rows(asked(place, token)) == [(None, 32), ("FR", 24), ("AT", 4), ("DE", 3)]
    live = open_live(place)
    with live.store.write() as transaction:
        end_agent(transaction, live.keys, agent.number, "", ANA)
    live.close()
    assert "revoked" in refused(place | {"SAMEPAGE_TOKEN": token})


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_person_approves_on_the_page_and_the_call_is_answered(place: dict[str, str], mode: str) -> None:
    live, token = connected(place)
    pages: list[str] = []

    def approve_it(address: str) -> None:
        pages.append(address)
        (listed,) = proposals_for(live, ANA)
        assert address == f"https://samepage.example.com/agents?proposal={listed.proposal.id}"
        approve(live, ANA, listed.proposal.id, listed.proposal.digest)

    async def talk() -> Any:
        given = {"question": {"metrics": ["revenue"], "by": ["buyer"], "limit": 1}}
        async with client_of(place, token, mode, approve_it) as client:
            if mode == "auto":
                return await client.call_tool("ask", given)
            with pytest.raises(MCPError) as caught:
                await client.call_tool("ask", given)
            (page,) = UrlElicitationRequiredError.from_error(caught.value.error).elicitations
            await asyncio.to_thread(approve_it, page.url)
            return await client.call_tool("ask", given)

    answer = asyncio.run(talk())
    assert not answer.is_error, answer
    assert len(pages) == 1
    assert len(answer.structured_content["rows"]) == 1
    (listed,) = proposals_for(live, ANA)
    assert listed.proposal.used_at is not None
    live.close()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_slow_call_reports_progress_and_stops_when_cancelled(
    tmp_path: Path, place: dict[str, str], mode: str
) -> None:
    """The process has one worker, so it answers the second question only if the first has stopped."""
    (tmp_path / "slow").mkdir()
    slow = place | {"SAMEPAGE_DATA": str(build(tmp_path / "slow")), "SAMEPAGE_WORKERS": "1"}
    live, token = connected(slow | {"SAMEPAGE_TIMEOUT_SECONDS": "3600"})
    live.close()

    async def talk() -> tuple[float, Any]:
        told = asyncio.Queue[float]()

        async def hears(progress: float, total: float | None, message: str | None) -> None:
            del total, message
            await told.put(progress)

        async with client_of(slow | {"SAMEPAGE_TIMEOUT_SECONDS": "3600"}, token, mode) as client:
            endless = {"question": {"metrics": ["pairs"]}}
            asking = asyncio.create_task(client.call_tool("ask", endless, progress_callback=hears))
            progress = await told.get()
            asking.cancel()
            await asyncio.wait([asking])
            return progress, await client.call_tool("ask", {"question": QUESTION})

    progress, answer = asyncio.run(talk())
    assert progress > 0
    assert rows(answer) == [(None, 32), ("FR", 24), ("AT", 4), ("DE", 3)]


def test_the_command_ends_with_its_input_even_if_a_call_is_running(tmp_path: Path, place: dict[str, str]) -> None:
    (tmp_path / "slow").mkdir()
    slow = place | {"SAMEPAGE_DATA": str(build(tmp_path / "slow")), "SAMEPAGE_TIMEOUT_SECONDS": "3600"}
    live, token = connected(slow)
    live.close()
    client = {"name": "by hand", "version": "1"}
    asked = {"name": "ask", "arguments": {"question": {"metrics": ["pairs"]}}, "_meta": {"progressToken": 1}}
    begun = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": begun},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": asked},
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "semantic", "mcp"], env=slow | {"SAMEPAGE_TOKEN": token}, cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for message in messages:
            process.stdin.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
        process.stdin.flush()
        told = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert [each.get("method") for each in told] == [None, "notifications/progress"]
        process.stdin.close()
        assert process.wait(STUCK) == 0


def connected(place: dict[str, str]) -> tuple[Live, str]:
    """Return the open company, and the token of an agent of Ana's."""
    live = open_live(place)
    wanted = NewAgent(
        name="Briefing", client="other", scopes=frozenset({"ask"}), until=live.store.now() + timedelta(days=30)
    )
    with live.store.write() as transaction:
        _, token = connect_agent(transaction, live.keys, wanted, ANA)
    return live, token


def test_without_a_token_the_command_says_what_to_do(place: dict[str, str]) -> None:
    assert "connect the agent under Agents" in refused(place)


def refused(place: dict[str, str]) -> str:
    """Return the reason why the command exits at once."""
    ended = subprocess.run(
        [sys.executable, "-m", "semantic", "mcp"], env=place, cwd=ROOT, input="", capture_output=True, text=True,
        timeout=STUCK, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (1, "")
    return ended.stderr
