"""Certification and changed definitions on a metric's page: what each person sees and can do there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.services.certifying.certified_company import Company, company


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Company]:
    with company(str(tmp_path / "store.sqlite"), tmp_path) as opened:
        yield opened


@pytest.fixture
def visit(here: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    visiting = Visit(here)
    show_pages_to(monkeypatch, lambda: here.people[visiting.person], here.live.workspace, here.live)
    yield visiting
    once.forget()


class Visit:
    """Opens pages as a person."""

    def __init__(self, here: Company) -> None:
        self.here, self.person = here, "bo"

    def metric(self, person: str, name: str = "revenue") -> AppTest:
        self.person = person
        app = open_app(links.CATALOGUE, m=name)
        assert not app.exception
        return app


def words(app: AppTest) -> str:
    kinds = (app.title, app.markdown, app.caption, app.success, app.error)
    texts = [str(each.value) for kind in kinds for each in kind]
    return " | ".join(texts).replace("\\", "").replace("*", "")


def test_a_steward_sees_the_criteria_and_what_is_missing(here: Company, visit: Visit) -> None:
    here.checked(days=12)
    app = visit.metric("bo")
    text = words(app)
    assert "All checks of its data have passed for 12 of the required 30 days." in text
    assert "Not certified" in text
    assert "Not reconciled with a platform's totals yet." in text


def test_others_see_the_state_and_can_ask(here: Company, visit: Visit) -> None:
    here.checked(days=30)
    text = words(visit.metric("mia"))
    assert "Checks passed" not in text
    here.work("mia").request("revenue", "For the board")
    assert "requested certification" in words(visit.metric("bo"))


def test_the_badge_and_its_loss_are_on_the_page(here: Company, visit: Visit) -> None:
    here.checked(days=30)
    here.certify("revenue", by="bo")
    assert "Revenue by Bo, marketing operations until 30 Jun 2027." in words(visit.metric("mia"))
    here.publish("measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE'", note="Only Germany")
    text = words(visit.metric("mia"))
    assert "Certification lapsed: the definition changed on 30 Dec 2026." in text
    assert "Only Germany" in text


def test_a_changed_definition_is_shown_with_its_numbers(here: Company, visit: Visit) -> None:
    here.publish("measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE'", note="Only Germany")
    text = words(visit.metric("bo"))
    assert "Only Germany" in text
    assert "Filter added: market is DE" in text
    # October has 31 orders of 100. The days of DE are every second one, from 30 October back to the 2nd: 15 days.
    assert "€3,100" in text
    assert "€1,500" in text
