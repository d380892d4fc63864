"""Explore in a real browser: a question built by hand, opened again by its link, on a phone, in the dark."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from semantic.display.tokens import DARK, LIGHT
from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.query import Breakdown, Condition, LastYear, Operator, Previous, Query, ToDate, Top
from tests.browser.screen import (
    LAST_13_WEEKS,
    WEEKLY,
    Come,
    Visit,
    amounts,
    answered,
    at_rest,
    cells,
    choose_more,
    go_back,
    grid_cells,
    parameters,
    pick,
    rgb,
    scrolls_sideways,
)

REVENUE = Query(metrics=("net_revenue",), by=(WEEKLY,), time=LAST_13_WEEKS)


def test_a_question_is_built_by_hand_and_answered(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    pick(page, "Metric", "Net revenue")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stMetricValue")).to_contain_text("€")
    pick(page, "Break down by", "Channel group")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Net revenue by channel group")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible()
    found = amounts(page, columns=2)
    assert found == sorted(found, reverse=True)
    assert sum(found) > 0
    page.get_by_role("radio", name="Details", exact=True).click()
    expect(page.get_by_text("Computed as:")).to_be_visible()
    page.get_by_role("radio", name="Week", exact=True).click()
    expect(page.get_by_role("heading", name="Net revenue by channel group, weekly")).to_be_visible()
    assert parameters(page)["m"] == ["net_revenue"]
    assert set(parameters(page)["by"][0].split(",")) == {"date:week", "channel_group"}


def test_a_link_opens_the_same_question_in_a_new_tab(visit: Visit) -> None:
    asked = Query(metrics=("net_revenue", "orders"), by=(Breakdown("channel"),), time=LAST_13_WEEKS)
    page = visit(asked)
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible()
    answered(page)
    first = cells(page)
    tab = page.context.new_page()
    tab.goto(page.url)
    expect(tab.get_by_test_id("stPlotlyChart").first).to_be_visible()
    answered(tab)
    assert cells(tab) == first
    assert parameters(tab) == parameters(page) == query_to_params(asked)
    expect(tab.get_by_role("combobox", name="Period")).to_have_value("13 weeks")


def test_ctrl_enter_asks_again_and_back_returns_to_the_previous_question(visit: Visit) -> None:
    page = visit(REVENUE)
    expect(page.get_by_role("heading", name="Net revenue, weekly")).to_be_visible()
    answered(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("from the cache"))).to_be_visible()
    page.get_by_role("radio", name="Month", exact=True).click()
    expect(page.get_by_role("heading", name="Net revenue, monthly")).to_be_visible()
    answered(page)
    go_back(page)
    expect(page.get_by_role("heading", name="Net revenue, weekly")).to_be_visible()
    week = page.get_by_role("radio", name="Week", exact=True)
    expect(week).to_have_count(1)  # for a moment the field before is there as well
    expect(week).to_be_checked()


def test_filters_are_added_for_groups_rows_and_values(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(Breakdown("market"),), time=LAST_13_WEEKS))
    answered(page)
    pick(page, "Filter by", "Value of Net revenue")
    page.get_by_role("spinbutton", name="Value, EUR").fill("1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add filter").click()
    expect(page.get_by_role("button", name="Net revenue more than €1")).to_be_visible()
    pick(page, "Filter by", "Segment: Ordered in the last 90 days")
    page.get_by_role("button", name="Add filter").click()
    expect(page.get_by_role("button", name="In Ordered in the last 90 days")).to_be_visible()
    answered(page)
    assert parameters(page)["h"] == ["net_revenue:>:1"]
    assert parameters(page)["f"] == ["segment:recent_buyers"]

    pick(page, "Filter by", "Market")
    box = page.locator(".st-key-new-filter").get_by_role("combobox", name="Market")
    box.click()
    box.fill("DE")  # one of the values in the data
    page.get_by_role("option", name="DE").click()
    box.press("Tab")
    page.get_by_role("button", name="Add filter").click()
    expect(page.get_by_role("button", name="Market: DE")).to_be_visible()
    expect(page.get_by_text("1 row", exact=True)).to_be_visible()
    assert parameters(page)["f"] == ["segment:recent_buyers", "market:in:DE"]


def test_a_question_is_compared_totalled_and_cut_to_its_top_by_hand_and_undone(visit: Visit) -> None:
    page = visit(Query(metrics=("spend",), by=(Breakdown("channel"),), time=LAST_13_WEEKS))
    every = sum(amounts(page, columns=2))

    page.get_by_role("button", name="Previous period").click()
    expect(page.get_by_text(re.compile("Compared with"))).to_be_visible()
    expect(page.get_by_text(re.compile("Previous period: "))).to_be_visible()
    choose_more(page, "Totals")
    expect(page.get_by_text(re.compile("total at the end"))).to_be_visible()
    choose_more(page, "Only the top, the rest as Other")
    expect(page.get_by_text("5 rows, with Other, total at the end")).to_be_visible()
    expect(grid_cells(page).get_by_text("Other (the rest)")).to_have_count(1)
    spend = amounts(page, columns=4)
    names = cells(page)[::4]
    assert names[-2:] == ["Other (the rest)", "Total"]
    assert spend[:5] == sorted(spend[:5], reverse=True)
    assert spend[-1] == pytest.approx(sum(spend[:-1]), abs=4) == pytest.approx(every, abs=8)

    page.get_by_role("button", name="Top 5 of channel").click()
    page.get_by_role("spinbutton", name="Only the top").fill("2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 rows, with Other, total at the end")).to_be_visible()
    assert parameters(page)["top"] == ["channel:2:spend"]
    expect(page.get_by_role("spinbutton", name="Only the top")).to_be_visible()  # the popover stays open
    page.keyboard.press("Escape")
    assert parameters(page)["c"] == ["previous"]
    assert parameters(page)["tot"] == ["grand"]

    go_back(page)
    expect(page.get_by_text("5 rows, with Other, total at the end")).to_be_visible()
    expect(page.get_by_role("button", name="Top 5 of channel")).to_be_visible()


def test_what_cannot_be_added_says_why_and_offers_a_way(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue", "product_revenue"), time=LAST_13_WEEKS))
    pick(page, "Break down by", "Product category")
    why = page.locator(".st-key-why-not")
    expect(why.get_by_text("Product category", exact=True)).to_be_visible()
    why.get_by_role("button", name="Drop Net revenue").click()
    expect(page.get_by_role("heading", name=re.compile("Product revenue by"))).to_be_visible()


def test_a_metric_is_found_by_another_name_and_in_spite_of_a_typo_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit()
    page.get_by_role("combobox", name="Metric").focus()
    page.keyboard.type("cost per acquisition")
    expect(page.get_by_role("option").first).to_contain_text("Also called cost per acquisition")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cost per order (CPA)")).to_be_visible()
    page.keyboard.type("net revnue")
    page.keyboard.press("Enter")  # before the hits are there: the first is taken once they are
    expect(page.get_by_role("heading", name="Cost per order (CPA) and net revenue")).to_be_visible()
    page.keyboard.type("hook rate")
    expect(page.get_by_text("No metric is called “hook rate")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Break down by").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_have_count(1)
    page.keyboard.type("chanel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cost per order (CPA) and net revenue by channel")).to_be_visible()


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


def test_a_phone_never_scrolls_sideways_and_shows_the_answer_first(visit: Visit) -> None:
    page = visit(REVENUE, width=390)
    for name, asked in QUESTIONS.items():
        page.goto(f"{page.url.partition('?')[0]}?{urlencode(query_to_params(asked), doseq=True)}")
        expect(page.locator(".st-key-trust, .st-key-refused, .st-key-empty")).to_be_in_viewport()
        at_rest(page)
        assert not scrolls_sideways(page), name
        expect(page.locator(".st-key-builder")).to_be_hidden()
        page.get_by_role("button", name="Change the question").click()
        expect(page.locator(".st-key-builder")).to_be_visible()
        at_rest(page)
        assert not scrolls_sideways(page), name
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_phone_without_a_question_shows_the_ways_in_before_the_builder(visit: Visit) -> None:
    page = visit(width=390)
    way = page.get_by_role("button", name="Show", exact=True).first
    expect(way).to_be_in_viewport()
    at_rest(page)
    assert not scrolls_sideways(page)
    first, builder = way.bounding_box(), page.locator(".st-key-builder").bounding_box()
    assert first is not None
    assert builder is not None
    assert first["y"] < builder["y"]
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_page_and_chart_are_in_the_colours_of_the_mode_and_follow_a_switch(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=LAST_13_WEEKS), mode="dark")
    bar = page.locator(".js-plotly-plot .bars path").first
    expect(page.locator(".st-key-keys span").first).to_be_attached()  # the watcher for mode switches loads last
    for tokens in (DARK, LIGHT):
        page.emulate_media(color_scheme=tokens.mode)
        expect(bar).to_have_css("fill", rgb(tokens.series[0]))
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb(tokens.page))
    expect(page.get_by_role("heading", level=1)).to_have_css("font-family", re.compile("Hanken Grotesk"))
    assert page.evaluate("document.fonts.check('14px \"Hanken Grotesk\"')")


def test_a_wrong_link_is_a_sentence(come: Come) -> None:
    page = come("explore?m=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&zz=1")
    expect(page.get_by_text("This link could not be read.")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert page.locator("img[src=x]").count() == 0


def test_a_person_with_a_scope_is_told_it(visit: Visit) -> None:
    page = visit(REVENUE, person="Jonas")
    expect(page.get_by_text("Scope: DE, AT").first).to_be_visible()
    expect(page.get_by_text("SQL for")).to_have_count(0)
