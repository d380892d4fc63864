"""How a leader uses a board: open its link on a phone, filter it, drill down, present and print it."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from semantic.display.tokens import DARK
from tests.browser.boards_screen import (
    apply_changes,
    check_page,
    number,
    numbers,
    seen,
    tile_of,
    wait_for_findings,
    wait_for_tiles,
)
from tests.browser.screen import (
    OpenAs,
    box_of,
    download_export,
    go_back,
    go_forward,
    parameters,
    rgb,
    scrolls_sideways,
    title,
    wait_for_answer,
    wait_until_idle,
)


def choose(page: Page, dimension: str, value: str) -> None:
    """Pick a dimension's value in the filter bar."""
    page.get_by_role("button", name=re.compile(f"^{dimension}: ")).first.click()
    page.get_by_role("combobox", name="Values").click()
    page.get_by_role("option", name=value, exact=True).click()
    expect(page.get_by_role("button", name=re.compile(f"^{dimension}: {value}")).first).to_be_visible()
    expect(page.get_by_role("combobox", name="Values")).to_be_visible()  # open for more
    page.keyboard.press("Escape")
    apply_changes(page)


def click_bar(page: Page, chart: str, place: int) -> None:
    """Click a chart's bar, counted from the top."""
    box = box_of(page, page.locator(f"[class*=st-key-tile-][class*=-{chart}] .points .point path").nth(place))
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def filter_by_bar(page: Page, chart: str, place: int) -> None:
    """Filter the board by a chart's bar, from the menu that opens at the pointer."""
    click_bar(page, chart, place)
    page.get_by_role("menuitem", name="Filter the board").click()


def bars_of(page: Page, chart: str) -> set[str]:
    """Return the opacities with which a chart's bars are drawn: a single one if no bar is selected."""
    bars = page.locator(f"[class*=st-key-tile-][class*=-{chart}] .points .point path")
    return set(bars.evaluate_all("every => every.map(one => getComputedStyle(one).opacity)"))


@pytest.mark.proof
def test_a_click_on_other_says_that_it_cannot_narrow_the_board(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}", person="Lena"))
    before = number(page, "net-revenue").text_content()
    click_bar(page, "revenue-by-channel", 8)  # the ninth, after the eight largest
    expect(page.get_by_text("Other groups everything else, so it can't be a filter.")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Open in Explore")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Filter the board")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_be_hidden()
    wait_for_tiles(page)
    assert number(page, "net-revenue").text_content() == before
    assert "x" not in parameters(page)
    assert bars_of(page, "revenue-by-channel") == {"1"}  # no bar is dimmed any more


def test_a_pick_appears_in_the_bar_and_its_tile_and_can_be_cleared_in_both(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}&tab=0", person="Lena"))
    tile = tile_of(page, "revenue-by-channel")
    fields = page.locator(".st-key-board-fields")
    filter_by_bar(page, "revenue-by-channel", 0)
    chip = page.locator(".st-key-board-pick-0")
    expect(chip).to_be_visible()
    wait_until_idle(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") > 100  # the bar sticks
    expect(fields).to_be_in_viewport(ratio=1)
    expect(chip).to_be_in_viewport(ratio=1)
    said = seen(chip.get_by_text("Channel: ")).text_content() or ""
    expect(tile.get_by_text(said).first).to_be_visible()
    assert len(bars_of(page, "revenue-by-channel")) == 2  # the others are dimmed
    expect(tile_of(page, "mer").get_by_text("Channel doesn't apply here")).to_be_attached()
    seen(tile.get_by_role("button", name=re.compile("^Clear"))).click()
    expect(chip).to_have_count(0)
    wait_until_idle(page)
    assert bars_of(page, "revenue-by-channel") == {"1"}
    assert parameters(page).keys() == {"d", "tab"}


def test_a_large_number_opens_its_explanation_by_keyboard(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}&tab=0", person="Lena"))
    button = tile_of(page, "net-revenue").get_by_role("button", name="Ask about Net revenue")
    button.focus()
    page.keyboard.press("Enter")
    why = page.get_by_role("menuitem", name="Why did this change?")
    expect(why).to_be_focused()
    page.keyboard.press("Escape")
    expect(why).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(why).to_be_focused()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text(re.compile("^Net revenue (rose|fell)")).first).to_be_visible()
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(drawer.get_by_text("These contributions add up to")).to_be_visible()


