"""A message ready to send: an email, a chat message or a signed webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
NO_VALUES: Final[Mapping[str, Plain]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file sent along with an email."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message to one recipient. That recipient's policy applies to all its contents.

    `headline`, `bullets` and the link are for chats. `values` has the content as data, for a signed webhook.
    """

    subject: str  # one line of at most 90 characters
    preheader: str  # what an inbox shows after the subject
    html: str = field(repr=False)
    text: str = field(repr=False)
    headline: str
    bullets: tuple[str, ...]  # at most three
    link: str
    link_label: str
    attachments: tuple[Attachment, ...] = ()
    receipts: tuple[str, ...] = ()
    values: Mapping[str, Plain] = field(default_factory=lambda: NO_VALUES)
