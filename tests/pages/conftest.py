"""Fixtures of the page tests: the small shop, its steward, and Explore opened at a question.

Files that need something else have their own fixtures.
"""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from pages.boards.read import tiles
from pages.explore import answer
from pages.shell import identity, once, session
from semantic.audit_trail.recents import Recents
from semantic.audit_trail.viewers import Viewers
from semantic.config.settings import Settings, load_settings
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.query import (
    Query,
)
from semantic.services.board_answers import tile as tile_answer
from semantic.services.check_runner import Checks
from semantic.services.finding.finder import Finder
from semantic.services.process import Live
from semantic.services.words import Words
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys, keys_of
from semantic.store.migrate import upgrade
from semantic.workspace import Workspace
from tests.companies import current_company
from tests.pages.api_world import build
from tests.pages.explore_page import PAGE, Open, held
from tests.pages.signing_in import VISIT
from tests.shop import build_shop, open_shop
from tests.waiting import STUCK


@pytest.fixture(scope="session", autouse=True)
def components() -> Iterator[None]:
    """Read the metadata of installed packages once per run, because it doesn't change, rather than for each page."""
    with pytest.MonkeyPatch.context() as patch:
        scan = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all its tables, for tests to copy."""
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    store = Store(connect_store(str(path)))
    upgrade(store)
    store.close()
    return path


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small shop's DuckDB file, for tests to copy."""
    return build_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb")


@pytest.fixture(scope="session")
def workspace(shop_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The small shop, opened once. A test that changes it must change it back."""
    opened = open_shop(shutil.copyfile(shop_file, tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture
def steward(workspace: Workspace) -> Actor:
    return workspace.people["steward"]


class OpensWhenAsked:
    """An empty store that is created when a page first reads or writes it. With `is_away`, pages can't reach it."""

    def __init__(self, folder: Path, empty: Path) -> None:
        self._folder, self._empty, self.is_away = folder, empty, False
        self._opened: Store | None = None
        self._opening = threading.Lock()  # a board's tiles read remarks in threads of their own

    def __call__(self) -> tuple[Store, Keys]:
        keys = keys_of("a secret of tests, long enough to sign with")
        if self.is_away:
            return Store(connect_store("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1")), keys
        with self._opening:
            if self._opened is None:
                copy = shutil.copyfile(self._empty, self._folder / "store.sqlite")
                self._opened = Store(connect_store(str(copy)))
            return self._opened, keys

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


@pytest.fixture(autouse=True)
def store(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpensWhenAsked]:
    """The store that each test's pages use, separate from those of other tests."""
    opened = OpensWhenAsked(tmp_path, empty_store)
    monkeypatch.setattr(session, "store", opened)
    kept: list[Recents] = []

    def recents() -> Recents:
        if not kept or opened.is_away:
            kept[:] = [Recents(*opened())]
        return kept[0]

    monkeypatch.setattr(session, "recents", recents)
    counted: list[Viewers] = []

    def viewers() -> Viewers:
        if not counted:
            counted.append(Viewers(*opened()))
        return counted[0]

    monkeypatch.setattr(session, "viewers", viewers)
    looked: list[Checks] = []

    def checks() -> Checks:
        """Return the results of the data checks. None have run yet."""
        if not looked:
            looked.append(Checks(*opened(), lambda: session.workspace()))
        return looked[0]

    monkeypatch.setattr(session, "checks", checks)
    finders: dict[Workspace, Finder] = {}

    def finder() -> Finder:
        """Return a finder over the test's workspace."""
        running, _ = session.require("viewer")
        if running not in finders:
            finders[running] = Finder(Words(running))
        return finders[running]

    monkeypatch.setattr(session, "finder", finder)
    yield opened
    for made in finders.values():
        made.words.close()
    opened.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pages wait for their answers, so that what they show first doesn't depend on the machine's speed."""
    monkeypatch.setattr(answer, "PATIENCE", STUCK)
    monkeypatch.setattr(tiles, "PATIENCE", STUCK)
    monkeypatch.setattr(tiles, "BESIDE", STUCK)
    monkeypatch.setattr(tile_answer, "BESIDE_SECONDS", STUCK)


@pytest.fixture
def who(steward: Actor) -> dict[str, Actor]:
    """The person who is signed in. A test can change it between two runs."""
    return {"asks": steward}


@pytest.fixture
def explore(workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page at a question, or with raw parameters, and with the popovers of these names open."""
    monkeypatch.setattr(session, "require", lambda role: (workspace, who["asks"]))

    def open_page(asked: Query | None = None, *popovers: str, **params: Any) -> AppTest:
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.query_params.update(query_to_params(asked) if asked else params)
        app.run()
        for name in popovers:
            app.session_state[held(app).key(name)] = True
        if popovers:
            app.run()
        assert not app.exception
        return app

    return open_page


@pytest.fixture(scope="session")
def orders_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the six orders of tests/pages/api_world.py, with their model."""
    folder = tmp_path_factory.mktemp("orders")
    build(folder, pairs_with=3)
    return folder


@pytest.fixture
def orders_live(orders_folder: Path, empty_store: Path, tmp_path: Path) -> Iterator[Live]:
    """A demo over these orders, with a separate store."""
    store = shutil.copyfile(empty_store, tmp_path / "store.sqlite")
    opened = Live.open(
        Settings(
            data=str(orders_folder / "orders.duckdb"), model=orders_folder / "model", store=str(store),
            audit_key_file=tmp_path / "audit.key", demo=True,
        )
    )  # fmt: skip
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo company with data to yesterday. No test writes to it."""
    return current_company(tmp_path_factory)


@pytest.fixture(scope="session")
def demo_store(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a demo that has started once, for tests to copy. It has the model's first version."""
    path = tmp_path_factory.mktemp("demo") / "store.sqlite"
    Live.open(replace(load_settings(), demo=True, data=str(company), store=str(path))).close()
    return path


@pytest.fixture
def cookies(
    company: Path, demo_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """The cookies of one browser in demo mode, over a separate store. AppTest itself has no cookies."""
    jar = {identity.VISIT_COOKIE: VISIT}
    monkeypatch.setenv("SAMEPAGE_DEMO", "1")
    monkeypatch.setenv("SAMEPAGE_DATA", str(company))
    monkeypatch.setenv("SAMEPAGE_STORE", str(shutil.copyfile(demo_store, tmp_path / "store.sqlite")))
    monkeypatch.setattr(session, "cookies", lambda: jar)
    monkeypatch.setattr(session, "checks", lambda: session.live().checks)
    once.forget()
    yield jar
    once.forget()
