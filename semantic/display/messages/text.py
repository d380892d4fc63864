"""Write a letter as plain text for readers who don't use HTML. Also has the rules that all texts of a letter follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final
from unicodedata import category

from semantic.display.format import counted
from semantic.display.messages.blocks import (
    Block,
    Button,
    Finding,
    Footer,
    Headline,
    Line,
    Link,
    Note,
    Number,
    Numbers,
    Quote,
    Rows,
    Scope,
)
from semantic.display.text import text_table

WIDTH: Final = 72
LONGEST: Final = 600
LONGEST_CELL: Final = 60
MOST_COLUMNS: Final = 6
MOST_NUMBERS: Final = 8
MOST_BARS: Final = 8
_UNSEEN: Final = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_SPACES: Final = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"  # inside numbers
_JOINERS: Final = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"


def one_line(text: str) -> str:
    """Return the text on one line, without invisible characters or characters that change the text direction.

    >>> one_line("Net\\nrevenue \\u202egnp.exe")
    'Net revenue gnp.exe'
    """
    letters = (" " if letter.isspace() and letter not in _SPACES else letter for letter in text)
    return " ".join(filter(None, "".join(filter(_is_seen, letters)).split(" ")))


def _is_seen(letter: str) -> bool:
    return letter in _JOINERS or category(letter) not in _UNSEEN


def shortened(text: str, most: int) -> str:
    """Return the text. If it's longer than `most` characters, it's cut and ends with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def letter_line(text: str) -> str:
    """Return a text for a letter on one line, cut to the maximum length."""
    return shortened(one_line(text), LONGEST)


def cell(text: str) -> str:
    """Return a label or table cell on one line, cut to its maximum length."""
    return shortened(one_line(text), LONGEST_CELL)


def fits(rows: Rows, most_rows: int) -> tuple[Sequence[Sequence[str]], str]:
    """Return the rows and columns of a table that fit in a letter, and a sentence about the others."""
    shown = [[cell(text) for text in row[:MOST_COLUMNS]] for row in rows.rows[:most_rows]]
    more = rows.left_out + len(rows.rows) - len(shown)
    columns = rows.left_columns + max(0, len(rows.head) - MOST_COLUMNS)
    left = [counted(count, noun) for count, noun in ((more, "more row"), (columns, "more column")) if count]
    return shown, f"And {' and '.join(left)}." if left else ""


def text_of(title: str, blocks: Sequence[Block], *, most_rows: int) -> str:
    """Return the letter as text, with a paragraph for each block. The columns of lists and tables are aligned."""
    parts = [letter_line(title), *(text for block in blocks if (text := _block(block, most_rows)))]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, most_rows: int) -> str:
    match block:
        case Scope(text) | Headline(text) | Note(text):
            return _wrapped(letter_line(text))
        case Numbers(cells):
            more = [f"And {len(cells) - MOST_NUMBERS} more."] if len(cells) > MOST_NUMBERS else []
            return "\n".join((*map(_number, cells[:MOST_NUMBERS]), *more))
        case Finding():
            return "\n".join(_finding(block))
        case Rows():
            return "\n".join(_rows(block, most_rows))
        case Quote(author=author, text=text, at=at):
            quoted = "\n".join(
                f"> {line}".rstrip() for part in text.splitlines() for line in wrap(letter_line(part), 70) or [""]
            )
            return f"{letter_line(author)}{', ' if at else ''}{letter_line(at)}:\n{quoted}"
        case Button(label, link):
            return f"{letter_line(label)}: {link}" if link else ""
        case Footer(lines):
            return "\n".join(("-" * 20, *(_wrapped(_line(line)) for line in lines)))


def _wrapped(text: str) -> str:
    """Return the text in lines of readable length. Addresses are never broken."""
    return "\n".join(wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False))


def _number(number: Number) -> str:
    beside = " ".join(letter_line(part) for part in (number.change, number.detail) if part)
    lines = (f"{cell(number.label)}: {cell(number.value)}", beside, letter_line(number.target))
    return "\n  ".join(line for line in lines if line)


def _finding(finding: Finding) -> Iterator[str]:
    yield _wrapped(letter_line(finding.title))
    if finding.text:
        yield _wrapped(letter_line(finding.text))
    if finding.bars:
        bars = [(cell(bar.label), cell(bar.value)) for bar in finding.bars[:MOST_BARS]]
        widest = max(len(label) for label, _ in bars)
        yield from (f"  {label.ljust(widest)}  {value}" for label, value in bars)
    if any(finding.ends):
        yield "  " + "  ...  ".join(map(cell, finding.ends))
    if finding.note:
        yield _wrapped(letter_line(finding.note))


def _rows(rows: Rows, most_rows: int) -> Iterator[str]:
    shown, more = fits(rows, most_rows)
    head = rows.head[:MOST_COLUMNS]
    if rows.title:
        yield _wrapped(letter_line(rows.title))
    yield text_table(
        [cell(column.name) for column in head], [list(row) for row in shown], [column.is_number for column in head]
    )
    yield from (letter_line(text) for text in (more, rows.note) if text)


def _line(line: Line) -> str:
    parts = (line,) if isinstance(line, str) else line
    return "".join(_link(part) if isinstance(part, Link) else edged(part) for part in parts)


def _link(link: Link) -> str:
    return f"{letter_line(link.label)}: {link.address}" if link.is_spelt_out else letter_line(link.label)


def edged(text: str) -> str:
    """Return a part of a line as plain text. Spaces at each end become one space."""
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{' ' if before else ''}{letter_line(text.strip())}{' ' if after else ''}"
