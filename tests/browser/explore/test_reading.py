"""Reading an answer in a real browser: a menu at the pointer, drag to zoom, and a pivot with the table's totals."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import FloatRect, Page, expect

from pages.explore.result.cells import above_numbers
from semantic.display.tokens import DARK, LIGHT, Tokens
from semantic.query.query import DATE, Breakdown, Condition, Operator, Previous, Query, Top
from tests.browser.answer_screen import clear, click_bar, click_cell, click_grid, menu, press, selected, tooltip
from tests.browser.screen import (
    LAST_13_WEEKS,
    WEEKLY,
    Visit,
    amounts,
    box_of,
    cells,
    go_back,
    grid_cells,
    parameters,
    pick,
    rgb,
    scrolls_sideways,
    wait_for_answer,
    wait_until_idle,
)
from tests.browser.windows import NARROW, WIDE

CHANNELS = Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=LAST_13_WEEKS)

INKS = "every => every.map(one => [getComputedStyle(one).fill, getComputedStyle(one).fillOpacity].join(' '))"


FEWEST_BARS = """() => {
    window.fewestBars = Infinity
    const look = () => {
        const bars = document.querySelectorAll(".js-plotly-plot .bars .point path")
        window.fewestBars = Math.min(window.fewestBars, bars.length)
        requestAnimationFrame(look)
    }
    look()
}"""

SHIFT = """
    window.shift = 0
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value
    }).observe({type: "layout-shift", buffered: true})
"""


COUNT_DRAWINGS = """() => {
    window.drawings = 0
    const react = window.Plotly.react
    window.Plotly.react = (...all) => { window.drawings += 1; return react(...all) }
}"""


def rgb_of(ink: str) -> str:
    """Return #171a21 from "rgb(23, 26, 33) 1". A transparent colour isn't one of ours."""
    red, green, blue, opacity = re.findall(r"[\d.]+", ink)
    return f"#{int(red):02x}{int(green):02x}{int(blue):02x}" if float(opacity) == 1 else ink


def number_in(words: str) -> float:
    """Return the amount in a sentence such as "Email: Net revenue €1,234"."""
    return float(re.sub(r"[^\d.]", "", words.rpartition("€")[2].split("\n")[0]))


def overlap(one: FloatRect, other: FloatRect) -> bool:
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return across > 0.5 and down > 0.5


