"""The page Reconciliation: from the form to the finding, who can open it, and its states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from streamlit.testing.v1 import AppTest

from pages.shell import links
from semantic.services.process import Live
from semantic.services.reconciling.work import ReconcilingWork
from tests.pages.whole_app import is_closed, open_app
from tests.semantic.services.reconciling.world import SETUP, person

As = Callable[[str], None]


def texts(app: AppTest) -> str:
    return " ".join(str(each.value) for each in [*app.markdown, *app.caption])


def press(app: AppTest, key: str) -> None:
    next(button for button in app.button if button.key == key).click().run()
    assert not app.exception


def test_a_filled_form_leads_to_the_finding(open_as: As, live: Live) -> None:
    open_as("stew")
    app = open_app(links.RECONCILIATION)
    assert not app.exception
    assert "Nothing to reconcile yet" in texts(app)
    press(app, "reconciling-none-0")
    boxes = {box.label: box for box in app.selectbox}
    boxes["Platform"].set_value("meta_ads").run()
    boxes = {box.label: box for box in app.selectbox}
    boxes["Your metric"].set_value("conversions")
    boxes["The platform's totals"].set_value("reported").run()
    assert not app.exception
    press(app, "reconciling-save")
    work = ReconcilingWork(live, person(live, "stew"))
    (kept,) = work.all()
    # What could be guessed from the model was filled in.
    assert kept.setup.touches == replace(SETUP.touches)
    assert kept.setup.conversions == SETUP.conversions
    assert kept.setup.group == "campaign"
    assert "reports" in texts(app)
    assert "we count" in texts(app)


def test_the_finding_says_what_each_rule_adds(open_as: As, live: Live) -> None:
    work = ReconcilingWork(live, person(live, "stew"))
    work.make(SETUP)
    months = work.months(SETUP)
    compared = work.compare(SETUP, months[-3:])
    open_as("stew")
    app = open_app(links.RECONCILIATION)
    assert not app.exception
    said = texts(app)
    assert f"Meta Ads reports {compared.whole.theirs}, and we count {compared.whole.ours}." in said
    assert "not explained" in said
    (table,) = [frame.value for frame in app.dataframe if "Gap" in frame.value.columns]
    assert round(sum(table["Gap"])) == compared.whole.gap
    assert {"Yours", "Theirs", "Not explained", "Campaign"} <= set(table.columns)
    assert any("History" in str(each.label) for each in app.expander)
    press(app, "reconciling-search")
    assert "a guess" in texts(app)
    press(app, "reconciling-use")
    assert any(field.label == "Name" and field.value == "Meta Ads" for field in app.text_input)
    # A guess stays one until someone says that they checked it.
    press(app, "reconciling-save")
    assert work.all()[0].setup.is_guess
    assert "because a search found them" in texts(app)
    press(app, "reconciling-edit")
    next(box for box in app.checkbox if "checked these rules" in box.label).check().run()
    press(app, "reconciling-save")
    assert not work.all()[0].setup.is_guess
    assert "because a search found them" not in texts(app)


def test_only_people_with_access_open_it(open_as: As, live: Live) -> None:
    ReconcilingWork(live, person(live, "stew")).make(SETUP)
    open_as("vera")
    assert is_closed(open_app(links.RECONCILIATION))
    open_as("mark")
    app = open_app(links.RECONCILIATION)
    assert not is_closed(app)
    assert "Nothing to reconcile yet" in texts(app)
    open_as("nora")  # who doesn't see the platform's metric
    assert "Nothing to reconcile yet" in texts(open_app(links.RECONCILIATION))
