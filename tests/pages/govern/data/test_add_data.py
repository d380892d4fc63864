"""The page Add data: who can open it, its steps, and each step's text when it's empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.govern.data import state
from pages.shell import links, once
from semantic.__main__ import main
from semantic.config.settings import load_settings
from semantic.policy.actor import Actor
from semantic.services.process import Live
from tests.browser.own_data import write_shop
from tests.pages.whole_app import open_app, show_pages_to
from tests.waiting import STUCK

RUTH = Actor(id="ruth", name="Ruth Hale", roles=frozenset({"administrator"}))
NORA = Actor(id="nora", name="Nora", roles=frozenset({"steward"}))
JONAS = Actor(id="jonas", name="Jonas", roles=frozenset({"marketer"}))
Open = Callable[..., AppTest]


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    for name in ("SETTINGS", "MODEL", "MODEL_SOURCE", "DATA", "STORE", "DEMO", "AUDIT_KEY", "AUDIT_KEY_FILE"):
        monkeypatch.delenv(f"SAMEPAGE_{name}", raising=False)
    shop, folder = write_shop(tmp_path / "shop"), tmp_path / "own"
    (shop / "[x](http:__e.com) :red[hi].csv").write_text("id,`a`*b*\n1,2\n2,3\n", encoding="utf-8")
    assert main(["start", "--data", str(shop), "--name", "Ruth Hale", "--folder", str(folder), "--prepare"]) == 0
    opened = Live.open(load_settings({"SAMEPAGE_SETTINGS": str(folder / "settings.toml")}))
    yield opened
    opened.close()


@pytest.fixture
def visit(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    who: list[Actor] = []
    show_pages_to(monkeypatch, lambda: who[-1], live.workspace, live)

    def open_page(person: Actor, page: str = links.ADD_DATA, **address: Any) -> AppTest:
        who.append(person)
        return open_app(page, **address)

    yield open_page
    once.forget()


def words(app: AppTest) -> str:
    texts = [str(element.value) for kind in (app.title, app.markdown, app.caption, app.warning) for element in kind]
    return " | ".join(texts).replace("\\", "")


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_a_marketer_sees_who_can_add_data(visit: Open) -> None:
    app = visit(JONAS)
    assert not app.exception
    assert "Only administrators connect databases. You can upload a CSV or XLSX file." in words(app)
    assert not app.radio


def test_while_viewing_as_someone_nothing_can_be_added(visit: Open) -> None:
    app = visit(replace(NORA, viewed_by="ruth"))
    assert "Stop viewing to add data as yourself." in words(app)
    assert not app.radio


def test_a_steward_sees_no_address_and_cannot_connect(visit: Open, live: Live) -> None:
    app = visit(NORA)
    assert "Only administrators connect databases." in words(app)
    assert live.settings.data not in words(app) + "".join(str(radio.options) for radio in app.radio)
    assert not app.toggle


@pytest.mark.parametrize(("step", "says"), [("tables", "connection first"), ("answers", "connection first")])
def test_later_steps_lead_back_while_they_are_empty(visit: Open, step: str, says: str) -> None:
    app = visit(RUTH, step=step)
    assert not app.exception
    assert says in words(app)
    app = press(app, "Choose a connection")
    assert "Where are the tables?" in words(app)


def test_awkward_table_names_are_shown_as_plain_text(visit: Open) -> None:
    app = press(visit(RUTH), "Show tables")
    assert [box.label.replace("\\", "") for box in app.checkbox][-2:] == ["customers", "orders"]
    assert not any(box.label.startswith("[x](http") for box in app.checkbox)
    app = app.text_input[0].set_value("ORD").run()
    assert [box.label for box in app.checkbox] == ["orders"]
    app = press(app, "Choose these 1")
    assert "1 table chosen" in words(app)


def test_a_link_opens_the_tables_of_its_connection(visit: Open) -> None:
    app = visit(RUTH, source="")
    assert [box.label for box in app.checkbox][-1] == "orders"
    app = visit(RUTH, source="nothing_here")
    assert "nothing_here" in words(app)
    assert not app.exception


def test_first_answers_wait_for_every_question(visit: Open, live: Live) -> None:
    app = press(visit(RUTH), "Show tables")
    app = press(press(app, "Choose all"), "Draft a model")
    profiling = state.additions().of("ruth").profiling
    assert profiling is not None
    assert profiling.wait(STUCK)
    app.run()
    assert "2 questions left." in words(app)
    assert next(button for button in app.button if button.label == "See first answers").disabled
    app = visit(RUTH, step="answers")
    assert "Answer the open questions first" in words(app)
    state.additions().of("ruth").answers.update(zone="UTC", currency="EUR")
    app = visit(RUTH, step="answers")
    assert {metric.label: metric.value for metric in app.metric}["Orders"] == "8"
    app = press(app, "Publish")
    assert "Version 2 is live." in words(app)
    assert live.workspace().published is not None
    assert "orders" in live.workspace().model.metrics


def test_other_people_see_none_of_it(visit: Open) -> None:
    press(press(press(visit(RUTH), "Show tables"), "Choose all"), "Draft a model")
    app = visit(NORA)
    assert "Where are the tables?" in words(app)


@pytest.mark.parametrize("page", [links.HOME, links.EXPLORE, links.CATALOGUE])
def test_an_empty_model_leads_stewards_here(visit: Open, page: str) -> None:
    assert "Start with your data" in words(visit(NORA, page))
    assert "Start with your data" not in words(visit(JONAS, page))
