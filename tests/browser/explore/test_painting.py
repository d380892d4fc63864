"""How much of a page a browser has to style again when one part changes."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from semantic.query.query import Breakdown, Query
from tests.browser.conftest import Visit
from tests.browser.screen import NARROW, WIDE, wait_for_answer

CHANNELS = Query(metrics=("net_revenue",), by=(Breakdown("channel"),))
FEW = 200
"""The most elements that may be styled again. The page has over a thousand, a few dozen of them above the change."""

CHANGE = """() => {
    const label = document.createElementNS("http://www.w3.org/2000/svg", "text")
    document.querySelector(".samepage-chart .main-svg").append(label)
    label.getBoundingClientRect()
    label.remove()
    document.querySelector(".samepage-chart").getBoundingClientRect()
}"""


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_label_in_a_chart_restyles_only_what_is_around_it(width: int, visit: Visit) -> None:
    """With `:has()` on an element that contains the whole page, every element would be styled again."""
    page = visit(CHANNELS, width=width)
    wait_for_answer(page)
    page.evaluate(CHANGE)  # anything else that was pending is finished first
    assert max(_restyled(page)) < FEW


def _restyled(page: Page) -> list[int]:
    """Return how many elements each recalculation of styles covered while the chart changed."""
    browser = page.context.browser
    assert browser is not None
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    page.evaluate(CHANGE)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    return [event["args"]["elementCount"] for event in events if "elementCount" in event.get("args", {})]
