"""Saving in Explore, and opening saved questions and their versions, over the small shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from pages.explore.builder.differences import differences
from pages.shell import links
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import (
    DATE,
    AllOf,
    Between,
    Breakdown,
    Condition,
    InSegment,
    Last,
    MetricFilter,
    Operator,
    Order,
    Previous,
    Query,
    Top,
)
from semantic.services.saved_questions import NOT_ALL, SEALED, UNREADABLE, search_saved
from semantic.store.people import erase_person
from semantic.store.questions.links import NOT_THERE, make_link
from semantic.store.questions.questions import UNKNOWN, SavedQuestion, save_version
from semantic.store.questions.versions import QUESTION_VERSIONS, Content
from semantic.store.spaces.spaces import make_space
from semantic.workspace import Workspace
from tests.pages.conftest import OpensWhenAsked
from tests.pages.explore_page import BY_CHANNEL, SPRING, held, press, words
from tests.pages.saved.saving import MARKETER, OF_ADA, Visit, Work, address_of, field_of, links_on, press_key, save_as
from tests.semantic.store.faults import FAULTS

# Saving


def test_a_question_is_saved_under_its_title_with_its_id_in_the_address(visit: Visit, work: Work) -> None:
    app = press_key(visit(asked=BY_CHANNEL), "save")
    assert field_of(app, "Name").value == "Revenue by channel"
    app = press_key(app, "save-new")
    (saved,) = work().questions()
    assert (saved.name, saved.space, saved.metrics, saved.version) == ("Revenue by channel", "", ("revenue",), 1)
    assert address_of(app) == {"saved": [saved.id]}
    assert "Revenue by channel private to you, version 1" in words(app).replace("**", "").replace(":gray[", "")
    assert work().open(saved.id).query == BY_CHANNEL


def test_a_shared_question_shows_its_purpose(visit: Visit, work: Work) -> None:
    with work().store.write() as transaction:
        make_space(transaction, "Team Paid", MARKETER, work().keys)
    app = press_key(visit(asked=BY_CHANNEL), "save")
    field_of(app, "Visibility").set_value("Team Paid").run()
    app = press_key(app, "save-new")
    assert "Add a short description" in app.warning[0].value
    assert work().questions() == []
    field_of(app, "Description").set_value("For Mondays").run()
    press_key(app, "save-new")
    (saved,) = work().questions()
    assert (saved.space_name, saved.sentence) == ("Team Paid", "For Mondays")


def test_a_new_space_is_created_by_choosing_and_naming_it(visit: Visit, work: Work) -> None:
    app = press_key(visit(asked=BY_CHANNEL), "save")
    assert field_of(app, "Visibility").options == ["Only me", "New shared space…"]
    field_of(app, "Visibility").set_value("New shared space…").run()
    assert [button.disabled for button in app.button if button.key == "save-new"] == [True]
    field_of(app, "Space name").set_value("  Team Nine ").run()
    field_of(app, "Description").set_value("For Mondays").run()
    press_key(app, "save-new")
    (saved,) = work().questions()
    assert saved.space_name == "Team Nine"


def test_a_saved_question_is_moved_to_a_new_space(visit: Visit, work: Work) -> None:
    saved = save_as(work(), name="Idea")
    app = press_key(visit(links.SAVED_LIST), f"edit-{saved.id}")
    field_of(app, "Visibility").set_value("New shared space…").run()
    assert [button.disabled for button in app.button if button.key == f"edit-{saved.id}-1-save"] == [True]
    field_of(app, "Space name").set_value("Team Nine").run()
    press_key(app, f"edit-{saved.id}-1-save")
    assert [question.space_name for question in work().questions()] == ["Team Nine"]


def test_a_viewer_is_offered_no_shared_space(visit: Visit, who: dict[str, Actor], workspace: Workspace) -> None:
    who["asks"] = workspace.people["noa"]
    app = press_key(visit(asked=BY_CHANNEL), "save")
    assert "Visibility" not in [selectbox.label for selectbox in app.selectbox]
    assert "Marketers and above can also save to shared spaces" in words(app)


def test_a_change_is_marked_and_saved_as_the_next_version_and_undo_spans_both(visit: Visit, work: Work) -> None:
    saved = save_as(work())
    app = visit(saved=saved.id)
    assert held(app).draft == BY_CHANNEL
    assert "Changed" not in words(app)
    more = replace(BY_CHANNEL, metrics=("revenue", "order_count"))
    held(app).replace(more)
    app.run()
    assert "Changed" in words(app)
    assert address_of(app)["saved"] == [saved.id]
    assert address_of(app)["m"] == ["revenue,order_count"]
    app = press_key(app, "save")
    assert "Metric added: Order count" in words(app)
    field_of(app, "Version note").set_value("with orders").run()
    app = press_key(app, "save-version")
    assert [(version.number, version.note) for version in work().versions(saved.id)] == [(2, "with orders"), (1, "")]
    assert address_of(app) == {"saved": [saved.id]}
    assert "version 2" in words(app)
    app = press_key(app, "undo")
    assert held(app).draft == BY_CHANNEL
    assert "Changed" in words(app)
    app = press_key(app, "redo")
    assert (held(app).draft, "Changed" in words(app)) == (more, False)


def test_a_changed_question_is_restored_by_its_address(visit: Visit, work: Work) -> None:
    saved = save_as(work())
    app = visit(asked=replace(BY_CHANNEL, limit=3), saved=saved.id)
    assert held(app).draft == replace(BY_CHANNEL, limit=3)
    assert "Changed" in words(app)
    app = press_key(app, "revert")
    assert held(app).draft == BY_CHANNEL
    app = press_key(app, "undo")
    assert held(app).draft == replace(BY_CHANNEL, limit=3)


def test_a_new_question_belongs_to_no_saved_one_until_undo(visit: Visit, work: Work) -> None:
    saved = save_as(work())
    app = press(visit(saved=saved.id), "New question")
    assert (held(app).saved, address_of(app)) == ("", {})
    app = press_key(app, "undo")
    assert (held(app).saved, held(app).draft) == (saved.id, BY_CHANNEL)


def test_the_kind_of_chart_is_saved_with_it(visit: Visit, work: Work) -> None:
    saved = save_as(work(), chart="pie")
    app = visit(saved=saved.id)
    assert app.query_params["chart"] in ("pie", ["pie"])
    assert "Changed" not in words(app)
    assert "Changed" in words(visit(saved=saved.id, chart="columns"))


def test_a_version_saved_by_someone_else_is_shown_and_nothing_is_lost(visit: Visit, work: Work) -> None:
    saved = save_as(work(), actor=MARKETER, space="Team Paid")
    app = visit(saved=saved.id)
    mine, theirs = replace(BY_CHANNEL, limit=3), replace(BY_CHANNEL, metrics=("order_count",))
    held(app).replace(mine)
    app.run()
    press_key(app, "save")
    with work().store.write() as transaction:
        save_version(transaction, saved.id, Content(query=theirs), MARKETER, work().keys, revision=1, note="orders now")
    app = press_key(app, "save-version")
    assert "Mo Berg saved version 2 while you were editing" in app.warning[0].value
    assert "orders now" in app.warning[0].value
    assert "- Metric added: Revenue\n- Metric removed: Order count" in words(app)
    assert [version.number for version in work().versions(saved.id)] == [2, 1]
    assert held(app).draft == mine
    app = press_key(app, "save-version")
    assert [version.number for version in work().versions(saved.id)] == [3, 2, 1]
    assert work().open(saved.id).query == mine


def test_without_edit_access_it_is_saved_as_a_copy(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    saved = save_as(work(), space="Team Paid")
    who["asks"] = workspace.people["noa"]
    app = visit(asked=replace(BY_CHANNEL, limit=3), saved=saved.id)
    app = press_key(app, "save")
    assert "Save your own copy" in words(app)
    app = press_key(app, "save-new")
    assert sorted(question.is_mine for question in work().questions()) == [False, True]
    assert held(app).saved != saved.id


def test_a_change_is_saved_as_another_question_which_others_find(
    visit: Visit, work: Work, who: dict[str, Actor]
) -> None:
    """The first question stays unchanged and private."""
    with work().store.write() as transaction:
        make_space(transaction, "Team Paid", MARKETER, work().keys)
    first, more = save_as(work(), name="Quietly"), replace(BY_CHANNEL, limit=3)
    app = press_key(visit(asked=more, saved=first.id), "save")
    field_of(app, "How").set_value("Save as new").run()
    field_of(app, "Name").set_value("For all").run()
    field_of(app, "Visibility").set_value("Team Paid").run()
    field_of(app, "Description").set_value("For Mondays").run()
    press_key(app, "save-new")
    assert [(question.name, question.version) for question in sorted(work().questions(), key=lambda one: one.name)] == [
        ("For all", 1), ("Quietly", 1),
    ]  # fmt: skip
    assert work().open(first.id).query == BY_CHANNEL
    who["asks"] = work().workspace.people["noa"]
    (question,) = work().questions()
    assert question.name == "For all"
    app = visit(saved=question.id)
    assert held(app).draft == more
    assert "by Steward in Team Paid, version 1" in words(app).replace("**", "").replace(":gray[", "")


def test_an_identical_saved_question_is_shown_and_can_be_opened(
    visit: Visit, work: Work, who: dict[str, Actor]
) -> None:
    theirs = save_as(work(), actor=MARKETER, space="Team Paid", name="Revenue, for all")
    save_as(work(), actor=MARKETER, name="Mo's own")
    app = press_key(visit(asked=replace(BY_CHANNEL)), "save")
    assert "Already saved as **Revenue, for all**, by Mo Berg in Team Paid." in words(app)
    assert "own" not in words(app).partition("Already saved")[2].partition(".")[0]
    app = press_key(app, "same-open")
    assert (held(app).saved, held(app).draft) == (theirs.id, BY_CHANNEL)


# Versions


def test_an_earlier_version_is_restored_and_undo_brings_back_what_was_there(visit: Visit, work: Work) -> None:
    saved = save_as(work())
    second = replace(BY_CHANNEL, metrics=("order_count",))
    with work().store.write() as transaction:
        save_version(transaction, saved.id, Content(query=second), work().actor, work().keys, revision=1, note="x")
    app = press_key(visit(saved=saved.id), "versions")
    assert "Metric removed: Revenue" in words(app)
    assert "Version 2" in words(app)
    app = press_key(app, "version-restore-1")
    newest = work().versions(saved.id)[0]
    assert (newest.number, newest.note) == (3, "As version 1")
    assert held(app).draft == BY_CHANNEL
    assert "version 3" in words(app)
    app = press_key(app, "undo")
    assert held(app).draft == second
    app = press_key(app, "revert")
    assert held(app).draft == BY_CHANNEL
    assert held(press_key(app, "undo")).draft == second  # a click isn't the browser's Back, wherever it leads


def test_version_names_and_notes_are_shown_as_plain_text(visit: Visit, work: Work) -> None:
    saved = save_as(work(), name="_it_")
    with work().store.write() as transaction:
        save_version(
            transaction, saved.id, Content(query=BY_CHANNEL), work().actor, work().keys, revision=1, note="[x](y)"
        )  # fmt: skip
    app = press_key(visit(saved=saved.id), "versions")
    shown = [markdown.value for markdown in app.markdown]
    assert r"**\_it\_**" in shown
    assert r"“\[x\](y)”" in shown


def test_an_earlier_version_can_be_looked_at(visit: Visit, work: Work) -> None:
    saved = save_as(work())
    second = replace(BY_CHANNEL, metrics=("order_count",))
    with work().store.write() as transaction:
        save_version(transaction, saved.id, Content(query=second), work().actor, work().keys, revision=1)
    app = press_key(press_key(visit(saved=saved.id), "versions"), "version-show-1")
    assert held(app).draft == BY_CHANNEL
    assert "Changed" in words(app)
    assert [version.number for version in work().versions(saved.id)] == [2, 1]


# Opening a question that is incomplete, someone else's or missing


def test_private_and_missing_questions_read_the_same(visit: Visit, work: Work) -> None:
    private = save_as(work(), actor=MARKETER)
    closed, absent = visit(saved=private.id), visit(saved="0" * 32)
    assert words(closed) == words(absent)
    assert UNKNOWN in words(absent)
    assert held(closed).saved == ""


def test_hidden_parts_are_left_out_with_a_notice(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    part = save_as(work(), replace(BY_CHANNEL, metrics=("revenue", "cost")), name="Cost of all", space="Team")
    question = save_as(work(), replace(BY_CHANNEL, metrics=("cost",)), name="Cost alone", space="Team")
    who["asks"] = workspace.people["noa"]  # may not see cost
    app = visit(saved=part.id)
    assert held(app).draft.metrics == ("revenue",)
    assert NOT_ALL in words(app)
    assert words(visit(saved=question.id)) == words(visit(saved="0" * 32))
    for page in (links.SAVED_LIST, links.HOME):
        assert "Cost" not in str([markdown.value for markdown in visit(page).markdown]) + str(links_on(visit(page)))
    assert work().questions() == []


def test_unreadable_parts_are_skipped_and_not_lost(visit: Visit, work: Work) -> None:
    saved = save_as(work())
    damaged = '{"v": 1, "metrics": ["revenue"], "by": ["channel"], "colour": "red"}'
    with work().store.write(recorded=False) as transaction:
        transaction.connection.execute(update(QUESTION_VERSIONS).values(query=damaged))
    app = visit(saved=saved.id)
    assert held(app).draft == BY_CHANNEL
    assert UNREADABLE in words(app)
    assert work().versions(saved.id)[0].text == damaged


def test_parts_encrypted_by_an_erased_person_say_so(visit: Visit, work: Work) -> None:
    saved = save_as(work(), OF_ADA, actor=MARKETER, space="Team", name="Of one")
    with work().store.write(recorded=False) as transaction:
        erase_person(transaction, "mo", work().keys)
    app = visit(saved=saved.id)
    assert SEALED in words(app)
    assert "Of one" in words(app)
    assert held(app).draft == Query()


def test_a_saved_question_that_names_a_person_is_restored_only_by_its_id(visit: Visit, work: Work) -> None:
    saved = save_as(work(), OF_ADA)
    app = visit(saved=saved.id)
    assert held(app).draft == OF_ADA
    assert address_of(app) == {"saved": [saved.id]}
    assert "isn't in the URL" not in words(app)


@pytest.mark.parametrize("text", ["'", "x" * 5_000, "\x00", "é" * 32, "../../etc/passwd"])
@pytest.mark.parametrize("name", ["saved", "q"])
def test_no_id_ends_in_a_stack_trace(name: str, text: str, visit: Visit) -> None:
    unknown = UNKNOWN if name == "saved" else NOT_THERE
    assert unknown in words(visit(**{name: text}))


# While the store is unavailable


def test_nothing_is_lost_while_the_store_is_unavailable(visit: Visit, work: Work, store: OpensWhenAsked) -> None:
    saved = save_as(work())
    app = visit(asked=replace(BY_CHANNEL, limit=3))
    store.is_away = True
    app = press_key(app, "save")
    assert "The store couldn't be read" in app.warning[0].value
    assert "Your question stays open" in words(app)
    assert held(app).draft == replace(BY_CHANNEL, limit=3)
    app = visit(asked=replace(BY_CHANNEL, limit=3), saved=saved.id)
    assert held(app).draft == replace(BY_CHANNEL, limit=3)
    assert "The store couldn't be read" in words(app)
    assert "Couldn't load" in words(visit(links.SAVED_LIST))
    assert "Couldn't load these" in words(visit(links.HOME))


def test_the_same_click_saves_it_once_the_store_is_writable(visit: Visit, work: Work, store: OpensWhenAsked) -> None:
    """A full or read-only store can still be read, so only the click reveals the problem."""
    app = press_key(visit(asked=BY_CHANNEL), "save")
    field_of(app, "Name").set_value("For Mondays").run()
    with FAULTS["read_only"](store()[0]):
        app = press_key(app, "save-new")
        assert not app.exception
        assert "The store is read-only. Nothing was changed" in words(app) + str(
            [warning.value for warning in app.warning]
        )
        assert held(app).draft == BY_CHANNEL
        assert field_of(app, "Name").value == "For Mondays"
    assert work().questions() == []
    app = press_key(app, "save-new")
    assert [question.name for question in work().questions()] == ["For Mondays"]


# Words


def test_a_search_matches_the_beginnings_of_words() -> None:
    then = datetime(2026, 9, 1, tzinfo=UTC)
    question = SavedQuestion(
        id="1", name="Ad spend (weekly)", sentence="For Mondays", space="s", space_name="Team Paid", folder="",
        owner_name="Ana Ribeiro", is_mine=False, may_change=False, is_archived=False, version=1, metrics=(),
        created_at=then, changed_at=then, revision=1,
    )  # fmt: skip
    assert [bool(search_saved([question], text)) for text in ("", "AD week", "mon ana paid", "end", "spend x")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_differences_are_described_in_words(workspace: Workspace) -> None:
    seen = workspace.visible(workspace.people["steward"])
    before = replace(
        BY_CHANNEL, time=Last(4, Granularity.WEEK), where=InSegment("big_spenders"), order=(Order("revenue"),)
    )
    after = Query(
        metrics=("revenue", "order_count"),
        by=(Breakdown(DATE, Granularity.WEEK),),
        where=AllOf((Condition("channel", Operator.NOT_IN, (None,)),)),
        having=(MetricFilter("order_count", ">", (2,)),),
        time=SPRING,
        compare=(Previous(),),
        top=Top(3, "channel", "revenue"),
        limit=10,
    )
    texts = differences(before, after, seen)
    assert {
        "Metric added: Order count",
        "Breakdown added: Week",
        "Breakdown removed: Channel",
        "Filter added: Channel is not empty",
        "Comparison added: Previous period",
        "Period: 1 Mar \N{EN DASH} 30 Apr 2026, before: last 4 weeks",
        "Top: 3 by revenue, before: all",
        "Order: default, before: revenue",
        "Row limit: 10, before: default",
    } <= set(texts)
    assert differences(before, before, seen) == []
    assert differences(after, replace(after, metrics=("order_count", "revenue")), seen) == ["Metrics reordered"]
    until = differences(after, replace(after, time=Between(None, SPRING.end)), seen)
    assert until == ["Period: until 30 Apr 2026, before: 1 Mar \N{EN DASH} 30 Apr 2026"]


def test_masked_values_are_not_revealed_by_others_saved_versions(workspace: Workspace, work: Work) -> None:
    """Mia sees addresses as hashes, but a filter that someone else wrote contains the real addresses."""
    mia, steward = workspace.people["mia"], workspace.people["steward"]
    query = replace(OF_ADA, by=BY_CHANNEL.by)
    saved = save_as(work(), query, actor=steward, space="Team Paid")
    as_mia, as_steward = replace(work(), actor=mia), replace(work(), actor=steward)
    opened = as_mia.open(saved.id)
    assert (opened.query.where, opened.messages) == (None, (NOT_ALL,))
    assert as_mia.read(as_mia.versions(saved.id)[0]).query.where is None
    assert as_steward.open(saved.id).query == query
    with as_mia.store.write() as transaction:
        link = make_link(transaction, query, steward, as_mia.keys, is_personal=True)
        own = make_link(transaction, query, mia, as_mia.keys, is_personal=True)
    assert as_mia.open_link(link).query.where is None
    assert as_mia.open_link(own).query == query, "the values that she sees herself are hers to filter by"
    assert replace(as_mia, actor=replace(mia, viewed_by="steward")).open_link(own).query.where is None
    assert as_steward.open_link(link).query == query
