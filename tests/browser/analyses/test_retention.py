"""Retention in a real browser: two typical questions, each in at most eight actions, and the page on every screen."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.analyses_screen import lines, sentence
from tests.browser.person import task
from tests.browser.screen import OpenAs, check_page_on_every_screen, title


def whole(text: str) -> int:
    return int(text.replace(",", ""))


def test_retention_of_win_back_members_is_shown(open_as: OpenAs) -> None:
    page = open_as("")
    title(page, "Home")
    with task("Do win-back members stay", page, acts=4) as person:
        person.click(page.get_by_role("link", name="Analyses"))
        sentence(page, "got from")
        person.click(page.get_by_text("Retention", exact=True))
        sentence(page, r"% of new customers came back for orders in month 1\.")
        person.click(page.get_by_role("button", name="Common questions"))
        person.click(page.get_by_role("button", name="Do win-back members stay?"))
        sentence(page, r"% of people came back for orders in month 1 after win-back series\.")
    first, *_ = lines(page, 0)
    eligible, came = whole(first[1]), whole(first[2])
    assert first[3] == f"{100 * came / eligible:.1f}%"
    check_page_on_every_screen(page)


def test_retention_is_compared_by_first_product(open_as: OpenAs) -> None:
    page = open_as("analyses")
    title(page, "Funnel")
    with task("Which first product brings people back", page, acts=4) as person:
        person.click(page.get_by_text("Retention", exact=True))
        sentence(page, "came back for orders")
        person.click(page.get_by_role("button", name="Common questions"))
        person.click(page.get_by_role("button", name="Which first product brings people back?"))
        sentence(
            page, "came back for orders in month 1 after first product.*(has the highest share|groups don't differ)"
        )
    expect(page.get_by_text("Came back in month 1, by product category", exact=True)).to_be_visible()
    everyone, groups = lines(page, 0), lines(page, 1)
    assert len(groups) > 3
    assert sum(whole(group[1]) for group in groups) >= whole(everyone[0][1])  # some began too recently for month 1
    check_page_on_every_screen(page)


def test_units_can_be_changed_repeatedly(open_as: OpenAs) -> None:
    page = open_as("analyses")
    title(page, "Funnel")
    page.get_by_text("Retention", exact=True).click()
    sentence(page, r"in month 1\.")
    for unit in ("Day", "Week", "Month", "Day"):
        page.get_by_role("radiogroup", name="Count returns by").get_by_text(unit, exact=True).click()
        sentence(page, rf"in {unit.lower()} 1\.")
