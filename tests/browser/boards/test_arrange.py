"""Arranging a board's tiles in a browser: by mouse, keyboard and touch, with each drop in one run of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.screen import (
    OpenAs,
    box_of,
    check_page,
    check_page_on_every_screen,
    count_runs,
    title,
    wait_until_idle,
)
from tests.browser.windows import HEIGHT, NARROW

TILES = '[class*="st-key-tile-preview-"]'


def _begin(page: Page, template: str) -> None:
    """Start a board from a template, from the list of boards or from the page that replaces an empty list."""
    expect(page.get_by_role("button", name="New board")).to_be_visible()
    wait_until_idle(page)
    card = page.locator('[class*="st-key-template-"]', has_text=template)
    if not card.count():
        page.get_by_role("button", name="New board").click()
    card.get_by_role("button", name="Use template").click()
    title(page, template)
    expect(_handles(page).first).to_be_visible()
    wait_until_idle(page)


def _handles(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Move ")).filter(visible=True)


def _rows(page: Page) -> list[list[str]]:
    """Return the titles of the tiles, row by row, as the board shows them."""
    wait_until_idle(page)
    drawn: list[list[str]] = page.evaluate(
        """rows => [...document.querySelectorAll(rows)].map(row => [...row.querySelectorAll(".stMarkdown")]
          .map(one => one.closest("[class*=st-key-tile-preview-]")).filter((one, at, all) => all.indexOf(one) === at)
          .map(one => one.querySelector("[class*=st-key-head-] strong, .stMarkdown p").cloneNode(true))
          .map(title => { title.querySelectorAll("[role=img]").forEach(one => one.remove()); return title })
          .map(title => title.textContent.trim()))""",
        '[class*="st-key-preview-"][class*="-row-"]',
    )
    return drawn


@contextmanager
def _one_run(page: Page) -> Iterator[None]:
    """Wrap a drop, and check that a single run draws the board. Tiles that are late may look again by themselves."""
    wait_until_idle(page)
    with count_runs(page) as runs:
        yield
    assert (runs.asked, runs.whole) == (1, 1)


def _handle(page: Page, tile: int) -> Locator:
    return page.locator(".handle").nth(tile)


def _middle(box: FloatRect) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _drag(page: Page, tile: int, to: Callable[[], tuple[float, float]]) -> None:
    """Drag a tile by its handle to a point. The point is looked up once the handle is in view."""
    x, y = _middle(box_of(page, _handle(page, tile)))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y + 12)
    page.mouse.move(*to(), steps=5)
    expect(page.locator(".arranger .line")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == ""
    page.mouse.up()


def _edge(page: Page, tile: int, side: str) -> tuple[float, float]:
    """Return the point in a tile where a drop places another tile on this side."""
    box = page.locator(TILES).nth(tile).bounding_box()
    assert box is not None
    x, y = _middle(box)
    return {
        "left": (box["x"] + 30, y), "right": (box["x"] + box["width"] - 30, y), "above": (x, box["y"] + 6),
        "below": (x, box["y"] + box["height"] - 6),
    }[side]  # fmt: skip


def _publish(page: Page) -> None:
    page.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog")
    go = dialog.get_by_role("button", name="Publish", exact=True)
    expect(go).to_be_enabled()
    go.click()
    expect(page.get_by_text(re.compile("Version 1 is live")).first).to_be_visible()


def test_a_board_is_arranged_by_mouse_and_published(open_as: OpenAs) -> None:
    page = open_as("boards", person="Jonas")
    expect(page.get_by_role("button", name="New board")).to_be_visible()
    _begin(page, "Executive summary")
    before = _rows(page)
    first, second = before[0], before[1]
    with _one_run(page):
        _drag(page, 1, lambda: _edge(page, 0, "left"))
    assert _rows(page)[0] == [first[1], first[0], *first[2:]]
    with _one_run(page):
        _drag(page, 3, lambda: _edge(page, 0, "above"))
    assert _rows(page)[:2] == [[first[3]], [first[1], first[0], first[2]]]
    with _one_run(page):
        page.keyboard.press("Control+z")
    assert _rows(page)[0] == [first[1], first[0], *first[2:]]
    with _one_run(page):
        _drag(page, 5, lambda: _edge(page, 4, "left"))
    assert _rows(page)[1] == [second[1], second[0], *second[2:]]
    x, y = _middle(box_of(page, page.locator(".grip:visible").nth(3)))
    width = (page.locator(TILES).nth(4).bounding_box() or {"width": 0})["width"]
    with _one_run(page):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 90, y, steps=3)
        expect(page.locator(".arranger .tip")).to_have_text(re.compile(r"^\d+ of 12$"))
        page.mouse.up()
    assert (page.locator(TILES).nth(4).bounding_box() or {"width": 0})["width"] > width + 40
    assert sorted(name for row in _rows(page) for name in row) == sorted(name for row in before for name in row)
    _publish(page)
    check_page(page)


def test_a_board_is_arranged_by_keyboard_and_published(open_as: OpenAs) -> None:
    page = open_as("boards", person="Jonas")
    expect(page.get_by_role("button", name="New board")).to_be_visible()
    _begin(page, "Executive summary")
    before = _rows(page)
    first = before[0]
    said = page.locator(".arranger .said")
    _handle(page, 0).focus()
    page.keyboard.press("Space")
    expect(said).to_have_text(f"Lifted. Row 1, position 1 of {len(first)}.")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text(f"Row 1, position 2 of {len(first)}.")
    with _one_run(page):
        page.keyboard.press("Enter")
    assert _rows(page)[0] == [first[1], first[0], *first[2:]]
    expect(_handle(page, 1)).to_be_focused()  # the same tile's
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    expect(said).to_have_text("A new row at the top.")
    page.keyboard.press("Escape")
    expect(said).to_have_text(re.compile("^Cancelled"))
    assert _rows(page)[0] == [first[1], first[0], *first[2:]]
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    with _one_run(page):
        page.keyboard.press("Enter")
    assert _rows(page)[:2] == [[first[0]], [first[1], *first[2:]]]
    expect(_handle(page, 0)).to_be_focused()
    with _one_run(page):
        page.keyboard.press("Control+z")
    expect(_handle(page, 1)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    expect(said).to_have_text("Width 4 of 12.")
    with _one_run(page):
        page.keyboard.press("Enter")
    widths = [(page.locator(TILES).nth(at).bounding_box() or {"width": 0})["width"] for at in range(4)]
    assert widths[1] > widths[0] > widths[2]
    expect(_handle(page, 1)).to_be_focused()
    page.keyboard.press("Enter")  # opens its fields
    expect(page.locator(".st-key-compose-panel").get_by_role("textbox", name="Title", exact=True)).to_be_visible()
    page.get_by_role("button", name="Publish", exact=True).focus()
    page.keyboard.press("Enter")
    go = page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True)
    expect(go).to_be_visible()
    go.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("Version 1 is live")).first).to_be_visible()


def test_a_long_press_lifts_a_tile_and_a_short_one_opens_it(open_as: OpenAs) -> None:
    page = open_as("boards", person="Claire")
    _begin(page, "E-commerce")
    before = _rows(page)[0]
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def touch(kind: str, *points: tuple[float, float]) -> None:
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    at = _middle(box_of(page, _handle(page, 1)))
    touch("touchStart", at)
    expect(page.locator(".controls.lifted")).to_have_count(1)  # after a moment
    to = _edge(page, 0, "left")
    touch("touchMove", to)
    expect(page.locator(".arranger .line")).to_be_visible()
    with _one_run(page):
        touch("touchEnd")
    assert _rows(page)[0] == [before[1], before[0], *before[2:]]
    touch("touchStart", _middle(box_of(page, _handle(page, 2))))
    touch("touchEnd")
    expect(page.locator(".st-key-compose-panel").get_by_role("textbox", name="Title", exact=True)).to_be_visible()


def test_buttons_arrange_a_board_on_a_phone(open_as: OpenAs) -> None:
    page = open_as("boards", person="Claire", width=NARROW)
    _begin(page, "E-commerce")
    before = [name for row in _rows(page) for name in row]
    down = page.get_by_role("button", name=re.compile("^Move .* down$")).first
    down.scroll_into_view_if_needed()
    with _one_run(page):
        down.click()
    after = [name for row in _rows(page) for name in row]
    assert after == [before[1], before[0], *before[2:]]
    up = page.get_by_role("button", name=re.compile("^Move .* up$")).nth(1)
    expect(page.get_by_role("button", name=re.compile("^Move .* down$")).nth(1)).to_be_focused()
    with _one_run(page):
        up.click()
    assert [name for row in _rows(page) for name in row] == before


def _to_top(page: Page) -> None:
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")


def test_text_is_previewed_and_a_chosen_tile_comes_into_view(open_as: OpenAs) -> None:
    page = open_as("boards", person="Claire")
    _begin(page, "Executive summary")
    page.get_by_role("button", name="Add a tile", exact=True).click()
    page.get_by_role("radio", name="Text").click()
    panel = page.locator(".st-key-compose-panel")
    field = panel.get_by_role("textbox", name="Text", exact=True)
    field.press_sequentially("Look at **orders** first")
    preview = panel.locator(".st-key-compose-typed")
    expect(preview.get_by_text("orders", exact=True)).to_have_css("font-weight", "600")
    panel.get_by_role("button", name="Add", exact=True).click()  # nothing has to be pressed in the field first
    last = page.locator(TILES).last
    expect(last).to_contain_text("Look at orders first")
    expect(last).to_be_in_viewport()
    field.press("End")
    field.press_sequentially(", then *returns*")
    expect(preview).to_contain_text("Look at orders first, then returns")
    expect(last).to_contain_text("Look at orders first")
    _to_top(page)
    page.locator(TILES).first.get_by_text("Net revenue", exact=True).first.click()
    expect(last).to_contain_text("Look at orders first, then returns")  # what was typed is kept
    expect(panel.get_by_text("Net revenue", exact=True).first).to_be_visible()
    wait_until_idle(page)
    page.get_by_role("radio", name="Structure").click()
    line = panel.get_by_role("button", name=re.compile("Look at orders first"))
    expect(line).to_be_attached()
    wait_until_idle(page)
    _to_top(page)
    expect(last).not_to_be_in_viewport()
    line.evaluate("one => one.click()")  # without scrolling to it first
    expect(last).to_be_in_viewport()


def test_a_tile_is_added_from_the_gallery_and_shown(open_as: OpenAs) -> None:
    page = open_as("boards", person="Claire")
    _begin(page, "Executive summary")
    page.get_by_role("button", name="Add a tile", exact=True).click()
    cards = page.get_by_role("group", name="Tiles to add")
    expect(cards.get_by_role("button")).to_have_count(9)
    expect(cards.get_by_role("button", name="Number").locator("svg:not(.sketch) text")).to_contain_text("\u20ac")
    heat = cards.get_by_role("button", name="Heat map")
    expect(heat.locator("svg:not(.sketch)")).to_have_count(1)
    assert violations(page) == []
    before = page.locator(TILES).count()
    heat.dblclick()
    expect(page.locator(TILES).last).to_contain_text(re.compile("Net revenue by market"))
    expect(page.locator(TILES).last).to_be_in_viewport()
    wait_until_idle(page)
    expect(page.locator(TILES)).to_have_count(before + 1)  # the second click of two adds nothing


@pytest.mark.parametrize("view", ["Tiles", "Structure"])
def test_axe_finds_nothing_while_arranging(open_as: OpenAs, view: str) -> None:
    page = open_as("boards", person="Claire")
    _begin(page, "E-commerce")
    page.get_by_role("radio", name=view).click()
    wait_until_idle(page)
    assert violations(page) == []
    _handle(page, 0).click()
    expect(page.locator(".arranger .ring")).to_be_visible()
    assert violations(page) == []
    check_page_on_every_screen(page)
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    assert violations(page) == []
