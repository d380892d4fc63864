"""Explore in a real browser: a question built by hand, opened again by its link, on a phone, in the dark."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from semantic.demo import build_company
from semantic.display.tokens import DARK, LIGHT
from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.query import (
    DATE,
    Breakdown,
    Condition,
    Last,
    LastYear,
    Operator,
    Previous,
    Query,
    ToDate,
    Top,
)
from tests.browser.visitor import running_server

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WEEKLY = Breakdown(DATE, Granularity.WEEK)
LAST_13_WEEKS = Last(13, Granularity.WEEK)
REVENUE = Query(metrics=("net_revenue",), by=(WEEKLY,), time=LAST_13_WEEKS)
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo server over a small company."""
    until = datetime.now(UTC).date() - timedelta(days=1)
    data = build_company(tmp_path_factory.mktemp("company"), orders=3_000, until=until)
    log = tmp_path_factory.mktemp("server") / "log"
    with running_server(log, SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        path = os.environ.get("SAMEPAGE_BROWSER", "/usr/bin/chromium")
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def contexts(chromium: Browser, address: str) -> Iterator[Callable[..., BrowserContext]]:
    """Browsers that note what goes wrong; whatever the test does, nothing may have."""
    opened: list[BrowserContext] = []
    wrong: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # On a page with a path of its own Streamlit looks for its server below that path first, and is told no.
        if message.type == "error" and not re.search("/(explore|metrics)/_stcore/", message.location["url"]):
            wrong.append(message.text)

    def watch(request: Request) -> None:
        if not request.url.startswith((address, address.replace("http", "ws"), "data:", "blob:")):
            wrong.append(f"a request left for {request.url}")

    def open_context(*, width: int = 1440, mode: str = "light") -> BrowserContext:
        # Any: Playwright wants one of its literals.
        scheme: Any = mode
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.on("request", watch)
        context.on("console", hear)
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()
    assert wrong == []


@pytest.fixture
def visit(contexts: Callable[..., BrowserContext], address: str) -> Visit:
    """Signs a person in and opens a question."""

    def open_page(asked: Query | None = None, *, person: str = "Ana", width: int = 1440, mode: str = "light") -> Page:
        page = contexts(width=width, mode=mode).new_page()
        parameters = urlencode(query_to_params(asked), doseq=True) if asked else ""
        page.goto(f"{address}/explore?{parameters}")
        page.get_by_role("button", name=re.compile(f"Sign in as {person}")).click()
        page.locator(".st-key-run button").wait_for(state="attached", timeout=60_000)  # folded away on a phone
        return page

    return open_page


def pick(page: Page, field: str, option: str) -> None:
    """Chooses an option of a field as a person does: by typing its name."""
    box = page.get_by_role("combobox", name=field)
    box.click()
    box.fill(option)
    # By how it begins: what something is stands behind its label, and may have the same word.
    page.get_by_role("option", name=re.compile(f"^{re.escape(option)}")).first.click()


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def cells(page: Page) -> list[str]:
    """The table's cells, from what the grid offers to screen readers."""
    table = page.get_by_test_id("stDataFrame")
    expect(table.locator("[role=gridcell]").first).to_have_text(re.compile(r"\S"))
    return [cell.strip() for cell in table.locator("[role=gridcell]").all_text_contents()]


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate(
        "['[data-testid=stMain]', 'html', 'body'].some(name => {"
        " const box = document.querySelector(name); return box.scrollWidth > box.clientWidth })"
    )


def test_a_question_is_built_by_hand_and_answered(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    pick(page, "Metric", "Net revenue")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stMetricValue")).to_contain_text("€")
    pick(page, "Break down by", "Channel group")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Net revenue by channel group")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    found = [float(cell) for cell in cells(page)[1::2]]
    assert found == sorted(found, reverse=True)
    assert sum(found) > 0
    page.get_by_role("radio", name="Details", exact=True).click()
    expect(page.get_by_text("Computed as:")).to_be_visible()
    page.get_by_role("radio", name="Week", exact=True).click()
    expect(page.get_by_role("heading", name="Net revenue by channel group, weekly")).to_be_visible()
    assert parameters(page)["m"] == ["net_revenue"]
    assert set(parameters(page)["by"][0].split(",")) == {"date:week", "channel_group"}


def test_a_link_opens_the_same_question_in_a_new_tab(visit: Visit) -> None:
    asked = Query(metrics=("net_revenue", "orders"), by=(Breakdown("channel"),), time=LAST_13_WEEKS)
    page = visit(asked)
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    first = cells(page)
    tab = page.context.new_page()
    tab.goto(page.url)
    expect(tab.get_by_test_id("stPlotlyChart")).to_be_visible(timeout=60_000)
    assert cells(tab) == first
    assert parameters(tab) == parameters(page) == query_to_params(asked)
    expect(tab.get_by_role("combobox", name="Period")).to_have_value("13 weeks")


def test_back_returns_to_the_question_before(visit: Visit) -> None:
    page = visit(REVENUE)
    expect(page.get_by_role("heading", name="Net revenue, weekly")).to_be_visible()
    page.get_by_role("radio", name="Month", exact=True).click()
    expect(page.get_by_role("heading", name="Net revenue, monthly")).to_be_visible()
    page.wait_for_timeout(2_500)  # longer than the page takes an old address for an echo
    page.go_back()
    expect(page.get_by_role("heading", name="Net revenue, weekly")).to_be_visible()
    week = page.get_by_role("radio", name="Week", exact=True)
    expect(week).to_have_count(1)  # for a moment the field before is there as well
    expect(week).to_be_checked()


def test_a_filter_is_added_from_the_values_there_are(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(Breakdown("market"),), time=LAST_13_WEEKS))
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    pick(page, "Filter by", "Market")
    box = page.locator(".st-key-new-filter").get_by_role("combobox", name="Market")
    box.click()
    box.fill("DE")
    page.get_by_role("option", name="DE").click()
    box.press("Tab")
    page.get_by_role("button", name="Add filter").click()
    expect(page.get_by_role("button", name="Market: DE")).to_be_visible()
    expect(page.get_by_text("1 row", exact=True)).to_be_visible()
    assert parameters(page)["f"] == ["market:in:DE"]


def test_a_question_is_compared_totalled_and_cut_to_its_top_by_hand_and_undone(visit: Visit) -> None:
    page = visit(Query(metrics=("spend",), by=(Breakdown("channel"),), time=LAST_13_WEEKS))
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    every = sum(amounts(page, columns=2))

    page.get_by_role("button", name="Previous period").click()
    expect(page.get_by_text(re.compile("Compared with"))).to_be_visible()
    expect(page.get_by_text(re.compile("Previous period: "))).to_be_visible()
    choose_more(page, "Totals")
    expect(page.get_by_text(re.compile("total at the end"))).to_be_visible()
    choose_more(page, "Only the top, the rest as Other")
    expect(page.get_by_text("5 rows, with Other, total at the end")).to_be_visible()
    expect(page.locator("[role=gridcell]").get_by_text("Other (the rest)")).to_have_count(1)
    spend = amounts(page, columns=4)
    names = [cell for place, cell in enumerate(cells(page)) if place % 4 == 0]
    assert names[-2:] == ["Other (the rest)", "Total"]
    assert spend[:5] == sorted(spend[:5], reverse=True)
    assert spend[-1] == pytest.approx(sum(spend[:-1]), abs=4) == pytest.approx(every, abs=8)

    page.get_by_role("button", name="Top 5 of channel").click()
    page.get_by_role("spinbutton", name="Only the top").fill("2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 rows, with Other, total at the end")).to_be_visible()
    assert parameters(page)["top"] == ["channel:2:spend"]
    expect(page.get_by_role("spinbutton", name="Only the top")).to_be_visible()  # the popover stays open
    page.keyboard.press("Escape")
    assert parameters(page)["c"] == ["previous"]
    assert parameters(page)["tot"] == ["grand"]

    page.wait_for_timeout(2_500)  # longer than the page takes an old address for an echo
    page.go_back()
    expect(page.get_by_text("5 rows, with Other, total at the end")).to_be_visible()
    expect(page.get_by_role("button", name="Top 5 of channel")).to_be_visible()


