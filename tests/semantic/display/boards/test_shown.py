"""Widths of tiles in a row, computed by hand, and a board's "as of", which is the date of its oldest answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from semantic.boards.board import Tile, TileKind
from semantic.display.boards.shown import BoardShown, RowShown, TabShown, TileShown, row_widths
from tests.semantic.made_results import REVENUE, result


@pytest.mark.parametrize(
    ("asked", "widths"),
    [
        ([0], (12,)),
        ([0, 0, 0, 0], (3, 3, 3, 3)),
        ([8, 0], (8, 4)),
        ([0, 4, 0], (4, 4, 4)),
        ([5, 0, 0], (5, 4, 3)),
        ([4, 4], (6, 6)),  # they leave a gap
        ([8, 8], (6, 6)),  # they do not fit
        ([12, 0], (6, 6)),
        ([7, 5], (7, 5)),
    ],
)
def test_tiles_share_a_rows_width(asked: list[int], widths: tuple[int, ...]) -> None:
    tiles = [Tile(id=str(place), kind=TileKind.TEXT, width=width) for place, width in enumerate(asked)]
    assert row_widths(tiles) == widths
    assert sum(widths) == 12


def test_a_board_is_as_old_as_its_oldest_answer() -> None:
    older = replace(result([REVENUE], [(1.0,)]), computed_at=datetime(2026, 1, 1, tzinfo=UTC))
    newer = replace(older, computed_at=older.computed_at + timedelta(hours=1))
    tile = Tile(id="t", kind=TileKind.NUMBER)
    shown = [TileShown(tile=tile, title="", result=each_older) for each_older in (newer, older)]
    text = TileShown(tile=Tile(id="x", kind=TileKind.TEXT), title="")
    rows = [RowShown(tiles=(shown[0], text), widths=(6, 6)), RowShown(tiles=(shown[1],), widths=(12,))]
    board = BoardShown(title="B", tabs=(TabShown(rows=(rows[0],)), TabShown(rows=(rows[1],))))
    assert board.as_of == older.computed_at
    assert BoardShown(title="B", tabs=(TabShown(rows=(RowShown(tiles=(text,), widths=(12,)),)),)).as_of is None


@pytest.mark.parametrize(
    ("kind", "fixed", "finding", "heading", "subtitle"),
    [
        (TileKind.CHART, "", "Orders fell 9%.", "Orders fell 9%.", "Orders by week"),
        (TileKind.CHART, "Our orders", "Orders fell 9%.", "Our orders", "Orders fell 9%."),
        (TileKind.CHART, "", "", "Orders by week", ""),
        (TileKind.CHART, "Our orders", "", "Our orders", ""),
        (TileKind.NUMBER, "", "Orders fell 9%.", "Orders by week", ""),
        (TileKind.TEXT, "Read me", "", "Read me", ""),
    ],
)
def test_a_tile_is_headed_by_its_finding_unless_its_title_is_fixed(
    kind: TileKind, fixed: str, finding: str, heading: str, subtitle: str
) -> None:
    tile = Tile(id="x", kind=kind, title=fixed)
    shown = TileShown(tile=tile, title=fixed or "Orders by week", finding=finding)
    assert (shown.heading, shown.subtitle) == (heading, subtitle)
