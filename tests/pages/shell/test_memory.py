"""Memory of a tab: removed widgets are forgotten, and so is a tab that can no longer reconnect."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import KeyIdMapper, WStates

from pages.explore.result import pictures
from pages.shell import links, session
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.model.definitions import Granularity
from semantic.query.query import Last, Query
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.store.spaces.spaces import MINE
from tests.pages.containers import Container, containers
from tests.pages.signing_in import sign_in
from tests.pages.whole_app import open_app

QUESTIONS = 6
PEOPLE = ("jonas", "ana")
METRICS = ("spend", "clicks", "impressions", "cpc", "cpm", "ctr")

BOUNDED = {
    "connectors.connector._accepted": "_MOST_ACCEPTED",
    "semantic.model.model.Model.memo": "what the model names; by policies, MOST_POLICIES",
    "semantic.answering.plan_cache.PlanCache._shapes": "MOST_SHAPES",
    "semantic.answering.read_back.ReadBackCheck._passed": "MOST_PASSED",
    "semantic.audit_trail.outcomes.Outcomes._waiting": "MOST_WAITING",
    "semantic.audit_trail.recent_receipts.RecentReceipts._held": "MOST_SAME and MOST_SAME_ROWS",
    "semantic.run.cache.ResultCache._entries": "256 MB",
    "semantic.run.execute._Statement.params": "one statement, for as long as it runs",
    "semantic.run.stale_answers.EarlierAnswers._entries": "64 MB",
    "semantic.identity.sessions.SignIns._held": "open sign-ins, looked through every second",
    "semantic.identity.sessions.SignIns._seen": "emptied every minute",
    "semantic.policy.narrow.VisibleModel._labels": "the dimensions of a model, and MOST_SEEN of models",
    "semantic.policy.narrow.VisibleModel._masks": "the same",
    "semantic.workspace.Workspace._seen": "MOST_SEEN",
}
"""Containers that grow with use and have no limit of their own, and what limits them instead."""

FEW = {
    "pages.server.empty_page._packed",  # one for each script of the shell
    "pages.widgets.plotly_script.plotly_script",
    "pages.govern.definitions.editor._meanings",
    "semantic.boards.templates.all_templates",
    "semantic.starters.starter.all_starters",
    "semantic.audit_trail.outcomes.Outcomes._waiting",  # as many as MOST_WAITING
    "semantic.display.paper.letters._known",
    "semantic.display.paper.letters.fonts",
    "semantic.display.paper.pixels._font",  # one for each weight and size that pictures use
    "semantic.display.template.template",  # one for each mode's colours
    "semantic.model.replace_fields._fields",  # one for each kind of object
    "semantic.model.zones.zones",
    "semantic.run.model_cache._code_version",
    "semantic.services.board_answers.tile._beside",
    "semantic.services.impact.run._pool",
    "semantic.sql.dialects.dialect_rewrites._nulls_are_first",  # one for each dialect and direction
    "semantic.sql.dialects.phrases._read",  # one for each phrase in the tables of dialects
    "semantic.sql.dialects.render._dialect",
    "semantic.store.migrate._steps",  # one list
}
"""Caches without a limit. They have no keys, or keys from the code. A cache with keys from questions needs a limit."""


def test_a_tab_forgets_widgets_that_are_no_longer_on_the_page(cookies: dict[str, str]) -> None:
    """Each widget's callback references the answer that the widget was drawn for."""
    sign_in(cookies, "ana")
    app = open_app(links.EXPLORE, m="spend", by="channel", t="last_20_week", v="1")
    widgets, keys = list[int](), list[int]()
    for weeks in range(14, 14 + QUESTIONS):  # none of them is in the list of periods, so all have the same fields
        app.query_params["t"] = f"last_{weeks}_week"
        app.run()
        assert not app.exception
        state: Any = app.session_state._state._state  # pyright: ignore[reportPrivateUsage]
        widgets.append(len(state._new_widget_state.widget_metadata))
        keys.append(len(state._key_id_mapper.id_key_mapping))
    assert widgets == widgets[:1] * QUESTIONS
    assert keys == keys[:1] * QUESTIONS


def test_memory_for_questions_people_and_boards_is_bounded(
    cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_charts", SingleFlightCache(pictures.MOST))  # earlier tests may have filled it
    monkeypatch.setattr(session, "store", lambda: (session.live().store, session.live().keys))

    def play(turn: int) -> dict[str, Container]:
        for person in PEOPLE:
            sign_in(cookies, person)
            assert not open_app().exception
        for metric in METRICS[2 * turn : 2 * turn + 2]:
            app = open_app(links.EXPLORE, m=metric, by="channel", t=f"last_{turn + 1}_week", v="1")
            assert not app.exception
        tile = Tile(
            id="a",
            kind=TileKind.NUMBER,
            title="A",
            question=Query(metrics=(METRICS[turn],), time=Last(turn + 2, Granularity.WEEK)),
        )
        actor = session.live().workspace().people[PEOPLE[-1]]
        board = session.board_work(session.live().workspace(), actor).make(
            Board(title=f"Board {turn}", tabs=(Tab(rows=(Row(tiles=(tile,)),)),)), space=MINE
        )
        app = open_app(links.BOARD, held=None, **{links.BOARD_ID: board})
        assert not app.exception
        return containers()

    first, second, third = play(0), play(1), play(2)
    lasting = first.keys() & second.keys() & third.keys()  # a question's own containers may be gone when it has ended
    growing = {name for name in lasting if first[name].size < second[name].size < third[name].size}
    assert growing >= {"semantic.answering.plan_cache.PlanCache._shapes", "pages.explore.result.pictures._charts"}
    assert {name for name in growing if third[name].most is None} - BOUNDED.keys() == set()
    assert [
        name for name, container in third.items() if container.most is not None and container.size > container.most
    ] == []
    assert {name for name, container in third.items() if container.is_cache and container.most is None} <= FEW


def test_streamlit_still_has_what_forgetting_widgets_needs() -> None:
    """If an upgrade renames these, each tab grows for as long as it's open."""
    assert "session_state" in ScriptRunContext.__annotations__
    assert {"_state", "_lock"} <= SafeSessionState.__annotations__.keys()
    assert {"_new_widget_state", "_old_state", "_key_id_mapper"} <= SessionState.__annotations__.keys()
    assert {"states", "widget_metadata"} <= WStates.__annotations__.keys()
    assert {"_key_id_mapping", "_id_key_mapping"} <= KeyIdMapper.__annotations__.keys()
