"""Home and the catalogue in a real browser: found by a typo, read, compared, opened in Explore; on a phone too."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import test_explore
from tests.browser.test_explore import parameters

# The same server and visitors as Explore's own tests.
address, chromium, contexts = test_explore.address, test_explore.chromium, test_explore.contexts

Visit = Callable[..., Page]
SLOWLY = 20_000


@pytest.fixture
def visit(contexts: Callable[..., BrowserContext], address: str) -> Visit:
    """Signs a person in and opens a page."""

    def open_page(path: str = "", *, person: str = "Lena", width: int = 1440, mode: str = "light") -> Page:
        page = contexts(width=width, mode=mode).new_page()
        page.goto(f"{address}/{path}")
        page.get_by_role("button", name=re.compile(f"Sign in as {person}")).click()
        return page

    return open_page


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1).first).to_have_text(text, timeout=SLOWLY)


def test_roas_is_found_by_a_typo_read_and_opened_in_explore(visit: Visit) -> None:
    page = visit()
    title(page, "Home")
    # By the keyboard alone: R and C would be shortcuts, were the field not in focus.
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused(timeout=SLOWLY)
    page.keyboard.type("rosa")
    expect(page.get_by_role("dialog").get_by_role("link", name="ROAS (blended)")).to_be_visible(timeout=SLOWLY)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    title(page, "ROAS (blended)")
    assert parameters(page) == {"m": ["roas"]}
    expect(page.get_by_text("Revenue that would have come without them is in it.")).to_be_visible()
    # What it is computed from, with numbers, drawn down to the data.
    expect(page.locator(".stMetric").nth(1)).to_contain_text("€", timeout=SLOWLY)
    lineage = page.get_by_role("group", name=re.compile("ROAS .blended. is computed from Net revenue and Ad spend"))
    expect(lineage.locator("path")).to_have_count(6)  # viewers see data, measures and metrics
    page.get_by_role("button", name="Explore", exact=True).click()
    title(page, "ROAS (blended), weekly")
    assert parameters(page)["m"] == ["roas"]


def test_from_metric_to_metric_the_address_follows(visit: Visit) -> None:
    page = visit("metrics?m=roas")
    title(page, "ROAS (blended)")
    page.get_by_role("button", name="Net revenue").first.click()
    title(page, "Net revenue")
    expect(page).to_have_url(re.compile("m=net_revenue"))
    page.get_by_role("button", name="All metrics").click()
    title(page, "Metrics")
    page.get_by_role("textbox", name="Search metrics").fill("payback")
    expect(page.get_by_text("No metric called")).to_be_visible(timeout=SLOWLY)
    page.get_by_role("textbox", name="Search metrics").fill("basket aver")
    page.get_by_role("button", name="Average order value").click()
    title(page, "Average order value")
    assert parameters(page) == {"m": ["aov"]}
    page.go_back()
    title(page, "Metrics")


def test_two_metrics_are_compared_from_the_page_of_one(visit: Visit) -> None:
    page = visit("metrics?m=roas")
    title(page, "ROAS (blended)")
    page.get_by_role("button", name="Compare with").click()
    page.get_by_role("combobox", name="Another metric").fill("new customers")
    page.get_by_role("option", name="ROAS (new customers)").click()
    title(page, "ROAS (blended) and ROAS (new customers)")
    expect(page.get_by_text("The same denominator: Ad spend.")).to_be_visible()


def test_a_tile_has_the_number_of_its_question(visit: Visit) -> None:
    page = visit()
    tile = page.locator(".st-key-tile-orders")
    value = tile.locator("[data-testid=stMetricValue]")
    expect(value).not_to_be_empty(timeout=SLOWLY)
    shown = value.inner_text()
    tile.get_by_role("link", name="Orders").click()
    title(page, "Orders")
    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text(shown, timeout=SLOWLY)


@pytest.mark.parametrize("path", ["", "metrics", "metrics?m=roas", "metrics?m=roas&with=cpa"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(visit: Visit, path: str, mode: str) -> None:
    page = visit(path, width=390, mode=mode)
    expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=SLOWLY)
    page.wait_for_timeout(1_500)
    wide = page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
    main = page.locator(".stMain").evaluate("one => one.scrollWidth - one.clientWidth")
    assert (wide, main) == (0, 0)


def test_a_metric_outside_of_ones_scope_reads_like_none(visit: Visit) -> None:
    page = visit("metrics?m=margin_rate", person="Jonas")
    expect(page.get_by_text("There is no metric")).to_be_visible(timeout=SLOWLY)
    page.get_by_role("button", name="All metrics").click()
    title(page, "Metrics")
    page.get_by_role("textbox", name="Search metrics").fill("gross margin rate")
    expect(page.get_by_text("Gross margin rate", exact=True)).to_have_count(0)
    expect(page.get_by_text(re.compile(r"\d+ of \d+ metrics|No metric called"))).to_be_visible(timeout=SLOWLY)
