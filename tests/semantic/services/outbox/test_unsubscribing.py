"""Unsubscribe links: they stop one delivery for one person, can be undone, and can't be turned into anything else."""

from __future__ import annotations

import pytest

from semantic.services.outbox.deliveries import ChosenRecipient
from semantic.services.outbox.unsubscribing import (
    UNNAMED,
    Subscription,
    find_subscription,
    subscribe_again,
    unsubscribe,
)
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.keys import keys_of
from semantic.store.outbox.unsubscribe import Unsubscribe, read_unsubscribe, unsubscribe_token
from tests.semantic.services.outbox.outbox_world import World


@pytest.fixture
def token(world: World) -> str:
    delivery = world.make("steward", "dora", "vera")
    wanted = Unsubscribe(noun="delivery", id=delivery.id, person=world.subject("dora"))
    return unsubscribe_token(world.live.keys, wanted)


def test_a_link_stops_its_recipients_messages_and_can_be_undone(world: World, token: str) -> None:
    assert find_subscription(world.live, token) == Subscription("Shop", is_ended=False)
    world.next_day()
    assert sorted(name for name, _ in world.handed) == ["Dora", "Vera"]
    assert unsubscribe(world.live, token) == unsubscribe(world.live, token) == Subscription("Shop", is_ended=True)
    world.handed.clear()
    world.next_day()
    assert [name for name, _ in world.handed] == ["Vera"]
    assert subscribe_again(world.live, token) == Subscription("Shop", is_ended=False)
    world.next_day()
    assert sorted(name for name, _ in world.handed) == ["Dora", "Vera", "Vera"]


def test_opening_a_link_changes_nothing(world: World, token: str) -> None:
    with world.live.store.read() as connection:
        before = len(read_entries(connection, world.live.keys))
    for _ in range(3):
        find_subscription(world.live, token)
    with world.live.store.read() as connection:
        assert len(read_entries(connection, world.live.keys)) == before


def test_the_log_does_not_say_that_the_recipient_used_the_link(world: World, token: str) -> None:
    unsubscribe(world.live, token)
    subscribe_again(world.live, token)
    with world.live.store.read() as connection:
        undone, done = read_entries(connection, world.live.keys)[:2]
    assert sentence(done) == "Samepage unsubscribed a recipient from the delivery “Shop” through the link in an email"
    assert (
        sentence(undone) == "Samepage subscribed a recipient to the delivery “Shop” again through the link in an email"
    )


def test_a_link_works_without_its_person_and_then_names_nothing(world: World, token: str) -> None:
    world.deactivate("dora")
    assert find_subscription(world.live, token) == Subscription(UNNAMED, is_ended=False)
    assert unsubscribe(world.live, token) == Subscription(UNNAMED, is_ended=True)


def test_a_link_of_a_removed_delivery_is_unknown(world: World, token: str) -> None:
    (mine,) = world.work("steward").mine()
    world.work("steward").remove(mine.delivery.id, revision=1)
    assert find_subscription(world.live, token) is unsubscribe(world.live, token) is None


def test_a_changed_link_is_unknown(world: World, token: str) -> None:
    noun, id_, person, signature = token.split(".")
    changed = [
        f"alert.{id_}.{person}.{signature}", f"{noun}.{'0' * len(id_)}.{person}.{signature}",
        f"{noun}.{id_}.{world.subject('vera')}.{signature}", f"{noun}.{id_}.{person}.{'0' * 40}",
        token[:-1], token + "0", token.upper(), f" {token}", "", "x" * 10_000, f"{token}\n",
    ]  # fmt: skip
    assert [text for text in changed if unsubscribe(world.live, text) is not None] == []
    assert read_unsubscribe(keys_of("another secret, also long enough to sign"), token) is None
    assert find_subscription(world.live, token) == Subscription("Shop", is_ended=False)


def test_a_removed_recipient_can_stop_messages_that_they_get_through_a_group(world: World) -> None:
    delivery = world.make("steward", "nick", ChosenRecipient("group", "own_channels"))
    nick = world.subject("nick")
    (row,) = [row for row in world.work("steward").find(delivery.id).recipients if row.id == nick]
    world.work("steward").drop(row)
    token = unsubscribe_token(world.live.keys, Unsubscribe(noun="delivery", id=delivery.id, person=nick))
    world.next_day()
    assert "Nick" in [name for name, _ in world.handed]
    assert [each.delivery.id for each in world.work("nick").for_me()] == [delivery.id]
    assert find_subscription(world.live, token) == Subscription("Shop", is_ended=False)
    assert unsubscribe(world.live, token) == Subscription("Shop", is_ended=True)
    world.handed.clear()
    world.next_day()
    assert world.handed != []
    assert "Nick" not in [name for name, _ in world.handed]
    assert subscribe_again(world.live, token) == Subscription("Shop", is_ended=False)
    world.next_day()
    assert "Nick" in [name for name, _ in world.handed]
    (group,) = [row for row in world.work("steward").find(delivery.id).recipients if row.kind == "group"]
    world.work("steward").drop(group)
    world.handed.clear()
    world.next_day()
    assert world.handed == []  # undoing didn't bring back what the owner removed


def test_a_link_cannot_undo_a_removal_by_the_owner(world: World, token: str) -> None:
    (mine,) = world.work("steward").mine()
    (row,) = [row for row in mine.recipients if row.id == world.subject("dora")]
    world.work("steward").drop(row)
    ended = Subscription("Shop", is_ended=True)
    assert [act(world.live, token) for act in (find_subscription, unsubscribe, subscribe_again)] == [ended] * 3
    world.next_day()
    assert [name for name, _ in world.handed] == ["Vera"]
