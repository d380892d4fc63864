"""The palette on every page: what it offers and finds for each person, what it opens, and that a browser can't open
more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.boards import new as board_new
from pages.explore.builder import recents
from pages.palette import opened
from pages.shell import links, once, session
from semantic.explore.search import search
from semantic.model.policies import Viewable
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.codec import query_from_params
from semantic.query.query import Breakdown, Condition, Operator
from semantic.services.boards import BoardWork
from semantic.services.finding.finder import SHOWN
from semantic.services.words import Names
from semantic.store.spaces.spaces import MINE
from semantic.workspace import Workspace
from tests.pages.board_world import SHOP as BOARD
from tests.pages.conftest import OpensWhenAsked
from tests.pages.palettes import has_palette, is_answered, palette
from tests.pages.whole_app import open_app, show_pages_to

Open = Callable[..., AppTest]


@pytest.fixture
def visit(workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a page as the person in `who`, after the members have been read."""
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: workspace)

    def open_page(page: str = links.TARGETS, *, held: dict[str, object] | None = None, **params: str) -> AppTest:
        return open_app(page, held=held, **params)

    yield open_page
    once.forget()


def read_values() -> None:
    """Read the members that the page's person can find, which otherwise happens in the background."""
    _, person = session.require("viewer")
    session.finder().words.names(person)


def at(app: AppTest) -> tuple[str, dict[str, Any]]:
    """Return the app's current page and its parameters."""
    assert not app.exception
    return app.session_state[links.AT], dict(app.query_params)


def asked(app: AppTest) -> Any:
    """Return the question that Explore was opened with."""
    path, params = at(app)
    assert path == "explore"
    return query_from_params({name: value if isinstance(value, list) else [value] for name, value in params.items()})


# Offered pages and actions


def test_only_pages_and_actions_that_a_person_has_are_offered(visit: Open, who: dict[str, Actor]) -> None:
    common = ["Home", "Explore", "Ask", "Analyses", "Saved", "Boards", "Metrics"]
    own = ["My subscriptions", "Agents", "Your sign-ins"]
    steward = palette(visit())
    assert steward.pages == [
        *common,
        "Targets",
        "Alerts",
        "Requests",
        "Add data",
        "Definitions",
        "Domains",
        "Reconciliation",
        "Checks",
        "Access",
        "Adoption",
        "Oversight",
        "Your uploads",
        *own,
    ]
    assert steward.actions == ["New board", "Copy link", "Sign out"]
    who["asks"] = replace(who["asks"], roles=frozenset({"viewer"}))
    assert palette(visit(links.BOARDS)).pages == [*common, "Alerts", "Requests", *own]
    who["asks"] = replace(who["asks"], roles=frozenset({"administrator"}))
    administrator = palette(visit())
    assert administrator.pages[-9:-4] == ["People", "Audit", "Service tokens", "Connections", "Sending"]
    assert administrator.sent["people"] is True
    assert steward.sent["people"] is False


def test_while_viewing_as_someone_nothing_can_be_made_and_viewing_can_be_stopped(
    visit: Open, who: dict[str, Actor]
) -> None:
    who["asks"] = replace(who["asks"], roles=frozenset({"administrator"}), viewed_by="otto")
    shown = palette(visit())
    assert shown.actions == ["Copy link", "Stop viewing as someone else", "Sign out"]
    assert "People" not in shown.pages
    assert shown.sent["people"] is False
    made = shown.say({"name": "action:new-board", "how": "enter"})
    assert board_new.OPEN not in made.session_state
    assert [toast.value for toast in made.toast] == [opened.GONE]


