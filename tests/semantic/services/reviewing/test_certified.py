"""Certifications and reviews: what was certified in the app is protected, and no one can write a certification
alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.errors import NotAllowed
from semantic.services.drafts import publish_edits, verdict_of
from semantic.services.reviewing.needs import Approver
from semantic.store.certifications.certifications import add_act
from tests.copies import empty_store
from tests.semantic.services.reviewing.world import NET, ORDERS, World, opened


@pytest.fixture
def world(address: str, tmp_path: Path) -> Iterator[World]:
    with opened(address, tmp_path, ready=lambda: empty_store(address)) as world:
        yield world


def certify(world: World, metric: str) -> None:
    day = world.clock.at.date().replace(year=world.clock.at.year + 1)
    with world.live.store.write() as transaction:
        add_act(transaction, world.live.keys, metric, "granted", world.actor("ben"), known=0, until=day)
    world.live.settle()


def test_a_metric_certified_in_the_app_changes_only_with_approval(world: World) -> None:
    certify(world, "orders")
    ana, edits = world.actor("ana"), world.draft("ana", ORDERS)
    verdict = verdict_of(world.live, ana, edits)
    assert verdict.radius.certified == ("orders",)
    assert Approver.OWNER_AND_STEWARD in verdict.needed
    with pytest.raises(NotAllowed, match="1 certified metric"):
        publish_edits(world.live, ana, edits, note="Germany")


def test_a_certificate_that_was_revoked_protects_nothing(world: World) -> None:
    certify(world, "orders")
    with world.live.store.write() as transaction:
        add_act(transaction, world.live.keys, "orders", "revoked", world.actor("ben"), known=1, note="Wrong")
    world.live.settle()
    assert verdict_of(world.live, world.actor("ana"), world.draft("ana", ORDERS)).radius.certified == ()


@pytest.mark.parametrize("more", ["", f", {NET}"])
def test_no_one_writes_a_certificate_into_a_draft_alone(world: World, more: str) -> None:
    ana = world.actor("ana")
    edits = world.draft("ana", ORDERS, more=f"certified: {{by: Ben Okafor, until: 2027-06-30}}{more}")
    with pytest.raises(NotAllowed, match="It certifies 1 metric"):
        publish_edits(world.live, ana, edits, note="In Ben's name")
    world.approve("ben", world.sent("ana", edits))
    assert publish_edits(world.live, ana, edits, note="Ben agrees").number == 2


def test_wording_of_a_certified_metric_needs_no_approval(world: World) -> None:
    ana = world.actor("ana")
    edits = world.draft("ana", ORDERS, more="certified: {by: Ben Okafor, until: 2027-06-30}")
    world.approve("ben", world.sent("ana", edits))
    publish_edits(world.live, ana, edits, note="Ben agrees")
    worded = world.draft("ana", ORDERS, more="description: Orders that were paid")
    assert publish_edits(world.live, ana, worded, note="Wording").number == 3
