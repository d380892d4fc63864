"""Home and the catalogue in a real browser: a metric is found despite a typo, read, compared and opened in Explore,
also on a phone.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import OpenAs, parameters, scrolls_sideways, title, wait_until_idle


def test_roas_is_found_despite_a_typo_read_and_opened_in_explore(open_as: OpenAs) -> None:
    page = open_as(person="Lena")
    title(page, "Home")
    wait_until_idle(page)  # shortcuts work once everything has loaded
    # With the keyboard alone: if the field weren't in focus, R and C would be shortcuts.
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
    page.keyboard.type("rosa")
    expect(page.get_by_role("dialog").get_by_role("option", name=re.compile("^ROAS .last click."))).to_be_visible()
    page.keyboard.press("Enter")
    title(page, "ROAS (last click)")
    assert parameters(page) == {"m": ["roas"]}
    expect(page.get_by_text("What ads caused, or what platforms claim for themselves")).to_be_visible()
    # Its formula with numbers, drawn down to the data.
    expect(page.locator(".stMetric").nth(1)).to_contain_text("€")
    lineage = page.get_by_role(
        "group", name=re.compile("ROAS .last click. is calculated from Net revenue and Ad spend")
    )
    expect(lineage.locator("path").nth(7)).to_be_attached()  # viewers see data, measures, metrics and saved work
    page.get_by_role("button", name="Explore", exact=True).click()
    title(page, "ROAS (last click), weekly")
    assert parameters(page)["m"] == ["roas"]


def test_on_a_phone_metrics_are_compared_and_found_and_the_address_follows(open_as: OpenAs) -> None:
    page = open_as("metrics?m=roas", person="Lena", width=390, mode="dark")

    def shows(heading: str) -> None:
        title(page, heading)
        wait_until_idle(page)
        assert not scrolls_sideways(page), heading

    shows("ROAS (last click)")
    page.get_by_role("button", name="Compare with").click()
    page.get_by_role("combobox", name="Another metric").fill("new customers")
    page.get_by_role("option", name="ROAS (new customers)").click()
    shows("ROAS (last click) and ROAS (new customers)")
    expect(page.get_by_text("The same denominator: Ad spend.")).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("link", name="ROAS (new customers)").first.click()
    shows("ROAS (new customers)")
    expect(page).to_have_url(re.compile(r"\?m=\w+$"))
    page.get_by_role("button", name="All metrics").click()
    shows("Metrics")
    page.get_by_role("textbox", name="Search metrics").fill("hook rate")
    expect(page.get_by_text("No results for")).to_be_visible()
    page.get_by_role("textbox", name="Search metrics").fill("basket aver")
    page.get_by_role("link", name="Average order value").click()
    title(page, "Average order value")
    assert parameters(page) == {"m": ["aov"]}
    page.go_back()
    title(page, "Metrics")


def test_metrics_open_in_this_tab_or_a_new_one_and_back_leads_back(open_as: OpenAs) -> None:
    page = open_as("metrics", person="Lena")
    rows = page.locator(".st-key-list-of-metrics")
    orders = rows.get_by_role("link", name="Orders", exact=True)
    for how in ({"button": "middle"}, {"modifiers": ["Control"]}):
        with page.context.expect_page() as opened:
            orders.click(**how)  # type: ignore[arg-type]
        title(opened.value, "Orders")
        assert parameters(opened.value) == {"m": ["orders"]}
        opened.value.close()
        title(page, "Metrics")
        assert parameters(page) == {}
    orders.click()
    title(page, "Orders")
    expect(page).to_have_url(re.compile(r"/metrics\?m=orders$"))
    page.get_by_role("button", name="All metrics").click()
    title(page, "Metrics")
    expect(page).to_have_url(re.compile(r"/metrics$"))
    for _ in range(2):  # there and back: what Back opens adds nothing to the history
        page.go_back()
        title(page, "Orders")
        page.go_forward()
        title(page, "Metrics")
    page.go_back()
    title(page, "Orders")
    page.go_back()
    title(page, "Metrics")


@pytest.mark.proof
def test_a_tile_has_the_number_of_its_question(open_as: OpenAs) -> None:
    page = open_as(person="Lena")
    tile = page.locator(".st-key-tile-orders")
    value = tile.locator("[data-testid=stMetricValue]")
    expect(value).not_to_be_empty()
    shown = value.inner_text()
    tile.get_by_role("link", name="Orders").click()
    title(page, "Orders")
    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text(shown)


@pytest.mark.proof
def test_a_metric_outside_a_persons_scope_reads_as_missing(open_as: OpenAs) -> None:
    page = open_as("metrics?m=margin_rate", person="Jonas")
    expect(page.get_by_text("There is no metric")).to_be_visible()
    page.get_by_role("button", name="All metrics").click()
    title(page, "Metrics")
    page.get_by_role("textbox", name="Search metrics").fill("gross margin rate")
    expect(page.get_by_text("Gross margin rate", exact=True)).to_have_count(0)
    expect(page.get_by_text(re.compile(r"\d+ of \d+ metrics|No results for"))).to_be_visible()
