"""What a call over MCP costs, next to the same answer in process, and the words set through MCP:
python -m tests.bench.tools DATA.

DATA is a demo company's file. Each question of the tests' words is read and asked once over MCP and once in process, in
turn, over two copies of the file, so that neither finds the other's answer in a cache. Then each is asked again, which
the cache answers.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from types import MappingProxyType
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from pages.server.api import Api
from pages.server.mcp_server import Mcp
from semantic.api.tools.running import run_now
from semantic.api.tools.tool import Call
from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.services.process import Live
from semantic.store.accounts.service_tokens import Grant, make_token
from tests.bench.table import head, line
from tests.semantic.reading.test_questions import QUESTIONS
from tests.waiting import STUCK, until

MOST_TIMES = 1.5
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
    """The port of the MCP server over a company."""
    mcp = Mcp(Api(live), live.settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with mcp.running():
            yield

    server = uvicorn.Server(uvicorn.Config(Starlette(routes=mcp.routes(), lifespan=lifespan), port=0, log_config=None))
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


def measure(here: Live, there: Live, port: int) -> None:
    workspace = here.workspace()
    call = Call(live=here, actor=workspace.people["ana"], workspace=workspace)
    grant = Grant(
        name="Bench", purpose="Bench", until=there.store.now() + timedelta(days=3), role="steward",
        scopes=frozenset({"ask"}), attributes=MappingProxyType({}), a_minute=6_000,
    )  # fmt: skip
    otto, ana = (there.workspace().people[name] for name in ("otto", "ana"))
    with there.store.write() as transaction:
        token = make_token(transaction, there.keys, grant, otto, owner=ana)[1]
    with httpx.Client(timeout=STUCK) as http:

        def over_mcp(tool: str, given: dict[str, Any]) -> Any:
            headers = {
                "Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": VERSION, "Mcp-Method": "tools/call", "Mcp-Name": tool,
            }  # fmt: skip
            params = {"name": tool, "arguments": given, "_meta": META}
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            return http.post(f"http://127.0.0.1:{port}/mcp", json=body, headers=headers).json()["result"]

        def in_process(tool: str, given: dict[str, Any]) -> Any:
            return json.loads(json.dumps(run_now(tool, given, call).data))

        for ask in (over_mcp, in_process):  # the names are read once
            ask("read", {"words": "revenue by channel last month"})
        questions = words(over_mcp, in_process)
        fresh = [timed(over_mcp, in_process, question) for question in questions]
        cached = [timed(over_mcp, in_process, question) for question in questions]
    for name, times in (("new questions", fresh), ("questions in the cache", cached)):
        mine, theirs = p95([each[0] for each in times]), p95([each[1] for each in times])
        line(f"{name}, p95 over MCP", f"{mine:.1f} ms", f"{theirs:.1f} ms in process")
        line(f"{name}, times", f"{mine / theirs:.2f}", f"at most {MOST_TIMES} for new questions")


def words(over_mcp: Any, in_process: Any) -> list[Any]:
    """Read the words set both ways, say how many are read the same, and return its questions."""
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


def timed(over_mcp: Any, in_process: Any, question: Any) -> tuple[float, float]:
    """Milliseconds over MCP and in process. Raises AssertionError if the rows differ."""
    times, rows = list[float](), list[Any]()
    for ask in (over_mcp, in_process):
        began = perf_counter()
        found = ask("ask", {"question": question})
        times.append((perf_counter() - began) * 1000)
        rows.append(found.get("structuredContent", found).get("rows"))
    assert rows[0] == rows[1], question
    return times[0], times[1]


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
