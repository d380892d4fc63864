"""What replaces or precedes an answer in a real browser: empty, refused or repaired, no access, too little data."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import urlencode

import pytest
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, expect

from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.describe import describe_day
from semantic.query.query import AllOf, Breakdown, Condition, Last, Operator, Query
from tests.browser.screen import (
    LAST_13_WEEKS,
    Ask,
    OpenAs,
    cells,
    check_page_at_any_width,
    parameters,
    sign_in,
    title,
    wait_for_answer,
    wait_until_idle,
)

TILLS = Query(metrics=("bread_revenue",), by=(Breakdown("till"),), time=LAST_13_WEEKS)


def number(page: Page) -> Locator:
    return page.get_by_test_id("stMetricValue")


def no_answer(page: Page) -> None:
    for shown in ("stMetricValue", "stDataFrame", "chart"):
        expect(page.get_by_test_id(shown)).to_have_count(0)


# Empty


@pytest.mark.proof
def test_filters_without_matches_are_named_and_the_one_that_causes_it_can_be_removed(ask: Ask) -> None:
    card, nobody = Condition("paid_by", Operator.IN, ("card",)), Condition("till", Operator.IN, ("West",))
    page = ask(Query(metrics=("bread_revenue",), where=AllOf((card, nobody)), time=LAST_13_WEEKS))
    empty = page.locator(".st-key-empty")
    expect(empty).to_contain_text("Nothing matches these filters")
    expect(empty).to_contain_text("“Till: West” on its own removes every row. Without it there is 1 row.")
    expect(empty.get_by_role("button", name="Remove Paid by")).to_have_count(0)
    no_answer(page)
    check_page_at_any_width(page)
    empty.get_by_role("button", name="Remove Till").click()
    expect(number(page)).to_have_text("€5.00")  # paid by card: 1 and 4
    wait_for_answer(page)
    assert parameters(page)["f"] == ["paid_by:in:card"]
    expect(empty).to_have_count(0)
    check_page_at_any_width(page)


@pytest.mark.proof
def test_days_without_rows_offer_the_days_that_have_data(ask: Ask) -> None:
    yesterday = Last(1, Granularity.DAY)
    page = ask(Query(metrics=("bread_revenue",), by=(Breakdown("till"),), time=yesterday))
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=21), today - timedelta(days=15)
    empty = page.locator(".st-key-empty")
    expect(empty).to_contain_text("No data for these days")
    expect(empty).to_contain_text(f"No data on {describe_day(today - timedelta(days=1))}, one complete day.")
    expect(empty).to_contain_text(f"Data is available from {describe_day(first)} to {describe_day(last)}.")
    no_answer(page)
    check_page_at_any_width(page)
    empty.get_by_role("button", name=re.compile("^Show ")).click()
    expect(empty).to_have_count(0)
    wait_for_answer(page)
    assert parameters(page)["t"] == [f"{first}..{last}"]
    assert cells(page) == ["South", "12", "North", "3"]


# Links


@pytest.mark.proof
def test_a_refused_question_from_a_link_is_repaired_by_a_click(ask: Ask) -> None:
    asked = Query(metrics=("bread_revenue", "pieces_sold"), by=(Breakdown("loaf_kind"),), time=LAST_13_WEEKS)
    page = ask(asked)
    refused = page.locator(".st-key-refused")
    expect(refused).to_contain_text("Revenue can't be broken down by kind of loaf")
    expect(refused).to_contain_text("can have more than one kind of loaf, so the same revenue")
    expect(refused).to_contain_text("Code fan_out")
    no_answer(page)
    check_page_at_any_width(page)
    refused.get_by_role("button", name="Drop Revenue").click()
    title(page, "Pieces sold by kind of loaf")
    wait_for_answer(page)
    assert cells(page) == ["Rye", "12", "Wheat", "8"]  # each of four sales has three and two
    expect(refused).to_have_count(0)


@pytest.mark.proof
def test_a_link_with_unavailable_parts_says_so_and_shows_the_rest(ask: Ask) -> None:
    page = ask(
        Query(metrics=("bread_revenue", "bread_margin"), by=(Breakdown("paid_by"), Breakdown("secret_shelf"))),
        person="Bo",
    )
    locator = page.locator(".st-key-repaired-0")
    expect(locator).to_contain_text("This link includes something that isn't available to you. The rest is shown.")
    wait_for_answer(page)
    assert cells(page) == ["cash", "2", "card", "1"]  # of the north till alone
    expect(page.locator(".st-key-page-scope")).to_contain_text("North only")
    assert parameters(page)["m"] == ["bread_revenue"]
    assert parameters(page)["by"] == ["paid_by"]
    expect(page.get_by_text(re.compile("margin", re.IGNORECASE))).to_have_count(0)
    check_page_at_any_width(page)


@pytest.mark.proof
def test_a_person_without_grants_sees_why_and_a_link_shows_them_nothing(ask: Ask) -> None:
    page = ask(person="Cai")
    expect(page.locator(".st-key-nothing-granted")).to_contain_text("You don't have access to any metrics yet")
    expect(page.get_by_role("button", name=re.compile("^Show "))).to_have_count(0)
    check_page_at_any_width(page)
    asked = urlencode(query_to_params(TILLS), doseq=True)
    page.goto(f"{page.url.partition('?')[0]}?{asked}")
    locator = page.locator(".st-key-repaired-0")
    expect(locator).to_contain_text("isn't available to you, so there's nothing to show.")
    expect(page.locator(".st-key-nothing-granted")).to_be_visible()
    no_answer(page)
    assert "m" not in parameters(page)
    expect(page.get_by_text(re.compile("revenue", re.IGNORECASE))).to_have_count(0)
    check_page_at_any_width(page)


# Small numbers


def darkest(page: Page, row: int) -> int:
    """Return the darkest shade in a cell of the table's second column, from 0 to 255."""
    canvas = page.get_by_test_id("stDataFrame").locator("canvas").first
    canvas.scroll_into_view_if_needed()
    wait_until_idle(page)
    box = canvas.bounding_box()
    assert box is not None
    # Below the head, within the row, and clear of the lines between.
    half = box["width"] / 2
    clip: FloatRect = {"x": box["x"] + half, "y": box["y"] + 40 + 34 * row, "width": half - 4, "height": 24}
    picture = Image.open(BytesIO(page.screenshot(clip=clip))).convert("L")
    return min(picture.tobytes())


