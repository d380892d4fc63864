"""A delivery in words: its content, its times and its recipients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from pages.shell.parts import State
from semantic.display.format import counted, listed
from semantic.policy.actor import Actor
from semantic.schedules.schedule import Schedule
from semantic.services.outbox.deliveries import JUDGED, ListedDelivery
from semantic.services.process import Live
from semantic.store.destinations.destinations import find_destination
from semantic.store.outbox.deliveries import Condition, Delivery
from semantic.store.outbox.recipients import DeliveryRecipient
from semantic.store.outbox.sends import Send
from semantic.store.outbox.sends import State as SendState

CONDITIONS: Final[Mapping[Condition, str]] = {
    "always": "Always",
    "changed": "Only if something changed notably",
    "behind": "Only if a metric is behind target",
    "alert": "Only if an alert fires",
}

MOST_NAMES: Final = 4
STATES: Final[Mapping[SendState, tuple[State, str]]] = {
    "due": ("quiet", "schedule"), "leased": ("quiet", "schedule"), "rendered": ("quiet", "schedule"),
    "handed_over": ("good", "check_circle"), "failed": ("bad", "error"), "skipped": ("quiet", "do_not_disturb_on"),
}  # fmt: skip
"""The colour and icon of each outcome of a message."""


def result_word(send: Send) -> str:
    """Return the outcome of a message in a word or two."""
    match send.state:
        case "handed_over":
            return "Sent"
        case "failed":
            return "Failed"
        case "skipped":
            return "Checked" if send.why == JUDGED else "Not sent"
        case _:
            return "Trying again" if send.attempts else "Being sent"


def last_words(send: Send | None, zone: str, now: datetime) -> str:
    """Return the outcome of the newest message, and when it was due: "Sent on Mon 30 Nov at 08:00". No full stop."""
    if send is None:
        return "Nothing sent yet"
    word, at = result_word(send), slot_words(send.slot, zone, now)
    why = send.why.rstrip(".")
    if send.due_at is not None:
        return f"Trying again to send the one due on {at}: {why}" if why else f"The one due on {at} is being sent"
    return f"{word} on {at}: {why}" if why else f"{word} on {at}"


def slot_words(at: datetime, zone: str, now: datetime) -> str:
    """Return a moment by someone's clock, such as "Mon 7 Dec at 08:00". Another year is included."""
    there, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    year = f" {there.year}" if there.year != today.year and abs((there - today).days) > 60 else ""
    return f"{there:%a} {there.day} {there:%b}{year} at {there:%H:%M}"


def schedule_of_delivery(delivery: Delivery) -> Schedule:
    """Return when a delivery is sent."""
    return Schedule(cron=delivery.cron, zone=delivery.zone)


def to_words(listed_delivery: ListedDelivery, live: Live) -> str:
    """Return who gets a delivery, as far as this person may know: "To you, Lena Brandt and 2 others".

    Empty if no one gets it.
    """
    delivery = listed_delivery.delivery
    if not listed_delivery.is_mine:
        owner = Actor(id=delivery.owner_id, name=delivery.owner_name).short_name
        return f"To you, from {owner or 'a former user'}"
    own = listed_delivery.own
    others = [row for row in listed_delivery.recipients if row.is_receiving and row is not own]
    names = [*(["you"] if own is not None and own.is_receiving else []), *(recipient_name(row, live) for row in others)]
    if not names:
        return ""
    shown = names[:MOST_NAMES]
    left = len(names) - len(shown)
    return f"To {listed([*shown, counted(left, 'other')] if left else shown)}"


def recipient_name(row: DeliveryRecipient, live: Live) -> str:
    """Return a recipient's name. Raises StoreFailed."""
    match row.kind:
        case "person":
            return Actor(id="", name=row.name).short_name or "a former user"
        case "group":
            return f"group {row.id}"
        case "destination":
            with live.store.read() as connection:
                destination = find_destination(connection, row.id)
            return destination.name if destination is not None else "a removed destination"
