"""The page Public links over its own store: who can open it, and how to create, list and revoke links."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.govern.public_links import form as link_form
from pages.shell import links, once, session
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.config.settings import Settings, SettingsError, load_settings
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.services.public_links import OpenedLink, PublicLinkWork, open_public_link
from semantic.store.boards.public_links import PublicLink
from tests.pages.api_world import ANA, OTTO, build
from tests.pages.whole_app import ROOT, is_closed, open_app, show_pages_to
from tests.waiting import STUCK

Open = Callable[..., AppTest]
POLICY = "policies:\n  - {name: agency, who: {links: [agency, wall]}, grant: {metrics: [revenue]}, whole: all}\n"
WALL = Board(title="Sales *wall*", tabs=(Tab(rows=(Row(tiles=(Tile(id="a", kind=TileKind.TEXT, text="Hi"),)),)),))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    build(folder, pairs_with=3)
    (folder / "model/links.yml").write_text(POLICY, encoding="utf-8")
    return folder


@pytest.fixture
def live(folder: Path, empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    path = shutil.copyfile(empty_store, tmp_path / "links.sqlite")
    settings = Settings(
        data=str(folder / "orders.duckdb"), model=folder / "model", store=str(path),
        audit_key_file=tmp_path / "audit.key", demo=True, public_links=True,
    )  # fmt: skip
    opened = Live.open(settings)
    monkeypatch.setattr(session, "store", lambda: (opened.store, opened.keys))
    monkeypatch.setattr(session, "settings", lambda: opened.settings)
    yield opened
    opened.close()


@pytest.fixture
def who() -> dict[str, Actor]:
    return {"asks": ANA}


@pytest.fixture
def visit(live: Live, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open the page as the person in `who`, at this address."""
    show_pages_to(monkeypatch, lambda: who["asks"], live.workspace, live)
    yield lambda **address: open_app(links.PUBLIC_LINKS, **address)
    once.forget()


@pytest.fixture
def board(live: Live) -> str:
    work = BoardWork(live.store, live.keys, live.workspace(), ANA)
    made = work.make(WALL)
    work.publish(made, work.draft(made).revision)
    return made


def _make(live: Live, board: str, label: str = "Agency *wall*", days: int = 30) -> tuple[PublicLink, str]:
    return PublicLinkWork(live.store, live.keys, live.workspace(), ANA).make(board, "agency", label, days)


def words(app: AppTest) -> str:
    texts = [str(each.value) for kind in (app.title, app.markdown, app.caption, app.warning) for each in kind]
    return " | ".join([*texts, *(button.label for button in app.button)]).replace("\\", "")


def _press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def _field(app: AppTest, kind: str, field: str) -> Any:
    name = app.session_state[link_form.TIMES]
    return getattr(app, kind)(key=f"{field}-{name}")


def _text_of(app: AppTest) -> str:
    """Return the secret part of the link that is shown."""
    return next(code.value for code in app.code if "/public/" in code.value).partition("/public/")[2]


@pytest.mark.parametrize("person", [JONAS, Actor(id="x"), Actor(id="lena", roles=frozenset({"viewer"}))])
def test_only_stewards_and_administrators_open_it(
    visit: Open, live: Live, board: str, who: dict[str, Actor], person: Actor
) -> None:
    _make(live, board)
    who["asks"] = person
    app = AppTest.from_file(str(ROOT / links.PUBLIC_LINKS), default_timeout=STUCK).run()
    assert "You don't have access to this page" in words(app)
    assert "Agency" not in words(app)
    assert is_closed(visit())


def test_a_steward_creates_a_link_that_is_shown_once(visit: Open, live: Live, board: str) -> None:
    app = visit()
    assert "No public links yet" in words(app)
    app = _press(app, "public-link-new")
    app = _press(app, "public-link-create")
    assert "Choose a board." in words(app)
    _field(app, "selectbox", link_form.BOARD).select(board)
    _field(app, "selectbox", link_form.AUDIENCE).select("wall")
    _field(app, "selectbox", link_form.DAYS).select(7)
    _field(app, "text_input", link_form.LABEL).input("Office *screen*")
    app = _press(app, "public-link-create")
    assert not app.exception
    link = _text_of(app)
    opened = open_public_link(link, live)
    assert isinstance(opened, OpenedLink)
    assert (opened.link.board, opened.link.audience, opened.link.label) == (board, "wall", "Office *screen*")
    assert opened.link.until - opened.link.made_at == timedelta(days=7)
    app = _press(app, "public-link-copied")
    assert link not in words(app)
    assert not [code for code in app.code if "/public/" in code.value]
    assert "Office *screen*" in words(app)
    assert "1 active link" in words(app)


