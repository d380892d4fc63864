"""Preview a delivery's message as the person who asks would get it, or as someone they can view as."""

from __future__ import annotations

from datetime import datetime

from semantic.display.messages.message import Message
from semantic.errors import InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.policy.viewing import view_as, viewable
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.composers import compose_content
from semantic.services.outbox.reader import Reader, read_zone
from semantic.services.process import Live
from semantic.store.audit.entries import find_subject
from semantic.store.audit.log import Act, record
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.outbox.sends import Recipient, Send, send_number


def previewable(live: Live, actor: Actor) -> tuple[Actor, ...]:
    """Return the people this person can preview as, themselves first. Raises StoreFailed."""
    people = live.people().values()
    return (actor, *viewable(live.workspace().model, actor, people, now=live.store.now()))


def preview(live: Live, wanted: NewDelivery, actor: Actor, *, person: str = "") -> Message | Skipped:
    """Return the message that a delivery would send now to this person, or to the `person` with this ID.

    The delivery's condition applies. A preview as another person is recorded as viewing as them. Raises NotAllowed,
    InvalidQuery, and the engine's errors.
    """
    now = live.store.now()
    if actor.kind != "person" or actor.viewed_by is not None:
        raise NotAllowed("Stop viewing as someone else to preview messages.")
    shown = actor
    if person and person != actor.id:
        known = live.people().get(person)
        if known is None:
            raise InvalidQuery("Only people who can sign in can receive this. Choose someone from the list.")
        shown = view_as(live.workspace().model, actor, known, now=now)
        with live.store.write() as transaction:
            subject = find_subject(transaction.connection, known.id)
            about = f"person:{subject}" if subject else ""
            record(transaction, Act(kind="view_as.previewed", actor=actor, about=about), live.keys)
    reader = _reader(live, shown)
    return compose_content(wanted, _send(now, reader.recipient), reader, live)


def _reader(live: Live, actor: Actor) -> Reader:
    with live.store.read() as connection:
        subject = find_subject(connection, actor.id) or ""
    zone = read_zone(live, subject) if subject else live.workspace().model.settings.time_zone
    recipient = Recipient(kind="person", id=subject)
    return Reader(actor=actor, recipient=recipient, address="", zone=zone, name=actor.short_name)


def _send(now: datetime, recipient: Recipient) -> Send:
    """Return a send for a preview, without saving it in the store."""
    return Send(
        number=send_number("delivery", "", now, recipient), kind="delivery", about="", slot=now, recipient=recipient,
        details={}, state="leased", attempts=0, message_id="<preview@localhost>", receipts=(), why="", answer="",
        queued_at=now, due_at=None, rendered_at=None, ended_at=None,
    )  # fmt: skip
