"""Parts of the form that depend on each other: money and its rates, and the rows that both sides count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from streamlit.testing.v1 import AppTest

from pages.shell import links
from semantic.query.query import Condition, Operator
from semantic.services.process import Live
from semantic.services.reconciling.work import ReconcilingWork
from tests.pages.whole_app import open_app
from tests.semantic.services.reconciling.world import SETUP, person

As = Callable[[str], None]


def choose(app: AppTest, label: str, value: str) -> None:
    next(box for box in app.selectbox if box.label == label).set_value(value).run()
    assert not app.exception


def press(app: AppTest, key: str) -> None:
    next(button for button in app.button if button.key == key).click().run()
    assert not app.exception


def texts(app: AppTest) -> str:
    return " ".join(str(each.value) for each in [*app.markdown, *app.caption])


def test_money_in_another_currency_uses_the_models_rates(open_as: As, live: Live) -> None:
    open_as("stew")
    app = open_app(links.RECONCILIATION)
    press(app, "reconciling-none-0")
    choose(app, "Platform", "meta_ads")
    choose(app, "Your metric", "value")
    choose(app, "The platform's totals", "reported_value")
    assert "Yours is in EUR, theirs in USD" in texts(app)
    press(app, "reconciling-save")
    (kept,) = ReconcilingWork(live, person(live, "stew")).all()
    assert kept.setup.model_rates
    assert (kept.setup.our_rules.currency, kept.setup.their_rules.currency) == ("EUR", "USD")
    assert kept.setup.conversions.value == "sale_value"
    assert " USD, and we count " in texts(app)


def test_an_edit_keeps_the_other_fields_and_updates_rows(open_as: As, live: Live) -> None:
    """The filter on the platform's rows follows the chosen platform, and a typed rate stays."""
    work = ReconcilingWork(live, person(live, "stew"))
    stale = Condition("campaign", Operator.IN, ("Brand",))
    rates = ((live.workspace().today().replace(month=1, day=1), Fraction(3, 2)),)
    theirs = replace(SETUP.their_rules, currency="USD", rate=Fraction(5, 4), rates=rates)
    setup = replace(
        SETUP, metric="value", theirs="reported_value", theirs_where=stale, their_rules=theirs, preset="meta_ads",
        our_rules=replace(SETUP.our_rules, currency="EUR"),
        conversions=replace(SETUP.conversions, value="sale_value"),
    )  # fmt: skip
    work.make(setup)
    open_as("stew")
    app = open_app(links.RECONCILIATION)
    press(app, "reconciling-edit")
    press(app, "reconciling-save")
    (kept,) = work.all()
    assert kept.setup == setup
    press(app, "reconciling-edit")
    next(box for box in app.multiselect if box.label == "Which platform").set_value(["other"]).run()
    press(app, "reconciling-save")
    (kept,) = work.all()
    assert kept.setup.touches.own == ("other",)
    assert kept.setup.theirs_where is None  # Meta's report can't be split by platform


def test_errors_are_reported_before_anything_is_saved(open_as: As, live: Live) -> None:
    open_as("stew")
    app = open_app(links.RECONCILIATION)
    press(app, "reconciling-none-0")
    choose(app, "Platform", "tiktok_ads")
    choose(app, "Your metric", "conversions")
    choose(app, "The platform's totals", "reported")
    assert "Choose which platform." in texts(app)  # none of the values looks like TikTok
    assert not any(button.key == "reconciling-save" for button in app.button)
    choose(app, "Platform", "meta_ads")
    choose(app, "Your metric", "conversions")
    choose(app, "The platform's totals", "reported_value")
    assert "Choose two metrics of the same kind" in texts(app)
    assert not any(button.key == "reconciling-save" for button in app.button)
    assert "buyers" not in next(box for box in app.selectbox if box.label == "Your metric").options


def test_the_page_says_what_to_do_next(open_as: As, live: Live) -> None:
    ReconcilingWork(live, person(live, "stew")).make(replace(SETUP, tolerance=Fraction(1, 1000)))
    open_as("stew")
    said = texts(open_app(links.RECONCILIATION))
    assert "What to do next" in said
    assert "less than its rules count here" in said
    assert "use Find the closest rules below" in said
