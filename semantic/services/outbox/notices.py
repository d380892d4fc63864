"""Notices: short messages from Samepage itself about deliveries and reviews.

Notices contain no numbers, so their readers need no access to data.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from semantic.display.messages.blocks import Button, Footer, Headline, Note
from semantic.display.messages.message import Message
from semantic.display.messages.message_content import MessageContent, write_letter
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader, notice_reader_of, reader_of
from semantic.services.process import Live
from semantic.store.audit.log import Plain
from semantic.store.database import Transaction
from semantic.store.keys import Keys
from semantic.store.outbox.sends import NewSend, Recipient, Send, queue_send, send_number

Code = Literal[
    "sign_in", "failed", "no_access", "review_waiting", "review_approved", "review_changes", "review_comment",
    "rolled_back", "retiring", "model_off",
]  # fmt: skip
_SENTENCES: Final[Mapping[Code, tuple[str, str]]] = {
    "sign_in": (
        "Sign in to keep receiving your deliveries",
        "You haven't signed in for seven days, so Samepage no longer knows what you can access. It sends you nothing "
        "until you sign in.",
    ),
    "failed": (
        "{title} couldn't be sent to {name}",
        "Samepage has stopped trying to send this message, and will try again with the next one. You won't get "
        "another email about failures until a message is delivered.",
    ),
    "no_access": (
        "{title} is paused for {name}",
        "{name} no longer has access to its content. You don't need to do anything. They can resume it themselves "
        "once they have access again.",
    ),
    "review_waiting": (
        "{name} asks you to review {title}",
        "Compare the numbers before and after, then approve the draft or ask for changes.",
    ),
    "review_approved": (
        "{title} is approved",
        "You can publish it now, or on a later day. Any edit before that needs another approval.",
    ),
    "review_changes": (
        "{name} asked for changes to {title}",
        "Open the review to see the requested changes. Then edit the draft and send it again.",
    ),
    "review_comment": (
        "{name} commented on {title}",
        "Open the review to read and answer it.",
    ),
    "rolled_back": (
        "{name} rolled back {title}",
        "Your change is no longer live. Ask them for the reason, or see it under Versions on the Definitions page.",
    ),
    "retiring": (
        "{title} is being retired",
        "You own a saved question, board or alert that uses it, and only you can change it.",
    ),
    "model_off": (
        "{title} is switched off",
        "It no longer answers certified questions reliably. Samepage still reads questions without it. See which "
        "answers differ under Drift on the Oversight page.",
    ),
}
_PLACES: Final[Mapping[str, tuple[str, str, str]]] = {
    "rolled_back": ("Definitions", "/definitions", "You get this because you published this version."),
    "retiring": ("Metrics", "", "You get this because you own something that uses this metric."),
    "model_off": ("Oversight", "/oversight", "You get this because you're a steward."),
}
_WHY: Final = "You get this because you edit or review definitions."
_REVIEWS: Final = ("Definitions", "/definitions", _WHY)
_DOMAIN_REVIEWS: Final = ("Domains", "/domains", _WHY)
_ID: Final = re.compile(r"[0-9a-f]{16}")
DAMAGED: Final = "This notice was changed outside Samepage"
_LONGEST: Final = 200


def queue_notice(
    transaction: Transaction, keys: Keys, code: Code, about: str, slot: datetime, to: str, details: Mapping[str, Plain]
) -> bool:
    """Queue a notice to the person with this number. Returns False if the same notice was queued before.

    The content is sealed, so that someone with write access to the store can't send people forged messages.
    """
    recipient = Recipient(kind="person", id=to)
    said: dict[str, Plain] = {"code": code, **details}
    said["seal"] = _seal(keys, send_number("notice", about, slot, recipient), said)
    return queue_send(transaction, NewSend(kind="notice", about=about, slot=slot, recipient=recipient, details=said))


def compose_notice(send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write a notice. A notice isn't sent if its stored details are unknown or their seal is invalid."""
    seal = str(send.details.get("seal"))
    if not hmac.compare_digest(seal.encode(errors="replace"), _seal(live.keys, send.number, send.details).encode()):
        return Skipped(DAMAGED)
    code = send.details.get("code")
    sentences = next((said for known, said in _SENTENCES.items() if known == code), None)
    if sentences is None:
        return Skipped("This version of Samepage doesn't know this notice")
    is_delivery = code in ("sign_in", "failed", "no_access")
    fields = {
        "title": _text(send.details.get("title")) or ("A delivery" if is_delivery else "a draft"),
        "name": _name(send.details, live, "a recipient" if is_delivery else "A colleague"),
    }
    headline, text = (sentence.format_map(fields) for sentence in sentences)
    why = _text(send.details.get("why"))
    person = live.people().get(reader.actor.id, reader.actor)  # a notice needs no access, so its reader has no roles
    title, path, footer = _place(str(code), send.details, is_central=person.is_at_least("steward"))
    blocks = (
        Headline(headline), *((Note(f"{why}."),) if why else ()), Note(text),
        Button("Open Samepage", f"{live.settings.address}{path}"), Footer((footer,)),
    )  # fmt: skip
    return write_letter(MessageContent(title=title, blocks=blocks, subject=headline))


def _place(code: str, details: Mapping[str, Plain], *, is_central: bool) -> tuple[str, str, str]:
    """Return a notice's subject, the path of the page it opens, and why its reader gets it.

    Domain stewards review drafts on the page Domains, and others elsewhere.
    """
    if code.startswith("review_"):
        title, path, footer = _REVIEWS if is_central else _DOMAIN_REVIEWS
        review = details.get("review")
        known = isinstance(review, str) and _ID.fullmatch(review) is not None
        return title, f"{path}?review={review}" if known else path, footer
    return _PLACES.get(code, ("Deliveries", "", "You get this because you use deliveries in Samepage."))


def _seal(keys: Keys, number: str, details: Mapping[str, Plain]) -> str:
    said = {name: value for name, value in details.items() if name != "seal"}
    return keys.sign(b"notice", number.encode(), json.dumps(said, sort_keys=True).encode())


def _name(details: Mapping[str, Plain], live: Live, unknown: str) -> str:
    """Return the name of the person or destination that a notice is about, or `unknown`.

    Queued messages contain no names, so erasing a person also removes their name from messages.
    """
    match details.get("kind"), details.get("recipient"):
        case "person", str(id_):
            reader = notice_reader_of(live, Recipient(kind="person", id=id_))
        case "destination", str(id_):
            reader = reader_of(live, Recipient(kind="destination", id=id_), live.store.now())
        case _:
            return unknown
    return reader.name if isinstance(reader, Reader) else unknown


def _text(value: Plain) -> str:
    return " ".join(value.split())[:_LONGEST].rstrip(".") if isinstance(value, str) else ""
