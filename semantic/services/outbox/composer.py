"""The protocol of composers. A composer writes one message as its reader, or says why there is nothing to send."""

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
    """Why a message isn't sent, in words for its history, such as "Nothing changed notably".

    `lost` is the title of the content that the reader can no longer access, such as a board. The delivery is then
    paused for this recipient, and its owner is notified once.
    """

    why: str
    lost: str = ""


class Composer(Protocol):
    """Writes a message with the reader's own access only, and changes nothing.

    `send.details` has the details recorded when the message was queued, and two that every message mentions: `late` is
    true if it is sent more than an hour late, and `sign_in_by` is the moment, in ISO format, at which the reader stops
    receiving messages unless they sign in. Errors of the engine may be raised, in which case the message is tried
    again.
    """

    def __call__(self, send: Send, reader: Reader, live: Live) -> Message | Skipped: ...


class ContentComposer(Protocol):
    """Writes the content of a delivery, as a composer does. `wanted` may be unsaved, because previews use this too."""

    def __call__(self, wanted: NewDelivery, send: Send, reader: Reader, live: Live) -> Message | Skipped: ...
