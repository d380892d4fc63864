"""A message as bytes: read back, it's the same message, whatever people write in names and texts."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from semantic.display.messages.message import Attachment, Message
from semantic.errors import HandOverFailed
from semantic.transport.mime import (
    LARGEST_ATTACHMENT,
    LARGEST_TOTAL,
    LONGEST_FILE_NAME,
    LONGEST_SUBJECT,
    file_name,
    mime_of,
    one_line,
)
from tests.semantic.transport.messages import AT, MESSAGE, MESSAGE_ID, SENDER

UNSUBSCRIBE = "https://samepage.example.com/unsubscribe/abc.def"
HEADERS = ["content-type", "mime-version", "from", "to", "subject", "date", "message-id"]
MORE_HEADERS = ["list-unsubscribe", "list-unsubscribe-post", "auto-submitted", "x-auto-response-suppress"]
HOSTILE = st.text(st.characters(codec=None), max_size=300) | st.lists(
    st.sampled_from(
        ["\r\n", "\n", "\r", "Bcc: eve@evil.example", "=?utf-8?q?x?=", "\x00", "\u2028", " ", "ä", "€", "😀"]
    ),
    max_size=30,
).map("".join)


def _bytes(message: Message = MESSAGE, *, to: str = "lena@example.com", sender: str = SENDER) -> bytes:
    return mime_of(message, sender=sender, to=to, message_id=MESSAGE_ID, date=AT, unsubscribe=UNSUBSCRIBE)


def _parsed(content: bytes) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(content, policy=default))


def _text(parsed: EmailMessage, kind: str) -> str:
    body = parsed.get_body((kind,))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def test_a_message_has_both_texts_and_says_that_it_was_sent_by_a_program() -> None:
    parsed = _parsed(_bytes())
    assert parsed.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert _text(parsed, "plain") == MESSAGE.text
    assert _text(parsed, "html") == MESSAGE.html
    assert parsed["From"] == SENDER
    assert parsed["To"] == "lena@example.com"
    assert parsed["Subject"] == "Net revenue fell 12% in Germany"
    assert parsed["Date"] == "Mon, 30 Nov 2026 07:05:09 +0000"
    assert parsed["Message-ID"] == MESSAGE_ID
    assert parsed["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert sorted(name.lower() for name in parsed) == sorted(HEADERS + MORE_HEADERS)


def test_without_an_unsubscribe_link_none_is_mentioned() -> None:
    content = mime_of(MESSAGE, sender=SENDER, to="lena@example.com", message_id=MESSAGE_ID, date=AT)
    assert b"unsubscribe" not in content.lower()


def test_the_same_message_gives_the_same_bytes() -> None:
    """This way, a message that is sent again after a crash is the same message."""
    message = replace(MESSAGE, attachments=(Attachment(name="a.pdf", media_type="application/pdf", content=b"%PDF"),))
    assert _bytes(message) == _bytes(message)


@given(subject=HOSTILE, text=HOSTILE, html=HOSTILE, name=HOSTILE, content=st.binary(max_size=200), sender=HOSTILE)
@example(subject="", text="", html="", name="", content=b"", sender="")
@example(
    subject="Hello\r\nBcc: eve@evil.example", text="\r\n.\r\nMAIL FROM:<eve@evil.example>", html="\n.\n",
    name='a"\r\nContent-Type: text/html', content=b"\r\n.\r\n", sender='Eve" <eve@evil.example>, "x',
)  # fmt: skip
@example(subject="ä  b", text="From here\nFrom there", html="=", name="ä.pdf", content=b"\x00", sender="Ä")
def test_a_message_round_trips(subject: str, text: str, html: str, name: str, content: bytes, sender: str) -> None:
    attachment = Attachment(name=name, media_type="application/pdf", content=content)
    message = replace(MESSAGE, subject=subject, text=text, html=html, attachments=(attachment,))
    quoted = sender.replace("\\", "").replace('"', "")
    made = _bytes(message, sender=f'"{quoted}" <numbers@example.com>')
    parsed = _parsed(made)
    assert sorted(name.lower() for name in parsed) == sorted(HEADERS + MORE_HEADERS)
    assert parsed["Subject"] == one_line(subject)[:LONGEST_SUBJECT].strip()
    assert [address.addr_spec for address in parsed["To"].addresses] == ["lena@example.com"]
    assert [address.addr_spec for address in parsed["From"].addresses] == ["numbers@example.com"]
    assert _text(parsed, "plain") == _stored(text)
    assert _text(parsed, "html") == _stored(html)
    (attached,) = parsed.iter_attachments()
    assert attached.get_filename() == file_name(name)
    assert attached.get_content() == content
    lines = made.split(b"\r\n")
    assert max(len(line) for line in lines) <= 998
    assert not any(b"\n" in line or b"\r" in line or b"\0" in line for line in lines)
    assert made.isascii()


def _stored(text: str) -> str:
    """Return a text as mail stores it: with mail's line ends, and a question mark for each half of a surrogate pair."""
    halves = "".join("?" if 0xD800 <= ord(sign) < 0xE000 else sign for sign in text)
    return halves.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    ("given_text", "line"),
    [
        ("Net\r\nrevenue", "Net revenue"),
        ("  a \t b\x00c\x7f ", "a b c"),
        ("abc\u202egpj.exe", "abcgpj.exe"),
        ("a\ud800b", "ab"),
        ("Umsatz – größer 😀", "Umsatz – größer 😀"),
    ],
)
def test_a_subject_is_one_line(given_text: str, line: str) -> None:
    assert one_line(given_text) == line


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("Executive summary.pdf", "Executive summary.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a"b:c.xlsx', "a_b_c.xlsx"),
        ("", "file"),
        ("...", "file"),
        (".pdf", "pdf"),
    ],
)
def test_a_file_name_is_only_a_name(given_name: str, name: str) -> None:
    assert file_name(given_name) == name


