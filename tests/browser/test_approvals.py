"""What an agent proposes: approve an alert, deny another, and read what it did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from semantic.agents.acts import SetAlert
from semantic.agents.proposing import propose
from semantic.agents.transcripts import Transcripts
from semantic.alerts.alert import Alert, OutsideUsual, Threshold
from semantic.config.settings import load_settings
from semantic.model.definitions import Granularity
from semantic.query.data import query_to_data
from semantic.query.query import Breakdown, Last, Query
from semantic.services.process import Live
from tests.browser.screen import Come, answered, at_rest, reads_well_on_every_screen, title
from tests.browser.warm import own_server
from tests.companies import current_company
from tests.semantic.agents.connected import connected

BY_CHANNEL = Query(metrics=("net_revenue",), by=(Breakdown("channel"),), time=Last(4, Granularity.WEEK))


@dataclass(frozen=True, slots=True)
class Proposed:
    address: str
    low: str
    unusual: str


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proposed]:
    """A server whose store has an agent of Ana's, with two proposals and three calls."""
    folder, data = tmp_path_factory.mktemp("approvals"), current_company(tmp_path_factory)
    with own_server(folder, data) as address:
        live = Live.open(
            load_settings(
                {
                    "SAMEPAGE_DEMO": "1", "SAMEPAGE_DATA": str(data), "SAMEPAGE_STORE": str(folder / "store.sqlite"),
                    "SAMEPAGE_AUDIT_KEY_FILE": str(folder / "audit.key"),
                }
            )
        )  # fmt: skip
        try:
            robin = connected(live, live.people()["ana"], "c1a0de")
            low = propose(live, robin, SetAlert(Alert(metric="orders", rule=Threshold(side="below", value=5.0))))
            unusual = propose(live, robin, SetAlert(Alert(metric="net_revenue", rule=OutsideUsual())))
            calls, asked = Transcripts(live), {"question": query_to_data(BY_CHANNEL)}
            calls.note(robin, tool="ask", asked=asked, outcome="answered", ms=40.0)
            calls.note(robin, tool="read", asked={"words": "payback horizon"}, outcome="asked_back", ms=9.0)
            why = "Net revenue can't be broken down by product."
            calls.note(robin, tool="ask", asked=asked, outcome="refused", refusal="fan_out", reason=why, ms=8.0)
        finally:
            live.close()
        yield Proposed(address, low.id, unusual.id)


def test_one_alert_is_approved_another_denied_and_the_transcript_read(come: Come, proposed: Proposed) -> None:
    page = come(at=proposed.address)
    title(page, "Home")
    expect(page.get_by_text("2 proposals from your agents wait for your approval.")).to_be_visible()
    page.locator(".st-key-home-proposals").get_by_role("link", name="Review").click()
    title(page, "Agents")
    low, unusual = (page.locator(f".st-key-proposal-{id_}") for id_ in (proposed.low, proposed.unusual))
    expect(low.get_by_text("Robin wants to set an alert on Orders")).to_be_visible()
    expect(low.get_by_text("Orders falls below 5 in a day.")).to_be_visible()
    reads_well_on_every_screen(page)
    low.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.get_by_text("Approved. The alert is set. Only you are notified.")).to_be_visible()
    expect(low).to_have_count(0)

    unusual.get_by_role("button", name="Deny", exact=True).click()
    page.get_by_label("Reason (optional)").fill("Finance has one")
    page.locator(f".st-key-proposal-{proposed.unusual}-deny-now").get_by_role("button").click()
    expect(page.get_by_text("Denied. Nothing was done.")).to_be_visible()
    expect(page.get_by_text("Nothing to approve")).to_be_visible()
    expect(page.locator(".st-key-list-of-decided").get_by_text("Reason: Finance has one")).to_be_visible()

    page.get_by_role("radio", name="Transcript").click()
    calls = page.locator(".st-key-list-of-calls")
    expect(calls.get_by_text("\N{LEFT DOUBLE QUOTATION MARK}payback horizon")).to_be_visible()
    expect(calls.get_by_text("Net revenue can't be broken down by product.")).to_be_visible()
    at_rest(page)
    page.get_by_role("radio", name="Asked back").click()
    expect(page.get_by_text("1\N{EN DASH}1 of 1 calls")).to_be_visible()
    calls.get_by_role("button", name=re.compile("^Request a metric")).click()
    form = page.get_by_role("dialog")
    expect(form.get_by_label("What do you need?")).to_have_value("payback horizon")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    page.get_by_role("radio", name="Answered").click()
    calls.get_by_role("link", name="Open in Explore").click()
    answered(page)
    title(page, "Net revenue by channel")

    page = come("alerts", at=proposed.address)
    title(page, "Alerts")
    rows = page.locator(".st-key-list-of-alerts")
    expect(rows.get_by_role("link", name=re.compile("Orders"))).to_have_count(1)
    expect(rows.get_by_role("link", name=re.compile("Net revenue"))).to_have_count(0)
