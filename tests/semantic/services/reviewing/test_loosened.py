"""Making governance less strict needs a second person, even by a rollback. Any other rollback applies at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from semantic.errors import NotAllowed
from semantic.services.drafts import Edits, list_drafts, new_draft, open_edits, publish_edits, verdict_of, write_files
from semantic.services.reviewing.rolling_back import ProposedRollBack, roll_back_to, why_not_at_once
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.certifications.certifications import add_act
from semantic.store.models.versions import Version, files_of, publish, publish_upload
from semantic.uploads.upload import UploadColumn, UploadPlan, file_path, model_file
from tests.copies import empty_store
from tests.semantic.services.reviewing.world import ORDERS, World, opened

CHECKS = "    checks: [{not_null: {column: amount}}]\n"
RULES = "model: {name: Shop, certification: {require: [owner, checks]}}\n"


@pytest.fixture
def world(address: str, tmp_path: Path) -> Iterator[World]:
    """The shop with a check and rules for certifications, as version 2, and orders and revenue certified."""
    with opened(address, tmp_path, ready=lambda: empty_store(address)) as world:
        files = files_at(world, 1)
        files["orders.yml"] = RULES + files["orders.yml"].replace("metrics:\n", f"{CHECKS}metrics:\n")
        published(world, files, "Checks and rules")
        yield world


def files_at(world: World, number: int) -> dict[str, str]:
    with world.live.store.read() as connection:
        return files_of(connection, number)


def published(world: World, files: dict[str, str], note: str) -> None:
    """Publish as from the command line, without a review."""
    head = world.head().number
    publish(world.live.store, world.live.keys, files, parent=head, actor=world.actor("otto"), note=note)
    world.live.take()


def certify(world: World, metric: str = "revenue") -> None:
    with world.live.store.write() as transaction:
        day = world.live.workspace().today() + timedelta(days=90)
        add_act(transaction, world.live.keys, metric, "granted", world.actor("ben"), known=0, until=day)
    world.live.settle()


def edited(world: World, author: str, old: str, new: str) -> Edits:
    actor = world.actor(author)
    edits = new_draft(world.live, actor, name="Looser")
    assert old in edits.files["orders.yml"]
    return write_files(world.live, actor, edits, {"orders.yml": edits.files["orders.yml"].replace(old, new)})


@pytest.mark.parametrize(
    ("old", "new", "asks", "has_owner"),
    [
        ("require: [owner, checks]", "require: [owner]", "Certification requirements would be weaker.", False),
        (CHECKS, "", "It weakens checks of 1 dataset that certified metrics rely on.", True),
        ("owner: Ben Okafor", "owner: Ana Ribeiro", "It changes the owner of 1 definition.", True),
    ],
)
def test_making_checks_less_strict_needs_the_owner_and_a_second_steward(
    world: World, old: str, new: str, asks: str, *, has_owner: bool
) -> None:
    certify(world)
    ana, edits = world.actor("ana"), edited(world, "ana", old, new)
    verdict = verdict_of(world.live, ana, edits)
    assert verdict.asks == asks
    with pytest.raises(NotAllowed, match="Send it for review first"):
        publish_edits(world.live, ana, edits, note="Looser")
    review = world.sent("ana", edits)
    if has_owner:
        world.approve("otto", review)
        with pytest.raises(NotAllowed, match="the approval of Ben Okafor, who owns a definition"):
            publish_edits(world.live, ana, edits, note="Looser")
    world.approve("ben", review)
    assert publish_edits(world.live, ana, edits, note="Agreed").number == 3


def test_owners_of_certified_metrics_approve_weaker_checks(world: World) -> None:
    certify(world)
    edits = edited(world, "ana", CHECKS, "")
    assert [each.id for each in verdict_of(world.live, world.actor("ana"), edits).owners] == ["ben"]


def test_checks_without_certified_metrics_need_no_approval(world: World) -> None:
    ana, edits = world.actor("ana"), edited(world, "ana", CHECKS, "")
    assert publish_edits(world.live, ana, edits, note="No one certified it").number == 3


def test_making_checks_stricter_needs_no_approval(world: World) -> None:
    certify(world)
    ana, edits = world.actor("ana"), edited(world, "ana", "require: [owner, checks]", "require: [owner, checks, used]")
    assert publish_edits(world.live, ana, edits, note="Stricter").number == 3


# Rolling back


def test_a_rollback_that_makes_checks_less_strict_waits_for_a_second_person(world: World) -> None:
    certify(world)
    ana = world.actor("ana")
    why = "It weakens checks of 1 dataset that certified metrics rely on."
    # Version 1 required more criteria, by default, than version 2, so only its missing check is looser.
    assert why_not_at_once(world.live, 1) == why
    done = roll_back_to(world.live, ana, 1, head=2, note="Too strict")
    assert isinstance(done, ProposedRollBack)
    assert done.why == why
    assert world.head().number == 2
    (draft,) = list_drafts(world.live, ana)
    assert draft.title == "Roll back to version 1"
    review = world.review(done.review)
    assert (review.note, review.draft) == ("Roll back to version 1: Too strict", draft.id)
    assert roll_back_to(world.live, ana, 1, head=2, note="Again") == done  # once is enough
    edits = open_edits(world.live, ana, draft=draft.id)
    with pytest.raises(NotAllowed, match="Ben Okafor"):
        publish_edits(world.live, ana, edits, note="Back")
    world.approve("ben", review)
    assert publish_edits(world.live, ana, edits, note="Back").number == 3
    assert files_at(world, 3) == files_at(world, 1)


def test_a_rollback_that_widens_access_waits_for_another_administrator(world: World) -> None:
    files = files_at(world, 2)
    path = "access/policies.yml"
    files[path] = files[path].replace("whole: all\n", "whole: all\n    deny: {dimensions: [country]}\n", 1)
    published(world, files, "Countries are secret")
    ana, otto = world.actor("ana"), world.actor("otto")
    done = roll_back_to(world.live, ana, 2, head=3, note="They were useful")
    assert isinstance(done, ProposedRollBack)
    assert done.why == "It would let people see more than now."
    edits = open_edits(world.live, ana)
    world.approve("ben", world.review(done.review))
    with pytest.raises(NotAllowed, match="the approval of another administrator"):
        publish_edits(world.live, ana, edits, note="Back")
    world.approve("otto", world.review(done.review))
    publish_edits(world.live, ana, edits, note="Back")
    assert files_at(world, 4) == files_at(world, 2)
    back = roll_back_to(world.live, otto, 3, head=4, note="Secret after all")  # this closes more, so it is at once
    assert isinstance(back, Version)
    assert files_at(world, back.number) == files_at(world, 3)


def test_any_other_rollback_applies_at_once_and_is_in_the_audit_log(world: World) -> None:
    certify(world)
    published(world, {**files_at(world, 2), "orders.yml": files_at(world, 2)["orders.yml"] + "# A remark\n"}, "Remark")
    assert why_not_at_once(world.live, 2) == ""
    back = roll_back_to(world.live, world.actor("ana"), 2, head=3, note="No remark")
    assert isinstance(back, Version)
    assert (back.number, back.restores) == (4, 2)
    assert list_drafts(world.live, world.actor("ana")) == []
    with world.live.store.read() as connection:
        (entry,) = read_entries(connection, world.live.keys, limit=1)
    assert sentence(entry) == "Ana Ribeiro restored version 2 of the model, as version 4"


def test_only_stewards_roll_back(world: World) -> None:
    certify(world)
    for number in (1, 2):
        with pytest.raises(NotAllowed):
            roll_back_to(world.live, world.actor("jonas"), number, head=2, note="Mine")
    assert world.head().number == 2
    assert list_drafts(world.live, world.actor("jonas")) == []


def test_while_a_version_is_scheduled_the_way_to_roll_back_is_named(world: World) -> None:
    certify(world)
    later = world.clock.at + timedelta(days=5)
    publish_edits(world.live, world.actor("ben"), world.draft("ben", ORDERS, more="description: Later"), note="Later",
                 effective_at=later)  # fmt: skip
    ana = world.actor("ana")
    with pytest.raises(NotAllowed, match="Roll back to version 2 first, which withdraws version 3"):
        roll_back_to(world.live, ana, 1, head=3, note="Too strict")
    assert isinstance(roll_back_to(world.live, ana, 2, head=3, note="First"), Version)
    assert isinstance(roll_back_to(world.live, ana, 1, head=4, note="Then"), ProposedRollBack)


def test_an_upload_that_was_shared_is_not_shared_again_by_a_roll_back(world: World) -> None:
    columns = (UploadColumn(name="budget", label="Budget", type="decimal(18,2)", use="sum"),)
    plan = UploadPlan(name="up_0123456789ab", label="Budget", purpose="other", columns=columns)
    shared, own = (model_file(plan, owner=owner, owner_name="Jonas") for owner in ("ana", "jonas"))
    live, jonas = world.live, world.actor("jonas")
    for text in (shared, own):
        publish_upload(live.store, live.keys, plan.name, text, actor=jonas, note="Upload")
        live.take()
    back = roll_back_to(live, world.actor("ana"), 3, head=4, note="Back to where I saw it")
    assert isinstance(back, Version)  # nothing widens, because uploads stay as they are now
    assert files_at(world, back.number)[file_path(plan.name)] == own
