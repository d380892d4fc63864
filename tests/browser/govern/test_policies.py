"""Policies as forms in a real browser: a new policy, its effect, its text, and its link to a person."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from semantic.query.codec import query_to_params
from semantic.query.query import Breakdown, Query
from tests.browser.screen import (
    OpenAs,
    cells,
    check_page_at_any_width,
    pick,
    scrolls_sideways,
    wait_for_answer,
    wait_until_idle,
)
from tests.browser.visitor import ROOT
from tests.browser.warm import warm_server
from tests.browser.windows import HEIGHT, NARROW
from tests.companies import current_company

MARKETING = ROOT / "semantic" / "marketing"
BY_MARKET = Query(metrics=("orders",), by=(Breakdown("market"),))

PICTURES = os.environ.get("SAMEPAGE_PICTURES")
"""A folder for pictures of each step, for people who want to look at them."""


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a list with several values."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Escape")
    wait_until_idle(page)


def test_a_new_policy_is_written_and_its_effect_shown(open_as: OpenAs) -> None:
    page = open_as("access", own_sign_in=True)
    page.get_by_role("tab", name="Policies").click()
    expect(page.get_by_text("Own markets", exact=True)).to_be_visible()
    wait_until_idle(page)
    picture(page, "list")
    page.get_by_role("button", name="New policy").click()
    page.get_by_label("Name", exact=True).fill("Germany for Lena")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add to draft").click()
    expect(page.get_by_text("No one matches this policy yet.")).to_be_visible()
    choose(page, "People", "Lena Brandt")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("combobox", name="Limit rows by").click()
    page.get_by_role("combobox", name="Limit rows by").fill("Market")
    page.get_by_role("option", name="Market", exact=True).click()
    choose(page, "Market is", "Germany")
    page.get_by_role("button", name="Add rule", exact=True).click()
    expect(page.get_by_text("4 problems")).to_be_visible()
    picture(page, "problems")
    page.get_by_role("button", name="Decide about these datasets").click()
    expect(page.get_by_text("Can see rows where Market is Germany, in each of")).to_be_visible()
    expect(page.get_by_text("Affects 1 person")).to_be_visible()
    expect(page.get_by_text("Sees only Market Germany in")).to_be_visible()
    wait_until_idle(page)
    picture(page, "changes")
    page.get_by_role("button", name="Compare three questions").click()
    wait_until_idle(page)
    picture(page, "preview")
    check_page_at_any_width(page)
    page.get_by_text("Show YAML").click()
    expect(page.get_by_role("textbox", name="YAML")).to_have_value(re.compile("without: hidden"))
    picture(page, "yaml")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    wait_until_idle(page)
    picture(page, "phone")
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="Remove", exact=True).first.click()
    expect(page.get_by_text("Own markets", exact=True)).to_be_visible()


@pytest.fixture(scope="module")
def two_administrators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose people include a second administrator, Nadia."""
    folder = tmp_path_factory.mktemp("two_administrators")
    model = folder / "model"
    shutil.copytree(MARKETING, model)
    people = model / "people.yml"
    nadia = "  - {id: nadia, name: 'Nadia Roth, administrator', roles: [administrator]}\n"
    people.write_text(people.read_text() + nadia)
    with warm_server(
        folder / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(current_company(tmp_path_factory)),
        SAMEPAGE_MODEL=str(model), SAMEPAGE_MODEL_SOURCE="store", SAMEPAGE_STORE=str(folder / "store.sqlite"),
        SAMEPAGE_AUDIT_KEY_FILE=str(folder / "audit.key"),
    ) as port:  # fmt: skip
        yield f"http://127.0.0.1:{port}"


def write_policy(page: Page) -> None:
    """Limit Lena to Germany by form, with a test, and continue to the draft's changes."""
    page.get_by_role("tab", name="Policies").click()
    page.get_by_role("button", name="New policy").click()
    page.get_by_label("Name", exact=True).fill("Germany for Lena")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add to draft").click()
    expect(page.get_by_text("No one matches this policy yet.")).to_be_visible()
    choose(page, "People", "Lena Brandt")
    page.get_by_role("button", name="Add a rule").click()
    pick(page, "Limit rows by", "Market")
    choose(page, "Market is", "Germany")
    page.get_by_role("button", name="Add rule", exact=True).click()
    page.get_by_role("button", name="Decide about these datasets").click()
    expect(page.get_by_text("Affects 1 person")).to_be_visible()
    page.get_by_role("button", name="Compare three questions").click()
    expect(page.get_by_text("Values change").first).to_be_visible()
    page.get_by_role("button", name="Add a test").click()
    form = page.get_by_test_id("stPopoverBody")
    expect(form.get_by_role("combobox", name="Person")).to_be_visible()
    pick(page, "Metric", "Orders")
    wait_until_idle(page)
    pick(page, "By", "Market")
    wait_until_idle(page)
    choose(page, "Sees only", "Germany")
    form.get_by_role("button", name="Add to draft").click()
    expect(page.get_by_text("Lena Brandt sees only Germany in Orders")).to_be_visible()
    expect(page.get_by_text("9 tests pass")).to_be_visible()
    wait_until_idle(page)
    picture(page, "journey-policy")
    page.get_by_role("button", name="Review and publish").click()


def orders_by_market(page: Page) -> list[str]:
    """Return the markets in a table of orders by market."""
    wait_for_answer(page)
    return cells(page)[::2]


def test_a_policy_limits_someone_once_another_administrator_agrees(open_as: OpenAs, two_administrators: str) -> None:
    asked = f"explore?{urlencode(query_to_params(BY_MARKET), doseq=True)}"
    lena = open_as(asked, person="Lena", at=two_administrators)
    assert {"Germany", "France"} <= set(orders_by_market(lena))

    otto = open_as("access", person="Otto", at=two_administrators)
    write_policy(otto)
    expect(otto.get_by_text("This needs a review")).to_be_visible()
    expect(otto.get_by_text("Can be approved by Nadia Roth.")).to_be_visible()
    expect(otto.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    otto.get_by_role("textbox", name="What changes, and why").fill("Lena only looks after Germany now")
    otto.keyboard.press("Tab")
    wait_until_idle(otto)
    picture(otto, "journey-send")
    otto.get_by_role("button", name="Send for review").click()
    expect(otto.get_by_text("Waiting for review")).to_be_visible()

    nadia = open_as("", person="Nadia", at=two_administrators)
    nadia.get_by_role("link", name=re.compile("^Review.*Germany for Lena")).click()
    expect(nadia.get_by_text("Lena only looks after Germany now")).to_be_visible()
    expect(nadia.get_by_text("Affects 1 person")).to_be_visible()
    expect(nadia.get_by_text("Sees only Market Germany in")).to_be_visible()
    wait_until_idle(nadia)
    picture(nadia, "journey-review")
    for criterion in ("The definition has the intended meaning", "The numbers change as intended", "Names and"):
        nadia.get_by_text(criterion).click()
        wait_until_idle(nadia)
    nadia.get_by_role("button", name="Approve", exact=True).click()
    expect(nadia.get_by_text("You approved this draft.")).to_be_visible()

    otto.reload()
    otto.get_by_test_id("stButtonGroup").get_by_text("Changes").first.click()
    expect(otto.get_by_text("Approved by Nadia Roth.")).to_be_visible()
    otto.get_by_role("button", name="Publish", exact=True).click()
    expect(otto.get_by_text("is live. New results use it.")).to_be_visible()

    lena = open_as(asked, person="Lena", at=two_administrators)
    assert set(orders_by_market(lena)) == {"Germany"}
    picture(lena, "journey-lena")
