"""The composers for each kind of message and for each kind of delivery content. To add a kind, add a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from semantic.display.messages.message import Message
from semantic.services.alerts.message import compose_alert
from semantic.services.announcing.message import compose_definition, compose_ending
from semantic.services.comments.mail import compose_comment
from semantic.services.messages.boards import compose_board
from semantic.services.messages.digest import compose_digest
from semantic.services.messages.questions import compose_question
from semantic.services.outbox.composer import Composer, ContentComposer, Skipped
from semantic.services.outbox.notices import compose_notice
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.services.requests.mail import compose_request
from semantic.store.outbox.deliveries import NewDelivery, What, content_of, find_delivery
from semantic.store.outbox.sends import AT_ONCE, Kind, Send

CONTENTS: Final[Mapping[What, ContentComposer]] = MappingProxyType(
    {
        "board": compose_board,
        "digest": compose_digest,
        "question": compose_question,
    }
)
"""The composer of each kind of content, for deliveries and their previews."""


def compose_delivery(send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write the message of a delivery. Raises the engine's errors."""
    with live.store.read() as connection:
        delivery = find_delivery(connection, live.keys, send.about)
    if delivery is None or not delivery.is_active:
        return Skipped("This delivery isn't active")
    wanted = content_of(delivery)
    if send.details.get(AT_ONCE) is True:
        wanted = replace(wanted, condition="always")
    return compose_content(wanted, send, reader, live)


def compose_content(wanted: NewDelivery, send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write the content of a delivery, saved or not. Raises the engine's errors."""
    compose = CONTENTS.get(wanted.what)
    if compose is None:
        return Skipped("This version of Samepage doesn't send this")
    return compose(wanted, send, reader, live)


COMPOSERS: Final[Mapping[Kind, Composer]] = MappingProxyType(
    {
        "alert": compose_alert,
        "certification": compose_ending,
        "comment": compose_comment,
        "definition": compose_definition,
        "delivery": compose_delivery,
        "notice": compose_notice,
        "request": compose_request,
    }
)


def composer_of(kind: Kind) -> Composer | None:
    """Return the composer for a kind of message, or None if this version of Samepage doesn't send that kind."""
    return COMPOSERS.get(kind)
