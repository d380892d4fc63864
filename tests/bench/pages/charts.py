"""Compare how soon a chart is painted with Streamlit's own: python -m tests.bench.pages.charts DATA [ROUNDS].

Three pages take turns drawing the same figure in Chromium, so that the machine's load is the same for all: a stock
Streamlit page with `st.plotly_chart`, the same page with Samepage's chart, and Explore over DATA with everything around
the answer. Prints one table of medians:

    first visit       from the address to the painted chart, with an empty cache
    warm visit        the same in the next tab of the same browser
    another question  from the click to the next question's painted chart, which the stock page has ready
    main thread       how long the drawing thread was busy on a warm visit
    layout shift      of the warm visit and the change together; should be below 0.05

Needs Chromium (SAMEPAGE_BROWSER) and an otherwise idle machine.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.display.charts.charts import chart_for
from semantic.display.tokens import LIGHT
from semantic.query.codec import query_from_json, query_to_params
from semantic.workspace import Workspace
from tests.bench.pages.opening import FLAGS, WAIT, sign_in
from tests.bench.table import head, line
from tests.browser.visitor import running_server

PAGE = Path(__file__).with_name("chart_page.py")
ROUNDS = 7
PERSON = "jonas"
ASKED = '{"metrics":["net_revenue"],"by":["channel"],"time":{"last":13,"unit":"week"}}'
COMPARED = ASKED[:-1] + ',"compare":[{"to":"previous"}]}'

# Records when bars were first painted and when their number changed, and counts layout shifts.
WATCH = """
window.bars = {}
window.shift = 0
const look = () => {
  const count = document.querySelectorAll(".js-plotly-plot .bars .point path").length
  if (count && !(count in window.bars)) window.bars[count] = performance.now()
  requestAnimationFrame(look)
}
requestAnimationFrame(look)
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value
}).observe({type: "layout-shift", buffered: true})
addEventListener("click", () => { window.clicked = performance.now() }, true)
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One tab: the milliseconds until the chart was painted, in the main thread, and from a click to the next chart."""

    painted: float
    busy: float = 0
    changed: float = 0
    shift: float = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """A page to measure: its address, what to click for the next question, and the person who signs in, if any."""

    name: str
    address: str
    click: str
    port: int = 0
    person: str = ""


def main(arguments: Sequence[str]) -> None:
    data = str(Path(arguments[0]).resolve())
    rounds = int(arguments[1]) if len(arguments) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        figures, log = Path(folder) / "figures.json", Path(folder) / "log"
        figures.write_text(json.dumps(drawn(data)), encoding="utf-8")
        with (
            running_server(log, script=str(PAGE), SAMEPAGE_BENCH_FIGURES=str(figures)) as bare,
            running_server(log, SAMEPAGE_DEMO="1", SAMEPAGE_DATA=data, SAMEPAGE_STORE=f"{folder}/store") as full,
        ):
            asked = urlencode(query_to_params(query_from_json(ASKED)), doseq=True)
            subjects = (
                Subject("stock", f"http://127.0.0.1:{bare}/?stock", "Another"),
                Subject("our chart", f"http://127.0.0.1:{bare}/", "Another"),
                Subject("Explore", f"http://127.0.0.1:{full}/explore?{asked}", "Previous period", full, "Jonas"),
            )
            browser = driver.chromium.launch(executable_path=os.environ["SAMEPAGE_BROWSER"], args=list(FLAGS))
            for subject in subjects:
                visits(browser, subject)  # the server's imports and its answers
            found = {subject.name: list[tuple[Visit, Visit]]() for subject in subjects}
            for _ in range(rounds):
                for subject in subjects:
                    found[subject.name].append(visits(browser, subject))
            browser.close()
    tell(found)


def drawn(data: str) -> list[tuple[str, object]]:
    """Return the sentence and the figure of each question."""
    workspace = Workspace.open(Settings(data=data, model=MARKETING_MODEL))
    charts = [
        chart_for(workspace.ask(query_from_json(text), workspace.people[PERSON]), LIGHT) for text in (ASKED, COMPARED)
    ]
    workspace.close()
    return [(chart.alt, json.loads(str(chart.figure.to_json()))) for chart in charts if chart.figure is not None]


def visits(browser: Browser, subject: Subject) -> tuple[Visit, Visit]:
    """Return the measurements of the first and second tab of a new browser."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    if subject.person:
        cookies = signed_in(browser, subject)
        context.add_cookies(cookies)
    context.add_init_script(WATCH)
    first, again = visit(context, subject), visit(context, subject)
    context.close()
    return first, again


def signed_in(browser: Browser, subject: Subject) -> list[Any]:
    """Return the cookies of someone who signed in with another browser, so that the measured browser's cache stays
    empty.
    """
    context = browser.new_context()
    sign_in(context, subject.port, subject.person)
    cookies = context.cookies()
    context.close()
    return cookies


def visit(context: BrowserContext, subject: Subject) -> Visit:
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(subject.address, wait_until="commit")
    painted = bars(page, 1)
    busy = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}["TaskDuration"]
    page.wait_for_timeout(1500)  # a person looks at it first
    page.get_by_text(subject.click, exact=True).first.click()
    changed = bars(page, 2) - page.evaluate("window.clicked")
    page.wait_for_timeout(500)
    shift = page.evaluate("window.shift")
    page.close()
    return Visit(painted, busy * 1000, changed, shift)


def bars(page: Page, number: int) -> float:
    """Return when this chart, the first or the next one, was painted, in milliseconds from the start of the page."""
    until = time.monotonic() + WAIT / 1000
    while len(times := page.evaluate("Object.values(window.bars ?? {})")) < number:
        if time.monotonic() > until:
            raise TimeoutError(f"No chart at {page.url}")
        page.wait_for_timeout(20)
    return sorted(times)[number - 1]


def tell(found: dict[str, list[tuple[Visit, Visit]]]) -> None:
    head(f"A chart in the browser, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, ms, medians of rounds")
    stock: dict[str, float] = {}
    for name, rounds in found.items():
        figures = {
            "first visit": [first.painted for first, _ in rounds],
            "warm visit": [again.painted for _, again in rounds],
            "another question": [visit.changed for pair in rounds for visit in pair],
            "main thread": [again.busy for _, again in rounds],
        }
        for what, values in figures.items():
            middle = statistics.median(values)
            beside = f"{middle / stock[what]:.2f} of stock" if what in stock else f"{min(values):.0f}-{max(values):.0f}"
            line(f"{what}, {name}", f"{middle:.0f} ms", beside)
            stock.setdefault(what, middle)
        line(f"layout shift, {name}", f"{max(again.shift for _, again in rounds):.3f}", "the most; below 0.05 wanted")


if __name__ == "__main__":
    main(sys.argv[1:])
