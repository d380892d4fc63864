"""The model's named analyses on the page Metrics: the list below the metrics, and an analysis's own page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from semantic.analyses.events.definition import analysis_from_data
from semantic.services.analyzing.saved import SavedAnalyses
from tests.pages.metrics.test_certification import words
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.services.certifying.certified_company import Company, company
from tests.semantic.services.certifying.test_certified_analyses import NAMED, certified


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Company]:
    with company(str(tmp_path / "store.sqlite"), tmp_path, NAMED) as opened:
        yield opened


@pytest.fixture
def asks(here: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    who = {"now": "bo"}
    show_pages_to(monkeypatch, lambda: here.people[who["now"]], here.live.workspace, here.live)
    yield who
    once.forget()


def opened(**params: Any) -> AppTest:
    app = open_app(links.CATALOGUE, **params)
    assert not app.exception
    return app


def test_the_list_has_only_analyses_that_a_person_can_see(here: Company, asks: dict[str, str]) -> None:
    """Nora sees costs. One of the two analyses counts only costs."""
    text = words(opened())
    assert "2 analyses, 1 certified" in text
    assert "Which paid orders had a cost." in text
    asks["now"] = "nora"
    text = words(opened())
    assert "1 analysis, 1 certified" in text
    assert "Which paid orders" not in text


def test_an_analysis_page_shows_its_rule_owner_and_trust(here: Company, asks: dict[str, str]) -> None:
    certified(here)
    text = words(opened(analysis="paid_and_cost"))
    assert "Paid and cost by Bo, marketing operations until 30 Jun 2027." in text
    assert "- Each order counts once." in text
    assert "within 7 days" in text
    assert "Owner: Bo, marketing operations" in text


def test_a_lapsed_analysis_says_why(here: Company, asks: dict[str, str]) -> None:
    certified(here)
    here.publish("within: 7 days", "within: 8 days")
    assert "Certification lapsed: the definition changed on 30 Dec 2026." in words(opened(analysis="paid_and_cost"))


def test_a_hidden_analysis_reads_as_missing(here: Company, asks: dict[str, str]) -> None:
    asks["now"] = "nora"
    hidden, missing = words(opened(analysis="paid_and_cost")), words(opened(analysis="paid_and_more"))
    assert "not found" in hidden
    assert hidden.replace("paid_and_cost", "paid_and_more") == missing


def test_an_analysis_page_lists_what_shows_it_over_any_period(here: Company, asks: dict[str, str]) -> None:
    work = SavedAnalyses(here.live.store, here.live.keys, here.live.workspace(), here.people["bo"])
    definition = here.live.workspace().model.analyses["paid_and_cost"].data
    work.save(analysis_from_data(definition | {"time": {"last": 1, "unit": "month"}}), name="Every month")
    work.save(analysis_from_data(definition | {"within": "9 days"}), name="Nine days")
    text = words(opened(analysis="paid_and_cost"))
    assert "Saved analysis, Bo" in text
    assert "None of the saved analyses" not in text
    asks["now"] = "mia"  # Bo's own
    assert "None of the saved analyses and boards you can open use it." in words(opened(analysis="paid_and_cost"))


def test_a_steward_certifies_an_analysis_on_its_page(here: Company, asks: dict[str, str]) -> None:
    here.checked(days=30)
    here.work("mia").request("analysis:paid_and_cost", "For the board")
    assert "Mia requested certification." in words(opened(analysis="paid_and_cost"))
