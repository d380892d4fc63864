"""The email to someone mentioned in a comment: the comment and a link. Samepage adds no numbers."""

from __future__ import annotations

from urllib.parse import urlencode

from semantic.display.format import moment_in
from semantic.display.messages.blocks import Block, Button, Footer, Headline, Note, Quote, Scope
from semantic.display.messages.message import Message
from semantic.display.messages.message_content import MessageContent, write_letter
from semantic.display.words.comments import about_words
from semantic.errors import NotAllowed
from semantic.services.comments.work import Comment, CommentWork, Thread, short_name
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.database import parse_moment
from semantic.store.outbox.sends import Send

NO_ACCESS = "They can't read this comment, or it was removed"
NOT_MENTIONED = "The comment no longer mentions them"
FORMER = "Someone who left"


def compose_comment(send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write the email, unless the reader can no longer read the comment or is no longer mentioned in it."""
    work = CommentWork(live.store, live.keys, live.workspace(), reader.actor, live.people)
    try:
        thread = work.find(send.about)
    except NotAllowed:
        return Skipped(NO_ACCESS)
    comment = next(each for each in (thread.first, *thread.replies) if each.kept.id == send.about)
    thing = work.find_thing(comment.kept.kind, comment.kept.thing)
    if thing is None or comment.kept.removed:
        return Skipped(NO_ACCESS)
    if send.recipient.id not in comment.kept.mentions:
        return Skipped(NOT_MENTIONED)
    author = short_name(comment.kept.author_name) or FORMER
    headline = f"{author} mentioned you in a comment on {thing.title}"
    seen = live.workspace().visible(reader.actor)
    parts = (thing.tiles.get(comment.kept.tile, ""), about_words(comment.about, seen))
    blocks: tuple[Block, ...] = (
        Scope(", ".join(part for part in parts if part and part != thing.title)),
        Headline(headline),
        *_before(comment, thread, reader),
        _quote(comment, reader),
        Button("Open the comment", link_of(comment, live)),
        *_sign_in(send, reader),
        Footer((f"You get this because {author} mentioned you.",)),
    )
    text = " ".join(comment.text.split())
    return write_letter(
        MessageContent(title="Comments", blocks=blocks, subject=headline, preheader=text, bullets=(text,))
    )


def _sign_in(send: Send, reader: Reader) -> tuple[Note, ...]:
    """Return a note about when emails stop unless the reader signs in, or an empty tuple if that isn't soon."""
    match send.details.get("sign_in_by"):
        case str(text) if (ends := parse_moment(text)) is not None:
            return (Note(f"Sign in before {moment_in(ends, reader.zone)} to keep receiving this.", "caution"),)
        case _:
            return ()


def _before(comment: Comment, thread: Thread, reader: Reader) -> tuple[Quote, ...]:
    """Return the first comment of the thread as a quote for a reply to it, or an empty tuple."""
    is_reply = comment.kept.id != thread.first.kept.id
    return (_quote(thread.first, reader),) if is_reply and not thread.first.kept.removed else ()


def _quote(comment: Comment, reader: Reader) -> Quote:
    author = short_name(comment.kept.author_name) or FORMER
    return Quote(author=author, text=comment.text, at=moment_in(comment.kept.written_at, reader.zone))


def link_of(comment: Comment, live: Live) -> str:
    """Return the address that opens a comment on its board or question."""
    kept = comment.kept
    page, thing = ("board", "d") if kept.kind == "board" else ("explore", "saved")
    return f"{live.settings.address}/{page}?{urlencode({thing: kept.thing, 'comment': kept.id})}"
