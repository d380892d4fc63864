"""Decode the bytes of a text file: determine its encoding, and whether the encoding is certain."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

from semantic.errors import UnreadableFile

ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (little-endian)",
    "utf-16-be": "UTF-16 (big-endian)",
    "cp1252": "Windows (Western European)",
    "latin-1": "Latin-1",
    "mac-roman": "Macintosh",
}
"""The encodings that can be chosen in the form, with their labels."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_USUAL: Final = frozenset("äöüÄÖÜßéèêëàâáçñíìîóòôúùûåøæÅØÆœŒ€£§°–—„“”‘’…\u00a0")
_SAMPLE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text and encoding, and whether no other encoding is possible."""

    text: str
    encoding: str
    is_certain: bool


def decode(content: bytes, chosen: str = "") -> Decoded:
    """Return the text of a file. `chosen` is one of ENCODINGS, or "" to detect it. Raises UnreadableFile."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return Decoded(_checked(_strict(content[len(mark) :], encoding)), encoding, is_certain=True)
    if chosen in ENCODINGS:
        return Decoded(_checked(_strict(content, chosen)), chosen, is_certain=True)
    if wide := _wide(content):
        return Decoded(_checked(_strict(content, wide)), wide, is_certain=True)
    try:
        return Decoded(_checked(content.decode("utf-8")), "utf-8", is_certain=True)
    except UnicodeDecodeError:
        pass
    encoding = _single_byte(content[:_SAMPLE])
    return Decoded(_checked(_strict(content, encoding)), encoding, is_certain=False)


def _wide(content: bytes) -> str:
    """Return the byte order of UTF-16 text without a byte order mark. In Western text, every second byte is NUL."""
    sample = content[: min(len(content), 4_000) // 2 * 2]
    if len(sample) < 4:
        return ""
    even, odd, pairs = sample[::2].count(0), sample[1::2].count(0), len(sample) // 2
    if odd > pairs * 0.6 and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > pairs * 0.6 and odd == 0 else ""


def _single_byte(sample: bytes) -> str:
    """Return the single-byte encoding for which the most letters are common in Western Europe."""
    scores: dict[str, int] = {}
    for encoding in ("cp1252", "mac-roman", "latin-1"):
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = [letter for letter in text if letter > "\x7f"]
        scores[encoding] = sum(1 if letter in _USUAL else -1 for letter in odd)
    return max(scores, key=lambda encoding: scores[encoding])


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        label = ENCODINGS.get(encoding, encoding.upper())
        raise UnreadableFile(
            f"It isn't {label}: byte {error.start + 1:,} doesn't fit. Choose another encoding, or save it as UTF-8."
        ) from None


def _checked(text: str) -> str:
    """Return the text, or raise UnreadableFile if the content isn't text, regardless of the file's name."""
    sample = text[:_SAMPLE]
    strange = sum(sample.count(chr(code)) for code in range(32) if code not in (9, 10, 12, 13))
    strange += sum(sample.count(chr(code)) for code in range(0x80, 0xA0) if code != 0x85)
    if "\0" in text or strange > max(2, len(sample) // 1_000):
        raise UnreadableFile("It isn't a text file. Upload a CSV or an XLSX file.")
    return text
