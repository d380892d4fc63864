"""Adding, editing and removing a remark on a chart in Explore: who can do it, and hostile texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.result.selection import Selection
from pages.shell import session
from semantic.annotations.remarks import Remark
from semantic.results.result import Period
from semantic.services.remarks import RemarkWork
from semantic.store.numbers.remarks import read_remarks
from tests.pages.conftest import OpensWhenAsked
from tests.pages.explore_page import held
from tests.pages.pointer_menus import pointer_menu
from tests.semantic.paced import PacedWorkspace, open_paced
from tests.semantic.store.faults import FAULTS
from tests.waiting import STUCK

PAGE = Path(__file__).parents[4] / "pages" / "explore" / "page.py"
DAYS = {"m": "revenue", "by": "day:day", "t": "2026-01-01..2026-01-10"}
Open = Callable[..., AppTest]
REVENUE = ("revenue",)
STRIKE = Remark(first=date(2026, 1, 5), last=date(2026, 1, 6), text="Strike", dim="market", member="FR")


@pytest.fixture(scope="module")
def paced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedWorkspace]:
    opened = open_paced(tmp_path_factory.mktemp("paced"))
    yield opened
    opened.close()


@pytest.fixture
def workspace(paced: PacedWorkspace, store: OpensWhenAsked, monkeypatch: pytest.MonkeyPatch) -> PacedWorkspace:
    """The company, with remarks from the test's own store."""

    def written(period: Period) -> list[tuple[str, Remark]]:
        with store()[0].read() as connection:
            return read_remarks(connection, first=period.start, end=period.end)

    monkeypatch.setattr(paced, "written", written)
    return paced


@pytest.fixture
def explore(workspace: PacedWorkspace, monkeypatch: pytest.MonkeyPatch) -> Open:

    def open_page(person: str, **params: str) -> AppTest:
        actor = workspace.people[person]
        monkeypatch.setattr(session, "require", lambda role: (workspace, actor))
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.query_params.update(params or DAYS)
        app.run()
        assert not app.exception
        return app

    return open_page


@pytest.fixture
def work(workspace: PacedWorkspace, store: OpensWhenAsked) -> Callable[[str], RemarkWork]:
    return lambda who: RemarkWork(*store(), workspace, workspace.people[who])


def labelled(elements: Any, label: str) -> Any:  # Any: AppTest's own lists
    (element,) = [candidate for candidate in elements if candidate.label.replace("\\", "") == label]
    return element


def keyed(app: AppTest, ending: str) -> Any:  # Any: a button of AppTest
    (button,) = [each_button for each_button in app.button if str(each_button.key).endswith(ending)]
    return button


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption).replace("\\", "")


def test_a_new_remark_is_on_the_chart_at_once(explore: Open) -> None:
    app = explore("mark")
    keyed(app, "remark-new").click().run()
    assert labelled(app.button, "Add remark").disabled
    labelled(app.text_area, "What happened").set_value("Launch [x](http://evil.example) :red[now]").run()
    labelled(app.date_input, "Days").set_value((date(2026, 1, 3), date(2026, 1, 4))).run()
    labelled(app.selectbox, "About").set_value("market").run()
    assert labelled(app.button, "Add remark").disabled
    labelled(app.selectbox, "Which one").set_value("DE").run()
    labelled(app.button, "Add remark").click().run()
    assert not app.exception
    assert "3 – 4 Jan 2026: Launch" in captions(app)
    assert "(DE)" in captions(app)
    assert all(
        "[x](http" not in str(caption.value) and ":red[now]" not in str(caption.value) for caption in app.caption
    )


def test_a_remark_that_cannot_be_stored_stays_in_the_form(explore: Open, store: OpensWhenAsked) -> None:
    app = explore("mark")
    keyed(app, "remark-new").click().run()
    labelled(app.text_area, "What happened").set_value("Launch").run()
    labelled(app.date_input, "Days").set_value((date(2026, 1, 3), date(2026, 1, 4))).run()
    with FAULTS["read_only"](store()[0]):
        labelled(app.button, "Add remark").click().run()
        assert not app.exception
        assert "The store is read-only. Nothing was changed" in captions(app) + str(
            [warning.value for warning in app.warning]
        )
        assert labelled(app.text_area, "What happened").value == "Launch"
    labelled(app.button, "Add remark").click().run()
    assert "3 – 4 Jan 2026: Launch" in captions(app)


def test_the_selection_prefills_the_form(explore: Open) -> None:
    app = explore("mark", m="revenue", by="day:day,market", t="2026-01-01..2026-01-10")
    result = held(app).result
    assert result is not None
    row = next(
        at
        for at, candidate in enumerate(result.rows())
        if candidate["market"] == "FR" and candidate["day_day"] == date(2026, 1, 7)
    )
    app.session_state["answer-selection"] = Selection(result, (row,), "", "table")
    app.run()
    pointer_menu(app).choose("Add remark")
    assert labelled(app.date_input, "Days").value == (date(2026, 1, 7), date(2026, 1, 7))
    assert labelled(app.selectbox, "About").value == "market"
    assert labelled(app.selectbox, "Which one").value == "FR"


def test_viewers_cannot_add_remarks(explore: Open, work: Callable[[str], RemarkWork]) -> None:
    work("mark").write(replace(STRIKE, dim="", member=None), REVENUE)
    app = explore("ana")
    assert "Strike" in captions(app)
    assert not [button for button in app.button if "remark" in str(button.key)]


def test_an_answer_without_days_has_no_remarks(explore: Open) -> None:
    app = explore("mark", m="revenue", t="2026-01-01..2026-01-10")
    assert not [button for button in app.button if "remark" in str(button.key)]


def test_people_can_edit_and_remove_their_own_remark(explore: Open, work: Callable[[str], RemarkWork]) -> None:
    work("mark").write(STRIKE, REVENUE)
    app = explore("mark")
    keyed(app, "remark-edit").click().run()
    labelled(app.text_area, "What happened").set_value("Strike is over").run()
    labelled(app.button, "Save changes").click().run()
    assert "Strike is over (FR)" in captions(app)
    keyed(app, "remark-edit").click().run()
    labelled(app.button, "Remove").click().run()
    assert "Strike" not in captions(app)
    assert not [button for button in app.button if str(button.key).endswith("remark-edit")]


def test_people_cannot_change_others_remarks(explore: Open, work: Callable[[str], RemarkWork]) -> None:
    work("stew").write(STRIKE, REVENUE)
    app = explore("mark")
    keyed(app, "remark-edit").click().run()
    assert "Only a remark's author or a steward can edit it" in captions(app)
    app = explore("dora")
    assert "Strike" not in captions(app)
    assert not [button for button in app.button if str(button.key).endswith("remark-edit")]


def test_no_one_can_write_a_remark_they_could_not_read(explore: Open) -> None:
    app = explore("dora")
    keyed(app, "remark-new").click().run()
    labelled(app.text_area, "What happened").set_value("All of it").run()
    labelled(app.toggle, "Only people with access to all rows").set_value(True).run()
    labelled(app.button, "Add remark").click().run()
    assert "You wouldn't be able to see this remark" in app.warning[0].value
