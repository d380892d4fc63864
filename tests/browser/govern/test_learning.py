"""Help in a browser: how to read an answer, on a wide screen and on a phone, and the glossary."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from semantic.query.query import Breakdown, Previous, Query
from tests.browser.screen import LAST_13_WEEKS, OpenAs, Visit, parameters
from tests.browser.windows import NARROW, WIDE

BY_CHANNEL = Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=LAST_13_WEEKS, compare=(Previous(),))


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_question_mark_next_to_the_chart_says_how_to_read_it(visit: Visit, width: int) -> None:
    page = visit(BY_CHANNEL, width=width)
    page.get_by_role("button", name="How to read this").filter(visible=True).click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("Each bar is one value of Channel")
    expect(sheet).to_contain_text("The thin bar below it is the previous period")
    expect(sheet).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_glossary_term_is_found_by_its_synonym_and_has_its_own_address(open_as: OpenAs, width: int) -> None:
    page = open_as("glossary", person="Lena", width=width)
    page.get_by_placeholder("Search terms, synonyms and meanings").fill("turnover")
    expect(page.get_by_text("Also called").first).to_contain_text("turnover")
    expect(page.get_by_text("Net revenue", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Link to this term").first.click()
    expect(page).to_have_url(re.compile(r"/glossary\?term=metric\.net_revenue$"))
    assert parameters(page) == {"term": ["metric.net_revenue"]}
    page.reload()
    expect(page.get_by_role("link", name="Open metric")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
