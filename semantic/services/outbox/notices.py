"""Notices: short messages from Samepage itself about deliveries. They have no numbers, so they need no access."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from semantic.display.messages.blocks import Button, Footer, Headline, Note
from semantic.display.messages.letter import Letter, write_letter
from semantic.display.messages.message import Message
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader, notice_reader_of, reader_of
from semantic.services.process import Live
from semantic.store.audit.log import Plain
from semantic.store.database import Transaction
from semantic.store.keys import Keys
from semantic.store.outbox.sends import NewSend, Recipient, Send, queue_send, send_number

Code = Literal["sign_in", "failed", "no_access", "retiring"]
_SENTENCES: Final[Mapping[Code, tuple[str, str]]] = {
    "sign_in": (
        "Sign in to keep receiving your deliveries",
        "You haven't signed in for seven days, so Samepage no longer knows what you can access. It sends you nothing "
        "until you sign in.",
    ),
    "failed": (
        "{title} couldn't be sent to {name}",
        "Samepage has given up on this message and will try again with the next one. You won't hear of further "
        "failures until a message has arrived.",
    ),
    "no_access": (
        "{title} is paused for {name}",
        "{name} no longer has access to what it shows. You don't need to do anything. They can resume it themselves "
        "once they have access again.",
    ),
    "retiring": (
        "{title} is being retired",
        "Something of yours uses it: a saved question, a board or an alert that only you can change.",
    ),
}
_TITLES: Final[Mapping[str, str]] = {"retiring": "Metrics"}
_FOOTERS: Final[Mapping[str, str]] = {"retiring": "You get this because you own something that uses this metric."}
DAMAGED: Final = "This notice was changed outside Samepage"
_LONGEST: Final = 200


def queue_notice(
    transaction: Transaction, keys: Keys, code: Code, about: str, slot: datetime, to: str, details: Mapping[str, Plain]
) -> bool:
    """Queue a notice to a person, by their number, and return False if it was queued already.

    What it says is sealed, so that no one who can only write to the store can write to people as Samepage.
    """
    recipient = Recipient(kind="person", id=to)
    said: dict[str, Plain] = {"code": code, **details}
    said["seal"] = _seal(keys, send_number("notice", about, slot, recipient), said)
    return queue_send(transaction, NewSend(kind="notice", about=about, slot=slot, recipient=recipient, details=said))


def compose_notice(send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write a notice. Its details come from the store, so whatever is unknown or unsealed in them isn't sent."""
    seal = str(send.details.get("seal"))
    if not hmac.compare_digest(seal.encode(errors="replace"), _seal(live.keys, send.number, send.details).encode()):
        return Skipped(DAMAGED)
    code = send.details.get("code")
    sentences = next((said for known, said in _SENTENCES.items() if known == code), None)
    if sentences is None:
        return Skipped("This version of Samepage doesn't know this notice")
    fields = {"title": _text(send.details.get("title")) or "A delivery", "name": _name(send.details, live)}
    headline, text = (sentence.format_map(fields) for sentence in sentences)
    why = _text(send.details.get("why"))
    blocks = (
        Headline(headline), *((Note(f"{why}."),) if why else ()), Note(text),
        Button("Open Samepage", live.settings.address),
        Footer((_FOOTERS.get(str(code), "You get this because you use deliveries in Samepage."),)),
    )  # fmt: skip
    return write_letter(Letter(title=_TITLES.get(str(code), "Deliveries"), blocks=blocks, subject=headline))


def _seal(keys: Keys, number: str, details: Mapping[str, Plain]) -> str:
    said = {name: value for name, value in details.items() if name != "seal"}
    return keys.sign(b"notice", number.encode(), json.dumps(said, sort_keys=True).encode())


def _name(details: Mapping[str, Plain], live: Live) -> str:
    """The name of the recipient that a notice is about. Names aren't kept with messages, so erasing removes them."""
    match details.get("kind"), details.get("recipient"):
        case "person", str(id_):
            reader = notice_reader_of(live, Recipient(kind="person", id=id_))
        case "destination", str(id_):
            reader = reader_of(live, Recipient(kind="destination", id=id_), live.store.now())
        case _:
            return "a recipient"
    return reader.name if isinstance(reader, Reader) else "a recipient"


def _text(value: Plain) -> str:
    return " ".join(value.split())[:_LONGEST].rstrip(".") if isinstance(value, str) else ""
