"""Deliveries as people make and manage them: who can send what to whom, and who sees which part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from semantic.display.messages.message import Message
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, UnknownBoard
from semantic.services.boards import BoardWork
from semantic.services.messages.conditions import NOT_CHANGED
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.deliveries import (
    JUDGED,
    MOST_OF_ONE,
    MOST_RECIPIENTS,
    NOT_YOURS,
    ONLY_YOURSELF,
    ChosenRecipient,
    DeliveryWork,
)
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.destinations.destinations import NewDestination, add_destination, end_destination
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.outbox.sends import Send
from semantic.store.upkeep.erasure import erase
from tests.semantic.services.outbox.outbox_world import BOARD, World, write_to_reader

NOT_HERE = "Only people who can sign in can receive this"


def test_a_viewer_sends_to_themselves_only(world: World) -> None:
    delivery = world.make("mia", "mia")
    assert (delivery.title, delivery.is_active) == ("Shop", True)
    for other in ("dora", ChosenRecipient("group", "own_channels"), ChosenRecipient("destination", "x")):
        with pytest.raises(NotAllowed, match=ONLY_YOURSELF):
            world.make("mia", "mia", other)
    with pytest.raises(NotAllowed, match=ONLY_YOURSELF):
        world.work("mia").add(delivery.id, ChosenRecipient("person", "dora"))


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        (ChosenRecipient("person", "nobody@example.com"), NOT_HERE),
        (ChosenRecipient("group", "directors"), "There is no group named 'directors'"),
        (ChosenRecipient("destination", "7f"), "This destination was removed"),
    ],
)
def test_only_known_recipients_can_be_chosen(world: World, chosen: ChosenRecipient, why: str) -> None:
    with pytest.raises(InvalidQuery, match=why):
        world.make("dora", "dora", chosen)
    assert world.work("dora").mine() == []


def test_someone_deactivated_cannot_be_chosen(world: World) -> None:
    world.deactivate("vera")
    with pytest.raises(InvalidQuery, match=NOT_HERE):
        world.make("dora", "vera")


def test_a_removed_destination_cannot_be_chosen_and_gets_nothing(world: World) -> None:
    admin = replace(world.actor("steward"), roles=frozenset({"administrator"}))
    wanted = NewDestination(kind="slack", name="#sales", address="https://hooks.example.com/x")
    with world.live.store.write() as transaction:
        id_, _ = add_destination(transaction, world.live.keys, wanted, admin)
    world.make("dora", ChosenRecipient("destination", id_))
    world.next_day()
    assert world.handed == [("#sales", f"For destination:{id_}")]
    with world.live.store.write() as transaction:
        end_destination(transaction, world.live.keys, id_, admin)
    world.next_day()
    assert len(world.handed) == 1
    assert world.sends()[0].why == "This destination was removed"
    with pytest.raises(InvalidQuery, match="This destination was removed"):
        world.make("dora", ChosenRecipient("destination", id_))


def test_a_delivery_needs_content_that_its_owner_can_open(world: World) -> None:
    for about in ("", "unknown", "x" * 40):
        with pytest.raises(UnknownBoard):
            world.work("dora").subscribe(replace(world.wanted(), about=about))


@pytest.mark.parametrize("cron", ["* * * * *", "0 8 * *", "not a cron", "0 8 31 2 *"])
def test_a_schedule_must_be_valid_and_not_too_frequent(world: World, cron: str) -> None:
    with pytest.raises(InvalidQuery):
        world.make("dora", "dora", cron=cron)


def test_each_person_has_one_digest_only_for_themselves(world: World) -> None:
    digest = NewDelivery(what="digest", about="", title="", cron="0 7 * * 1-5", zone="UTC")
    work = world.work("dora")
    with pytest.raises(InvalidQuery, match="sent only to you"):
        work.make(digest, [ChosenRecipient("person", "vera")])
    assert work.subscribe(digest).title == "Digest of what you follow"
    with pytest.raises(NotAllowed, match="You already get the digest"):
        work.subscribe(digest)


def test_deliveries_are_limited_per_owner_and_recipients_per_delivery(world: World) -> None:
    for _ in range(MOST_OF_ONE):
        world.make("dora", "dora")
    with pytest.raises(NotAllowed, match=f"You have {MOST_OF_ONE} deliveries"):
        world.make("dora", "dora")
    many = [ChosenRecipient("person", f"p{number}") for number in range(MOST_RECIPIENTS + 1)]
    with pytest.raises(NotAllowed, match=f"can have at most {MOST_RECIPIENTS} recipients"):
        world.work("vera").make(world.wanted(), many)


def test_only_the_owner_changes_a_delivery_and_sees_its_recipients(world: World) -> None:
    delivery = world.make("steward", "dora", "vera")
    acts: list[Callable[[], object]] = [
        lambda: world.work("dora").change(delivery.id, world.wanted(), revision=1),
        lambda: world.work("dora").pause(delivery.id, revision=1),
        lambda: world.work("dora").resume(delivery.id, revision=1),
        lambda: world.work("dora").remove(delivery.id, revision=1),
        lambda: world.work("dora").add(delivery.id, ChosenRecipient("person", "dora")),
    ]
    for act in acts:
        with pytest.raises(NotAllowed, match=NOT_YOURS):
            act()
    (for_dora,) = world.work("dora").for_me()
    assert [row.id for row in for_dora.recipients] == [world.subject("dora")]
    with pytest.raises(NotAllowed, match=NOT_YOURS):
        world.work("dora").drop(for_dora.recipients[0])
    (mine,) = world.work("steward").mine()
    assert [row.name for row in mine.recipients] == ["Dora", "Vera"]
    assert world.work("zeno").of("board", world.board) == []
    with pytest.raises(InvalidQuery, match="no longer exists"):
        world.work("zeno").find(delivery.id)


def test_owners_see_states_and_readers_only_their_own_messages(world: World) -> None:
    delivery = world.make("steward", "dora", "vera", "steward")
    world.next_day()
    mine = world.work("steward").history(delivery.id)
    assert sorted((row.name, row.send.state, row.send.receipts) for row in mine) == [
        ("Dora", "handed_over", ()), ("Steward", "handed_over", ("R-steward",)), ("Vera", "handed_over", ())
    ]  # fmt: skip
    (own,) = world.work("dora").history(delivery.id)
    assert (own.name, own.is_mine, own.send.receipts) == ("Dora", True, ("R-dora",))
    (for_dora,) = world.work("dora").for_me()
    assert for_dora.last == own.send


def test_an_owner_cannot_tell_whether_a_condition_was_met_for_others(world: World) -> None:
    """With targets and filters of the owner's choice, that would reveal numbers of rows that the owner can't see."""
    wanted = replace(world.wanted(), condition="changed")
    chosen = [ChosenRecipient("person", name) for name in ("dora", "vera", "steward")]
    delivery = world.work("steward").make(wanted, chosen)

    def compose(send: Send, reader: Reader, live: Live) -> Message | Skipped:
        return write_to_reader(send, reader, live) if reader.actor.id != "vera" else Skipped(NOT_CHANGED)

    world.compose = compose
    world.next_day()
    assert world.states() == {"dora": "handed_over", "steward": "handed_over", "vera": "skipped"}
    rows = world.work("steward").history(delivery.id)
    assert sorted((row.name, row.send.state, row.send.why) for row in rows) == [
        ("Dora", "skipped", JUDGED), ("Steward", "handed_over", ""), ("Vera", "skipped", JUDGED)
    ]  # fmt: skip
    (own,) = world.work("vera").history(delivery.id)
    assert own.send.why == NOT_CHANGED


def test_a_message_that_someone_asks_for_reaches_only_them(world: World) -> None:
    delivery = world.make("steward", "dora", "vera")
    world.work("dora").send_now(delivery.id)
    world.work("dora").send_now(delivery.id)  # in the same minute
    world.send()
    assert [name for name, _ in world.handed] == ["Dora"]
    world.clock.at += timedelta(minutes=1)
    world.work("dora").send_now(delivery.id)
    world.send()
    assert [name for name, _ in world.handed] == ["Dora", "Dora"]
    assert world.again(delivery).next_at == delivery.next_at
    world.work("dora").unsubscribe(delivery.id)
    with pytest.raises(InvalidQuery, match="You aren't receiving this delivery"):
        world.work("dora").send_now(delivery.id)
    with pytest.raises(InvalidQuery, match="no longer exists"):
        world.work("zeno").send_now(delivery.id)
    seen_as = replace(world.actor("vera"), viewed_by="steward")
    with pytest.raises(NotAllowed):
        DeliveryWork(world.live, seen_as).send_now(delivery.id)


def test_a_person_who_unsubscribes_stays_unsubscribed_until_they_undo_it(world: World) -> None:
    delivery = world.make("steward", "dora", "vera")
    world.work("dora").unsubscribe(delivery.id)
    world.work("dora").unsubscribe(delivery.id)
    with pytest.raises(NotAllowed, match="Dora has unsubscribed"):
        world.work("steward").add(delivery.id, ChosenRecipient("person", "dora"))
    both = [ChosenRecipient("person", "dora"), ChosenRecipient("person", "zeno")]
    world.work("steward").change(delivery.id, world.wanted(), both, revision=1)
    world.next_day()
    assert [name for name, _ in world.handed] == ["Zeno"]
    (for_dora,) = world.work("dora").for_me()
    assert (for_dora.is_receiving, for_dora.own.has_unsubscribed if for_dora.own else None) == (False, True)
    world.work("dora").subscribe_again(delivery.id)
    world.next_day()
    assert sorted(name for name, _ in world.handed) == ["Dora", "Zeno", "Zeno"]


def test_an_owner_can_add_a_removed_recipient_again(world: World) -> None:
    delivery = world.make("steward", "dora", "vera")
    (mine,) = world.work("steward").mine()
    world.work("steward").drop(mine.recipients[0])
    assert world.work("dora").for_me() == []
    with pytest.raises(InvalidQuery, match="no longer exists"):
        world.work("dora").subscribe_again(delivery.id)
    world.next_day()
    assert [name for name, _ in world.handed] == ["Vera"]
    world.work("steward").add(delivery.id, ChosenRecipient("person", "dora"))
    world.next_day()
    assert sorted(name for name, _ in world.handed) == ["Dora", "Vera", "Vera"]


def test_changes_of_two_people_are_not_mixed(world: World) -> None:
    delivery = world.make("steward", "steward")
    later = world.work("steward").change(delivery.id, world.wanted("0 9 * * *"), revision=1)
    assert (later.cron, later.revision, later.is_sealed) == ("0 9 * * *", 2, True)
    with pytest.raises(ChangedMeanwhile):
        world.work("steward").pause(delivery.id, revision=1)
    assert world.again(delivery) == later


def test_a_paused_delivery_continues_with_its_next_slot(world: World) -> None:
    delivery = world.make("steward", "steward")
    world.work("steward").pause(delivery.id, revision=1)
    (mine,) = world.work("steward").mine()
    assert (mine.why_paused, mine.delivery.next_at) == ("Paused", None)
    for _ in range(3):
        world.next_day()
    world.work("steward").resume(delivery.id, revision=2)
    assert world.queue() is not None
    assert world.sends() == []
    world.next_day()
    assert len(world.handed) == 1


def test_no_one_changes_deliveries_while_viewing_as_someone(world: World) -> None:
    delivery = world.make("dora", "dora")
    viewing = replace(world.work("dora"), actor=replace(world.actor("dora"), viewed_by="steward"))
    acts: list[Callable[[], object]] = [
        lambda: viewing.subscribe(world.wanted()),
        lambda: viewing.pause(delivery.id, revision=1),
        lambda: viewing.unsubscribe(delivery.id),
        lambda: viewing.subscribe_again(delivery.id),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert [each.delivery for each in viewing.mine()] == [world.again(delivery)]


def test_deliveries_of_private_boards_are_hidden_while_viewing_as_someone(world: World) -> None:
    dora = world.actor("dora")
    boards = BoardWork(world.live.store, world.live.keys, world.live.workspace(), dora)
    private = boards.make(BOARD)
    boards.publish(private, 1, "First")
    delivery = world.work("dora").subscribe(replace(world.wanted(), about=private))
    assert [each.delivery for each in world.work("dora").mine()] == [delivery]
    viewing = world.work_of(replace(dora, viewed_by="steward"))
    assert (viewing.mine(), viewing.for_me()) == ([], [])
    with pytest.raises(InvalidQuery):
        viewing.history(delivery.id)


def test_an_administrator_can_remove_anyones_delivery(world: World) -> None:
    delivery = world.make("dora", "dora", "vera")
    admin = replace(world.actor("steward"), roles=frozenset({"administrator"}))
    replace(world.work("steward"), actor=admin).remove(delivery.id, revision=1)
    world.next_day()
    assert world.handed == []
    assert world.work("dora").mine() == world.work("dora").for_me() == []


def test_an_erased_person_receives_nothing_and_is_named_nowhere(world: World) -> None:
    delivery = world.make("steward", "dora", "vera")
    world.next_day()
    world.handed.clear()
    workspace = world.live.workspace()
    erase(world.live.store, "dora", world.actor("steward"), world.live.keys)
    workspace.people = {name: actor for name, actor in workspace.people.items() if name != "dora"}
    world.live.look()
    world.next_day()
    assert world.handed == [("Vera", "For vera")]
    (mine,) = world.work("steward").mine()
    assert [row.name for row in mine.recipients] == ["Vera"]
    assert {row.name for row in world.work("steward").history(delivery.id)} == {"Vera", ""}


def test_each_act_is_in_the_audit_log(world: World) -> None:
    delivery = world.make("steward", "dora")
    steward, dora = world.work("steward"), world.work("dora")
    steward.add(delivery.id, ChosenRecipient("person", "vera"))
    dora.unsubscribe(delivery.id)
    dora.subscribe_again(delivery.id)
    steward.drop(steward.mine()[0].recipients[1])
    steward.pause(delivery.id, revision=1)
    steward.resume(delivery.id, revision=2)
    steward.change(delivery.id, world.wanted("0 9 * * *"), revision=3)
    steward.remove(delivery.id, revision=4)
    with world.live.store.read() as connection:
        entries = read_entries(connection, world.live.keys)
    said = [sentence(entry) for entry in reversed(entries) if entry.kind.startswith("delivery.")]
    assert said == [
        "Steward created the delivery “Shop”",
        "Steward added Dora to the delivery “Shop”",
        "Steward added Vera to the delivery “Shop”",
        "Dora unsubscribed from the delivery “Shop”",
        "Dora subscribed to the delivery “Shop” again",
        "Steward removed Vera from the delivery “Shop”",
        "Steward paused the delivery “Shop”",
        "Steward resumed the delivery “Shop”",
        "Steward changed the delivery “Shop”",
        "Steward removed the delivery “Shop”",
    ]
