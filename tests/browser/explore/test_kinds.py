"""Metrics over time in a real browser: offsets, windows, cohorts, balances and running totals, each explained."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Last, Query
from tests.browser.answer_screen import clear, click_cell, press
from tests.browser.screen import (
    LAST_13_WEEKS,
    WEEKLY,
    Visit,
    cells,
    check_page,
    pick,
    scrolls_sideways,
    wait_for_answer,
    wait_until_idle,
)
from tests.browser.windows import Mode
from tests.waiting import until

MONTHLY = Breakdown(DATE, Granularity.MONTH)
LAST_6_MONTHS, LAST_13_MONTHS = Last(6, Granularity.MONTH), Last(13, Granularity.MONTH)
ROAS = Query(metrics=("roas", "roas_last_year", "roas_28d"), by=(MONTHLY,), time=LAST_6_MONTHS)
BRIDGE = Query(metrics=("mrr", "new_mrr", "churned_mrr", "net_new_mrr"), by=(MONTHLY,), time=LAST_13_MONTHS)


def chart(page: Page) -> Locator:
    """Return the answer's chart. For a moment, the previous answer's chart can be above it."""
    return page.locator(".js-plotly-plot").last


def panel_titles(page: Page) -> list[str]:
    return chart(page).evaluate(
        "one => one._fullLayout.annotations.filter(it => it.yref === 'paper' && it.text.startsWith('<b>'))"
        ".map(it => it.text.replace(/<[^>]+>/g, ''))"
    )


def line_names(page: Page) -> set[str]:
    """Return the names of the traces drawn as plain lines, without a fill."""
    return set(
        chart(page).evaluate(
            "one => one._fullData.filter(it => it.type === 'scatter' && it.fill === 'none' && it.hoverinfo !== 'skip')"
            ".map(it => it.name)"
        )
    )


def passport(page: Page, row: int, column: int) -> Locator:
    """Return the dialog about a cell, opened as a person does: click the cell, then choose from its menu."""
    wait_until_idle(page)  # the table is replaced after each run
    click_cell(page, row, column)
    press(page, "Where it comes from")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("How it's calculated")).to_be_visible()
    wait_until_idle(page)
    return dialog


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    wait_until_idle(page)
    clear(page)


def not_offered(page: Page, kind: str) -> Locator:
    """Return the reason in the menu of types why a chart type can't be chosen, or "" if it can."""
    page.get_by_role("button", name="Lines", exact=True).last.click()
    menu = page.get_by_test_id("stPopoverBody").last
    expect(menu.get_by_text("Not available for this result")).to_be_visible()
    expect(menu.get_by_role("button", name=re.compile(kind))).to_have_count(0)
    return menu


def numbers(page: Page, column: int, columns: int) -> list[float]:
    """Return the amounts in a column of the table."""
    return [float(re.sub(r"[^\d.-]", "", cell)) for cell in cells(page)[column::columns]]


@pytest.mark.proof
def test_roas_with_last_year_and_a_28_day_window_is_built_and_explained(visit: Visit) -> None:
    page = visit()
    for label in ("ROAS (last click)", "ROAS a year before", "ROAS over 28 days"):
        pick(page, "Metric", label)
        page.keyboard.press("Escape")
        expect(page.locator(".st-key-picked").get_by_text(label, exact=True)).to_be_visible()
    page.get_by_role("radio", name="Month", exact=True).click()
    expect(
        page.get_by_role("heading", name=re.compile("^ROAS .last click., ROAS a year before .*, monthly$"))
    ).to_be_visible()
    pick(page, "Period", "Last 12 months")
    expect(page.get_by_text(re.compile("12 complete months")).first).to_be_visible()
    wait_for_answer(page)
    expect(page.get_by_text("12 rows", exact=True)).to_be_visible()
    expect(page.get_by_text("Each month shows ROAS over 28 days as of its last day.")).to_be_visible()
    assert line_names(page) == {"ROAS (last click)", "ROAS a year before", "ROAS over 28 days"}
    assert panel_titles(page) == []  # one scale for all three lines

    before = passport(page, 0, 2)
    expect(before.get_by_text(re.compile(r"^From 1 year before, 1 – (28|29|30|31) \w+ \d{4}")).first).to_be_visible()
    close(page)
    window = passport(page, 0, 3)
    said = re.compile(r"^\d+( \w+)?( \d{4})? – (28|29|30|31) \w+ \d{4}, 28 days$")
    expect(window.get_by_text(said).first).to_be_visible()
    expect(window.get_by_text(re.compile("^Over .*, 28 days: ")).first).to_be_visible()
    check_page(page)