@pytest.mark.parametrize("width", [1440, 390])
def test_a_tooltip_is_beside_its_bar_and_says_how_the_number_compares(visit: Visit, width: int) -> None:
    page = visit(replace(CHANNELS, compare=(Previous(),)), width=width)
    wait_for_answer(page)
    wait_until_idle(page)
    bars, labels = page.locator(".js-plotly-plot .bars .point path"), page.locator(".js-plotly-plot .textpoint")
    count = bars.count() // 2  # below each bar is that of the period before
    for place in (0, count // 2, count - 1):
        bar = bars.nth(count + place)
        bar.scroll_into_view_if_needed()
        box = box_of(page, bar)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(tooltip(page)).to_contain_text(re.compile(r"\d+(st|nd|rd|th) of \d+"))
        expect(tooltip(page)).to_contain_text("% of total")
        expect(tooltip(page)).to_contain_text("Previous period €")
        wait_until_idle(page)
        told = box_of(page, tooltip(page))
        assert not overlap(told, box)
        assert not overlap(told, box_of(page, labels.nth(place)))
        boxes = [name.bounding_box() for name in page.locator(".js-plotly-plot .ytick text").all()]
        assert [box for box in boxes if box is None or overlap(told, box)] == [], "the names of rows"
        assert 0 <= told["x"] <= told["x"] + told["width"] <= width
    page.mouse.move(1, 1)
    expect(tooltip(page)).to_have_count(0)


def test_a_click_in_the_legend_shows_one_line_alone_and_a_second_one_all(visit: Visit) -> None:
    six = Query(
        metrics=("net_revenue",), by=(WEEKLY, Breakdown("channel")), time=LAST_13_WEEKS,
        top=Top(6, "channel", "net_revenue"),
    )  # fmt: skip
    page = visit(six)
    wait_for_answer(page)
    names = page.locator(".js-plotly-plot .legend .legendtoggle")
    expect(names).to_have_count(7)  # with Other
    lines = page.locator(".js-plotly-plot .scatterlayer .trace .js-line")
    expect(lines).not_to_have_count(0)
    every = lines.count()
    names.first.click()
    expect(lines).not_to_have_count(every)
    alone = lines.count()
    assert 0 < alone < every / 2
    names.first.click()
    expect(lines).to_have_count(every)
    expect(selected(page)).to_have_count(0)


def test_a_click_in_the_chart_keeps_only_excludes_and_breaks_down(visit: Visit) -> None:
    page = visit(CHANNELS)
    click_bar(page, 0)
    expect(selected(page)).to_contain_text("Net revenue €")
    first = selected(page).inner_text().partition(":")[0]
    page.keyboard.press("Escape")
    numbers_are_readable(page, LIGHT)
    page.keyboard.press("Escape")
    click_bar(page, 0)
    press(page, "Exclude")
    expect(page.locator(".st-key-builder").get_by_text(f"Channel: not {first}")).to_be_visible()
    expect(selected(page)).to_have_count(0)
    assert first not in cells(page)
    assert parameters(page)["f"] == [f"channel:not_in:{first}"]

    click_bar(page, 0)
    expect(selected(page)).to_contain_text("Net revenue €")
    second = selected(page).inner_text().partition(":")[0]
    assert second != first
    expect(menu(page).get_by_role("menuitem", name="Keep only")).to_be_focused()  # the first item
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-builder").get_by_text(f"Channel: {second}", exact=True)).to_be_visible()
    assert parameters(page)["f"] == [f"channel:in:{second}"]

    wait_until_idle(page)
    click_cell(page, 0, 1)
    expect(selected(page)).to_contain_text(second)
    before = number_in(selected(page).inner_text())
    press(page, "Where it comes from")
    expect(page.get_by_role("dialog").get_by_text("How it's calculated")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    wait_until_idle(page)
    page.get_by_role("button", name="Actions").click()
    press(page, "Break down by")
    # By what has so few values that no row of the table is out of sight.
    press(page, "Customer segment")
    expect(page.get_by_role("heading", name="Net revenue by customer segment")).to_be_visible()
    expect(grid_cells(page).get_by_text("Total", exact=True)).to_have_count(1)
    found_amounts = amounts(page, columns=2)
    assert found_amounts[0] == pytest.approx(before, abs=1)
    assert sum(found_amounts[1:]) == pytest.approx(before, abs=1)

    page.get_by_role("button", name="Back to channel").click()
    expect(page.get_by_role("heading", name="Net revenue by channel")).to_be_visible()
    assert "f" not in parameters(page)


def test_the_menu_is_at_the_pointer_and_the_chart_stays_as_drawn(visit: Visit) -> None:
    """At the last bar there is no room below the pointer, and the menu still stays in the window."""
    page = visit(CHANNELS)
    wait_for_answer(page)
    page.evaluate(COUNT_DRAWINGS)
    bars = page.locator(".js-plotly-plot .bars .point path")
    for place in (0, bars.count() - 1):
        x, _ = click_bar(page, place)
        sheet = page.locator(".st-key-answer-selected .sheet").bounding_box()
        assert sheet is not None
        assert abs(sheet["x"] - (x + 8)) <= 1 or abs(sheet["x"] + sheet["width"] - (x - 8)) <= 1
        assert 8 <= sheet["y"] <= 900 - 8 - sheet["height"]
        expect(tooltip(page)).to_have_count(0)  # its numbers are in the title
        faded = bars.nth(1).evaluate("one => getComputedStyle(one).opacity")
        assert float(faded) == pytest.approx(0.45)
        page.keyboard.press("Escape")
        expect(menu(page)).to_have_count(0)
        assert page.evaluate("document.activeElement.dataset.testid") == "chart"

    chosen = selected(page).inner_text()
    click_bar(page, bars.count() - 1)  # a second click on the same bar
    assert selected(page).inner_text() == chosen
    page.mouse.click(5, 500)  # elsewhere
    expect(menu(page)).to_have_count(0)
    clear(page)
    expect(bars.nth(1)).to_have_css("opacity", "1")
    assert page.evaluate("window.drawings") == 0


def test_a_cell_of_a_grid_is_framed_while_it_is_selected(visit: Visit) -> None:
    """The colours of a grid stand for its numbers, so its cells can't fade."""
    by = (Breakdown("channel_group"), Breakdown("market"))
    page = visit(Query(metrics=("net_revenue",), by=by, time=LAST_13_WEEKS))
    wait_for_answer(page)
    frames = page.locator(".js-plotly-plot .shapelayer path")
    before = frames.count()
    page.get_by_role("button", name="choose from a list").click()
    menu(page).get_by_role("menuitem").first.click()
    expect(menu(page).get_by_role("menuitem", name="Keep only")).to_be_focused()
    expect(frames).to_have_count(before + 2)
    page.keyboard.press("Escape")
    clear(page)
    expect(frames).to_have_count(before)


def test_the_menu_works_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit(CHANNELS)
    wait_for_answer(page)
    page.get_by_role("button", name="choose from a list").focus()
    page.keyboard.press("Enter")
    expect(menu(page)).to_have_accessible_name("Choose a value")
    items = menu(page).get_by_role("menuitem")
    assert items.count() == page.locator(".js-plotly-plot .bars .point path").count()
    expect(items.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Home")
    name = items.nth(0).locator(".label").inner_text()
    page.keyboard.press("Enter")
    expect(selected(page)).to_contain_text(f"{name}: Net revenue €")
    expect(menu(page)).to_have_accessible_name(re.compile(f"^{re.escape(name)}"))
    expect(items.nth(0)).to_be_focused()
    page.keyboard.press("b")
    expect(items.get_by_text("Customer segment")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("[role=menuitem]:focus")).to_have_text(re.compile("^C"))
    page.keyboard.press("Escape")
    expect(menu(page).get_by_role("menuitem", name="Break down by")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Actions")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    expect(page.locator(".st-key-builder").get_by_text(f"Channel: not {name}")).to_be_visible()


def test_a_cell_of_the_table_opens_the_menu_with_enter(visit: Visit) -> None:
    """Moving through the cells doesn't open the menu."""
    page = visit(CHANNELS)
    wait_for_answer(page)
    click_cell(page, 0, 1)
    page.keyboard.press("Escape")
    expect(menu(page)).to_have_count(0)
    first = selected(page).inner_text()
    page.keyboard.press("ArrowDown")
    expect(selected(page)).not_to_have_text(first)
    wait_until_idle(page)
    expect(menu(page)).to_have_count(0)
    second = cells(page)[2]
    page.keyboard.press("Enter")
    expect(menu(page).get_by_role("menuitem", name="Keep only")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(".st-key-builder").get_by_text(f"Channel: {second}", exact=True)).to_be_visible()


def test_a_click_counts_even_if_the_chart_is_redrawn_between_press_and_release(visit: Visit) -> None:
    """The new figure, in the other mode's colours, is drawn into the existing element, so nothing goes blank."""
    page = visit(CHANNELS)
    wait_for_answer(page)
    wait_until_idle(page)
    bars = page.locator(".js-plotly-plot .bars .point path")
    page.evaluate(FEWEST_BARS)
    box = box_of(page, bars.nth(1))
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.emulate_media(color_scheme="dark")
    expect(bars.nth(1)).to_have_css("fill", rgb(DARK.series[0]))
    page.mouse.up()
    expect(selected(page)).to_contain_text("Net revenue €")
    row = cells(page)[2]  # below the head and the first row
    assert selected(page).inner_text().startswith(row)
    assert page.evaluate("window.fewestBars") == bars.count() > 5


def test_enter_in_a_dialogs_table_leaves_the_menu_behind_it_closed(visit: Visit) -> None:
    page = visit(CHANNELS)
    wait_for_answer(page)
    click_cell(page, 1, 1)
    press(page, "See rows")
    dialog = page.get_by_role("dialog")
    grid = dialog.get_by_test_id("stDataFrame")
    expect(grid.locator("[role=gridcell]").first).to_be_attached()
    expect(selected(page)).to_contain_text("Net revenue €")  # Enter in the table behind would open a menu for it
    grid.locator("canvas[tabindex]").focus()
    page.keyboard.press("Enter")
    expect(menu(page)).to_have_count(0)
    expect(dialog).to_be_visible()


def numbers_are_readable(page: Page, tokens: Tokens) -> None:
    """Check that every number in the chart, and the name in an open menu, is in the text colour while a bar is
    selected.
    """
    wait_until_idle(page)
    inks: list[str] = page.locator(".js-plotly-plot .scatterlayer .textpoint text").evaluate_all(INKS)
    assert len(inks) > 5
    assert {rgb_of(ink) for ink in inks} == {tokens.ink.lower()}
    page.get_by_test_id("stMain").get_by_role("button", name="Bars").click()
    button = page.get_by_test_id("stMain").locator("button[aria-expanded=true]:visible")
    expect(button).to_contain_text("Bars")
    page.mouse.move(5, 500)  # away from it: text under the pointer has the accent colour
    expect(button.locator("p")).to_have_css("color", rgb(tokens.ink))


@pytest.mark.proof
def test_a_click_leaves_every_number_readable_in_the_dark(visit: Visit) -> None:
    page = visit(CHANNELS, mode="dark")
    click_bar(page, 2)
    expect(selected(page)).to_be_visible()
    page.keyboard.press("Escape")
    numbers_are_readable(page, DARK)


def drag_over_days(page: Page, begin: float, end: float) -> None:
    """Drag along a chart over time, between two fractions of its width."""
    wait_for_answer(page)
    box = box_of(page, page.locator(".js-plotly-plot .nsewdrag").first)
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + begin * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + (begin + end) / 2 * box["width"], y, steps=6)
    page.mouse.move(box["x"] + end * box["width"], y, steps=6)
    page.mouse.up()
    expect(menu(page)).to_be_visible()


def test_why_a_number_changed_leads_to_the_next_question(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=LAST_13_WEEKS, compare=(Previous(),)))
    page.get_by_role("button", name="Why did it change?").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text(re.compile(r"^Net revenue (rose|fell|stayed about the same)"))).to_be_visible()
    drawer.get_by_role("tab", name="Market").click()
    expect(drawer.get_by_text(re.compile("^These contributions add up to [+−]€"))).to_be_visible()
    drawer.get_by_role("button", name="Germany", exact=True).click()
    expect(drawer).to_have_count(0)
    expect(page.locator(".st-key-builder").get_by_role("button", name="Market: Germany")).to_be_visible()
    assert parameters(page)["f"] == ["market:in:DE"]


def test_days_are_dragged_over_and_zoomed_into_or_left_out(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(WEEKLY,), time=LAST_13_WEEKS))
    drag_over_days(page, 0.30, 0.60)
    labels = menu(page).get_by_role("menuitem").locator(".label").all_inner_texts()
    assert labels == ["Zoom", "Exclude these dates", "Why did this change?", "Break down by", "Add remark"]
    press(page, "Exclude these dates")
    without = page.locator(".st-key-builder").get_by_text(re.compile(r"^(Week: not|Not \(Week)"))
    expect(without).to_be_visible()
    assert "date__week" in parameters(page)["f"][0]
    wait_for_answer(page)
    go_back(page)
    expect(without).to_have_count(0)

    drag_over_days(page, 0.30, 0.60)
    press(page, "Zoom")
    expect(page.get_by_role("heading", name="Net revenue, daily")).to_be_visible()
    found_parameters = parameters(page)
    assert found_parameters["by"] == ["date:day"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d", found_parameters["t"][0])


def test_days_of_a_changed_question_can_be_dragged_over(visit: Visit) -> None:
    """The figure is drawn into the previous one, on which nothing had been clicked. Dragging works twice."""
    page = visit(Query(metrics=("net_revenue",), by=(WEEKLY,), time=LAST_13_WEEKS))
    wait_for_answer(page)
    for metric, title in (("Orders", "Net revenue and orders"), ("Sessions", "Net revenue, orders and sessions")):
        pick(page, "Metric", metric)
        expect(page.get_by_role("heading", level=1)).to_contain_text(title)
        drag_over_days(page, 0.30, 0.60)
        expect(menu(page).get_by_role("menuitem", name="Zoom")).to_be_visible()
        page.keyboard.press("Escape")


def test_a_click_on_a_chart_over_time_is_not_a_drag(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(WEEKLY,), time=LAST_13_WEEKS))
    wait_for_answer(page)
    box = box_of(page, page.locator(".js-plotly-plot .nsewdrag").first)
    x, y = box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    expect(tooltip(page)).to_be_visible()
    page.mouse.click(x, y)
    expect(menu(page).get_by_role("menuitem", name="Exclude this week")).to_be_visible()
    expect(selected(page)).to_contain_text("Net revenue €")


