"""Deliveries and recipients as rows: only what Samepage wrote is sent, and a restored store keeps stopped deliveries
stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, text, update

from semantic.errors import InvalidQuery
from semantic.services.outbox.deliveries import ChosenRecipient
from semantic.services.outbox.notices import queue_notice
from semantic.store.audit.log import Plain
from semantic.store.outbox.deliveries import DELIVERIES
from semantic.store.outbox.recipients import DELIVERY_RECIPIENTS
from semantic.store.outbox.sends import NewSend, Recipient, queue_send
from semantic.store.upkeep.backup import back_up, restore
from tests.semantic.services.outbox.outbox_world import World, outbox_world
from tests.semantic.store.clock import Clock

WRITTEN: list[tuple[Table, dict[str, Any]]] = [
    (DELIVERIES, {"owner": "0" * 32}),
    (DELIVERIES, {"about": "another"}),
    (DELIVERIES, {"what": "digest"}),
    (DELIVERIES, {"title": "Another"}),
    (DELIVERIES, {"settings": '{"tab": "2"}'}),
    (DELIVERIES, {"cron": "0 9 * * *"}),
    (DELIVERIES, {"zone": "Asia/Tokyo"}),
    (DELIVERIES, {"condition": "changed"}),
    (DELIVERIES, {"attached": "excel"}),
    (DELIVERIES, {"seal": "0" * 64}),
    (DELIVERIES, {"settings": "{"}),
    (DELIVERIES, {"what": "everything"}),
    (DELIVERY_RECIPIENTS, {"recipient": "f" * 32}),
    (DELIVERY_RECIPIENTS, {"kind": "group", "recipient": "own_channels"}),
    (DELIVERY_RECIPIENTS, {"delivery": "0" * 16}),
    (DELIVERY_RECIPIENTS, {"added_by": "0" * 32}),
    (DELIVERY_RECIPIENTS, {"seal": "0" * 64}),
]


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Iterator[World]:
    with outbox_world(str(tmp_path / "store.sqlite"), tmp_path, clock) as opened:
        yield opened


def write(world: World, table: Table, values: dict[str, Any]) -> None:
    with world.live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(table).values(**values))


def test_unchanged_rows_are_sent(world: World) -> None:
    world.make("steward", "dora")
    world.next_day()
    assert world.handed == [("Dora", "For dora")]


@pytest.mark.parametrize(("table", "values"), WRITTEN, ids=lambda given: str(given) if isinstance(given, dict) else "")
def test_a_row_that_samepage_did_not_write_is_not_sent(world: World, table: Table, values: dict[str, Any]) -> None:
    world.make("steward", "dora")
    write(world, table, values)
    for _ in range(3):
        world.next_day()
    assert world.handed == []
    world.work("steward").mine()  # can still be listed
    world.work("dora").for_me()


@pytest.mark.parametrize("stop", ["pause", "remove", "unsubscribe", "no access"])
def test_removing_the_mark_from_a_row_does_not_restore_it(world: World, stop: str) -> None:
    delivery = world.make("steward", "dora")
    match stop:
        case "pause":
            world.work("steward").pause(delivery.id, revision=1)
        case "remove":
            world.work("steward").remove(delivery.id, revision=1)
        case "unsubscribe":
            world.work("dora").unsubscribe(delivery.id)
        case _:
            write(world, DELIVERY_RECIPIENTS, {"paused_at": world.clock()})
    due = world.clock() + timedelta(minutes=1)
    write(world, DELIVERIES, {"paused_at": None, "removed_at": None, "next_at": due})
    write(world, DELIVERY_RECIPIENTS, {"ended_at": None, "ended_by": ""})
    world.next_day()
    assert world.handed == []


def test_a_slot_set_back_by_hand_is_not_sent_twice(world: World) -> None:
    world.make("steward", "dora")
    world.next_day()
    write(world, DELIVERIES, {"next_at": world.clock() - timedelta(days=3)})
    world.queue()
    world.send()
    assert world.handed == [("Dora", "For dora")]


def test_a_forged_send_reaches_no_one_who_is_not_a_recipient(world: World) -> None:
    delivery = world.make("steward", "dora")
    vera = Recipient(kind="person", id=world.subject("vera"))
    for about in (delivery.id, "0" * 16):
        new = NewSend(kind="delivery", about=about, slot=world.clock(), recipient=vera)
        with world.live.store.write(recorded=False) as transaction:
            queue_send(transaction, new)
    world.send()
    assert world.handed == []
    assert {send.why for send in world.sends()} == {"No longer a recipient", "This delivery was removed"}


def test_a_forged_notice_is_not_sent(world: World) -> None:
    dora = Recipient(kind="person", id=world.subject("dora"))
    details: dict[str, Plain] = {"code": "failed", "title": "Your password", "why": "Call 0900 123", "seal": "0" * 64}
    slot = world.clock()
    with world.live.store.write(recorded=False) as transaction:
        queue_send(transaction, NewSend(kind="notice", about="a", slot=slot, recipient=dora, details=details))
        queue_notice(transaction, world.live.keys, "failed", "b", slot, dora.id, {"title": "Shop"})
        queue_notice(transaction, world.live.keys, "failed", "c", slot, dora.id, {"title": "Shop"})
        changed = "UPDATE sends SET details = replace(details, 'Shop', 'Win') WHERE about = 'c'"
        transaction.connection.execute(text(changed))
    world.send()
    assert world.handed == [("Dora", "Shop couldn't be sent to a recipient")]


def test_a_damaged_timestamp_of_one_delivery_leaves_the_others(world: World) -> None:
    broken, _ = world.make("steward", "dora"), world.make("steward", "vera")
    with world.live.store.write(recorded=False) as transaction:
        statement = text("UPDATE deliveries SET next_at = '1', made_at = 'x' WHERE id = :id")
        transaction.connection.execute(statement, {"id": broken.id})
    world.next_day()
    assert world.handed == [("Vera", "For vera")]


def test_a_delivery_that_was_changed_by_hand_can_only_be_removed(world: World) -> None:
    delivery = world.make("steward", "dora")
    write(world, DELIVERIES, {"zone": "Asia/Tokyo"})
    with pytest.raises(InvalidQuery, match="changed outside Samepage"):
        world.work("steward").pause(delivery.id, revision=1)
    assert world.work("steward").mine()[0].why_paused.startswith("This delivery was changed outside Samepage")
    world.work("steward").remove(delivery.id, revision=1)
    assert world.work("steward").mine() == []


def test_a_restored_store_keeps_what_was_stopped_and_sends_nothing_twice(world: World, tmp_path: Path) -> None:
    """The backup is older than two unsubscriptions, one pause, one removal, and the sending of one slot."""
    kept, paused, removed = (world.make("steward", "dora", "vera") for _ in range(3))
    grouped = world.make("steward", ChosenRecipient("group", "own_channels"))
    world.clock.move(hours=20)
    world.queue()
    copy = tmp_path / "copy.sqlite"
    back_up(world.live.store, copy)
    world.send()
    world.work("dora").unsubscribe(kept.id)
    world.work("nick").unsubscribe(grouped.id)
    world.work("steward").pause(paused.id, revision=1)
    world.work("steward").remove(removed.id, revision=1)
    world.handed.clear()
    restore(world.live.store, world.live.keys, copy, actor=world.actor("steward"), force=True)
    world.queue()
    world.send()
    assert world.handed == []  # it was all sent before
    world.next_day()
    assert sorted(name for name, _ in world.handed) == ["Both", "Finn", "Vera"]


def test_a_restored_store_sends_what_was_queued_and_not_sent_yet(world: World, tmp_path: Path) -> None:
    world.make("steward", "dora")
    copy = tmp_path / "copy.sqlite"
    back_up(world.live.store, copy)
    world.clock.move(hours=20)
    world.queue()
    restore(world.live.store, world.live.keys, copy, actor=world.actor("steward"), force=True)
    world.queue()
    world.send()
    assert world.handed == [("Dora", "For dora")]
