"""The small company of `api_world` with a viewer, a group and a published board, and its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import once, session
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.store.spaces.spaces import make_space
from tests.pages.api_world import ANA, MODEL, build
from tests.pages.whole_app import open_app, show_pages_to

LENA = Actor(id="lena", name="Lena Brandt", roles=frozenset({"viewer"}), groups=frozenset({"Leaders"}))
JONAS = Actor(
    id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}), attributes={"markets": ("DE", "AT")},
)  # fmt: skip
PEOPLE = (
    "  - {name: helpers, who: {people: [ana]}, view_as: {people: [jonas]}}\n"
    "people:\n  - {id: lena, name: Lena Brandt, roles: [viewer], groups: [Leaders]}\n"
)
TILES = (
    Tile(id="money", kind=TileKind.NUMBER, title="Money", question=Query(metrics=("revenue",))),
    Tile(id="costs", kind=TileKind.NUMBER, title="Our costs", question=Query(metrics=("costs",))),
)
BOARD = Board(title="Sales *week*", tabs=(Tab(rows=(Row(tiles=TILES),)),))


@pytest.fixture
def live(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    data = build(tmp_path, pairs_with=3, model_text=MODEL.replace("people:\n", PEOPLE))
    store = tmp_path / "deliveries.sqlite"
    store.write_bytes(empty_store.read_bytes())
    opened = Live.open(
        Settings(
            data=str(data), model=tmp_path / "model", store=str(store), audit_key_file=tmp_path / "audit.key", demo=True
        )
    )
    monkeypatch.setattr(session, "store", lambda: (opened.store, opened.keys))
    monkeypatch.setattr(session, "settings", lambda: opened.settings)
    yield opened
    opened.close()


@pytest.fixture
def who() -> dict[str, Actor]:
    return {"asks": LENA}


@pytest.fixture
def visit(live: Live, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Opens a page as the person in `who`."""
    show_pages_to(monkeypatch, lambda: who["asks"], live.workspace, live)
    yield open_app
    once.forget()


@pytest.fixture
def board(live: Live) -> str:
    """The id of a board in a space that everyone can open."""
    with live.store.write() as transaction:
        space = make_space(transaction, "Team", ANA, live.keys).id
    return publish(live, BOARD, space)


def publish(live: Live, shown: Board, space: str = "") -> str:
    work = BoardWork(live.store, live.keys, live.workspace(), ANA)
    made = work.make(shown, space=space)
    work.publish(made, work.draft(made).revision)
    return made


def said(app: AppTest) -> str:
    """Return all text on the page."""
    texts = [str(each.value) for kind in (app.title, app.markdown, app.caption, app.warning) for each in kind]
    return " | ".join([*texts, *(button.label for button in app.button)]).replace("\\", "")