@pytest.mark.proof
def test_the_last_cohorts_are_marked_as_not_final(visit: Visit) -> None:
    page = visit(Query(metrics=("trial_conversion_rate",), by=(WEEKLY,), time=LAST_13_WEEKS))
    wait_for_answer(page)
    expect(
        page.get_by_text(re.compile(r"^Dotted: not final, trials since \d+ \w+ \d{4} can still convert"))
    ).to_be_visible()
    dotted = "one => Boolean(one._fullData?.some(it => it.line && it.line.dash === 'dot'))"
    until(lambda: chart(page).evaluate(dotted), "a dotted line")
    weeks = len(cells(page)) // 2
    first = passport(page, 0, 1)
    expect(first.get_by_text("No: the time to convert has passed for all trials")).to_be_visible()
    expect(first.get_by_text(re.compile("Not final"))).to_have_count(0)
    close(page)
    last = passport(page, weeks - 1, 1)
    expect(last.get_by_text(re.compile(r"Not final: trials since \d+ \w+ \d{4} can still convert"))).to_be_visible()


@pytest.mark.proof
def test_recurring_revenue_is_a_line_above_its_movements(visit: Visit) -> None:
    page = visit(BRIDGE)
    wait_for_answer(page)
    assert line_names(page) == {"MRR", "New MRR", "Churned MRR", "Net new MRR"}
    assert panel_titles(page) == ["MRR", "New MRR, Churned MRR and Net new MRR"]
    for name in ("New MRR", "Churned MRR", "Net new MRR"):
        expect(chart(page).locator(".annotation-text").get_by_text(name, exact=True)).to_have_count(1)
    not_offered(page, "Stacked")
    check_page(page)


@pytest.mark.proof
def test_recurring_revenue_by_plan_is_not_stacked(visit: Visit) -> None:
    page = visit(Query(metrics=("mrr",), by=(MONTHLY, Breakdown("plan")), time=LAST_6_MONTHS))
    wait_for_answer(page)
    assert len(line_names(page)) > 1
    menu = not_offered(page, "Stacked")
    expect(menu.get_by_text(re.compile("MRR is an end-of-period value")).first).to_be_visible()


@pytest.mark.proof
def test_the_year_to_date_is_a_line_that_grows_each_month(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue", "net_revenue_year_to_date"), by=(MONTHLY,), time=LAST_13_MONTHS))
    wait_for_answer(page)
    assert line_names(page) == {"Net revenue", "Net revenue (year to date)"}
    assert panel_titles(page) == ["Net revenue", "Net revenue (year to date)"]
    months, months_own, to_date = cells(page)[::3], numbers(page, 1, 3), numbers(page, 2, 3)
    assert len(months) == 13
    for place in range(1, 13):
        start = 0 if months[place][5:7] == "01" else to_date[place - 1]
        assert to_date[place] == pytest.approx(start + months_own[place], abs=2)  # each is rounded
    not_offered(page, "Stacked")


@pytest.mark.parametrize(("asked", "mode"), [(ROAS, "light"), (BRIDGE, "dark")], ids=["roas", "bridge"])
@pytest.mark.proof
def test_a_phone_shows_metrics_over_time_without_scrolling_sideways(visit: Visit, asked: Query, mode: Mode) -> None:
    page = visit(asked, width=390, mode=mode)
    wait_for_answer(page)
    expect(chart(page)).to_be_visible()
    assert not scrolls_sideways(page)
    if asked == ROAS:  # its columns have about the same width there
        passport(page, 0, 1)
    assert not scrolls_sideways(page)
