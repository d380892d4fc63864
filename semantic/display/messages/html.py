"""Write a letter as HTML for mail programs. It uses tables and inline styles, because many programs ignore all else.

There are no pictures, so nothing is missing where pictures are blocked. Bars are coloured cells that screen readers
skip, and each number is in the text next to its bar. Programs that support `prefers-color-scheme` use the dark colours
of the style block. Each text has its own background, so a program that inverts colours changes both together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Final

from semantic.display.change import Verdict
from semantic.display.messages.blocks import (
    Bar,
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
    Tone,
)
from semantic.display.messages.text import MOST_BARS, MOST_NUMBERS, cell, edged, fits, letter_line, one_line
from semantic.display.tokens import DARK, LIGHT

WIDTH: Final = 600
INSIDE: Final = 532  # between the card's margins and its border
FONT: Final = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
MOST_ACROSS: Final = 4
LETTER: Final = 8  # pixels of a label's letter, roughly
MOST_POINTS: Final = 31
_FEW_POINTS: Final = 16  # next to a number
_SHORT: Final = 9  # letters of a value that fits on a phone in large type
_TALL: Final = 30  # pixels of a trend next to a number
_TALLER: Final = 64  # of a finding's line
_PARTS: Final = 2  # numbers next to each other on a phone
_JUDGED: Final[dict[Verdict, tuple[str, str]]] = {
    "better": ("good", LIGHT.favourable),
    "worse": ("bad", LIGHT.unfavourable),
    "": ("ink", LIGHT.ink),
}
_TONES: Final[dict[Tone, tuple[str, str]]] = {
    "": ("muted", LIGHT.muted),
    "good": ("good", LIGHT.favourable),
    "caution": ("warn", LIGHT.caution),
    "bad": ("bad", LIGHT.unfavourable),
}
_STYLE: Final = (
    ":root{color-scheme:light dark;supported-color-schemes:light dark}"
    "body{margin:0;padding:0;width:100%}"
    "table{border-collapse:collapse}"
    "a{text-decoration:underline}"
    "@media(max-width:620px){"
    ".card{border:0!important;border-radius:0!important}"
    ".out{padding:0!important}.in{padding-left:20px!important;padding-right:20px!important}"
    ".head{font-size:21px!important;line-height:28px!important}"
    "}"
    "@media(max-width:480px){"
    ".cell{width:50%!important;max-width:50%!important}.last-odd{width:100%!important;max-width:100%!important}"
    ".tight{font-size:13px!important}.label{padding-top:0!important}"
    "}"
    "@media(prefers-color-scheme:dark){"
    f".page{{background:{DARK.page}!important}}"
    f".card,.card td,.card th,.card div{{background-color:{DARK.panel}!important;border-color:{DARK.line}!important}}"
    f".ink{{color:{DARK.ink}!important}}.muted{{color:{DARK.muted}!important}}"
    f".good{{color:{DARK.favourable}!important}}.bad{{color:{DARK.unfavourable}!important}}"
    f".warn{{color:{DARK.caution}!important}}.link{{color:{DARK.sequential[7]}!important}}"
    f".card .bar{{background-color:{DARK.series[0]}!important}}.card .now{{background-color:{DARK.ink}!important}}"
    f".card .below{{background-color:{DARK.series[1]}!important}}"
    f".card .push,.card .push a{{background-color:{DARK.accent}!important}}"
    "}"
)
_SIGN: Final = re.compile(r"([+\N{MINUS SIGN}])(?=[^\s\d])")
_TABLE: Final = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
_PADDING: Final = "&#847;&zwnj;&nbsp;" * 40


def html_of(title: str, preheader: str, blocks: Sequence[Block], *, most_rows: int) -> str:
    """Return a letter as an HTML document."""
    rows = "".join(_block(block, most_rows) for block in blocks)
    shown = escape(letter_line(title))
    hidden = f"display:none;max-height:0;overflow:hidden;mso-hide:all;font-size:1px;line-height:1px;color:{LIGHT.panel}"
    return (
        '<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">'
        f"<title>{shown}</title><style>{_STYLE}</style></head>"
        f'<body class="page" style="margin:0;padding:0;background:{LIGHT.panel}">'
        f'<div style="{hidden}">{escape(preheader)}{_PADDING}</div>'
        f'<table {_TABLE} width="100%" class="page" bgcolor="{LIGHT.panel}"><tr>'
        f'<td align="center" class="out" style="padding:24px 0">{_OPEN_CARD}'
        f"{_words(shown, 'muted', LIGHT.muted, 13, 18, 'padding-top:28px', is_bold=True)}{rows}"
        f'<tr><td style="height:28px;line-height:28px;font-size:0;background-color:{LIGHT.page}">&nbsp;</td></tr>'
        f"{_CLOSE_CARD}</td></tr></table></body></html>"
    )


# Outlook on Windows ignores max-width, so it gets a table of a fixed width around the card.
_OPEN_CARD: Final = (
    f'<!--[if mso]><table {_TABLE} width="{WIDTH}"><tr><td><![endif]-->'
    f'<table {_TABLE} width="100%" class="card" bgcolor="{LIGHT.page}" style="width:100%;max-width:{WIDTH}px;'
    f'background-color:{LIGHT.page};border:1px solid {LIGHT.line};border-radius:12px;border-collapse:separate">'
)
_CLOSE_CARD: Final = "</table><!--[if mso]></td></tr></table><![endif]-->"


def _block(block: Block, most_rows: int) -> str:
    match block:
        case Scope(text):
            return _words(escape(letter_line(text)), "muted", LIGHT.muted, 13, 18, "padding-top:4px")
        case Headline(text):
            return _words(
                escape(letter_line(text)), "ink head", LIGHT.ink, 24, 31, "padding-top:14px", is_bold=True, tag="h1"
            )
        case Numbers(cells):
            return _numbers(cells)
        case Finding():
            return _finding(block)
        case Rows():
            return _rows(block, most_rows)
        case Note(text, tone):
            name, colour = _TONES[tone]
            return _words(escape(letter_line(text)), name, colour, 14, 20, "padding-top:16px")
        case Quote():
            return _quote(block)
        case Button(label, link):
            return _button(label, link)
        case Footer(lines):
            return _footer(lines)


def _row(content: str, style: str, *, classes: str = "") -> str:
    """Return one row of the letter's card."""
    return (
        f'<tr><td class="in{f" {classes}" if classes else ""}" style="padding-left:32px;padding-right:32px;'
        f'background-color:{LIGHT.page};{style}">{content}</td></tr>'
    )


