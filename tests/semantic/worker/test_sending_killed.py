"""Workers killed at any moment while they queue and send: no message is lost, and duplicates have the same
Message-ID.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import func, select, update

from semantic.services.outbox.sending import AT_ONCE
from semantic.store.accounts.settings import write_setting
from semantic.store.database import Store, connect_store, utc_now
from semantic.store.outbox.deliveries import DELIVERIES
from semantic.store.outbox.sends import SENDS, NewSend, Recipient, queue_send
from tests.proof import part
from tests.semantic.services.outbox.outbox_world import World, outbox_world
from tests.semantic.services.outbox.test_sending import Choosy, choosy
from tests.semantic.store.clock import Clock
from tests.semantic.transport.test_smtp import serving
from tests.semantic.worker.killed import Workers, kill_at_random
from tests.semantic.worker.sending import PORT, queue_and_send
from tests.waiting import until

KILLS, STEPS = 200, 8
NAMES = ("dora", "vera", "zeno")
RECEIVERS = ("dora", "zeno", "steward")  # if Vera's address is refused


@pytest.fixture
def world(address: str, tmp_path: Path) -> Iterator[World]:
    """Deliveries to three people, with a slot that is due now."""
    with outbox_world(address, tmp_path, Clock(utc_now())) as opened:
        for _ in range(10):
            opened.make("steward", *NAMES)
        with opened.live.store.write(recorded=False) as transaction:
            # A slot that has just passed. The first worker that looks queues it.
            transaction.connection.execute(update(DELIVERIES).values(next_at=utc_now() - timedelta(days=1)))
        yield opened


def queue_more(world: World, count: int) -> None:
    """Queue messages that are due at once, one in each transaction."""
    people = [Recipient(kind="person", id=world.subject(name)) for name in NAMES]
    for number in range(count):
        new = NewSend(kind="alert", about=f"{number}", slot=world.clock(), recipient=people[number % len(people)])
        with world.live.store.write(recorded=False) as transaction:
            queue_send(transaction, new)


def over(store: Store) -> dict[str, int]:
    with store.read() as connection:
        rows = connection.execute(select(SENDS.c.state, func.count()).group_by(SENDS.c.state)).all()
    return {row[0]: row[1] for row in rows}


def until_all_are(store: Store, states: set[str]) -> None:
    """Wait until all sends have one of these states, as long as more messages keep arriving."""
    while left := _left(store, states):
        until(lambda left=left: _left(store, states) < left, f"one of the last {left} messages: {over(store)}")


def _left(store: Store, states: set[str]) -> int:
    return sum(count for state, count in over(store).items() if state not in states)


def check(world: World, postbox: Choosy, most_twice: int) -> None:
    """Check that every queued message has reached its recipient, and that duplicates are of the same message."""
    with world.live.store.read() as connection:
        rows = connection.execute(select(SENDS.c.message_id, SENDS.c.recipient, SENDS.c.state)).all()
    addresses = {world.subject(name): f"{name}@demo.example" for name in (*NAMES, "steward")}
    wanted = {row.message_id: addresses[row.recipient] for row in rows if row.state == "handed_over"}
    assert len(wanted) == sum(row.state == "handed_over" for row in rows)  # each has a Message-ID of its own
    arrived = Counter(mail.message_id for mail in postbox.mails)
    assert {mail.message_id: mail.to for mail in postbox.mails} == wanted
    assert sum(arrived.values()) - len(arrived) <= most_twice


@pytest.mark.server
@pytest.mark.long
def test_killed_workers_lose_no_message(world: World, address: str) -> None:
    kills, postbox = part(KILLS), choosy()
    total = kills * STEPS + 60
    queue_more(world, total)
    store = Store(connect_store(address))
    with serving(postbox) as server:
        with store.write(recorded=False) as transaction:
            write_setting(transaction, PORT, server.port, revision=0)
        workers = Workers(queue_and_send, address)
        kill_at_random(workers, kills=kills, seed=11, progress=lambda: len(postbox.got), most=STEPS)
        until_all_are(store, {"handed_over", "skipped"})
        workers.kill_all()
    check(world, postbox, most_twice=2 * (kills + 2))
    states = over(store)
    store.close()
    # Each of the ten deliveries queued one message to each of three people, and noted at most one missed slot.
    assert states["handed_over"] == total + 30


class Deadly(Choosy):
    """A mail server that accepts some messages without replying, so that their workers can be killed at that moment."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.refuses = {"vera@demo.example": "550 5.1.1 No such user"}
        self.unanswered, self.count = list[Envelope](), count
        self.are_dead = threading.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.unanswered) < self.count:
            self.unanswered.append(envelope)
            while not self.are_dead.is_set():
                await asyncio.sleep(0.01)
        return answer


@pytest.mark.server
@pytest.mark.long
def test_a_message_sent_by_a_killed_worker_is_sent_again_as_the_same_message(world: World, address: str) -> None:
    """Two workers are killed when the server has accepted four of their messages, none of which is recorded.

    One of the three addresses is refused, and the other two get each message.
    """
    count = 2 * AT_ONCE
    postbox, store = Deadly(count), Store(connect_store(address))
    with serving(postbox) as server:
        with store.write(recorded=False) as transaction:
            write_setting(transaction, PORT, server.port, revision=0)
        workers = Workers(queue_and_send, address)
        workers.start()
        workers.start()
        until(lambda: len(postbox.unanswered) == count, "messages in the hands of both workers")
        workers.kill_all()
        postbox.are_dead.set()
        workers.start()
        until_all_are(store, {"handed_over", "skipped", "failed"})
        workers.kill_all()
    check(world, postbox, most_twice=count)
    store.close()
    arrived = Counter(mail.message_id for mail in postbox.mails)
    taken = {str(message_of(envelope)["Message-ID"]) for envelope in postbox.unanswered}
    assert arrived == {message_id: 2 if message_id in taken else 1 for message_id in arrived}
    # Ten deliveries, and a notice to their owner about each.
    different = {(mail.to, mail.message_id) for mail in postbox.mails}
    assert Counter(to for to, _ in different) == dict.fromkeys((f"{name}@demo.example" for name in RECEIVERS), 10)


def message_of(envelope: Envelope) -> Message:
    assert isinstance(envelope.content, bytes)
    return message_from_bytes(envelope.content)


@pytest.mark.server
@pytest.mark.long
def test_two_workers_send_each_message_once(world: World, address: str) -> None:
    postbox = choosy()
    queue_more(world, 90)
    store = Store(connect_store(address))
    with serving(postbox) as server:
        with store.write(recorded=False) as transaction:
            write_setting(transaction, PORT, server.port, revision=0)
        workers = Workers(queue_and_send, address, lease=30)
        workers.start()
        workers.start()
        until(lambda: over(store).get("handed_over") == 120, "all messages")
        workers.kill_all()
    check(world, postbox, most_twice=0)
    store.close()
