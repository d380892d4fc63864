"""The page of one alert: its state, its chart, its history, and how to acknowledge it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pages.shell import links
from semantic.alerts.alert import Alert, OutsideUsual
from semantic.annotations.remarks import Remark
from semantic.policy.actor import Actor
from semantic.query.query import Condition, Operator
from semantic.services.alerts.listing import chosen_recipients
from semantic.services.alerts.work import AlertWork
from semantic.services.outbox.deliveries import ChosenRecipient
from semantic.services.process import Live
from semantic.store.numbers.remarks import read_remarks
from tests.pages.alerts.conftest import Open, words
from tests.pages.alerts_world import person
from tests.pages.charts import charts

Work = Callable[[str], AlertWork]
USUAL = Alert(metric="revenue", rule=OutsideUsual(), where=Condition("market", Operator.IN, ("DE",)))


def remarks(live: Live) -> list[Remark]:
    with live.store.read() as connection:
        return [remark for _, remark in read_remarks(connection, first=None, end=None)]


def test_before_the_first_check_the_page_says_so(visit: Open, work: Work) -> None:
    text = words(visit(links.ALERT, a=work("mark").make(USUAL)))
    assert "Not checked yet" in text
    assert "Nothing has been checked yet." in text
    assert "Acknowledge" not in text


def test_a_firing_alert_shows_its_chart_and_its_history(visit: Open, work: Work, evaluate: Callable[[], None]) -> None:
    alert = work("mark").make(USUAL)
    evaluate()
    (run,) = work("mark").history(work("mark").find(alert))
    app = visit(links.ALERT, a=alert)
    text = words(app)
    yesterday = work("mark").workspace.today() - timedelta(days=1)
    assert run.period == yesterday
    assert f"Firing since {yesterday:%-d %b %Y}" in text
    assert run.why in text
    (chart,) = charts(app)
    # What happened is marked, not what would have: 40 days ago no one had set it.
    assert f"Fired 1 time: {yesterday:%-d %b %Y}." in chart["alt"]
    links_to = [link.proto.query_string for link in app.get("page_link")]
    assert f"receipt={run.receipt}" in links_to


def test_opening_the_page_changes_nothing(visit: Open, work: Work, evaluate: Callable[[], None]) -> None:
    alert = work("mark").make(USUAL)
    evaluate()
    before = work("mark").find(alert)
    visit(links.ALERT, a=alert)
    assert work("mark").find(alert) == before


def test_acknowledging_with_a_note_adds_a_remark_to_the_day(
    visit: Open, work: Work, live: Live, evaluate: Callable[[], None]
) -> None:
    alert = work("mark").make(USUAL)
    evaluate()
    app = visit(links.ALERT, a=alert)
    app.text_input(key=f"alert-{alert}-note").set_value("Tracking was *down*").run()
    app.button(key=f"alert-{alert}-acknowledge").click().run()
    assert not app.exception
    assert "Acknowledged, with a remark on its day." in words(app)
    assert "Acknowledged by Mark Etter." in words(app)
    yesterday = live.workspace().today() - timedelta(days=1)
    assert remarks(live) == [
        Remark(first=yesterday, last=yesterday, text="Tracking was *down*", metric="revenue", dim="market", member="DE")
    ]
    assert "Acknowledge" not in [button.label for button in app.button]
    assert "Firing alerts" not in words(visit(links.HOME))


def test_acknowledging_without_a_note_adds_no_remark(
    visit: Open, work: Work, live: Live, evaluate: Callable[[], None]
) -> None:
    alert = work("mark").make(USUAL)
    evaluate()
    app = visit(links.ALERT, a=alert)
    app.button(key=f"alert-{alert}-acknowledge").click().run()
    assert "Acknowledged." in words(app)
    assert remarks(live) == []


def test_a_viewer_acknowledges_without_a_remark(
    visit: Open, work: Work, live: Live, asks: dict[str, Actor], evaluate: Callable[[], None]
) -> None:
    mine = work("mark")
    alert = mine.make(USUAL, chosen_recipients(mine, live.people(), [ChosenRecipient("person", "vera")]))
    evaluate()
    asks["now"] = person(live, "vera")
    app = visit(links.ALERT, a=alert)
    app.text_input(key=f"alert-{alert}-note").set_value("I asked Stew").run()
    assert [toggle.label for toggle in app.toggle if "remark" in toggle.label] == []
    app.button(key=f"alert-{alert}-acknowledge").click().run()
    assert "Acknowledged by Vera Lind." in words(app)
    assert remarks(live) == []


def test_the_history_shows_normal_days_on_request(visit: Open, work: Work, evaluate: Callable[[], None]) -> None:
    alert = work("mark").make(Alert(metric="sales", rule=OutsideUsual()))
    evaluate()
    app = visit(links.ALERT, a=alert)
    assert "It hasn't fired or been held yet." in words(app)
    app.toggle(key="alert-normal").set_value(True).run()
    assert "Within the usual" in words(app)
