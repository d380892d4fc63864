"""A board's files say what its page says: headline, headings, numbers, changes and trust, in the same words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from semantic.boards.board import BoardState, Row, Tab, Tile, TileKind
from semantic.display.boards.about import trust_words
from semantic.display.boards.cards import number_words
from semantic.display.boards.export import BOARD_KINDS, BoardKind, export_board
from semantic.query.query import Between, Breakdown, Previous, Query
from semantic.services.board_answers.whole_board import answer_board
from tests.pages.board_world import MONEY, SHOP, World, held
from tests.pages.boards.read.test_exports import _blocks, pdf_text, sheets, slides_text
from tests.pages.explore_page import words

CHART = Tile(
    id="chart", kind=TileKind.CHART, question=Query(metrics=("revenue",), by=(Breakdown("channel"),), totals=((),))
)
CLICK = Tile(id="click", kind=TileKind.TEXT, text="Net of returns. Click a channel to narrow the others.")


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
    """Return text without Markdown and with single spaces: files wrap lines."""
    bare = re.sub(r":(?:small|gray|green|orange|red|blue)\[|:material/\w+:|&nbsp;|[*\]\\|]", " ", text)
    return " ".join(bare.replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "").split())


def test_files_say_what_the_page_says(world: World) -> None:
    start = BoardState(period=Between(date(2026, 4, 1), date(2026, 4, 30)), compare=(Previous(),))
    board = replace(
        SHOP, start=start, tabs=(Tab(rows=(Row(tiles=(MONEY, CHART)), Row(tiles=(CLICK,)))),)
    )  # fmt: skip
    app = world.open(world.publish(board))
    labels = [block.proto.popover.label for block in _blocks(app.main)]
    page = _plain(" ".join((words(app), *labels, *(f"{one.value} {one.delta}" for one in app.metric))))
    tiles = {name: tile for name, tile in held(app).shown.items() if tile.result is not None}
    whole = answer_board(board, start, world.work(), words="", link="https://samepage.example/board?d=b")
    assert {tile.tile.id for tile in whole.shown.tiles if tile.result is not None} == set(tiles) == {"money", "chart"}
    said = [text for tile in tiles.values() for text in (tile.heading, tile.subtitle) if text]
    assert tiles["chart"].heading == tiles["chart"].finding  # its author gave it no title
    answer = tiles["money"].result
    assert answer is not None
    number = number_words(tiles["money"], answer)
    said += [number.value, *(part for text, _ in number.lines for part in re.split(r" (?=vs )", text))]
    trust = trust_words(whole.shown).split(" · ")
    said += [text for text in trust if not text.startswith("Data to")]  # the page leaves out today's date
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
