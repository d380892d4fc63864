"""The demo's mailbox: the emails exactly as a mail server would get them.

Of emails with the same Message-ID, only one is stored, because most mail programs show only one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, Index, Integer, LargeBinary, String, Table, delete, select

from semantic.store.database import Instant, Transaction, insert_if_missing, metadata

KEPT: Final = timedelta(days=30)
MOST_KEPT: Final = 500
_LONGEST_TITLE: Final = 300

MAILBOX: Final = Table(
    "mailbox",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("subject", String(32), nullable=False, index=True),  # the recipient's number
    Column("recipient", String(400), nullable=False),  # the address
    Column("title", String(_LONGEST_TITLE), nullable=False),
    Column("message_id", String(300), nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
    Index("ix_mailbox_message_id_subject", "message_id", "subject", unique=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxRow:
    """One message in the mailbox's list."""

    number: int
    subject: str
    recipient: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """A message to add to the mailbox. `subject` is the recipient's number."""

    subject: str
    recipient: str
    title: str
    message_id: str
    content: bytes = field(repr=False)


def put_mail(transaction: Transaction, new: NewMail) -> bool:
    """Add a message to the mailbox, delete old ones, and return whether the message was new."""
    connection = transaction.connection
    row = {
        "subject": new.subject,
        "recipient": new.recipient[:400],
        "title": new.title[:_LONGEST_TITLE],
        "message_id": new.message_id[:300],
        "at": transaction.now,
        "content": new.content,
    }
    if not insert_if_missing(connection, MAILBOX, row):
        return False
    connection.execute(delete(MAILBOX).where(MAILBOX.c.at < transaction.now - KEPT))
    beyond = select(MAILBOX.c.number).order_by(MAILBOX.c.number.desc()).offset(MOST_KEPT).limit(1)
    oldest = connection.execute(beyond).scalar_one_or_none()
    if oldest is not None:
        connection.execute(delete(MAILBOX).where(MAILBOX.c.number <= oldest))
    return True


def read_mailbox(connection: Connection, subject: str | None) -> list[MailboxRow]:
    """Return one person's messages, newest first, or everyone's if `subject` is None."""
    columns = (MAILBOX.c.number, MAILBOX.c.subject, MAILBOX.c.recipient, MAILBOX.c.title, MAILBOX.c.at)
    chosen = select(*columns).order_by(MAILBOX.c.number.desc()).limit(MOST_KEPT)
    if subject is not None:
        chosen = chosen.where(MAILBOX.c.subject == subject)
    return [
        MailboxRow(
            number=row.number, subject=row.subject, recipient=str(row.recipient), title=str(row.title), at=row.at
        )
        for row in connection.execute(chosen)
    ]


def read_mail(connection: Connection, number: int, subject: str | None) -> bytes | None:
    """Return a message as bytes, or None if no message has this number or it's someone else's."""
    chosen = select(MAILBOX.c.content).where(MAILBOX.c.number == number)
    if subject is not None:
        chosen = chosen.where(MAILBOX.c.subject == subject)
    content = connection.execute(chosen).scalar_one_or_none()
    return content if isinstance(content, bytes) else None


def forget_messages(transaction: Transaction, subject: str) -> None:
    """Delete a person's messages from the mailbox. The caller records this in the audit log."""
    transaction.connection.execute(delete(MAILBOX).where(MAILBOX.c.subject == subject))