def choose_more(page: Page, what: str) -> None:
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name=what).click()


def amounts(page: Page, *, columns: int) -> list[float]:
    """The numbers of the table's second column."""
    return [float(cell) for cell in cells(page)[1::columns]]


def test_groups_are_filtered_by_a_value_and_rows_by_a_segment(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(Breakdown("market"),), time=LAST_13_WEEKS))
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    pick(page, "Filter by", "Value of Net revenue")
    page.get_by_role("spinbutton", name="Value, EUR").fill("1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add filter").click()
    expect(page.get_by_role("button", name="Net revenue more than €1")).to_be_visible()
    pick(page, "Filter by", "Segment: Ordered in the last 90 days")
    page.get_by_role("button", name="Add filter").click()
    expect(page.get_by_role("button", name="In Ordered in the last 90 days")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Computed \d"))).to_be_visible()
    assert parameters(page)["h"] == ["net_revenue:>:1"]
    assert parameters(page)["f"] == ["segment:recent_buyers"]


def test_what_cannot_be_added_says_why_and_offers_a_way(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue", "product_revenue"), time=LAST_13_WEEKS))
    pick(page, "Break down by", "Product category")
    why = page.locator(".st-key-why-not")
    expect(why.get_by_text("Product category", exact=True)).to_be_visible()
    why.get_by_role("button", name="Drop Net revenue").click()
    expect(page.get_by_role("heading", name=re.compile("Product revenue by"))).to_be_visible()


def test_a_metric_is_found_by_another_name_and_in_spite_of_a_typo_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit()
    page.get_by_role("combobox", name="Metric").focus()
    page.keyboard.type("cost per acquisition")
    expect(page.get_by_role("option").first).to_contain_text("Also called cost per acquisition")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cost per order (CPA)")).to_be_visible()
    page.keyboard.type("net revnue")
    page.keyboard.press("Enter")  # before the hits are there: the first is taken once they are
    expect(page.get_by_role("heading", name="Cost per order (CPA) and net revenue")).to_be_visible()
    page.keyboard.type("payback")
    expect(page.get_by_text("No metric is called “payback")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Break down by").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_have_count(1)
    page.keyboard.type("chanel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cost per order (CPA) and net revenue by channel")).to_be_visible()


def test_ctrl_enter_asks_again(visit: Visit) -> None:
    page = visit(REVENUE)
    expect(page.get_by_text(re.compile(r"Computed \d"))).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("from the cache"))).to_be_visible()


