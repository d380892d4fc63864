"""The explanation of how to read a tile, in its menu: it describes the tile as shown."""

from __future__ import annotations

import pytest

from semantic.boards.board import TileKind
from tests.pages.boards.read.opened import BY_CHANNEL, CROSSED, IN_APRIL, Open, tile


@pytest.mark.parametrize(
    ("kind", "asks", "said"),
    [
        (TileKind.CHART, BY_CHANNEL, "Each bar is one value of Channel, such as Other"),  # a member of that name
        (TileKind.NUMBER, IN_APRIL, "Below it is the change from the previous period."),
        (TileKind.TABLE, BY_CHANNEL, "Each row is one value of Channel."),
        (TileKind.PIVOT, CROSSED, "Rows are Device, columns Channel."),
    ],
)
def test_the_menu_says_how_to_read_the_tile(board: Open, kind: TileKind, asks: object, said: str) -> None:
    shown = board(tile(kind, asks))  # type: ignore[arg-type]
    shown.app.session_state[f"board-{kind.value}-menu"] = True
    assert said not in shown.run().words
    assert said in shown.press("How to read this").words


def test_a_chart_shown_as_a_table_is_read_as_a_table(board: Open) -> None:
    shown = board(tile(TileKind.CHART, BY_CHANNEL))
    shown.app.session_state["board-chart"].as_table = True
    shown.app.session_state["board-chart-menu"] = True
    said = shown.run().press("How to read this").words
    assert "Each row is one value of Channel." in said
    assert "Each bar is" not in said
