"""A request's journey by role: a search finds nothing, someone asks, a steward answers, and the question runs."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.screen import Come, answered, at_rest, reads_well_on_every_screen, title

ASKED = "payback horizon"


def ask_for_it(page: Page) -> None:
    page.get_by_role("combobox", name="Ask a question, or pick a metric").click()
    page.keyboard.type(ASKED)
    page.get_by_role("option", name=re.compile("^Request a metric")).click()
    form = page.get_by_role("dialog")
    expect(form.get_by_label("What do you need?")).to_have_value(ASKED)
    form.get_by_label("What for?").fill("Board meeting")
    form.get_by_role("button", name="Send request").click()
    expect(page.get_by_text("Request sent.")).to_be_visible()


def test_a_search_that_finds_nothing_ends_in_an_answer(come: Come) -> None:
    page = come("explore", person="Jonas")
    title(page, "Explore")
    ask_for_it(page)

    claire = come("requests", person="Claire")
    claire.get_by_role("button", name="Request a metric").click()
    form = claire.get_by_role("dialog")
    form.get_by_label("What do you need?").fill(ASKED.title())
    form.get_by_label("What do you need?").press("Enter")
    expect(form.get_by_text("1 person needs this")).to_be_visible()
    form.get_by_role("button", name="I need this too").click()
    expect(claire.get_by_text("Added to the request.")).to_be_visible()

    ana = come("requests", person="Ana")
    expect(ana.get_by_text("2 people need this")).to_be_visible()
    reads_well_on_every_screen(ana)
    ana.get_by_role("link", name=f"Open {ASKED}").click()
    title(ana, ASKED)
    ana.get_by_role("button", name="Answer", exact=True).click()
    ana.get_by_role("combobox", name="Metric that answers it").fill("ROAS (last")
    ana.get_by_role("option", name=re.compile("^ROAS")).first.click()
    ana.get_by_role("button", name="Send answer").click()
    expect(ana.get_by_text("All 2 people will see it where they asked.")).to_be_visible()
    at_rest(ana)

    page = come("explore", person="Jonas")
    expect(page.get_by_text(re.compile("^ROAS .*is now a metric."))).to_be_visible()
    page.get_by_role("link", name="Run your question").click()
    answered(page)
    title(page, "ROAS (last click)")

    claire = come("requests", person="Claire")
    expect(claire.get_by_text(re.compile("is now a metric."))).to_be_visible()
