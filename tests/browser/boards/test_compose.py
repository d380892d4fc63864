"""Composing a board in a browser: from a template to a leader's link, by hand and by keyboard, on every screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import OpenAs, check_page, check_page_on_every_screen, pick, title, wait_until_idle


def _preview(page: Page) -> str:
    """Return the text of the preview."""
    wait_until_idle(page)
    return " ".join(page.locator('[class*="st-key-tile-preview-"]').all_inner_texts())


def _begin(page: Page, template: str = "Executive summary") -> None:
    """Start a board from a template, from the list of boards or from the page that replaces an empty list."""
    expect(page.get_by_role("button", name="New board")).to_be_visible()
    wait_until_idle(page)
    card = page.locator('[class*="st-key-template-"]', has_text=template)
    if not card.count():
        page.get_by_role("button", name="New board").click()
    card.get_by_role("button", name="Use template").click()
    title(page, template)
    page.get_by_role("radio", name="Structure").click()
    expect(page.locator(".st-key-compose-row-0")).to_be_visible()


def _publish(page: Page, *, space: str = "", note: str = "") -> None:
    page.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog")
    if space:
        dialog.get_by_role("combobox", name="Who can view it").fill(space)
        page.get_by_role("option", name=re.compile(space)).click()
    if note:
        dialog.get_by_role("textbox", name="What changes, and why").fill(note)
        dialog.get_by_role("textbox", name="What changes, and why").press("Enter")
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(dialog).to_have_count(0)


def test_a_marketer_publishes_from_a_template_and_a_leader_reads_it(open_as: OpenAs) -> None:
    page = open_as("boards", person="Jonas")
    _begin(page)
    assert "Markets at a glance" in _preview(page)
    page.get_by_role("button", name="Add a tile", exact=True).click()
    page.get_by_role("radio", name="New question").click()
    page.get_by_role("button", name="Build here").click()
    pick(page, "Metric", "Orders")
    pick(page, "Break down by", "Device group")
    expect(page.locator('[class*="st-key-tile-preview-"]').get_by_text("Orders by device group").first).to_be_visible()
    page.get_by_role("button", name="Done").click()
    page.locator('[class*="st-key-move-up-"] button').first.click()
    fourth = page.locator(".st-key-compose-row-3")
    expect(fourth.get_by_role("button", name="Orders by device group")).to_be_visible()
    page.get_by_role("button", name=re.compile("Board settings")).click()
    expect(page.get_by_text("Viewer filters")).to_be_visible()  # a tile's field of this name is gone
    field = page.get_by_role("textbox", name="Title", exact=True)
    field.fill("Weekly growth")
    field.press("Enter")
    title(page, "Weekly growth")
    pick(page, "Viewer filters", "Device group")
    expect(page.get_by_text(re.compile(r"Applies to (\d of|all) 10 tiles")).first).to_be_visible()
    page.locator('[class*="st-key-bar-close"] button').first.click()
    _publish(page, space="Leadership")
    expect(page.get_by_text("Version 1 is live. All changes saved")).to_be_visible()
    link = page.get_by_role("link", name="Preview").get_attribute("href") or ""

    leader = open_as(link.partition("127.0.0.1")[2].partition("/")[2] or link.lstrip("/"), person="Lena")
    title(leader, "Weekly growth")
    expect(leader.get_by_text("Orders by device group").first).to_be_visible()
    check_page(leader)

    page.bring_to_front()  # a browser may let a tab behind another sleep
    page.locator('.st-key-compose-row-2 [class*="st-key-tile-"] button').first.click()
    wait_until_idle(page)  # a click on an element that is being redrawn is lost
    page.get_by_role("radio", name="Table").click()
    expect(page.get_by_text(re.compile("with unpublished changes"))).to_be_visible()
    _publish(page, note="Channels as a table")
    expect(page.get_by_text("Version 2 is live. All changes saved")).to_be_visible()
    page.get_by_role("radio", name="Versions").click()
    expect(page.get_by_text("Channels as a table")).to_be_visible()
    page.get_by_role("button", name="Restore as version 3").click()
    expect(page.get_by_text("Version 3 is live. All changes saved")).to_be_visible()


def test_two_editors_at_the_same_time_see_both_changes(open_as: OpenAs) -> None:
    jonas = open_as("boards", person="Jonas")
    _begin(jonas, "Email")
    _publish(jonas, space="Team Mail")
    expect(jonas.get_by_text("Version 1 is live. All changes saved")).to_be_visible()
    ana = open_as("boards", person="Ana")
    row = ana.locator(".st-key-list-of-boards")
    expect(row.get_by_role("link", name="Email", exact=True)).to_be_visible()
    ana.goto(jonas.url)
    title(ana, "Email")
    for page, words in ((ana, "Ana's own"), (jonas, "Jonas's own")):
        page.get_by_role("button", name=re.compile("Board settings")).click()
        field = page.get_by_role("textbox", name="Title", exact=True)
        field.fill(words)
        field.press("Enter")
    expect(jonas.get_by_text(re.compile("Ana Ribeiro edited this board too"))).to_be_visible()
    expect(jonas.locator(".st-key-compose-both").get_by_text("Title: Jonas's own, before: Ana's own")).to_be_visible()
    jonas.get_by_role("button", name="Use theirs").click()
    title(jonas, "Ana's own")
    wait_until_idle(jonas)
    jonas.locator(".st-key-compose-undo button").first.click()
    title(jonas, "Jonas's own")
    wait_until_idle(jonas)
    ana.reload()
    ana.get_by_role("button", name=re.compile("Board settings")).click()
    note = ana.get_by_role("textbox", name="Subtitle")
    note.fill("For Mondays")
    note.press("Control+Enter")
    expect(ana.get_by_text("For Mondays").first).to_be_visible()
    wait_until_idle(ana)
    field = jonas.get_by_role("textbox", name="Title", exact=True)
    field.fill("Mail")
    field.press("Enter")
    expect(jonas.get_by_text("Your changes don't overlap, so you can keep both.")).to_be_visible()
    jonas.get_by_role("button", name="Keep both").click()
    title(jonas, "Mail")
    wait_until_idle(jonas)
    expect(jonas.get_by_role("textbox", name="Subtitle")).to_have_value("For Mondays")


@pytest.mark.proof
def test_a_board_has_default_filters_and_readers_start_with_them(open_as: OpenAs) -> None:
    page = open_as("boards", person="Jonas")
    _begin(page, "E-commerce")
    page.get_by_role("button", name=re.compile("Board settings")).click()
    page.get_by_role("button", name="Market: all").click()
    pick(page, "Values", "Germany")
    expect(page.get_by_text("Market: Germany. Viewers can filter by")).to_be_visible()
    expect(page.get_by_role("combobox", name="Values")).to_be_visible()  # the field stays open for more
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    _publish(page, space="Team Shop")
    page.get_by_role("link", name="Preview").click()
    expect(page).to_have_url(re.compile(r"/board\?"))
    expect(page.locator(".st-key-board-bar").get_by_role("button", name="Market: Germany")).to_be_visible()
    wait_until_idle(page)
    page.get_by_role("button", name="Market: Germany").click()
    expect(page.get_by_role("combobox", name="Values")).to_be_visible()


def test_composing_works_by_keyboard_and_reads_well_on_every_screen(open_as: OpenAs) -> None:
    page = open_as("boards", person="Jonas")
    _begin(page, "Pipeline")
    wait_until_idle(page)
    tile = page.locator('.st-key-compose-row-0 [class*="st-key-tile-"] button').first
    tile.focus()
    page.keyboard.press("Enter")
    right = page.locator('[class*="st-key-move-right-"] button').first
    expect(right).to_be_visible()
    right.focus()
    page.keyboard.press("Enter")
    expect(page.locator('[class*="st-key-move-left-"] button').first).to_be_enabled()
    wait_until_idle(page)
    page.keyboard.press("Control+z")
    expect(page.locator('[class*="st-key-move-left-"] button').first).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    expect(page.locator('[class*="st-key-move-left-"] button').first).to_be_enabled()
    field = page.get_by_role("textbox", name="Title", exact=True)
    field.focus()
    page.keyboard.type("First of all")
    page.keyboard.press("Enter")
    expect(page.locator('[class*="st-key-compose-row-0"]').get_by_role("button", name="First of all")).to_be_visible()
    publish = page.get_by_role("button", name="Publish", exact=True)
    publish.focus()
    page.keyboard.press("Enter")
    go = page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True)
    expect(go).to_be_visible()
    go.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Version 1 is live. All changes saved")).to_be_visible()
    check_page_on_every_screen(page)  # with a tile's actions
    page.get_by_role("button", name=re.compile("Board settings")).click()
    expect(page.get_by_text("Viewer filters")).to_be_visible()
    check_page_on_every_screen(page)
    page.goto(page.url.partition("/compose")[0] + "/boards")
    expect(page.locator(".st-key-list-of-boards").get_by_text(re.compile("Pipeline")).first).to_be_visible()
    check_page_on_every_screen(page)


def test_a_tile_is_built_in_explore_and_comes_back(open_as: OpenAs) -> None:
    page = open_as("boards", person="Claire")
    _begin(page, "E-commerce")
    wait_until_idle(page)
    page.get_by_role("button", name="Add a tile", exact=True).click()
    page.get_by_role("radio", name="New question").click()
    page.get_by_role("button", name="Build in Explore").click()
    expect(page.get_by_text(re.compile("This question is for a new tile on .E-commerce"))).to_be_visible()
    pick(page, "Metric", "Refunded amount")
    expect(page.get_by_role("button", name="Add to this board")).to_be_enabled()
    page.get_by_role("button", name="Add to this board").click()
    title(page, "E-commerce")
    expect(page.locator(".st-key-compose-tile-head").get_by_text("Refunded amount")).to_be_visible()
    expect(page.locator('[class*="st-key-tile-preview-"]').get_by_text("Refunded amount").first).to_be_visible()


@pytest.mark.proof
def test_text_is_edited_as_yaml_with_its_mistakes(open_as: OpenAs) -> None:
    page = open_as("boards", person="Claire")
    _begin(page, "Paid media")
    page.get_by_role("radio", name="YAML").click()
    area = page.get_by_role("textbox", name="Board YAML")
    expect(area).to_have_value(re.compile("^title: Paid media"))
    text = area.input_value()
    area.fill(text.replace("kind: number", "kind: numbr", 1))
    expect(page.get_by_text("1 problem")).to_be_visible()
    expect(page.get_by_text(re.compile("'numbr' isn't a kind of tile"))).to_be_visible()
    area.fill(text.replace("title: Paid media", "title: Media that is paid", 1))
    expect(page.get_by_text(re.compile("Title: Media that is paid, before: Paid media"))).to_be_visible()
    page.get_by_role("button", name="Apply to draft").click()
    title(page, "Media that is paid")
