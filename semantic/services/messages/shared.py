"""What the messages of boards and of questions share: conditions, receipts, files, and the reason for sending them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from semantic.boards.board import TileKind
from semantic.display.boards.export import (
    BOARD_KINDS,
    BoardKind,
    answers_in,
    board_file_name,
    export_board,
    receipts_in,
)
from semantic.display.format import moment, time_of_day
from semantic.display.messages.blocks import Button, Footer, Headline, Note
from semantic.display.messages.board import Sending
from semantic.display.messages.message import Attachment, Message
from semantic.display.messages.message_content import MessageContent, write_letter
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.services.board_answers.whole_board import AnsweredBoard
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.outbox.deliveries import NewDelivery, find_delivery
from semantic.store.outbox.recipients import read_recipients
from semantic.store.outbox.sends import Send
from semantic.store.outbox.unsubscribe import unsubscribe_link
from semantic.workspace import Workspace

MAIL: Final = "mail"
"""The surface in the receipts of answers in messages."""

NO_NUMBERS: Final = "This destination has no access to numbers, so the condition can't be checked"
OWNER_GONE: Final = "The owner of this delivery can no longer sign in"
_KINDS: Final[dict[str, BoardKind]] = {"pdf": "pdf", "excel": "xlsx"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSubject:
    """The board or question that a message is about: its ID and title, its link, and the label of the button."""

    id: str
    title: str
    link: str
    button: str
    is_board: bool = True


def author_of(send: Send, reader: Reader, live: Live) -> Actor | None:
    """Return the actor who opens the content, or None if that person can no longer sign in.

    A destination can't open anything, so the delivery's owner does. In all other cases, it is the reader. Numbers are
    always asked as the reader.
    """
    if reader.recipient.kind == "person":
        return reader.actor
    with live.store.read() as connection:
        delivery = find_delivery(connection, live.keys, send.about)
    return live.people().get(delivery.owner_id) if delivery is not None else None


def without_numbers(wanted: NewDelivery, reader: Reader, about: MessageSubject) -> Message | Skipped | None:
    """Return a message with only a title and a link, for a destination that isn't bound to a policy.

    Returns None for all other readers.
    """
    if reader.recipient.kind == "person" or reader.actor.audience:
        return None
    if wanted.condition != "always":
        return Skipped(NO_NUMBERS)
    blocks = (
        Headline(about.title), Note("Open it to see the numbers that you have access to."),
        Button(about.button, about.link), Footer((f"Sent to {reader.name} by Samepage.",)),
    )  # fmt: skip
    return write_letter(
        MessageContent(title=about.title, blocks=blocks, values={"title": about.title, "link": about.link})
    )


def check_answers(whole: AnsweredBoard, send: Send, workspace: Workspace) -> Skipped | None:
    """Return why a message with these answers isn't sent, or None if it is.

    Raises EngineFailed if the engine failed, so that the message is tried again. The second attempt sends the message
    with a note about missing answers, unless there are no answers at all. Raises StoreFailed if the answers couldn't be
    recorded.
    """
    asking = [tile for tile in whole.shown.tiles if tile.tile.kind is not TileKind.TEXT]
    answered = [tile for tile in asking if tile.is_answered]
    if whole.failed and (not answered or not send.attempts):
        raise whole.failed[0]
    if asking and not any(tile.is_asked for tile in asking):
        return Skipped("No access to anything in it", lost=whole.shown.title)
    if asking and not answered:
        return Skipped("None of its questions can be answered")
    if reason := workspace.why_no_files():
        raise StoreFailed(reason)
    return None


def sending_of(send: Send, reader: Reader, live: Live, *, button: str, notes: tuple[str, ...] = ()) -> Sending:
    """Return everything that the message needs besides the answers."""
    zone = ZoneInfo(reader.zone)
    due, today = send.slot.astimezone(zone), live.store.now().astimezone(zone).date()
    is_late = send.details.get("late") is True
    ends = _moment(send.details.get("sign_in_by"))
    return Sending(
        zone=reader.zone,
        button=button,
        due=(time_of_day(due, None) if due.date() == today else moment(due)) if is_late else "",
        sign_in_by=moment(ends.astimezone(zone)) if ends is not None else "",
        why=_why(send, reader, live) if send.about else "",
        unsubscribe=unsubscribe_link(live.keys, live.settings.address, send) if send.about else "",
        notes=notes,
    )


def _moment(value: object) -> datetime | None:
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return read if read is not None and read.tzinfo is not None else None


def _why(send: Send, reader: Reader, live: Live) -> str:
    """Return a sentence about why this recipient gets the message, and who added them."""
    with live.store.read() as connection:
        rows = read_recipients(connection, live.keys, [send.about])
    kind, id_ = send.recipient.kind, send.recipient.id
    own = next((row for row in rows if (row.kind, row.id) == (kind, id_) and row.is_receiving), None)
    if own is None:
        groups = [row for row in rows if row.kind == "group" and row.is_receiving and row.id in reader.actor.groups]
        return f"You get this as a member of {groups[0].name or groups[0].id}." if groups else ""
    if own.added_by == id_:
        return "You get this because you subscribed."
    adder = own.added_by_name.partition(", ")[0] or "a former user"
    return f"You get this because {adder} added you." if kind == "person" else f"{adder} added {reader.name}."


def files_of(
    wanted: NewDelivery, whole: AnsweredBoard, send: Send, reader: Reader, live: Live, about: MessageSubject
) -> tuple[Attachment, ...]:
    """Return the files to attach.

    Each is recorded as an export by the reader. Previews and destinations get no files.
    """
    actor, workspace = reader.actor, live.workspace()
    if not send.about or reader.recipient.kind != "person" or actor.viewed_by is not None:
        return ()
    files: list[Attachment] = []
    for attached in wanted.attached:
        kind = _KINDS[attached]
        if receipts := receipts_in(whole.shown, kind):
            content = export_board(whole.shown, workspace.visible(actor), kind, whole.remarks)
            if about.is_board:
                workspace.record_board_export(about.id, receipts, actor, kind)
            else:
                workspace.record_export(answers_in(whole.shown, kind)[0], actor, kind)
            name = board_file_name(about.title, workspace.today(), kind)
            files.append(Attachment(name=name, media_type=BOARD_KINDS[kind].mime, content=content))
    return tuple(files)
