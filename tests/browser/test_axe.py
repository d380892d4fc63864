"""Axe, a common accessibility checker, finds nothing on the main pages that Samepage could fix."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from pages.analyses.kinds import KIND_PAGES
from semantic.query.codec import query_to_params
from semantic.query.query import Breakdown, Query
from tests.browser.answer_screen import click_bar
from tests.browser.axe import SCREENS, violations
from tests.browser.boards_screen import wait_for_tiles
from tests.browser.screen import LAST_13_WEEKS, WEEKLY, OpenAs, wait_for_answer, wait_until_idle
from tests.browser.windows import NARROW, Mode, Windows, open_page

REVENUE = Query(metrics=("net_revenue",), time=LAST_13_WEEKS)
BY_CHANNEL = replace(REVENUE, by=(Breakdown("channel"),))
BY_MARKET = replace(REVENUE, by=(Breakdown("channel"), Breakdown("market")))
ANSWERS = {
    "a number": (REVENUE, ""),
    "lines": (replace(REVENUE, by=(WEEKLY, Breakdown("channel"))), ""),
    "ranked bars": (BY_CHANNEL, ""),
    "a grid": (BY_MARKET, ""),
    "a table": (BY_MARKET, "table"),
}


def ask(page: Page, question: Query, chart: str) -> None:
    """Open a question by its link, drawn with this chart type."""
    parameters = query_to_params(question) | ({"chart": [chart]} if chart else {})
    page.goto(f"{page.url.partition('/explore')[0]}/explore?{urlencode(parameters, doseq=True)}")
    wait_for_answer(page)


@pytest.mark.parametrize(("width", "mode"), SCREENS)
def test_axe_finds_nothing_in_explore(open_as: OpenAs, width: int, mode: Mode) -> None:
    page = open_as("explore", width=width, mode=mode)
    expect(page.get_by_role("heading", name="Explore", level=1)).to_be_visible()
    assert violations(page) == [], "without a question"
    for name, (question, chart) in ANSWERS.items():
        ask(page, question, chart)
        assert violations(page) == [], name
    page.get_by_role("radio", name="Pivot").click()
    expect(page.get_by_role("radio", name="Pivot")).to_be_checked()
    assert violations(page) == [], "a pivot"

    ask(page, BY_CHANNEL, "")
    click_bar(page, 1)
    assert violations(page) == [], "the menu of a mark"
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    if width == NARROW:
        page.get_by_role("button", name="Edit question").click()
        expect(page.locator(".st-key-builder")).to_be_visible()
        assert violations(page) == [], "the builder"
        page.get_by_role("button", name="Show result").click()
        expect(page.locator(".st-key-builder")).to_be_hidden()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == [], "a dialog"


@pytest.mark.parametrize(("width", "mode"), SCREENS)
def test_axe_finds_nothing_on_other_pages(
    open_as: OpenAs, windows: Windows, address: str, board: str, width: int, mode: Mode
) -> None:
    door = open_page(windows.borrow(), width=width, mode=mode)
    door.goto(address)
    expect(door.get_by_role("button", name=re.compile("Sign in as Ana"))).to_be_visible()
    assert violations(door) == [], "sign-in"
    door.close()

    page = open_as("", width=width, mode=mode)
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    expect(page.get_by_text("metrics checked")).to_be_visible()
    assert violations(page) == [], "Home"
    for path, title in {
        "metrics": "Metrics",
        "metrics?m=net_revenue": "Net revenue",
        "saved": "Saved",
        "targets": "Targets",
        "alerts": "Alerts",
        "domains": "Domains",
        "set-alert?m=net_revenue": "Set alert",
        "boards": "Boards",
        "requests": "Requests",
        "agents": "Agents",
        "adoption": "Adoption",
        "oversight": "Oversight",
        "retire?m=net_revenue": "Retire Net revenue",
        "analyses": "Funnel",
        "ask": "Ask",
    }.items():
        page.goto(f"{address}/{path}")
        expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()
        assert violations(page) == [], path
    page.goto(f"{address}/board?d={board}")
    assert violations(wait_for_tiles(page)) == [], "a board"


def test_axe_finds_nothing_in_analyses_of_any_kind(open_as: OpenAs) -> None:
    """The check runs on a phone in dark mode, where tables are wider than the screen."""
    page = open_as("analyses", width=NARROW, mode="dark")
    for kind in KIND_PAGES.values():
        page.get_by_role("radio", name=re.compile(f"{kind.label}$")).click()
        expect(page.get_by_role("heading", name=kind.label, exact=True, level=1)).to_be_visible()
        expect(page.locator(".st-key-analysis-answer h2")).to_have_count(1)
        wait_until_idle(page)
        for table in page.locator(".st-key-analysis-answer .stTable > div").filter(visible=True).all():
            is_wide = table.evaluate("box => box.scrollWidth > box.clientWidth")
            assert (table.get_attribute("tabindex") == "0") == is_wide, kind.label
            sides = table.evaluate("box => box.parentElement.dataset.continues ?? ''")
            assert sides == ("right" if is_wide else ""), f"{kind.label}: a shadow shows that the table continues"
        assert violations(page) == [], kind.label


def test_axe_finds_planted_violations(open_as: OpenAs) -> None:
    """A picture without text and grey text on grey are found, so an empty result means that axe did check the page."""
    page = open_as("saved")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    wait_until_idle(page)
    page.evaluate("""() => document.querySelector("h1").insertAdjacentHTML("afterend",
      '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><p style="color: #999; background: #aaa">Pale</p>')""")
    assert {found.partition(":")[0] for found in violations(page)} == {"image-alt", "color-contrast"}
