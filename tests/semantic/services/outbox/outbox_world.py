"""The demo over the small shop, with a published board, a clock that a test moves, and a mail server that records what
it gets.

A fake writes the messages, which name their reader. Everything else is real.
"""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind
from semantic.config.mail import MailServer
from semantic.config.settings import Settings
from semantic.display.messages.message import Message
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Last, Query
from semantic.services.boards import BoardWork
from semantic.services.outbox.composer import Composer, Skipped
from semantic.services.outbox.deliveries import ChosenRecipient, DeliveryWork
from semantic.services.outbox.notices import compose_notice
from semantic.services.outbox.reader import Reader
from semantic.services.outbox.sending import SendRetention, Sends, Slots
from semantic.services.process import Live
from semantic.store.accounts.changes import deactivate
from semantic.store.audit.log import SAMEPAGE
from semantic.store.database import Store
from semantic.store.keys import keys_of
from semantic.store.outbox.deliveries import Delivery, NewDelivery, require_delivery
from semantic.store.outbox.sends import Kind, Send, read_sends
from semantic.store.people import subject_of
from semantic.store.spaces.spaces import make_space
from semantic.transport.mime import mime_of
from semantic.transport.smtp import send_mail
from semantic.worker.job import Turn
from semantic.workspace import Workspace
from tests.copies import copy_shop, empty_store
from tests.semantic.store.clock import Clock
from tests.semantic.store.stores import SECRET
from tests.shop import SHOP

TITLE = "Shop"
SENDER = "Samepage <numbers@example.com>"
EVERY_DAY = "0 8 * * *"
LEASE_OF_TESTS = timedelta(seconds=5)
BOARD = Board(
    title=TITLE,
    tabs=(Tab(rows=(Row(tiles=(Tile(id="m", kind=TileKind.TABLE, question=Query(metrics=("revenue",))),)),)),),
    start=BoardState(period=Last(2, Granularity.MONTH)),
)


def message_for(name: str, *, receipts: tuple[str, ...] = ()) -> Message:
    text = f"For {name}"
    return Message(
        subject=text, preheader="", html=f"<p>{text}</p>", text=text, headline=text, bullets=(), link="http://x",
        link_label="Open board", receipts=receipts,
    )  # fmt: skip


def write_to_reader(send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Return a message that names its reader, and some details about the reader."""
    said = [f"{name}={send.details[name]}" for name in ("late", "sign_in_by") if send.details.get(name)]
    return message_for(" ".join([reader.actor.id, *said]), receipts=(f"R-{reader.actor.id}",))


@dataclass
class World:
    """One process over a store."""

    live: Live
    clock: Clock
    board: str = ""
    server: MailServer | None = None
    compose: Composer = write_to_reader
    handed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])  # without a server: to whom, and what

    def actor(self, name: str) -> Actor:
        return self.live.workspace().people[name]

    def work(self, name: str) -> DeliveryWork:
        return self.work_of(self.actor(name))

    def work_of(self, actor: Actor) -> DeliveryWork:
        return DeliveryWork(self.live, actor)

    def publish(self, steward: Actor) -> str:
        """Publish a board that everyone can open, and return its ID."""
        live = self.live
        with live.store.write() as transaction:
            space = make_space(transaction, "Team", steward, live.keys).id
        work = BoardWork(live.store, live.keys, live.workspace(), steward)
        board = work.make(BOARD, space=space)
        work.publish(board, 1, "First")
        return board

    def subject(self, name: str) -> str:
        with self.live.store.write(recorded=False) as transaction:
            return subject_of(transaction, name, self.actor(name).name)

    def make(self, owner: str, *recipients: str | ChosenRecipient, cron: str = EVERY_DAY) -> Delivery:
        chosen = [ChosenRecipient("person", each) if isinstance(each, str) else each for each in recipients]
        return self.work(owner).make(self.wanted(cron), chosen)

    def wanted(self, cron: str = EVERY_DAY) -> NewDelivery:
        return NewDelivery(what="board", about=self.board, title="", cron=cron, zone="UTC")

    def again(self, delivery: Delivery) -> Delivery:
        with self.live.store.read() as connection:
            return require_delivery(connection, self.live.keys, delivery.id)

    def deactivate(self, name: str) -> None:
        with self.live.store.write() as transaction:
            subject = subject_of(transaction, name, self.actor(name).name)
            deactivate(transaction, self.live.keys, subject, SAMEPAGE, why="Left")
        self.live.look()

    # The worker

    def turn(self) -> Turn:
        now = self.live.store.now()
        return Turn(now=now, holder="tests", is_mine=lambda: True, is_stopping=lambda: False)

    def queue(self) -> datetime | None:
        return Slots(self.live).run(self.turn())

    def send(self) -> datetime | None:
        return Sends(self.live, self._hand_over, self._composer_of).run(self.turn())

    def forget(self) -> None:
        SendRetention(self.live).run(self.turn())

    def next_day(self) -> None:
        """Move to the next 08:00, and queue and send what is due."""
        now = self.clock()
        day = now.replace(hour=8, minute=0, second=0, microsecond=0)
        self.clock.at = day if day > now else day + timedelta(days=1)
        self.queue()
        self.send()

    def _composer_of(self, kind: Kind) -> Composer:
        return compose_notice if kind == "notice" else self.compose

    def _hand_over(self, live: Live, send: Send, reader: Reader, message: Message, *, unsubscribe: str = "") -> str:
        if self.server is None:
            self.handed.append((reader.name, message.subject))
            return "250 OK"
        content = mime_of(
            message, sender=SENDER, to=reader.address, message_id=send.message_id, date=live.store.now(),
            unsubscribe=unsubscribe,
        )  # fmt: skip
        return send_mail(self.server, content, to=reader.address)

    # Results of sending

    def sends(self, **chosen: object) -> list[Send]:
        with self.live.store.read() as connection:
            return read_sends(connection, **chosen)  # pyright: ignore[reportArgumentType]

    def states(self) -> dict[str, str]:
        """Return the state of each recipient's newest message from a delivery."""
        names = {self.subject(name): name for name in self.live.people()}
        return {names.get(s.recipient.id, s.recipient.id): s.state for s in reversed(self.sends(kind="delivery"))}


@contextmanager
def outbox_world(address: str, folder: Path, clock: Clock) -> Iterator[World]:
    store = empty_store(address, clock=clock)
    settings = Settings(
        data=str(copy_shop(folder / "shop.duckdb")), model=SHOP, store=address, audit_key=SECRET, demo=True,
        mask_key="a key of the tests",
    )  # fmt: skip
    with store_of(settings, store) as live:
        world = World(live, clock)
        world.board = world.publish(world.actor("steward"))
        yield world


@contextmanager
def store_of(settings: Settings, store: Store) -> Iterator[Live]:
    """Yield a process over an open store, which is closed with the process."""
    live = Live(settings, store, keys_of(SECRET), Workspace.open(replace(settings, model_source="folder")))
    try:
        yield live
    finally:
        live.close()


@dataclass(frozen=True, slots=True)
class Got:
    """One message that a mail server accepted."""

    to: str
    message_id: str
    text: str
    unsubscribe: str


def read_mail(to: str, content: bytes) -> Got:
    parsed = email.message_from_bytes(content)
    parts = [part for part in parsed.walk() if part.get_content_type() == "text/plain"]
    payload = parts[0].get_payload(decode=True)
    assert isinstance(payload, bytes)
    unsubscribe = str(parsed.get("List-Unsubscribe", "")).strip("<>")
    return Got(to, str(parsed["Message-ID"]), payload.decode().strip(), unsubscribe)
