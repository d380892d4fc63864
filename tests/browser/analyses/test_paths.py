"""Paths in a real browser: what people do before they cancel, from the page Analyses to the answer, also on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import duckdb
import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import OpenAs, pick, scrolls_sideways, wait_until_idle
from tests.browser.windows import NARROW
from tests.companies import CURRENT, newest_day, shared_company

MOST_ACTIONS = 8
CANCELLED = {
    "kind": "paths", "v": 1, "subject": "member", "to": {"metric": "memberships_ended"},
    "events": [{"metric": "mail_opens"}, {"metric": "orders"}, {"metric": "sessions"}], "within": "90 days",
}  # fmt: skip


def cancelled(factory: pytest.TempPathFactory) -> int:
    """Return the number of members whose membership ever ended."""
    data = shared_company(factory, orders=CURRENT, until=newest_day()) / "company.duckdb"
    with duckdb.connect(str(data), read_only=True) as engine:
        row = engine.execute(
            "SELECT count(DISTINCT customer_id) FROM fct_subscription_period WHERE status = 'ended'"
        ).fetchone()
    assert row is not None
    return row[0]


def test_paths_to_a_cancellation_are_shown(open_as: OpenAs, tmp_path_factory: pytest.TempPathFactory) -> None:
    page, actions = open_as("analyses"), 1

    def act(what: Callable[[], None], shows: str) -> None:
        nonlocal actions
        actions += 1
        what()
        expect(page.get_by_text(re.compile(shows)).first).to_be_visible()
        wait_until_idle(page)

    act(lambda: page.get_by_text("Paths", exact=True).first.click(), "What people do after a start")
    act(lambda: page.get_by_text("Before an end", exact=True).click(), "Nothing before")
    act(lambda: pick(page, "End", "Memberships ended"), "first event of Memberships ended")
    act(lambda: pick(page, "Within", "90 days"), "^Last before ")
    act(lambda: pick(page, "Period", "All time"), "All time")
    assert actions <= MOST_ACTIONS
    expect(page.get_by_test_id("chart").first).to_be_visible()
    ended = page.get_by_role("row").filter(has=page.get_by_role("cell", name="Memberships ended", exact=True))
    expect(ended.first.get_by_role("cell").nth(2)).to_have_text(f"{cancelled(tmp_path_factory):,}")


def test_a_phone_shows_the_most_frequent_paths_as_a_table(open_as: OpenAs) -> None:
    page: Page = open_as(f"analyses?a={quote(json.dumps(CANCELLED, separators=(',', ':')))}", width=NARROW)
    expect(page.get_by_text(re.compile("^Last before "))).to_be_visible()
    wait_until_idle(page)
    expect(page.get_by_text("Top 10 paths")).to_be_visible()
    expect(page.get_by_test_id("chart")).to_be_hidden()
    assert not scrolls_sideways(page)
