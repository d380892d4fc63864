"""Funnels asked in words, and examples from the current model: which ones are understood, and which each person
gets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pages.analyses.examples import is_named, metric_for, usual_events
from pages.analyses.funnel.page import TEMPLATES
from pages.analyses.kinds import KIND_PAGES
from pages.analyses.words import analysis_in_words, funnel_in_words
from semantic.config.settings import load_settings
from semantic.workspace import Workspace
from tests.companies import shared_company
from tests.pages.analyses.conftest import Open, answered
from tests.pages.analyses.test_page import definition, text
from tests.pages.palettes import palette
from tests.semantic.analyses.events.logged import LoggedWorkspace


@pytest.mark.parametrize(
    ("asked", "steps", "by"),
    [
        ("funnel from views to carts", ["views", "carts"], None),
        ("Funnel from view to cart to checkout by device", ["views", "carts", "checkouts"], "device"),
        ("conversion funnel: views → checkouts", ["views", "checkouts"], None),
        ("funnel views, carts, checkouts", ["views", "carts", "checkouts"], None),
    ],
)
def test_a_sentence_becomes_a_funnel(log: LoggedWorkspace, asked: str, steps: list[str], by: str | None) -> None:
    data = funnel_in_words(asked, log, log.people["ana"])
    assert data is not None
    assert ([step["metric"] for step in data["steps"]], data.get("by")) == (steps, by)
    assert data["subject"] == "person"


@pytest.mark.parametrize(
    "asked",
    [
        "views by device", "funnel", "funnel from views", "funnel from views to unicorns", "funnel from views to views",
        "funnel from views to carts by unicorn", "funnel from views to pieces", f"funnel from views to {'carts ' * 99}",
    ],
)  # fmt: skip
def test_what_isnt_fully_understood_is_no_funnel(log: LoggedWorkspace, asked: str) -> None:
    assert funnel_in_words(asked, log, log.people["ana"]) is None


def test_hidden_metrics_arent_understood(log: LoggedWorkspace) -> None:
    nora = log.people["nora"]  # may see views and checkouts
    assert funnel_in_words("funnel from views to carts", log, nora) is None
    assert funnel_in_words("funnel from views to checkouts", log, nora) is not None
    assert metric_for("carts", log.visible(nora)) == ""


def test_there_is_no_example_without_two_events(log: LoggedWorkspace) -> None:
    seen = log.visible(log.people["ida"])  # sees no date of actions
    found = usual_events(TEMPLATES, seen, log, with_metric="views")
    assert isinstance(found, str)


def test_names_match_in_the_singular_and_plural() -> None:
    assert is_named("visits", ("Sessions", "visit"))
    assert is_named("product view", ("Sessions with a product view",))
    assert not is_named("unicorn", ("Views",))
    assert is_named("qualified leads", ("Marketing-qualified leads",))
    assert not is_named("qualified leads", ("Disqualified leads", "disqualified leads"))


def test_the_palette_and_explore_open_a_funnel_asked_in_words(visit: Open) -> None:
    shown = palette(visit()).pick("funnel from views to carts", "Funnel from views to carts")
    opened = answered(shown)
    assert [step["metric"] for step in definition(opened)["steps"]] == ["views", "carts"]
    assert "60.0% of people got from Views to Carts." in text(opened)
    assert "Analyses" not in palette(visit()).labels("views by device")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("funnel from views to carts", {"kind": "funnel"}),
        ("retention of views by device", {"kind": "retention", "first": {"metric": "views"}, "by": "device"}),
        ("Retention of new people", {"kind": "retention", "subject": "person"}),
        ("do people come back?", {"kind": "retention", "subject": "person"}),
        ("what do people do before carts?", {"kind": "paths", "to": {"metric": "carts", "name": "Carts"}}),
        ("paths after views", {"kind": "paths", "from": {"metric": "views", "name": "Views"}}),
        ("overlap of views and carts", {"kind": "overlap", "subject": "person"}),
        ("unusual days of views", {"kind": "anomalies", "metric": "views"}),
        ("channel overlap", {"kind": "overlap"}),
    ],
)  # fmt: skip
def test_words_ask_for_every_kind(log: LoggedWorkspace, asked: str, expected: dict[str, Any]) -> None:
    data = analysis_in_words(asked, log, log.people["ana"])
    assert data is not None
    assert {key: data.get(key) for key in expected} == expected
    page = KIND_PAGES[data["kind"]]
    assert page.data(page.read(data))["kind"] == expected["kind"], "the page can read it"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    data = shared_company(tmp_path_factory) / "company.duckdb"
    opened = Workspace.open(load_settings({"SAMEPAGE_DATA": str(data)}))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("asked", "metrics"),
    [
        ("funnel from visit to order", ["sessions", "orders"]),
        ("funnel from visits to orders", ["sessions", "orders"]),
        ("funnel from visitors to orders", ["visitors", "orders"]),
        ("funnel from email clicks to orders", ["mail_clicks_by_day", "orders"]),
    ],
)
def test_words_mean_the_event_itself(company: Workspace, asked: str, metrics: list[str]) -> None:
    """A visit isn't a visitor, and a click isn't the email that was sent before it."""
    data = analysis_in_words(asked, company, company.people["ana"])
    assert data is not None
    assert [step["metric"] for step in data["steps"]] == metrics


@pytest.mark.parametrize(
    "asked",
    [
        "retention of unicorns", "what do people do", "what do people do before unicorns", "overlap of views",
        "overlap of views and unicorns", "unusual days of unicorns", "retention of views by unicorn", "views", "",
    ],
)  # fmt: skip
def test_what_isnt_fully_understood_is_no_analysis(log: LoggedWorkspace, asked: str) -> None:
    assert analysis_in_words(asked, log, log.people["ana"]) is None


def test_no_kind_understands_a_hidden_metric(log: LoggedWorkspace) -> None:
    nora = log.people["nora"]  # may see views and checkouts
    for asked in ("retention of carts", "paths to carts", "overlap of views and carts", "unusual days of carts"):
        assert analysis_in_words(asked, log, nora) is None
