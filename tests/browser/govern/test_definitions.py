"""Stewards at work in a real browser: create a metric, edit the same definition at the same time, and roll back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.screen import OpenAs, as_yaml, count_runs, pick, scrolls_sideways, wait_until_idle
from tests.browser.warm import own_server
from tests.browser.windows import HEIGHT, NARROW, WIDE
from tests.companies import current_company

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def edits_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A separate server, because publishing here changes what everyone sees."""
    with own_server(tmp_path_factory.mktemp("desk"), current_company(tmp_path_factory)) as address:
        yield address


@pytest.fixture
def steward(open_as: OpenAs, edits_address: str) -> Open:
    def open_page(path: str, *, person: str = "Ana", width: int = WIDE) -> Page:
        return open_as(path, person=person, width=width, at=edits_address)

    return open_page


def text_of(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=f"Text of {name}")


def write(page: Page, name: str, change: Callable[[str], str]) -> None:
    """Type new text into the editor, and wait until it is checked and saved."""
    area = text_of(page, name)
    expect(area).to_be_visible()
    with count_runs(page):  # the text is sent after a pause in typing
        area.fill(change(area.input_value()))
    expect(page.get_by_text("No errors")).to_be_visible()


def view(page: Page, name: str) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text(name).first.click()
    wait_until_idle(page)


def publish(page: Page, note: str) -> None:
    page.get_by_role("textbox", name="What changes, and why").fill(note)
    page.keyboard.press("Tab")
    button = page.get_by_role("button", name="Publish", exact=True)
    expect(button).to_be_enabled()
    button.click()
    expect(page.get_by_text("is live. New results use it.")).to_be_visible()


def test_a_new_ratio_is_defined_and_opened_in_explore(steward: Open) -> None:
    page = steward("definitions")
    page.get_by_role("button", name="New").click()
    page.get_by_role("textbox", name="Name").fill("Clicks per session")
    page.keyboard.press("Tab")
    pick(page, "Numerator", "Clicks")
    wait_until_idle(page)
    pick(page, "Denominator", "Sessions")
    wait_until_idle(page)
    page.get_by_role("button", name="Create", exact=True).click()
    as_yaml(page)
    write(
        page,
        "clicks_per_session",
        lambda text: text.replace("description: ''", "description: Clicks on ads a session."),
    )
    page.get_by_text("Compare as someone, or by a dimension").click()
    expect(page.get_by_text("New: not published yet.").first).to_be_visible()
    view(page, "Changes")
    expect(page.get_by_text("1 metric added.")).to_be_visible()
    publish(page, "Asked for by the paid media team")
    page.get_by_role("link", name="Explore").click()
    page.get_by_role("combobox", name="Metric", exact=True).click()
    page.keyboard.type("clicks per session", delay=20)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Clicks per session")).to_be_visible()


@pytest.mark.proof
def test_two_stewards_change_the_same_metric_and_one_restores_the_first_version(steward: Open) -> None:
    ana, otto = steward("definitions?o=metric/cpc"), steward("definitions?o=metric/cpc", person="Otto")
    for page, who in ((ana, "Ana"), (otto, "Otto")):
        as_yaml(page)
        write(page, "cpc", lambda text, who=who: text.replace("description: ", f"description: {who}'s words. "))
    view(otto, "Changes")
    publish(otto, "Otto says what it is not")
    view(ana, "Changes")
    expect(ana.get_by_text("Otto says what it is not")).to_be_visible()
    expect(ana.get_by_text("Ana's words.").first).to_be_visible()
    expect(ana.get_by_text("Otto's words.").first).to_be_visible()
    ana.get_by_role("button", name="Update draft").click()
    expect(ana.get_by_role("textbox", name="What changes, and why")).to_be_visible()
    publish(ana, "Ana's words stay")
    view(ana, "Versions")
    expect(ana.get_by_text("Otto says what it is not")).to_be_visible()
    ana.get_by_text("What changed since version").first.click()
    expect(ana.get_by_text("metric cpc").first).to_be_visible()
    wait_until_idle(ana)
    ana.get_by_role("button", name="Roll back to this").last.click()
    ana.get_by_role("textbox", name="Why").fill("The first was better")
    ana.keyboard.press("Tab")
    ana.get_by_role("button", name="Roll back", exact=True).click()
    expect(ana.get_by_text("The first was better")).to_be_visible()
    expect(ana.get_by_text("Live", exact=True)).to_be_visible()


def test_the_editor_completes_keys_reports_errors_and_loses_nothing(steward: Open) -> None:
    page = steward("definitions?o=metric/roas", width=NARROW)
    as_yaml(page)
    area = text_of(page, "roas")
    expect(area).to_be_visible()
    wait_until_idle(page)
    assert not scrolls_sideways(page)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    wait_until_idle(page)

    area.press("Control+End")
    area.press("Enter")
    page.keyboard.type("fil", delay=60)
    expect(page.get_by_role("option", name="filter")).to_be_visible()
    page.get_by_role("option", name="filter").click()
    expect(area).to_have_value(re.compile(r"\nfilter$"))
    page.get_by_role("button", name="Revert").click()
    expect(page.get_by_text("No changes")).to_be_visible()
    wait_until_idle(page)

    area.fill(area.input_value().replace("denominator: spend", "denominator: spnd"))
    expect(page.get_by_text("which isn't a metric")).to_be_visible()
    area.fill(area.input_value() + "\n  half: [")
    expect(page.get_by_text("which isn't a metric")).to_have_count(0)  # it can't be read now, so that's unknown
    expect(page.get_by_text("1 problem")).to_be_visible()
    wait_until_idle(page)
    page.reload()
    expect(page.get_by_text("This text can't be read as a form yet.")).to_be_visible()
    expect(area).to_have_value(re.compile(r"half: \[$"))
    page.get_by_role("button", name="Revert").click()
    as_yaml(page)
    expect(page.get_by_text("No changes")).to_be_visible()
    assert "denominator: spend" in area.input_value()
