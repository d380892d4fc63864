"""The sentence above an answer in Explore, and the verdicts of numbers with a known usual range."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.boards.read.tile import TileState
from pages.shell import session
from semantic.boards.applied import TileQuestion
from semantic.boards.board import Tile, TileKind
from semantic.display.rows import main_values
from semantic.display.words.kpi import read_headline
from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.query import Breakdown, Last, Previous, Query
from tests.semantic.explained import ExplainedWorkspace, open_explained
from tests.waiting import STUCK, until

PAGE = Path(__file__).parents[4] / "pages" / "explore" / "page.py"
WEEK = Last(1, Granularity.WEEK)
ONE = Query(metrics=("revenue",), time=WEEK, compare=(Previous(),))
Open = Callable[..., list[str]]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExplainedWorkspace]:
    opened = open_explained(tmp_path_factory.mktemp("explained"))
    yield opened
    opened.close()


@pytest.fixture
def explore(workspace: ExplainedWorkspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens Explore, and returns the text of the page as plain lines."""

    def open_page(asked: Query, person: str = "ana") -> list[str]:
        actor = workspace.people[person]
        monkeypatch.setattr(session, "require", lambda role: (workspace, actor))
        monkeypatch.setattr(session, "workspace", lambda: workspace)
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.query_params.update(query_to_params(asked))
        app.run()

        def is_known() -> bool:
            finding = app.session_state["answer-finding"]
            return finding.pending is None or finding.pending.done()

        until(is_known, "what is usual")
        app.run()
        assert not app.exception
        return [str(one.value).replace("\\", "").replace("\N{WORD JOINER}", "") for one in app.markdown]

    return open_page


def test_a_number_has_its_sentence_and_its_verdict(explore: Open) -> None:
    """The eight weeks before changed by one order of 10.10, and this week changed by 602."""
    said = explore(ONE)
    assert "**Revenue rose 52% to €1.76K.**" in said
    assert any(":green[" in line and "+52.2% better" in line for line in said)


def test_the_sentence_names_who_contributed_most(explore: Open) -> None:
    by_channel = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=WEEK, compare=(Previous(),))
    assert "**Revenue rose 52% to €1.76K. app contributed most, +€600 of +€602.**" in explore(by_channel)


def test_no_sentence_contains_hidden_rows(explore: Open) -> None:
    """Dora can see only DE, where revenue rose from 554 to 756."""
    said = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),), time=WEEK, compare=(Previous(),)), "dora")
    assert "**Revenue rose 36% to €756. web contributed most, +€202 of +€202.**" in said


def test_a_sentence_that_only_repeats_the_number_is_left_out(explore: Open) -> None:
    assert not [line for line in explore(Query(metrics=("revenue",), time=WEEK)) if "Revenue is" in line]


def test_a_tile_gets_its_usual_range_after_its_number(workspace: ExplainedWorkspace) -> None:
    tile = Tile(id="one", kind=TileKind.NUMBER, question=ONE)
    tile_state = TileState(TileQuestion(tile=tile, query=ONE), workspace.people["ana"], workspace.model.version)
    tile_state.ask(workspace)
    until(lambda: (tile_state.settle(workspace), tile_state.result is not None)[1], "the number")
    until(lambda: (tile_state.settle(workspace), not tile_state.is_waiting)[1], "what is usual")
    shown = tile_state.shown(workspace)
    assert shown.result is not None
    (change,) = read_headline(main_values(shown.result)[0], 0, shown.result, shown.usual).changes
    assert change.words == "+52.2% better"
