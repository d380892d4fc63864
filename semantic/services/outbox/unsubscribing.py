"""Ending a subscription by the link in a message, without a sign-in, and undoing it.

The link is the permission. It ends or restarts one delivery for one recipient, and opens nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from semantic.services.outbox.deliveries import can_open
from semantic.services.outbox.reader import Reader, reader_of
from semantic.services.process import Live
from semantic.store.audit.log import SAMEPAGE
from semantic.store.outbox.deliveries import Delivery, find_delivery
from semantic.store.outbox.recipients import begin_recipient_again, end_recipient, find_recipient
from semantic.store.outbox.sends import Recipient
from semantic.store.outbox.unsubscribe import read_unsubscribe

UNNAMED: Final = "this delivery"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a link is about. `title` is "this delivery" if its recipient can't open what is sent any more."""

    title: str
    is_ended: bool


def find_subscription(live: Live, token: str) -> Subscription | None:
    """Return what a link is about, or None if it wasn't made here, or its delivery was removed. Changes nothing.

    Raises StoreFailed.
    """
    found = _find(live, token)
    if found is None:
        return None
    delivery, person = found
    with live.store.read() as connection:
        row = find_recipient(connection, live.keys, delivery.id, "person", person)
    return Subscription(_title(live, delivery, person), row is not None and row.has_unsubscribed)


def unsubscribe(live: Live, token: str) -> Subscription | None:
    """End a subscription, however often. Returns as `find_subscription` does. Raises StoreFailed."""
    found = _find(live, token)
    if found is None:
        return None
    delivery, person = found
    with live.store.write(recorded=False) as transaction:  # recorded if anything changes
        end_recipient(transaction, live.keys, delivery, "person", person, SAMEPAGE)
    return find_subscription(live, token)


def subscribe_again(live: Live, token: str) -> Subscription | None:
    """Undo ending a subscription. Returns as `find_subscription` does. Raises StoreFailed."""
    found = _find(live, token)
    if found is None:
        return None
    delivery, person = found
    with live.store.write(recorded=False) as transaction:  # as above
        begin_recipient_again(transaction, live.keys, delivery, "person", person, SAMEPAGE)
    return find_subscription(live, token)


def _find(live: Live, token: str) -> tuple[Delivery, str] | None:
    wanted = read_unsubscribe(live.keys, token)
    if wanted is None or wanted.noun != "delivery":
        return None
    with live.store.read() as connection:
        delivery = find_delivery(connection, live.keys, wanted.id)
    return (delivery, wanted.person) if delivery is not None and delivery.removed_at is None else None


def _title(live: Live, delivery: Delivery, person: str) -> str:
    reader = reader_of(live, Recipient(kind="person", id=person), live.store.now())
    return delivery.title if isinstance(reader, Reader) and can_open(live, delivery, reader.actor) else UNNAMED
