"""The field above the builder in a real browser: a filter by name, a sentence, an unknown word and fast typing."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.query import Breakdown, Last, LastYear, Query
from tests.browser.screen import (
    LAST_13_WEEKS,
    OpenAs,
    Visit,
    check_page,
    parameters,
    scrolls_sideways,
    wait_for_answer,
    wait_until_idle,
)
from tests.browser.windows import NARROW, WIDE

LABEL = "Ask a question, or pick a metric"
REVENUE = Query(metrics=("net_revenue",), time=LAST_13_WEEKS)
WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name=LABEL)


def open_field(page: Page) -> None:
    """Click the field. On a phone, where a question has chips, a button opens it first."""
    button = page.get_by_role("button", name=LABEL)
    expect(field(page).or_(button).locator("visible=true").first).to_be_visible()
    if button.is_visible():
        button.click()
    field(page).click()


def chips(page: Page) -> Locator:
    """Return the parts of the question, shown in the row below the field."""
    return page.get_by_role("list", name="This question").get_by_role("listitem")


def option(page: Page, text: str) -> Locator:
    return page.get_by_role("option", name=re.compile(f"^{re.escape(text)}"))


@WIDTHS
def test_a_question_is_filtered_to_austria_by_name_and_the_filter_is_removed(visit: Visit, width: int) -> None:
    page = visit(REVENUE, width=width)
    wait_for_answer(page)
    expect(chips(page)).not_to_have_count(0)
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    page.keyboard.type("austria")
    expect(option(page, "Austria").filter(has_text="Market")).to_be_visible()  # once the values have been read
    page.keyboard.press("Enter")
    expect(chips(page).filter(has_text="Market")).to_have_count(1)
    wait_for_answer(page)
    assert parameters(page)["f"] == ["market:in:AT"]
    check_page(page)
    page.get_by_role("button", name=re.compile("^Remove Market")).click()
    expect(chips(page).filter(has_text="Market")).to_have_count(0)
    wait_for_answer(page)
    assert "f" not in parameters(page)


@WIDTHS
def test_a_sentence_is_typed_and_run_with_the_keyboard(visit: Visit, width: int) -> None:
    page = visit(width=width)
    open_field(page)
    page.keyboard.type("net revenue by channel last month vs last year")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Net revenue by channel", exact=True)).to_be_visible()
    expect(chips(page).filter(has_text="by Channel")).to_have_count(1)
    wait_for_answer(page)
    by_channel = Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=Last(1, Granularity.MONTH))
    assert parameters(page) == query_to_params(replace(by_channel, compare=(LastYear(),)))
    assert not scrolls_sideways(page)
    page.keyboard.type("only desktop")
    page.keyboard.press("Control+Enter")
    expect(chips(page).filter(has_text=re.compile("Device: desktop", re.IGNORECASE))).to_have_count(1)


def test_the_chosen_meaning_is_named_by_its_label(open_as: OpenAs) -> None:
    """Row rules hide markets from Jonas, so the labels that he sees depend on the question."""
    page = open_as(f"explore?{urlencode(query_to_params(REVENUE), doseq=True)}", person="Jonas")
    wait_for_answer(page)
    open_field(page)
    page.keyboard.type("only austria")
    page.keyboard.press("Control+Enter")
    line = page.get_by_role("status").filter(has_text="“austria” matched")
    expect(line).to_contain_text("“austria” matched Market: Austria.")


def test_an_unknown_word_changes_nothing_until_someone_asks_without_it(visit: Visit) -> None:
    page = visit(REVENUE)
    wait_for_answer(page)
    open_field(page)
    page.keyboard.type("orders by channel cohorty")
    page.keyboard.press("Enter")
    line = page.get_by_role("status").filter(has_text="“cohorty” not understood")
    expect(line).to_contain_text("Understood: “orders”, “channel”.")
    assert parameters(page) == query_to_params(REVENUE)
    expect(field(page)).to_have_value("orders by channel cohorty")  # to be corrected
    line.get_by_role("button", name="Ask without it").click()
    expect(page.get_by_role("heading", name="Orders by channel", exact=True)).to_be_visible()
    expect(line).to_have_count(0)
    expect(field(page)).to_have_value("")
    wait_for_answer(page)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("heading", name="Net revenue", exact=True)).to_be_visible()


def test_no_key_is_lost_when_someone_types_faster_than_the_server_answers(visit: Visit) -> None:
    page = visit(REVENUE)
    wait_for_answer(page)
    open_field(page)
    page.keyboard.type("orders", delay=0)
    page.keyboard.press("Enter")
    expect(chips(page).filter(has_text="Orders")).to_have_count(1)
    page.keyboard.type("channel", delay=0)
    page.keyboard.press("Enter")
    expect(chips(page).filter(has_text="by Channel")).to_have_count(1)
    wait_for_answer(page)
    both = replace(REVENUE, metrics=("net_revenue", "orders"), by=(Breakdown("channel"),))
    assert parameters(page) == query_to_params(both)


def test_backspace_removes_the_last_chip_and_escape_clears_the_text(visit: Visit) -> None:
    page = visit(replace(REVENUE, by=(Breakdown("channel"), Breakdown("device"))))
    wait_for_answer(page)
    open_field(page)
    page.keyboard.type("au")
    page.keyboard.press("Escape")
    expect(field(page)).to_have_value("")
    page.keyboard.press("Backspace")
    expect(chips(page).filter(has_text="by Device")).to_have_count(0)
    expect(chips(page).filter(has_text="by Channel")).to_have_count(1)
    wait_for_answer(page)
    page.keyboard.type("x")
    page.keyboard.press("Backspace")  # a character, and no chip
    wait_until_idle(page)
    assert parameters(page)["by"] == ["channel"]


@WIDTHS
def test_a_chip_opens_its_part_of_the_builder(visit: Visit, width: int) -> None:
    page = visit(REVENUE, width=width)
    wait_for_answer(page)
    open_field(page)
    page.keyboard.type("austria")
    expect(option(page, "Austria").filter(has_text="Market")).to_be_visible()
    page.keyboard.press("Enter")
    expect(chips(page).filter(has_text="Market")).to_have_count(1)
    wait_for_answer(page)
    chips(page).filter(has_text="Market").get_by_role("button").first.click()
    expect(page.get_by_role("combobox", name="Market")).to_be_visible()
