"""What a person does and reads on a page, and the states of a page that tests wait for."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import FloatRect, Locator, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.explore.builder.question import ECHO
from semantic.display.tokens import DARK, LIGHT
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Last, Query
from tests.browser.windows import HEIGHT, NARROW, WIDE, Mode
from tests.waiting import STUCK

WEEKLY = Breakdown(DATE, Granularity.WEEK)
LAST_13_WEEKS = Last(13, Granularity.WEEK)
COMPUTED = re.compile(r"^Computed \d")


class OpenAs(Protocol):
    """Opens a page as a signed-in person: on the demo company's server, or `at` another server's address.

    Tests share one sign-in per person. `own_sign_in` gives the page a separate one.
    """

    def __call__(
        self,
        path: str = "",
        *,
        person: str = "Ana",
        width: int = WIDE,
        mode: Mode = "light",
        at: str = "",
        own_sign_in: bool = False,
    ) -> Page: ...


class Visit(Protocol):
    """Opens a question in Explore as a signed-in person."""

    def __call__(
        self, asked: Query | None = None, *, person: str = "Ana", width: int = WIDE, mode: Mode = "light"
    ) -> Page: ...


class Ask(Protocol):
    """Opens a question about the bakery, or `at` another server over it. With `own_sign_in`, it uses a new sign-in."""

    def __call__(
        self,
        asked: Query | None = None,
        *,
        person: str = "Ada",
        width: int = WIDE,
        at: str = "",
        own_sign_in: bool = False,
    ) -> Page: ...


# Doing
GO_TO = """path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')) }"""
"""Opens a page of the app without reloading the app."""


def sign_in(page: Page, person: str) -> None:
    """Sign in on the sign-in page, which then opens the page that the person came for."""
    page.get_by_role("button", name=re.compile(f"Sign in as {person}")).click()
    expect(page.get_by_text(re.compile(f"Demo: signed in as {person}"))).to_be_visible()


def pick(page: Page, field: str, option: str) -> None:
    """Choose an option in a field as people do: by typing its name."""
    box = page.get_by_role("combobox", name=field, exact=True)
    box.click()
    box.fill(option)
    # Match the beginning: a description follows the label and may contain the same word.
    page.get_by_role("option", name=re.compile(f"^{re.escape(option)}")).first.click()


def download_export(page: Page, kind: str, place: Path) -> Path:
    """Choose one format in the menu, and return the downloaded file."""
    button = page.get_by_role("button", name=kind)
    wait_until_idle(page)  # the menu stays open after a file, and a second press on Export would close it
    if not button.is_visible():
        page.get_by_role("button", name="Export").click()
    expect(button).to_be_enabled()
    with page.expect_download() as coming:
        button.click()
    path = place / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def choose_more(page: Page, what: str) -> None:
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name=what).click()


def go_back(page: Page) -> None:
    """Press Back, but only once the app can't mistake it for its own change to the address."""
    _outlast_echo(page)
    page.go_back()


def go_forward(page: Page) -> None:
    """Press Forward, once the app can't mistake it for its own change to the address."""
    _outlast_echo(page)
    page.go_forward()


def _outlast_echo(page: Page) -> None:
    # The only wait for a fixed time: nothing on the page shows when the echo is over. It is long enough even on a slow
    # machine, because the time starts before the page shows the change.
    page.wait_for_timeout(1_000 * ECHO + 500)


# Reading


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1).first).to_have_text(text)


def grid_cells(page: Page) -> Locator:
    """Return the table's cells that the grid shows to screen readers: only rows in view."""
    return page.get_by_test_id("stDataFrame").locator("[role=gridcell]")


def cells(page: Page) -> list[str]:
    """Return the text of the table's cells, once the page is idle."""
    expect(grid_cells(page).first).to_have_text(re.compile(r"\S"))
    wait_until_idle(page)
    return [cell.strip() for cell in grid_cells(page).all_text_contents()]


def amounts(page: Page, *, columns: int) -> list[float]:
    """Return the numbers of the table's second column."""
    return [float(cell) for cell in cells(page)[1::columns]]


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate(
        "['[data-testid=stMain]', 'html', 'body'].some(name => {"
        " const box = document.querySelector(name); return box.scrollWidth > box.clientWidth })"
    )


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


def check_page_on_every_screen(page: Page) -> None:
    """Check that the page reads well on a laptop in light mode and on a phone in dark mode.

    Leaves the page as it was.
    """
    check_page(page)
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb(DARK.page))
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    check_page(page)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    page.emulate_media(color_scheme="light")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb(LIGHT.page))


def check_page_at_any_width(page: Page) -> None:
    """Check that the page reads well on a laptop and on a phone. Leaves the page as it was."""
    check_page(page)
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    check_page(page)
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})


