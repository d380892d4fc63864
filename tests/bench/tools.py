"""Measure what an agent's call over MCP costs, compared with the same call in process and with the answer alone, and
read the set of questions over MCP: python -m tests.bench.tools DATA.

DATA is a demo company's file. Each question of the tests' set is read and asked once over MCP and once in process, in
turn, over two copies of the file, so that neither finds the other's answer in a cache. Then each is asked again, and
the cache answers: over MCP; by an agent in process, with the same admission, budgets, transcript and JSON; and as the
answer alone, as a page gets it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from unittest.mock import patch

import uvicorn
from starlette.applications import Starlette

from pages.server.api import Api
from pages.server.mcp_server import Mcp
from semantic.api import auth
from semantic.api.hooks import gate_of, hooks_of
from semantic.api.tools.running import run_now
from semantic.api.tools.tool import Call
from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.services.process import Live
from semantic.store.agents.agents import MOST_LIMIT, Limits, NewAgent, connect_agent, limit_agent
from tests.bench.table import head, line
from tests.semantic.reading.test_questions import QUESTIONS
from tests.waiting import STUCK, until

AGAIN = 5
"""The number of times that each question is asked again."""
VERSION = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def opened(data: Path, folder: Path) -> Live:
    folder.mkdir()
    copy = folder / "company.duckdb"
    shutil.copyfile(data, copy)
    return Live.open(Settings(
        data=str(copy), model=MARKETING_MODEL, mask_key="a key of the tests", store=str(folder / "store.sqlite"),
        audit_key_file=folder / "audit.key", demo=True,
    ))  # fmt: skip


@contextmanager
def served(live: Live) -> Iterator[int]:
    """Serve a company over MCP until the block ends, and yield the port."""
    mcp = Mcp(Api(live), live.settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with mcp.running():
            yield

    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=mcp.routes(), lifespan=lifespan), port=0, log_config=None, timeout_keep_alive=int(STUCK)
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, "the server to start")
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(STUCK)


def main(arguments: list[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", type=Path)
    data: Path = options.parse_args(arguments).data
    with tempfile.TemporaryDirectory() as folder:
        here, there = opened(data, Path(folder) / "here"), opened(data, Path(folder) / "there")
        try:
            with served(there) as port:
                measure(here, there, port)
        finally:
            here.close()
            there.close()


def connected(live: Live) -> str:
    """Return the token of an agent of Ana's that no daily limit stops."""
    ana, otto = (live.workspace().people[name] for name in ("ana", "otto"))
    wanted = NewAgent(name="Bench", client="other", until=live.store.now() + timedelta(days=3))
    limits = Limits(calls=MOST_LIMIT, cost=MOST_LIMIT, cells=MOST_LIMIT, refused=MOST_LIMIT)
    with live.store.write() as transaction:
        agent, token = connect_agent(transaction, live.keys, wanted, ana)
        limit_agent(transaction, live.keys, agent.number, limits, otto)
    return token


def measure(here: Live, there: Live, port: int) -> None:
    token, gate = connected(there), gate_of(here)
    own, hooks = connected(here), hooks_of(here, gate)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=STUCK)
    client.connect()
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def over_mcp(tool: str, given: dict[str, Any]) -> Any:
        headers = {
            "Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json", "MCP-Protocol-Version": VERSION, "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        }  # fmt: skip
        params = {"name": tool, "arguments": given, "_meta": META}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        client.request("POST", "/mcp", json.dumps(body).encode(), headers)
        return json.loads(client.getresponse().read())["result"]

    def by_agent(tool: str, given: dict[str, Any]) -> Any:
        actor = gate.admit(own, "ask")
        try:
            call = Call(live=here, actor=actor, workspace=here.workspace(), hooks=hooks)
            return json.loads(json.dumps(run_now(tool, given, call).data))
        finally:
            gate.leave(actor)

    def alone(tool: str, given: dict[str, Any]) -> Any:
        workspace = here.workspace()
        call = Call(live=here, actor=workspace.people["ana"], workspace=workspace)
        return json.loads(json.dumps(run_now(tool, given, call).data))

    with patch.object(auth, "AGENT_A_MINUTE", MOST_LIMIT):
        for ask in (over_mcp, by_agent):  # the names are read once
            ask("read", {"words": "revenue by channel last month"})
        questions = words(over_mcp, by_agent)
        fresh = [timed(question, over_mcp, by_agent) for question in questions]
        cached = [timed(question, over_mcp, by_agent, alone) for question in questions for _ in range(AGAIN)]
    client.close()
    say("new questions", fresh)
    say("questions in the cache", cached)


def say(name: str, times: list[list[float]]) -> None:
    """Print the times over MCP, of an agent in process and of the answer alone, and their ratios."""
    for measured, of in (("median", median), ("p95", p95)):
        mcp, *others = (of(column) for column in zip(*times, strict=True))
        for other, against in zip(others, ("the same call in process", "the answer alone"), strict=False):
            said = f"{mcp:.1f} ms over MCP, {other:.1f} ms for {against}"
            line(f"{name}, {measured}, times {against}", f"{mcp / other:.2f}", said)


def words(over_mcp: Any, in_process: Any) -> list[Any]:
    """Read the set of questions both ways, print how many get the same reading, and return its questions."""
    head("Tools over MCP, next to the same answers in process")
    questions = list[Any]()
    same = 0
    for text, _ in QUESTIONS:
        mine, theirs = (ask("read", {"words": text}) for ask in (over_mcp, in_process))
        is_same = {**mine["structuredContent"], "link": None} == {**theirs, "link": None}
        same += is_same
        if theirs["question"] is not None and theirs["question"] not in questions:
            questions.append(theirs["question"])
    line("words read the same over MCP", f"{same} of {len(QUESTIONS)}", f"{len(questions)} different questions")
    return questions


def timed(question: Any, *asks: Callable[[str, dict[str, Any]], Any]) -> list[float]:
    """Return the milliseconds that each way to ask takes. Raises AssertionError if the rows differ."""
    times, rows = list[float](), list[Any]()
    for ask in asks:
        began = perf_counter()
        found = ask("ask", {"question": question})
        times.append((perf_counter() - began) * 1000)
        rows.append(found.get("structuredContent", found).get("rows"))
    assert all(each == rows[0] for each in rows), question
    return times


def p95(times: Iterable[float]) -> float:
    return quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
