"""A request, seen by each role: a search finds nothing, someone asks, a steward answers or defines the metric, and it
runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import OpenAs, check_page_on_every_screen, pick, title, wait_for_answer, wait_until_idle
from tests.browser.warm import own_server
from tests.companies import current_company
from tests.days import today

ASKED = "payback horizon"


def ask_for_it(page: Page) -> None:
    page.get_by_role("combobox", name="Ask a question, or pick a metric").click()
    page.keyboard.type(ASKED)
    page.get_by_role("option", name=re.compile("^Request a metric")).click()
    form = page.get_by_role("dialog")
    expect(form.get_by_label("What do you need?")).to_have_value(ASKED)
    form.get_by_label("What do you need it for?").fill("Board meeting")
    form.get_by_role("button", name="Send request").click()
    expect(page.get_by_text("Request sent.")).to_be_visible()


def test_a_search_without_results_leads_to_an_answered_request(open_as: OpenAs) -> None:
    page = open_as("explore", person="Jonas")
    title(page, "Explore")
    ask_for_it(page)

    claire = open_as("requests", person="Claire")
    claire.get_by_role("button", name="Request a metric").click()
    form = claire.get_by_role("dialog")
    form.get_by_label("What do you need?").fill(ASKED.title())
    form.get_by_label("What do you need?").press("Enter")
    expect(form.get_by_text("1 person needs this")).to_be_visible()
    form.get_by_role("button", name="I need this too").click()
    expect(claire.get_by_text("Added to the request.")).to_be_visible()

    ana = open_as("requests", person="Ana")
    expect(ana.get_by_text("2 people need this")).to_be_visible()
    check_page_on_every_screen(ana)
    ana.get_by_role("link", name=f"Open {ASKED}").click()
    title(ana, ASKED)
    ana.get_by_role("button", name="Answer", exact=True).click()
    ana.get_by_role("combobox", name="Metric that answers it").fill("ROAS (last")
    ana.get_by_role("option", name=re.compile("^ROAS")).first.click()
    ana.get_by_role("button", name="Send answer").click()
    expect(ana.get_by_text("All 2 people will see it where they asked.")).to_be_visible()
    wait_until_idle(ana)

    page = open_as("explore", person="Jonas")
    expect(page.get_by_text(re.compile("^ROAS .*is now a metric."))).to_be_visible()
    page.get_by_role("link", name="Run your question").click()
    wait_for_answer(page)
    title(page, "ROAS (last click)")

    claire = open_as("requests", person="Claire")
    expect(claire.get_by_text(re.compile("is now a metric."))).to_be_visible()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return current_company(tmp_path_factory)


@pytest.fixture(scope="module")
def request_address(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Iterator[str]:
    """A separate server, because publishing here changes what everyone sees."""
    with own_server(tmp_path_factory.mktemp("requests"), data) as address:
        yield address


def spend_for_each_order(data: Path) -> str:
    """Return the ad spend per order in the last 13 complete weeks, by SQL."""
    weeks = "BETWEEN $monday::DATE - 91 AND $monday::DATE - 1"
    day = today()
    with duckdb.connect(str(data), read_only=True) as engine:
        row = engine.execute(
            f"SELECT (SELECT sum(spend) FROM fct_ad_campaign_daily WHERE date_day {weeks}) / (SELECT count(*) FROM "
            f"fct_order WHERE order_date {weeks} AND NOT is_test AND status <> 'cancelled')",
            {"monday": day - timedelta(days=day.weekday())},
        ).fetchone()
    assert row is not None
    return f"{row[0]:.2f}"


def define(page: Page) -> None:
    """Define the requested metric by form: ad spend divided by orders."""
    page.get_by_test_id("stButtonGroup").get_by_text("Ratio").click()
    wait_until_idle(page)
    for field, metric in (("Numerator", "Ad spend"), ("Divided by", "Orders")):
        pick(page, field, metric)
        wait_until_idle(page)
    decimals = page.get_by_role("spinbutton", name="Decimals")
    decimals.fill("2")
    decimals.press("Enter")


def test_a_request_becomes_a_metric_that_its_sender_runs(open_as: OpenAs, request_address: str, data: Path) -> None:
    page = open_as("explore", person="Jonas", at=request_address)
    title(page, "Explore")
    ask_for_it(page)

    ana = open_as("", person="Ana", at=request_address)
    ana.get_by_role("link", name=re.compile(f"^Answer.*{ASKED}")).click()
    title(ana, ASKED)
    ana.get_by_role("button", name="Start a draft").click()
    expect(ana.get_by_text("What is it?")).to_be_visible()
    wait_until_idle(ana)
    define(ana)
    number = spend_for_each_order(data)
    preview = ana.locator(".st-key-definition-live")
    expect(preview.get_by_role("heading", name=number, exact=True)).to_be_visible()
    wait_until_idle(ana)
    views = ana.get_by_test_id("stButtonGroup")
    views.get_by_text("Impact").click()
    expect(ana.get_by_text("No values change")).to_be_visible()
    views.get_by_text("Changes").click()
    expect(ana.get_by_text("1 metric added.")).to_be_visible()
    ana.get_by_role("textbox", name="What changes, and why").fill("Field marketing asked for it")
    ana.keyboard.press("Tab")
    wait_until_idle(ana)
    ana.get_by_role("button", name="Publish", exact=True).click()
    expect(ana.get_by_text("is live. New results use it.")).to_be_visible()

    ana = open_as("", person="Ana", at=request_address)
    expect(ana.get_by_text("Its metric is live. 1 person is waiting for the answer.")).to_be_visible()
    ana.get_by_role("link", name=re.compile(f"^Answer.*{ASKED}")).click()
    title(ana, ASKED)
    ana.get_by_role("button", name="Answer", exact=True).click()
    expect(ana.get_by_role("combobox", name="Metric that answers it")).to_have_value(ASKED.capitalize())
    ana.get_by_role("button", name="Send answer").click()
    expect(ana.get_by_text("Answered.")).to_be_visible()

    page = open_as("explore", person="Jonas", at=request_address)
    expect(page.get_by_text(f"{ASKED.capitalize()} is now a metric.")).to_be_visible()
    page.get_by_role("link", name="Run your question").click()
    wait_for_answer(page)
    title(page, ASKED.capitalize())
