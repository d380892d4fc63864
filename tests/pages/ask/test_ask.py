"""Ask: questions in conversation on the small shop, whose orders add up to 310 in March and to 2,235 in April 2026."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ask import conversation, model
from pages.ask.conversation import Conversation
from pages.explore.builder import question
from pages.shell import links, session
from semantic.agents.talking.follow_ups import follow_ups
from semantic.audit_trail.recorder import Recorder
from semantic.config.settings import load_settings
from semantic.model.definitions import Granularity
from semantic.model.policies import Names, Policy
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import DATE, Breakdown, Condition, Last, LastYear, Operator, Query
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.questions.conversations import StoredConversation, StoredTurn
from semantic.store.questions.questions import find_same
from semantic.workspace import Workspace
from tests.pages.charts import charts
from tests.pages.explore_page import words
from tests.pages.whole_app import open_app, show_pages_to

APRIL = "revenue in april 2026"
Open = Callable[[], AppTest]


@pytest.fixture
def ask(workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page as the person who is signed in, once the members have been read."""
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: workspace)
    monkeypatch.setattr(model, "reader", lambda: None)
    session.finder().words.names(who["asks"])

    def open_page() -> AppTest:
        app = open_app(links.ASK)
        assert not app.exception
        return app

    return open_page


def say(app: AppTest, text: str) -> AppTest:
    app.chat_input[0].set_value(text).run()
    assert not app.exception
    return app


def held(app: AppTest) -> Conversation:
    return app.session_state[conversation.KEY]


def asked(app: AppTest) -> Query:
    """Return the question of the last turn."""
    last = held(app).last
    assert last is not None
    assert last.state is not None
    return last.state.draft


def texts(app: AppTest) -> list[str]:
    return [str(each.value).replace("\\", "") for each in app.markdown]


def labels(app: AppTest) -> list[str]:
    return [button.label.replace("\\", "") for button in app.button]


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label.replace("\\", "") == label]
    button.click().run()
    assert not app.exception
    return app


# Questions


