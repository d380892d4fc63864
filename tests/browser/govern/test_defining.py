"""Someone who doesn't write YAML defines three metrics of different kinds.

Their numbers equal those of hand-written SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import OpenAs, check_page_at_any_width, pick, wait_until_idle
from tests.browser.warm import own_server
from tests.companies import current_company
from tests.days import today

WEEKS = "order_date >= $monday::DATE - 91 AND order_date < $monday"
PAID = "NOT is_test AND status <> 'cancelled'"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return current_company(tmp_path_factory)


@pytest.fixture(scope="module")
def edits_address(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Iterator[str]:
    with own_server(tmp_path_factory.mktemp("defining"), data) as address:
        yield address


def counted(data: Path, sql: str) -> float:
    """Return one number of the company by SQL, over weeks that ended before Monday of this week."""
    day = today()
    with duckdb.connect(str(data), read_only=True) as engine:
        row = engine.execute(sql, {"monday": day - timedelta(days=day.weekday())}).fetchone()
    assert row is not None
    return row[0]


MOST_CLICKS = 30
"""The most clicks for one metric with three conditions, by someone who knows what they want."""


def count_clicks(page: Page) -> None:
    page.evaluate("() => { window.clicks = 0; addEventListener('click', () => window.clicks++, true) }")


def took_few_clicks(page: Page) -> None:
    """Check that few clicks were needed since the last metric, or since counting began."""
    clicks = page.evaluate("() => { const counted = window.clicks; window.clicks = 0; return counted }")
    assert 0 < clicks <= MOST_CLICKS, clicks


def create(page: Page, name: str, calculation: str, **chosen: str) -> None:
    """Begin a metric under New, with the fields that its kind needs."""
    page.get_by_role("button", name="New").click()
    page.get_by_test_id("stPopoverBody").get_by_role("textbox", name="Name").fill(name)
    page.keyboard.press("Tab")
    wait_until_idle(page)
    pick(page, "Calculation", calculation)
    wait_until_idle(page)
    for field, option in chosen.items():
        pick(page, field.replace("_", " "), option)
        wait_until_idle(page)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text("What is it?")).to_be_visible()
    wait_until_idle(page)


def only_where(page: Page, field: str, comparison: str, value: str = "") -> None:
    """Add a condition to the form."""
    page.get_by_role("button", name="Add condition").first.click()
    pick(page, "Field", field)
    wait_until_idle(page)
    pick(page, "Comparison", comparison)
    wait_until_idle(page)
    if value:
        page.get_by_role("combobox", name="Values").click()
        page.keyboard.type(value)
        page.get_by_role("option", name=re.compile(f"^{value}")).first.click()
        page.keyboard.press("Escape")
        wait_until_idle(page)
    page.get_by_role("button", name="Add", exact=True).click()
    wait_until_idle(page)


def shows(page: Page, number: str) -> None:
    expect(page.locator(".st-key-definition-live").get_by_role("heading", name=number, exact=True)).to_be_visible()


def test_three_metrics_of_different_kinds_without_yaml(open_as: OpenAs, edits_address: str, data: Path) -> None:
    page = open_as("definitions", person="Ana", at=edits_address)
    rows = f"SELECT count(*) FROM fct_order WHERE {PAID} AND market = 'DE' AND {WEEKS}"
    german = counted(data, rows)
    assert german > 100
    count_clicks(page)

    create(page, "Orders from Germany", "Count or sum", Measure="Orders: Orders")
    only_where(page, "Is test", "is no")
    only_where(page, "Order status", "isn't", "Cancelled")
    only_where(page, "Market", "is", "Germany")
    expect(page.get_by_text("Market is Germany")).to_be_visible()
    every, left = (
        counted(data, f"SELECT count(*) FROM fct_order WHERE {which} AND $monday IS NOT NULL")
        for which in (PAID, f"{PAID} AND market = 'DE'")
    )
    expect(page.get_by_text(f"{every:,} \N{RIGHTWARDS ARROW} {left:,}")).to_be_visible()
    shows(page, f"{german:,}")
    expect(page.get_by_text("Your draft changes 1 definition.")).to_be_visible()
    took_few_clicks(page)

    create(
        page, "German share of orders", "Ratio of two metrics", Numerator="Orders from Germany", Denominator="Orders"
    )
    pick(page, "Format", "Share")
    wait_until_idle(page)
    share = 100 * german / counted(data, f"SELECT count(*) FROM fct_order WHERE {PAID} AND {WEEKS}")
    shows(page, f"{share:.1f}%")
    took_few_clicks(page)

    create(page, "German orders of the last 7 days", "Running or rolling total", Metric="Orders from Germany")
    page.get_by_test_id("stButtonGroup").get_by_text("Rolling window").click()
    wait_until_idle(page)
    number = page.get_by_role("spinbutton", name="Number")
    number.fill("7")
    number.press("Enter")
    week = counted(data, f"{rows} AND order_date >= $monday::DATE - 7")
    shows(page, f"{week:,}")
    took_few_clicks(page)
    check_page_at_any_width(page)

    page.get_by_test_id("stButtonGroup").get_by_text("YAML").click()
    text = page.get_by_role("textbox", name=re.compile("^Text of")).input_value()
    assert "window: 7 days\n" in text
    page.get_by_role("button", name=re.compile("^Changes")).or_(page.get_by_text("Changes (3)")).first.click()
    expect(page.get_by_text("3 metrics added.")).to_be_visible()
