"""Publish boards, and read what a board's page shows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from semantic.boards.board import Board
from semantic.boards.data import board_from_yaml
from semantic.config.settings import load_settings
from semantic.policy.actor import Actor
from semantic.store.boards.boards import make_board
from semantic.store.boards.drafts import read_draft
from semantic.store.boards.versions import publish_board
from semantic.store.open import open_store
from semantic.store.spaces.spaces import make_space
from tests.browser.screen import (
    WORDS,
    scrolls_sideways,
    title,
    wait_until_idle,
)

TEMPLATES = Path(__file__).parents[2] / "semantic/boards/templates"


ANA = Actor(id="ana", name="Ana Ribeiro, marketing operations", roles=frozenset({"steward"}))


def template_board(name: str) -> Board:
    return board_from_yaml((TEMPLATES / f"{name}.yml").read_text(encoding="utf-8"))


def two_tab_board() -> Board:
    """Return the board Summary, with its text on a second tab."""
    summary, email = template_board("executive_summary"), template_board("email")
    rows = tuple(
        replace(row, tiles=tuple(replace(tile, id=f"mail-{tile.id}"[:40]) for tile in row.tiles))
        for row in email.tabs[0].rows[:1]
    )
    first = replace(summary.tabs[0], title="Overview")
    return replace(summary, tabs=(first, replace(email.tabs[0], title="E-mail", rows=rows)))


def publish(board: Board) -> str:
    store, keys = open_store(load_settings())
    try:
        with store.write() as transaction:
            team = make_space(transaction, f"Readers of {len(board.tabs)}", ANA, keys).id
            made = make_board(transaction, board, ANA, keys, space=team)
            draft = read_draft(transaction.connection, made)
            assert draft is not None
            publish_board(transaction, made, ANA, keys, revision=draft.revision, note="First")
    finally:
        store.close()
    return made


def wait_for_tiles(page: Page) -> Page:
    """Wait until every visible tile has its answer."""
    title(page, "Executive summary")
    expect(page.get_by_text(re.compile(r"^As of \d"))).to_be_visible()
    wait_until_idle(page)
    return page


def wait_for_findings(page: Page) -> None:
    """Wait until every number also has its usual range and its pace.

    Only then is there a headline on the board and a picture in the list of boards.
    """
    expect(page.locator(".st-key-board-headline")).to_have_text(re.compile(r"\w"))
    wait_until_idle(page)


def check_page(page: Page) -> None:
    """Check that the page shows no error and no internal name from the model's files, and that nothing is cut off.

    An icon's name can appear: Streamlit names a button without text after its icon, for people who can't see it.
    """
    wait_until_idle(page)
    words = str(page.evaluate(WORDS)).replace("more_horiz icon", "")
    assert re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", words) == []
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert not scrolls_sideways(page)


def seen(locator: Locator) -> Locator:
    """Return the visible one of the matching elements.

    Streamlit draws anything with a hint twice, for mouse and for touch.
    """
    return locator.locator("visible=true").first


def tile_of(page: Page, tile: str) -> Locator:
    return page.locator(f"[class*=st-key-tile-][class*=-{tile}]")


def number(page: Page, tile: str) -> Locator:
    return tile_of(page, tile).get_by_test_id("stMetricValue")


def numbers(page: Page) -> dict[str, str]:
    """Return the short number on each number tile, by the tile's title."""
    locator = page.locator("[class*=st-key-tile-]:has([data-testid=stMetricValue])")
    numbers: dict[str, str] = {}
    for place in range(locator.count()):
        card = locator.nth(place)
        head = card.locator("strong").first.text_content() or ""
        numbers[head.strip()] = (card.get_by_test_id("stMetricValue").text_content() or "").strip()
    return numbers


def apply_changes(page: Page) -> None:
    """Press Apply if it's there, which it is when slow tiles keep filters from applying at once, as on a busy
    machine.
    """
    wait_until_idle(page)
    button = page.locator(".st-key-board-apply button")
    if button.is_visible():
        button.click()
