"""Funnels asked in words, and examples of the model at hand: what is understood, and for whom."""

from __future__ import annotations

import pytest

from pages.analyses.examples import chain, is_named, metric_for
from pages.analyses.funnel.page import TEMPLATES
from pages.analyses.words import funnel_in_words
from tests.semantic.analyses.events.logged import LoggedWorkspace


@pytest.mark.parametrize(
    ("text", "steps", "by"),
    [
        ("funnel from views to carts", ["views", "carts"], None),
        ("Funnel from view to cart to checkout by device", ["views", "carts", "checkouts"], "device"),
        ("conversion funnel: views → checkouts", ["views", "checkouts"], None),
        ("funnel views, carts, checkouts", ["views", "carts", "checkouts"], None),
    ],
)
def test_a_sentence_becomes_a_funnel(log: LoggedWorkspace, text: str, steps: list[str], by: str | None) -> None:
    data = funnel_in_words(text, log, log.people["ana"])
    assert data is not None
    assert ([step["metric"] for step in data["steps"]], data.get("by")) == (steps, by)
    assert data["subject"] == "person"


@pytest.mark.parametrize(
    "text",
    [
        "views by device", "funnel", "funnel from views", "funnel from views to unicorns", "funnel from views to views",
        "funnel from views to carts by unicorn", "funnel from views to pieces", f"funnel from views to {'carts ' * 99}",
    ],
)  # fmt: skip
def test_what_isnt_fully_understood_is_no_funnel(log: LoggedWorkspace, text: str) -> None:
    assert funnel_in_words(text, log, log.people["ana"]) is None


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