def test_a_presentation_changes_tabs_by_keyboard_and_pauses_during_use(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}&tab=0&present=1&rotate=60", person="Lena"))
    expect(tile_of(page, "net-revenue")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(tile_of(page, "mail-delivered")).to_be_visible()
    expect(page.get_by_text("Paused")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Leave"))).to_have_css("opacity", "1")
    page.keyboard.press("ArrowLeft")
    expect(tile_of(page, "net-revenue")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-wall", "idle")  # untouched for some seconds
    expect(page.locator(".st-key-board-presenting")).to_have_css("opacity", "0")


def test_the_screen_stays_awake_only_while_presenting(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}&tab=0", person="Lena"))
    page.evaluate(
        """() => {
          window.awake = 0
          const request = async () => ((window.awake += 1), { release: async () => (window.awake -= 1) })
          Object.defineProperty(navigator, "wakeLock", { value: { request } })
        }"""
    )
    page.get_by_role("button", name="Present").click()
    page.get_by_role("button", name="Start").click()
    page.wait_for_function("() => window.awake === 1")
    page.get_by_role("button", name=re.compile("^Leave")).click()
    page.wait_for_function("() => window.awake === 0")


def test_the_first_screen_has_the_numbers_and_two_whole_charts(open_as: OpenAs, summary: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={summary}", person="Lena", width=1440))
    page.set_viewport_size({"width": 1440, "height": 900})
    wait_until_idle(page)
    for tile in ("net-revenue", "orders", "ad-spend", "mer", "revenue-by-market", "revenue-over-time"):
        box = tile_of(page, tile).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900, tile
    for tile in ("revenue-by-market", "revenue-over-time", "revenue-by-channel", "roas-by-channel"):
        card, chart = tile_of(page, tile).bounding_box(), tile_of(page, tile).locator(".main-svg").first.bounding_box()
        assert card is not None
        assert chart is not None
        below = card["y"] + card["height"] - chart["y"] - chart["height"]
        assert below <= 60, f"{tile} has {below:.0f} pixels below its chart"  # its note and the padding
    bars = tile_of(page, "revenue-by-channel").locator(".points .point path")
    thick = [bars.nth(place).evaluate("bar => bar.getBoundingClientRect().height") for place in range(9, 18)]
    assert all(13.5 <= pixels <= 28.5 for pixels in thick), thick


def test_a_phone_shows_the_first_number_in_its_upper_half(open_as: OpenAs, summary: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={summary}", person="Lena", width=390))
    box = number(page, "net-revenue").bounding_box()
    assert box is not None
    assert box["y"] <= 330
    for name in ("Share", "Export", "Present"):
        expect(page.get_by_role("button", name=name)).to_be_visible()  # by its icon, and its name for a screen reader


def test_a_leader_reads_a_board_on_a_phone(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}", person="Lena", width=390))
    check_page(page)
    before = number(page, "net-revenue").text_content()
    left, right = number(page, "net-revenue").bounding_box(), number(page, "orders").bounding_box()
    assert left is not None
    assert right is not None
    assert abs(left["y"] - right["y"]) < 20  # numbers are in two columns
    expect(page.locator(".st-key-board-bar")).to_be_hidden()
    # The narrow screen's own table shows as many columns as fit.
    wide, narrow = (page.locator(f"[class*=st-key-table-{width}-][class*=-by-market]") for width in ("wide", "narrow"))
    expect(wide).to_be_hidden()
    expect(narrow.get_by_test_id("stDataFrame")).to_be_visible()
    assert narrow.locator(".dvn-scroller").evaluate("one => one.scrollWidth <= one.clientWidth")

    page.get_by_role("button", name="Filters", exact=True).click()  # its period and comparison filter nothing
    choose(page, "Market", "Germany")
    expect(number(page, "net-revenue")).not_to_have_text(before or "")
    wait_for_tiles(page)
    assert parameters(page)["f"] == ["market:in:DE"]
    german = number(page, "net-revenue").text_content()

    filter_by_bar(page, "revenue-by-channel", 0)
    chip = seen(page.locator(".st-key-board-pick-0 button"))
    expect(chip).to_contain_text("Channel: ")
    expect(number(page, "net-revenue")).not_to_have_text(german or "")
    picked = parameters(wait_for_tiles(page))["x"]
    assert picked[0].startswith("revenue-by-channel/channel:in:")

    menu = seen(page.locator("[class*=st-key-tile-][class*=-net-revenue] [data-testid=stPopoverButton]"))
    menu.scroll_into_view_if_needed()
    menu.click()
    page.get_by_role("link", name="Open in Explore").click()
    page.wait_for_url(re.compile("/explore"))
    wait_for_answer(page)
    assert set(parameters(page)["f"]) == {"market:in:DE", picked[0].partition("/")[2]}

    page.go_back()
    wait_for_tiles(page)
    assert parameters(page)["x"] == picked
    expect(chip).to_contain_text("Channel: ")
    assert not scrolls_sideways(page)

    page.get_by_role("button", name="Present").click()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name=re.compile("^Leave"))).to_be_visible()
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    expect(page.locator(".st-key-board-bar")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Share")).to_be_visible()
    assert parameters(page).keys() == {"d", "f", "x"}


@pytest.mark.proof
def test_back_forward_and_reset_change_picks(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}&tab=0", person="Ana"))
    text = number(page, "orders").text_content()
    filter_by_bar(page, "revenue-by-channel", 0)
    expect(page.locator(".st-key-board-pick-0")).to_be_visible()
    expect(number(page, "orders")).not_to_have_text(text or "")
    expect(seen(page.get_by_text("Modified"))).to_be_visible()
    go_back(wait_for_tiles(page))
    expect(page.locator(".st-key-board-pick-0")).to_have_count(0)
    expect(number(page, "orders")).to_have_text(text or "")
    go_forward(page)
    expect(page.locator(".st-key-board-pick-0")).to_be_visible()
    seen(page.locator(".st-key-board-reset button")).click()
    expect(page.locator(".st-key-board-pick-0")).to_have_count(0)
    expect(number(page, "orders")).to_have_text(text or "")
    expect(page.get_by_text("Modified")).to_have_count(0)


@pytest.mark.proof
def test_picks_from_a_link_are_marked_and_a_phone_has_its_own_table(open_as: OpenAs, board: str) -> None:
    asks = "x=revenue-by-channel/channel:in:Email"
    page = wait_for_tiles(open_as(f"board?d={board}&tab=0&{asks}", person="Lena", width=390))
    chart = page.locator("[class*=st-key-tile-][class*=-revenue-by-channel] .js-plotly-plot")
    marked = "one => one.data.filter(it => it.selectedpoints).map(it => it.selectedpoints.length)"
    assert set(chart.evaluate(marked)) == {1}
    wide, narrow = (page.locator(f"[class*=st-key-table-{width}-][class*=-by-market]") for width in ("wide", "narrow"))
    expect(wide).to_be_hidden()
    expect(narrow.get_by_test_id("stDataFrame")).to_be_visible()
    scroller = narrow.locator(".dvn-scroller")
    assert scroller.evaluate("one => one.scrollWidth <= one.clientWidth")
    narrow.get_by_role("button", name=re.compile("^All .*4 metrics$")).click()
    expect(narrow).to_have_count(0)


@pytest.mark.proof
def test_the_other_tab_opens_by_its_link(open_as: OpenAs, board: str) -> None:
    page = open_as(f"board?d={board}&tab=1", person="Lena")
    title(page, "Executive summary")
    expect(page.get_by_role("radio", name="E-mail")).to_be_checked()
    expect(page.get_by_text(re.compile(r"^As of \d"))).to_be_visible()
    page.get_by_text("Overview", exact=True).click()
    expect(number(page, "net-revenue")).to_be_visible()
    assert parameters(page)["tab"] == ["0"]


def test_a_board_is_readable_exports_its_numbers_and_prints_without_controls(
    open_as: OpenAs, board: str, tmp_path: Path
) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}&tab=0", person="Lena"))
    check_page(page)
    shown = numbers(page)
    assert len(shown) >= 3
    book = openpyxl.load_workbook(download_export(page, "Spreadsheet", tmp_path))
    assert set(shown) <= {str(row[0]) for row in book["Numbers"].iter_rows(min_row=2, values_only=True)}
    # The script that delays charts so that numbers show first has loaded the chart code.
    expect(page.locator(".samepage-chart .main-svg").first).to_be_visible()
    loaded = page.evaluate("performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)")
    assert any(re.fullmatch(r"/look/[0-9a-f]{16}\.js", address) for address in loaded)

    page.emulate_media(media="print")
    for part in (".st-key-board-bar", ".st-key-page-actions", ".st-key-board-tabs-line"):
        expect(page.locator(part).first).to_be_hidden()
    expect(page.locator(".st-key-board-words").get_by_text(re.compile("month to date"))).to_be_visible()
    first, second = (number(page, name).bounding_box() for name in ("net-revenue", "orders"))
    assert first is not None
    assert second is not None
    assert page.evaluate("getComputedStyle(document.querySelector('[data-testid=stMain]')).overflowY") == "visible"

    page.emulate_media(media="screen", color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb(DARK.page))
    check_page(wait_for_tiles(page))


@pytest.mark.proof
def test_a_remark_added_from_a_tile_shows_at_once(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}&tab=0", person="Ana"))
    tile = tile_of(page, "revenue-over-time")
    seen(tile.locator("[data-testid=stPopoverButton]")).click()
    page.get_by_role("button", name="Add a remark").click()
    form = page.get_by_role("dialog")
    form.get_by_label("What happened").fill("Spring sale")
    page.keyboard.press("Tab")
    form.get_by_role("button", name="Add remark").click()
    expect(form).to_have_count(0)
    expect(tile.get_by_text("Spring sale")).to_be_visible()
    check_page(page)
    page = wait_for_tiles(open_as(f"board?d={board}&tab=0", person="Lena"))
    expect(tile_of(page, "revenue-over-time").get_by_text("Spring sale")).to_be_visible()
    seen(tile_of(page, "revenue-over-time").locator("[data-testid=stPopoverButton]")).click()
    expect(page.get_by_role("button", name="Show as table")).to_be_visible()
    expect(page.get_by_role("button", name="Add a remark")).to_have_count(0)


def test_the_list_shows_a_picture_of_what_its_reader_saw_and_a_sketch_to_others(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}", person="Claire"))
    wait_for_findings(page)
    shown = [number(page, tile).text_content() for tile in ("net-revenue", "orders")]
    page.get_by_role("link", name="Boards", exact=True).first.click()
    title(page, "Boards")
    row = page.locator(f".st-key-board-row-{board}")
    picture = row.locator("svg.seen")
    expect(picture).to_be_visible()
    for text in shown:
        expect(picture.get_by_text(str(text), exact=True)).to_be_visible()
    other = open_as("boards", person="Jonas", width=390)
    title(other, "Boards")
    row = other.locator(f".st-key-board-row-{board}")
    expect(row.locator("svg")).to_be_visible()
    expect(row.locator("svg.seen")).to_have_count(0)
    check_page(other)
