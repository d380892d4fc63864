"""The protocol for composers. A composer writes one message for its reader, or returns why there is nothing to send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from semantic.display.messages.message import Message
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.outbox.sends import Send


@dataclass(frozen=True, slots=True)
class Skipped:
    """The reason why a message isn't sent, as text for its history, such as "Nothing changed notably".

    If the reader can no longer access the content, such as a board, `lost` is its title. The delivery is then paused
    for this recipient, and its owner is notified once.
    """

    why: str
    lost: str = ""


class Composer(Protocol):
    """Writes a message using only the reader's own access, without changing anything.

    `send.details` has the details recorded when the message was queued, and two for every message: `late` is true if it
    is sent more than an hour late, and `sign_in_by` is the ISO time after which the reader gets no messages until they
    sign in. After an error of the engine, the message is tried again.
    """

    def __call__(self, send: Send, reader: Reader, live: Live) -> Message | Skipped: ...


class ContentComposer(Protocol):
    """Writes the content of a delivery, like a composer. Previews use this too, so `wanted` may be unsaved."""

    def __call__(self, wanted: NewDelivery, send: Send, reader: Reader, live: Live) -> Message | Skipped: ...
