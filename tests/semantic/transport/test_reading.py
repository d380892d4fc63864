"""A parsed message equals the message that was written, and no bytes break the parser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.display.messages.message import Attachment
from semantic.transport.mime import mime_of
from semantic.transport.reading import read_message
from tests.semantic.transport.messages import AT, MESSAGE, MESSAGE_ID, SENDER


def test_a_message_is_read_as_it_was_written() -> None:
    attachment = Attachment(name="Übersicht.pdf", media_type="application/pdf", content=b"%PDF\r\n\x00")
    message = replace(MESSAGE, subject="Umsatz – größer", attachments=(attachment,))
    read = read_message(mime_of(message, sender=SENDER, to="lena@example.com", message_id=MESSAGE_ID, date=AT))
    assert (read.subject, read.sender, read.to) == ("Umsatz – größer", SENDER, "lena@example.com")
    assert (read.html, read.text) == (MESSAGE.html, MESSAGE.text)
    assert ("Message-ID", MESSAGE_ID) in read.headers
    assert [(file.name, file.media_type, file.content) for file in read.files] == [
        ("Übersicht.pdf", "application/pdf", b"%PDF\r\n\x00")
    ]


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"",
            b"\x00\xff",
            b"no headers",
            b"Subject: \r\n\r\n",
            b"Content-Type: text/html; charset=nonsense\r\n\r\n\xff",
        ),
        *(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"Content-Type: multipart/mixed\r\n\r\nx"),
        *(
            b"To: =?nonsense?b?////?=\r\nDate: never\r\n\r\n",
            b"From: <<<>>>,,,;\r\nContent-Transfer-Encoding: x\r\n\r\n",
        ),
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
    ],
)
def test_damaged_bytes_are_read(content: bytes) -> None:
    read_message(content)


@given(st.binary(max_size=400), st.integers(0, 2_000))
def test_no_bytes_break_the_parser(noise: bytes, place: int) -> None:
    whole = mime_of(MESSAGE, sender=SENDER, to="lena@example.com", message_id=MESSAGE_ID, date=AT)
    read = read_message(whole[:place] + noise + whole[place:])
    assert all("\n" not in value for _, value in read.headers)
