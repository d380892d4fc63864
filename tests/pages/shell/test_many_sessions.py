"""Many sessions at once over the websocket: the same question runs once, and a closed session leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.pages.page import listening_process
from tests.bench.pages.sessions import PEOPLE, Session, ask_counts, open_session, signed_in
from tests.browser.visitor import Browser, running_server, until
from tests.companies import current_company

pytestmark = pytest.mark.server

SESSIONS, CHANGES = 20, 5
CUT_OFF, FILES_OF_A_TAB = 12, 4
NOTHING = {"ExploreState": 0, "Drawn": 0, "Ticket": 0}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A separate server that forgets a closed tab after a second: its port, and the file with its counts."""
    folder = tmp_path_factory.mktemp("company")
    data, out = current_company(tmp_path_factory), folder / "counts.json"
    launcher = ("-m", "tests.bench.pages.counted_server", str(out))
    with running_server(
        folder / "log", launcher=launcher, SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data),
        STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL="1",
    ) as port:  # fmt: skip
        yield port, out


def counted(server: tuple[int, Path]) -> Any:
    return ask_counts(listening_process(server[0]), server[1])


def test_twenty_sessions_run_each_statement_once_and_leave_nothing(server: tuple[int, Path]) -> None:
    jars = [signed_in(server[0], place % PEOPLE) for place in range(SESSIONS)]

    async def play() -> None:
        # All start with the same question at the same moment, and continue in step.
        sessions: list[Session] = await asyncio.gather(*(open_session(server[0], jar, 0) for jar in jars))
        for _ in range(CHANGES):
            await asyncio.gather(*(session.change() for session in sessions))
        there = counted(server)
        assert there["sessions"] >= SESSIONS
        assert there["objects"]["ExploreState"] == SESSIONS
        for session in sessions:
            await session.tab.close()

    asyncio.run(play())
    statements = counted(server)["statements"]
    # A question's rows and how fresh they are, for two policies with rules and one without; and remarks on charts.
    assert len(statements) > 2 * CHANGES
    assert set(statements.values()) == {1}

    def is_empty() -> bool:
        Browser(server[0]).open()  # Streamlit's loop keeps the tabs it served last until someone opens another
        left = counted(server)["objects"]
        return {name: left[name] for name in NOTHING} == NOTHING

    until(is_empty, "every question to end")


def test_disconnected_tabs_are_released_even_if_no_other_tab_closes(server: tuple[int, Path]) -> None:
    process = listening_process(server[0])
    jar, most = signed_in(server[0], 0), 0

    async def play() -> None:
        nonlocal most
        tabs = [await open_session(server[0], jar, place) for place in range(CUT_OFF)]
        assert counted(server)["objects"]["SessionState"] >= CUT_OFF
        most = open_files(process)
        for session in tabs:
            session.tab.transport.abort()

    asyncio.run(play())
    # Streamlit's loop holds the tab it served last until it serves another.
    until(lambda: counted(server)["objects"]["SessionState"] <= 1, "the tabs to be released")
    assert open_files(process) <= most - FILES_OF_A_TAB * (CUT_OFF - 1)


def open_files(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/fd"))
