"""An alert on a number of an analysis: set from the analysis, previewed, listed, opened and edited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.alerts import computing
from pages.analyses.opening import KEY
from pages.shell import links, once, session
from semantic.alerts.alert import OutsideUsual, Threshold
from semantic.alerts.codec import number_data
from semantic.model.definitions import Granularity
from tests.pages.alerts.conftest import words
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.services.alerts.alerts_world import World
from tests.semantic.services.alerts.funnel_world import BELOW_30, FUNNEL, funnel_world, number
from tests.waiting import STUCK


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with funnel_world(str(tmp_path / "store.sqlite"), tmp_path) as opened:
        monkeypatch.setattr(session, "store", lambda: (opened.live.store, opened.live.keys))
        monkeypatch.setattr(session, "settings", lambda: opened.live.settings)
        monkeypatch.setattr(computing, "PATIENCE", STUCK)
        show_pages_to(monkeypatch, lambda: opened.actor("ana"), opened.live.workspace, opened.live)
        yield opened
        once.forget()


def answered(app: AppTest) -> AppTest:
    """Return the page Analyses once nothing is running."""
    while not app.exception and app.session_state[KEY].pending is not None:
        app.session_state[KEY].settle(STUCK)
        app.run()
    assert not app.exception
    return app


def test_an_alert_on_a_drop_is_set_in_a_few_clicks(world: World) -> None:
    """The clicks lead from the funnel's biggest drop to a saved alert."""
    app = answered(open_app(links.ANALYSES, a=json.dumps(FUNNEL)))
    assert any(links.SET_ALERT_LABEL in str(menu.proto) for menu in app.get("menu_button"))
    app.session_state["analysis-alert-on"] = number()  # as a click on Set alert in the menu does
    app.run()
    assert app.session_state[links.AT] == "set-alert"
    text = words(app)
    assert "Conversion from Visits to Orders within 3 days leaves its usual range in a week." in text
    assert "Each week is judged 3 days after it ends, once everyone who began in it had time to convert." in text
    address = str(app.query_params[links.ALERT_OF])
    assert json.loads(address) == number_data(number())
    app = open_app(links.SET_ALERT, of=address)
    (button,) = [each for each in app.button if each.label == "Create alert"]
    button.click().run()
    (kept,) = world.work("ana").mine()
    assert kept.alert.of == number()
    assert (kept.alert.rule, kept.alert.grain) == (OutsideUsual(), Granularity.WEEK)


def test_the_preview_has_its_days_and_editing_keeps_what_it_watches(world: World) -> None:
    id_ = world.make("ana", "ana", alert=BELOW_30)
    app = open_app(links.SET_ALERT, a=id_)
    assert not app.exception
    text = words(app)
    assert "Would have fired once in 180 days: 25 Aug." in text
    assert [radio.options for radio in app.radio] == [
        ["Leaves its usual range", "Rises above or falls below a value", "Changes by more than"]
    ]
    (field,) = [each for each in app.text_input if each.label == "Value"]
    assert field.value == "30%"
    field.set_value("20%").run()
    (button,) = [each for each in app.button if each.label == "Save alert"]
    button.click().run()
    (kept,) = world.work("ana").mine()
    assert (kept.alert.of, kept.alert.rule) == (BELOW_30.of, Threshold(side="below", value=0.2))


def test_the_list_and_the_alerts_page_show_the_finding(world: World) -> None:
    id_ = world.make("ana", "ana", alert=BELOW_30)
    world.judge()
    app = open_app(links.ALERTS)
    assert not app.exception
    text = words(app)
    assert "Conversion from Visits to Orders within 3 days falls below 30.0% in a day" in text
    assert "25 Aug 2026: 10.0%" in text
    app = open_app(links.ALERT, a=id_)
    assert not app.exception
    text = words(app)
    assert "Open analysis" in text
    assert "Firing since 25 Aug 2026" in text


def test_someone_without_access_sees_no_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = world.make("ana", "ana", "nora", alert=BELOW_30)
    show_pages_to(monkeypatch, lambda: world.actor("nora"), world.live.workspace, world.live)
    for app in (open_app(links.ALERTS), open_app(links.ALERT, a=id_)):
        assert not app.exception
        text = words(app)
        assert "you don't have access to" in text
        assert "Orders" not in text
    app = open_app(links.SET_ALERT, of=json.dumps(number_data(number())))
    assert not app.exception
    assert "Create alert" not in {each.label for each in app.button if not each.disabled}


@pytest.mark.parametrize("text", ["{", "[]", '{"analysis": 1}', json.dumps({"analysis": FUNNEL, "number": "x"})])
def test_an_unreadable_address_leaves_an_empty_form(world: World, text: str) -> None:
    app = open_app(links.SET_ALERT, of=text)
    assert not app.exception
    assert len(app.warning) == 1
    assert "Choose the number to watch." in words(app)


def test_a_funnel_without_a_window_says_why_it_has_no_alert(world: World) -> None:
    app = answered(
        open_app(links.ANALYSES, a=json.dumps({key: each for key, each in FUNNEL.items() if key != "within"}))
    )
    (button,) = [each for each in app.button if each.label == links.SET_ALERT_LABEL]
    assert button.disabled
    assert "Choose a window." in button.help
