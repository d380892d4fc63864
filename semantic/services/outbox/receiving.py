"""Determine who receives a delivery when it is sent.

These are its recipients and the members of its groups, except people who have unsubscribed or are paused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from semantic.policy.actor import Actor
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader, members_of
from semantic.services.process import Live
from semantic.store.database import Transaction
from semantic.store.outbox.deliveries import DAMAGED, Delivery, find_delivery
from semantic.store.outbox.recipients import DeliveryRecipient, read_recipients
from semantic.store.outbox.sends import Recipient, Send
from semantic.store.people import subject_of

SENDS_TO_OTHERS: Final = "marketer"
"""The lowest role that can send deliveries to others."""
UNSUBSCRIBED: Final = "Unsubscribed"
NO_ACCESS: Final = "Paused: no access"


def expand(
    transaction: Transaction, live: Live, delivery: Delivery, people: Mapping[str, Actor], owner: Actor
) -> list[Recipient]:
    """Return who receives a delivery now, without duplicates. `people` are the active people by ID.

    If the owner can no longer send to others, only the owner receives it.
    """
    rows = read_recipients(transaction.connection, live.keys, [delivery.id])
    if not owner.is_at_least(SENDS_TO_OTHERS):
        rows = [row for row in rows if row.kind == "person" and row.id == delivery.owner]
    recipients = dict[Recipient, None]()
    for row in rows:
        if not row.is_receiving:
            continue
        if row.kind == "group":
            members = (subject_of(transaction, person.id, person.name) for person in members_of(people, row.id))
            recipients |= {Recipient(kind="person", id=member): None for member in members}
        else:
            recipients[Recipient(kind=row.kind, id=row.id)] = None
    kept_out = {row.id for row in rows if row.kind == "person" and row.is_kept_out}
    return [each for each in recipients if each.kind == "destination" or each.id not in kept_out]


def why_not_sent(send: Send, delivery: Delivery | None, rows: Sequence[DeliveryRecipient], reader: Reader) -> str:
    """Return why a queued message of a delivery shouldn't be sent any more, or ""."""
    if delivery is None or delivery.removed_at is not None:
        return "This delivery was removed"
    if not delivery.is_sealed:
        return DAMAGED
    if delivery.paused_at is not None:
        return "This delivery is paused"
    own = next((row for row in rows if (row.kind, row.id) == (send.recipient.kind, send.recipient.id)), None)
    if own is not None and own.is_kept_out:
        if own.has_unsubscribed:
            return UNSUBSCRIBED
        return NO_ACCESS if own.paused_at is not None else DAMAGED
    if own is not None and own.is_receiving:
        return ""
    groups = reader.actor.groups if send.recipient.kind == "person" else frozenset[str]()
    if any(row.kind == "group" and row.is_receiving and row.id in groups for row in rows):
        return ""
    return "No longer a recipient"


def check_delivery(live: Live, send: Send, reader: Reader, now: datetime) -> Send | Skipped:
    """Return a delivery's queued message with details to mention in it, or why it shouldn't be sent any more.

    Raises StoreFailed.
    """
    with live.store.read() as connection:
        delivery = find_delivery(connection, live.keys, send.about)
        rows = read_recipients(connection, live.keys, [send.about])
    why = why_not_sent(send, delivery, rows, reader)
    if why or delivery is None:
        return Skipped(why)
    ends, next_at = reader.claims_end, delivery.next_at
    if ends is None or next_at is None or next_at < ends:
        return send
    return replace(send, details={**send.details, "sign_in_by": ends.isoformat()})