def test_view_as_is_offered_if_a_policy_grants_it(
    visit: Open, who: dict[str, Actor], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "View as…" not in palette(visit()).actions
    policies = workspace.visible(who["asks"]).policies
    granted = (replace(policies[0], view_as=Viewable(everybody=True)), *policies[1:])
    real = Workspace.visible

    def visible(self: Workspace, actor: Actor) -> VisibleModel:
        return replace(real(self, actor), policies=granted)

    monkeypatch.setattr(Workspace, "visible", visible)
    monkeypatch.setattr(session, "people", lambda: workspace.people)
    shown = palette(visit())
    assert "View as…" in shown.actions
    app = shown.say({"name": "action:view-as", "how": "enter"})
    assert at(app)[0] == "access"
    assert app.session_state["access-tabs"] == "View as"


def test_people_without_a_role_have_no_palette(visit: Open, who: dict[str, Actor]) -> None:
    who["asks"] = replace(who["asks"], roles=frozenset())
    assert not has_palette(visit())


def test_a_rerun_of_the_page_searches_nothing_and_sends_the_same_data(
    visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit()
    before = palette(app).proto.bytes
    monkeypatch.setattr(session, "finder", lambda: pytest.fail("a plain run searched"))
    monkeypatch.setattr(session, "board_work", lambda *_: pytest.fail("a plain run read boards"))
    app.run()
    assert not app.exception
    assert palette(app).proto.bytes == before
    assert not is_answered(app)


# What is found


def test_a_typo_is_forgiven_and_a_hidden_metric_is_not_found(visit: Open, who: dict[str, Actor]) -> None:
    assert "Channel" in palette(visit()).labels("chanel")["Breakdowns"]
    assert "Cost" in palette(visit()).labels("cost")["Metrics"]
    who["asks"] = session.workspace().people["noa"]
    assert "Cost" not in palette(visit(links.BOARDS)).labels("cost").get("Metrics", [])


def test_a_value_is_found_only_in_rows_that_a_person_sees(visit: Open, who: dict[str, Actor]) -> None:
    shown = palette(visit())
    read_values()
    assert shown.labels("no channel")["Values"] == ["No channel"]
    who["asks"] = session.workspace().people["finn"]  # channels c1 and c5, whose campaigns have one
    shown = palette(visit())
    read_values()
    assert "Values" not in shown.labels("no channel")


def test_while_values_are_being_read_the_rest_is_found_and_the_browser_asks_again(
    visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = palette(visit())
    monkeypatch.setattr(session.finder().words, "known", lambda person: None)
    answer = shown.find("revenue")
    assert "Metrics" in [group["title"] for group in answer["groups"]]
    assert answer["again"] is True
    assert answer["note"] == "Values are still loading…"


def test_a_question_can_be_asked_while_values_are_being_read(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, words, waited = palette(visit()), session.finder().words, list[Actor]()
    known, names = words.known, words.names

    def wait(person: Actor) -> Names:
        waited.append(person)
        return names(person)

    monkeypatch.setattr(words, "known", lambda person: known(person) if waited else None)
    monkeypatch.setattr(words, "names", wait)
    assert asked(shown.pick("revenue by channel", "Ask in Explore")).by == (Breakdown("channel"),)


def test_a_text_that_finds_nothing_leads_to_near_names_and_all_metrics(visit: Open) -> None:
    shown = palette(visit())
    read_values()
    answer = shown.find("impressionability")
    assert answer["note"] == "No results for “impressionability”."
    assert answer["none"] is True
    assert {group["title"]: [row["label"] for row in group["rows"]] for group in answer["groups"]} == {
        "Did you mean": ["Impressions"], "Try instead": ["Ask in Explore", "Request a metric", "All metrics"],
    }  # fmt: skip
    assert at(shown.pick("impressionability", "All metrics"))[0] == "metrics"


def test_only_boards_and_saved_questions_that_a_person_can_open_are_found(
    visit: Open, who: dict[str, Actor], store: OpensWhenAsked, workspace: Workspace
) -> None:
    steward = who["asks"]
    board = BoardWork(*store(), workspace, steward).make(replace(BOARD, title="Zebra crossing"), space=MINE)
    shown = palette(visit())
    assert shown.labels("zebra")["Boards"] == ["Zebra crossing"]
    assert at(shown.pick("zebra", "Zebra crossing")) == ("compose", {links.BOARD_ID: board})  # it isn't published
    who["asks"] = workspace.people["finn"]
    assert "Boards" not in palette(visit()).labels("zebra")


def test_metrics_are_still_found_while_the_store_is_unavailable(visit: Open, store: OpensWhenAsked) -> None:
    shown = palette(visit())
    store.is_away = True
    assert "Revenue" in shown.labels("revenue")["Metrics"]
    assert shown.labels("") == {}


def test_only_administrators_find_people_after_an_at_sign(
    visit: Open, who: dict[str, Actor], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "people", lambda: workspace.people)
    assert "People" not in palette(visit()).labels("@finn")
    who["asks"] = replace(who["asks"], roles=frozenset({"administrator"}))
    shown = palette(visit())
    assert [row["name"] for row in shown.find("@finn")["groups"][0]["rows"]] == ["person:finn"]
    assert shown.find("@nobody of that name")["note"] == "No results for “@nobody of that name”."


@pytest.mark.parametrize("text", ["R-7K3Q-DM2X-WA93", "r-7k3q-dm2x-wa93"])
def test_a_receipt_with_a_typo_is_recognized_as_one(visit: Open, text: str) -> None:
    answer = palette(visit()).find(text)
    assert answer["note"].startswith("That receipt ID has a typo.")
    assert answer["groups"] == []


def test_a_receipt_leads_to_its_page(visit: Open) -> None:
    receipt = "R-7K3Q-DM2X-WA94"
    assert at(palette(visit()).pick(receipt.lower(), f"Open receipt {receipt}")) == ("receipt", {"receipt": receipt})


# What opens


def test_a_search_result_opens_a_question_that_runs(visit: Open, who: dict[str, Actor], workspace: Workspace) -> None:
    visit()
    hits = search(workspace.visible(who["asks"]), "", kinds=("dimension", "segment"), limit=100)
    finder = session.finder()
    opened = 0
    for hit in hits:
        match = finder.find(hit.name, who["asks"], shown=dict.fromkeys(SHOWN, 100)).get(
            f"{'breakdown' if hit.kind == 'dimension' else 'segment'}:{hit.name}"
        )
        assert match is not None, hit.name
        query = finder.question_with(match, who["asks"])
        opened += query is not None
        # What was paid at fairs lacks the rate of one day, so it is refused.
        if query is not None and hit.kind == "dimension" and hit.name not in ("email", "phone", "paid_in", "fair_day"):
            workspace.ask(query, who["asks"])
    assert opened > len(hits) / 2


def test_a_metric_opens_its_page_and_tab_opens_it_in_explore(visit: Open) -> None:
    assert at(palette(visit()).pick("revenue", "Revenue")) == ("metrics", {"m": "revenue"})
    question = asked(palette(visit()).pick("revenue", "Revenue", how="tab"))
    assert question.metrics == ("revenue",)
    assert question.by == ()


def test_breakdowns_values_and_questions_open_explore(visit: Open) -> None:
    shown = palette(visit())
    read_values()
    assert asked(shown.pick("channel", "Channel")).by == (Breakdown("channel"),)
    shown = palette(visit())
    assert asked(shown.pick("no channel", "No channel")).where == Condition("campaign", Operator.IN, ("No channel",))
    shown = palette(visit())
    question = asked(shown.pick("revenue by channel", "revenue by channel"))
    assert (question.metrics, question.by) == (("revenue",), (Breakdown("channel"),))


def test_a_text_that_cannot_be_read_is_explained_in_explore(visit: Open) -> None:
    shown = palette(visit())
    read_values()
    app = shown.pick("revenue by zebra", "Ask in Explore")
    assert at(app)[0] == "explore"
    notes = [json.loads(each.proto.bytes).get("line") for each in app.get("bidi_component") if each.proto.bytes]
    assert any(note and note["words"].startswith("“zebra” not understood.") for note in notes)


def test_what_was_opened_last_comes_first_in_an_empty_search(visit: Open) -> None:
    app = palette(visit()).pick("revenue", "Revenue")
    assert palette(app).labels("") == {"Recent": ["Revenue"]}
    app = palette(app).pick("clicks", "Clicks")
    assert palette(app).labels("") == {"Recent": ["Clicks", "Revenue"]}
    assert recents.OPENED in app.session_state


def test_a_new_board_starts_on_the_page_boards(visit: Open) -> None:
    app = palette(visit()).say({"name": "action:new-board", "how": "enter"})
    assert at(app)[0] == "boards"
    assert "Back to boards" in [button.label for button in app.button]


def test_a_page_opens_by_its_row(visit: Open) -> None:
    shown = palette(visit(links.BOARDS))
    (row,) = [row["name"] for row in shown.sent["pages"] if row["label"] == "Targets"]
    assert at(shown.say({"name": row, "how": "enter"}))[0] == "targets"


@pytest.mark.parametrize(
    "said",
    [
        None,
        7,
        "page:people",
        ["page:people", "enter"],
        {},
        {"name": "metric:revenue"},
        {"name": 7, "how": "enter"},
        {"name": "metric:revenue", "how": "click"},
        {"name": ["metric:revenue"], "how": "enter"},
    ],
)
def test_anything_but_a_row_and_a_key_is_ignored(visit: Open, said: object) -> None:
    app = palette(visit()).say(said)
    assert at(app)[0] == "targets"
    assert not app.toast


@pytest.mark.parametrize(
    "row",
    [
        "page:people",
        "page:compose",
        "page:../secrets",
        "metric:cost",
        "metric:",
        "person:finn",
        "question:0000",
        "receipt:R-7K3Q",
        "value:campaign:No channel",
        "ask",
        "action:view-as",
        "action:stop-viewing",
        "action:delete-everything",
        "offer",
        "",
    ],
)
def test_a_row_that_a_person_was_not_offered_opens_nothing(visit: Open, who: dict[str, Actor], row: str) -> None:
    who["asks"] = session.workspace().people["noa"]
    app = palette(visit(links.BOARDS)).say({"name": row, "how": "enter"})
    assert at(app)[0] == "boards"
    assert [toast.value for toast in app.toast] == [opened.GONE]
