"""A language model in the conversation: you see its question before it runs. Without one, the reader answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from pages.ask import conversation, model
from pages.ask.conversation import Turn
from pages.shell import links, session
from semantic.agents.model.reader import IS_OFF, NO_ANSWER, NOT_USABLE, model_reader
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Condition, Operator, Query
from semantic.workspace import Workspace
from tests.pages.explore_page import words
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.agents.model.stub import Stub, chooses, says, stubbed
from tests.waiting import STUCK

WORDS = "cohorty revenue by device"
CHOSEN = {
    "metrics": ["revenue"], "by": [{"dim": "device", "grain": None}],
    "time": {"from": "2026-04-01", "to": "2026-04-30"},
}  # fmt: skip
ASKED = Query(metrics=("revenue",), by=(Breakdown("device"),), time=Between(date(2026, 4, 1), date(2026, 4, 30)))
Open = Callable[[], AppTest]


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stubbed(chooses(CHOSEN)) as running:
        yield running


@pytest.fixture
def ask(stub: Stub, workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page with the stub as its language model."""
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: workspace)
    reader = model_reader(stub.model(STUCK), frozenset({"127.0.0.1"}), today=workspace.today)
    monkeypatch.setattr(model, "reader", lambda: reader)
    monkeypatch.setattr(model, "PATIENCE", STUCK)
    session.finder().words.names(who["asks"])
    return lambda: open_app(links.ASK)


def say(app: AppTest, text: str) -> AppTest:
    app.chat_input[0].set_value(text).run()
    assert not app.exception
    return app


def last(app: AppTest) -> Turn:
    turn = app.session_state[conversation.KEY].last
    assert turn is not None
    return turn


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label == label]
    button.click().run()
    assert not app.exception
    return app


def test_the_reader_answers_first(ask: Open, stub: Stub) -> None:
    app = say(ask(), "revenue by device in april 2026")
    assert last(app).state is not None
    assert stub.got == []
    assert "Read by Samepage" in words(app)


def test_a_word_with_several_repairs_is_not_sent_to_the_model(ask: Open, stub: Stub) -> None:
    say(ask(), "revenue by country in april 2026")  # refused, with two ways to reach a country
    assert stub.got == []


def test_the_models_question_is_shown_and_runs_only_by_a_click(ask: Open, stub: Stub) -> None:
    app = say(ask(), WORDS)
    assert last(app).state is None
    assert last(app).chips == ("Revenue", "April 2026", "by Device")
    assert "Read by house-model" in words(app)
    assert "Check it, then run it." in words(app)
    assert "Change" in [each.proto.label for each in app.get("page_link")]
    app = press(app, "Run")
    state = last(app).state
    assert state is not None
    assert state.draft == ASKED
    assert state.result is not None
    assert sum(state.result.table.column("revenue").to_pylist()) == 2_235
    assert "Read by house-model" in words(app)


def test_a_name_that_the_person_typed_becomes_the_member(ask: Open, stub: Stub) -> None:
    stub.answer = chooses(CHOSEN | {"where": [{"dim": "channel", "op": "in", "values": ["search"]}]})
    app = say(ask(), f"{WORDS} from search")
    assert last(app).proposal == replace(ASKED, where=Condition("channel", Operator.IN, ("Search",)))


def test_the_models_question_can_be_declined(ask: Open) -> None:
    app = press(say(ask(), WORDS), "Not this")
    assert "“cohorty”" in words(app)
    assert "Read by" not in words(app)


def test_a_question_that_did_not_run_is_not_the_context_of_the_next(ask: Open, stub: Stub) -> None:
    app = say(ask(), WORDS)
    say(app, "zebra")
    assert stub.told["previous"] is None


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("drop table orders", NOT_USABLE),
        ('{"question": {"metrics": ["no_such_metric"]}}', NOT_USABLE),
        ("x" * 100_000, NOT_USABLE),
    ],
)
def test_an_answer_that_cannot_be_used_leaves_the_readers_reply(ask: Open, stub: Stub, content: str, note: str) -> None:
    stub.answer = says(content)
    app = say(ask(), WORDS)
    assert "“cohorty”" in words(app)
    assert note in words(app)
    assert content[:20] not in words(app)


def test_no_answer_leaves_the_readers_reply(ask: Open, stub: Stub) -> None:
    stub.answer = lambda handler: handler.connection.close()
    app = say(ask(), WORDS)
    assert "“cohorty”" in words(app)
    assert NO_ANSWER in words(app)


def test_a_model_that_is_switched_off_is_not_asked(ask: Open, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "is_off", lambda: True)
    app = say(ask(), WORDS)
    assert stub.got == []
    assert "“cohorty”" in words(app)
    assert IS_OFF in words(app)


def test_a_slow_model_can_be_skipped(ask: Open, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "PATIENCE", 0.0)

    def wait(handler: object) -> None:
        stub.over.wait(STUCK)

    stub.answer = wait
    app = say(ask(), WORDS)
    assert "Asking house-model" in words(app)
    app = press(app, "Skip")
    app.run()
    assert "“cohorty”" in words(app)
