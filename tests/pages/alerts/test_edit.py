"""The page Set alert: the form, its preview, and what it saves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links
from semantic.alerts.alert import Alert, BehindTarget, Changed, CheckFailed, DataLate, OutsideUsual, Threshold
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.query import Condition, Operator, Query
from semantic.services.alerts.work import AlertWork
from semantic.services.process import Live
from tests.pages.alerts.conftest import Open, words
from tests.pages.alerts_world import person
from tests.pages.charts import charts

Work = Callable[[str], AlertWork]
GERMANY = Condition("market", Operator.IN, ("DE",))
IN_GERMANY = {name: values[0] for name, values in query_to_params(Query(metrics=("revenue",), where=GERMANY)).items()}


def by_label(elements: Any, label: str) -> Any:  # Any: AppTest's own lists
    (element,) = [one for one in elements if one.label.replace("\\", "") == label]
    return element


def choose(app: AppTest, kind: str) -> AppTest:
    """Choose the condition on which the alert fires."""
    (radio,) = app.radio
    return radio.set_value(kind).run()


def test_an_empty_form_asks_for_the_number(visit: Open) -> None:
    app = visit(links.SET_ALERT)
    assert "Choose the number to watch." in words(app)
    assert [button.label for button in app.button if button.label == "Create alert"] == []


def test_a_linked_question_is_previewed_and_saved(visit: Open, work: Work) -> None:
    app = visit(links.SET_ALERT, **IN_GERMANY)
    assert by_label(app.selectbox, "Alert me about").value == "revenue"
    text = words(app)
    assert "Revenue (Market is Germany) leaves its usual range." in text
    # Two of the 180 days went wrong: one 40 days ago, and yesterday.
    assert "Would have fired 2 times in 180 days" in text
    (chart,) = charts(app)
    assert chart["key"] == "alert-preview-chart"
    assert "Fired 2 times" in chart["alt"]
    by_label(app.button, "Create alert").click().run()
    (kept,) = work("mark").mine()
    assert kept.alert == Alert(metric="revenue", rule=OutsideUsual(), where=GERMANY)
    assert [recipient.kind for recipient in kept.recipients] == ["person"]
    assert "The alert is set." in words(app)
    assert app.session_state[links.AT] == "alert"


def test_a_limit_that_fires_all_the_time_is_warned_about_and_replaced(visit: Open) -> None:
    app = choose(visit(links.SET_ALERT, m="revenue"), "threshold")
    assert by_label(app.button, "Create alert").disabled
    assert "Fill in the form" in words(app)
    # A weekday sells 1,500 and a day at a weekend half of that, so each weekend falls below 1,000.
    by_label(app.text_input, "Value in EUR").set_value("1000").run()
    by_label(app.number_input, "Days between alerts").set_value(1)
    by_label(app.number_input, "Ends after (days)").set_value(1).run()
    assert "a week. Most people mute alerts like this." in words(app)
    app.button(key="alert-use-usual").click().run()
    text = words(app)
    assert "Revenue leaves its usual range." in text
    assert "Most people mute" not in text


@pytest.mark.parametrize(
    ("kind", "fields", "rule", "grain"),
    [
        ("threshold", {"Value in EUR": "1200.5"}, Threshold(side="below", value=1200.5), Granularity.DAY),
        ("changed", {"By more than, in %": "25"}, Changed(by=0.25), Granularity.WEEK),
        ("target", {"Projected to miss it by at least, in %": "5"}, BehindTarget(by=0.05), Granularity.MONTH),
        ("data", {}, CheckFailed(), Granularity.DAY),
    ],
)
def test_each_rule_is_saved_as_it_is_filled_in(
    visit: Open, work: Work, kind: str, fields: dict[str, str], rule: object, grain: Granularity
) -> None:
    app = choose(visit(links.SET_ALERT, m="revenue"), kind)
    by_label(app.selectbox, "Checked").set_value(grain).run()
    for label, text in fields.items():
        by_label(app.text_input, label).set_value(text).run()
    by_label(app.button, "Create alert").click().run()
    assert not app.exception
    (kept,) = work("mark").mine()
    assert (kept.alert.rule, kept.alert.grain) == (rule, grain)


def test_late_data_has_its_own_field(visit: Open, work: Work) -> None:
    app = choose(visit(links.SET_ALERT, m="revenue"), "data")
    by_label(app.selectbox, "Which problem").set_value("Data is late").run()
    by_label(app.number_input, "Days late").set_value(4).run()
    assert "Revenue lacks 4 days of data or more." in words(app)
    by_label(app.button, "Create alert").click().run()
    assert [kept.alert.rule for kept in work("mark").mine()] == [DataLate(days=4)]


@pytest.mark.parametrize("typed", ["abc", "31,000", "", "-"])
def test_a_limit_that_is_not_a_number_cannot_be_saved(visit: Open, typed: str) -> None:
    app = choose(visit(links.SET_ALERT, m="revenue"), "threshold")
    by_label(app.text_input, "Value in EUR").set_value(typed).run()
    assert by_label(app.button, "Create alert").disabled


def test_an_edited_alert_keeps_everything_else(visit: Open, work: Work) -> None:
    before = Alert(
        metric="revenue", rule=Threshold(side="above", value=2_500), where=GERMANY, apart_days=5, hold_days=7,
        name="Cap",
    )  # fmt: skip
    alert = work("mark").make(before)
    app = visit(links.SET_ALERT, a=alert)
    assert by_label(app.text_input, "Value in EUR").value == "2500"
    by_label(app.text_input, "Value in EUR").set_value("2600").run()
    by_label(app.button, "Save alert").click().run()
    assert not app.exception
    after = work("mark").find(alert).alert
    assert after.rule == Threshold(side="above", value=2_600)
    assert (after.where, after.apart_days, after.hold_days, after.name) == (GERMANY, 5, 7, "Cap")


def test_no_one_changes_or_reads_an_alert_of_someone_else(
    visit: Open, work: Work, live: Live, asks: dict[str, Actor]
) -> None:
    alert = work("mark").make(Alert(metric="revenue", rule=OutsideUsual(), name="Secret plan"))
    asks["now"] = person(live, "stew")
    for file in (links.SET_ALERT, links.ALERT):
        assert "Secret plan" not in words(visit(file, a=alert))
    assert "Couldn't open this alert" in words(visit(links.SET_ALERT, a=alert))
    assert "Alert not found" in words(visit(links.ALERT, a=alert))
    assert "Alert not found" in words(visit(links.ALERT, a="no such"))


def test_a_viewer_can_set_an_alert_only_for_themselves(
    visit: Open, work: Work, live: Live, asks: dict[str, Actor]
) -> None:
    asks["now"] = person(live, "vera")
    app = visit(links.SET_ALERT, m="revenue")
    assert "To Vera Lind" in words(app)
    assert [field.label for field in app.multiselect if field.label == "To"] == []
    by_label(app.button, "Create alert").click().run()
    assert len(work("vera").mine()) == 1


def test_the_preview_covers_only_rows_that_its_author_sees(visit: Open, live: Live, asks: dict[str, Actor]) -> None:
    """In France, nothing went wrong."""
    asks["now"] = person(live, "fay")
    assert "Wouldn't have fired in the last 180 days." in words(visit(links.SET_ALERT, m="revenue"))


def test_a_metric_without_access_reads_as_missing(visit: Open, live: Live, asks: dict[str, Actor]) -> None:
    asks["now"] = person(live, "nora")
    for name in ("revenue", "no_such_metric"):
        app = visit(links.SET_ALERT, m=name)
        assert "Choose the number to watch." in words(app)
        assert "Revenue" not in by_label(app.selectbox, "Alert me about").options
