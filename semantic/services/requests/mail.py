"""The email about a request that was answered or declined, with a link to continue."""

from __future__ import annotations

from semantic.display.format import moment_in
from semantic.display.messages.blocks import Block, Button, Footer, Headline, Note, Quote
from semantic.display.messages.message import Message
from semantic.display.messages.message_content import MessageContent, write_letter
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.services.requests.work import RequestWork
from semantic.store.database import parse_moment
from semantic.store.outbox.sends import Send
from semantic.store.requests.people import read_requesters
from semantic.store.requests.requests import find_request

DAMAGED = "This request was changed outside Samepage"
OPEN_AGAIN = "The request was opened again"
LEFT = "They no longer want it"
FORMER = "Someone who left"
SHOWN = 60  # characters of a request in a subject


def compose_request(send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write the email, if the request still has an answer and the reader still wants it."""
    with live.store.read() as connection:
        request = find_request(connection, live.keys, send.about)
        wanting = read_requesters(connection, live.keys, [send.about])
    if request is None or not request.is_sealed:
        return Skipped(DAMAGED)
    if request.state not in ("answered", "declined"):
        return Skipped(OPEN_AGAIN)
    if send.recipient.id not in {one.subject for one in wanting}:
        return Skipped(LEFT)
    is_declined = request.state == "declined"
    sentence = "Your request was declined" if is_declined else "Your request was answered"
    author = request.answered_by_name.partition(", ")[0] or FORMER
    said = RequestWork(live, reader.actor).said(request)
    quote = Quote(author=author, text=request.answer, at=moment_in(request.ended_at or send.slot, reader.zone))
    blocks: tuple[Block, ...] = (
        Headline(f"{sentence}: {request.words}"),
        *((Note(said),) if said != request.answer and not is_declined else ()),
        *((quote,) if request.answer else ()),
        Button("Open your requests", f"{live.settings.address}/requests"),
        *_sign_in(send, reader),
        Footer(("You get this because you sent or joined this request.",)),
    )
    return write_letter(
        MessageContent(
            title="Requests",
            blocks=blocks,
            subject=f"{sentence}: {_short(request.words)}",
            preheader=said,
            bullets=(said,),
        )
    )


def _short(words: str) -> str:
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def _sign_in(send: Send, reader: Reader) -> tuple[Note, ...]:
    """Return a note about when emails stop unless the reader signs in, or an empty tuple if that isn't soon."""
    match send.details.get("sign_in_by"):
        case str(text) if (ends := parse_moment(text)) is not None:
            return (Note(f"Sign in before {moment_in(ends, reader.zone)} to keep receiving this.", "caution"),)
        case _:
            return ()