def test_a_long_file_name_keeps_its_ending() -> None:
    name = file_name(f"{'ü' * 300}.pdf")
    assert len(name) == LONGEST_FILE_NAME
    assert name.endswith("ü.pdf")


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "lena",
            "@example.com",
            "lena@",
            "lena@example.com, eve@evil.example",
            "lena@example.com\r\nBcc: eve@x.de",
        ),
        *("<lena@example.com>", "Lena <lena@example.com>", "le na@example.com", "lena@exa mple.com", "lena@-x-.com"),
        *("lena@example..com", "a..b@example.com", '"a b"@example.com', "lena@[127.0.0.1]", "lena@example.com;x@y.de"),
    ],
)
def test_an_invalid_address_is_refused(address: str) -> None:
    with pytest.raises(HandOverFailed, match="email address isn't valid") as refused:
        _bytes(to=address)
    assert refused.value.is_final


def test_addresses_in_other_scripts_are_kept() -> None:
    """A domain is written in the form that servers know. A name stays as it is, for servers that accept it."""
    assert _parsed(_bytes(to="lena@münchen.example"))["To"] == "lena@xn--mnchen-3ya.example"
    content = _bytes(to="jörg@münchen.example")
    assert "\r\nTo: jörg@münchen.example\r\n".encode() in content


def test_a_large_attachment_is_replaced_by_the_link() -> None:
    large = Attachment(name="board.pdf", media_type="application/pdf", content=b"x" * (LARGEST_ATTACHMENT + 1))
    small = Attachment(name="board.xlsx", media_type="application/x-<>", content=b"y")
    parsed = _parsed(_bytes(replace(MESSAGE, attachments=(large, small))))
    assert [part.get_filename() for part in parsed.iter_attachments()] == ["board.xlsx"]
    assert [part.get_content_type() for part in parsed.iter_attachments()] == ["application/octet-stream"]
    says = "board.pdf is too large to attach. Export it in Samepage instead:"
    assert _text(parsed, "plain").endswith(f"\n\n{says} {MESSAGE.link}")
    assert f'<p>{says} <a href="{MESSAGE.link}">' in _text(parsed, "html")
    assert _text(parsed, "html").endswith("</body></html>")


def test_attachments_together_stay_below_the_limit_of_mail_servers() -> None:
    size = LARGEST_TOTAL // 2
    files = tuple(
        Attachment(name=f"{number}.bin", media_type="application/octet-stream", content=b"x" * size)
        for number in range(3)
    )
    parsed = _parsed(_bytes(replace(MESSAGE, attachments=files)))
    assert [part.get_filename() for part in parsed.iter_attachments()] == ["0.bin", "1.bin"]
    assert "2.bin is too large to attach" in _text(parsed, "plain")
