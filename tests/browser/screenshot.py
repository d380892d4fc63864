"""Take the README's picture: Explore in a real browser, on a small demo company. `make screenshot` runs it."""

from __future__ import annotations

import os
import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import expect, sync_playwright

from semantic.demo import build_company
from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.query import DATE, Breakdown, Last, Query
from tests.browser.screen import wait_until_idle
from tests.browser.visitor import ROOT, running_server

PICTURE = ROOT / "docs/images/explore.png"
WIDTH, HEIGHT = 1440, 900
ORDERS = 20_000
ASKED = Query(
    metrics=("net_revenue", "spend"), by=(Breakdown(DATE, Granularity.WEEK),), time=Last(26, Granularity.WEEK)
)
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")


def take(address: str, picture: Path) -> None:
    """Sign in as Ana, open the question by its address, and save a picture of the answer."""
    with sync_playwright() as driver:
        path = os.environ.get("SAMEPAGE_BROWSER") or "/usr/bin/chromium"
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(f"{address}/explore?{urlencode(query_to_params(ASKED), doseq=True)}")
        page.get_by_role("button", name=re.compile("Sign in as Ana")).click()
        expect(page.get_by_test_id("chart").first).to_be_visible(timeout=30_000)
        expect(page.get_by_text(re.compile("^Computed "))).to_be_visible(timeout=30_000)
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=30_000)
        page.evaluate("document.fonts.ready")
        page.mouse.move(WIDTH - 1, HEIGHT - 1)
        wait_until_idle(page)
        picture.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=picture, animations="disabled")
        browser.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = build_company(folder / "company", orders=ORDERS, until=datetime.now(UTC).date() - timedelta(days=1))
        with running_server(folder / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_MODEL="") as port:
            take(f"http://127.0.0.1:{port}", PICTURE)
    print(PICTURE.relative_to(ROOT))


if __name__ == "__main__":
    main()
