"""Reviews over one store: nothing is published without the approvals that it requires, and no text is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.model.editing.metric_digest import metric_digest
from semantic.services.drafts import (
    duplicate_draft,
    list_drafts,
    merge_newest,
    name_draft,
    new_draft,
    open_edits,
    publish_edits,
    take_merged,
    throw_away,
    verdict_of,
    write_files,
    write_object,
)
from semantic.services.impact.radius import Radius
from semantic.services.outbox.notices import compose_notice
from semantic.services.outbox.reader import Reader, notice_reader_of
from semantic.services.reviewing.needs import Approver, needs
from semantic.services.reviewing.rolling_back import roll_back_to
from semantic.services.reviewing.tasks import review_tasks, under_review
from semantic.services.reviewing.work import ReviewWork
from semantic.store.accounts.changes import deactivate
from semantic.store.audit.entries import EntryFilter, read_entries
from semantic.store.audit.log import SAMEPAGE
from semantic.store.audit.sentences import sentence
from semantic.store.certifications.certifications import CERTIFICATIONS, add_act
from semantic.store.models.versions import Version, publish, read_running
from semantic.store.outbox.sends import read_sends
from semantic.store.people import PEOPLE, subject_of
from semantic.store.reviews.reviews import REVIEW_ACTS, REVIEWS, TICKS
from tests.copies import empty_store
from tests.semantic.services.reviewing.world import GROSS, NET, ORDERS, POLICY, REVENUE, World, opened


@pytest.fixture
def world(address: str, tmp_path: Path) -> Iterator[World]:
    with opened(address, tmp_path, ready=lambda: empty_store(address)) as world:
        yield world


def radius(**touched: object) -> Radius:
    nothing: dict[str, object] = {"changed": (), "certified": (), "targets": 0, "alerts": 0, "widens": ()}
    return Radius(**{**nothing, "people": frozenset[str](), **touched})  # type: ignore[arg-type]


def people(count: int) -> frozenset[str]:
    return frozenset(str(number) for number in range(count))


@pytest.mark.parametrize(
    ("touched", "needed"),
    [
        ({}, {Approver.NONE}),
        ({"changed": ("revenue",)}, {Approver.NONE}),
        ({"people": people(1)}, {Approver.STEWARD}),
        ({"people": people(10)}, {Approver.STEWARD}),
        ({"people": people(11)}, {Approver.OWNER_AND_STEWARD}),
        ({"certified": ("revenue",)}, {Approver.OWNER_AND_STEWARD}),
        ({"targets": 1}, {Approver.OWNER_AND_STEWARD}),
        ({"alerts": 1, "people": people(1)}, {Approver.OWNER_AND_STEWARD}),
        ({"widens": ("everybody",)}, {Approver.ADMINISTRATOR}),
        ({"widens": ("everybody",), "people": people(2)}, {Approver.STEWARD, Approver.ADMINISTRATOR}),
    ],
)
def test_the_required_approvals_depend_on_a_drafts_reach(touched: dict[str, object], needed: set[Approver]) -> None:
    assert needs(radius(**touched)) == needed


def test_a_change_that_affects_no_one_needs_no_approval(world: World) -> None:
    version = publish_edits(world.live, world.actor("ana"), world.draft("ana", ORDERS), note="Germany alone")
    assert version.number == 2
    assert list_drafts(world.live, world.actor("ana")) == []


def test_the_owner_and_a_second_steward_approve_and_can_be_the_same_person(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    with pytest.raises(NotAllowed, match=r"1 target.*Send it for review first"):
        publish_edits(world.live, ana, edits, note="At once")
    review = world.sent("ana", edits)
    assert verdict_of(world.live, ana, edits).missing == (
        "the approval of Ben Okafor, who owns a definition",
        "the approval of a second steward",
    )
    world.approve("otto", review)  # the second steward, but not the owner
    with pytest.raises(NotAllowed, match="still needs the approval of Ben Okafor"):
        publish_edits(world.live, ana, edits, note="At once")
    world.approve("ben", review)
    assert publish_edits(world.live, ana, edits, note="Germany").number == 2
    assert world.review(review.id).state == "published"
    assert world.review(review.id).version == 2

    again = world.draft("ana", ORDERS, name="Another")
    world.aim_at("orders")
    world.approve("ben", world.sent("ana", again))
    assert publish_edits(world.live, ana, again, note="Orders of Germany").number == 3  # no owner: any steward


def test_a_scheduled_version_needs_the_same_approvals(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    world.clock.move(hours=1)
    tomorrow = world.clock.at.replace(year=world.clock.at.year + 1)
    with pytest.raises(NotAllowed):
        publish_edits(world.live, ana, edits, note="Later", effective_at=tomorrow)
    world.approve("ben", world.sent("ana", edits))
    version = publish_edits(world.live, ana, edits, note="Later", effective_at=tomorrow)
    assert version.effective_at == tomorrow
    with world.live.store.read() as connection:
        running = read_running(connection, world.live.store.now())
    assert running is not None
    assert running.number == 1


def test_an_owner_who_is_the_author_needs_only_a_second_steward(world: World) -> None:
    ben, edits = world.actor("ben"), world.draft("ben")
    review = world.sent("ben", edits)
    assert verdict_of(world.live, ben, edits).missing == ("the approval of a second steward",)
    world.approve("ana", review)
    assert publish_edits(world.live, ben, edits, note="Germany").number == 2


def test_no_one_approves_their_own_draft_and_marketers_approve_nothing(world: World) -> None:
    review = world.sent("ana", world.draft("ana"))
    with pytest.raises(NotAllowed, match="your own draft"):
        world.approve("ana", review)
    for name in ("jonas",):
        with pytest.raises(NotAllowed, match="for stewards and administrators"):
            world.approve(name, review)
        with pytest.raises(NotAllowed):
            world.work(name).open(review.id)
    with pytest.raises(NotAllowed):
        ReviewWork(world.live, replace(world.actor("ben"), viewed_by="otto")).approve(review, TICKS)
    assert [act.kind for act in world.review(review.id).acts] == ["sent"]


def test_all_criteria_are_ticked_and_a_text_says_what_to_change(world: World) -> None:
    review = world.sent("ana", world.draft("ana"))
    with pytest.raises(InvalidQuery, match="tick each"):
        world.work("ben").approve(review, ("meaning", "values"))
    with pytest.raises(InvalidQuery, match="Write a comment"):
        world.work("ben").ask_for_changes(review, " ")
    with pytest.raises(InvalidQuery, match="Write what changes"):
        world.work("ana").send(world.draft("ana"), "  ")


def test_any_edit_after_an_approval_voids_it(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    review = world.sent("ana", edits)
    world.approve("ben", review)
    assert verdict_of(world.live, ana, edits).can_publish
    edited = write_object(world.live, ana, edits, REVENUE, edits.text_of(REVENUE).replace("DE", "FR")).edits
    verdict = verdict_of(world.live, ana, edited)
    assert (verdict.can_publish, verdict.is_outdated, verdict.approved) == (False, True, ())
    with pytest.raises(NotAllowed, match="changed after it was sent"):
        publish_edits(world.live, ana, edited, note="France after all")
    again = world.sent("ana", edited, "France")
    assert again.id == review.id
    assert verdict_of(world.live, ana, edited).approved == ()
    world.approve("ben", again)
    assert publish_edits(world.live, ana, edited, note="France").number == 2


def test_an_approval_covers_only_the_draft_that_was_read(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    read = world.sent("ana", edits)
    edited = write_object(world.live, ana, edits, REVENUE, edits.text_of(REVENUE).replace("DE", "FR")).edits
    world.sent("ana", edited)
    with pytest.raises(ChangedMeanwhile, match="Reload it"):
        world.work("ben").approve(read, TICKS)
    assert not verdict_of(world.live, ana, edited).can_publish


def test_asking_for_changes_blocks_a_draft_until_that_person_approves(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    review = world.sent("ana", edits)
    world.approve("ben", review)
    world.work("otto").ask_for_changes(world.review(review.id), "Say why France is left out.")
    with pytest.raises(NotAllowed, match="Otto Lang asked for changes"):
        publish_edits(world.live, ana, edits, note="Germany")
    world.approve("otto", review)
    assert publish_edits(world.live, ana, edits, note="Germany").number == 2


def test_an_approval_ends_with_its_givers_role(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    world.approve("ben", world.sent("ana", edits))
    with world.live.store.write() as transaction:
        deactivate(transaction, world.live.keys, subject_of(transaction, "ben", ""), SAMEPAGE, why="Left")
    world.live.look()
    assert not verdict_of(world.live, ana, edits).can_publish
    with pytest.raises(NotAllowed):
        publish_edits(world.live, ana, edits, note="Germany")


def test_widening_access_needs_another_administrator(world: World) -> None:
    ana = world.actor("ana")
    edits = world.edit("ana", open_edits(world.live, ana), POLICY, "x")  # a change that can't be read yet
    wider = edits.published_text(POLICY)
    assert wider is not None
    wider = wider.replace("[marketer, steward, administrator]", "[viewer, marketer, steward, administrator]")
    assert "viewer" in wider
    edits = write_object(world.live, ana, edits, POLICY, wider).edits
    review = world.sent("ana", edits, "Viewers too")
    world.approve("ben", review)
    with pytest.raises(NotAllowed, match="another administrator"):
        publish_edits(world.live, ana, edits, note="Viewers")
    world.approve("otto", review)
    assert publish_edits(world.live, ana, edits, note="Viewers").number == 2


# One steward


ALONE = "\n"


def test_the_only_steward_publishes_after_a_day_and_the_log_says_so(tmp_path: Path) -> None:
    with opened(str(tmp_path / "store.sqlite"), tmp_path, people=ALONE) as world:
        ana, edits = world.actor("ana"), world.draft("ana")
        with pytest.raises(NotAllowed, match="Send it for review first"):
            publish_edits(world.live, ana, edits, note="Germany")
        world.sent("ana", edits)
        world.clock.move(hours=23, minutes=59)
        with pytest.raises(NotAllowed, match="24 hours after"):
            publish_edits(world.live, ana, edits, note="Germany")
        world.clock.move(minutes=1)
        assert publish_edits(world.live, ana, edits, note="Germany").number == 2
        with world.live.store.read() as connection:
            entry = read_entries(connection, world.live.keys, EntryFilter(kind="model.published"), limit=1)[0]
        assert "without approval, because no one else could approve it" in sentence(entry)


def test_the_day_starts_again_with_every_edit(tmp_path: Path) -> None:
    with opened(str(tmp_path / "store.sqlite"), tmp_path, people=ALONE) as world:
        ana, edits = world.actor("ana"), world.draft("ana")
        world.sent("ana", edits)
        world.clock.move(hours=25)
        edited = write_object(world.live, ana, edits, REVENUE, edits.text_of(REVENUE).replace("DE", "FR")).edits
        with pytest.raises(NotAllowed):
            publish_edits(world.live, ana, edited, note="France")
        world.sent("ana", edited)
        with pytest.raises(NotAllowed, match="24 hours after"):
            publish_edits(world.live, ana, edited, note="France")


def test_no_one_certifies_alone(tmp_path: Path) -> None:
    with opened(str(tmp_path / "store.sqlite"), tmp_path, people=ALONE) as world:
        ana = world.actor("ana")
        edits = world.draft("ana", more=f"{NET}, certified: {{by: Ana Ribeiro, until: 2027-06-30}}")
        world.sent("ana", edits)
        world.clock.move(hours=25)
        with pytest.raises(NotAllowed, match="can't certify Revenue"):
            publish_edits(world.live, ana, edits, note="Certified")


# Others publish in the meantime


def test_an_approval_survives_an_update_that_leaves_the_change_as_it_was(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    world.approve("ben", world.sent("ana", edits))
    publish_edits(world.live, world.actor("ben"), world.draft("ben", ORDERS), note="Orders of Germany")
    with pytest.raises(ChangedMeanwhile, match="version 2"):
        publish_edits(world.live, ana, edits, note="Germany")
    merged, head = merge_newest(world.live, edits)
    updated = take_merged(world.live, ana, edits, merged, head)
    assert verdict_of(world.live, ana, updated).can_publish
    assert publish_edits(world.live, ana, updated, note="Germany").number == 3
    assert "country = 'DE'" in open_edits(world.live, ana).text_of(REVENUE)
    assert "country = 'DE'" in open_edits(world.live, ana).text_of(ORDERS)


def test_an_update_with_a_choice_between_two_texts_voids_it(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    world.approve("ben", world.sent("ana", edits))
    theirs = world.draft("ben", more=GROSS)
    world.approve("otto", world.sent("ben", theirs))
    publish_edits(world.live, world.actor("ben"), theirs, note="France")
    merged, head = merge_newest(world.live, edits, {REVENUE: edits.text_of(REVENUE)})
    updated = take_merged(world.live, ana, edits, merged, head)
    assert updated.text_of(REVENUE) == edits.text_of(REVENUE)
    assert not verdict_of(world.live, ana, updated).can_publish  # it now takes back what Ben published


def test_an_update_with_one_more_edit_voids_it(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    world.approve("ben", world.sent("ana", edits))
    publish_edits(world.live, world.actor("ben"), world.draft("ben", ORDERS), note="Orders of Germany")
    merged, head = merge_newest(world.live, edits)
    updated = world.edit("ana", take_merged(world.live, ana, edits, merged, head), ORDERS, "description: Sneaked in")
    assert not verdict_of(world.live, ana, updated).can_publish


def test_text_typed_in_another_window_stops_publishing(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana", ORDERS)
    other = world.edit("ana", world.reopened("ana", edits), ORDERS, "description: Typed elsewhere")
    with pytest.raises(ChangedMeanwhile, match="changed in another window"):
        publish_edits(world.live, ana, edits, note="Germany")
    assert world.head().number == 1
    assert "Typed elsewhere" in world.reopened("ana", other).text_of(ORDERS)


def test_a_rollback_applies_at_once_and_its_authors_are_notified(world: World) -> None:
    edits = world.draft("ana")
    world.approve("ben", world.sent("ana", edits))
    publish_edits(world.live, world.actor("ana"), edits, note="Germany")
    version = roll_back_to(world.live, world.actor("otto"), 1, head=2, note="Wrong in France")
    assert isinstance(version, Version)
    assert (version.number, version.restores) == (3, 1)
    assert notices(world, "ana")[-1] == "Otto Lang rolled back version 2"
    assert notices(world, "ben") == ["Ana Ribeiro asks you to review Germany alone"]


def notices(world: World, name: str) -> list[str]:
    """Return the subjects of the messages queued for someone, oldest first, without messages about approvals."""
    with world.live.store.write(recorded=False) as transaction:
        me = subject_of(transaction, name, "")
    with world.live.store.read() as connection:
        sends = [send for send in read_sends(connection, kind="notice", most=100) if send.recipient.id == me]
    reader = notice_reader_of(world.live, sends[0].recipient) if sends else None
    assert reader is None or isinstance(reader, Reader)
    messages = [compose_notice(send, reader, world.live) for send in reversed(sends) if reader is not None]
    subjects = [getattr(message, "subject", "") for message in messages]
    return [subject for subject in subjects if "approved" not in subject]


def test_people_who_can_act_get_a_message_and_a_task(world: World) -> None:
    edits = world.draft("ana")
    review = world.sent("ana", edits)
    assert notices(world, "ben") == ["Ana Ribeiro asks you to review Germany alone"]
    (task,) = review_tasks(world.live, world.actor("ben"))
    assert (task.title, task.about, task.action) == ("Germany alone", review.id, "Review")
    assert review_tasks(world.live, world.actor("ana")) == []
    assert review_tasks(world.live, world.actor("jonas")) == []
    assert under_review(world.live, world.actor("ana")) == {review.draft}
    assert under_review(world.live, world.actor("jonas")) == under_review(world.live, world.actor("ben")) == set()
    world.clock.move(minutes=1)
    world.work("ben").ask_for_changes(review, "Name the markets.")
    assert notices(world, "ana") == ["Ben Okafor asked for changes to Germany alone"]
    assert [task.note for task in review_tasks(world.live, world.actor("ana"))] == ["Ben Okafor asked for changes."]
    world.clock.move(minutes=1)
    world.work("ana").comment(world.review(review.id), "They are named in the label.")
    assert notices(world, "ben")[-1] == "Ana Ribeiro commented on Germany alone"
    world.approve("ben", review)
    assert review_tasks(world.live, world.actor("ben")) == []
    assert [task.note for task in review_tasks(world.live, world.actor("ana"))] == ["Approved. You can publish it now."]


def test_withdrawing_and_discarding_end_a_review(world: World) -> None:
    edits = world.draft("ana")
    review = world.sent("ana", edits)
    with pytest.raises(NotAllowed, match="Only its author"):
        world.work("ben").withdraw(review)
    world.work("ana").withdraw(review)
    with pytest.raises(ChangedMeanwhile):
        world.approve("ben", review)
    again = world.sent("ana", edits)
    assert again.id != review.id
    throw_away(world.live, world.actor("ana"), edits)
    assert world.review(again.id).state == "withdrawn"
    assert world.work("ben").waiting() == []


# Forgery: writing the store without the key approves nothing


def test_a_row_written_into_the_store_approves_nothing(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    review = world.sent("ana", edits)
    with world.live.store.write(recorded=False) as transaction:
        ben = subject_of(transaction, "ben", "Ben")
        row = {"review": review.id, "place": 2, "seal": "0" * 64, "author": ben, "kind": "approved", "text": ""}
        row |= {"ticks": "meaning,values,wording", "digest": review.digest, "at": world.clock.at}
        transaction.connection.execute(insert(REVIEW_ACTS).values(**row))
        transaction.connection.execute(update(REVIEWS).values(revision=2))
    assert not world.review(review.id).is_sealed
    with pytest.raises(NotAllowed):
        publish_edits(world.live, ana, edits, note="Germany")


@pytest.mark.parametrize("changed", ["author", "digest", "changes", "sent_at", "state"])
def test_a_changed_review_approves_nothing(world: World, changed: str) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    review = world.sent("ana", edits)
    world.approve("ben", review)
    assert verdict_of(world.live, ana, edits).can_publish
    with world.live.store.write(recorded=False) as transaction:
        otto = subject_of(transaction, "otto", "Otto")
        values: dict[str, object] = {"author": otto, "digest": "0" * 64, "changes": "{}", "state": "withdrawn"}
        values["sent_at"] = world.clock.at.replace(year=2020)
        transaction.connection.execute(update(REVIEWS).values({changed: values[changed]}))
    assert not verdict_of(world.live, ana, edits).can_publish


def test_an_objection_that_was_deleted_leaves_no_approval(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    review = world.sent("ana", edits)
    world.approve("ben", review)
    world.work("ben").ask_for_changes(world.review(review.id), "No.")
    with world.live.store.write(recorded=False) as transaction:
        transaction.connection.execute(REVIEW_ACTS.delete().where(REVIEW_ACTS.c.kind == "changes_asked"))
    assert not verdict_of(world.live, ana, edits).can_publish


def test_an_approval_belongs_to_the_id_that_its_key_proves(world: World) -> None:
    """Ana can't approve anything by swapping her number with Ben's in the store."""
    edits = world.draft("ana")
    review = world.sent("ana", edits)
    world.approve("otto", review)
    with world.live.store.write(recorded=False) as transaction:
        connection = transaction.connection
        ids = {row.id: row.subject for row in connection.execute(select(PEOPLE.c.id, PEOPLE.c.subject))}
        subject_of(transaction, "ben", "Ben")
        connection.execute(update(PEOPLE).where(PEOPLE.c.id == "ben").values(id="x"))
        connection.execute(update(PEOPLE).where(PEOPLE.c.subject == ids["otto"]).values(id="ben"))
    assert not verdict_of(world.live, world.actor("ana"), edits).approved


# Several drafts


def test_drafts_have_names_and_the_last_used_opens_first(world: World) -> None:
    ana = world.actor("ana")
    first = world.draft("ana", ORDERS, name="First")
    world.clock.move(minutes=1)
    second = world.draft("ana", ORDERS, more=GROSS, name=" Second  one ")
    assert [draft.title for draft in list_drafts(world.live, ana)] == ["Second one", "First"]
    name_draft(world.live, ana, first, "Renamed")
    assert second.draft is not None
    copy = duplicate_draft(world.live, ana, second, name="Copy of Second one")
    assert copy.text_of(ORDERS) == second.text_of(ORDERS)
    assert {draft.title for draft in list_drafts(world.live, ana)} == {"Second one", "Renamed", "Copy of Second one"}
    throw_away(world.live, ana, copy)
    world.edit("ana", world.reopened("ana", first), ORDERS, "description: Later")  # a rename doesn't disturb typing
    assert {draft.title for draft in list_drafts(world.live, ana)} == {"Second one", "Renamed"}
    with pytest.raises(ChangedMeanwhile, match="isn't yours"):
        open_edits(world.live, world.actor("ben"), draft=second.draft.id)


def test_publishing_leaves_no_discarded_draft_in_the_log(world: World) -> None:
    publish_edits(world.live, world.actor("ana"), world.draft("ana", ORDERS), note="Germany")
    with world.live.store.read() as connection:
        kinds = [entry.kind for entry in read_entries(connection, world.live.keys, limit=20)]
    assert "draft.discarded" not in kinds
    assert "model.published" in kinds


def certify(world: World, who: str, metric: str) -> None:
    """Certify a metric in the app."""
    meaning = metric_digest(world.live.workspace().model, metric)
    with world.live.store.write() as transaction:
        add_act(
            transaction, world.live.keys, metric, "granted", world.actor(who), known=0, meaning=meaning,
            until=world.live.workspace().today() + timedelta(days=90),
        )  # fmt: skip
    world.live.settle()


def test_a_metric_certified_in_the_app_needs_its_owner_and_a_second_steward(world: World) -> None:
    certify(world, "ben", "orders")
    ana, edits = world.actor("ana"), world.draft("ana", ORDERS)
    with pytest.raises(NotAllowed, match="1 certified metric"):
        publish_edits(world.live, ana, edits, note="At once")
    world.approve("ben", world.sent("ana", edits))
    assert publish_edits(world.live, ana, edits, note="Germany").number == 2


def test_a_certificate_written_in_the_files_needs_a_second_person(world: World) -> None:
    written = "certified: {by: 'Ben Okafor', until: 2027-06-01}"
    ana, edits = world.actor("ana"), world.draft("ana", ORDERS, more=written)
    with pytest.raises(NotAllowed, match="It certifies 1 metric"):
        publish_edits(world.live, ana, edits, note="Trust me")
    world.approve("ben", world.sent("ana", edits))
    assert publish_edits(world.live, ana, edits, note="Agreed").number == 2


def test_access_that_widens_without_a_changed_policy_needs_an_administrator(world: World) -> None:
    otto = world.actor("otto")
    files = dict(new_draft(world.live, otto, name="Hide").base_files)
    files["orders.yml"] = files["orders.yml"].replace("{name: country}", "{name: country, tags: [secret]}")
    files["access/policies.yml"] = files["access/policies.yml"].replace(
        "    whole: all", "    whole: all\n    deny: {dimensions: {tags: [secret]}}", 1
    )
    publish(world.live.store, world.live.keys, files, parent=1, actor=otto, note="Countries are secret")
    world.live.take()
    ana = world.actor("ana")
    edits = new_draft(world.live, ana, name="Tidy tags")
    untagged = {**edits.files, "orders.yml": edits.files["orders.yml"].replace(", tags: [secret]", "")}
    edits = write_files(world.live, ana, edits, untagged)
    assert verdict_of(world.live, ana, edits).radius.widens == ("everybody",)
    with pytest.raises(NotAllowed, match="let people see more"):
        publish_edits(world.live, ana, edits, note="Tidy")


def test_a_version_that_was_never_live_cannot_be_rolled_back_to(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    world.clock.move(hours=1)
    world.approve("ben", world.sent("ana", edits))
    soon = world.clock.at + timedelta(days=30)
    publish_edits(world.live, ana, edits, note="In a month", effective_at=soon)
    with pytest.raises(NotAllowed, match="never live"):  # it was approved for that day
        roll_back_to(world.live, ana, 2, head=2, note="Why wait")
    world.clock.move(hours=1)
    roll_back_to(world.live, world.actor("ben"), 1, head=2, note="Not after all")
    world.clock.move(days=60)
    with pytest.raises(NotAllowed, match="never live"):
        roll_back_to(world.live, ana, 2, head=3, note="After all")
    roll_back_to(world.live, ana, 1, head=3, note="As it was")
    assert (world.head().number, world.head().restores) == (4, 1)


def test_a_restored_earlier_state_of_a_review_approves_nothing(world: World) -> None:
    ana, edits = world.actor("ana"), world.draft("ana")
    review = world.sent("ana", edits)
    world.approve("ben", review)
    assert verdict_of(world.live, ana, edits).can_publish
    with world.live.store.read() as connection:
        (kept,) = connection.execute(select(REVIEWS).where(REVIEWS.c.id == review.id)).mappings().all()
    world.work("otto").ask_for_changes(world.review(review.id), "Not yet")
    with world.live.store.write(recorded=False) as transaction:
        connection = transaction.connection
        connection.execute(delete(REVIEW_ACTS).where((REVIEW_ACTS.c.review == review.id) & (REVIEW_ACTS.c.place == 3)))
        connection.execute(update(REVIEWS).where(REVIEWS.c.id == review.id).values(**kept))
    assert not verdict_of(world.live, ana, edits).can_publish
    with pytest.raises(NotAllowed):
        publish_edits(world.live, ana, edits, note="Now")


def test_a_revoked_certification_does_not_come_back_when_its_row_is_removed(world: World) -> None:
    certify(world, "ben", "orders")
    orders, today = world.live.workspace().model.metrics["orders"], world.live.workspace().today()
    assert certification_status(orders, today) is CertificationStatus.CERTIFIED
    with world.live.store.write() as transaction:
        add_act(transaction, world.live.keys, "orders", "revoked", world.actor("ben"), known=1, note="Wrong")
    world.live.settle()
    assert certification_status(orders, today) is CertificationStatus.CANDIDATE
    with world.live.store.write(recorded=False) as transaction:
        transaction.connection.execute(delete(CERTIFICATIONS).where(CERTIFICATIONS.c.deed == "revoked"))
    world.live.settle()
    assert certification_status(orders, today) is CertificationStatus.LAPSED
