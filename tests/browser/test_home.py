"""Following a metric on its page, on Home and on a board: another browser and a phone show the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.config.settings import load_settings
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.store.boards.boards import make_board
from semantic.store.boards.drafts import read_draft
from semantic.store.boards.versions import publish_board
from semantic.store.open import open_store
from semantic.store.spaces.spaces import make_space
from tests.browser.screen import OpenAs, check_page_on_every_screen, scrolls_sideways, title, wait_until_idle
from tests.browser.warm import own_server
from tests.browser.windows import NARROW, WIDE
from tests.companies import current_company

ANA = Actor(id="ana", name="Ana Ribeiro, marketing operations", roles=frozenset({"steward"}))


@pytest.fixture(scope="module")
def board(address: str) -> str:
    """The id of a board that everyone can read, in the store of the server at `address`."""
    assert address
    tile = Tile(id="orders", kind=TileKind.NUMBER, question=Query(metrics=("orders",)))
    store, keys = open_store(load_settings())
    try:
        with store.write() as transaction:
            team = make_space(transaction, "Home readers", ANA, keys).id
            board = Board(title="Orders at a glance", tabs=(Tab(rows=(Row(tiles=(tile,)),)),))
            text = make_board(transaction, board, ANA, keys, space=team)
            draft = read_draft(transaction.connection, text)
            assert draft is not None
            publish_board(transaction, text, ANA, keys, revision=draft.revision, note="First")
    finally:
        store.close()
    return text


def _press(page: Page, key: str, becomes: str) -> None:
    """Click the bell with this key, and wait until it has changed to `becomes`."""
    wait_until_idle(page)
    page.locator(f".st-key-{key}").get_by_role("button").click()
    expect(page.locator(f".st-key-{key}").get_by_role("button", name=becomes)).to_be_visible()


@pytest.mark.proof
def test_an_item_followed_on_its_page_is_on_home_in_another_browser(open_as: OpenAs, board: str) -> None:
    page = open_as("metrics?m=aov", person="Lena")
    _press(page, "metric-page-metric-aov", "Following")
    page = open_as(f"board?d={board}", person="Lena")
    title(page, "Orders at a glance")
    _press(page, f"board-board-{board}", "Following")
    home = open_as("", person="Lena")
    followed = home.locator(".st-key-list-of-followed")
    expect(followed.get_by_role("link", name="Orders at a glance")).to_be_visible()
    expect(home.get_by_text("You follow", exact=True)).to_be_visible()
    tile = home.locator(".st-key-tile-aov")
    expect(tile.get_by_test_id("stMetricValue")).to_be_visible()
    wait_until_idle(home)
    tile.get_by_role("button").click()
    expect(home.get_by_text("You follow", exact=True)).to_have_count(0)
    wait_until_idle(home)
    followed.get_by_role("button").click()
    expect(followed).to_have_count(0)
    again = open_as("", person="Lena")
    expect(again.get_by_text("Key metrics")).to_be_visible()
    wait_until_idle(again)
    expect(again.get_by_text(re.compile("[Yy]ou follow$"))).to_have_count(0)


@pytest.fixture
def untouched(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with an empty store: no questions asked, nothing saved."""
    with own_server(tmp_path, current_company(tmp_path_factory)) as address:
        yield address


@pytest.mark.proof
def test_a_first_visit_has_no_empty_boxes(untouched: str, open_as: OpenAs) -> None:
    # The server comes first in the arguments so that it stops last: a tab that loses its server reports errors.
    page = open_as("", person="Claire", at=untouched)
    expect(page.get_by_text("Start from a question")).to_be_visible()
    expect(page.get_by_text(re.compile(r"metrics? checked\."))).to_be_visible()
    expect(page.get_by_text("Your recent work")).to_have_count(0)
    expect(page.get_by_text("Boards and questions you follow")).to_have_count(0)
    late = _tops(page)  # of tiles that were still waiting for their answers
    page.reload()
    expect(page.get_by_text(re.compile(r"metrics? checked\."))).to_be_visible()
    assert _tops(page) == late


