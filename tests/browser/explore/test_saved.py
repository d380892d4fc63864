"""Saving, editing, restoring and finding questions in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from pages.shell.links import OWN_ACCESS
from semantic.model.definitions import Granularity
from semantic.query.query import Breakdown, Last, Query
from tests.browser.screen import OpenAs, Visit, cells, scrolls_sideways, wait_for_answer, wait_until_idle
from tests.browser.windows import HEIGHT, NARROW, WIDE, Mode

CHANNEL = Breakdown("channel")
LONG = "Spend of eleven weeks, under a name so long that it says all that is asked"


def _asked(weeks: int) -> Query:
    """Return a question that no other test has, because tests share one server and its saved questions."""
    return Query(metrics=("spend",), by=(CHANNEL,), time=Last(weeks, Granularity.WEEK))


def _save(page: Page, name: str, *, space: str = "", sentence: str = "") -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill(name)
    if space:
        dialog.get_by_role("textbox", name=re.compile("Description")).fill(sentence)
        dialog.get_by_role("combobox", name="Visibility").fill(space)
        page.get_by_role("option", name=re.compile(f"^(Add: )?{space}$")).click()
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".st-key-saved-line").get_by_text(name)).to_be_visible()


def _is_as_wide_as_the_screen(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_question_is_saved_changed_and_restored_to_its_first_version_and_fits_a_phone(visit: Visit) -> None:
    page = visit(_asked(11), person="Jonas")
    wait_for_answer(page)
    _save(page, LONG, space="Team Eleven", sentence="For the weekly meeting")
    line = page.locator(".st-key-saved-line")
    expect(line.get_by_text(re.compile("yours in Team Eleven, version 1"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"/explore\?saved=[0-9a-f]{32}$"))
    page.get_by_role("button", name="Same weekdays last year").click()
    expect(line.get_by_text("Changed")).to_be_visible()
    expect(page).to_have_url(re.compile(r"saved=[0-9a-f]{32}&m=spend"))
    changed = page.url
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Comparison added: Same weekdays last year")).to_be_visible()
    dialog.get_by_role("textbox", name="Version note").fill("Beside last year")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(line.get_by_text(re.compile("version 2"))).to_be_visible()
    expect(line.get_by_text("Changed")).to_have_count(0)
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    wait_until_idle(page)
    assert _is_as_wide_as_the_screen(page)
    page.get_by_role("button", name="Versions").click()
    expect(dialog.get_by_text("Beside last year")).to_be_visible()
    assert _is_as_wide_as_the_screen(page)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    dialog.get_by_role("button", name="Restore as version 3").click()
    expect(line.get_by_text(re.compile("version 3"))).to_be_visible()
    expect(page.get_by_text(re.compile("the same weekdays 364 days earlier"))).to_have_count(0)
    page.locator(".st-key-undo button").first.click()
    expect(page.get_by_text(re.compile("the same weekdays 364 days earlier"))).to_be_visible()
    page.get_by_role("button", name="Revert").click()
    expect(line.get_by_text("Changed")).to_have_count(0)
    page.goto(changed)
    expect(line.get_by_text("Changed")).to_be_visible()  # the address of a changed one brings back the change
    expect(page.get_by_text(re.compile("the same weekdays 364 days earlier"))).to_be_visible()
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    for path in ("saved", ""):
        page.goto(changed.partition("explore")[0] + path)
        expect(page.get_by_role("link", name=LONG).first).to_be_visible()
        assert _is_as_wide_as_the_screen(page)


@pytest.mark.parametrize(("width", "mode"), [(WIDE, "light"), (NARROW, "dark")])
def test_a_link_with_a_note_says_who_sent_it_and_that_the_readers_rows_differ(
    width: int, mode: Mode, visit: Visit, open_as: OpenAs
) -> None:
    """Ana sees every market, Claire only France, and Lena all markets."""
    note = f"Look at Display at {width}"
    ana = visit(_asked(12), person="Ana", width=width, mode=mode)
    wait_for_answer(ana)
    seen_by_ana = cells(ana)
    address = ana.url
    ana.get_by_role("button", name="Share", exact=True).click()
    ana.get_by_role("textbox", name="Note (optional)").fill(note)
    expect(ana.get_by_text(OWN_ACCESS)).to_be_visible()
    assert _is_as_wide_as_the_screen(ana)
    ana.get_by_role("button", name="Copy link").click()
    expect(ana.get_by_role("button", name="Copied")).to_be_visible()
    expect(ana.get_by_role("button", name="Copy link")).to_have_count(0)
    link = ana.get_by_role("textbox", name="Link", exact=True).input_value()
    assert re.fullmatch(r".*/explore\?q=[A-Za-z0-9_-]{22}", link)
    assert ana.url == address

    claire = open_as("explore?" + link.partition("?")[2], person="Claire", width=width, mode=mode)
    sent = claire.locator(".st-key-shared-with-you")
    expect(sent.get_by_text(re.compile("Ana Ribeiro shared this with you"))).to_be_visible()
    expect(sent.get_by_text(note)).to_be_visible()
    expect(sent.get_by_text(re.compile(r"You only have access to France\."))).to_be_visible()
    wait_for_answer(claire)
    assert cells(claire) != seen_by_ana
    assert not scrolls_sideways(claire)
    assert re.search(r"\?q=[A-Za-z0-9_-]{22}$", claire.url)
    claire.reload()
    expect(sent.get_by_text(note)).to_be_visible()

    lena = open_as("explore?" + link.partition("?")[2], person="Lena", width=width, mode=mode)
    expect(lena.locator(".st-key-shared-with-you").get_by_text(note)).to_be_visible()
    wait_for_answer(lena)
    expect(lena.get_by_text(re.compile("so your numbers can differ"))).to_have_count(0)
    assert cells(lena) == seen_by_ana


def test_a_favourite_comes_first_and_stays(visit: Visit, open_as: OpenAs) -> None:
    for weeks, name in ((15, "Harvest of fifteen weeks"), (16, "Harvest of sixteen weeks")):
        page = visit(_asked(weeks), person="Lena")
        wait_for_answer(page)
        _save(page, name)
    page = open_as("saved", person="Lena")
    links = page.locator(".st-key-list-of-saved").get_by_role("link")
    expect(links.first).to_have_text("Harvest of sixteen weeks")
    page.get_by_role("button", name="Add Harvest of fifteen weeks to favorites").click()
    expect(links.first).to_have_text("Harvest of fifteen weeks")
    page.reload()
    expect(links.first).to_have_text("Harvest of fifteen weeks")
    page.get_by_role("textbox", name="Search saved questions").fill("spend harvest")
    expect(links).to_have_text(["Harvest of fifteen weeks", "Harvest of sixteen weeks"])
    page.get_by_text("Favorites", exact=True).click()
    expect(links).to_have_text(["Harvest of fifteen weeks"])
    page.get_by_role("button", name="Remove Harvest of fifteen weeks from favorites").click()
    expect(page.get_by_text("No saved questions match")).to_be_visible()


@pytest.mark.proof
def test_others_find_a_shared_question_but_not_a_private_one(visit: Visit, open_as: OpenAs) -> None:
    jonas = visit(_asked(9), person="Jonas")
    wait_for_answer(jonas)
    _save(jonas, "Nine weeks, quietly")
    private = jonas.url
    jonas.get_by_role("button", name="Same weekdays last year").click()
    expect(jonas.locator(".st-key-saved-line").get_by_text("Changed")).to_be_visible()
    jonas.get_by_role("button", name="Save", exact=True).click()
    jonas.get_by_role("dialog").get_by_role("radio", name="Save as new").click()
    dialog = jonas.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Nine weeks, for all")
    dialog.get_by_role("textbox", name=re.compile("Description")).fill("For all")
    dialog.get_by_role("combobox", name="Visibility").fill("Team Nine")
    jonas.get_by_role("option", name=re.compile("Team Nine")).click()
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(jonas.locator(".st-key-saved-line").get_by_text("Nine weeks, for all")).to_be_visible()

    claire = open_as("saved", person="Claire")
    expect(claire.get_by_role("link", name="Nine weeks, for all")).to_be_visible()
    expect(claire.get_by_text("quietly")).to_have_count(0)
    claire.get_by_role("textbox", name="Search saved questions").fill("nine")
    expect(claire.get_by_role("link", name="Nine weeks, for all")).to_be_visible()
    claire.keyboard.press("Control+k")
    claire.keyboard.type("nine weeks")
    expect(claire.get_by_role("dialog").get_by_role("option", name="Nine weeks, for all")).to_be_visible()
    expect(claire.get_by_text("quietly")).to_have_count(0)
    claire.goto(private)
    expect(
        claire.get_by_text(re.compile("no saved question at this link, or you don't have access to it"))
    ).to_be_visible()
    claire.get_by_role("link", name="Saved").click()
    claire.get_by_role("link", name="Nine weeks, for all").click()
    expect(claire.locator(".st-key-saved-line").get_by_text(re.compile("by Jonas Falk in Team Nine"))).to_be_visible()
    wait_for_answer(claire)


@pytest.mark.proof
def test_saving_the_same_question_twice_shows_a_notice_first(visit: Visit) -> None:
    jonas = visit(_asked(7), person="Jonas")
    wait_for_answer(jonas)
    _save(jonas, "Seven weeks", space="Team Seven", sentence="For all")
    claire = visit(_asked(7), person="Claire")
    wait_for_answer(claire)
    claire.get_by_role("button", name="Save", exact=True).click()
    locator = claire.locator(".st-key-same-question")
    expect(
        locator.get_by_text(re.compile("The same question is saved: Seven weeks, by Jonas Falk in Team Seven"))
    ).to_be_visible()
    locator.get_by_role("button", name="Open").click()
    expect(claire.locator(".st-key-saved-line").get_by_text("Seven weeks")).to_be_visible()


@pytest.mark.proof
def test_two_people_who_change_a_question_at_the_same_time_lose_nothing(visit: Visit, open_as: OpenAs) -> None:
    jonas = visit(_asked(6), person="Jonas")
    wait_for_answer(jonas)
    _save(jonas, "Six weeks", space="Team Six", sentence="For all")
    ana = open_as("explore?" + jonas.url.partition("?")[2], person="Ana")
    expect(ana.locator(".st-key-saved-line").get_by_text("Six weeks")).to_be_visible()
    for page, compared in ((ana, "Previous period"), (jonas, "Same weekdays last year")):
        page.get_by_role("button", name=compared).click()
        expect(page.locator(".st-key-saved-line").get_by_text("Changed")).to_be_visible()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    dialog = jonas.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile("Ana Ribeiro saved version 2 while you were editing"))).to_be_visible()
    expect(dialog.get_by_text("Comparison added: Same weekdays last year")).to_be_visible()
    expect(dialog.get_by_text("Comparison removed: Previous period")).to_be_visible()
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(jonas.locator(".st-key-saved-line").get_by_text(re.compile("version 3"))).to_be_visible()


@pytest.mark.proof
def test_a_question_is_renamed_archived_and_restored(visit: Visit) -> None:
    page = visit(_asked(5), person="Lena")
    wait_for_answer(page)
    _save(page, "Five weeks")
    url = page.url
    page.get_by_role("link", name="Saved").click()
    row = page.locator(".st-key-list-of-saved")
    expect(row.get_by_role("link", name="Five weeks")).to_be_visible()
    row.get_by_role("button", name="Edit Five weeks").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox")).to_have_count(0)  # a viewer keeps it private
    dialog.get_by_role("textbox", name="Name").fill("Five weeks, renamed")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(row.get_by_role("link", name="Five weeks, renamed")).to_be_visible()
    row.get_by_role("button", name="Edit Five weeks, renamed").click()
    dialog.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("link", name="Five weeks, renamed")).to_have_count(0)
    page.get_by_text("Archived", exact=True).click()
    expect(page.get_by_role("link", name="Five weeks, renamed")).to_be_visible()
    page.goto(url)
    expect(page.locator(".st-key-saved-line").get_by_text("Archived")).to_be_visible()
