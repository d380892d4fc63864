"""How many actions a marketer who is new to Explore needs for each task, in a real browser."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from semantic.query.query import Breakdown, Condition, LastYear, Operator, Query
from tests.browser.person import task
from tests.browser.screen import LAST_13_WEEKS, Visit, cells, wait_for_answer
from tests.browser.windows import Windows

CHANNEL = Breakdown("channel")
CPA = Query(metrics=("cpa",), by=(CHANNEL,), time=LAST_13_WEEKS)


def test_cost_per_acquisition_by_channel(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_role("button", name="Over time").first).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)  # results take the place of the search
    with task("Cost per acquisition by channel", page, acts=6) as person:
        person.click(page.get_by_role("combobox", name="Metric", exact=True))
        person.types("cost per acquisition")
        person.presses("Enter")
        expect(page.get_by_role("heading", name="Cost per order (CPA)")).to_be_visible()
        person.click(page.get_by_role("combobox", name="Break down by"))
        person.types("channel")
        person.presses("Enter")
        expect(page.get_by_role("heading", name="Cost per order (CPA) by channel")).to_be_visible()
        wait_for_answer(page)
    assert "Paid social" in cells(page)


@pytest.mark.proof
def test_cost_per_acquisition_by_channel_without_a_mouse(visit: Visit) -> None:
    page = visit()
    with task("Cost per acquisition by channel, by keyboard", page, acts=8) as person:
        page.get_by_role("combobox", name="Metric", exact=True).focus()
        person.types("cpa")
        person.presses("Enter")
        expect(page.get_by_role("heading", name="Cost per order (CPA)")).to_be_visible()
        wait_for_answer(page)  # the heading comes before the elements that Tab reaches
        person.presses("Tab")  # the button that removes the metric
        person.presses("Tab")
        person.types("chanel")
        person.presses("Enter")
        expect(page.get_by_role("heading", name="Cost per order (CPA) by channel")).to_be_visible()


def test_compared_with_the_same_weekdays_last_year_without_brand(visit: Visit) -> None:
    page = visit(CPA)
    wait_for_answer(page)
    with task("Against the same weekdays last year", page, acts=1) as person:
        person.click(page.get_by_role("button", name="Same weekdays last year"))
        expect(page.get_by_text(re.compile("the same weekdays 364 days earlier"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Same weekdays last year: \d+ \w+.* \d{4}$"))).to_be_visible()
    wait_for_answer(page)
    assert "Paid search brand" in cells(page)
    with task("Without brand", page, acts=3) as person:
        person.click(page.get_by_role("combobox", name="Filter by"))
        person.types("brand")
        expect(page.get_by_role("option").first).to_contain_text("Exclude Paid search brand")
        person.presses("Enter")
        expect(
            page.locator(".st-key-builder").get_by_role("button", name="Channel: not Paid search brand")
        ).to_be_visible()
        expect(page.get_by_text(re.compile("Channel is not Paid search brand"))).to_be_visible()
    expect(page.locator("[role=gridcell]").get_by_text("Paid search brand")).to_have_count(0)
    assert "Paid search generic" in cells(page)


def test_a_missing_channel_is_explained(visit: Visit) -> None:
    without = Condition("channel", Operator.NOT_IN, ("Paid search brand",))
    asked = Query(metrics=("cpa",), by=(CHANNEL,), where=without, time=LAST_13_WEEKS, compare=(LastYear(),))
    page = visit(asked)
    wait_for_answer(page)
    locator = page.locator(".st-key-why-missing")
    # People scroll: at the end of the screen the popover has no room for its list.
    page.get_by_role("button", name="Missing something?").evaluate("one => one.scrollIntoView({block: 'center'})")
    with task("Why is one channel missing", page, acts=4) as person:
        person.click(page.get_by_role("button", name="Missing something?"))
        person.click(page.get_by_role("combobox", name="Which channel?"))
        person.click(page.get_by_role("option", name="Paid search brand"))
        expect(locator.get_by_text("Paid search brand is filtered out")).to_be_visible()
        expect(locator.get_by_text(re.compile("This filter removes it"))).to_be_visible()
    box = page.get_by_role("combobox", name="Which channel?")
    box.click()
    box.fill("Direct")
    page.keyboard.press("Enter")
    expect(locator.get_by_text("Direct is in the table, with no value")).to_be_visible()
    expect(locator.get_by_text(re.compile(r"calculated from ad spend and orders\. Here: no ad spend"))).to_be_visible()
    box.click()
    box.fill("Chanel No 5")
    page.keyboard.press("Enter")
    expect(locator.get_by_text(re.compile("No channel is called"))).to_be_visible()


def test_a_question_is_shared_as_a_link(visit: Visit, windows: Windows) -> None:
    page = visit(CPA)
    wait_for_answer(page)
    shown = cells(page)
    with task("As a link", page, acts=2) as person:
        person.click(page.get_by_role("button", name="Share"))
        expect(page.get_by_text(re.compile("see only the data they have access to"))).to_be_visible()
        person.click(page.get_by_role("button", name="Copy link"))
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.get_by_role("textbox", name="Link").input_value()
    assert set(parse_qs(urlsplit(link).query)) == {"q"}
    boss = windows.borrow().new_page()
    boss.goto(link)
    boss.get_by_role("button", name=re.compile("Sign in as Lena")).click()
    expect(boss.get_by_role("heading", name="Cost per order (CPA) by channel")).to_be_visible()
    wait_for_answer(boss)
    assert cells(boss) == shown
