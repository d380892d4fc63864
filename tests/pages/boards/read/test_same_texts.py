"""A board's files say what its page says: headline, headings, numbers, changes and trust, in the same words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pages.boards.read.whole import whole_board
from pages.shell import once, session
from semantic.boards.board import Row, Tab, Tile, TileKind
from semantic.display.boards.export import BOARD_KINDS, BoardKind, export_board
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Compare, Query
from semantic.workspace import Workspace
from tests.pages.board_world import MONEY, SHOP, START, World, held
from tests.pages.boards.read.test_exports import pdf_text, sheets, slides_text
from tests.pages.conftest import OpensWhenAsked
from tests.pages.explore_page import words

CHART = Tile(id="chart", kind=TileKind.CHART, question=Query(metrics=("revenue",), by=(Breakdown("channel"),)))
CLICK = Tile(id="click", kind=TileKind.TEXT, text="Net of returns. Click a channel to narrow the others.")


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


def read(content: bytes, kind: BoardKind) -> str:
    match kind:
        case "pdf":
            text = pdf_text(content)
        case "pptx":
            text = slides_text(content)
        case "xlsx":
            text = " ".join(str(cell) for rows in sheets(content).values() for row in rows for cell in row if cell)
    return _plain(text)


def _plain(text: str) -> str:
    """Text without Markdown and with single spaces: files wrap lines."""
    bare = re.sub(r":(?:small|gray|green|orange|red|blue)\[|:material/\w+:|&nbsp;|[*\]\\|]", " ", text)
    return " ".join(bare.replace("\N{NO-BREAK SPACE}", " ").split())


def test_files_say_what_the_page_says(world: World) -> None:
    start = replace(START, compare=(Compare("previous"),))
    board = replace(
        SHOP, start=start, tabs=(Tab(rows=(Row(tiles=(MONEY, CHART)), Row(tiles=(CLICK,)))),)
    )  # fmt: skip
    app = world.open(world.publish(board))
    page = _plain(words(app))
    tiles = {name: tile for name, tile in held(app).shown.items() if tile.result is not None}
    whole = whole_board(board, start, world.work(), words="", link="https://samepage.example/board?d=b")
    assert {tile.tile.id for tile in whole.shown.tiles if tile.result is not None} == set(tiles) == {"money", "chart"}
    said = [text for tile in tiles.values() for text in (tile.heading, tile.subtitle) if text]
    assert tiles["chart"].heading == tiles["chart"].finding  # its author gave it no title
    said += [whole.shown.headline] if whole.shown.headline else []
    assert len(said) > 2
    seen = world.workspace.visible(world.asks)
    for text in said:
        assert _plain(text) in page, text
    for kind in BOARD_KINDS:
        file = read(export_board(whole.shown, seen, kind, whole.remarks), kind)
        for text in said:
            assert _plain(text).rstrip(".") in file, (kind, text)
        assert "Net of returns." in file
        assert "Click a channel" not in file
        assert "Europe/Berlin" in file
        assert "UTC" not in file


def test_a_number_and_its_change_have_the_same_words_in_every_file(world: World) -> None:
    start = replace(START, compare=(Compare("previous"),))
    board = replace(SHOP, start=start, tabs=(Tab(rows=(Row(tiles=(MONEY,)),)),))
    whole = whole_board(board, start, world.work(), words="", link="")
    # March and April had 1,190 after 350 in January and February would read "+240.0% from €350": worked out below.
    now, before = _revenue("2026-03-01", "2026-04-30"), _revenue("2025-12-30", "2026-02-28")
    (tile,) = whole.shown.tiles
    assert tile.result is not None
    seen = world.workspace.visible(world.asks)
    line = f"from €{before:,.0f}, previous period" if before else "Nothing to compare with in the previous period"
    assert now
    for kind in BOARD_KINDS:
        assert line in read(export_board(whole.shown, seen, kind, {}), kind), kind


def _revenue(first: str, last: str) -> float:
    from tests.pages.board_world import revenue

    try:
        return revenue(first=first, last=last)
    except TypeError:
        return 0.0
