"""What a person does at a page and reads from it, and the states of a page that are waited for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import FloatRect, Locator, Page, expect

from pages.ui.builder.question import ECHO
from semantic.display.tokens import DARK, LIGHT
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Last, Query
from tests.browser.windows import HEIGHT, NARROW, WIDE, Mode
from tests.waiting import STUCK

WEEKLY = Breakdown(DATE, Granularity.WEEK)
LAST_13_WEEKS = Last(13, Granularity.WEEK)
COMPUTED = re.compile(r"^Computed \d")


class Come(Protocol):
    """Opens a page as a person who is signed in: at the demo company, or `at` another server's address.

    People share one sign-in between tests; `anew` gives the page a sign-in of its own.
    """

    def __call__(
        self,
        path: str = "",
        *,
        person: str = "Ana",
        width: int = WIDE,
        mode: Mode = "light",
        at: str = "",
        anew: bool = False,
    ) -> Page: ...


class Visit(Protocol):
    """Opens a question in Explore as a person who is signed in."""

    def __call__(
        self, asked: Query | None = None, *, person: str = "Ana", width: int = WIDE, mode: Mode = "light"
    ) -> Page: ...


class Ask(Protocol):
    """Opens a question at the bakery, or `at` another server over it; `anew` in a sign-in of its own."""

    def __call__(
        self, asked: Query | None = None, *, person: str = "Ada", width: int = WIDE, at: str = "", anew: bool = False
    ) -> Page: ...


# Doing


def sign_in(page: Page, person: str) -> None:
    """Signs in on the page that asks for it, which then opens what was asked for."""
    page.get_by_role("button", name=re.compile(f"Sign in as {person}")).click()
    expect(page.get_by_text(re.compile(f"Demo: signed in as {person}"))).to_be_visible()


def pick(page: Page, field: str, option: str) -> None:
    """Chooses an option of a field as a person does: by typing its name."""
    box = page.get_by_role("combobox", name=field)
    box.click()
    box.fill(option)
    # By how it begins: what something is stands behind its label, and may have the same word.
    page.get_by_role("option", name=re.compile(f"^{re.escape(option)}")).first.click()


def choose_more(page: Page, what: str) -> None:
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name=what).click()


def go_back(page: Page) -> None:
    """The browser's Back, after the time in which the app takes an earlier address for an echo of its own change."""
    _outlast_echo(page)
    page.go_back()


def go_forward(page: Page) -> None:
    """The browser's Forward, after the same time."""
    _outlast_echo(page)
    page.go_forward()


def _outlast_echo(page: Page) -> None:
    # The one wait for time: nothing shows its end. On a slow machine, too, it's long enough: it began before the page
    # showed what it is about.
    page.wait_for_timeout(1_000 * ECHO + 500)


# Reading


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1).first).to_have_text(text)


def grid_cells(page: Page) -> Locator:
    """The table's cells, as the grid offers them to screen readers: those of the rows in sight."""
    return page.get_by_test_id("stDataFrame").locator("[role=gridcell]")


def cells(page: Page) -> list[str]:
    """What the table's cells say, once the page is at rest."""
    expect(grid_cells(page).first).to_have_text(re.compile(r"\S"))
    at_rest(page)
    return [cell.strip() for cell in grid_cells(page).all_text_contents()]


def amounts(page: Page, *, columns: int) -> list[float]:
    """The numbers of the table's second column."""
    return [float(cell) for cell in cells(page)[1::columns]]


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate(
        "['[data-testid=stMain]', 'html', 'body'].some(name => {"
        " const box = document.querySelector(name); return box.scrollWidth > box.clientWidth })"
    )


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


def reads_well_on_every_screen(page: Page) -> None:
    """On a laptop by day and on a phone by night; the page is left as it was."""
    reads_well(page)
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb(DARK.page))
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    reads_well(page)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    page.emulate_media(color_scheme="light")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb(LIGHT.page))


def reads_well_at_any_width(page: Page) -> None:
    """On a laptop and on a phone; the page is left as it was."""
    reads_well(page)
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    reads_well(page)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})


def reads_well(page: Page) -> None:
    """Nobody is shown a mistake of ours or a name that only the model's files use, and nothing is cut off."""
    at_rest(page)
    words: str = page.evaluate(WORDS)
    assert "Traceback" not in words
    names = re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", words)
    assert names == [], names
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert not scrolls_sideways(page)


# What is read on a page: an icon's name is not, nor is SQL, nor the code of a refusal, for whoever is asked for help. A
# button that is an icon alone is called after it.
WORDS = """() => {
  const main = document.querySelector(".stMain").cloneNode(true)
  main.querySelectorAll("[translate=no], [data-testid=stIconMaterial], style, code").forEach(one => one.remove())
  return main.textContent.replace(/Code [a-z_]+/g, "").replace(/[a-z_]+ icon/g, "")
}"""


def box_of(page: Page, element: Locator) -> FloatRect:
    """Where an element is drawn, once it is in sight and nothing moves any more."""
    at_rest(page)  # what is drawn anew while it scrolls into view is lost
    element.evaluate("one => one.scrollIntoView({block: 'nearest'})")
    at_rest(page)
    box = element.bounding_box()
    assert box is not None
    return box


# Waiting


@contextmanager
def a_reconnection(page: Page) -> Iterator[None]:
    """What ends the page's connection, and the moment when it has another one; a click in between would be lost."""
    with page.expect_websocket():
        yield
    expect(page.locator(".stApp")).to_have_attribute("data-test-connection-state", "CONNECTED")
    at_rest(page)


@contextmanager
def a_run(page: Page) -> Iterator[None]:
    """An act that makes the page run, and the end of that run: for where nothing else on the page shows it."""
    page.evaluate(COUNT_RUNS)
    yield
    page.wait_for_function("() => window.changesOfState >= 2")
    at_rest(page)


COUNT_RUNS = """() => {
  window.changesOfState = 0
  new MutationObserver(changes => { window.changesOfState += changes.length })
    .observe(document.querySelector(".stApp"), { attributeFilter: ["data-test-script-state"] })
}"""


def answered(page: Page) -> None:
    """An answer is on screen to its last line."""
    line = page.get_by_text(COMPUTED)
    expect(line).to_have_count(1)  # for a moment that of the answer before is there as well
    expect(line.first).to_be_visible()
    at_rest(page)


def at_rest(page: Page) -> None:
    """Nothing runs and nothing moves any more. Asked for after what an act leads to is seen, not before it began."""
    page.evaluate(AT_REST, 1_000 * STUCK)


AT_REST = """stuck => new Promise((done, fail) => {
  const begun = performance.now()
  let before = null, since = begun
  const look = setInterval(() => {
    const now = performance.now()
    if (now - begun > stuck) { clearInterval(look); fail(new Error("The page does not come to rest.")) }
    const running = document.querySelector(".stApp")?.dataset.testScriptState !== "notRunning"
    if (running || document.querySelector("[data-testid=stSkeleton]") !== null) { before = null; return }
    const drawn = [...document.querySelectorAll(".stMain [data-testid], .stMain [role=gridcell], .js-plotly-plot path")]
    const seen = drawn.map(one => {
      const box = one.getBoundingClientRect()
      return [box.x, box.y, box.width, box.height, one.role === "gridcell" ? one.textContent : ""].join()
    }).join(";")
    if (seen !== before) [before, since] = [seen, now]
    if (now - since > 300) { clearInterval(look); done() }
  }, 100)
})"""