def _tops(page: Page) -> list[float]:
    """Return how far each number is below the top of its tile, in pixels."""
    expect(page.get_by_test_id("stMetricValue").nth(4)).to_be_visible()
    wait_until_idle(page)
    return page.get_by_test_id("stMetricValue").evaluate_all(
        "all => all.map(one => Math.round(one.getBoundingClientRect().top"
        " - one.closest('[class*=st-key-tile-]').getBoundingClientRect().top))"
    )


def test_home_reads_well_on_every_screen(open_as: OpenAs) -> None:
    page = open_as("", person="Ana")
    expect(page.get_by_text(re.compile(r"metrics? checked\."))).to_be_visible()
    check_page_on_every_screen(page)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_leader_reads_first_how_the_targets_are_doing(open_as: OpenAs, width: int) -> None:
    page = open_as("", person="Lena", width=width)
    first = page.locator(".st-key-home-first")
    expect(first.get_by_text("Targets", exact=True)).to_be_visible()
    expect(first.locator("[class*=st-key-goal-of-]").first).to_be_visible()
    wait_until_idle(page)
    words = page.get_by_test_id("stMain").inner_text()
    assert words.index("Targets") < words.index("% to date") < words.index("Key metrics")
    # The number on the card is the answer to its question, and its link opens that question.
    card = first.locator(".st-key-goal-of-net_revenue")
    value = card.get_by_test_id("stMetricValue").inner_text()
    card.get_by_role("link", name="Net revenue").click()
    title(page, "Net revenue")
    expect(page.get_by_test_id("stMain").get_by_text(value, exact=True).first).to_be_visible()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_marketer_sees_targets_for_their_own_rows_and_opens_a_targets_months(open_as: OpenAs, width: int) -> None:
    page = open_as("targets", person="Jonas", width=width)
    expect(page.locator(".st-key-page-scope")).to_contain_text(re.compile("(DE|Germany), (AT|Austria) only"))
    row = page.locator(".st-key-target-row-of-net_revenue")
    expect(row.get_by_role("progressbar")).to_be_visible()
    wait_until_idle(page)
    row.get_by_role("button", name="Show months").click()
    months = page.locator(".st-key-target-months-of-of-net_revenue")
    expect(months.get_by_text(re.compile("so far$"))).to_be_visible()
    expect(months.get_by_role("link", name=re.compile("^Receipt R-"))).to_be_visible()
    row.get_by_role("button", name="Hide months").click()
    expect(months).to_have_count(0)
    assert not scrolls_sideways(page)


def test_targets_read_well_on_every_screen(open_as: OpenAs) -> None:
    page = open_as("targets", person="Ana")
    expect(page.locator(".st-key-target-row-of-net_revenue").get_by_role("progressbar")).to_be_visible()
    check_page_on_every_screen(page)


def test_a_steward_sees_the_queue_on_home(open_as: OpenAs) -> None:
    page = open_as("", person="Ana")
    expect(page.locator(".st-key-home-first").get_by_text(re.compile("^Your queue"))).to_be_visible()
    check_page_on_every_screen(page)


@pytest.mark.parametrize("person", ["Jonas", "Otto"])
def test_the_demo_line_begins_after_the_navigation(open_as: OpenAs, person: str) -> None:
    page = open_as(person=person)
    title(page, "Home")
    wait_until_idle(page)
    sections = page.get_by_test_id("stTopNavSection").locator("visible=true")
    expect(sections.first).to_be_visible()
    last = sections.last.bounding_box()
    line = page.locator(".st-key-demo-line").bounding_box()
    assert last is not None
    assert line is not None
    assert last["x"] + last["width"] <= line["x"]
    words = page.locator(".st-key-demo-line")
    assert words.evaluate("line => getComputedStyle(line, '::before').content") == '"Demo"'
    sentence = words.get_by_text(re.compile("^Demo: signed in as"))
    assert sentence.evaluate("line => getComputedStyle(line).clipPath") == "inset(50%)"  # only read aloud, never cut
