"""Saving in Explore, the pages that list saved questions, and created links, over the small shop."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from pages.explore.builder.differences import differences
from pages.saved.list import kind_of
from pages.shell import links, once
from semantic.display.charts.kinds import LABELS
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
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
from semantic.services.saved_questions import NOT_ALL, SEALED, UNREADABLE, SavedWork, search_saved
from semantic.store.people import erase_person
from semantic.store.questions.links import NOT_THERE, make_link
from semantic.store.questions.questions import UNKNOWN, SavedQuestion, archive_question, save_question, save_version
from semantic.store.questions.versions import QUESTION_VERSIONS, Content
from semantic.store.spaces.spaces import MINE, make_space
from semantic.workspace import Workspace
from tests.pages.conftest import OpensWhenAsked
from tests.pages.explore_page import BY_CHANNEL, MONTHLY, SPRING, held, press, words
from tests.pages.palettes import palette
from tests.pages.whole_app import ROOT, be, open_app
from tests.semantic.store.faults import FAULTS

OF_ADA = Query(metrics=("revenue",), where=Condition("email", Operator.IN, ("ada@example.com",)))
MARKETER = Actor(id="mo", name="Mo Berg, marketer", roles=frozenset({"marketer"}))
Visit = Callable[..., AppTest]


@pytest.fixture
def who(workspace: Workspace) -> dict[str, Actor]:
    return {"asks": workspace.people["steward"]}


@pytest.fixture
def visit(workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Open a page of the app by its file, with these parameters."""
    be(monkeypatch, lambda: who["asks"], lambda: workspace)

    def open_page(page: str = links.EXPLORE, asked: Query | None = None, **params: Any) -> AppTest:
        app = open_app("" if page == links.HOME else page, **(query_to_params(asked) if asked else {}), **params)
        assert not app.exception
        return app

    yield open_page
    once.forget()


@pytest.fixture
def work(workspace: Workspace, who: dict[str, Actor], store: OpensWhenAsked) -> Callable[[], SavedWork]:
    return lambda: SavedWork(*store(), workspace, who["asks"])


Work = Callable[[], SavedWork]


def _save(
    work: SavedWork, query: Query = BY_CHANNEL, *, actor: Actor | None = None, name: str = "Revenue", space: str = "",
    chart: str = "",
) -> SavedQuestion:  # fmt: skip
    by = actor or work.actor
    with work.store.write() as transaction:
        where = make_space(transaction, space, by, work.keys).id if space else MINE
        content = Content(query=query, chart=chart, is_personal=query == OF_ADA)
        saved = save_question(transaction, content, by, work.keys, name=name, sentence="Why", space=where)
    return replace(work, actor=by).open(saved).head


def _field(app: AppTest, label: str) -> Any:
    fields = [box for kind in (app.text_input, app.selectbox, app.button_group) for box in kind]
    (box,) = [each_box for each_box in fields if each_box.label == label]
    return box


def _key(app: AppTest, key: str) -> AppTest:
    """Click the button with this key."""
    (button,) = [each_button for each_button in app.button if each_button.key == key]
    return button.click().run()


def _address(app: AppTest) -> dict[str, list[str]]:
    return dict(held(app).address or {})


# Saving


def test_a_question_is_saved_under_its_title_with_its_id_in_the_address(visit: Visit, work: Work) -> None:
    app = _key(visit(asked=BY_CHANNEL), "save")
    assert _field(app, "Name").value == "Revenue by channel"
    app = _key(app, "save-new")
    (saved,) = work().questions()
    assert (saved.name, saved.space, saved.metrics, saved.version) == ("Revenue by channel", "", ("revenue",), 1)
    assert _address(app) == {"saved": [saved.id]}
    assert "Revenue by channel private to you, version 1" in words(app).replace("**", "").replace(":gray[", "")
    assert work().open(saved.id).query == BY_CHANNEL


def test_a_shared_one_says_what_it_is_for(visit: Visit, work: Work) -> None:
    with work().store.write() as transaction:
        make_space(transaction, "Team Paid", MARKETER, work().keys)
    app = _key(visit(asked=BY_CHANNEL), "save")
    _field(app, "Visibility").set_value("Team Paid").run()
    app = _key(app, "save-new")
    assert "Add a short description" in app.warning[0].value
    assert work().questions() == []
    _field(app, "Description").set_value("For Mondays").run()
    _key(app, "save-new")
    (saved,) = work().questions()
    assert (saved.space_name, saved.sentence) == ("Team Paid", "For Mondays")


