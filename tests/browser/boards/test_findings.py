"""How a leader learns the current state from a board: its headline, how far to trust it, and where to look next."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from semantic.boards.data import board_from_yaml
from semantic.config.settings import load_settings
from semantic.policy.actor import Actor
from semantic.store.boards.boards import make_board
from semantic.store.boards.drafts import read_draft
from semantic.store.boards.versions import publish_board
from semantic.store.numbers.targets import keep_targets
from semantic.store.open import open_store
from semantic.store.spaces.spaces import make_space
from semantic.targets.target import Target
from tests.browser.screen import OpenAs, scrolls_sideways, title, wait_until_idle

ANA = Actor(id="ana", name="Ana Ribeiro, marketing operations", roles=frozenset({"steward"}))
BOARD = """
title: Are we on plan?
period: {last: 1, unit: month}
compare:
- {to: previous}
rows:
- height: small
  tiles:
  - {id: sales, kind: number, question: {metrics: [gross_sales]}}
  - {id: orders, kind: number, question: {metrics: [orders]}}
- tiles:
  - {id: channels, kind: chart, question: {metrics: [gross_sales], by: [channel]}}
  - {id: markets, kind: table, title: By market, question: {metrics: [gross_sales], by: [market]}}
"""


@pytest.fixture(scope="module")
def board(address: str) -> str:
    """The id of a board with a target of a billion for the last month, which was missed."""
    assert address
    last = date.today().replace(day=1) - timedelta(days=1)
    target = Target(metric="gross_sales", first=last.replace(day=1), last=last, value=Decimal(10**9))
    store, keys = open_store(load_settings())
    try:
        with store.write() as transaction:
            keep_targets(transaction, [target], ANA, keys)
            team = make_space(transaction, "Leaders", ANA, keys).id
            board = make_board(transaction, board_from_yaml(BOARD), ANA, keys, space=team)
            draft = read_draft(transaction.connection, board)
            assert draft is not None
            publish_board(transaction, board, ANA, keys, revision=draft.revision, note="First")
    finally:
        store.close()
    return board


def opened(page: Page) -> Page:
    title(page, "Are we on plan?")
    expect(page.get_by_text(re.compile(r"^As of \d"))).to_be_visible()
    # Not before every number has its pace: until then the lines above the tiles are drawn again.
    expect(page.locator(".st-key-board-headline")).to_have_text(re.compile(r"\w"))
    wait_until_idle(page)
    return page


@pytest.mark.parametrize("width", [1440, 390])
def test_a_missed_target_is_read_on_the_first_screen(open_as: OpenAs, board: str, width: int) -> None:
    page = opened(open_as(f"board?d={board}", person="Lena", width=width))
    headline = page.locator(".st-key-board-headline")
    expect(headline).to_contain_text(re.compile(r"^Behind target: Gross sales €[\d.]+[KM]?, [\d.]+% of the target"))
    expect(headline).to_be_in_viewport(ratio=1)
    assert not scrolls_sideways(page)


def test_a_tile_is_headed_by_its_finding_and_a_fixed_title_stays(open_as: OpenAs, board: str) -> None:
    page = opened(open_as(f"board?d={board}", person="Lena"))
    heading = page.locator("[class*=st-key-head-][class*=-channels] strong")
    expect(heading).to_have_text(re.compile(r"^Gross sales (rose|fell|stayed) .*€"))
    fixed = page.locator("[class*=st-key-tile-][class*=-markets]")
    expect(fixed.locator("strong").first).to_have_text("By market")
    expect(fixed).to_contain_text(re.compile(r"Gross sales (rose|fell|stayed) .*€"))


@pytest.mark.parametrize("width", [1440, 390])
def test_the_trust_line_opens_a_list_that_links_to_a_tile(open_as: OpenAs, board: str, width: int) -> None:
    page = opened(open_as(f"board?d={board}", person="Lena", width=width))
    line = page.locator(".st-key-board-trust").get_by_role("button")
    expect(line).to_contain_text(re.compile(r"\d of 4 certified|All 4 certified"))
    line.click()
    markets = page.get_by_role("link", name="By market")
    expect(markets).to_be_visible()
    expect(page.get_by_role("link", name="Gross sales", exact=True)).to_be_visible()
    markets.click()
    expect(page.locator("[class*=st-key-tile-][class*=-markets]")).to_be_in_viewport()
    expect(markets).to_be_hidden()