def test_the_form_counts_the_tiles_that_its_audience_cannot_see(visit: Open, live: Live, board: str) -> None:
    tiles = [
        Tile(id=metric, kind=TileKind.NUMBER, question=Query(metrics=(metric,))) for metric in ("revenue", "costs")
    ]
    work = BoardWork(live.store, live.keys, live.workspace(), ANA)
    mixed = work.make(replace(WALL, tabs=(Tab(rows=(*WALL.tabs[0].rows, Row(tiles=tuple(tiles)))),)))
    work.publish(mixed, work.draft(mixed).revision)
    app = _press(visit(), "public-link-new")
    _field(app, "selectbox", link_form.AUDIENCE).select("agency")
    _field(app, "selectbox", link_form.BOARD).select(board).run()
    assert not app.warning
    _field(app, "selectbox", link_form.BOARD).select(mixed).run()
    (warning,) = app.warning
    assert warning.value.startswith("This audience can't see 1 of 2 tiles on this board.")


def test_boards_with_the_same_title_are_told_apart(visit: Open, live: Live, board: str) -> None:
    work = BoardWork(live.store, live.keys, live.workspace(), ANA)
    twin = work.make(WALL)
    work.publish(twin, work.draft(twin).revision)
    for wanted in (board, twin):
        app = _press(visit(), "public-link-new")
        _field(app, "selectbox", link_form.BOARD).select(wanted)
        _field(app, "selectbox", link_form.AUDIENCE).select("agency")
        _field(app, "text_input", link_form.LABEL).input("Agency")
        opened = open_public_link(_text_of(_press(app, "public-link-create")), live)
        assert isinstance(opened, OpenedLink)
        assert opened.link.board == wanted


def test_the_share_menu_leads_to_the_form_with_its_board(visit: Open, board: str) -> None:
    app = visit(d=board)
    assert _field(app, "selectbox", link_form.BOARD).value == board


def test_each_link_says_what_it_opens_and_whether_it_works(visit: Open, live: Live, board: str) -> None:
    _make(live, board)
    _make(live, board, "Soon", 3)
    app = visit()
    assert not app.exception
    text = words(app)
    assert "2 active links" in text
    assert "For agency. Created by Ana Ribeiro." in text
    assert "Never opened." in text
    assert "Expires in 3 days" in text
    assert not list(app.code)


def test_a_revoked_link_disappears_and_stops_working(
    visit: Open, live: Live, board: str, who: dict[str, Actor]
) -> None:
    made, link = _make(live, board)
    who["asks"] = OTTO
    app = visit()
    app.session_state[f"public-link-end-{made.number}"] = True
    app = app.run()
    app.text_input(key=f"public-link-end-{made.number}-why").input("The project is over")
    app = _press(app, f"public-link-end-{made.number}-now")
    assert "Agency *wall* is revoked. Open pages stop within a minute." in words(app)
    assert "No active links" in words(app)
    assert not isinstance(open_public_link(link, live), OpenedLink)
    app = app.toggle(key="public-links-old").set_value(True).run()
    assert "Reason: The project is over" in words(app)


def test_someone_viewing_as_another_person_sees_the_list_without_buttons(
    visit: Open, live: Live, board: str, who: dict[str, Actor]
) -> None:
    _make(live, board)
    who["asks"] = replace(ANA, viewed_by="otto")
    app = visit()
    assert "Create link" not in words(app)


def test_a_link_without_the_person_who_created_it_does_not_look_active(visit: Open, live: Live, board: str) -> None:
    _make(live, board)
    live.workspace().people = {  # the model's people, of whom Ana is now a marketer
        name: replace(person, roles=frozenset({"marketer"})) if name == "ana" else person
        for name, person in live.workspace().people.items()
    }
    live.look()
    text = words(visit())
    assert "0 active links" in text
    assert "The person who created it is no longer a steward" in text


def test_without_a_policy_for_links_the_form_says_what_to_do(visit: Open, live: Live, board: str) -> None:
    model = replace(live.workspace().model, policies=())
    live.workspace().model = model
    app = _press(visit(), "public-link-new")
    assert "No policy covers public links yet" in words(app)


def test_if_links_are_off_the_page_is_not_in_the_menu_and_creates_none(visit: Open, live: Live, board: str) -> None:
    made, _ = _make(live, board)
    live.settings = replace(live.settings, public_links=False)
    live.workspace().settings = live.settings
    app = visit()
    assert "Public links are turned off on this server" in words(app)
    assert "Create link" not in words(app)
    assert made.label in words(app)  # it can still be revoked


def test_the_setting_is_off_by_default_and_accepts_only_true_or_false() -> None:
    assert load_settings({}).public_links is False
    assert load_settings({"SAMEPAGE_PUBLIC_LINKS": "1"}).public_links is True
    with pytest.raises(SettingsError, match="SAMEPAGE_PUBLIC_LINKS is 'maybe'"):
        load_settings({"SAMEPAGE_PUBLIC_LINKS": "maybe"})
