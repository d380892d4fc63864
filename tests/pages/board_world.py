"""A board over the small shop, its reader, and what their page shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import duckdb
from streamlit.testing.v1 import AppTest

from pages.boards.read import state as board_state
from pages.boards.read.state import BoardSession
from pages.shell import links
from semantic.boards.board import Board, BoardState, Row, Shared, Tab, Tile, TileKind
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Query
from semantic.services.boards import BoardWork
from semantic.store.spaces.spaces import MINE, make_space
from semantic.workspace import Workspace
from tests.pages.conftest import OpensWhenAsked
from tests.pages.whole_app import open_app
from tests.shop import shop_sql

MARCH_AND_APRIL = Between(date(2026, 3, 1), date(2026, 4, 30))
START = BoardState(period=MARCH_AND_APRIL)
MONEY = Tile(id="money", kind=TileKind.NUMBER, title="Money", question=Query(metrics=("revenue",)))
CHANNELS = Tile(
    id="channels",
    kind=TileKind.TABLE,
    title="Channels",
    question=Query(metrics=("revenue",), by=(Breakdown("channel"),)),
)
COST = Tile(id="cost", kind=TileKind.NUMBER, title="Ads", question=Query(metrics=("cost",)))
NOTE = Tile(id="note", kind=TileKind.TEXT, text="What it is about")
SHOP = Board(
    title="The shop",
    note="For Mondays",
    tabs=(
        Tab(title="Sales", rows=(Row(tiles=(MONEY, CHANNELS)), Row(tiles=(NOTE,)))),
        Tab(title="Ads", rows=(Row(tiles=(COST,)),)),
    ),
    filters=(Shared("channel"), Shared("device")),
    start=START,
)
MONDAY = replace(SHOP, title="The shop on Mondays")


@dataclass(slots=True)
class World:
    """A store, the person who asks, and the app's pages."""

    workspace: Workspace
    store: OpensWhenAsked
    asks: Actor

    def work(self, actor: Actor | None = None) -> BoardWork:
        return BoardWork(*self.store(), self.workspace, actor or self.asks)

    def publish(self, board: Board = SHOP, *, space: str = "Team") -> str:
        """Publish a board of the steward's for everyone."""
        work = self.work(self.workspace.people["steward"])
        where = MINE
        if space:
            with work.store.write() as transaction:
                where = make_space(transaction, space, work.actor, work.keys).id
        board_id = work.make(board, space=where)
        work.publish(board_id, work.draft(board_id).revision)
        return board_id

    def publish_again(self, text: str, board: Board) -> None:
        work = self.work(self.workspace.people["steward"])
        revision = work.keep_draft(text, board, work.draft(text).revision)
        work.publish(text, revision, "Anew")

    def be(self, name: str) -> None:
        self.asks = self.workspace.people[name]

    def open(self, board: str, **params: Any) -> AppTest:
        address: dict[str, Any] = {links.BOARD_ID: board, **params}
        app = open_app(links.BOARD, **address)
        assert not app.exception
        return app


def held(app: AppTest) -> BoardSession:
    return app.session_state[board_state.KEY]


def address(app: AppTest) -> dict[str, list[str]]:
    """Return the state that is in the address."""
    assert not app.exception
    return dict(held(app).address or {})


def rows(app: AppTest, tile: str) -> list[dict[str, Any]]:
    """Return a tile's rows, as the tile reported them."""
    shown = held(app).shown[tile].result
    assert shown is not None
    return [{name: value for name, value in row.items() if name != "bucket"} for row in shown.rows()]


def read_again(reading: BoardSession, work: BoardWork) -> None:
    board_state._read(reading, {}, work)


def press(app: AppTest, key: str) -> AppTest:
    (button,) = [each_button for each_button in app.button if each_button.key == key]
    return button.click().run()


def field(app: AppTest, label: str) -> Any:
    (selectbox,) = [
        each_selectbox
        for kind in (app.selectbox, app.multiselect, app.button_group)
        for each_selectbox in kind
        if each_selectbox.label == label
    ]
    return selectbox


@cache
def shop_by_hand() -> duckdb.DuckDBPyConnection:
    """Return the shop in memory, to check numbers with SQL that doesn't come from the compiler. Treat it as
    read-only.
    """
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(shop_sql())
    return connection


def revenue(where: str = "true", first: str = "2026-03-01", last: str = "2026-04-30") -> float:
    """Return the revenue of these days in Berlin, by default March and April, from hand-written SQL."""
    row = (
        shop_by_hand()
        .execute(
            "SELECT sum(amount) FROM orders LEFT JOIN channels USING (channel_key) WHERE NOT is_test "
            f"AND CAST(ordered_at AT TIME ZONE 'Europe/Berlin' AS DATE) BETWEEN DATE '{first}' AND DATE '{last}' "
            f"AND ({where})"
        )
        .fetchone()
    )
    assert row is not None
    return float(row[0])