def check_page(page: Page) -> None:
    """Check that the page shows no stack trace and no internal name from the model's files, and that nothing is cut
    off.
    """
    wait_until_idle(page)
    words: str = page.evaluate(WORDS)
    assert "Traceback" not in words
    names = re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", words)
    assert names == [], names
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert not scrolls_sideways(page)


# The words on a page, without icon names, SQL or a refusal's code (for support).
# An icon-only button is named after its icon.
WORDS = """() => {
  const main = document.querySelector(".stMain").cloneNode(true)
  main.querySelectorAll("[translate=no], [data-testid=stIconMaterial], style, code").forEach(one => one.remove())
  return main.textContent.replace(/Code [a-z_]+/g, "").replace(/[a-z_]+ icon/g, "")
}"""


def box_of(page: Page, element: Locator) -> FloatRect:
    """Return an element's position, once it is in view and nothing moves."""
    wait_until_idle(page)  # an element that is redrawn while it scrolls into view is lost
    element.evaluate("one => one.scrollIntoView({block: 'nearest'})")
    wait_until_idle(page)
    box = element.bounding_box()
    assert box is not None
    return box


# Waiting


@contextmanager
def wait_for_reconnection(page: Page) -> Iterator[None]:
    """Wrap an action that ends the page's connection, and wait for the new connection, because a click before that
    would be lost.
    """
    with page.expect_websocket():
        yield
    expect(page.locator(".stApp")).to_have_attribute("data-test-connection-state", "CONNECTED")
    wait_until_idle(page)


@dataclass(slots=True)
class Runs:
    """How often a page ran while an action was counted, from the messages between the browser and the app."""

    asked: int = 0
    """Times the browser asked for a run. Fragments that look again by themselves don't count."""
    whole: int = 0
    """Runs of the whole page that ended."""


@contextmanager
def count_runs(page: Page) -> Iterator[Runs]:
    """Wrap an action that makes the page run, wait until the page is idle again, and count those runs."""
    runs = Runs()
    devtools = page.context.new_cdp_session(page)

    def sent(event: dict[str, Any]) -> None:
        message = BackMsg.FromString(b64decode(event["response"]["payloadData"]))
        runs.asked += message.HasField("rerun_script") and not message.rerun_script.is_auto_rerun

    def received(event: dict[str, Any]) -> None:
        message = ForwardMsg.FromString(b64decode(event["response"]["payloadData"]))
        ended = message.WhichOneof("type") == "script_finished"
        runs.whole += ended and message.script_finished != ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY

    devtools.on("Network.webSocketFrameSent", sent)
    devtools.on("Network.webSocketFrameReceived", received)
    devtools.send("Network.enable")
    yield runs
    deadline = time.monotonic() + STUCK
    while not runs.asked:
        assert time.monotonic() < deadline, "The action made no run."
        page.wait_for_timeout(50)  # handles the browser's events
    wait_until_idle(page)
    devtools.detach()


def wait_for_answer(page: Page) -> None:
    """Wait until an answer is on screen, including its last line."""
    line = page.get_by_text(COMPUTED)
    expect(line).to_have_count(1)  # for a moment the previous answer's line is there as well
    expect(line.first).to_be_visible()
    wait_until_idle(page)


def wait_until_idle(page: Page) -> None:
    """Wait until nothing runs or moves. Call this once an action's effect shows, not before."""
    page.evaluate(AT_REST, 1_000 * STUCK)


AT_REST = """stuck => new Promise((done, fail) => {
  const begun = performance.now()
  let before = null, since = begun
  const look = setInterval(() => {
    const now = performance.now()
    if (now - begun > stuck) { clearInterval(look); fail(new Error("The page never becomes idle.")) }
    const running = document.querySelector(".stApp")?.dataset.testScriptState !== "notRunning"
    const waits = document.querySelector("[data-testid=stSkeleton], .st-key-running") !== null
    const fades = document.getAnimations().some(one => one instanceof CSSTransition && one.playState === "running")
    if (running || waits || fades) { before = null; return }
    const drawn = [...document.querySelectorAll(".stMain [data-testid], .stMain [role=gridcell], .js-plotly-plot path")]
    const seen = drawn.map(one => {
      const box = one.getBoundingClientRect()
      return [box.x, box.y, box.width, box.height, one.role === "gridcell" ? one.textContent : ""].join()
    }).join(";")
    if (seen !== before) [before, since] = [seen, now]
    if (now - since > 300) { clearInterval(look); done() }
  }, 100)
})"""


def as_yaml(page: Page) -> None:
    """Switch a definition from its form to its text."""
    page.get_by_test_id("stButtonGroup").get_by_text("YAML", exact=True).click()
    wait_until_idle(page)
