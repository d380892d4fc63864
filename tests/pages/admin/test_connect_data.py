"""Connecting data on the page Connections: the form, its steps, what is saved, and that no secret is ever shown."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.admin.connections import form, others
from pages.shell import links, once
from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.services.connecting.work import ConnectionWork, ListedConnection
from semantic.services.process import Live
from tests.engines import ORDERS, postgres_database, write_orders
from tests.pages.whole_app import is_closed, open_app, show_pages_to
from tests.shop import SHOP
from tests.waiting import until

OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
Open = Callable[[Actor], AppTest]


@pytest.fixture
def live(shop_file: Path, empty_store: Path, tmp_path: Path) -> Iterator[Live]:
    for name in ("own", "data", "more"):
        (tmp_path / name).mkdir()
    data = shutil.copyfile(shop_file, tmp_path / "data" / "shop.duckdb")
    write_orders(tmp_path / "more" / "web_orders.duckdb")
    store = shutil.copyfile(empty_store, tmp_path / "own" / "store.sqlite")
    key = "a key of tests that is long enough for it"
    settings = Settings(
        data=str(data), model=SHOP, store=str(store), audit_key=key, data_folders=(tmp_path / "more",),
        model_cache=None,
        connections={"ads": str(tmp_path / "more" / "web_orders.duckdb")},
        come_from={"connection_ads": "the variable SAMEPAGE_CONNECTION_ADS"},
    )  # fmt: skip
    opened = Live.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def visit(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open the page as a person."""
    who: list[Actor] = []
    show_pages_to(monkeypatch, lambda: who[-1], live.workspace, live)

    def open_page(person: Actor) -> AppTest:
        who.append(person)
        return open_app(links.CONNECTIONS)

    yield open_page
    once.forget()


def words(app: AppTest) -> str:
    kinds = (app.title, app.markdown, app.caption, app.warning, app.error)
    return " | ".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def _field(app: AppTest, name: str, value: str, key: str = others.ADD) -> None:
    app.text_input(key=f"{key}-field-{name}").set_value(value)


def _press(app: AppTest, name: str) -> AppTest:
    return app.button(key=name).click().run()


def _tested(app: AppTest, key: str = others.ADD) -> AppTest:
    """Press Test and wait until the steps are there."""
    _press(app, f"{key}-test")
    state = app.session_state[f"{key}-form"]
    until(lambda: state.test is None or state.test.is_done)
    return app.run()


def _listed(live: Live) -> list[ListedConnection]:
    return [each for each in ConnectionWork(live, OTTO).read() if each.stored is not None]


def _added(visit: Open, tmp_path: Path) -> AppTest:
    """Return the page after adding a connection to a file."""
    app = _press(visit(OTTO), f"{others.ADD}-open")
    app.segmented_control(key=f"{others.ADD}-field-kind").set_value("duckdb").run()
    _field(app, "path", str(tmp_path / "more" / "web_orders.duckdb"))
    return _press(_tested(app), f"{others.ADD}-save")


@pytest.mark.parametrize("role", ["steward", "marketer", "viewer"])
def test_others_see_none_of_the_form(visit: Open, role: str) -> None:
    app = visit(Actor(id="x", roles=frozenset({role})))
    assert is_closed(app)
    assert "More data" not in words(app)
    assert "SAMEPAGE_CONNECTION_ADS" not in words(app)


