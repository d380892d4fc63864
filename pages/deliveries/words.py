"""Wording for deliveries: their content, their times and their recipients."""

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
    """Return the outcome of a message in one or two words."""
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
    """Return the outcome and due time of the newest message, such as "Sent on Mon 30 Nov at 08:00", without a full
    stop.
    """
    if send is None:
        return "Nothing sent yet"
    word, at = result_word(send), slot_words(send.slot, zone, now)
    why = send.why.rstrip(".")
    if send.due_at is not None:
        return (
            f"Trying again to send the message due on {at}: {why}" if why else f"The message due on {at} is being sent"
        )
    return f"{word} on {at}: {why}" if why else f"{word} on {at}"


def slot_words(at: datetime, zone: str, now: datetime) -> str:
    """Return a moment in a time zone, such as "Mon 7 Dec at 08:00". The year is included if it isn't the
    current one.
    """
    there, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    year = f" {there.year}" if there.year != today.year and abs((there - today).days) > 60 else ""
    return f"{there:%a} {there.day} {there:%b}{year} at {there:%H:%M}"


def schedule_of_delivery(delivery: Delivery) -> Schedule:
    """Return the schedule of a delivery."""
    return Schedule(cron=delivery.cron, zone=delivery.zone)


def to_words(listed_delivery: ListedDelivery, live: Live) -> str:
    """Return who gets a delivery, such as "To you, Lena Brandt and 2 others", or "" if no one does.

    It names only recipients that this person is allowed to know.
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