QUESTIONS = {
    "nothing": None,
    "line": REVENUE,
    "panels": Query(metrics=("roas", "spend", "orders"), by=(WEEKLY,), time=LAST_13_WEEKS),
    "multiples": Query(metrics=("net_revenue",), by=(WEEKLY, Breakdown("channel")), time=LAST_13_WEEKS),
    "bars": Query(metrics=("spend", "net_revenue", "roas"), by=(Breakdown("channel"),), time=LAST_13_WEEKS),
    "grid": Query(metrics=("roas",), by=(Breakdown("channel"), Breakdown("market")), time=LAST_13_WEEKS),
    "numbers": Query(metrics=("net_revenue", "spend", "roas"), time=LAST_13_WEEKS),
    "compared": Query(
        metrics=("net_revenue", "roas"), time=ToDate(Granularity.MONTH), compare=(Previous(), LastYear())
    ),
    "totalled": Query(
        metrics=("spend", "roas"),
        by=(WEEKLY, Breakdown("channel")),
        time=LAST_13_WEEKS,
        compare=(LastYear(),),
        top=Top(3, "channel", "spend"),
        totals=((), ("channel",)),
    ),
    "refused": Query(metrics=("spend",), by=(Breakdown("product_category"),), time=LAST_13_WEEKS),
    "empty": Query(metrics=("net_revenue",), where=Condition("market", Operator.IN, ("XX",)), time=LAST_13_WEEKS),
}


@pytest.mark.parametrize("asked", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_phone_never_scrolls_sideways_and_shows_the_answer_first(visit: Visit, asked: Query | None) -> None:
    page = visit(asked, width=390)
    if asked is not None:
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.wait_for_timeout(500)
    assert not scrolls_sideways(page)
    if asked is not None:
        expect(page.locator(".st-key-builder")).to_be_hidden()
        page.get_by_role("button", name="Change the question").click()
        expect(page.locator(".st-key-builder")).to_be_visible()
        assert not scrolls_sideways(page)
        return
    builder = page.locator(".st-key-builder").bounding_box()
    first = page.locator(
        ".st-key-trust, .st-key-refused, .st-key-empty, [data-testid=stButton] button[kind=secondary]"
    ).first.bounding_box()
    assert builder is not None
    assert first is not None
    assert first["y"] < builder["y"]
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_page_and_chart_are_in_the_colours_of_the_mode(visit: Visit, tokens: Any) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=LAST_13_WEEKS), mode=tokens.mode)
    bar = page.locator(".js-plotly-plot .bars path").first
    expect(bar).to_have_css("fill", rgb(tokens.series[0]))
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb(tokens.page))
    expect(page.get_by_role("heading", level=1)).to_have_css("font-family", re.compile("Hanken Grotesk"))
    assert page.evaluate("document.fonts.check('14px \"Hanken Grotesk\"')")


def test_a_switch_of_mode_repaints_the_chart(visit: Visit) -> None:
    page = visit(Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=LAST_13_WEEKS))
    bar = page.locator(".js-plotly-plot .bars path").first
    expect(bar).to_have_css("fill", rgb(LIGHT.series[0]))
    expect(page.locator(".st-key-mode span").first).to_be_attached()  # what watches for a switch comes last
    page.emulate_media(color_scheme="dark")
    expect(bar).to_have_css("fill", rgb(DARK.series[0]), timeout=10_000)


def test_a_wrong_link_is_a_sentence(visit: Visit, address: str) -> None:
    page = visit()
    page.goto(f"{address}/explore?m=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&zz=1")
    expect(page.get_by_text("This link could not be read.")).to_be_visible(timeout=20_000)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert page.locator("img[src=x]").count() == 0


def test_a_person_with_a_scope_is_told_it(visit: Visit) -> None:
    page = visit(REVENUE, person="Jonas")
    expect(page.get_by_text("Scope: DE, AT").first).to_be_visible()
    expect(page.get_by_text("SQL for")).to_have_count(0)


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


def test_every_font_of_the_theme_is_served(visit: Visit, address: str) -> None:
    page = visit()
    for file in (Path(__file__).parents[2] / ".streamlit" / "fonts").glob("*.woff2"):
        assert page.request.get(f"{address}/look/{file.name}").status == 200
