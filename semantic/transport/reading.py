"""Parse a message's bytes, as a mail program does. No input raises an error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from typing import Final

from semantic.transport.mime import file_name, one_line

LONGEST_HEADER: Final = 1_000
MOST_HEADERS: Final = 60
MOST_FILES: Final = 20
_UNREADABLE: Final = (MessageError, LookupError, ValueError, TypeError, AttributeError)
"""The exceptions that Python's parser raises for parts and headers that break its rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessage:
    """A parsed message. Parts that can't be parsed are empty."""

    subject: str
    sender: str
    to: str
    date: str
    html: str = field(repr=False)
    text: str = field(repr=False)
    headers: tuple[tuple[str, str], ...]
    files: tuple[ReadFile, ...]


def read_message(content: bytes) -> ReadMessage:
    """Return the message in these bytes."""
    parsed = message_from_bytes(content, policy=default)
    names = list(dict.fromkeys(parsed.keys()))[:MOST_HEADERS]
    return ReadMessage(
        subject=_header(parsed, "Subject"),
        sender=_header(parsed, "From"),
        to=_header(parsed, "To"),
        date=_header(parsed, "Date"),
        html=_body(parsed, "html"),
        text=_body(parsed, "plain"),
        headers=tuple((one_line(name), _header(parsed, name)) for name in names),
        files=tuple(_files(parsed)),
    )


def _header(parsed: EmailMessage, name: str) -> str:
    try:
        return one_line(str(parsed[name] or ""))[:LONGEST_HEADER]
    except _UNREADABLE:
        return ""


def _body(parsed: EmailMessage, kind: str) -> str:
    try:
        part = parsed.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
    except _UNREADABLE:
        return ""


def _files(parsed: EmailMessage) -> Iterable[ReadFile]:
    try:
        parts = list(parsed.iter_attachments())[:MOST_FILES] if parsed.is_multipart() else []
    except _UNREADABLE:
        return
    for part in parts:
        try:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield ReadFile(
                    name=file_name(part.get_filename() or "file"), media_type=part.get_content_type(), content=content
                )
        except _UNREADABLE:
            continue
