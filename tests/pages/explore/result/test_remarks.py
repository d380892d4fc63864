"""Remarks on an answer's chart: drawn, listed, switched off, hidden from people without access, and unreadable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.result import remarks
from pages.shell import session
from semantic.errors import EngineFailed
from semantic.workspace import Workspace
from tests.pages.charts import figures
from tests.semantic.annotated import MARCH, open_annotated
from tests.waiting import STUCK

PAGE = Path(__file__).parents[4] / "pages" / "explore" / "page.py"
Open = Callable[[str], AppTest]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_annotated(tmp_path_factory.mktemp("annotated"))
    yield opened
    opened.close()


@pytest.fixture
def explore(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:

    def open_page(person: str) -> AppTest:
        actor = workspace.people[person]
        monkeypatch.setattr(session, "require", lambda role: (workspace, actor))
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.query_params.update({name: value for name, _, value in (part.partition("=") for part in MARCH.split("&"))})
        return app.run()

    return open_page


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption).replace("\\", "")


def switches(app: AppTest) -> list[str]:
    return [toggle.label for toggle in app.toggle]


def test_remarks_are_below_the_chart_until_they_are_switched_off(explore: Open) -> None:
    app = explore("ana")
    assert not app.exception
    for text in ("20 Feb – 2 Mar 2026: Sale", "10 Mar 2026: New shop (DE)", "11 – 15 Mar 2026: Strike (FR)"):
        assert text in captions(app)
    next(toggle for toggle in app.toggle if toggle.label == "Events").set_value(False).run()
    assert "New shop" not in captions(app)
    assert "Events" in switches(app)


def test_a_person_sees_the_remarks_of_their_own_market(explore: Open) -> None:
    app = explore("dora")
    assert "New shop" in captions(app)
    assert "Strike" not in captions(app)


def test_without_visible_remarks_there_is_no_switch(explore: Open) -> None:
    app = explore("sam")
    assert not app.exception
    assert "Events" not in switches(app)
    assert "Sale" not in captions(app)


def test_unreadable_remarks_leave_the_numbers_and_show_a_message(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise EngineFailed("The table is gone.")

    monkeypatch.setattr(workspace, "annotations", fail)
    app = explore("ana")
    assert not app.exception
    assert remarks.FAILED in captions(app)
    assert figures(app)
