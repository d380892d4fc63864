"""Explore while a question is running: the waiting line, and the previous answer until the next one arrives."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore import answer
from pages.explore.builder import question
from pages.explore.builder.question import ExploreState
from pages.shell import session
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Query
from semantic.workspace import Workspace
from tests.pages.explore_page import Open, asked, picker, press, rows, words
from tests.waiting import STUCK, until


@pytest.mark.parametrize(("state", "says"), [("running", "Still working"), ("queued", "Queued")])
def test_a_running_question_can_be_cancelled_and_run_again(
    state: str, says: str, explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, left = workspace.start, list[bool]()
    monkeypatch.setattr(answer, "PATIENCE", 0.0)

    class Slow:
        """A question that never ends, because the shop's own questions end before a test can look."""

        def __init__(self) -> None:
            self.since = time.monotonic()

        def done(self) -> bool:
            return False

        def progress(self) -> Any:
            return type("Progress", (), {"state": state, "elapsed_seconds": 4.0, "fraction": 0.25})

        def leave(self) -> None:
            left.append(True)

    monkeypatch.setattr(workspace, "start", lambda query, actor: Slow())
    app = explore(Query(metrics=("revenue",)))
    assert f"{says}: 4 s, 25% read" in words(app)
    app = press(app, "Cancel")
    assert left == [True]
    assert "Cancelled" in words(app)
    monkeypatch.setattr(workspace, "start", start)
    monkeypatch.setattr(answer, "PATIENCE", STUCK)
    assert press(app, "Run again").metric[0].value == "€10.2K"


def _waiting_line() -> None:
    import streamlit as st

    from pages.explore import answer

    st.session_state.runs = st.session_state.get("runs", 0) + 1
    if st.session_state.runs == 1:
        answer._running(st.session_state.asked)
    else:
        st.markdown("The page again.")


@pytest.mark.parametrize(("person", "says"), [("steward", "Still working: 4 s"), ("viewer", "The page again.")])
def test_the_waiting_line_checks_who_is_signed_in(
    person: str, says: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The waiting line runs by itself twice a second, even after another person has signed in."""

    class Slow:
        def done(self) -> bool:
            return False

        def progress(self) -> Any:
            return type("Progress", (), {"state": "running", "elapsed_seconds": 4.0, "fraction": 0.0})

    asking = Actor(id=person, roles=frozenset({person}))
    monkeypatch.setattr(session, "require", lambda role: (workspace, asking))
    steward = Actor(id="steward", roles=frozenset({"steward"}))
    state = ExploreState(steward, workspace.model.version, Query(metrics=("revenue",)))
    state.pending, state.earlier = cast(Any, Slow()), workspace.ask(state.draft, workspace.people["steward"])
    app = AppTest.from_function(_waiting_line, default_timeout=STUCK)
    app.session_state["asked"] = state
    app.run()
    assert not app.exception
    assert says in words(app)
    assert [button.label for button in app.button] == (["Cancel"] if person == "steward" else [])


def test_the_last_answer_stays_until_the_next_one_is_ready(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = explore(Query(metrics=("revenue",), by=(Breakdown("channel"),)))
    before, title = rows(app), app.title[0].value
    start = workspace.start

    class Slow:
        ready = False

        def __init__(self, query: Query, actor: Actor, **how: Any) -> None:
            self.real = start(query, actor, **how)

        def done(self) -> bool:
            return Slow.ready and self.real.done()

        def result(self) -> Any:
            return self.real.result()

        def progress(self) -> Any:
            return type("Progress", (), {"state": "running", "elapsed_seconds": 1.0, "fraction": 0.0})

        def leave(self) -> None:
            self.real.leave()

    monkeypatch.setattr(workspace, "start", Slow)
    monkeypatch.setattr(answer, "PATIENCE", 0.0)
    monkeypatch.setattr(answer, "AT_ONCE", 0.0)
    picker(app, "Metric").set_value(["revenue", "cost"]).run()
    assert asked(app).metrics == ("revenue", "cost")
    assert rows(app) == before
    assert app.title[0].value == title
    assert "Still working" not in words(app)  # not after a second
    assert "Cancel" not in [button.label for button in app.button]
    state: ExploreState = app.session_state[question.KEY]
    assert answer.draft_title(state, workspace) == "Revenue and cost by channel"  # what Save and boards would call it
    Slow.ready = True
    assert state.pending is not None
    until(state.pending.done, "the next answer")
    app.run()
    assert [row[:2] for row in rows(app)[:2]] == [("Search", 5330.0), ("Social", 2580.0)]
    assert all(len(row) == 3 for row in rows(app))
    assert app.title[0].value != title


def test_an_answer_stays_only_next_to_questions_to_the_same_version(workspace: Workspace) -> None:
    """The previous answer's texts would come from the other version's definitions."""
    state = ExploreState(workspace.people["steward"], workspace.model.version, Query(metrics=("revenue",)))
    state.result = workspace.ask(state.draft, state.actor)
    state.draft = Query(metrics=("revenue",), as_of=1)
    state.press()
    assert state.earlier is None


def test_a_new_question_clears_the_previous_answer(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    state: ExploreState = app.session_state[question.KEY]
    assert state.result is not None
    press(app, "New question")
    assert (state.result, state.earlier) == (None, None)


def test_another_question_abandons_the_running_one(workspace: Workspace) -> None:
    class Running:
        left = 0

        def done(self) -> bool:
            return False

        def leave(self) -> None:
            Running.left += 1

    state = ExploreState(workspace.people["steward"], workspace.model.version, Query(metrics=("revenue",)))
    state.pending, state.asked = Running(), state.draft  # type: ignore[assignment]
    state.replace(Query(metrics=("cost",)))
    assert Running.left == 1
    assert state.pending is None
