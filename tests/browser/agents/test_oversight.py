"""Oversight of agents in a real browser: guidance from one steward to another, drift, and the automation log."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.screen import OpenAs, check_page_on_every_screen, grid_cells, title, wait_until_idle
from tests.browser.warm import own_server
from tests.browser.windows import NARROW
from tests.companies import current_company

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def oversight_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A separate server, because log entries appear on everyone's charts."""
    with own_server(tmp_path_factory.mktemp("oversight"), current_company(tmp_path_factory)) as address:
        yield address


@pytest.fixture
def steward(open_as: OpenAs, oversight_address: str) -> Open:
    def open_page(view: str, *, person: str = "Ana", **how: object) -> Page:
        page = open_as(f"oversight?view={view}", person=person, at=oversight_address, **how)  # type: ignore[arg-type]
        title(page, "Oversight")
        return page

    return open_page


def fill(field: Locator, text: str) -> None:
    field.fill(text)
    field.press("Tab")
    expect(field).to_have_value(text)


def press(page: Page, name: str | re.Pattern[str]) -> None:
    button = page.get_by_role("button", name=name, exact=isinstance(name, str))
    expect(button).to_be_enabled()
    button.click()
    wait_until_idle(page)


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=name, exact=True)


def test_guidance_goes_live_once_a_second_steward_approves(steward: Open) -> None:
    ana = steward("guidance")
    press(ana, "Write guidance")
    expect(ana.get_by_text("No changes yet.")).to_be_visible()
    press(ana, "Add a blocked topic")
    for name, text in {
        "Topic": "Salaries",
        "Words in a question": "salary, payroll",
        "Reason": "It isn't public.",
        "Person or team to ask": "HR",
    }.items():
        fill(box(ana, name), text)
    press(ana, "Add")
    expect(ana.get_by_text("Salaries is blocked")).to_be_visible()
    assert violations(ana) == [], "the form"
    fill(box(ana, "Describe the change"), "Salaries stay private")
    press(ana, "Send for approval")
    expect(ana.get_by_text("You wrote this, so another steward has to approve it.")).to_be_visible()

    otto = steward("guidance", person="Otto", width=NARROW, mode="dark")
    expect(otto.get_by_text("Proposed change: Salaries stay private")).to_be_visible()
    assert violations(otto) == [], "a proposal on a phone"
    press(otto, re.compile("^Approve"))
    expect(otto.get_by_text("Version 1 is live.")).to_be_visible()
    check_page_on_every_screen(steward("guidance"))


def test_drift_is_run_and_shown_by_question(steward: Open) -> None:
    page = steward("drift")
    press(page, "Add 10 examples")
    expect(page.get_by_text("10 questions")).to_be_visible()
    press(page, "Run now")
    expect(page.get_by_text("Reader: 100.0% of 32 paraphrases gave the same answer.")).to_be_visible()
    expect(grid_cells(page).filter(has_text="Ad spend by channel").first).to_be_attached()
    assert violations(page) == [], "the table"
    check_page_on_every_screen(page)


def test_an_automation_is_logged(steward: Open) -> None:
    page = steward("automation")
    press(page, "Add entry")
    fill(box(page, "Name"), "Abandoned cart")
    press(page, "Save entry")
    expect(page.get_by_text("Flow Abandoned cart: launched")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    assert download.value.suggested_filename == "automation-log.csv"
    assert violations(page) == [], "the log"


def test_all_agents_are_switched_off_and_on(steward: Open) -> None:
    page = steward("overview", person="Otto")
    expect(page.get_by_text("No agents connected")).to_be_visible()
    press(page, "Switch off all agents")
    now = page.locator(".st-key-overview-off-now").get_by_role("button")
    expect(now).to_be_disabled()
    fill(box(page, "Reason"), "An incident")
    expect(now).to_be_enabled()
    now.click()
    expect(page.get_by_text("All agents are switched off. Reason: An incident.")).to_be_visible()
    expect(page.get_by_text("switched off")).to_have_count(1)
    assert violations(page) == [], "switched off"
    ana = steward("automation")
    expect(ana.get_by_text("Otto Weiss switched off all agents: “An incident”.")).to_be_visible()
    press(page, "Switch on")
    expect(page.get_by_text("Agents are on. Each has at most its person's access.")).to_be_visible()
    check_page_on_every_screen(page)
