"""Messages over the small shop: boards, saved questions, and readers with their own policies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semantic.boards.board import Board
from semantic.display.messages.message import Message
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.boards import BoardWork
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.composers import compose_delivery
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.keys import keys_of
from semantic.store.outbox.deliveries import Delivery, NewDelivery, What, make_delivery
from semantic.store.outbox.recipients import add_recipient
from semantic.store.outbox.sends import Recipient, Send, send_number
from semantic.store.people import subject_of
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import list_spaces, make_space
from tests.copies import empty_store
from tests.shop import ShopWorkspace

ADDRESS = "https://samepage.example"
SLOT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@dataclass
class World:
    """One process over the shop and a store, in which `steward` owns everything."""

    live: Live

    @property
    def steward(self) -> Actor:
        return self.actor("steward")

    def actor(self, name: str) -> Actor:
        return self.live.workspace().people[name]

    def subject(self, name: str) -> str:
        with self.live.store.write(recorded=False) as transaction:
            return subject_of(transaction, name, self.actor(name).name)

    def _space(self) -> str:
        with self.live.store.read() as connection:
            spaces = list_spaces(connection)
        if spaces:
            return spaces[0].id
        with self.live.store.write() as transaction:
            return make_space(transaction, "Team", self.steward, self.live.keys).id

    def publish(self, board: Board) -> str:
        work = BoardWork(self.live.store, self.live.keys, self.live.workspace(), self.steward)
        id_ = work.make(board, space=self._space())
        work.publish(id_, 1, "First")
        return id_

    def save(self, query: Query, name: str, chart: str = "") -> str:
        space = self._space()
        with self.live.store.write() as transaction:
            return save_question(
                transaction, Content(query=query, chart=chart), self.steward, self.live.keys, name=name, sentence="",
                space=space,
            )  # fmt: skip

    def deliver(self, what: What, about: str, *recipients: str, **more: Any) -> Delivery:
        wanted = NewDelivery(what=what, about=about, title="Weekly", cron="0 8 * * 1", zone="UTC", **more)
        with self.live.store.write() as transaction:
            delivery = make_delivery(transaction, self.live.keys, wanted, self.steward, next_at=SLOT)
            for name in recipients:
                subject = subject_of(transaction, name, self.actor(name).name)
                shown = self.actor(name).name
                add_recipient(transaction, self.live.keys, delivery, "person", subject, shown, self.steward)
        return delivery

    def compose(self, delivery: Delivery, reader: Reader | str, **details: Any) -> Message | Skipped:
        reader = self.reader(reader) if isinstance(reader, str) else reader
        return compose_delivery(self.send(delivery, reader.recipient, details), reader, self.live)

    def letter(self, delivery: Delivery, reader: Reader | str, **details: Any) -> Message:
        message = self.compose(delivery, reader, **details)
        assert isinstance(message, Message), message
        return message

    def reader(self, name: str, *, zone: str = "Europe/Berlin") -> Reader:
        recipient = Recipient(kind="person", id=self.subject(name))
        return Reader(actor=self.actor(name), recipient=recipient, address="x@example.com", zone=zone, name=name)

    def send(self, delivery: Delivery, recipient: Recipient, details: dict[str, Any], *, attempts: int = 0) -> Send:
        return Send(
            number=send_number("delivery", delivery.id, SLOT, recipient), kind="delivery", about=delivery.id, slot=SLOT,
            recipient=recipient, details=details, state="leased", attempts=attempts, message_id="<1@localhost>",
            receipts=(), why="", answer="", queued_at=SLOT, due_at=None, rendered_at=None, ended_at=None,
        )  # fmt: skip


@contextmanager
def letters_world(workspace: ShopWorkspace, folder: Path) -> Iterator[World]:
    """Yield a process over an open shop, with its own store."""
    store = empty_store(str(folder / "store.sqlite"))
    settings = replace(workspace.settings, demo=True, address=ADDRESS)
    live = Live(settings, store, keys_of("a secret of tests, long enough to sign with"), workspace)
    try:
        yield World(live)
    finally:
        live.recorder.close()
        workspace.recorder = None
        store.close()
