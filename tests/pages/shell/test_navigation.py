"""No page or response reveals where the server stores its data, whatever is wrong with the data."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once, session
from pages.shell.navigation import PAGES
from semantic.__main__ import main
from semantic.config.settings import Settings, SettingsError, load_settings
from semantic.errors import SemanticError, with_place
from semantic.policy.actor import Actor
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.store.accounts.follows import follow
from semantic.store.spaces.spaces import MINE
from tests.pages.api_world import QUESTION, open_world
from tests.pages.board_world import SHOP as BOARD
from tests.pages.whole_app import open_app, show_pages_to
from tests.shop import SHOP

OTTO = Actor(id="otto", name="Otto", roles=frozenset({"steward", "administrator"}))
FOLDER, FILE = "kept-in-4711", "figures-of-4711"


def missing(data: Path) -> None:
    data.unlink()


def broken(data: Path) -> None:
    data.unlink()
    data.write_bytes(b"this is not a database" * 1_000)


def pipe(data: Path) -> None:
    data.unlink()
    os.mkfifo(data)


def folder(data: Path) -> None:
    data.unlink()
    data.mkdir()


Wrong = Callable[[Path], None]
WRONG = pytest.mark.parametrize("wrong", [missing, broken, pipe, folder])


@pytest.fixture
def live(shop_file: Path, empty_store: Path, tmp_path: Path) -> Iterator[Live]:
    (tmp_path / FOLDER).mkdir()
    data = shutil.copyfile(shop_file, tmp_path / FOLDER / f"{FILE}.duckdb")
    store = shutil.copyfile(empty_store, tmp_path / FOLDER / "store.sqlite")
    key = "a key of tests that is long enough for it"
    opened = Live.open(Settings(data=str(data), model=SHOP, store=str(store), audit_key=key))
    yield opened
    opened.close()


@pytest.fixture
def visit(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Opens a page as someone with access to every page and all of the shop."""
    steward = replace(live.workspace().people["steward"], roles=OTTO.roles)
    show_pages_to(monkeypatch, lambda: steward, live.workspace, live)
    monkeypatch.setattr(session, "store", lambda: (live.store, live.keys))
    monkeypatch.setattr(session, "recents", lambda: live.recents)
    yield open_app
    once.forget()


def all_of(node: Any) -> Iterator[str]:  # Any: a node of Streamlit's tree
    """Yield everything a page sends to its browser."""
    yield str(getattr(node, "proto", ""))
    for child in getattr(node, "children", {}).values():
        yield from all_of(child)


def names_no_place(text: str) -> None:
    for part in (FOLDER, FILE, "/tmp/", "store.sqlite", "orders.duckdb"):
        assert part not in text, text[max(0, text.find(part) - 300) : text.find(part) + 100]


@WRONG
def test_no_page_reveals_where_the_data_is(live: Live, visit: Callable[..., AppTest], wrong: Wrong) -> None:
    workspace = live.workspace()
    steward = workspace.people["steward"]
    work = BoardWork(live.store, live.keys, workspace, steward)
    board = work.make(BOARD, space=MINE)
    with live.store.write(recorded=False) as transaction:
        follow(transaction, steward, "metric", "revenue")
    wrong(Path(live.settings.data))
    workspace.runner.cache.clear()
    addresses: dict[str, dict[str, object]] = {
        links.EXPLORE: {"m": "revenue", "by": "channel"}, links.CATALOGUE: {"metric": "revenue"},
        links.BOARD: {links.BOARD_ID: board}, links.COMPOSE: {links.BOARD_ID: board},
    }  # fmt: skip
    # A broken file breaks the same calls as one that is missing: the pages that ask for numbers are enough.
    files = [row.file for row in PAGES] if wrong is missing else [links.HOME, links.EXPLORE, links.BOARD]
    failed = 0
    for file in files:
        app = visit(file, **addresses.get(file, {}))
        assert not app.exception, file
        text = "\n".join(all_of(app._tree))
        failed += "The data " in text
        if file == links.CONNECTIONS:  # where an administrator looks for it, and nowhere else
            text = text.replace(f"DuckDB, {live.settings.data}".replace("_", r"\_"), "")
            continue
        names_no_place(text)
    assert failed >= 2, "no page was asked for what is not there"


