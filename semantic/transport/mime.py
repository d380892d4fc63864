"""Encode a message as bytes for a mail server.

Names, titles and other texts come from people and data, so they must not become headers, more recipients or more parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message as Part
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from html import escape
from io import BytesIO
from typing import Final

from semantic.config.mail import is_address
from semantic.display.messages.message import Attachment, Message
from semantic.errors import HandOverFailed

LARGEST_ATTACHMENT: Final = 8_000_000
LARGEST_TOTAL: Final = 15_000_000  # of all attachments; many mail servers refuse messages above 20 MB
LONGEST_SUBJECT: Final = 200
LONGEST_FILE_NAME: Final = 60
LONGEST_NAME: Final = 80
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def mime_of(message: Message, *, sender: str, to: str, message_id: str, date: datetime, unsubscribe: str = "") -> bytes:
    """Return the message as bytes for one recipient.

    `unsubscribe` is a link that mail programs can offer as a one-click button. A line with the message's link replaces
    attachments that are too large. Raises HandOverFailed if the recipient's address isn't valid.
    """
    if not is_address(to):
        raise HandOverFailed("The recipient's email address isn't valid.", is_final=True)
    attached, left_out = _attached(message.attachments)
    texts = MIMEMultipart("alternative", boundary=_boundary(message_id, "texts"))
    texts.attach(_text(message.text + _lines(left_out, message.link), "plain"))
    texts.attach(_text(_with_paragraphs(message.html, left_out, message.link), "html"))
    whole = texts
    if attached:
        whole = MIMEMultipart("mixed", boundary=_boundary(message_id, "files"))
        whole.attach(texts)
        for attachment in attached:
            whole.attach(_file(attachment))
    name, address = parseaddr(one_line(sender))
    utf8 = not ascii_address(to).isascii()
    whole["From"] = formataddr((name[:LONGEST_NAME], address))
    whole["To"] = to if utf8 else ascii_address(to)
    subject = one_line(message.subject)[:LONGEST_SUBJECT]
    is_plain = subject.isascii() and "=?" not in subject  # mail programs decode text that looks encoded
    whole["Subject"] = Header(subject, "us-ascii" if is_plain else "utf-8", header_name="Subject").encode()
    whole["Date"] = format_datetime(date)
    whole["Message-ID"] = header_value(message_id)
    if unsubscribe:
        whole["List-Unsubscribe"] = f"<{header_value(unsubscribe)}>"
        whole["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    whole["Auto-Submitted"] = "auto-generated"
    whole["X-Auto-Response-Suppress"] = "All"  # Exchange sends out-of-office replies otherwise
    return _bytes(whole, utf8=utf8)


def one_line(text: str) -> str:
    """Return text as one line without control or bidirectional characters or runs of spaces."""
    kept = (" " if sign.isspace() or ord(sign) < 32 or 127 <= ord(sign) < 160 else sign for sign in text)
    clean = "".join(sign for sign in kept if sign not in _BIDI and not 0xD800 <= ord(sign) < 0xE000)
    return " ".join(clean.split())


def ascii_address(address: str) -> str:
    """Return an address with its domain in ASCII, as mail servers need it. The part before the @ isn't changed."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise HandOverFailed("The recipient's email address isn't valid.", is_final=True) from None


def header_value(text: str) -> str:
    """Return text that is safe as a header value. Raises ValueError if it isn't."""
    if not text or len(text) > 900 or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("A link or id for a header has characters that a header can't have.")
    return text


def _attached(attachments: Sequence[Attachment]) -> tuple[list[Attachment], list[Attachment]]:
    """Split attachments into those that fit into the message and those that don't."""
    fits, left_out, total = list[Attachment](), list[Attachment](), 0
    for attachment in attachments:
        size = len(attachment.content)
        if size > LARGEST_ATTACHMENT or total + size > LARGEST_TOTAL:
            left_out.append(attachment)
        else:
            fits.append(attachment)
            total += size
    return fits, left_out


def _note(attachment: Attachment) -> str:
    return f"{file_name(attachment.name)} is too large to attach. Export it in Samepage instead:"


def _lines(left_out: Sequence[Attachment], link: str) -> str:
    return "".join(f"\n\n{_note(attachment)} {link}" for attachment in left_out)


def _with_paragraphs(html: str, left_out: Sequence[Attachment], link: str) -> str:
    if not left_out:
        return html
    href = escape(link)
    notes = "".join(f'<p>{escape(_note(attachment))} <a href="{href}">{href}</a></p>' for attachment in left_out)
    before, end, after = html.rpartition("</body>")
    return f"{before}{notes}{end}{after}" if end else f"{html}{notes}"


def _text(text: str, subtype: str) -> MIMEText:
    charset = Charset("utf-8")
    charset.body_encoding = QP  # lines stay short, and people can read the source
    clean = text.replace("\r\n", "\n").replace("\r", "\n").encode(errors="replace").decode()
    return MIMEText(clean, subtype, charset)  # pyright: ignore[reportArgumentType] (a Charset works, and is documented)


def _file(attachment: Attachment) -> MIMEBase:
    kind, _, subtype = attachment.media_type.partition("/")
    is_token = all(part and part.isascii() and part.replace("-", "").replace(".", "").replace("+", "").isalnum()
                   for part in (kind, subtype))  # fmt: skip
    part = MIMEBase(kind, subtype) if is_token and kind not in ("multipart", "message") else MIMEBase(
        "application", "octet-stream"
    )  # fmt: skip
    part.set_payload(attachment.content)
    encode_base64(part)
    name = file_name(attachment.name)
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    return part


def file_name(name: str) -> str:
    """Return a safe and short name, without path characters, for a file that someone downloads."""
    clean = "".join("_" if sign in '/\\:*?"<>|' else sign for sign in one_line(name)).strip(". ")
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > 8:
        return clean[:LONGEST_FILE_NAME] or "file"
    return f"{stem[: LONGEST_FILE_NAME - len(ending) - 1] or 'file'}.{ending}"


def _boundary(message_id: str, what: str) -> str:
    """Return a MIME boundary that depends only on the message, so that sending it again sends the same bytes."""
    return f"={hashlib.sha256(f'{what} {message_id}'.encode()).hexdigest()[:40]}="


def _bytes(whole: Part, *, utf8: bool) -> bytes:
    written = BytesIO()
    policy = compat32.clone(linesep="\r\n", max_line_length=78)
    if utf8:
        to = whole["To"]
        del whole["To"]
        whole["To"] = "samepage-utf8-recipient"
        BytesGenerator(written, mangle_from_=False, policy=policy).flatten(whole)
        return written.getvalue().replace(b"To: samepage-utf8-recipient\r\n", f"To: {to}\r\n".encode(), 1)
    BytesGenerator(written, mangle_from_=False, policy=policy).flatten(whole)
    return written.getvalue()
