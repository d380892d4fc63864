"""Ten tasks of a marketer, each in at most eight actions, in the field for questions in words or on the answer."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from semantic.model.definitions import Granularity
from semantic.query.query import Breakdown, Last, Previous, Query
from tests.browser.person import Person, task
from tests.browser.screen import LAST_13_WEEKS, Visit, cells, parameters, wait_for_answer
from tests.browser.windows import NARROW, WIDE

LABEL = "Ask a question, or pick a metric"
MOST = 8
MONTH = Last(1, Granularity.MONTH)
REVENUE = Query(metrics=("net_revenue",), time=LAST_13_WEEKS)
BY_CHANNEL = replace(REVENUE, by=(Breakdown("channel"),))
WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])


def ask(person: Person, text: str) -> None:
    """Type a sentence into the field and run it. On a phone, a button opens the field first."""
    page = person.page
    field, button = page.get_by_role("combobox", name=LABEL), page.get_by_role("button", name=LABEL)
    expect(field.or_(button).locator("visible=true").first).to_be_visible()
    if button.is_visible():
        person.click(button)
    person.click(field)
    person.types(text)
    person.presses("Control+Enter")


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1, name=text, exact=True)).to_be_visible()
    wait_for_answer(page)


def chip(page: Page, text: str) -> None:
    chips = page.get_by_role("list", name="This question").get_by_role("listitem")
    expect(chips.filter(has_text=text)).to_have_count(1)


@WIDTHS
def test_roas_by_channel_compared_with_the_previous_quarter(visit: Visit, width: int) -> None:
    page = visit(width=width)
    with task("ROAS by channel", page, acts=MOST) as person:
        ask(person, "roas by channel last quarter vs the quarter before")
        title(page, "ROAS (last click) by channel")
    asked = {name: values for name, values in parameters(page).items() if name != "v"}
    assert asked == {"m": ["roas"], "by": ["channel"], "t": ["last_1_quarter"], "c": ["previous"]}


def test_austria_by_week_compared_with_last_year_is_exported_to_a_spreadsheet(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    with task("Austria by week, to a spreadsheet", page, acts=MOST) as person:
        ask(person, "net revenue in austria weekly vs last year")
        title(page, "Net revenue, weekly")
        person.click(page.get_by_role("button", name="Export"))
        with page.expect_download() as coming:
            person.click(page.get_by_role("button", name="Spreadsheet"))
    coming.value.save_as(tmp_path / "austria.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "austria.xlsx")["Answer"].iter_rows(values_only=True))
    assert len(rows) > 10, "weeks with orders in Austria, below the head"
    assert all(row[1] is None or isinstance(row[1], int | float) for row in rows[1:])  # or no order


def test_the_top_ten_campaigns_with_other_are_shared(visit: Visit) -> None:
    page = visit()
    with task("Top 10 campaigns and the rest, shared", page, acts=MOST) as person:
        ask(person, "spend and CPA by campaign from paid social, top 10 with other, last month")
        title(page, "Ad spend and cost per order (CPA) by campaign")
        person.click(page.get_by_role("button", name="Share"))
        person.click(page.get_by_role("button", name="Copy link"))
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert "Other" in " ".join(cells(page))
    assert parameters(page)["f"] == ["channel:in:Paid social"]


@WIDTHS
def test_a_question_in_words_explains_why_a_metric_changed(visit: Visit, width: int) -> None:
    page = visit(width=width)
    with task("Why did revenue change", page, acts=MOST) as person:
        ask(person, "why did net revenue change last month")
        expect(page.get_by_role("dialog").get_by_text(re.compile("^Net revenue (rose|fell|stayed)"))).to_be_visible()


def test_an_answer_explains_why_revenue_rose(visit: Visit) -> None:
    page = visit(replace(BY_CHANNEL, compare=(Previous(),)))
    wait_for_answer(page)
    with task("Why did it rise", page, acts=MOST) as person:
        person.click(page.get_by_role("button", name="Why did it change?"))
        drawer = page.get_by_role("dialog")
        expect(drawer.get_by_text(re.compile("^These contributions add up to"))).to_be_visible()


def test_a_question_is_saved_and_its_definition_and_rows_are_read(visit: Visit) -> None:
    page = visit(replace(BY_CHANNEL, time=Last(1, Granularity.DAY)))
    wait_for_answer(page)
    dialog = page.get_by_role("dialog")
    with task("Save, rows, definition", page, acts=MOST) as person:
        person.click(page.get_by_role("button", name="Save", exact=True))
        person.click(dialog.get_by_role("button", name="Save", exact=True))
        expect(dialog).to_have_count(0)
        wait_for_answer(page)
        person.click(page.get_by_role("button", name="choose from a list"))
        person.click(page.get_by_role("menuitem").first)
        person.click(page.get_by_role("menuitem", name="See rows"))
        expect(dialog.get_by_test_id("stDataFrame")).to_be_visible()
        person.presses("Escape")
        person.click(page.get_by_role("radio", name="Details"))
        expect(page.get_by_text("Owner: E-commerce finance")).to_be_visible()


@WIDTHS
def test_a_question_is_filtered_to_austria_by_its_name(visit: Visit, width: int) -> None:
    page = visit(BY_CHANNEL, width=width)
    wait_for_answer(page)
    with task("Only Austria", page, acts=MOST) as person:
        ask(person, "only austria")
        chip(page, "Market")
        wait_for_answer(page)
    assert parameters(page)["f"] == ["market:in:AT"]


@WIDTHS
def test_the_last_thirty_days_are_shown(visit: Visit, width: int) -> None:
    page = visit(BY_CHANNEL, width=width)
    wait_for_answer(page)
    with task("The last 30 days", page, acts=MOST) as person:
        ask(person, "last 30 days")
        page.wait_for_url(re.compile("t=last_30_day"))
        wait_for_answer(page)


def test_only_paid_channels_without_brand_are_shown(visit: Visit) -> None:
    page = visit(BY_CHANNEL)
    wait_for_answer(page)
    with task("Only paid, without brand", page, acts=MOST) as person:
        ask(person, "only paid channels")
        chip(page, "Paid")
        wait_for_answer(page)
        ask(person, "without paid search brand")
        chip(page, "Paid search brand")
        wait_for_answer(page)
    shown = " ".join(cells(page))
    assert "Paid search generic" in shown
    assert "Paid search brand" not in shown
    assert "Direct" not in shown


def test_a_top_ten_with_other_is_shown(visit: Visit) -> None:
    by_campaign = Query(metrics=("spend",), by=(Breakdown("campaign"),), time=MONTH)
    page = visit(by_campaign)
    wait_for_answer(page)
    with task("Top 10 with Other", page, acts=MOST) as person:
        ask(person, "top 10 with other")
        wait_for_answer(page)
    assert "Other" in " ".join(cells(page))
