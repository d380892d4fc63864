"""A slow question in a real browser: you can watch, cancel or retry it, or choose when to run it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from semantic.model.definitions import Granularity
from semantic.query.query import Breakdown, Query
from tests.browser.bakery import ENDLESS, SHORT, Bakery, open_bakery
from tests.browser.screen import LAST_13_WEEKS, Ask, box_of, check_page_at_any_width, parameters, pick, wait_for_answer
from tests.waiting import until

OLD_BOOKS = Query(metrics=("booked_amount",))
REVENUE = Query(metrics=("bread_revenue",), time=LAST_13_WEEKS)

OPACITY = """one => {
    let opacity = 1
    for (; one; one = one.parentElement) opacity *= Number(getComputedStyle(one).opacity)
    return opacity
}"""
TAKES_A_CLICK = """one => {
    const box = one.getBoundingClientRect()
    return one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2))
}"""

REACHED = """() => {
    const reached = { builder: 0, answer: 0 }
    const places = [["builder", ".st-key-builder"], ["answer", ".samepage-chart, [data-testid=stDataFrame]"]]
    for (const [name, place] of places) for (const box of document.querySelectorAll(place))
        for (const one of [box, ...box.querySelectorAll("button, input, canvas[tabindex], [tabindex='0']")]) {
            one.focus()
            if (document.activeElement === one) reached[name] += 1
        }
    document.activeElement.blur()
    return reached
}"""
"""The number of elements that can take the focus, in the builder and in the answer."""


@pytest.fixture
def endless(bakery: Bakery) -> Bakery:
    """The bakery with large old books. Questions about them never end."""
    bakery.publish(ENDLESS)
    return bakery


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bakery]:
    """The same bakery with a time limit of two seconds."""
    with open_bakery(tmp_path_factory.mktemp("hasty"), timeout_seconds=2) as opened:
        yield opened


def number(page: Page) -> Locator:
    return page.get_by_test_id("stMetricValue")


def seconds(page: Page) -> int:
    """Return how many seconds the page says its question has been running."""
    match = re.search(r"Still working: (\d+) s", page.locator(".st-key-running").inner_text())
    assert match is not None
    return int(match[1])


def test_a_long_question_shows_its_running_time_and_can_be_cancelled_and_run_again(ask: Ask, endless: Bakery) -> None:
    page = ask(OLD_BOOKS)
    running = page.locator(".st-key-running")
    expect(running).to_contain_text(re.compile(r"Still working: \d+ s"))
    first = seconds(page)
    expect(running).to_contain_text(re.compile(rf"Still working: (?!{first} )\d+ s"))
    assert seconds(page) > first
    expect(page.get_by_role("heading", level=1)).to_have_text("Booked")
    expect(number(page)).to_have_count(0)

    page.get_by_role("button", name="Cancel").click()
    failed = page.locator(".st-key-failed")
    expect(failed).to_contain_text("Cancelled")
    expect(failed).to_contain_text("Cancelled. Your question is still here.")
    expect(running).to_have_count(0)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    assert parameters(page)["m"] == ["booked_amount"]
    check_page_at_any_width(page)

    endless.publish(SHORT)
    failed.get_by_role("button", name="Run again").click()
    expect(number(page)).to_have_text("€73.00")  # 64, and 9 of the short old books
    wait_for_answer(page)
    check_page_at_any_width(page)


def test_the_previous_answer_stays_dimmed_while_the_next_one_is_computed(ask: Ask, endless: Bakery) -> None:
    page = ask(REVENUE)
    wait_for_answer(page)
    expect(number(page)).to_have_text("€15.00")
    heading = page.get_by_role("heading", level=1)
    place, title = box_of(page, number(page)), heading.inner_text()
    pick(page, "Metric", "Booked")
    expect(page.locator(".st-key-running")).to_be_attached()
    assert parameters(page)["m"] == ["bread_revenue,booked_amount"]
    expect(page.locator(".st-key-running").get_by_role("button", name="Cancel")).to_be_visible()
    expect(number(page)).to_have_text("€15.00")
    assert number(page).bounding_box() == place
    assert heading.inner_text() == title
    until(lambda: number(page).evaluate(OPACITY) == pytest.approx(0.4), "the last answer to be dimmed")
    assert page.get_by_test_id("stSkeleton").count() == 0
    assert not number(page).evaluate(TAKES_A_CLICK)

    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".st-key-failed")).to_contain_text("Cancelled")
    expect(number(page)).to_have_count(0)


def test_the_previous_answer_takes_no_keys_while_the_next_is_computed_and_the_focus_returns(
    ask: Ask, endless: Bakery
) -> None:
    daily = replace(REVENUE, by=(Breakdown("date", Granularity.DAY),))
    page = ask(daily)
    wait_for_answer(page)
    pick(page, "Metric", "Booked")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".st-key-failed")).to_contain_text("Cancelled")
    page.keyboard.press("Control+z")
    wait_for_answer(page)
    table = page.get_by_test_id("stDataFrame")
    table.locator("canvas[tabindex]").focus()
    page.keyboard.press("Control+Shift+z")  # asks the endless question again
    expect(page.locator(".st-key-running")).to_be_attached()
    expect(table.locator("xpath=ancestor::*[@inert]")).to_have_count(1)
    expect(page.get_by_test_id("chart").locator("xpath=ancestor::*[@inert]")).to_have_count(1)
    expect(table.locator(":focus")).to_have_count(0)
    expect(page.locator(".st-key-running").locator("xpath=ancestor::*[@inert]")).to_have_count(0)
    reached = page.evaluate(REACHED)
    assert reached["builder"] > 0
    assert reached["answer"] == 0

    page.keyboard.press("Control+z")
    wait_for_answer(page)
    expect(table.locator("xpath=ancestor::*[@inert]")).to_have_count(0)
    expect(table.locator(":focus")).to_have_count(1)


@pytest.mark.proof
def test_a_cancelled_question_blocks_no_one(ask: Ask, endless: Bakery) -> None:
    page = ask(OLD_BOOKS)
    expect(page.locator(".st-key-running")).to_contain_text("Still working")
    other = ask(REVENUE, person="Bo")
    expect(other.locator(".st-key-running")).to_contain_text("Queued")  # there is one worker
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".st-key-failed")).to_contain_text("Cancelled")
    expect(number(other)).to_have_text("€3.00")
    wait_for_answer(other)


@pytest.mark.proof
def test_a_question_that_took_too_long_says_so_and_offers_fewer_days(ask: Ask, hasty: Bakery) -> None:
    page = ask(OLD_BOOKS, at=hasty.address)
    failed = page.locator(".st-key-failed")
    expect(failed).to_contain_text("This took too long")
    expect(failed).to_contain_text("2 seconds")
    expect(number(page)).to_have_count(0)
    expect(failed.get_by_role("button", name="Try again")).to_be_visible()
    check_page_at_any_width(page)
    failed.get_by_role("button", name="Last 13 weeks").click()
    expect(number(page)).to_have_text("€64.00")
    wait_for_answer(page)
    assert parameters(page)["t"] == ["last_13_week"]


@pytest.mark.proof
def test_too_many_rows_give_no_answer_and_offer_fewer(ask: Ask) -> None:
    page = ask(Query(metrics=("shelf_loaves",), by=(Breakdown("shelf_name"),), time=LAST_13_WEEKS))
    failed = page.locator(".st-key-failed")
    expect(failed).to_contain_text("Too many rows to show")
    expect(failed).to_contain_text("300")
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
    expect(page.get_by_test_id("chart")).to_have_count(0)
    check_page_at_any_width(page)
    # First those that surely have fewer rows, then those that may.
    expect(failed.get_by_role("button")).to_have_text(["Without shelf", "Last 4 weeks", "Try again"])
    failed.get_by_role("button", name="Without shelf").click()
    expect(number(page)).to_have_text("400")
    wait_for_answer(page)


@pytest.mark.proof
def test_a_question_that_reads_a_lot_waits_for_run(ask: Ask) -> None:
    page = ask(Query(metrics=("reading_count",)))
    waiting = page.locator(".st-key-not-run")
    expect(waiting).to_contain_text("Ready to run")
    expect(waiting).to_contain_text("This question reads up to about 60 million rows. Run it anyway?")
    expect(number(page)).to_have_count(0)
    check_page_at_any_width(page)
    waiting.get_by_role("button", name="Run", exact=True).click()
    expect(number(page)).to_have_text("60.0M")
    expect(waiting).to_have_count(0)
    wait_for_answer(page)
    check_page_at_any_width(page)