def test_a_space_is_begun_by_choosing_so_and_naming_it(visit: Visit, work: Work) -> None:
    app = _key(visit(asked=BY_CHANNEL), "save")
    assert _field(app, "Visibility").options == ["Only me", "New shared space…"]
    _field(app, "Visibility").set_value("New shared space…").run()
    assert [button.disabled for button in app.button if button.key == "save-new"] == [True]
    _field(app, "Space name").set_value("  Team Nine ").run()
    _field(app, "Description").set_value("For Mondays").run()
    _key(app, "save-new")
    (saved,) = work().questions()
    assert saved.space_name == "Team Nine"


def test_a_saved_one_is_moved_to_a_space_that_is_begun(visit: Visit, work: Work) -> None:
    saved = _save(work(), name="Idea")
    app = _key(visit(links.SAVED_LIST), f"edit-{saved.id}")
    _field(app, "Visibility").set_value("New shared space…").run()
    assert [button.disabled for button in app.button if button.key == f"edit-{saved.id}-1-save"] == [True]
    _field(app, "Space name").set_value("Team Nine").run()
    _key(app, f"edit-{saved.id}-1-save")
    assert [question.space_name for question in work().questions()] == ["Team Nine"]


def test_a_viewer_is_offered_no_shared_space(visit: Visit, who: dict[str, Actor], workspace: Workspace) -> None:
    who["asks"] = workspace.people["noa"]
    app = _key(visit(asked=BY_CHANNEL), "save")
    assert "Visibility" not in [selectbox.label for selectbox in app.selectbox]
    assert "Marketers and above can also save to shared spaces" in words(app)


def test_a_change_is_marked_saved_as_the_next_version_and_undo_goes_across(visit: Visit, work: Work) -> None:
    saved = _save(work())
    app = visit(saved=saved.id)
    assert held(app).draft == BY_CHANNEL
    assert "Changed" not in words(app)
    more = replace(BY_CHANNEL, metrics=("revenue", "order_count"))
    held(app).replace(more)
    app.run()
    assert "Changed" in words(app)
    assert _address(app)["saved"] == [saved.id]
    assert _address(app)["m"] == ["revenue,order_count"]
    app = _key(app, "save")
    assert "Metric added: Order count" in words(app)
    _field(app, "Version note").set_value("with orders").run()
    app = _key(app, "save-version")
    assert [(version.number, version.note) for version in work().versions(saved.id)] == [(2, "with orders"), (1, "")]
    assert _address(app) == {"saved": [saved.id]}
    assert "version 2" in words(app)
    app = _key(app, "undo")
    assert held(app).draft == BY_CHANNEL
    assert "Changed" in words(app)
    app = _key(app, "redo")
    assert (held(app).draft, "Changed" in words(app)) == (more, False)


def test_a_changed_one_is_restored_by_its_address(visit: Visit, work: Work) -> None:
    saved = _save(work())
    app = visit(asked=replace(BY_CHANNEL, limit=3), saved=saved.id)
    assert held(app).draft == replace(BY_CHANNEL, limit=3)
    assert "Changed" in words(app)
    app = _key(app, "revert")
    assert held(app).draft == BY_CHANNEL
    app = _key(app, "undo")
    assert held(app).draft == replace(BY_CHANNEL, limit=3)


def test_a_new_question_is_of_no_saved_one_and_undo_brings_that_back(visit: Visit, work: Work) -> None:
    saved = _save(work())
    app = press(visit(saved=saved.id), "New question")
    assert (held(app).saved, _address(app)) == ("", {})
    app = _key(app, "undo")
    assert (held(app).saved, held(app).draft) == (saved.id, BY_CHANNEL)


def test_the_kind_of_chart_is_saved_with_it(visit: Visit, work: Work) -> None:
    saved = _save(work(), chart="pie")
    app = visit(saved=saved.id)
    assert app.query_params["chart"] in ("pie", ["pie"])
    assert "Changed" not in words(app)
    assert "Changed" in words(visit(saved=saved.id, chart="columns"))


