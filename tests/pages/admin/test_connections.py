"""The page Connections over its own store: who can open it, and what it says before and after a test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.services.process import Live
from tests.pages.whole_app import is_closed, open_app, show_pages_to
from tests.shop import SHOP

OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
Open = Callable[[Actor], AppTest]


@pytest.fixture
def live(shop_file: Path, empty_store: Path, tmp_path: Path) -> Iterator[Live]:
    data = shutil.copyfile(shop_file, tmp_path / "shop.duckdb")
    with duckdb.connect(data) as connection:
        connection.execute("DROP TABLE channels")
    shutil.copyfile(empty_store, tmp_path / "store.sqlite")
    key = "a key of tests that is long enough for it"
    opened = Live.open(Settings(data=str(data), model=SHOP, store=str(tmp_path / "store.sqlite"), audit_key=key))
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
    texts = [str(element.value) for kind in (app.title, app.markdown, app.caption) for element in kind]
    return " | ".join(texts).replace("\\", "")


@pytest.mark.parametrize("role", ["steward", "marketer", "viewer"])
def test_only_administrators_open_it(visit: Open, role: str, live: Live) -> None:
    app = visit(Actor(id="x", roles=frozenset({role})))
    assert is_closed(app)
    assert str(live.settings.data) not in words(app)


def test_no_connection_is_tested_before_a_click(visit: Open, live: Live) -> None:
    app = visit(OTTO)
    text = words(app)
    assert text.count("Not tested yet.") == 2
    assert f"DuckDB, {live.settings.data}" in text
    assert "SQLite, " in text
    assert "canary" not in text


def test_a_test_says_how_a_connection_answers_and_which_tables_are_missing(visit: Open, live: Live) -> None:
    app = visit(OTTO)
    app.button(key="connection-data-test").click().run()
    text = words(app)
    assert "1 dataset can't be read. Questions about the others still work." in text
    assert text.count("Not tested yet.") == 1
    assert not app.dataframe  # this person may see no dataset of the model
    app.button(key="connection-store-test").click().run()
    assert "Took " in words(app)


def test_people_with_access_to_datasets_see_which_one_is_missing(visit: Open, live: Live) -> None:
    steward = live.workspace().people["steward"]
    both = Actor(id=steward.id, roles=steward.roles | {"administrator"}, groups=steward.groups)
    app = visit(both)
    app.button(key="connection-data-test").click().run()
    rows = app.dataframe[0].value
    first = rows.iloc[0]
    assert (first["Dataset"], first["State"]) == ("Channels", "There is no table named 'channels' in the data.")
    assert set(rows["State"][1:]) == {"Found"}
