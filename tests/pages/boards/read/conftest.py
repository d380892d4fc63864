"""Boards opened by a person, who can change between two runs, and tiles over a copy of the small shop."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once, session
from semantic.boards.board import BoardState, Row, Tab, Tile
from semantic.display.boards.shown import TileShown
from semantic.policy.actor import Actor
from semantic.query.query import Period
from semantic.workspace import Workspace
from tests.pages.board_world import (
    World,
)
from tests.pages.boards.read.opened import (
    NOTHING_SET,
    PAGE,
    Board,
    Engine,
    Open,
)
from tests.pages.conftest import OpensWhenAsked
from tests.shop import ShopWorkspace, open_shop
from tests.waiting import STUCK

ORDER = "'o14', 'u1', 'c1', 'DE', 'DE', 'mobile', '2026-04-10 10:00:00+00', '2026-04-10', 7, false"


@pytest.fixture
def world(
    workspace: Workspace, store: OpensWhenAsked, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    world = World(workspace, store, steward)
    monkeypatch.setattr(session, "_actor", lambda cookie, running: world.asks)
    monkeypatch.setattr(session, "workspace", lambda: workspace)
    monkeypatch.setattr(session, "cookies", dict)
    yield world
    once.forget()


@pytest.fixture
def shop(shop_file: Path, tmp_path: Path) -> Iterator[ShopWorkspace]:
    opened = open_shop(shutil.copyfile(shop_file, tmp_path / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture
def engine(shop: ShopWorkspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = Engine(shop, monkeypatch)
    yield engine
    engine.release()


@pytest.fixture
def publish(shop_file: Path, tmp_path: Path) -> Callable[[], None]:
    """Publishes the same shop with one more order."""

    def put() -> None:
        newer = shutil.copyfile(shop_file, tmp_path / "next.duckdb")
        with duckdb.connect(newer) as connection:
            connection.execute(f"INSERT INTO orders VALUES ({ORDER})")
        os.replace(newer, tmp_path / "shop.duckdb")

    return put


@pytest.fixture
def board(shop: ShopWorkspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a board of these tiles as a person, with these settings."""

    def open_board(
        *tiles: Tile, person: str | Actor = "steward", state: BoardState = NOTHING_SET, default: Period | None = None
    ) -> Board:
        actor = shop.people[person] if isinstance(person, str) else person
        monkeypatch.setattr(session, "require", lambda role: (shop, actor))
        monkeypatch.setattr(session, "actor", lambda: actor)
        monkeypatch.setattr(session, "workspace", lambda: shop)
        monkeypatch.setattr(links, "EXPLORE", str(PAGE.parents[2] / "pages/explore/page.py"))
        shown: dict[str, TileShown] = {}
        rows = tuple(Row(tiles=tiles[at : at + 4]) for at in range(0, len(tiles), 4))
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.session_state["the tab"], app.session_state["the state"] = Tab(rows=rows), state
        app.session_state["the default"] = default
        app.session_state["told"] = lambda one: shown.update({one.tile.id: one})
        app.session_state["picked"] = None
        return Board(app, shown).run()

    return open_board