def test_a_version_saved_by_someone_else_is_shown_and_nothing_is_lost(visit: Visit, work: Work) -> None:
    saved = _save(work(), actor=MARKETER, space="Team Paid")
    app = visit(saved=saved.id)
    mine, theirs = replace(BY_CHANNEL, limit=3), replace(BY_CHANNEL, metrics=("order_count",))
    held(app).replace(mine)
    app.run()
    _key(app, "save")
    with work().store.write() as transaction:
        save_version(transaction, saved.id, Content(query=theirs), MARKETER, work().keys, revision=1, note="orders now")
    app = _key(app, "save-version")
    assert "Mo Berg saved version 2 while you were editing" in app.warning[0].value
    assert "orders now" in app.warning[0].value
    assert "- Metric added: Revenue\n- Metric removed: Order count" in words(app)
    assert [version.number for version in work().versions(saved.id)] == [2, 1]
    assert held(app).draft == mine
    app = _key(app, "save-version")
    assert [version.number for version in work().versions(saved.id)] == [3, 2, 1]
    assert work().open(saved.id).query == mine


def test_without_edit_access_it_is_saved_as_a_copy(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    saved = _save(work(), space="Team Paid")
    who["asks"] = workspace.people["noa"]
    app = visit(asked=replace(BY_CHANNEL, limit=3), saved=saved.id)
    app = _key(app, "save")
    assert "Save your own copy" in words(app)
    app = _key(app, "save-new")
    assert sorted(question.is_mine for question in work().questions()) == [False, True]
    assert held(app).saved != saved.id


def test_a_change_is_saved_as_another_question_which_others_find(
    visit: Visit, work: Work, who: dict[str, Actor]
) -> None:
    """The first stays unchanged and private."""
    with work().store.write() as transaction:
        make_space(transaction, "Team Paid", MARKETER, work().keys)
    first, more = _save(work(), name="Quietly"), replace(BY_CHANNEL, limit=3)
    app = _key(visit(asked=more, saved=first.id), "save")
    _field(app, "How").set_value("Save as new").run()
    _field(app, "Name").set_value("For all").run()
    _field(app, "Visibility").set_value("Team Paid").run()
    _field(app, "Description").set_value("For Mondays").run()
    _key(app, "save-new")
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
    theirs = _save(work(), actor=MARKETER, space="Team Paid", name="Revenue, for all")
    _save(work(), actor=MARKETER, name="Mo's own")
    app = _key(visit(asked=replace(BY_CHANNEL)), "save")
    assert "Already saved as **Revenue, for all**, by Mo Berg in Team Paid." in words(app)
    assert "own" not in words(app).partition("Already saved")[2].partition(".")[0]
    app = _key(app, "same-open")
    assert (held(app).saved, held(app).draft) == (theirs.id, BY_CHANNEL)


# Versions


def test_an_earlier_version_is_restored_and_undo_brings_back_what_was_there(visit: Visit, work: Work) -> None:
    saved = _save(work())
    second = replace(BY_CHANNEL, metrics=("order_count",))
    with work().store.write() as transaction:
        save_version(transaction, saved.id, Content(query=second), work().actor, work().keys, revision=1, note="x")
    app = _key(visit(saved=saved.id), "versions")
    assert "Metric removed: Revenue" in words(app)
    assert "Version 2" in words(app)
    app = _key(app, "version-restore-1")
    newest = work().versions(saved.id)[0]
    assert (newest.number, newest.note) == (3, "As version 1")
    assert held(app).draft == BY_CHANNEL
    assert "version 3" in words(app)
    app = _key(app, "undo")
    assert held(app).draft == second
    app = _key(app, "revert")
    assert held(app).draft == BY_CHANNEL
    assert held(_key(app, "undo")).draft == second  # a click isn't the browser's Back, wherever it leads


def test_version_names_and_notes_are_shown_as_plain_text(visit: Visit, work: Work) -> None:
    saved = _save(work(), name="_it_")
    with work().store.write() as transaction:
        save_version(
            transaction, saved.id, Content(query=BY_CHANNEL), work().actor, work().keys, revision=1, note="[x](y)"
        )  # fmt: skip
    app = _key(visit(saved=saved.id), "versions")
    shown = [markdown.value for markdown in app.markdown]
    assert r"**\_it\_**" in shown
    assert r"“\[x\](y)”" in shown


def test_an_earlier_version_can_be_looked_at(visit: Visit, work: Work) -> None:
    saved = _save(work())
    second = replace(BY_CHANNEL, metrics=("order_count",))
    with work().store.write() as transaction:
        save_version(transaction, saved.id, Content(query=second), work().actor, work().keys, revision=1)
    app = _key(_key(visit(saved=saved.id), "versions"), "version-show-1")
    assert held(app).draft == BY_CHANNEL
    assert "Changed" in words(app)
    assert [version.number for version in work().versions(saved.id)] == [2, 1]


# Opening a question that is incomplete, someone else's or missing


def test_private_and_missing_questions_read_the_same(visit: Visit, work: Work) -> None:
    private = _save(work(), actor=MARKETER)
    closed, absent = visit(saved=private.id), visit(saved="0" * 32)
    assert words(closed) == words(absent)
    assert UNKNOWN in words(absent)
    assert held(closed).saved == ""


def test_hidden_parts_are_left_out_with_a_notice(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    part = _save(work(), replace(BY_CHANNEL, metrics=("revenue", "cost")), name="Cost of all", space="Team")
    question = _save(work(), replace(BY_CHANNEL, metrics=("cost",)), name="Cost alone", space="Team")
    who["asks"] = workspace.people["noa"]  # may not see cost
    app = visit(saved=part.id)
    assert held(app).draft.metrics == ("revenue",)
    assert NOT_ALL in words(app)
    assert words(visit(saved=question.id)) == words(visit(saved="0" * 32))
    for page in (links.SAVED_LIST, links.HOME):
        assert "Cost" not in str([markdown.value for markdown in visit(page).markdown]) + str(_links(visit(page)))
    assert work().questions() == []


def test_unreadable_parts_are_skipped_and_not_lost(visit: Visit, work: Work) -> None:
    saved = _save(work())
    damaged = '{"v": 1, "metrics": ["revenue"], "by": ["channel"], "colour": "red"}'
    with work().store.write(recorded=False) as transaction:
        transaction.connection.execute(update(QUESTION_VERSIONS).values(query=damaged))
    app = visit(saved=saved.id)
    assert held(app).draft == BY_CHANNEL
    assert UNREADABLE in words(app)
    assert work().versions(saved.id)[0].text == damaged


def test_parts_encrypted_by_an_erased_person_say_so(visit: Visit, work: Work) -> None:
    saved = _save(work(), OF_ADA, actor=MARKETER, space="Team", name="Of one")
    with work().store.write(recorded=False) as transaction:
        erase_person(transaction, "mo", work().keys)
    app = visit(saved=saved.id)
    assert SEALED in words(app)
    assert "Of one" in words(app)
    assert held(app).draft == Query()


def test_a_saved_one_that_names_a_person_is_restored_by_its_id_alone(visit: Visit, work: Work) -> None:
    saved = _save(work(), OF_ADA)
    app = visit(saved=saved.id)
    assert held(app).draft == OF_ADA
    assert _address(app) == {"saved": [saved.id]}
    assert "isn't in the address" not in words(app)


@pytest.mark.parametrize("text", ["'", "x" * 5_000, "\x00", "é" * 32, "../../etc/passwd"])
@pytest.mark.parametrize("name", ["saved", "q"])
def test_no_id_ends_in_a_stack_trace(name: str, text: str, visit: Visit) -> None:
    unknown = UNKNOWN if name == "saved" else NOT_THERE
    assert unknown in words(visit(**{name: text}))


# Links that are made


def _opened_share(app: AppTest) -> AppTest:
    app.session_state[held(app).key("share")] = True
    return app.run()


def test_a_question_that_names_a_person_gets_a_link_without_the_name(visit: Visit, work: Work) -> None:
    app = _opened_share(visit(asked=OF_ADA))
    assert "This question filters by a person" in words(app)
    assert _address(app) == {}
    app = press(app, "Copy link")
    app.run()
    (link,) = _address(app)["q"]
    assert len(link) == 22
    assert "isn't in the address" not in words(app)
    app = visit(q=link)
    assert held(app).draft == OF_ADA
    assert _address(app) == {"q": [link]}


def test_a_link_shows_only_what_its_reader_can_see(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    ids: list[str] = []
    for query in (OF_ADA, replace(OF_ADA, metrics=("cost",))):
        with work().store.write() as transaction:
            ids.append(make_link(transaction, query, work().actor, work().keys, is_personal=True))
    who["asks"] = workspace.people["noa"]  # may see neither cost nor anything personal
    app = visit(q=ids[0])
    assert held(app).draft == Query(metrics=("revenue",))
    assert NOT_ALL in words(app)
    assert "ada" not in words(app)
    assert words(visit(q=ids[1])) == words(visit(q="x" * 22))


def test_a_long_question_gets_a_short_link(visit: Visit) -> None:
    long = replace(BY_CHANNEL, where=Condition("channel", Operator.NOT_IN, tuple(f"channel {n}" for n in range(150))))
    app = press(_opened_share(visit(asked=long)), "Copy link")
    app.run()
    assert set(_address(app)) == {"q"}
    assert held(visit(q=_address(app)["q"][0])).draft == long


def _linked_by(app: AppTest) -> str:
    """The ID in the link that the popover offers to copy."""
    (copied,) = [element for element in app.get("bidi_component") if element.proto.component_name == "samepage_copy"]
    return str(json.loads(copied.proto.json)["link"]).partition("?q=")[2]


def test_a_link_is_short_and_shows_who_sent_it_and_their_note(
    visit: Visit, who: dict[str, Actor], workspace: Workspace
) -> None:
    app = _opened_share(visit(asked=BY_CHANNEL, chart="pie"))
    _field(app, "Note (optional)").set_value("*Look* at [Display](https://evil.example)").run()
    link = _linked_by(_opened_share(press(app, "Copy link")))
    assert len(link) == 22
    assert "Copy link" not in [button.label for button in app.button]
    assert "q" not in _address(app), "the sender's own address stays as it is"
    assert "You shared this" in words(visit(q=link))
    who["asks"] = workspace.people["noa"]
    app = visit(q=link)
    assert held(app).draft == BY_CHANNEL
    assert "pie" in app.query_params["chart"]
    shown = [text.value for text in app.markdown]
    assert any("**Steward shared this with you**" in text for text in shown)
    (note,) = [text for text in shown if "evil.example" in text]
    assert note.startswith("\N{LEFT DOUBLE QUOTATION MARK}\\*Look\\* at \\[Display\\]")
    assert "your numbers can differ" not in words(app)
    held(app).replace(replace(BY_CHANNEL, limit=2))
    assert "shared this with you" not in words(app.run())
    assert "shared this with you" in words(_key(app, "undo"))


def test_another_note_is_another_link_and_the_same_note_the_same(visit: Visit) -> None:
    app = press(_opened_share(visit(asked=BY_CHANNEL)), "Copy link")
    first = _linked_by(app)
    _field(app, "Note (optional)").set_value("Look").run()
    second = _linked_by(press(app, "Copy link"))
    _field(app, "Note (optional)").set_value("").run()
    assert (first == second, _linked_by(app)) == (False, first)


def test_a_reader_with_different_access_is_told_about_their_own_rows(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    steward, dora = workspace.people["steward"], workspace.people["dora"]
    lisa = replace(dora, id="lisa", name="Lisa Moe", attributes={"countries": ("NO",)})
    ids: dict[str, str] = {}
    for sender in (steward, dora):
        who["asks"] = sender
        ids[sender.id] = work().make_link(BY_CHANNEL, is_personal=False)
    for sender, reader, rows in (
        (steward, dora, "You only have access to DE."),
        (dora, lisa, "You only have access to NO."),
        (dora, steward, "You have access to all rows."),
        (dora, replace(dora, id="dirk"), ""),
        (dora, dora, ""),
    ):
        who["asks"] = reader
        (said,) = [text for text in words(visit(q=ids[sender.id])).split(" | ") if "see different data" in text] or [""]
        differs = f"You and {sender.name} see different data, so your numbers can differ. {rows}"
        assert said.removeprefix(":orange[:material/visibility:] ") == (differs if rows else "")


def test_no_link_is_created_while_viewing_as_someone_and_the_long_address_is_offered(
    visit: Visit, who: dict[str, Actor], workspace: Workspace
) -> None:
    who["asks"] = replace(workspace.people["noa"], viewed_by="steward")
    app = _opened_share(visit(asked=BY_CHANNEL))
    assert "Copy link" not in [button.label for button in app.button]
    (copied,) = [element for element in app.get("bidi_component") if element.proto.component_name == "samepage_copy"]
    assert "m=revenue" in json.loads(copied.proto.json)["link"]


# Where they are listed


def _links(app: AppTest) -> list[str]:
    every = [link.proto.label.replace("\\", "") for link in app.get("page_link")]
    return [label for label in every if label != "Switch person"]


def test_the_list_is_searched_and_narrowed(visit: Visit, work: Work) -> None:
    _save(work(), name="Revenue weekly", space="Team Paid", actor=MARKETER)
    _save(work(), name="Own idea")
    _save(work(), name="Mo's secret", actor=MARKETER)
    app = visit(links.SAVED_LIST)
    assert sorted(_links(app)) == ["**Own idea**", "**Revenue weekly**"]
    _field(app, "Search saved questions").set_value("paid berg").run()
    assert _links(app) == ["**Revenue weekly**"]
    _field(app, "Search saved questions").set_value("secret").run()
    assert _links(app) == []
    assert "No saved questions match" in words(app)
    app = press(app, "Show all")
    _field(app, "Space").set_value("Only me").run()
    assert _links(app) == ["**Own idea**"]


def test_a_search_finds_what_a_question_asks_as_far_as_its_reader_can_know(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    filtered = replace(BY_CHANNEL, where=Condition("country", Operator.IN, ("DE",)))
    by_city = replace(BY_CHANNEL, where=Condition("email", Operator.IN, ("ada@example.com",)))
    _save(work(), filtered, name="First", space="Team Paid")
    _save(work(), replace(BY_CHANNEL, metrics=("order_count",)), name="Second", space="Team Paid", chart="pie")
    _save(work(), by_city, name="Third", space="Team Paid")
    app = visit(links.SAVED_LIST)
    for text, found in (
        ("order count", ["**Second**"]),  # a metric
        ("channel", ["**First**", "**Second**", "**Third**"]),  # a breakdown
        ("country de", ["**First**"]),  # a filter
        ("ada@", ["**Third**"]),
        ("first channel", ["**First**"]),
        ("nothing of this", []),
    ):
        _field(app, "Search saved questions").set_value(text).run()
        assert sorted(_links(app)) == found, text
    who["asks"] = workspace.people["noa"]  # sees no email
    app = visit(links.SAVED_LIST)
    for text, found in (("channel", 3), ("ada@", 0), ("email", 0)):
        _field(app, "Search saved questions").set_value(text).run()
        assert len(_links(app)) == found, text


def test_values_that_are_masked_for_someone_find_nothing(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    _save(work(), replace(BY_CHANNEL, where=Condition("tier", Operator.IN, ("gold",))), name="Tiers", space="Team Paid")
    found: list[int] = []
    for person in ("steward", "mia"):  # Mia sees no tiers
        who["asks"] = workspace.people[person]
        app = visit(links.SAVED_LIST)
        assert _links(app) == ["**Tiers**"]
        _field(app, "Search saved questions").set_value("gold").run()
        found.append(len(_links(app)))
    assert found == [1, 0]


def test_an_encrypted_question_is_found_by_its_metrics_alone(visit: Visit, work: Work) -> None:
    _save(work(), OF_ADA, name="Hers")
    app = visit(links.SAVED_LIST)
    for text, found in (("revenue", ["**Hers**"]), ("ada@", []), ("email", [])):
        _field(app, "Search saved questions").set_value(text).run()
        assert _links(app) == found


def test_favourites_come_first_and_can_be_listed_alone(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    old, new = (_save(work(), name=name, space="Team Paid") for name in ("Beta", "Alpha"))
    app = visit(links.SAVED_LIST)
    _field(app, "Order").set_value("By name").run()
    assert _links(app) == ["**Alpha**", "**Beta**"]
    app = _key(app, f"star-{old.id}")
    assert _links(app) == ["**Beta**", "**Alpha**"]
    assert work().favourites() == {old.id}
    (only,) = [toggle for toggle in app.toggle if toggle.label == "Favourites"]
    only.set_value(True).run()
    assert _links(app) == ["**Beta**"]
    app = press(_key(app, f"star-{old.id}"), "Show all")
    assert sorted(_links(app)) == ["**Alpha**", "**Beta**"]
    assert work().favourites() == frozenset()
    who["asks"] = replace(workspace.people["noa"], viewed_by="steward")
    app = visit(links.SAVED_LIST)
    assert {button.disabled for button in app.button if str(button.key).startswith("star-")} == {True}
    assert {f"star-{item.id}" for item in (old, new)} <= {button.key for button in app.button}


def test_a_list_is_narrowed_to_an_owner_and_a_folder(visit: Visit, work: Work, workspace: Workspace) -> None:
    mine = _save(work(), name="Mine", space="Team Paid")
    _save(work(), name="Theirs", space="Team Paid", actor=MARKETER)
    app = visit(links.SAVED_LIST)
    assert "Folder" not in [pills.label for pills in app.button_group]
    assert _field(app, "Owner").options == ["Any owner", "Owned by you", "Mo Berg"]
    _field(app, "Owner").set_value("Mo Berg").run()
    assert _links(app) == ["**Theirs**"]
    _field(app, "Owner").set_value("Any owner").run()
    app = _key(app, f"edit-{mine.id}")
    assert _field(app, "Folder").options == ["No folder", "New folder…"]
    _field(app, "Folder").set_value("New folder…").run()
    _field(app, "Folder name").set_value("Weekly *review*").run()
    app = _key(app, f"edit-{mine.id}-1-save")
    assert work().open(mine.id).head.folder == "Weekly *review*"
    assert "Yours in Team Paid / Weekly *review*" in words(app)
    _field(app, "Folder").set_value("Weekly *review*").run()
    assert _links(app) == ["**Mine**"]
    _field(app, "Search saved questions").set_value("weekly rev").run()
    assert _links(app) == ["**Mine**"]


def test_a_question_is_renamed_moved_and_put_in_a_folder_in_one_go(visit: Visit, work: Work) -> None:
    saved = _save(work(), name="Idea")
    app = _key(visit(links.SAVED_LIST), f"edit-{saved.id}")
    _field(app, "Name").set_value("Plan")
    _field(app, "Folder").set_value("New folder…")
    _field(app, "Visibility").set_value("New shared space…").run()
    _field(app, "Folder name").set_value("Weekly")
    _field(app, "Space name").set_value("Team Nine").run()
    _key(app, f"edit-{saved.id}-1-save")
    head = work().open(saved.id).head
    assert (head.name, head.space_name, head.folder, head.revision) == ("Plan", "Team Nine", "Weekly", 4)


@pytest.mark.parametrize(
    ("query", "chart", "kind"),
    [
        (Query(metrics=("revenue",)), "", "tiles"),
        (BY_CHANNEL, "", "bar"),
        (BY_CHANNEL, "pie", "pie"),
        (BY_CHANNEL, "<svg>", "bar"),
        (replace(BY_CHANNEL, by=(MONTHLY, *BY_CHANNEL.by)), "", "line"),
        (replace(BY_CHANNEL, by=(*BY_CHANNEL.by, Breakdown("country"))), "", "heat"),
    ],
)
def test_a_sketch_shows_the_selected_kind_of_chart_or_the_usual_one(query: Query, chart: str, kind: str) -> None:
    assert kind_of(query, chart) == kind


def test_every_kind_of_chart_has_a_sketch() -> None:
    style = (ROOT / "pages" / "server" / "style.css").read_text(encoding="utf-8")
    assert [kind for kind in LABELS if f'"st-key-sketch-{kind}-"' not in style] == []


def test_a_long_list_starts_with_25_rows_and_counts_matches(visit: Visit, work: Work) -> None:
    for number in range(27):
        _save(work(), name=f"Question {number:02}")
    app = visit(links.SAVED_LIST)
    assert len(_links(app)) == 25
    app = press(app, "Show 2 more")
    assert len(_links(app)) == 27
    _field(app, "Search saved questions").set_value("07").run()
    assert _links(app) == ["**Question 07**"]
    assert "1 of 27 questions" in words(app)


def test_one_is_renamed_moved_archived_and_brought_back(visit: Visit, work: Work) -> None:
    saved = _save(work(), name="Idea")
    with work().store.write() as transaction:
        make_space(transaction, "Team Paid", MARKETER, work().keys)
    app = _key(visit(links.SAVED_LIST), f"edit-{saved.id}")
    _field(app, "Name").set_value("Plan").run()
    _field(app, "Visibility").set_value("Team Paid").run()
    app = _key(app, f"edit-{saved.id}-1-save")
    (question,) = work().questions()
    assert (question.name, question.space_name, question.revision) == ("Plan", "Team Paid", 3)
    app = _key(app, f"edit-{saved.id}")
    app = _key(app, f"edit-{saved.id}-3-archive")
    assert (work().questions(), [question.name for question in work().questions(archived=True)]) == ([], ["Plan"])
    assert "No saved questions yet" in words(app)
    assert "Ask in Explore" in [button.label for button in app.button]
    app.toggle(key="saved-archived").set_value(True).run()
    app = _key(app, f"edit-{saved.id}")
    _key(app, f"edit-{saved.id}-4-archive")
    assert [question.name for question in work().questions()] == ["Plan"]


def test_editing_what_someone_else_changed_gives_a_notice(visit: Visit, work: Work) -> None:
    saved = _save(work(), name="Idea")
    app = _key(visit(links.SAVED_LIST), f"edit-{saved.id}")
    with work().store.write() as transaction:
        archive_question(transaction, saved.id, work().actor, work().keys, revision=1)
    app = _key(app, f"edit-{saved.id}-1-archive")
    assert "Someone else changed this" in app.warning[0].value


def test_home_shows_the_few_and_the_way_to_all(visit: Visit, work: Work) -> None:
    assert "Your recent work" not in words(visit(links.HOME))
    for number in range(7):
        _save(work(), replace(BY_CHANNEL, limit=number + 1), name=f"Number {number}")
    named = _links(visit(links.HOME))
    assert sum("Number" in link for link in named) == 3
    assert "All 7 saved questions" in named


def test_followed_questions_are_on_home_while_they_are_visible(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    shared = _save(work(), replace(BY_CHANNEL, metrics=("cost",)), name="Costs", actor=MARKETER, space="Team")
    own = _save(work(), name="Plan")
    assert "Shared with you" in words(visit(links.HOME))
    _key(visit(saved=own.id), f"saved-line-question-{own.id}")
    _key(visit(links.SAVED_LIST), f"saved-question-{shared.id}")

    def named() -> list[str]:
        return [link.strip("*") for link in _links(visit(links.HOME)) if link.strip("*") in ("Costs", "Plan")]

    assert named() == ["Plan", "Costs"]  # in the order in which they were followed
    assert "Boards and questions you follow" in words(visit(links.HOME))
    assert "Shared with you" not in words(visit(links.HOME))
    asking = who["asks"]
    who["asks"] = replace(workspace.people["noa"], id=asking.id)  # the same person, who may not see cost any more
    assert named() == ["Plan"]
    who["asks"] = asking
    app = _key(visit(links.HOME), f"home-question-{own.id}")
    assert not app.exception
    assert named() == ["Costs", "Plan"]  # your own work comes after the things you follow


def test_the_palette_finds_saved_questions(visit: Visit, work: Work) -> None:
    _save(work(), name="Zebra crossing")
    _save(work(), name="Zebra of Mo", actor=MARKETER)
    groups = palette(visit(links.HOME)).labels("zebr")
    assert [label for labels in groups.values() for label in labels if "Zebra" in label] == ["Zebra crossing"]


# While the store is away


def test_nothing_is_lost_while_the_store_is_away(visit: Visit, work: Work, store: OpensWhenAsked) -> None:
    saved = _save(work())
    app = visit(asked=replace(BY_CHANNEL, limit=3))
    store.is_away = True
    app = _key(app, "save")
    assert "The store couldn't be read" in app.warning[0].value
    assert "Your question stays open" in words(app)
    assert held(app).draft == replace(BY_CHANNEL, limit=3)
    app = visit(asked=replace(BY_CHANNEL, limit=3), saved=saved.id)
    assert held(app).draft == replace(BY_CHANNEL, limit=3)
    assert "The store couldn't be read" in words(app)
    assert "Couldn't load" in words(visit(links.SAVED_LIST))
    assert "Couldn't load these" in words(visit(links.HOME))


def test_the_same_press_saves_it_once_the_store_can_be_written_to(
    visit: Visit, work: Work, store: OpensWhenAsked
) -> None:
    """A full or read-only store can still be read, so only the click finds out."""
    app = _key(visit(asked=BY_CHANNEL), "save")
    _field(app, "Name").set_value("For Mondays").run()
    with FAULTS["read_only"](store()[0]):
        app = _key(app, "save-new")
        assert not app.exception
        assert "The store is read-only. Nothing was changed" in words(app) + str(
            [warning.value for warning in app.warning]
        )
        assert held(app).draft == BY_CHANNEL
        assert _field(app, "Name").value == "For Mondays"
    assert work().questions() == []
    app = _key(app, "save-new")
    assert [question.name for question in work().questions()] == ["For Mondays"]


# Words


def test_a_search_is_by_the_beginnings_of_words() -> None:
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
    """Mia sees addresses as hashes, but a filter that someone else wrote has the real ones."""
    mia, steward = workspace.people["mia"], workspace.people["steward"]
    query = replace(OF_ADA, by=BY_CHANNEL.by)
    saved = _save(work(), query, actor=steward, space="Team Paid")
    as_mia, as_steward = replace(work(), actor=mia), replace(work(), actor=steward)
    opened = as_mia.open(saved.id)
    assert (opened.query.where, opened.said) == (None, (NOT_ALL,))
    assert as_mia.read(as_mia.versions(saved.id)[0]).query.where is None
    assert as_steward.open(saved.id).query == query
    with as_mia.store.write() as transaction:
        link = make_link(transaction, query, steward, as_mia.keys, is_personal=True)
        own = make_link(transaction, query, mia, as_mia.keys, is_personal=True)
    assert as_mia.open_link(link).query.where is None
    assert as_mia.open_link(own).query == query, "the values that she sees herself are hers to filter by"
    assert replace(as_mia, actor=replace(mia, viewed_by="steward")).open_link(own).query.where is None
    assert as_steward.open_link(link).query == query
