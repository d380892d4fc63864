"""Remarks added from a board's tile: who can add one, what is filled in, and which charts show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from pages.boards.read.tile import TileState
from pages.explore.result.remark_form import RemarkDefaults
from pages.shell import links, session
from semantic.annotations.remarks import Remark
from semantic.boards.board import BoardState, Row, Tab, Tile, TileKind
from semantic.query.codec import query_from_params
from semantic.results.result import Period
from semantic.services.remarks import RemarkWork
from semantic.store.numbers.remarks import read_remarks
from tests.pages.charts import figures
from tests.pages.conftest import OpensWhenAsked
from tests.semantic.paced import PacedWorkspace, open_paced
from tests.waiting import STUCK

PAGE = Path(__file__).parents[2] / "tiles_page.py"
JANUARY = "t=2026-01-01..2026-01-10"


def tile(name: str, asked: str, kind: TileKind = TileKind.CHART) -> Tile:
    return Tile(id=name, kind=kind, title=name, question=query_from_params(parse_qs(asked)))


DAYS = tile("days", f"m=revenue&by=day:day&{JANUARY}")
OF_FR = tile("french", f"m=revenue&by=day:day&{JANUARY}&f=market:in:FR")
DECEMBER = tile("december", "m=revenue&by=day:day&t=2025-12-01..2025-12-31")
MARKETS = tile("markets", f"m=revenue&by=market&{JANUARY}")
LISTED = tile("listed", f"m=revenue&by=day:day&{JANUARY}", TileKind.TABLE)
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def paced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedWorkspace]:
    opened = open_paced(tmp_path_factory.mktemp("paced"))
    yield opened
    opened.close()


@pytest.fixture
def workspace(paced: PacedWorkspace, store: OpensWhenAsked, monkeypatch: pytest.MonkeyPatch) -> PacedWorkspace:
    """The company, with remarks in the test's own store."""

    def written(period: Period) -> list[tuple[str, Remark]]:
        with store()[0].read() as connection:
            return read_remarks(connection, first=period.start, end=period.end)

    monkeypatch.setattr(paced, "written", written)
    return paced