@pytest.mark.proof
def test_a_pivot_and_a_table_have_the_same_totals(visit: Visit) -> None:
    by = (Breakdown("channel_group"), Breakdown("market"))
    two = Condition("market", Operator.IN, ("DE", "FR"))  # few enough that every row of the table is in view
    top = Top(2, "channel_group", "orders")
    page = visit(Query(metrics=("aov",), by=by, where=two, top=top, time=LAST_13_WEEKS))
    page.get_by_role("radio", name="Pivot", exact=True).click()
    page.locator(".st-key-answer-views").get_by_text("Totals", exact=True).click()
    expect(page.get_by_text("recalculated from all rows")).to_be_visible()
    expect(grid_cells(page).get_by_text("Total", exact=True)).to_have_count(1)
    grid = cells(page)
    assert set(parameters(page)["tot"][0].split(",")) == {"grand", "channel_group", "market"}
    page.get_by_role("radio", name="Table", exact=True).click()
    expect(page.get_by_text("recalculated from all rows")).to_be_visible()
    table = page.get_by_test_id("stDataFrame")
    expect(table.locator("[role=gridcell]").get_by_text("Total", exact=True)).to_have_count(1)
    assert cells(page)[:2] == ["Total", ""]
    assert cells(page)[2] in grid


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_nothing_moves_while_an_answer_opens(width: int, visit: Visit) -> None:
    """The visit with the least movement of three counts, because on a busy machine the parts of a page appear one by
    one.
    """
    page = visit(CHANNELS, width=width)
    wait_for_answer(page)
    page.add_init_script(SHIFT)
    shifts = list[float]()
    for _ in range(3):
        page.reload()
        wait_for_answer(page)
        shifts.append(page.evaluate("window.shift"))
    assert min(shifts) < 0.05


