"""Write a letter of blocks as a message: HTML, plain text, a subject, and a few sentences for chats.

subject      the headline, if it fits; otherwise its first sentence, otherwise the title
preheader    the rest of the headline, otherwise the first bullet that the headline doesn't have
bullets      the first three findings or numbers
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from semantic.display.messages.blocks import Block, Button, Finding, Headline, Note, Number, Numbers, Quote, Rows, Scope
from semantic.display.messages.html import html_of
from semantic.display.messages.message import NO_VALUES, Attachment, Message, Plain
from semantic.display.messages.text import one_line, shortened, text_of

LONGEST_SUBJECT: Final = 90
LONGEST_PREHEADER: Final = 140
LONGEST_BULLET: Final = 200
MOST_BULLETS: Final = 3
MOST_BYTES: Final = 96_000
"""The largest size of a letter in bytes, because Gmail cuts off messages above 102 kB."""

_ENDS: Final = (". ", "; ")
_ROWS: Final = (15, 5, 1)
_NOT_ALL: Final = Note("There's more than fits in an email. Open it to see the rest.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """The content of a letter.

    `title` is the title of the board or question. Empty `subject` and `preheader` are derived.
    """

    title: str
    blocks: tuple[Block, ...]
    subject: str = ""
    preheader: str = ""
    bullets: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    receipts: tuple[str, ...] = ()
    values: Mapping[str, Plain] = field(default_factory=lambda: NO_VALUES)


def write_letter(letter: MessageContent) -> Message:
    """Return the letter as a message. It contains no pictures, scripts or remote files, and all text is escaped."""
    headline = next((one_line(block.text) for block in letter.blocks if isinstance(block, Headline)), "")
    button = next((block for block in letter.blocks if isinstance(block, Button)), Button("Open", ""))
    findings = [text for text in _findings(letter) if text and text not in headline]
    subject = one_line(letter.subject) or _subject(headline, one_line(letter.title))
    scope = next((one_line(block.text) for block in letter.blocks if isinstance(block, Scope)), "")
    first = one_line(next(iter(letter.bullets or findings), scope))
    preheader = one_line(letter.preheader) or _rest_of(headline, subject) or first
    preheader = shortened(preheader, LONGEST_PREHEADER)
    html = _fitting(letter, preheader)
    return Message(
        subject=shortened(subject, LONGEST_SUBJECT),
        preheader=preheader,
        html=html,
        text=text_of(letter.title, letter.blocks, most_rows=_ROWS[0]),
        headline=headline or one_line(letter.title),
        bullets=tuple(shortened(one_line(text), LONGEST_BULLET) for text in letter.bullets or findings)[:MOST_BULLETS],
        link=button.link,
        link_label=button.label,
        attachments=letter.attachments,
        receipts=letter.receipts,
        values=letter.values,
    )


def _subject(headline: str, title: str) -> str:
    """Return as many sentences or clauses of the headline as fit in a subject, or the title if none fits."""
    ends = [len(headline), *(place for mark in _ENDS if (place := headline.find(mark)) > 0)]
    fitting = [end for end in ends if end <= LONGEST_SUBJECT]
    subject = headline[: max(fitting)] if fitting else ""
    return (subject if ". " in subject else subject.removesuffix(".")) or title


def _rest_of(headline: str, subject: str) -> str:
    """Return the part of the headline that the subject doesn't contain."""
    return headline.removeprefix(subject).lstrip(".; ") if headline.startswith(subject) else ""


def _findings(letter: MessageContent) -> Iterator[str]:
    """Yield a sentence for each finding, then for each number."""
    for block in letter.blocks:
        if isinstance(block, Finding):
            yield one_line(block.title)
    for block in letter.blocks:
        if isinstance(block, Numbers):
            yield from map(number_words, block.cells)


def number_words(number: Number) -> str:
    """Return a number on one line: "Net revenue: €318K, +12% better vs €284K, 1 – 29 Oct"."""
    beside = " ".join(one_line(part) for part in (number.change, number.detail) if part)
    said = f"{one_line(number.label)}: {one_line(number.value)}"
    return f"{said}, {beside}" if beside else said


def _fitting(letter: MessageContent, preheader: str) -> str:
    """Return the letter as HTML. If it's too large, leave out rows and then blocks."""
    blocks, html = letter.blocks, ""
    for most_rows in _ROWS:
        html = html_of(letter.title, preheader, blocks, most_rows=most_rows)
        if len(html.encode()) <= MOST_BYTES:
            return html
    while len(html.encode()) > MOST_BYTES and blocks:
        blocks = _without_last(blocks)
        html = html_of(letter.title, preheader, blocks, most_rows=_ROWS[-1])
    return html


def _without_last(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the blocks with the last optional one replaced by a note that says so."""
    optional = [place for place, block in enumerate(blocks) if isinstance(block, Finding | Numbers | Quote | Rows)]
    place = optional[-1] if optional else len(blocks) - 1
    before = tuple(block for block in blocks[:place] if block != _NOT_ALL)
    return (*before, _NOT_ALL, *(block for block in blocks[place + 1 :] if block != _NOT_ALL)) if optional else before