@pytest.fixture
def board(workspace: PacedWorkspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a board of these tiles as a person, with the first tile's menu open."""

    def open_board(person: str, *tiles: Tile) -> AppTest:
        actor = workspace.people[person]
        monkeypatch.setattr(session, "require", lambda role: (workspace, actor))
        monkeypatch.setattr(session, "actor", lambda: actor)
        monkeypatch.setattr(session, "workspace", lambda: workspace)
        monkeypatch.setattr(links, "EXPLORE", str(PAGE.parents[2] / "pages/explore/page.py"))
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.session_state["the tab"], app.session_state["the state"] = Tab(rows=(Row(tiles=tiles),)), BoardState()
        app.session_state["told"], app.session_state["picked"] = lambda _: None, None
        app.session_state[f"board-{tiles[0].id}-menu"] = True
        app.run()
        assert not app.exception
        return app

    return open_board


def labelled(elements: Any, label: str) -> Any:  # Any: AppTest's own lists
    (element,) = [one for one in elements if one.label.replace("\\", "") == label]
    return element


def offered(app: AppTest) -> set[str]:
    return {button.label for button in app.button if "remark" in button.label.lower()}


def open_menu(app: AppTest) -> None:
    app.session_state["board-days-menu"] = True
    app.run()


def on_chart(app: AppTest, name: str) -> list[str]:
    tile_state: TileState = app.session_state[f"board-{name}"]
    return [remark.text for remark in tile_state.remarks]


def test_a_remark_shows_at_once_on_every_chart_of_its_days(board: Open) -> None:
    app = board("mark", DAYS, OF_FR, DECEMBER)
    assert offered(app) == {"Add a remark"}
    labelled(app.button, "Add a remark").click().run()
    assert labelled(app.date_input, "Days").value == (date(2026, 1, 10), date(2026, 1, 10))
    assert labelled(app.selectbox, "About").value == ""
    assert "Chart period: 1 – 10 Jan 2026" in [caption.value.replace("\\", "") for caption in app.caption]
    labelled(app.text_area, "What happened").set_value("Launch [x](http://evil.example)").run()
    labelled(app.button, "Add remark").click().run()
    assert not app.exception
    assert [on_chart(app, name) for name in ("days", "french", "december")] == [
        ["Launch [x](http://evil.example)"], ["Launch [x](http://evil.example)"], [],
    ]  # fmt: skip
    drawn = [str(figure) for figure in figures(app)]
    assert ["Launch" in figure for figure in drawn] == [True, True, False]
    assert offered(app) == set(), "the menu is closed, since it would lie over the dialog"
    open_menu(app)
    assert offered(app) == {"Add a remark", "Edit remarks"}


def test_returning_to_two_tiles_with_open_dialogs_opens_only_one(board: Open) -> None:
    """Someone who goes from one tile's dialog to another's by address returns to a page on which both were opened."""
    app = board("mark", DAYS, OF_FR)
    labelled(app.button, "Add a remark").click().run()
    french: TileState = app.session_state["board-french"]
    assert french.result is not None
    app.session_state["tile-french-remark"] = RemarkDefaults(french.result, date(2026, 1, 10), date(2026, 1, 10))
    app.run()
    assert not app.exception
    assert len([area for area in app.text_area if area.label == "What happened"]) == 1


def test_a_tiles_filters_prefill_the_remark(board: Open) -> None:
    app = board("mark", OF_FR, DAYS)
    labelled(app.button, "Add a remark").click().run()
    assert labelled(app.selectbox, "About").value == "market"
    assert labelled(app.selectbox, "Which one").value == "FR"


def test_an_existing_remark_is_edited_and_removed(
    board: Open, workspace: PacedWorkspace, store: OpensWhenAsked
) -> None:
    work = RemarkWork(*store(), workspace, workspace.people["mark"])
    work.write(Remark(first=date(2026, 1, 5), last=date(2026, 1, 5), text="Strike"), ("revenue",))
    app = board("mark", DAYS, OF_FR)
    labelled(app.button, "Edit remarks").click().run()
    labelled(app.text_area, "What happened").set_value("Strike is over").run()
    labelled(app.button, "Save changes").click().run()
    assert on_chart(app, "days") == on_chart(app, "french") == ["Strike is over"]
    open_menu(app)
    labelled(app.button, "Edit remarks").click().run()
    labelled(app.button, "Remove").click().run()
    assert on_chart(app, "days") == on_chart(app, "french") == []
    open_menu(app)
    assert offered(app) == {"Add a remark"}


def test_viewers_can_read_remarks_but_not_add_them(
    board: Open, workspace: PacedWorkspace, store: OpensWhenAsked
) -> None:
    work = RemarkWork(*store(), workspace, workspace.people["mark"])
    work.write(Remark(first=date(2026, 1, 5), last=date(2026, 1, 5), text="Strike"), ("revenue",))
    app = board("ana", DAYS)
    assert on_chart(app, "days") == ["Strike"]
    assert offered(app) == set()


@pytest.mark.parametrize("shown", [MARKETS, LISTED])
def test_only_a_chart_of_days_has_remarks(board: Open, shown: Tile) -> None:
    assert offered(board("mark", shown)) == set()


def test_no_one_can_write_a_remark_they_could_not_read(board: Open) -> None:
    app = board("dora", DAYS)
    labelled(app.button, "Add a remark").click().run()
    labelled(app.text_area, "What happened").set_value("All of it").run()
    labelled(app.toggle, "Only people with access to all rows").set_value(True).run()
    labelled(app.button, "Add remark").click().run()
    assert "You wouldn't be able to see this remark" in app.warning[0].value
    assert on_chart(app, "days") == []
