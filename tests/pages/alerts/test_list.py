"""The page Alerts and Home: the state of each alert, who sees it, and what people can do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pages.shell import links, session
from semantic.alerts.alert import Alert, OutsideUsual, Threshold
from semantic.errors import NotAllowed
from semantic.policy.actor import Actor
from semantic.query.query import Condition, Operator
from semantic.services.alerts.listing import chosen_recipients
from semantic.services.alerts.work import AlertWork
from semantic.services.outbox.deliveries import ChosenRecipient
from semantic.services.process import Live
from semantic.store.database import Store, connect_store
from tests.pages.alerts.conftest import Open, words
from tests.pages.alerts_world import person

Work = Callable[[str], AlertWork]
GERMANY = Condition("market", Operator.IN, ("DE",))
USUAL = Alert(metric="revenue", rule=OutsideUsual(), where=GERMANY)
NAME = "Revenue (Market is Germany) leaves its usual range"


def test_without_alerts_the_page_says_where_to_start(visit: Open) -> None:
    text = words(visit(links.ALERTS))
    assert "No alerts yet" in text
    assert "Open a number's menu (…) and choose Set alert, or start here and choose a metric." in text


def test_an_alert_fires_and_comes_first_with_its_number(visit: Open, work: Work, evaluate: Callable[[], None]) -> None:
    # Yesterday sold a third in Germany. The limit of 1 was never reached.
    work("mark").make(Alert(metric="revenue", rule=Threshold(side="below", value=1), name="Nothing sold"))
    work("mark").make(USUAL)
    assert "Not checked yet" in words(visit(links.ALERTS))
    evaluate()
    app = visit(links.ALERTS)
    text = words(app)
    yesterday = work("mark").workspace.today() - timedelta(days=1)
    assert f"Firing since {yesterday:%-d %b %Y}" in text
    assert text.index(NAME) < text.index("Nothing sold")
    assert "Normal" in text
    assert "expected €" in text
    assert "To you." in text
    home = words(visit(links.HOME))
    assert "Firing alerts" in home
    assert NAME in home
    assert "Nothing sold" not in home


def test_others_see_only_what_is_sent_to_them_and_not_who_else_gets_it(
    visit: Open, work: Work, live: Live, asks: dict[str, Actor]
) -> None:
    mine = work("mark")
    wanted = chosen_recipients(
        mine, live.people(), [ChosenRecipient("person", name) for name in ("mark", "stew", "vera")]
    )
    mine.make(USUAL, wanted)
    mine.make(Alert(metric="sales", rule=OutsideUsual(), name="Mine alone"))
    text = words(visit(links.ALERTS))
    assert "To you, Stew Ward and Vera Lind." in text or "To you, Vera Lind and Stew Ward." in text
    asks["now"] = person(live, "vera")
    app = visit(links.ALERTS)
    text = words(app)
    assert "Set by Mark Etter." in text
    assert "Stew" not in text
    assert "Mine alone" not in text
    assert {"Pause", "Remove"}.isdisjoint(button.label for button in app.button)
    app.segmented_control(key="alerts-whose").set_value("mine").run()
    assert "No alerts match" in words(app)
    asks["now"] = person(live, "fay")
    assert "No alerts yet" in words(visit(links.ALERTS))


def test_a_recipient_unsubscribes_and_undoes_it(visit: Open, work: Work, live: Live, asks: dict[str, Actor]) -> None:
    mine = work("mark")
    alert = mine.make(USUAL, chosen_recipients(mine, live.people(), [ChosenRecipient("person", "vera")]))
    asks["now"] = person(live, "vera")
    app = visit(links.ALERTS)
    app.button(key=f"alert-{alert}-leave").click().run()
    assert "You're unsubscribed from this alert." in words(app)
    assert NAME not in words(app)
    app.button(key="alerts-notice-act").click().run()
    assert NAME in words(app)


def test_an_alert_is_snoozed_paused_removed_and_restored(visit: Open, work: Work) -> None:
    alert = work("mark").make(USUAL)
    until = work("mark").workspace.today() + timedelta(days=7)
    app = visit(links.ALERTS)
    app.session_state[f"alert-{alert}-snooze"] = True
    app.run()
    app.button(key=f"alert-{alert}-snooze-7").click().run()
    assert f"Snoozed until {until:%-d %b %Y}" in words(app)
    assert work("mark").find(alert).snoozed_until == until
    app.button(key=f"alert-{alert}-wake").click().run()
    assert work("mark").find(alert).snoozed_until is None

    app.button(key=f"alert-{alert}-pause").click().run()
    assert "Paused" in words(app)
    assert not work("mark").find(alert).is_active
    app.button(key=f"alert-{alert}-resume").click().run()
    assert work("mark").find(alert).is_active

    app.button(key=f"alert-{alert}-remove").click().run()
    assert f"Removed: {NAME}." in words(app)
    with pytest.raises(NotAllowed):
        work("mark").find(alert)
    app.button(key="alerts-notice-act").click().run()
    assert "Alert restored." in words(app)
    assert work("mark").find(alert).is_active


def test_an_alert_on_a_metric_without_access_is_paused_and_not_named(
    visit: Open, work: Work, live: Live, asks: dict[str, Actor], evaluate: Callable[[], None]
) -> None:
    mine = work("mark")
    mine.make(USUAL, chosen_recipients(mine, live.people(), [ChosenRecipient("person", "nora")]))
    evaluate()
    asks["now"] = person(live, "nora")
    text = words(visit(links.ALERTS))
    assert "You no longer have access to its metric." in text
    assert "Revenue" not in text
    assert "Germany" not in text
    assert "€" not in text


def test_alerts_are_searched_by_name_rule_and_state(visit: Open, work: Work) -> None:
    work("mark").make(USUAL)
    work("mark").make(Alert(metric="sales", rule=OutsideUsual(), name="Orders of *all* markets"))
    app = visit(links.ALERTS)
    app.text_input(key="alerts-search").set_value("germany").run()
    assert NAME in words(app)
    assert "Orders of" not in words(app)
    app.text_input(key="alerts-search").set_value("nothing like it").run()
    assert "No alerts match" in words(app)
    app.button(key="alerts-none-found-0").click().run()
    assert "Orders of all markets" in words(app)


def test_viewing_as_someone_shows_no_alerts_and_can_set_none(
    visit: Open, work: Work, live: Live, asks: dict[str, Actor]
) -> None:
    work("mark").make(USUAL)
    asks["now"] = replace(person(live, "mark"), viewed_by="stew")
    app = visit(links.ALERTS)
    assert NAME not in words(app)
    assert "Set alert" not in {button.label for button in app.button}
    assert "Not available while you view as someone else" in words(visit(links.SET_ALERT))


def test_an_unavailable_store_shows_a_message(visit: Open, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Store(connect_store("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"))
    monkeypatch.setattr(session, "store", lambda: (away, live.keys))
    assert "Couldn't load alerts" in words(visit(links.ALERTS))