def test_an_answer_shows_its_chips_number_period_and_receipt(
    ask: Open, workspace: Workspace, store: Callable[[], tuple[Store, Keys]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "recorder", Recorder(*store(), surface="page"))
    app = say(ask(), f"{APRIL} vs march 2026")
    assert "## revenue in april 2026 vs march 2026" in texts(app)
    assert [chip.removeprefix(":gray-badge[").removesuffix("]") for chip in texts(app) if "gray-badge" in chip][:3] == [
        "Revenue", "April 2026", "vs March 2026",
    ]  # fmt: skip
    assert "**Revenue rose 621% to €2.23K.**" in texts(app)
    assert "1 – 30 Apr 2026" in words(app)
    last = held(app).last
    assert last is not None
    assert last.state is not None
    assert last.state.result is not None
    ways = [each.proto.label for each in app.get("page_link")]
    assert {"Open in Explore", f"Receipt {last.state.result.receipt}"} <= set(ways)
    assert "Why did it change?" in labels(app)


def test_a_follow_up_continues_the_question_before(ask: Open) -> None:
    app = say(ask(), "revenue by channel last month vs last year")
    first = Query(
        metrics=("revenue",), by=(Breakdown("channel"),), time=Last(1, Granularity.MONTH), compare=(LastYear(),)
    )
    assert asked(app) == first
    app = say(app, "only search")
    assert asked(app) == replace(first, where=Condition("channel", Operator.IN, ("Search",)))
    assert [turn.words for turn in held(app).turns] == ["revenue by channel last month vs last year", "only search"]


def test_earlier_answers_stay_and_are_not_asked_again(
    ask: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Query] = []
    start = workspace.start

    def counted(query: Query, *args: Any, **more: Any) -> Any:
        started.append(query)
        return start(query, *args, **more)

    monkeypatch.setattr(workspace, "start", counted)
    app = say(ask(), "revenue by channel in april 2026")
    app = say(app, "revenue by device in april 2026")
    assert [[by.dim for by in query.by] for query in started] == [["channel"], ["device"]]
    assert len(charts(app)) == 2
    app.run()
    assert len(started) == 2


def test_the_table_is_shown_on_demand(ask: Open) -> None:
    app = say(ask(), "revenue by device in april 2026")
    assert not app.dataframe
    (toggle,) = app.toggle
    toggle.set_value(True).run()
    (table,) = app.dataframe
    assert sum(table.value.iloc[:, 1]) == 2_235


def test_an_example_is_asked_by_a_click(ask: Open) -> None:
    app = ask()
    examples = [button for button in app.button if (button.key or "").startswith("ask-example-")]
    assert len(examples) == 5
    examples[0].click().run()
    assert not app.exception
    last = held(app).last
    assert last is not None
    assert last.words == examples[0].label
    assert last.state is not None


def test_a_refusal_has_its_repairs_as_buttons(ask: Open) -> None:
    app = say(ask(), "revenue and units by product in april 2026")
    assert "**Revenue can't be broken down by product**" in words(app)
    app = press(app, "Drop Revenue")
    assert asked(app).metrics == ("units",)
    assert asked(app).by == (Breakdown("product"),)
    assert "**Revenue can't be broken down by product**" in words(app)  # the refusal stays, with its other ways on
    press(app, "Drop Revenue")
    assert [turn.words for turn in held(app).turns][1:] == ["Drop Revenue", "Drop Revenue"]


def test_an_answer_keeps_the_follow_ups_that_it_offered(ask: Open) -> None:
    app = say(ask(), APRIL)
    assert {"By day", "By channel", "Compared with last year"} <= set(labels(app))
    april = asked(app)
    app = press(app, "By day")
    assert asked(app) == replace(april, by=(Breakdown(DATE, Granularity.DAY),))
    assert "By day" in labels(app)  # of the first answer: the second is by day already
    app = app.button(key="turn-0-follow-2").click().run()
    assert asked(app) == replace(april, compare=(LastYear(),))


def test_follow_ups_leave_out_personal_and_existing_breakdowns(workspace: Workspace, who: dict[str, Actor]) -> None:
    seen = workspace.visible(who["asks"])
    query = Query(
        metrics=("revenue",), by=(Breakdown("channel"), Breakdown(DATE, Granularity.MONTH)),
        time=Last(2, Granularity.MONTH), compare=(LastYear(),),
    )  # fmt: skip
    assert [label for label, _ in follow_ups(query, workspace, seen)] == ["By device"]
    assert follow_ups(Query(), workspace, seen) == ()


def test_an_answer_is_saved_only_for_its_person(
    ask: Open, who: dict[str, Actor], store: Callable[[], tuple[Store, Keys]]
) -> None:
    app = say(ask(), APRIL)
    app.session_state["turn-0-save"] = True
    app.run()
    app.text_input(key="turn-0-save-name").set_value("April, for the *board*")
    app = press(app, "Save question")
    opened, keys = store()
    with opened.read() as connection:
        (saved,) = find_same(connection, asked(app), who["asks"], keys)
        others = find_same(connection, asked(app), replace(who["asks"], id="someone-else"), keys)
    assert saved.name == "April, for the *board*"
    assert others == []


def test_next_steps_of_an_earlier_text_stay_unless_they_depend_on_the_last_question(ask: Open) -> None:
    app = say(ask(), "revenue by device cohorty last month")
    assert "Ask without it" in labels(app)
    app = say(app, APRIL)
    assert "Ask without it" not in labels(app)
    assert "Request a metric" in labels(app)
    assert "Build it in Explore" in {each.proto.label for each in app.get("page_link")}


def test_words_that_are_not_understood_come_with_next_steps(ask: Open) -> None:
    app = say(ask(), "revenue by device cohorty last month")
    assert "“cohorty” not understood. Understood: “revenue”, “device”, “last month”." in words(app)
    assert {"Ask without it", "Request a metric"} <= set(labels(app))
    assert {"Build it in Explore", "All metrics"} <= {each.proto.label for each in app.get("page_link")}
    app = press(app, "Ask without it")
    assert asked(app) == Query(metrics=("revenue",), by=(Breakdown("device"),), time=Last(1, Granularity.MONTH))


def test_hidden_words_read_like_unknown_ones(ask: Open) -> None:
    """Customers' names are personal, so Ada looks as unknown as Atl."""
    app = say(ask(), "revenue of Ada")
    last = held(app).last
    assert last is not None
    assert last.reply is not None
    hidden = last.reply.words
    app = say(app, "revenue of Atl")
    last = held(app).last
    assert last is not None
    assert last.reply is not None
    assert last.reply.words.replace("Atl", "Ada") == hidden == "“Ada” not understood. Understood: “revenue”."


def test_a_hidden_metric_reads_like_an_unknown_one(ask: Open, who: dict[str, Actor], workspace: Workspace) -> None:
    """`cost` is hidden from Nick, by the policy nothing_personal."""
    who["asks"] = workspace.people["nick"]
    visible = {metric.name for metric in workspace.visible(who["asks"]).metrics}
    assert "cost" not in visible
    session.finder().words.names(who["asks"])
    app = say(ask(), "cost last month")
    last = held(app).last
    assert last is not None
    assert last.reply is not None
    assert last.reply.words.startswith("“cost” not understood.")


def test_why_opens_the_explanation(ask: Open) -> None:
    app = say(ask(), "why did revenue change in april 2026 vs march 2026")
    assert "**Revenue rose 621% to €2.23K.**" in texts(app)
    assert "Why did it change?" in labels(app)
    assert any("These contributions" in text for text in texts(app))


# The conversation


def test_a_new_conversation_begins_with_examples(ask: Open) -> None:
    app = press(say(ask(), APRIL), "New conversation")
    assert held(app).turns == []
    assert "Try a question" in words(app)


def test_another_person_gets_an_empty_conversation(ask: Open, who: dict[str, Actor], workspace: Workspace) -> None:
    app = say(ask(), APRIL)
    who["asks"] = workspace.people["vera"]
    app.run()
    assert held(app).turns == []
    assert "2,235" not in words(app)


def published(workspace: Workspace, policies: Sequence[Policy], version: str) -> Workspace:
    """Return a workspace over the same model with other policies, as another version."""
    model = replace(workspace.model, policies=tuple(policies), version=version)
    return Workspace(workspace.settings, model, workspace.people, workspace.connector, beside=workspace)


def test_answers_disappear_once_a_publish_hides_something_from_the_person(
    ask: Open, workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = say(ask(), APRIL)
    more = Policy(name="more", people=frozenset({who["asks"].id}), deny_metrics=Names(names=frozenset({"revenue"})))
    less = published(workspace, [*workspace.model.policies, more], "less")
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: less)
    app.run()
    assert not app.exception
    assert held(app).turns == []
    assert "2,235" not in words(app)


def test_answers_disappear_once_a_publish_limits_the_persons_rows(
    ask: Open, workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = say(ask(), APRIL)
    rule = next(rule for policy in workspace.model.policies for rule in policy.rows)
    more = Policy(name="more", people=frozenset({who["asks"].id}), rows=(rule,))
    less = published(workspace, [*workspace.model.policies, more], "less")
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: less)
    app.run()
    assert not app.exception
    assert held(app).turns == []
    assert "2.23K" not in words(app)


def test_answers_stay_after_a_publish_that_hides_nothing(
    ask: Open, workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = say(ask(), APRIL)
    same = published(workspace, workspace.model.policies, "same")
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: same)
    app.run()
    assert not app.exception
    assert [turn.words for turn in held(app).turns] == [APRIL]
    assert "2,235" in words(app)


def test_someone_without_metrics_is_told_so(
    ask: Open, who: dict[str, Actor], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    who["asks"] = replace(workspace.people["stranger"], roles=frozenset({"viewer"}), groups=frozenset())
    monkeypatch.setattr(VisibleModel, "metrics", ())
    app = ask()
    assert "You don't have access to any metrics yet." in words(app)
    assert not app.chat_input


def test_a_text_while_values_are_being_read_waits_for_them(
    ask: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from semantic.services.finding.finder import Finder
    from semantic.services.words import Words

    cold = Finder(Words(workspace))
    monkeypatch.setattr(session, "finder", lambda: cold)
    try:
        app = say(ask(), APRIL)
        assert asked(app).metrics == ("revenue",)
    finally:
        cold.words.close()


def test_texts_of_every_kind_are_harmless(ask: Open) -> None:
    app = ask()
    for text in ("<script>alert(1)</script>", ":material/verified: **bold** [x](http://y)", "/" * 400, "revenue " * 49):
        app = say(app, text)
    shown = " ".join(str(each.value) for each in app.markdown)
    assert "<script>" not in shown.replace("\\<", "")
    assert "[x](http" not in shown
    assert len(held(app).turns) == 4


def test_only_the_latest_turns_are_kept(ask: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "MOST_TURNS", 2)
    app = ask()
    for text in (
        "revenue by device in march 2026",
        "revenue by device in april 2026",
        "revenue by channel in april 2026",
    ):
        app = say(app, text)
    assert [turn.number for turn in held(app).turns] == [1, 2]
    assert "turn-0-finding" not in app.session_state
    assert "turn-2-finding" in app.session_state


# Several meanings


@pytest.fixture
def shop_of_demo(company: Path, tmp_path: Path) -> Iterator[Workspace]:
    """The demo company, whose model has words with several meanings."""
    data = shutil.copyfile(company, tmp_path / "company.duckdb")
    opened = Workspace.open(replace(load_settings(), data=str(data)))
    yield opened
    opened.close()


def test_a_word_with_several_meanings_gets_a_clarifying_question(
    shop_of_demo: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = shop_of_demo.people["ana"]
    show_pages_to(monkeypatch, lambda: ana, lambda: shop_of_demo)
    monkeypatch.setattr(model, "reader", lambda: None)
    session.finder().words.names(ana)
    app = say(open_app(links.ASK), "refund rate last month")
    last = held(app).last
    assert last is not None
    assert last.kind == "choice"
    assert last.reply is not None
    ways = last.reply.next_steps
    assert len(ways) > 1
    metrics = [shop_of_demo.visible(ana).metric(way.query.metrics[0]) for way in ways if way.query is not None]
    assert [way.meaning for way in ways] == [metric.means or metric.description for metric in metrics]
    captions = [str(caption.value).replace("\\", "") for caption in app.caption]
    assert all(way.meaning in captions for way in ways)
    app = press(app, ways[1].label)
    assert asked(app) == ways[1].query
    assert question.KEY not in app.session_state  # Explore's own question is another


# Kept conversations


def test_a_conversation_is_continued_without_asking_anything_by_itself(
    ask: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = say(say(ask(), "revenue by device in april 2026"), "revenue of Ada")
    app = press(app, "New conversation")
    app.session_state["ask-history"] = True
    app.run()
    started: list[Query] = []
    start = workspace.start

    def counted(query: Query, *args: Any, **more: Any) -> Any:
        started.append(query)
        return start(query, *args, **more)

    monkeypatch.setattr(workspace, "start", counted)
    app = press(app, "revenue by device in april 2026")
    assert [turn.words for turn in held(app).turns] == ["revenue by device in april 2026", "revenue of Ada"]
    assert started == []
    assert not charts(app)
    app = press(app, "Show answer")
    assert [query.metrics for query in started] == [("revenue",)]
    assert len(charts(app)) == 1


def test_a_stored_question_without_access_names_nothing(ask: Open, who: dict[str, Actor], workspace: Workspace) -> None:
    app = say(ask(), "cost by channel last month")
    app = press(app, "New conversation")
    who["asks"] = replace(workspace.people["nick"], id=who["asks"].id)  # the same person, with less access
    session.finder().words.names(who["asks"])
    app.session_state["ask-history"] = True
    app.run()
    app = press(app, "cost by channel last month")
    assert "This question can no longer be asked." in words(app)
    last = held(app).last
    assert last is not None
    assert last.chips == ()


def test_a_conversation_can_be_deleted(ask: Open) -> None:
    app = press(say(ask(), APRIL), "New conversation")
    app.session_state["ask-history"] = True
    app.run()
    app = press(app, "Delete all")
    assert "Delete all your conversations? This can't be undone." in words(app)
    app = press(app, "Keep them")
    assert APRIL in labels(app)
    app = press(app, "Delete all")
    app = press(app, "Delete all conversations")
    app.session_state["ask-history"] = True
    app.run()
    assert "Your conversations are listed here for 90 days. No one else can see them." in words(app)


def test_a_conversation_is_titled_by_its_persons_words_and_not_by_a_buttons() -> None:
    button = StoredTurn(words="Break down by Margin", question=None, receipt="", is_chosen=True)
    words = replace(button, words="by month", is_chosen=False)
    moment = datetime(2026, 5, 4, tzinfo=UTC)
    assert StoredConversation(id="a", turns=(button, words), at=moment).title == "by month"
    assert "Margin" not in StoredConversation(id="a", turns=(button,), at=moment).title
