"""Search over every page in a real browser: opened and used with the keyboard alone, on a laptop and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import SCREENS, violations
from tests.browser.screen import OpenAs, parameters, scrolls_sideways, title, wait_for_answer, wait_until_idle
from tests.browser.windows import HEIGHT, NARROW, WIDE, Mode

WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])
PAGES = [
    "Home",
    "Explore",
    "Ask",
    "Analyses",
    "Saved",
    "Boards",
    "Metrics",
    "Targets",
    "Alerts",
    "Campaign names",
    "Requests",
]


def ready(page: Page) -> Page:
    """Return the page once search can be opened."""
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_visible()
    wait_until_idle(page)
    return page


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search Samepage")


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Results").get_by_role("option")


def marked(page: Page) -> Locator:
    return page.get_by_role("option", selected=True)


def focused(page: Page) -> str:
    """Return the text or name of the element with the focus, also inside a component."""
    return page.evaluate("""() => {
      let element = document.activeElement
      while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
      return element.getAttribute("aria-label") ?? element.innerText
    }""")


@WIDTHS
def test_a_metric_opens_with_arrows_and_enter(open_as: OpenAs, width: int) -> None:
    page = ready(open_as("boards", width=width))
    page.keyboard.press("Control+k")
    page.keyboard.type("roas")
    expect(marked(page)).to_contain_text("ROAS (last click)")
    page.keyboard.press("ArrowDown")
    second = options(page).nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    label = second.locator(".label").inner_text()
    page.keyboard.press("Enter")
    title(page, label)
    assert parameters(page).keys() == {"m"}


@WIDTHS
def test_keys_typed_before_the_answer_count(open_as: OpenAs, width: int) -> None:
    """Letters, an arrow and Enter are pressed at once, faster than any answer arrives."""
    page = ready(open_as("boards", width=width))
    page.keyboard.press("Control+k")
    page.keyboard.type("roas")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/metrics\?m=(?!roas$)\w*roas\w*$"))  # the second match, not the first
    title(ready(page), re.sub(" +", " ", page.get_by_role("heading", level=1).first.inner_text()))
    page.keyboard.press("Control+k")
    page.keyboard.type("targets")
    page.keyboard.press("Enter")
    title(page, "Targets")


def test_keys_typed_before_the_page_is_loaded_count(open_as: OpenAs) -> None:
    """Someone presses Ctrl+K in the first moment, while the page is still empty."""
    page = ready(open_as("boards"))
    page.reload(wait_until="commit")
    page.wait_for_function("window.samepageEarly && !window.samepageEarly.isLoaded")
    page.keyboard.press("Control+k")
    page.keyboard.type("net reve")
    expect(field(page)).to_have_value("net reve")
    page.keyboard.type("nue")
    expect(field(page)).to_have_value("net revenue")
    expect(marked(page)).to_contain_text("Net revenue")


@WIDTHS
def test_tab_opens_a_metric_in_explore(open_as: OpenAs, width: int) -> None:
    page = ready(open_as("targets", width=width))
    page.keyboard.press("Control+k")
    page.keyboard.type("aov")
    page.keyboard.press("Tab")
    wait_for_answer(page)
    assert parameters(page)["m"] == ["aov"]


def test_a_question_in_words_opens_explore(open_as: OpenAs) -> None:
    page = ready(open_as("targets"))
    page.keyboard.press("Control+k")
    page.keyboard.type("net revenue by channel last month")
    page.keyboard.press("Enter")
    wait_for_answer(page)
    asked = parameters(page)
    assert (asked["m"], asked["by"], asked["t"]) == (["net_revenue"], ["channel"], ["last_1_month"])


@WIDTHS
def test_escape_closes_and_the_focus_returns(open_as: OpenAs, width: int) -> None:
    page = ready(open_as("boards", width=width))
    button = page.get_by_role("button", name="New board")
    button.focus()
    page.keyboard.press("Control+k")
    expect(field(page)).to_be_focused()
    page.keyboard.type("rcz")  # the first two are shortcuts of Streamlit
    expect(field(page)).to_have_value("rcz")
    expect(page.get_by_role("dialog")).to_have_count(1)
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
        assert focused(page) not in ("New board", "Boards")
    page.keyboard.press("Escape")
    expect(field(page)).to_have_count(0)
    expect(button).to_be_focused()
    page.keyboard.press("Control+k")
    expect(field(page)).to_have_value("")
    page.keyboard.press("Control+k")
    expect(field(page)).to_have_count(0)
    expect(button).to_be_focused()


def test_an_empty_search_lists_pages_and_what_the_page_offers(open_as: OpenAs) -> None:
    page = ready(open_as("boards", person="Jonas"))
    page.keyboard.press("Meta+k")
    pages = page.get_by_role("listbox").get_by_role("group", name="Pages").locator(".label")
    own = ["Requests", "Domains", "Reconciliation", "My subscriptions", "Agents", "Mailbox", "Your sign-ins"]
    expect(pages).to_have_text([*(name for name in PAGES if name != "Requests"), "Your uploads", *own])
    page.keyboard.type(">")
    expect(options(page).locator(".label")).to_have_text(["New board", "Copy link", "Switch person", "Sign out"])
    page.keyboard.type("new")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Create a board")).to_be_visible()


def test_a_field_on_home_opens_the_palette(open_as: OpenAs) -> None:
    page = ready(open_as(""))
    page.get_by_role("button", name="Search or ask a question").click()
    expect(field(page)).to_be_focused()
    page.keyboard.type("no metric is called this")
    expect(page.get_by_text("No results for “no metric is called this”.")).to_be_visible()
    expect(options(page).filter(has_text="All metrics")).to_be_visible()


def test_on_a_phone_the_palette_is_a_sheet_with_a_way_back(open_as: OpenAs) -> None:
    page = ready(open_as("boards", width=NARROW))
    page.get_by_role("button", name="Search", exact=True).click()
    box = page.get_by_role("dialog").locator(".sheet").bounding_box()
    assert box == {"x": 0, "y": 0, "width": NARROW, "height": HEIGHT}
    expect(options(page).filter(has_text="Targets")).to_be_visible()
    heights: list[float] = options(page).evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(heights) >= 44
    assert not scrolls_sideways(page)
    options(page).filter(has_text="Targets").click()
    title(page, "Targets")
    ready(page).get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(field(page)).to_have_count(0)


@pytest.mark.parametrize(("width", "mode"), SCREENS)
def test_the_palette_passes_axe(open_as: OpenAs, width: int, mode: Mode) -> None:
    page = ready(open_as("targets", width=width, mode=mode))
    page.keyboard.press("Control+k")
    expect(options(page).first).to_be_visible()
    assert violations(page) == [], "an empty search"
    page.keyboard.type("revenue")
    expect(marked(page)).to_contain_text("evenue")
    assert violations(page) == [], "results"
    field(page).fill("zzxq")
    expect(page.get_by_text("No results for “zzxq”.")).to_be_visible()
    assert violations(page) == [], "no results"
