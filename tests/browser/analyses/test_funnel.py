"""Funnels in a real browser: two typical questions, each in at most eight actions, and the page on every screen."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.analyses_screen import lines, sentence
from tests.browser.person import task
from tests.browser.screen import (
    NARROW,
    OpenAs,
    check_page_on_every_screen,
    parameters,
    scrolls_sideways,
    title,
    wait_until_idle,
)

GOT = re.compile(r"^\d+(\.\d+)?% of \w+ got from ")


def test_from_visit_to_order_by_device(open_as: OpenAs) -> None:
    page = open_as("")
    title(page, "Home")
    with task("From visit to order by device", page, acts=4) as person:
        person.click(page.get_by_role("link", name="Analyses"))
        sentence(page, r"% of visitors got from Visit to Purchase\.")
        person.click(page.get_by_role("combobox", name="Break down by"))
        person.types("Device")
        person.presses("Enter")
        expect(page.get_by_text("Converted by device", exact=True)).to_be_visible()
        wait_until_idle(page)
    steps, groups = lines(page, 0), lines(page, 1)
    assert [step[0] for step in steps] == ["Visit", "Product view", "Cart", "Checkout", "Purchase"]
    assert sorted(group[0] for group in groups) == ["Desktop", "Mobile", "Tablet"]
    for place in range(len(steps)):  # every visitor has one device at the first step
        counts = [int(group[1 + place].replace(",", "")) for group in groups]
        assert sum(counts) == int(steps[place][1].replace(",", ""))
    check_page_on_every_screen(page)


def test_the_biggest_drop_after_an_email_sign_up_is_found(open_as: OpenAs) -> None:
    page = open_as("")
    title(page, "Home")
    with task("Where do we lose e-mail sign-ups", page, acts=7) as person:
        person.presses("Control+k")
        person.types("funnel from sign-ups to orders")
        expect(page.get_by_role("option", selected=True)).to_contain_text("Funnel from sign-ups to orders")
        person.presses("Enter")
        sentence(page, "got from Sign-ups to Orders")
        person.click(page.get_by_role("combobox", name="Filter by"))
        person.types("email")
        expect(page.get_by_role("option").first).to_contain_text("Only Email")
        person.presses("Enter")
        expect(page.get_by_role("button", name="Channel: Email")).to_be_visible()
        wait_until_idle(page)
    assert '"where"' in parameters(page)["a"][0]
    sentence(page, "(got from Sign-ups to Orders|did sign-ups in this period)")


def test_steps_move_with_the_keyboard_and_the_focus_follows(open_as: OpenAs) -> None:
    page = open_as("analyses")
    sentence(page, "got from Visit to Purchase")
    steps = page.locator(".st-key-analysis-steps").get_by_role("combobox")
    steps.nth(2).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(steps.nth(1)).to_have_value(re.compile("^Cart"))
    expect(steps.nth(1)).to_be_focused()
    sentence(page, "got from Visit to Purchase")
    assert [line[0] for line in lines(page, 0)][1:3] == ["Cart", "Product view"]
    page.keyboard.press("Alt+ArrowDown")
    expect(steps.nth(2)).to_have_value(re.compile("^Cart"))


def test_on_a_phone_the_answer_comes_first(open_as: OpenAs) -> None:
    page = open_as("analyses", width=NARROW)
    sentence(page, "got from Visit to Purchase")
    assert not scrolls_sideways(page)
    expect(page.locator(".st-key-builder")).to_be_hidden()
    chart = page.locator(".samepage-chart").first.bounding_box()
    assert chart is not None
    assert chart["y"] < 420
    page.get_by_role("button", name="Edit analysis").click()
    expect(page.locator(".st-key-builder")).to_be_visible()
    page.get_by_role("button", name="Show result").click()
    expect(page.locator(".st-key-builder")).to_be_hidden()
