"""Links that stop messages without a sign-in.

Each link is signed for one delivery or alert and one recipient, and never expires.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Final, Literal, cast

from semantic.store.keys import Keys
from semantic.store.outbox.sends import Send

Noun = Literal["delivery", "alert"]
_TOKEN: Final = re.compile(r"(delivery|alert)\.([A-Za-z0-9_-]{1,64})\.([0-9a-f]{32})\.([0-9a-f]{40})")
LONGEST: Final = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """The delivery or alert that an unsubscribe link stops, for one person by their number in the store."""

    noun: Noun
    id: str
    person: str


def unsubscribe_token(keys: Keys, wanted: Unsubscribe) -> str:
    """Return the secret part of an unsubscribe link."""
    return f"{wanted.noun}.{wanted.id}.{wanted.person}.{_signature(keys, wanted)}"


def read_unsubscribe(keys: Keys, text: str) -> Unsubscribe | None:
    """Return the delivery or alert that a link stops, or None if the link isn't one of Samepage's."""
    token = _TOKEN.fullmatch(text) if len(text) <= LONGEST else None
    if token is None:
        return None
    noun, id_, person, signature = token.groups()
    wanted = Unsubscribe(noun=cast("Noun", noun), id=id_, person=person)  # cast: the pattern allows no other
    return wanted if hmac.compare_digest(_signature(keys, wanted), signature) else None


def unsubscribe_of(send: Send) -> Unsubscribe | None:
    """Return the delivery or alert that a message's unsubscribe link stops, or None if the message has no such link.

    An alert is named in the message's details.
    """
    if send.recipient.kind != "person":
        return None
    alert = send.details.get("alert")
    if send.kind == "delivery":
        return Unsubscribe(noun="delivery", id=send.about, person=send.recipient.id)
    if send.kind == "alert" and isinstance(alert, str):
        return Unsubscribe(noun="alert", id=alert, person=send.recipient.id)
    return None


def unsubscribe_link(keys: Keys, address: str, send: Send) -> str:
    """Return a message's unsubscribe link, or "" if it has none. `address` is the app's address."""
    wanted = unsubscribe_of(send)
    return f"{address}/unsubscribe/{unsubscribe_token(keys, wanted)}" if wanted is not None else ""


def _signature(keys: Keys, wanted: Unsubscribe) -> str:
    return keys.sign(b"unsubscribe", wanted.noun.encode(), wanted.id.encode(), wanted.person.encode())[:40]