@pytest.mark.proof
def test_a_number_based_on_too_little_data_is_grey_and_says_so(ask: Ask) -> None:
    page = ask(Query(metrics=("buying_share",), by=(Breakdown("door"),), time=LAST_13_WEEKS))
    wait_for_answer(page)
    assert cells(page) == ["Side", "40", "Front", "25", "Yard", "25"]
    expect(page.get_by_text("Gray: 1 number is based on too little data.")).to_be_visible()
    check_page_at_any_width(page)
    side, front, yard = (darkest(page, row) for row in range(3))
    assert yard > max(side, front) + 40
    bars = page.locator(".js-plotly-plot .bars .point path")
    expect(bars.nth(2)).not_to_have_css("opacity", "1")


# Signed out


def test_a_tab_signed_out_elsewhere_leads_to_sign_in_and_back_to_the_question(open_as: OpenAs) -> None:
    asked = Query(metrics=("net_revenue",), by=(Breakdown("channel_group"),), time=LAST_13_WEEKS)
    page = open_as(f"explore?{urlencode(query_to_params(asked), doseq=True)}", own_sign_in=True)
    wait_for_answer(page)
    shown, address = cells(page), parameters(page)
    tab = page.context.new_page()
    tab.goto(page.url.partition("explore")[0] + "sign-out")
    expect(tab.get_by_role("button", name="Sign in as Ana")).to_be_visible()

    expect(page.get_by_role("button", name="Sign in as Ana")).to_be_visible()  # without a press
    no_answer(page)
    check_page_at_any_width(page)
    sign_in(page, "Ana")
    title(page, "Net revenue by channel group")
    wait_for_answer(page)
    assert cells(page) == shown
    assert parameters(page) == address