def test_a_click_on_a_header_sorts_the_table_the_chart_and_the_link(visit: Visit) -> None:
    page = visit(CHANNELS)
    wait_for_answer(page)
    names = page.get_by_test_id("chart").locator(".ytick text")
    largest = names.all_text_contents()
    head = page.get_by_test_id("stDataFrame").locator("[role=columnheader]").first
    assert page.locator(".stDataFrame .dvn-scroller").evaluate("one => one.scrollHeight - one.clientHeight") == 0
    click_grid(page, -1, 0)
    expect(head).to_have_text("Channel ↑")
    wait_for_answer(page)
    assert parameters(page)["o"] == ["channel"]
    found = cells(page)[::2]
    assert found == sorted(found)
    assert sorted(names.all_text_contents()) == sorted(largest)
    assert names.all_text_contents() != largest
    click_grid(page, -1, 0)
    expect(head).to_have_text("Channel ↓")
    wait_for_answer(page)
    assert parameters(page)["o"] == ["channel!"]
    assert cells(page)[::2] == found[::-1]
    click_grid(page, -1, 0)
    expect(head).to_have_text("Channel")
    wait_for_answer(page)
    assert "o" not in parameters(page)
    assert names.all_text_contents() == largest


@pytest.mark.proof
def test_a_pivot_of_two_metrics_names_the_metric_of_each_column(visit: Visit) -> None:
    by = (Breakdown("channel_group"), Breakdown("market"))
    two = Condition("market", Operator.IN, ("DE", "FR"))
    page = visit(Query(metrics=("orders", "aov"), by=by, where=two, time=LAST_13_WEEKS))
    page.get_by_role("radio", name="Pivot", exact=True).click()
    heads = page.get_by_test_id("stDataFrame").locator("[role=columnheader]")
    expect(heads.get_by_text(above_numbers("Germany, Orders"), exact=True)).to_have_count(1)
    expect(heads.get_by_text(above_numbers("France, Average order value"), exact=True)).to_have_count(1)


def test_a_phone_shows_the_menu_as_a_sheet_without_scrolling_sideways(visit: Visit) -> None:
    weekly = Query(
        metrics=("net_revenue", "spend"),
        by=(Breakdown("channel"), Breakdown(DATE, WEEKLY.grain)),
        time=LAST_13_WEEKS,
        top=Top(3, "channel", "spend"),
    )
    page = visit(weekly, width=390, mode="dark")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    click_cell(page, 0, 0)
    sheet = page.locator(".st-key-answer-selected .sheet").bounding_box()
    assert sheet is not None
    assert (sheet["x"], sheet["width"]) == (0, 390)
    assert sheet["y"] + sheet["height"] == pytest.approx(page.evaluate("innerHeight"))
    heights = menu(page).get_by_role("menuitem").evaluate_all("every => every.map(one => one.offsetHeight)")
    assert len(heights) > 2
    assert min(heights) >= 44
    assert not scrolls_sideways(page)
    page.mouse.click(195, 60)  # on the dimmed page behind the sheet
    expect(menu(page)).to_have_count(0)
    clear(page)