def test_without_access_the_form_names_who_to_ask(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    def script() -> None:
        from pages.admin.connections.form import connection_form

        connection_form("x")

    for actor in (Actor(id="ana", roles=frozenset({"steward"})), replace(OTTO, viewed_by="otto")):
        show_pages_to(monkeypatch, lambda who=actor: who, live.workspace, live)
        app = AppTest.from_function(script).run()
        assert "Only administrators connect data. Ask one of them." in words(app)
        assert not app.button


def test_a_connection_of_the_settings_is_listed_and_tested(visit: Open) -> None:
    app = visit(OTTO)
    text = words(app)
    assert "**Ads**" in text
    assert "Not tested yet. The test connects, counts the tables" in text
    table = app.table[2].value
    assert table.loc["Set in"].iloc[0].replace("\\", "") == "the variable SAMEPAGE_CONNECTION_ADS"
    assert table.loc["Used by"].iloc[0] == "No dataset yet"
    assert not [button for button in app.button if button.key == "linked-set-ads-edit"]
    _press(app, "linked-set-ads-test")
    until(lambda: app.session_state["connection-tests"]["linked-set-ads"].is_done)
    text = words(app.run())
    assert "**Tables** &nbsp;1 table readable." in text
    assert "**Read-only** &nbsp;Opened read-only." in text


def test_a_file_is_connected_under_its_own_name(visit: Open, live: Live, tmp_path: Path) -> None:
    app = _added(visit, tmp_path)
    assert "Connected. Its card below" in words(app)
    assert app.table[3].value.loc["Name in the model"].iloc[0] == "`web_orders`"
    (listed,) = _listed(live)
    assert (listed.name, listed.label, listed.place) == ("web_orders", "Web orders", "web_orders.duckdb")
    assert [table.name for table in live.workspace().connectors.get("web_orders").tables()] == ["orders"]
    # The card shows the test that was just made, and the form is gone with what was typed.
    assert "**Tables** &nbsp;1 table readable." in words(app)
    assert f"{others.ADD}-field-path" not in app.session_state
    assert f"{others.ADD}-form" not in app.session_state


def test_a_name_that_looks_like_markdown_is_only_a_name(visit: Open, live: Live) -> None:
    app = _press(visit(OTTO), f"{others.ADD}-open")
    app.segmented_control(key=f"{others.ADD}-field-kind").set_value("duckdb").run()
    path = next(iter(live.settings.data_folders)) / "web_orders.duckdb"
    _field(app, "label", ":red[<b>Shop</b>](http://evil.example)")
    _field(app, "path", str(path))
    app = _press(_tested(app), f"{others.ADD}-save")
    (drawn,) = [str(element.value) for element in app.markdown if "evil" in str(element.value)]
    assert drawn.startswith(r"**\:red\[\<b\>Shop\</b\>\]")
    assert "http://" not in drawn
    assert _listed(live)[0].name == "red_b_shop_b_http_evil_example"


def test_nothing_can_be_saved_before_the_test_succeeds(visit: Open, live: Live, tmp_path: Path) -> None:
    app = _press(visit(OTTO), f"{others.ADD}-open")
    keys = {button.key for button in app.button}
    assert f"{others.ADD}-test" in keys
    assert f"{others.ADD}-save" not in keys
    app.segmented_control(key=f"{others.ADD}-field-kind").set_value("files").run()
    _field(app, "path", str(tmp_path / "more" / "missing"))
    app = _tested(app)
    text = words(app)
    assert "There's no file or folder at this path." in text
    assert "not on your computer" in text
    assert f"{others.ADD}-save" not in {button.key for button in app.button}
    _field(app, "path", str(tmp_path / "more" / "web_orders.duckdb"))
    app = _tested(app)
    assert f"{others.ADD}-save" in {button.key for button in app.button}
    _field(app, "path", str(tmp_path / "data" / "shop.duckdb"))
    app.run()
    assert "The details changed since the test." in words(app)
    assert f"{others.ADD}-save" not in {button.key for button in app.button}
    _press(app, f"{others.ADD}-cancel")
    assert _listed(live) == []


def test_a_missing_field_and_a_forbidden_path_are_reported(visit: Open, tmp_path: Path) -> None:
    app = _press(visit(OTTO), f"{others.ADD}-open")
    _press(app, f"{others.ADD}-test")
    assert "Enter the host, such as db.example.com." in words(app)
    app.segmented_control(key=f"{others.ADD}-field-kind").set_value("files").run()
    assert f"Samepage can read: {tmp_path}/more, {tmp_path}/data" in words(app)
    _field(app, "path", "/etc")
    _press(app, f"{others.ADD}-test")
    assert "Samepage can't read this path" in words(app)
    assert "SAMEPAGE_DATA_FOLDERS" in words(app)


@pytest.mark.server
def test_a_password_can_be_changed_alone_and_is_never_shown(
    visit: Open, live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with postgres_database(ORDERS) as url:
        app = _press(visit(OTTO), f"{others.ADD}-open")
        app.segmented_control(key=f"{others.ADD}-field-kind").set_value("url").run()
        _field(app, "label", "Shop")
        _field(app, "address", url)
        app = _press(_tested(app), f"{others.ADD}-save")
        password = url.split(":")[2].split("@")[0]
        assert password not in words(app)
        assert f"{others.ADD}-field-address" not in app.session_state
        assert app.session_state["connection-tests"]["linked-shop"].address.text == ""
        (listed,) = _listed(live)
        key, change = "linked-shop", "linked-shop-change"
        _press(app, f"{key}-edit")
        assert app.segmented_control(key=f"{change}-field-what").value == form.PASSWORD_ONLY
        _field(app, "password", "hidden", change)
        app = _tested(app, change)
        assert "PostgreSQL does not accept this user and password." in words(app)
        assert f"{change}-save" not in {button.key for button in app.button}
        _field(app, "password", password, change)
        app = _press(_tested(app, change), f"{change}-save")
        assert "The address of Shop was changed." in words(app)
        (after,) = _listed(live)
        assert listed.stored is not None
        assert after.stored is not None
        assert (after.stored.revision, after.place) == (listed.stored.revision + 1, listed.place)
        assert password not in words(app)
        assert f"{change}-field-password" not in app.session_state
        ConnectionWork(live, OTTO).remove(after.stored.id)
    assert password not in caplog.text


def test_a_connection_is_renamed_and_removed(visit: Open, live: Live, tmp_path: Path) -> None:
    app = _added(visit, tmp_path)
    app.session_state["linked-web_orders-rename"] = True
    app.run()
    app.text_input(key="linked-web_orders-label").set_value("Web")
    app = _press(app, "linked-web_orders-rename-now")
    assert _listed(live)[0].label == "Web"
    assert "Its name in the model stays the same." in words(app)
    app.session_state["linked-web_orders-remove"] = True
    app.run()
    app = _press(app, "linked-web_orders-remove-now")
    assert "Web was removed." in words(app)
    assert _listed(live) == []


def test_a_damaged_row_says_what_to_do(visit: Open, live: Live, tmp_path: Path) -> None:
    from sqlalchemy import update

    from semantic.store.connections.connections import CONNECTIONS

    _added(visit, tmp_path)
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(CONNECTIONS).values(place="elsewhere", revision=2))
    live.connections.look()
    app = visit(OTTO)
    assert "Its address can't be decrypted" in words(app)
    assert "linked-web_orders-test" not in {button.key for button in app.button}
    assert "linked-web_orders-edit" in {button.key for button in app.button}
