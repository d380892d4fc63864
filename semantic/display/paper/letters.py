"""The fonts on paper (Hanken Grotesk in two weights), and texts reduced to their characters.

The font files contain only Latin scripts. A character that the font lacks is drawn as a box, so that readers see that
it's missing. A few symbols are replaced by words.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from unicodedata import category, normalize

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "HankenGrotesk", "HankenGrotesk-SemiBold"
MISSING_LETTER = "\N{REPLACEMENT CHARACTER}"

_FOLDER = Path(__file__).parent / "fonts"
_FILES = {REGULAR: "hanken-grotesk-regular.ttf", BOLD: "hanken-grotesk-semibold.ttf"}
_INSTEAD = {
    "₹": "INR\N{NO-BREAK SPACE}", "₩": "KRW\N{NO-BREAK SPACE}", "₪": "ILS\N{NO-BREAK SPACE}",
    "₺": "TRY\N{NO-BREAK SPACE}", "≥": ">=", "≤": "<=", "≈": "~", "→": "->", "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{THIN SPACE}": " ", "\N{NON-BREAKING HYPHEN}": "-",
}  # fmt: skip
_UNSEEN = ("Cc", "Cf")
_SELECTORS = range(0xFE00, 0xFE10)


def font_file(*, bold: bool) -> Path:
    """Return the path of the font file of a weight."""
    return _FOLDER / _FILES[BOLD if bold else REGULAR]


@cache
def fonts() -> tuple[TTFont, TTFont]:
    """Return the regular and the bold font. They are registered with the library only once."""
    fonts = (TTFont(REGULAR, str(_FOLDER / _FILES[REGULAR])), TTFont(BOLD, str(_FOLDER / _FILES[BOLD])))
    for font in fonts:
        pdfmetrics.registerFont(font)
    return fonts


@lru_cache(maxsize=8_000)
def printable(text: str) -> str:
    """Return the text on one line, reduced to characters that the font has.

    >>> printable("Größe\\tİstanbul"), printable("日本"), printable("a\\u202eb")
    ('Größe İstanbul', '\ufffd\ufffd', 'ab')
    """
    known = _known()
    return "".join(_letter(letter, known) for letter in normalize("NFC", text))


def _letter(letter: str, known: frozenset[int]) -> str:
    if letter in _INSTEAD and ord(letter) not in known:
        return _INSTEAD[letter]
    if letter.isspace():
        return letter if letter == "\N{NO-BREAK SPACE}" else " "
    if category(letter) in _UNSEEN or ord(letter) in _SELECTORS:
        return ""
    return letter if ord(letter) in known else MISSING_LETTER


@cache
def _known() -> frozenset[int]:
    """Return the characters that both weights have."""
    regular, bold = fonts()
    return frozenset(regular.face.charToGlyph) & frozenset(bold.face.charToGlyph)


@lru_cache(maxsize=20_000)
def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a printable text in points."""
    return float(fonts()[bold].stringWidth(text, size))


def fitting(text: str, most: float, size: float, *, bold: bool = False) -> str:
    """Return the text. If it's wider than `most` points, it's cut and ends with an ellipsis."""
    if width_of(text, size, bold=bold) <= most:
        return text
    cut = text[: _fits(text, most - width_of("\N{HORIZONTAL ELLIPSIS}", size, bold=bold), size, bold=bold)]
    return f"{cut.rstrip()}\N{HORIZONTAL ELLIPSIS}" if cut else ""


def wrapped(text: str, most: float, size: float, *, bold: bool = False) -> list[str]:
    """Return the text as printable lines of at most `most` points. A word that is wider than a line is broken."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in printable(paragraph).split(" "):
            longer = f"{line} {word}" if line else word
            if width_of(longer, size, bold=bold) <= most:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _broken(word, most, size, bold=bold)
            lines += full
        lines.append(line)
    return lines


def _broken(word: str, most: float, size: float, *, bold: bool) -> list[str]:
    """Return a word in pieces that fit. Each has at least one character, so the loop always ends."""
    parts: list[str] = []
    while len(word) > 1 and (count := max(1, _fits(word, most, size, bold=bold))) < len(word):
        parts.append(word[:count])
        word = word[count:]
    return [*parts, word]


def _fits(text: str, most: float, size: float, *, bold: bool) -> int:
    """Return how many characters of the text fit in `most` points."""
    wide = 0.0
    for count, letter in enumerate(text):
        wide += width_of(letter, size, bold=bold)
        if wide > most:
            return count
    return len(text)
