"""Funnels asked in words, and examples of the model at hand: what is understood, and for whom."""

from __future__ import annotations

import pytest

from pages.analyses.examples import chain, is_named, metric_for
from pages.analyses.funnel.page import TEMPLATES
from pages.analyses.words import funnel_in_words
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
    found = chain(TEMPLATES, seen, log, with_metric="views")
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
