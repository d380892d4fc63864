"""The lists of saved questions: search, filters, favourites and folders, also on Home."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pages.saved.list import kind_of
from pages.shell import links
from semantic.display.charts.kinds import LABELS
from semantic.policy.actor import Actor
from semantic.query.query import (
    Breakdown,
    Condition,
    Operator,
    Query,
)
from semantic.store.questions.questions import archive_question
from semantic.store.spaces.spaces import make_space
from semantic.workspace import Workspace
from tests.pages.explore_page import BY_CHANNEL, MONTHLY, press, words
from tests.pages.palettes import palette
from tests.pages.saved.saving import MARKETER, OF_ADA, Visit, Work, field_of, links_on, press_key, save_as
from tests.pages.whole_app import ROOT


def test_the_list_is_searched_and_filtered(visit: Visit, work: Work) -> None:
    save_as(work(), name="Revenue weekly", space="Team Paid", actor=MARKETER)
    save_as(work(), name="Own idea")
    save_as(work(), name="Mo's secret", actor=MARKETER)
    app = visit(links.SAVED_LIST)
    assert sorted(links_on(app)) == ["**Own idea**", "**Revenue weekly**"]
    field_of(app, "Search saved questions").set_value("paid berg").run()
    assert links_on(app) == ["**Revenue weekly**"]
    field_of(app, "Search saved questions").set_value("secret").run()
    assert links_on(app) == []
    assert "No saved questions match" in words(app)
    app = press(app, "Show all")
    field_of(app, "Space").set_value("Only me").run()
    assert links_on(app) == ["**Own idea**"]


def test_a_search_finds_what_a_question_asks_as_far_as_its_reader_can_know(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    filtered = replace(BY_CHANNEL, where=Condition("country", Operator.IN, ("DE",)))
    by_city = replace(BY_CHANNEL, where=Condition("email", Operator.IN, ("ada@example.com",)))
    save_as(work(), filtered, name="First", space="Team Paid")
    save_as(work(), replace(BY_CHANNEL, metrics=("order_count",)), name="Second", space="Team Paid", chart="pie")
    save_as(work(), by_city, name="Third", space="Team Paid")
    app = visit(links.SAVED_LIST)
    for text, found in (
        ("order count", ["**Second**"]),  # a metric
        ("channel", ["**First**", "**Second**", "**Third**"]),  # a breakdown
        ("country de", ["**First**"]),  # a filter
        ("ada@", ["**Third**"]),
        ("first channel", ["**First**"]),
        ("nothing of this", []),
    ):
        field_of(app, "Search saved questions").set_value(text).run()
        assert sorted(links_on(app)) == found, text
    who["asks"] = workspace.people["noa"]  # sees no email
    app = visit(links.SAVED_LIST)
    for text, found in (("channel", 3), ("ada@", 0), ("email", 0)):
        field_of(app, "Search saved questions").set_value(text).run()
        assert len(links_on(app)) == found, text


def test_searching_for_masked_values_finds_nothing(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    save_as(
        work(), replace(BY_CHANNEL, where=Condition("tier", Operator.IN, ("gold",))), name="Tiers", space="Team Paid"
    )
    found: list[int] = []
    for person in ("steward", "mia"):  # Mia sees no tiers
        who["asks"] = workspace.people[person]
        app = visit(links.SAVED_LIST)
        assert links_on(app) == ["**Tiers**"]
        field_of(app, "Search saved questions").set_value("gold").run()
        found.append(len(links_on(app)))
    assert found == [1, 0]


def test_an_encrypted_question_is_found_by_its_metrics_alone(visit: Visit, work: Work) -> None:
    save_as(work(), OF_ADA, name="Hers")
    app = visit(links.SAVED_LIST)
    for text, found in (("revenue", ["**Hers**"]), ("ada@", []), ("email", [])):
        field_of(app, "Search saved questions").set_value(text).run()
        assert links_on(app) == found


def test_favourites_come_first_and_can_be_listed_alone(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    old, new = (save_as(work(), name=name, space="Team Paid") for name in ("Beta", "Alpha"))
    app = visit(links.SAVED_LIST)
    field_of(app, "Sort by").set_value("Name").run()
    assert links_on(app) == ["**Alpha**", "**Beta**"]
    app = press_key(app, f"star-{old.id}")
    assert links_on(app) == ["**Beta**", "**Alpha**"]
    assert work().favourites() == {old.id}
    (only,) = [toggle for toggle in app.toggle if toggle.label == "Favorites"]
    only.set_value(True).run()
    assert links_on(app) == ["**Beta**"]
    app = press(press_key(app, f"star-{old.id}"), "Show all")
    assert sorted(links_on(app)) == ["**Alpha**", "**Beta**"]
    assert work().favourites() == frozenset()
    who["asks"] = replace(workspace.people["noa"], viewed_by="steward")
    app = visit(links.SAVED_LIST)
    assert {button.disabled for button in app.button if str(button.key).startswith("star-")} == {True}
    assert {f"star-{item.id}" for item in (old, new)} <= {button.key for button in app.button}


def test_a_list_is_filtered_by_owner_and_folder(visit: Visit, work: Work, workspace: Workspace) -> None:
    mine = save_as(work(), name="Mine", space="Team Paid")
    save_as(work(), name="Theirs", space="Team Paid", actor=MARKETER)
    app = visit(links.SAVED_LIST)
    assert "Folder" not in [pills.label for pills in app.button_group]
    assert field_of(app, "Owner").options == ["Any owner", "Owned by you", "Mo Berg"]
    field_of(app, "Owner").set_value("Mo Berg").run()
    assert links_on(app) == ["**Theirs**"]
    field_of(app, "Owner").set_value("Any owner").run()
    app = press_key(app, f"edit-{mine.id}")
    assert field_of(app, "Folder").options == ["No folder", "New folder…"]
    field_of(app, "Folder").set_value("New folder…").run()
    field_of(app, "Folder name").set_value("Weekly *review*").run()
    app = press_key(app, f"edit-{mine.id}-1-save")
    assert work().open(mine.id).head.folder == "Weekly *review*"
    assert "Yours in Team Paid / Weekly *review*" in words(app)
    field_of(app, "Folder").set_value("Weekly *review*").run()
    assert links_on(app) == ["**Mine**"]
    field_of(app, "Search saved questions").set_value("weekly rev").run()
    assert links_on(app) == ["**Mine**"]


def test_a_question_is_renamed_moved_and_put_in_a_folder_in_one_go(visit: Visit, work: Work) -> None:
    saved = save_as(work(), name="Idea")
    app = press_key(visit(links.SAVED_LIST), f"edit-{saved.id}")
    field_of(app, "Name").set_value("Plan")
    field_of(app, "Folder").set_value("New folder…")
    field_of(app, "Visibility").set_value("New shared space…").run()
    field_of(app, "Folder name").set_value("Weekly")
    field_of(app, "Space name").set_value("Team Nine").run()
    press_key(app, f"edit-{saved.id}-1-save")
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
    style = (ROOT / "pages" / "server" / "lists.css").read_text(encoding="utf-8")
    assert [kind for kind in LABELS if f'"st-key-sketch-{kind}-"' not in style] == []


def test_a_long_list_starts_with_25_rows_and_counts_matches(visit: Visit, work: Work) -> None:
    for number in range(27):
        save_as(work(), name=f"Question {number:02}")
    app = visit(links.SAVED_LIST)
    assert len(links_on(app)) == 25
    app = press(app, "Show 2 more")
    assert len(links_on(app)) == 27
    field_of(app, "Search saved questions").set_value("07").run()
    assert links_on(app) == ["**Question 07**"]
    assert "1 of 27 questions" in words(app)


def test_a_question_is_renamed_moved_archived_and_restored(visit: Visit, work: Work) -> None:
    saved = save_as(work(), name="Idea")
    with work().store.write() as transaction:
        make_space(transaction, "Team Paid", MARKETER, work().keys)
    app = press_key(visit(links.SAVED_LIST), f"edit-{saved.id}")
    field_of(app, "Name").set_value("Plan").run()
    field_of(app, "Visibility").set_value("Team Paid").run()
    app = press_key(app, f"edit-{saved.id}-1-save")
    (question,) = work().questions()
    assert (question.name, question.space_name, question.revision) == ("Plan", "Team Paid", 3)
    app = press_key(app, f"edit-{saved.id}")
    app = press_key(app, f"edit-{saved.id}-3-archive")
    assert (work().questions(), [question.name for question in work().questions(archived=True)]) == ([], ["Plan"])
    assert "No saved questions yet" in words(app)
    assert "Ask in Explore" in [button.label for button in app.button]
    app.toggle(key="saved-archived").set_value(True).run()
    app = press_key(app, f"edit-{saved.id}")
    press_key(app, f"edit-{saved.id}-4-archive")
    assert [question.name for question in work().questions()] == ["Plan"]


def test_editing_what_someone_else_changed_gives_a_notice(visit: Visit, work: Work) -> None:
    saved = save_as(work(), name="Idea")
    app = press_key(visit(links.SAVED_LIST), f"edit-{saved.id}")
    with work().store.write() as transaction:
        archive_question(transaction, saved.id, work().actor, work().keys, revision=1)
    app = press_key(app, f"edit-{saved.id}-1-archive")
    assert "Someone else changed this" in app.warning[0].value


def test_home_shows_a_few_questions_and_a_link_to_all(visit: Visit, work: Work) -> None:
    assert "Your recent work" not in words(visit(links.HOME))
    for number in range(7):
        save_as(work(), replace(BY_CHANNEL, limit=number + 1), name=f"Number {number}")
    named = links_on(visit(links.HOME))
    assert sum("Number" in link for link in named) == 3
    assert "All 7 saved questions" in named


def test_followed_questions_are_on_home_while_they_are_visible(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    shared = save_as(work(), replace(BY_CHANNEL, metrics=("cost",)), name="Costs", actor=MARKETER, space="Team")
    own = save_as(work(), name="Plan")
    assert "Shared with you" in words(visit(links.HOME))
    press_key(visit(saved=own.id), f"saved-line-question-{own.id}")
    press_key(visit(links.SAVED_LIST), f"saved-question-{shared.id}")

    def named() -> list[str]:
        return [link.strip("*") for link in links_on(visit(links.HOME)) if link.strip("*") in ("Costs", "Plan")]

    assert named() == ["Plan", "Costs"]  # in the order in which they were followed
    assert "Boards and questions you follow" in words(visit(links.HOME))
    assert "Shared with you" not in words(visit(links.HOME))
    asking = who["asks"]
    who["asks"] = replace(workspace.people["noa"], id=asking.id)  # the same person, who may not see cost any more
    assert named() == ["Plan"]
    who["asks"] = asking
    app = press_key(visit(links.HOME), f"home-question-{own.id}")
    assert not app.exception
    assert named() == ["Costs", "Plan"]  # your own work comes after the things you follow


def test_the_palette_finds_saved_questions(visit: Visit, work: Work) -> None:
    save_as(work(), name="Zebra crossing")
    save_as(work(), name="Zebra of Mo", actor=MARKETER)
    groups = palette(visit(links.HOME)).labels("zebr")
    assert [label for labels in groups.values() for label in labels if "Zebra" in label] == ["Zebra crossing"]
