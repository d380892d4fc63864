"""A tile of an analysis on a page: what it found with its counting rule, and what isn't available or refused."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.definition import analysis_from_data
from semantic.boards.analysis_tiles import NOT_AVAILABLE
from semantic.boards.board import Tile, TileKind
from tests.pages.boards.read.opened import Open
from tests.shop import ShopWorkspace

MAILED: dict[str, Any] = {"kind": "funnel", "subject": "customer", "steps": ["mails_out", "order_count"]}


def tile(**more: Any) -> Tile:
    return Tile(id="a", kind=TileKind.ANALYSIS, analysis=analysis_from_data(MAILED | more).text)


def test_what_it_found_is_drawn_with_its_rule(board: Open) -> None:
    opened = board(tile())
    assert not opened.app.exception
    shown = opened.shown["a"].analysis
    assert shown is not None
    assert shown.sentence.split(".")[0] in opened.words.replace("\\", "")
    assert "Each customer counts once" in opened.words


def test_a_refused_one_says_why(board: Open) -> None:
    opened = board(tile(subject="planet"))
    assert not opened.app.exception
    assert "planet" in opened.words


def test_who_cant_see_its_metrics_gets_neither_numbers_nor_title(board: Open, shop: ShopWorkspace) -> None:
    person = next(
        actor
        for actor in shop.people.values()
        if "order_count" not in {metric.name for metric in shop.visible(actor).metrics}
    )
    opened = board(tile(), person=person)
    assert "Not available to you" in opened.words
    assert opened.shown["a"].sentence == NOT_AVAILABLE
    assert "Each customer" not in opened.words
