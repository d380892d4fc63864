"""Your recent work on Home: newest first, without two lines that look the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from pages.explore.builder.recents import KEY, OF, TIMES
from pages.shell import links, once
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_json
from semantic.query.query import Breakdown, Query
from semantic.store.questions.questions import QUESTIONS, save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE
from semantic.workspace import Workspace
from tests.pages.conftest import OpensWhenAsked
from tests.pages.whole_app import open_app, show_pages_to

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
Home = Callable[..., AppTest]
Save = Callable[[str, Query, datetime], None]


@pytest.fixture
def home(workspace: Workspace, steward: Actor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    show_pages_to(monkeypatch, lambda: steward, lambda: workspace)

    def open_home(asked: dict[Query, datetime]) -> AppTest:
        times = {query_to_json(query): at for query, at in asked.items()}
        app = open_app(links.HOME, held={KEY: [*times], TIMES: times, OF: (steward.id, steward.viewed_by)})
        assert not app.exception
        return app

    yield open_home
    once.forget()


@pytest.fixture
def save(steward: Actor, store: OpensWhenAsked) -> Save:
    def save_at(name: str, query: Query, at: datetime) -> None:
        opened, keys = store()
        with opened.write() as transaction:
            saved = save_question(
                transaction, Content(query=query), steward, keys, name=name, sentence="", space=MINE
            )  # fmt: skip
            transaction.connection.execute(update(QUESTIONS).where(QUESTIONS.c.id == saved).values(changed_at=at))

    return save_at


def work(app: AppTest) -> list[tuple[str, str]]:
    """Return each line of the list: its link and the note below it."""
    labels = [link.proto.label.replace("*", "").replace("\\", "") for link in app.get("page_link")]
    notes = [str(note.value).replace("\\", "") for note in app.markdown]
    ours = {"Cost", "Clicks", "Plan", "Idea"}
    return [(label, next((note for note in notes if label in note), "")) for label in labels if label in ours]


def test_saved_and_asked_questions_are_listed_newest_first(home: Home, save: Save) -> None:
    save("Plan", Query(metrics=("revenue",)), NOON - timedelta(hours=2))
    save("Idea", Query(metrics=("visits",)), NOON)
    asked = {
        Query(metrics=("cost",)): NOON - timedelta(hours=1),
        Query(metrics=("clicks",)): NOON - timedelta(hours=3),
    }
    lines = [label for label, _ in work(home(asked))]
    assert [label for label in lines if lines.count(label)][-4:] == ["Idea", "Cost", "Plan", "Clicks"]


def test_saved_questions_with_the_same_name_say_what_they_ask(home: Home, save: Save) -> None:
    save("Plan", Query(metrics=("revenue",)), NOON)
    save("Plan", Query(metrics=("visits", "cost"), by=(Breakdown("date"),)), NOON)
    save("Idea", Query(metrics=("clicks",)), NOON)
    texts = " | ".join(str(note.value) for note in home({}).markdown)
    assert "Revenue, private to you, changed" in texts
    assert "Visits and Cost, private to you, changed" in texts
    assert "Clicks, private" not in texts


def test_recent_questions_that_look_the_same_are_one_line(home: Home) -> None:
    same = Query(metrics=("cost",), every_period=True)
    asked = {Query(metrics=("cost",)): NOON, same: NOON - timedelta(hours=1)}
    assert len(asked) == 2
    once_only = [label for label, _ in work(home({Query(metrics=("cost",)): NOON}))]
    assert [label for label, _ in work(home(asked))] == once_only
