"""A board over the small shop that is being edited, and what its page shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.boards.edit import composing
from pages.boards.edit.composing import Composing
from pages.shell import links
from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Last, Query
from semantic.services.boards import BoardWork
from semantic.store.spaces.spaces import MINE, make_space
from semantic.workspace import Workspace
from tests.pages.explore_page import BY_CHANNEL
from tests.pages.whole_app import open_app, show_pages_to

REVENUE = Query(metrics=("revenue",))
MONEY = Tile(id="money", kind=TileKind.NUMBER, title="Money", question=REVENUE)
CHANNELS = Tile(id="channels", kind=TileKind.CHART, title="By channel", question=BY_CHANNEL)
READ = Tile(id="read", kind=TileKind.TEXT, text="**Read this**\n- first")
START = BoardState(period=Last(2, Granularity.MONTH))
BOARD = Board(title="Growth", tabs=(Tab(rows=(Row(tiles=(MONEY, CHANNELS)), Row(tiles=(READ,)))),), start=START)
MARKETER = Actor(id="mo", name="Mo Berg, marketer", roles=frozenset({"marketer"}))
ANA = Actor(id="ana", name="Ana Ribeiro, operations", roles=frozenset({"steward"}))
Visit = Callable[..., AppTest]
Work = Callable[..., BoardWork]


def pages_of(workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Open a page of the app by its file, with these parameters, as the person in `who`.

    A board opens as a list of its rows, or in another `view`.
    """
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: workspace)

    def open_page(board: str = "", page: str = links.COMPOSE, view: str = "Structure", **params: Any) -> AppTest:
        address: dict[str, Any] = {links.BOARD_ID: board} if board else params
        held = {f"compose-view-{board[:8]}": view} if board else {}
        app = open_app(page, held=held, **address)
        assert not app.exception
        return app

    return open_page


def make_board(work: BoardWork, board: Board = BOARD, *, space: str = "", published: bool = False) -> str:
    """Create a board in a space with this name, published or not."""
    where = MINE
    if space:
        with work.store.write() as transaction:
            where = make_space(transaction, space, work.actor, work.keys).id
    board_id = work.make(board, space=where)
    if published:
        work.publish(board_id, 1)
    return board_id


def composing_of(app: AppTest) -> Composing:
    return app.session_state[composing.KEY]


def press_key(app: AppTest, name: str) -> AppTest:
    """Click the button with a key that begins with this text."""
    buttons = [button for button in app.button if str(button.key).startswith(name)]
    assert len(buttons) == 1, [button.key for button in app.button]
    return buttons[0].click().run()


def field_of(app: AppTest, label: str) -> Any:
    fields = [
        box
        for kind in (app.text_input, app.text_area, app.selectbox, app.multiselect, app.button_group)
        for box in kind
    ]
    (box,) = [each_box for each_box in fields if each_box.label == label]
    return box


def rows_of(board: Board) -> str:
    return "|".join(" ".join(tile.id for tile in row.tiles) for tab in board.tabs for row in tab.rows)
