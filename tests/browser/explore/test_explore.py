"""Explore in a real browser: questions built by hand, opened by a link, on a phone and in dark mode."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from semantic.display.tokens import DARK, LIGHT
from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.query import DATE, Breakdown, Condition, Last, LastYear, Operator, Previous, Query, ToDate, Top
from tests.browser.answer_screen import clear, click_cell, menu, press, selected
from tests.browser.screen import (
    LAST_13_WEEKS,
    WEEKLY,
    OpenAs,
    Visit,
    amounts,
    cells,
    choose_more,
    go_back,
    grid_cells,
    parameters,
    pick,
    rgb,
    scrolls_sideways,
    wait_for_answer,
    wait_until_idle,
)
from tests.browser.windows import NARROW, Windows

REVENUE = Query(metrics=("net_revenue",), by=(WEEKLY,), time=LAST_13_WEEKS)


def test_a_question_is_built_by_hand_asked_again_and_left_with_back(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    expect(page).to_have_title("Explore · Samepage")
    pick(page, "Metric", "Net revenue")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stMetricValue")).to_contain_text("€")
    pick(page, "Break down by", "Channel group")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Net revenue by channel group")).to_be_visible()
    expect(page).to_have_title("Net revenue by channel group · Samepage")
    expect(page.get_by_test_id("chart").first).to_be_visible()
    found_amounts = amounts(page, columns=2)
    assert found_amounts == sorted(found_amounts, reverse=True)
    assert sum(found_amounts) > 0
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile(", cached"))).to_be_visible()
    page.get_by_role("radio", name="Week", exact=True).click()
    expect(page.get_by_role("heading", name="Net revenue by channel group, weekly")).to_be_visible()
    wait_for_answer(page)
    assert parameters(page)["m"] == ["net_revenue"]
    assert set(parameters(page)["by"][0].split(",")) == {"date:week", "channel_group"}
    expect(page).to_have_title("Net revenue by channel group, weekly · Samepage")
    go_back(page)
    expect(page.get_by_role("heading", name="Net revenue by channel group", exact=True)).to_be_visible()
    expect(page).to_have_title("Net revenue by channel group · Samepage")
    week = page.get_by_role("radio", name="Week", exact=True)
    expect(week).to_have_count(1)  # for a moment the previous field is there as well
    expect(week).not_to_be_checked()
    wait_for_answer(page)
    pick(page, "Break down by", "Product category")  # which net revenue can't be broken down by
    expect(page.locator(".st-key-why-not").get_by_text("Product category", exact=True)).to_be_visible()


@pytest.mark.proof
def test_a_link_opens_the_same_question_in_a_new_tab(visit: Visit) -> None:
    asked = Query(metrics=("net_revenue", "orders"), by=(Breakdown("channel"),), time=LAST_13_WEEKS)
    page = visit(asked)
    expect(page.get_by_test_id("chart").first).to_be_visible()
    wait_for_answer(page)
    first = cells(page)
    tab = page.context.new_page()
    tab.goto(page.url)
    expect(tab.get_by_test_id("chart").first).to_be_visible()
    wait_for_answer(tab)
    assert cells(tab) == first
    assert parameters(tab) == parameters(page) == query_to_params(asked)
    expect(tab.get_by_role("combobox", name="Period")).to_have_value("Last 13 weeks")


@pytest.mark.proof
def test_filters_are_added_for_groups_rows_and_values(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(Breakdown("market"),), time=LAST_13_WEEKS))
    wait_for_answer(page)
    pick(page, "Filter by", "Value of Net revenue")
    page.get_by_role("spinbutton", name="Value, EUR").fill("1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add filter").click()
    expect(page.locator(".st-key-builder").get_by_role("button", name="Net revenue more than €1")).to_be_visible()
    pick(page, "Filter by", "Segment: Ordered in the last 90 days")
    page.get_by_role("button", name="Add filter").click()
    expect(page.locator(".st-key-builder").get_by_role("button", name="In Ordered in the last 90 days")).to_be_visible()
    wait_for_answer(page)
    assert parameters(page)["h"] == ["net_revenue:>:1"]
    assert parameters(page)["f"] == ["segment:recent_buyers"]

    pick(page, "Filter by", "Market")
    box = page.locator(".st-key-new-filter").get_by_role("combobox", name="Market")
    box.click()
    box.fill("Ger")  # the label of one of the values in the data
    page.get_by_role("option", name="Germany").click()
    box.press("Tab")
    page.get_by_role("button", name="Add filter").click()
    expect(page.locator(".st-key-builder").get_by_role("button", name="Market: Germany")).to_be_visible()
    expect(page.get_by_text("1 row", exact=True)).to_be_visible()
    assert parameters(page)["f"] == ["segment:recent_buyers", "market:in:DE"]


@pytest.mark.proof
def test_a_comparison_totals_and_a_top_are_added_by_hand_and_undone(visit: Visit) -> None:
    page = visit(Query(metrics=("spend",), by=(Breakdown("channel"),), time=LAST_13_WEEKS))
    total = sum(amounts(page, columns=2))

    page.get_by_role("button", name="Previous period").click()
    expect(page.get_by_text(re.compile("Compared with"))).to_be_visible()
    expect(page.get_by_text(re.compile("Previous period: "))).to_be_visible()
    choose_more(page, "Totals")
    expect(grid_cells(page).get_by_text("Total", exact=True)).to_have_count(1)
    page.get_by_role("button", name="Top 8 of channel").click()
    page.locator(".st-key-builder").get_by_role("button", name="Top 8, with Other").click()
    page.get_by_role("spinbutton", name="Top").fill("5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("5 rows and Other", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(grid_cells(page).get_by_text("Other (the rest)")).to_have_count(1)
    spend = amounts(page, columns=4)
    names = cells(page)[::4]
    assert (names[0], names[-1]) == ("Total", "Other (the rest)")
    assert spend[1:6] == sorted(spend[1:6], reverse=True)
    assert spend[0] == pytest.approx(sum(spend[1:]), abs=4) == pytest.approx(total, abs=8)

    page.locator(".st-key-builder").get_by_role("button", name="Top 5, with Other").click()
    page.get_by_role("spinbutton", name="Top").fill("2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 rows and Other", exact=True)).to_be_visible()
    assert parameters(page)["top"] == ["channel:2:spend"]
    expect(page.get_by_role("spinbutton", name="Top")).to_be_visible()  # the popover stays open
    page.keyboard.press("Escape")
    assert parameters(page)["c"] == ["previous"]
    assert parameters(page)["tot"] == ["grand"]

    go_back(page)
    expect(page.get_by_text("5 rows and Other", exact=True)).to_be_visible()
    expect(page.locator(".st-key-builder").get_by_role("button", name="Top 5, with Other")).to_be_visible()


@pytest.mark.proof
def test_an_unavailable_breakdown_says_why_and_offers_a_fix(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue", "product_revenue"), time=LAST_13_WEEKS))
    pick(page, "Break down by", "Product category")
    why = page.locator(".st-key-why-not")
    expect(why.get_by_text("Product category", exact=True)).to_be_visible()
    why.get_by_role("button", name="Drop Net revenue").click()
    expect(page.get_by_role("heading", name=re.compile("Product revenue by"))).to_be_visible()


def test_metrics_breakdowns_and_filters_are_found_with_the_keyboard_alone(visit: Visit) -> None:
    """They can be found by synonyms, despite a typo, and each field is only a few presses of Tab away."""
    page = visit()
    page.get_by_role("combobox", name="Metric", exact=True).focus()
    page.keyboard.type("cost per acquisition")
    expect(page.get_by_role("option").first).to_contain_text("Also called cost per acquisition")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cost per order (CPA)")).to_be_visible()
    page.keyboard.type("net revnue")
    page.keyboard.press("Enter")  # before there are hits: the first is picked once they arrive
    expect(page.get_by_role("heading", name="Cost per order (CPA) and net revenue")).to_be_visible()
    page.keyboard.type("hook rate")
    expect(page.get_by_text("No metric matches “hook rate")).to_be_visible()
    page.keyboard.press("Escape")
    wait_for_answer(page)  # the heading is there before the buttons that Tab goes to
    field = page.get_by_role("combobox", name="Break down by")
    for _ in range(10):  # past two buttons that remove a metric, the period and the comparisons
        page.keyboard.press("Tab")
        if field.evaluate("one => one.matches(':focus')"):
            break
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_have_count(1)
    page.keyboard.type("channel")
    page.keyboard.press("Enter")
    expect(
        page.get_by_role("heading", name="Cost per order (CPA) and net revenue by channel", exact=True)
    ).to_be_visible()
    wait_for_answer(page)
    assert "Paid search brand" in cells(page)
    page.get_by_role("combobox", name="Filter by").focus()
    page.keyboard.type("brand")
    expect(page.get_by_role("option").first).to_contain_text("Exclude Paid search brand")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-builder").get_by_role("button", name="Channel: not Paid search brand")).to_be_visible()
    expect(grid_cells(page).get_by_text("Paid search brand")).to_have_count(0)


def test_a_row_is_picked_even_if_the_list_changes_while_the_mouse_is_down(visit: Visit) -> None:
    page = visit()
    page.get_by_role("combobox", name="Metric", exact=True).click()
    row = page.get_by_role("option").filter(has_text="Net revenue").first
    row.hover()
    page.mouse.down()
    page.keyboard.type("cost")  # which finds other rows
    expect(row).to_be_visible()
    page.mouse.up()
    expect(page.get_by_role("heading", name="Net revenue")).to_be_visible()


QUESTIONS = {
    "line": REVENUE,
    "panels": Query(metrics=("roas", "spend", "orders"), by=(WEEKLY,), time=LAST_13_WEEKS),
    "multiples": Query(metrics=("net_revenue",), by=(WEEKLY, Breakdown("channel")), time=LAST_13_WEEKS),
    "bars": Query(metrics=("spend", "net_revenue", "roas"), by=(Breakdown("channel"),), time=LAST_13_WEEKS),
    "grid": Query(metrics=("roas",), by=(Breakdown("channel"), Breakdown("market")), time=LAST_13_WEEKS),
    "numbers": Query(metrics=("net_revenue", "spend", "roas"), time=LAST_13_WEEKS),
    "compared": Query(
        metrics=("net_revenue", "roas"), time=ToDate(Granularity.MONTH), compare=(Previous(), LastYear())
    ),
    "totalled": Query(
        metrics=("spend", "roas"),
        by=(WEEKLY, Breakdown("channel")),
        time=LAST_13_WEEKS,
        compare=(LastYear(),),
        top=Top(3, "channel", "spend"),
        totals=((), ("channel",)),
    ),
    "refused": Query(metrics=("spend",), by=(Breakdown("product_category"),), time=LAST_13_WEEKS),
    "empty": Query(metrics=("net_revenue",), where=Condition("market", Operator.IN, ("XX",)), time=LAST_13_WEEKS),
}


def open_on_phone(page: Page, name: str) -> None:
    """Open a question by its link on a phone.

    Check that the answer is in view, that the builder is closed and opens instead of the answer, and that nothing is
    cut off.
    """
    page.goto(f"{page.url.partition('?')[0]}?{urlencode(query_to_params(QUESTIONS[name]), doseq=True)}")
    expect(page.locator(".st-key-trust, .st-key-refused, .st-key-empty")).to_be_in_viewport()
    wait_until_idle(page)
    assert not scrolls_sideways(page), name
    expect(page.locator(".st-key-builder")).to_be_hidden()
    page.get_by_role("button", name="Edit question").click()
    expect(page.locator(".st-key-builder")).to_be_visible()
    wait_until_idle(page)
    assert not scrolls_sideways(page), name
    expect(page.locator(".st-key-trust, .st-key-refused, .st-key-empty")).to_be_hidden()  # the fields are a sheet
    page.get_by_role("button", name="Show result").click()
    expect(page.locator(".st-key-builder")).to_be_hidden()
    expect(page.locator(".st-key-trust, .st-key-refused, .st-key-empty")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.proof
def test_a_phone_shows_every_kind_of_answer_first_and_never_scrolls_sideways(visit: Visit) -> None:
    page = visit(REVENUE, width=NARROW)
    for name in QUESTIONS:
        open_on_phone(page, name)


@pytest.fixture
def phone(windows: Windows, cookies_of: Callable[..., Mapping[str, str]], address: str) -> Page:
    """Explore on a touch screen, as Ana, without a question."""
    context = windows.borrow_new(is_phone=True)
    cookies = cookies_of(address, "Ana")
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    page = context.new_page()
    page.goto(f"{address}/explore")
    return page


def test_a_grid_shows_its_numbers_if_its_cells_are_wide_enough(visit: Visit) -> None:
    page = visit(replace(REVENUE, by=(Breakdown("channel"), Breakdown("market"))))
    wait_for_answer(page)
    number = page.locator(".samepage-chart .scatterlayer text").get_by_text("€").first
    expect(number).to_be_visible()
    page.set_viewport_size({"width": NARROW, "height": 844})
    expect(number).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 844})
    expect(number).to_be_visible()


FIRST_NUMBER = """() => Math.min(
  ...[...document.querySelectorAll(".samepage-chart text, [data-testid=stMetricValue], .st-key-answer-headline p")]
    .filter(one => /\\d/.test(one.textContent) && one.checkVisibility())
    .map(one => one.getBoundingClientRect().top))"""
"""How far down the page the first number of an answer is, or Infinity without an answer."""


def test_explore_on_a_phone_shows_the_selection_and_cuts_nothing_off(phone: Page) -> None:
    way = phone.get_by_role("button", name="Show What changed?")
    expect(way).to_be_in_viewport()
    wait_until_idle(phone)
    assert not scrolls_sideways(phone)
    first, builder = way.bounding_box(), phone.locator(".st-key-builder").bounding_box()
    assert first is not None
    assert builder is not None
    assert first["y"] < builder["y"]

    for question in ("m=net_revenue&t=last_1_month", "m=net_revenue&by=channel&t=last_1_month"):  # without notes
        phone.goto(f"{phone.url.partition('?')[0]}?{question}")
        wait_for_answer(phone)
        assert phone.evaluate(FIRST_NUMBER) < 220, question  # pixels, of a screen of 844
    phone.goto(f"{phone.url.partition('?')[0]}?m=net_revenue&by=date:week&t=last_26_week")
    wait_for_answer(phone)
    assert phone.evaluate(FIRST_NUMBER) < 220
    expect(phone.get_by_text("events in this period")).to_be_visible()  # instead of event names above the chart
    expect(phone.locator(".samepage-chart .annotation").get_by_text("Black week")).to_have_count(0)
    for name in ("Edit question", "Save", "Search"):
        expect(phone.get_by_role("button", name=name)).to_be_in_viewport()

    open_on_phone(phone, "refused")
    open_on_phone(phone, "totalled")
    # On a touch screen you can't hover over a table for its toolbar, or press a button's shortcut.
    expect(phone.locator("button kbd:visible")).to_have_count(0)
    expect(phone.get_by_test_id("stElementToolbar").locator("visible=true")).to_have_count(0)
    expect(phone.locator("button kbd").first).to_be_attached()
    click_cell(phone, 0, 1)
    expect(selected(phone)).to_be_attached()
    phone.keyboard.press("Escape")
    expect(menu(phone)).to_have_count(0)
    channel = selected(phone).inner_text()
    phone.keyboard.press("ArrowRight")  # from the channel to its spend
    expect(selected(phone)).not_to_have_text(channel)
    phone.keyboard.press("Enter")
    press(phone, "Where it comes from")
    expect(phone.get_by_role("dialog").get_by_text("How it's calculated")).to_be_visible()
    wait_until_idle(phone)
    assert not scrolls_sideways(phone)
    phone.keyboard.press("Escape")
    expect(phone.get_by_role("dialog")).to_have_count(0)
    wait_until_idle(phone)
    clear(phone)
    phone.get_by_role("button", name="Export").click()
    picture = phone.get_by_role("button", name="Picture").bounding_box()
    assert picture is not None
    assert picture["x"] >= 0
    assert picture["x"] + picture["width"] <= NARROW


def test_page_and_chart_are_in_the_colours_of_the_mode_and_follow_a_switch(visit: Visit) -> None:
    """The amber hatching over days that can still change follows the mode, too."""
    days = Breakdown(DATE, Granularity.DAY)
    page = visit(Query(metrics=("spend",), by=(days,), time=Last(14, Granularity.DAY)), mode="dark")
    expect(page.get_by_text("Hatched and dotted: not final, Ad spend after")).to_be_visible()
    chart = page.get_by_test_id("chart").first
    line, hatch = chart.locator(".lines path").first, chart.locator("pattern path").first
    expect(page.locator(".st-key-keys span").first).to_be_attached()  # the watcher for mode switches loads last
    for tokens in (DARK, LIGHT):
        page.emulate_media(color_scheme=tokens.mode)
        expect(line).to_have_css("stroke", rgb(tokens.series[0]))
        expect(hatch).to_have_css("stroke", rgb(tokens.caution))
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb(tokens.page))
    expect(page.get_by_role("heading", level=1)).to_have_css("font-family", re.compile("Hanken Grotesk"))
    assert page.evaluate("document.fonts.check('14px \"Hanken Grotesk\"')")


@pytest.mark.proof
def test_an_invalid_link_shows_a_message(open_as: OpenAs) -> None:
    page = open_as("explore?m=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&zz=1")
    expect(page.get_by_text("This link couldn't be opened.")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.proof
def test_a_person_with_a_scope_sees_the_scope_but_no_sql(visit: Visit) -> None:
    page = visit(REVENUE, person="Jonas")
    expect(page.get_by_text("Germany, Austria only").first).to_be_visible()
    expect(page.get_by_text("SQL for")).to_have_count(0)


@pytest.mark.proof
def test_the_builder_has_its_fields_in_the_order_people_think(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=LAST_13_WEEKS))
    wait_for_answer(page)
    fields = [
        page.get_by_role("combobox", name=name).bounding_box()
        for name in ("Metric", "Period", "Break down by", "Filter by")
    ]
    places = [field["y"] for field in fields if field]
    assert len(places) == 4
    assert places == sorted(places)

    last_month = datetime.now(ZoneInfo("Europe/Berlin")).date().replace(day=1) - timedelta(days=1)
    pick(page, "Period", f"{last_month:%B %Y}")
    wait_for_answer(page)
    assert parameters(page)["t"] == [f"{last_month.replace(day=1)}..{last_month}"]
    pick(page, "Period", "Last N days")
    page.get_by_role("spinbutton", name="Last").fill("10")
    page.keyboard.press("Enter")
    expect(page.get_by_text("10 complete weeks").first).to_be_visible()

    pick(page, "Filter by", "Market")
    form = page.locator(".st-key-new-filter")
    form.get_by_role("combobox", name="Market").fill("Ger")
    page.get_by_role("option", name="Germany").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add filter").click()
    page.locator(".st-key-builder").get_by_role("button", name="Market: Germany").click()
    page.get_by_role("button", name="Or\N{HORIZONTAL ELLIPSIS}").click()
    expect(page.locator(".st-key-builder").get_by_text("Market: Germany or \N{HORIZONTAL ELLIPSIS}")).to_be_visible()
    pick(page, "Filter by", "Coupon")
    form.get_by_role("combobox", name="Condition").press("ArrowDown")  # a click's list closes when the page scrolls
    page.get_by_role("option", name="is not empty").click()
    page.get_by_role("button", name="Add alternative").click()
    expect(page.locator(".st-key-builder").get_by_role("button", name="Coupon is not empty")).to_be_visible()
    wait_for_answer(page)
    assert json.loads(parameters(page)["f"][0]) == {
        "or": [{"dim": "market", "op": "in", "values": ["DE"]}, {"dim": "coupon", "op": "not_in", "values": [None]}]
    }
    expect(page.get_by_text("Market is Germany or Coupon is not empty").first).to_be_visible()

    page.get_by_role("button", name="Undo", exact=True).hover()
    expect(page.get_by_text("Filter changed: Market: Germany or Coupon is not empty.")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator(".st-key-builder").get_by_role("button", name="Coupon is not empty")).to_have_count(0)
    expect(page.locator(".st-key-builder").get_by_role("button", name="Market: Germany")).to_be_visible()
    page.get_by_role("button", name="Redo", exact=True).click()
    expect(page.locator(".st-key-builder").get_by_role("button", name="Coupon is not empty")).to_be_visible()
