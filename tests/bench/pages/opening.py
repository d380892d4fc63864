"""Measure how long a person waits for Explore, in a real browser, cold and warm:
python -m tests.bench.pages.opening DATA [--star].

Prints one row for each case, in milliseconds from the page request until the builder is visible, and until the answer's
table is. Cold is the first visitor of a fresh server; warm opens the same question in a new tab, once per round, and
gives the median; other is a warm server's first answer to a question that no one has asked. With --star, DATA is made
by `python -m tests.star.star DATA --orders 10000000 --spend 1000000`; otherwise it's a demo company.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from semantic.query.codec import query_from_json, query_to_params
from tests.browser.visitor import running_server


@dataclass(frozen=True, slots=True)
class Case:
    """A question, the person who asks it, and the model."""

    person: str
    asked: str
    other: str
    model: str = ""


COMPANY = Case(
    person="Jonas",
    asked='{"metrics":["roas","spend"],"by":["channel"],"time":{"last":13,"unit":"week"}}',
    other='{"metrics":["net_revenue"],"by":["market"],"time":{"last":26,"unit":"week"}}',
)
STAR = Case(
    person="Marek",  # with a row rule, as Jonas
    asked='{"metrics":["revenue","cost","roas"],"by":["channel",{"dim":"date","grain":"month"}]}',
    other='{"metrics":["revenue","order_count"],"by":["country"],"time":{"from":"2024-01-01","to":"2024-12-31"}}',
    model=str(Path(__file__).parents[2] / "star" / "model"),
)
ROUNDS = 5
WAIT = 120_000
SETTINGS = {"SAMEPAGE_DEMO": "1"}
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--star", action="store_true")
    chosen = options.parse_args()
    print(f"{'case':<8}{'builder ms':>12}{'answer ms':>12}")
    with sync_playwright() as driver:
        path = os.environ.get("SAMEPAGE_BROWSER") or "/usr/bin/chromium"
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        times = measure(browser, chosen.data.resolve(), STAR if chosen.star else COMPANY)
        browser.close()
    for case, (builder, answer) in times.items():
        print(f"{case:<8}{builder:>12.0f}{answer:>12.0f}")


def measure(browser: Browser, data: Path, case: Case) -> dict[str, tuple[float, float]]:
    """Return the milliseconds until the builder and until the answer's table, by case."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(
            Path(folder) / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_MODEL=case.model
        ) as port,
    ):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        sign_in(context, port, case.person)
        cold = open_question(context, port, case.asked)
        warm = [open_question(context, port, case.asked) for _ in range(ROUNDS)]
        other = open_question(context, port, case.other)
        context.close()
    return {
        "cold": cold,
        "warm": (
            statistics.median(question[0] for question in warm),
            statistics.median(question[1] for question in warm),
        ),
        "other": other,
    }


def sign_in(context: BrowserContext, port: int, person: str) -> None:
    """Sign in, and leave as soon as Home begins to draw, before Explore has asked anything."""
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    page.get_by_role("button", name=re.compile(f"Sign in as {person}")).click(timeout=WAIT)
    expect(page.get_by_text(re.compile("signed in as")).first).to_be_attached(timeout=WAIT)
    page.close()


def open_question(context: BrowserContext, port: int, text: str) -> tuple[float, float]:
    """Open a question in a new tab, and return the milliseconds until the builder and until the answer."""
    page = context.new_page()
    began = time.perf_counter()
    page.goto(f"http://127.0.0.1:{port}/explore?{urlencode(query_to_params(query_from_json(text)), doseq=True)}")
    expect(page.locator(".st-key-builder")).to_be_visible(timeout=WAIT)
    builder = time.perf_counter() - began
    expect(page.get_by_test_id("stDataFrame").locator("[role=gridcell]").first).to_have_text(
        re.compile(r"\S"), timeout=WAIT
    )
    answer = time.perf_counter() - began
    page.close()
    return builder * 1000, answer * 1000


if __name__ == "__main__":
    main()
