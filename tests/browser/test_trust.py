"""What stands over an answer whose last days can still change, as a browser draws it, light and dark."""

from __future__ import annotations

from playwright.sync_api import expect

from semantic.display.tokens import DARK, LIGHT
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Last, Query
from tests.browser.screen import Visit, answered, rgb

DAILY = Query(metrics=("spend",), by=(Breakdown(DATE, Granularity.DAY),), time=Last(14, Granularity.DAY))


def test_days_that_can_still_change_are_hatched_in_amber_and_the_strip_says_so(visit: Visit) -> None:
    page = visit(DAILY, mode="dark")
    answered(page)
    expect(page.locator(".st-key-trust")).to_contain_text("Last 3 days not final")
    hatch = page.get_by_test_id("stPlotlyChart").first.locator("pattern path").first
    for tokens in (DARK, LIGHT):
        page.emulate_media(color_scheme=tokens.mode)
        expect(hatch).to_have_css("stroke", rgb(tokens.caution))
    expect(page.get_by_text("Hatched and dotted: not final, Ad spend after")).to_be_visible()