def test_an_error_after_a_click_names_no_path(live: Live, visit: Callable[..., AppTest]) -> None:
    missing(Path(live.settings.data))
    app = visit(links.CONNECTIONS)
    app.button(key="connection-data-test").click().run()
    texts = [str(error.value) for kind in (app.error, app.warning, app.markdown) for error in kind]
    (text,) = [value for value in texts if "There is no data" in value]
    names_no_place(text)


@pytest.mark.server
@WRONG
def test_no_http_response_reveals_where_the_data_is(tmp_path: Path, wrong: Wrong) -> None:
    (tmp_path / FOLDER).mkdir()
    with open_world(tmp_path / FOLDER) as world:
        _, token = world.token(role="steward", attributes={})
        receipt = world.ask(token).headers["samepage-receipt"]
        wrong(Path(world.live.settings.data))
        world.live.workspace().runner.cache.clear()
        asked = [world.ask(token), world.ask(token, QUESTION | {"by": ["buyer"]}, Accept="text/csv")]
        others = [world.ask(token, path="/api/v1/check"), world.get(token, f"/api/v1/receipts/{receipt}")]
        others += [world.get(token, f"/api/v1/{name}") for name in ("metrics", "dimensions", "segments", "token")]
    assert [reply.status for reply in asked] == [503, 503]
    for reply in (*asked, *others):
        assert reply.status in (200, 503), reply.content
        names_no_place(f"{reply.headers}{reply.content.decode()}")


@WRONG
def test_a_failed_start_names_the_path_in_one_sentence(
    tmp_path: Path, shop_file: Path, wrong: Wrong, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The person who starts the server sees the path, but the `str` of the error doesn't have it."""
    data = shutil.copyfile(shop_file, tmp_path / f"{FILE}.duckdb")
    wrong(data)
    monkeypatch.setenv("SAMEPAGE_DATA", str(data))
    monkeypatch.setenv("SAMEPAGE_MODEL", str(SHOP))
    assert main(["ask", "revenue"]) == 1
    said = capsys.readouterr().err
    assert str(data) in said
    assert said.count("\n") <= 2
    with pytest.raises(SemanticError) as refused:
        Live.open(Settings(data=str(data), model=SHOP, store=str(tmp_path / "store"), audit_key="a" * 40))
    names_no_place(str(refused.value))


PATHS = ("SAMEPAGE_DATA", "SAMEPAGE_MODEL", "SAMEPAGE_STORE", "SAMEPAGE_AUDIT_KEY_FILE", "SAMEPAGE_SETTINGS")


@pytest.mark.parametrize(
    ("setting", "bad"),
    [
        *((setting, bad) for setting in PATHS for bad in ("pipe", "folder")),
        ("SAMEPAGE_MODEL", "model"),
        ("SAMEPAGE_MASK_KEY", "file:pipe"),
        ("SAMEPAGE_STORE", "file:folder"),
    ],
)
def test_an_invalid_path_is_refused_without_waiting(tmp_path: Path, shop_file: Path, setting: str, bad: str) -> None:
    """Opening a pipe would wait for a writer."""
    (tmp_path / "model").mkdir()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "model" / "pipe.yml")
    good = {"SAMEPAGE_DATA": str(shop_file), "SAMEPAGE_MODEL": str(SHOP), "SAMEPAGE_STORE": str(tmp_path / "s.sqlite")}
    good["SAMEPAGE_AUDIT_KEY_FILE"] = str(tmp_path / "key")
    Live.open(load_settings(good)).close()
    (tmp_path / "key").unlink()
    kind, colon, place = bad.rpartition(":")
    with pytest.raises((SemanticError, SettingsError)) as refused:
        Live.open(load_settings(good | {setting: f"{kind}{colon}{tmp_path / place}"}))
    assert str(tmp_path) in with_place(refused.value) or "pipe.yml" in str(refused.value)