def _words(
    content: str, name: str, colour: str, size: int, line: int, style: str = "", *, is_bold: bool = False,
    tag: str = "p",
) -> str:  # fmt: skip
    """Return a row that contains one paragraph. `name` is its CSS class."""
    return _row(_paragraph(content, name, colour, size, line, is_bold=is_bold, tag=tag), style)


def _paragraph(
    content: str, name: str, colour: str, size: int, line: int, *, is_bold: bool = False, above: int = 0,
    tag: str = "p",
) -> str:  # fmt: skip
    return (
        f'<{tag} class="{name}" style="margin:{above}px 0 0;font-family:{FONT};font-size:{size}px;line-height:{line}px;'
        f'font-weight:{600 if is_bold else 400};color:{colour};word-break:break-word">{content}</{tag}>'
    )


def _sentence(text: str) -> str:
    """Return a sentence as HTML in which a sign and its amount are never on different lines."""
    return _SIGN.sub(r"\1&#8288;", escape(letter_line(text)))


def _data(text: str) -> str:
    """Return a label from the data as HTML, isolated so that its text direction doesn't affect other words."""
    return f'<span dir="auto">{escape(text)}</span>'


# Numbers


def _numbers(cells: Sequence[Number]) -> str:
    shown, left = cells[:MOST_NUMBERS], len(cells[MOST_NUMBERS:])
    rows = [shown] if len(shown) <= MOST_ACROSS else [shown[: (len(shown) + 1) // 2], shown[(len(shown) + 1) // 2 :]]
    content = "".join(_number_row(row) for row in rows if row)
    more = _words(f"And {left} more.", "muted", LIGHT.muted, 13, 18, "padding-top:8px") if left else ""
    return (_row(content, "padding-top:8px;font-size:0;text-align:left") if content else "") + more


def _number_row(cells: Sequence[Number]) -> str:
    """Return several numbers next to each other. They wrap on phones, even where media queries are ignored."""
    width = INSIDE // len(cells)
    is_long = [LETTER * len(number.label) > width for number in cells]
    columns: list[str] = []
    for place, number in enumerate(cells):
        is_alone = len(cells) % _PARTS and place == len(cells) - 1
        columns.append(
            f'<!--[if mso]><td width="{width}" valign="top"><![endif]-->'
            f'<div class="cell{" last-odd" if is_alone else ""}" style="display:inline-block;width:100%;'
            f'min-width:{min(width, 134)}px;max-width:{width}px;vertical-align:top">'
            f"{_number(number, is_long=is_long[place], is_tall=any(is_long))}</div>"
            "<!--[if mso]></td><![endif]-->"
        )
    return f'<!--[if mso]><table {_TABLE} width="{INSIDE}"><tr><![endif]-->{"".join(columns)}{_END_ROW}'


_END_ROW: Final = "<!--[if mso]></tr></table><![endif]-->"


def _number(number: Number, *, is_long: bool, is_tall: bool) -> str:
    """Return the cell of one number.

    If another label in the row needs two lines, this label begins lower, so that all values are on the same level.
    """
    name, colour = _JUDGED[number.verdict]
    size = 24 if len(number.value) <= _SHORT else 18
    parts = [
        f'<div class="label" style="padding-top:{0 if is_long else 18}px">' if is_tall else "<div>",
        f"{_paragraph(_data(cell(number.label)), 'muted', LIGHT.muted, 13, 18)}</div>",
        _paragraph(
            _SIGN.sub(r"\1&#8288;", _data(cell(number.value))), "ink", LIGHT.ink, size, 30, is_bold=True, above=2
        ),
    ]
    if number.change:
        parts.append(_paragraph(escape(letter_line(number.change)), name, colour, 13, 18, is_bold=True, above=2))
    if trend := _trend(number.bars, _TALL, _FEW_POINTS):
        parts.append(trend)
    if number.detail:
        parts.append(_paragraph(escape(letter_line(number.detail)), "muted", LIGHT.muted, 12, 17, above=5))
    if number.target:
        name, colour = _JUDGED[number.on_target]
        parts.append(_paragraph(escape(letter_line(number.target)), name, colour, 12, 17, above=1))
    return f'<table {_TABLE} width="100%"><tr><td style="padding:14px 14px 0 0">{"".join(parts)}</td></tr></table>'


def _trend(values: Sequence[float], tall: int, most: int = MOST_POINTS) -> str:
    """Return values over time as columns. The last one is dark, and negative values extend downwards."""
    points = _fewer(values, most)
    if len(points) < 3:
        return ""
    reach = (max(0.0, *points) - min(0.0, *points)) or 1.0
    heights = [round(tall * value / reach) or 1 for value in points]
    above = "".join(_column(height, place, heights) for place, height in enumerate(heights))
    below = "".join(_column(-height, place, heights) for place, height in enumerate(heights))
    rows = f'<tr valign="bottom">{above}</tr>' + (f'<tr valign="top">{below}</tr>' if min(heights) < 0 else "")
    return (
        f'<div aria-hidden="true" style="padding-top:8px"><table {_TABLE} width="100%" style="table-layout:fixed">'
        f"{rows}</table></div>"
    )


def _column(height: int, place: int, heights: Sequence[int]) -> str:
    """Return one column of a trend on one side of zero. It's empty if the value is on the other side."""
    if height <= 0:
        return "<td></td>"
    name, colour = ("now", LIGHT.ink) if place == len(heights) - 1 else ("bar", LIGHT.series[0])
    return (
        f'<td style="padding-right:1px"><div class="{name}" style="{_flat(height)};mso-line-height-rule:exactly;'
        f'background-color:{colour}">&nbsp;</div></td>'
    )


def _flat(height: int) -> str:
    return f"height:{height}px;line-height:{height}px;font-size:0"


def _fewer(values: Sequence[float], most: int) -> list[float]:
    """Return the values or, if there are too many, means of neighbouring values. Only the shape of the line matters."""
    if len(values) <= most:
        return list(values)
    edges = [round(place * len(values) / most) for place in range(most + 1)]
    return [sum(values[start:end]) / (end - start) for start, end in pairwise(edges)]


# Findings and tables


def _finding(finding: Finding) -> str:
    parts = [_paragraph(_sentence(finding.title), "ink", LIGHT.ink, 16, 22, is_bold=True, tag="h2")]
    if finding.text:
        parts.append(_paragraph(_sentence(finding.text), "muted", LIGHT.muted, 13, 18, above=2))
    if finding.bars:
        parts.append(_bars(finding.bars[:MOST_BARS]))
    if line := _trend(finding.line, _TALLER):
        parts.append(line)
        parts.append(_ends(finding.ends))
    if finding.note:
        parts.append(_paragraph(escape(letter_line(finding.note)), "muted", LIGHT.muted, 12, 17, above=6))
    return _row(_divided("".join(parts)), "padding-top:24px")


def _divided(content: str) -> str:
    return (
        f'<table {_TABLE} width="100%"><tr><td style="padding-top:20px;border-top:1px solid {LIGHT.line}">{content}'
        "</td></tr></table>"
    )


def _bars(bars: Sequence[Bar]) -> str:
    """Return a row for each bar, with its label and its value. If there are negative values, zero is in the middle."""
    sizes = [bar.size or 0.0 for bar in bars]
    most = max(map(abs, sizes)) or 1.0
    is_both = min(sizes) < 0
    rows = "".join(
        f'<tr><td class="ink" style="{_CELL};width:36%;padding:4px 12px 4px 0;color:{LIGHT.ink}">'
        f"{_data(cell(bar.label))}</td>"
        f'<td aria-hidden="true" style="padding:4px 0">{_bar(size / most, is_both=is_both)}</td>'
        f'<td align="right" class="ink" style="{_CELL};width:22%;padding:4px 0 4px 12px;white-space:nowrap;'
        f'text-align:right;color:{LIGHT.ink}">{_data(cell(bar.value))}</td></tr>'
        for bar, size in zip(bars, sizes, strict=True)
    )
    return f'<table {_TABLE} width="100%" style="margin-top:10px">{rows}</table>'


_CELL: Final = f"font-family:{FONT};font-size:14px;line-height:18px;word-break:break-word"


def _bar(part: float, *, is_both: bool) -> str:
    """Return a bar in its track: to the right of zero or, with `is_both`, on either side of zero."""
    size = min(100, max(1 if part else 0, round(100 * abs(part))))
    if not is_both:
        cells = _piece(size, "bar", LIGHT.series[0]) + _piece(100 - size)
    elif part < 0:
        cells = _piece(50 - size / 2) + _piece(size / 2, "below", LIGHT.series[1]) + _piece(50)
    else:
        cells = _piece(50) + _piece(size / 2, "bar", LIGHT.series[0]) + _piece(50 - size / 2)
    return f'<table {_TABLE} width="100%" style="table-layout:fixed"><tr>{cells}</tr></table>'


def _piece(width: float, name: str = "", colour: str = "") -> str:
    if not width:
        return ""
    fill = f' class="{name}" bgcolor="{colour}"' if name else ""
    shade = f";background-color:{colour};border-radius:2px" if name else ""
    return f'<td{fill} width="{width:g}%" style="width:{width:g}%;{_flat(10)}{shade}">&nbsp;</td>'


def _ends(ends: tuple[str, str]) -> str:
    first, last = (escape(cell(text)) for text in ends)
    if not (first or last):
        return ""
    style = f"font-family:{FONT};font-size:12px;line-height:17px;padding-top:4px;color:{LIGHT.muted}"
    return (
        f'<table {_TABLE} width="100%"><tr><td class="muted" style="{style}">{first}</td>'
        f'<td align="right" class="muted" style="{style};text-align:right">{last}</td></tr></table>'
    )


def _rows(rows: Rows, most_rows: int) -> str:
    shown, more = fits(rows, most_rows)
    head = rows.head[: len(shown[0]) if shown else None]
    sides = ["right" if column.is_number else "left" for column in head]
    heads = "".join(
        f'<th scope="col" align="{side}" class="muted tight" style="{_CELL};font-size:12px;font-weight:500;'
        f"word-break:normal;color:{LIGHT.muted};{_edges(place, len(head))};text-align:{side};"
        f'border-bottom:1px solid {LIGHT.line}">'
        f"{_data(cell(column.name))}</th>"
        for place, (column, side) in enumerate(zip(head, sides, strict=True))
    )
    body = "".join(f"<tr>{_table_row(row, sides)}</tr>" for row in shown)
    title = _paragraph(_sentence(rows.title), "ink", LIGHT.ink, 16, 22, is_bold=True, tag="h2") if rows.title else ""
    notes = "".join(
        _paragraph(escape(letter_line(text)), "muted", LIGHT.muted, 12, 17, above=8)
        for text in (more, rows.note)
        if text
    )
    table = (
        '<table cellpadding="0" cellspacing="0" border="0" width="100%" style="margin-top:8px">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )
    return _row(_divided(title + table + notes), "padding-top:24px")


def _table_row(row: Sequence[str], sides: Sequence[str]) -> str:
    cells: list[str] = []
    for place, (text, side) in enumerate(zip(row, sides, strict=True)):
        wrap = ";white-space:nowrap" if side == "right" else ""
        cells.append(
            f'<td align="{side}" class="ink tight" style="{_CELL};color:{LIGHT.ink};{_edges(place, len(row))};'
            f'text-align:{side};border-bottom:1px solid {LIGHT.line}{wrap}">{_data(text)}</td>'
        )
    return "".join(cells)


def _edges(place: int, count: int) -> str:
    """Return the padding of a table cell. The first and last column are in line with the text above."""
    left, right = 0 if not place else 8, 0 if place == count - 1 else 8
    return f"padding:7px {right}px 7px {left}px"


# People's words, the button and the small print


def _quote(quote: Quote) -> str:
    text = "<br>".join(escape(letter_line(line)) for line in quote.text.splitlines())
    by = f"<b>{escape(letter_line(quote.author))}</b>" + (f", {escape(letter_line(quote.at))}" if quote.at else "")
    content = (
        f'<table {_TABLE} width="100%"><tr><td style="padding-left:14px;border-left:3px solid {LIGHT.line}">'
        f"{_paragraph(by, 'muted', LIGHT.muted, 13, 18)}{_paragraph(text, 'ink', LIGHT.ink, 15, 22, above=4)}"
        "</td></tr></table>"
    )
    return _row(content, "padding-top:18px")


def _button(label: str, link: str) -> str:
    """Return a link that looks like a button. "" for an address that isn't safe to open in a browser."""
    if not _is_safe(link):
        return ""
    content = (
        f'<table {_TABLE}><tr><td class="push" bgcolor="{LIGHT.accent}" style="border-radius:8px;'
        f'background-color:{LIGHT.accent}"><a href="{escape(link)}" style="display:inline-block;padding:12px 22px;'
        f"font-family:{FONT};font-size:15px;line-height:20px;font-weight:600;color:#FFFFFF;text-decoration:none;"
        f'border-radius:8px;background-color:{LIGHT.accent}">{escape(letter_line(label))}</a></td></tr></table>'
    )
    return _row(content, "padding-top:28px")


def _is_safe(link: str) -> bool:
    return link.startswith(("https://", "http://"))


def _footer(lines: Sequence[Line]) -> str:
    words = "".join(
        _paragraph(_footer_line(line), "muted", LIGHT.muted, 12, 18, above=4 if place else 0)
        for place, line in enumerate(lines)
    )
    return _row(_divided(words), "padding-top:28px")


def _footer_line(line: Line) -> str:
    parts = (line,) if isinstance(line, str) else line
    return "".join(_link(part) if isinstance(part, Link) else escape(edged(part)) for part in parts)


def _link(link: Link) -> str:
    label = escape(letter_line(link.label))
    if not _is_safe(link.address):
        return label
    style = f"color:{LIGHT.muted};white-space:nowrap"
    return f'<a href="{escape(one_line(link.address))}" class="muted" style="{style}">{label}</a>'
