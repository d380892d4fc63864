"""How long a person waits for Explore, in a real browser, cold and warm: python -m tests.bench.opening DATA [DATA …].

Prints one row for each data file and case, in milliseconds from the request of the page: until the builder can be seen,
and until the answer's table stands. Cold is the first visitor of a fresh server; warm opens the same question in a new
tab, once for each round, and the median is said; other is a warm server's first answer to what nobody has asked.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from semantic.query.codec import query_from_json, query_to_params
from tests.browser.visitor import running_server

ASKED = '{"metrics":["roas","spend"],"by":["channel"],"time":{"last":13,"unit":"week"}}'
OTHER = '{"metrics":["net_revenue"],"by":["market"],"time":{"last":26,"unit":"week"}}'
PERSON = "Jonas"
ROUNDS = 5
WAIT = 120_000
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def main() -> None:
    print(f"{'data':<14}{'case':<8}{'builder ms':>12}{'answer ms':>12}")
    with sync_playwright() as driver:
        path = os.environ.get("SAMEPAGE_BROWSER") or "/usr/bin/chromium"
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        for data in sys.argv[1:]:
            for case, (builder, answer) in measure(browser, Path(data).resolve()).items():
                print(f"{Path(data).parent.name:<14}{case:<8}{builder:>12.0f}{answer:>12.0f}")
        browser.close()


def measure(browser: Browser, data: Path) -> dict[str, tuple[float, float]]:
    """Milliseconds until the builder and until the answer, by case."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder) / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data)) as port,
    ):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        sign_in(context, port)
        cold = open_question(context, port, ASKED)
        warm = [open_question(context, port, ASKED) for _ in range(ROUNDS)]
        other = open_question(context, port, OTHER)
        context.close()
    return {
        "cold": cold,
        "warm": (statistics.median(one[0] for one in warm), statistics.median(one[1] for one in warm)),
        "other": other,
    }


def sign_in(context: BrowserContext, port: int) -> None:
    """Signs in and leaves before any page of the app has been drawn: the cold case is to be the first."""
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/sign-in")
    page.get_by_role("button", name=re.compile(f"Sign in as {PERSON}")).click(timeout=WAIT)
    page.wait_for_url(re.compile(r"^(?!.*sign-in)"), wait_until="commit", timeout=WAIT)
    page.close()


def open_question(context: BrowserContext, port: int, text: str) -> tuple[float, float]:
    """Opens a question in a tab of its own."""
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
