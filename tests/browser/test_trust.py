"""What stands over an answer whose last days can still change, as a browser draws it, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from semantic.display.tokens import tokens_for
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Last, Query
from tests.browser.screen import Mode, Visit, answered, rgb

DAILY = Query(metrics=("spend",), by=(Breakdown(DATE, Granularity.DAY),), time=Last(14, Granularity.DAY))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_days_that_can_still_change_are_hatched_in_amber_and_the_strip_says_so(visit: Visit, mode: Mode) -> None:
    page = visit(DAILY, mode=mode)
    answered(page)
    expect(page.locator(".st-key-trust")).to_contain_text("Last 3 days not final")
    chart = page.get_by_test_id("stPlotlyChart").first
    hatch = chart.locator("pattern path").first
    expect(hatch).to_be_attached()
    assert hatch.evaluate("one => getComputedStyle(one).stroke") == rgb(tokens_for(mode).caution)
    expect(page.get_by_text("Hatched and dotted: not final, Ad spend after")).to_be_visible()
