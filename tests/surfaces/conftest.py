"""Fixtures for tests of surfaces: a small company with every surface, the answers to the fixed questions, and a board
of them.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from pages.server.api import Api, keep_tokens_out_of_logs
from pages.server.mcp_server import Mcp
from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.results.result import Result
from semantic.services.process import Live
from semantic.workspace import Workspace
from tests.companies import shared_company
from tests.surfaces.questions import questions
from tests.waiting import STUCK, until

TODAY = date(2026, 7, 1)


@dataclass(frozen=True, slots=True)
class Opened:
    """The opened company: its file, the workspace over it, and the port of its HTTP API and MCP server."""

    file: Path
    live: Live
    workspace: Workspace
    steward: Actor
    visible: VisibleModel
    port: int


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company's file, which tests read with their own SQL. The engine opens a copy."""
    return shared_company(tmp_path_factory) / "company.duckdb"


@pytest.fixture(scope="session")
def opened(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("opened")
    file = folder / "company.duckdb"
    file.write_bytes(built.read_bytes())
    live = Live.open(
        Settings(
            data=str(file), model=MARKETING_MODEL, mask_key="a key of the tests", store=str(folder / "store.sqlite"),
            audit_key_file=folder / "audit.key", demo=True,
        )
    )  # fmt: skip
    keep_tokens_out_of_logs()
    api = Api(live)
    mcp = Mcp(api, live.settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with mcp.running():
            yield

    app = Starlette(routes=[Route("/api/{rest:path}", api), *mcp.routes()], lifespan=lifespan)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started or not thread.is_alive(), "the server to start")
    assert thread.is_alive()
    workspace = live.workspace()
    steward = workspace.people["ana"]
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Opened(file, live, workspace, steward, workspace.visible(steward), port)
    server.should_exit = True
    thread.join(STUCK)
    live.close()


@pytest.fixture(scope="session")
def answers(opened: Opened) -> list[Result]:
    """The answers to the fixed list of questions, for the steward."""
    asked = questions(lambda query: opened.workspace.preflight(query, opened.steward, today=TODAY).ok)
    return [opened.workspace.ask(question, opened.steward, today=TODAY) for question in asked]


@pytest.fixture(scope="session")
def company(built: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The company's tables, for hand-written SQL."""
    connection = duckdb.connect(built, read_only=True)
    yield connection
    connection.close()
