"""Point at and click the marks and cells of an answer, and use the menu that opens."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.screen import (
    box_of,
    wait_for_answer,
    wait_until_idle,
)


def selected(page: Page) -> Locator:
    """Return the line that says what is selected. It exists only while something is selected."""
    return page.locator(".st-key-answer-selected .words.selected")


def menu(page: Page) -> Locator:
    """Return the menu of the selection, while it's open."""
    return page.get_by_role("menu")


def press(page: Page, label: str) -> None:
    menu(page).get_by_role("menuitem", name=label, exact=True).click()


def tooltip(page: Page) -> Locator:
    """Return the tooltip of the point under the pointer."""
    return page.get_by_test_id("chart-tooltip").filter(visible=True)


def clear(page: Page) -> None:
    page.locator(".st-key-answer-selected").get_by_role("button", name="Clear selection").click()
    expect(selected(page)).to_have_count(0)


def point_at_bar(page: Page, place: int) -> tuple[float, float]:
    """Move the pointer to the middle of a bar, as a person does, so that the chart shows its tooltip before the
    click.
    """
    wait_for_answer(page)
    box = box_of(page, page.locator(".js-plotly-plot .bars .point path").nth(place))
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    expect(tooltip(page)).to_be_visible()
    return x, y


def click_bar(page: Page, place: int) -> tuple[float, float]:
    """Click once in the middle of a bar, and return the point."""
    x, y = point_at_bar(page, place)
    page.mouse.click(x, y)
    expect(menu(page)).to_be_visible()
    return x, y


def click_cell(page: Page, row: int, column: int) -> None:
    """Click a cell of the grid, which opens its menu."""
    click_grid(page, row, column)
    expect(menu(page)).to_be_visible()


def click_grid(page: Page, row: int, column: int) -> None:
    """Click a cell, or a header if `row` is -1, at the place where the column's header and the row are drawn."""
    grid = page.get_by_test_id("stDataFrame")
    expect(grid.locator("[role=gridcell]").first).to_be_attached()
    canvas = box_of(page, grid.locator("canvas").first)
    width = canvas["width"] / len(grid.locator("[role=columnheader]").all())
    x, y = canvas["x"] + (column + 0.5) * width, canvas["y"] + 35 + 34 * row + 17
    page.mouse.move(x, y)
    wait_until_idle(page)  # the grid takes no click until it has seen the pointer
    page.mouse.click(x, y)
