"""A board as one web page without scripts, for readers of a public link (decision 48).

The page shows the board's text, numbers, charts and tables. Nothing names a person or links to other pages: it has no
remarks, receipts, definitions, SQL or addresses of the app. All text from the board and the data is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from plotly.graph_objects import Figure

from semantic.boards.board import TileKind
from semantic.boards.text import Block, Span, blocks
from semantic.display.boards.about import ignored_words, without_clicks
from semantic.display.boards.answer_table import pivot_table, text_answer_table, without_earlier
from semantic.display.boards.cards import NO_ROWS, number_words
from semantic.display.boards.pdf import QUIET, shared_texts
from semantic.display.boards.shown import AnalysisShown, BoardShown, RowShown, TileShown
from semantic.display.change import Verdict
from semantic.display.charts.charts import chart_for
from semantic.display.charts.sparkline import course_chart
from semantic.display.format import MISSING
from semantic.display.paper.figure import is_drawable
from semantic.display.paper.svg import colour_of, colour_variables, figure_svg, line_svg
from semantic.display.paper.table import Cell, Table
from semantic.display.rows import NO_USUAL, Usual, main_values
from semantic.display.tokens import DARK, LIGHT
from semantic.display.words.kpi import course, only_row, read_headline
from semantic.results.result import Result, ResultColumn

REFRESH: Final = 60
"""The seconds until an open page reloads. A revoked link stops working within this time."""

TURNS: Final = (15, 30, 60)
"""The options for how many seconds each tab of a presented board is shown."""

NOT_AVAILABLE: Final = "This tile isn't available to you."
NO_ANSWER: Final = "This tile couldn't be loaded. The page tries again every minute."
MOST_ROWS: Final = 50
FULL: Final = 1360  # pixels of a board's width, for which charts are drawn
PHONE: Final = 326  # pixels of a chart on a phone
_CSS: Final = (Path(__file__).parent / "web.css").read_text(encoding="utf-8")
_JUDGED: Final[dict[Verdict, str]] = {"better": "better", "worse": "worse", "": "same"}


@dataclass(frozen=True, slots=True)
class View:
    """What a viewer opened: the position of the tab, whether the board is presented, and the seconds for each tab."""

    tab: int = 0
    is_presented: bool = False
    rotate: int = 0


def board_page(shown: BoardShown, view: View) -> str:
    """Return the board as an HTML page.

    `shown` needs the answers of the open tab's tiles, and the titles of the other tabs.
    """
    texts = shared_texts(shown)
    tab = shown.tabs[view.tab] if shown.tabs else None
    known = (*texts, *_common_warnings(shown))
    body = "".join(_row(row, known) for row in tab.rows) if tab is not None else ""
    title = escape(shown.title)
    headline = f"<p class=headline>{escape(shown.headline)}</p>" if shown.headline else ""
    open_title = f"<p class=tab-title>{escape(tab.title)}</p>" if view.is_presented and tab and tab.title else ""
    content = (
        f"<header><h1>{title}</h1>{headline}{_lines(shown, texts)}</header>{_tabs(shown, view)}{open_title}"
        f"<main>{body}</main><footer>{_foot(shown)}</footer>"
    )
    return _document(title, content, refresh=_refresh(shown, view), mode="wall" if view.is_presented else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormButton:
    """A button on a page without scripts. It sends the value of `do` to the page's own address."""

    label: str
    do: str
    is_main: bool = False


def notice_page(title: str, sentence: str, *, press: FormButton | None = None, link: tuple[str, str] = ("", "")) -> str:
    """Return a page with one message and, optionally, a button and a link with an address and a label."""
    address, label = link
    button = _button(press) if press is not None else ""
    to = f'<a href="{escape(address)}">{escape(label)}</a>' if label else ""
    acts = f"<div class=acts>{button}{to}</div>" if button or to else ""
    words = f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>"
    return _document(escape(title), f"<main class=notice>{words}{acts}</main>")


def _button(press: FormButton) -> str:
    kind = ' class="main"' if press.is_main else ""
    return (
        f'<form method="post"><button{kind} name="do" value="{escape(press.do)}">{escape(press.label)}</button></form>'
    )


def _document(title: str, content: str, *, refresh: str = "", mode: str = "") -> str:
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex, nofollow"><meta name="referrer" content="no-referrer">'
        f'<link rel="icon" href="/look/logo.svg">{again}<title>{title}</title><style>:root{{{colour_variables(LIGHT)}}}'
        f"@media(prefers-color-scheme:dark){{:root{{{colour_variables(DARK)}}}}}{_CSS}</style></head>"
        f'<body class="{mode}">{content}</body></html>'
    )


def _refresh(shown: BoardShown, view: View) -> str:
    """Return the page's refresh instruction: the number of seconds, and the next tab if the board is presented.

    All addresses are relative, so the page doesn't contain the public link.
    """
    if view.is_presented and view.rotate and len(shown.tabs) > 1:
        after = (view.tab + 1) % len(shown.tabs)
        return f"{view.rotate};url=?present=1&amp;rotate={view.rotate}&amp;tab={after}"
    return str(REFRESH)


def _lines(shown: BoardShown, texts: Sequence[str]) -> str:
    """Return the lines above the tiles: the board's note, settings, shared notes, and common warnings."""
    days = shown.words.partition(",")[0]
    others = (text for text in texts if not days or not text.startswith(days))
    lines = [without_clicks(shown.note), shown.words, *others]
    warnings = [f"<p class=warning>{escape(word)}</p>" for word in _common_warnings(shown)]
    return "".join((*(f"<p>{escape(line)}</p>" for line in lines if line), *warnings))


def _common_warnings(shown: BoardShown) -> tuple[str, ...]:
    """Return the warnings that apply to more than half of the answers."""
    answered = [tile for tile in shown.tiles if tile.result is not None]
    counted = Counter(word for tile in answered for word in dict.fromkeys(_warnings(tile)))
    return tuple(word for word, count in counted.items() if len(answered) > 1 and 2 * count > len(answered))


def _tabs(shown: BoardShown, view: View) -> str:
    if len(shown.tabs) < 2 or view.is_presented:
        return ""
    links = "".join(
        f'<a href="?tab={place}"{" aria-current=page" if place == view.tab else ""}>'
        f"{escape(tab.title or f'Tab {place + 1}')}</a>"
        for place, tab in enumerate(shown.tabs)
    )
    return f'<nav aria-label="Tabs">{links}</nav>'


def _foot(shown: BoardShown) -> str:
    as_of = f"As of {shown.as_of_words}. " if shown.as_of_words else ""
    return f"{escape(as_of)}Read-only view for people with this link. It refreshes every minute."


# Tiles


def _row(row: RowShown, known: Collection[str]) -> str:
    is_high = any(tile.tile.kind not in QUIET for tile in row.tiles)
    tiles = "".join(_tile(tile, row, width, known, is_high) for tile, width in zip(row.tiles, row.widths, strict=True))
    numbers = " numbers" if all(tile.tile.kind is TileKind.NUMBER for tile in row.tiles) else ""
    return f'<div class="row {row.height}{numbers}">{tiles}</div>'


def _tile(tile: TileShown, row: RowShown, width: int, known: Collection[str], is_high: bool) -> str:
    kind = tile.tile.kind
    classes = f"tile {kind.value}"
    if kind is TileKind.TEXT and all(each.tile.kind is TileKind.TEXT for each in row.tiles):
        classes += " bare"
    # A tile that its reader can't see has no title either, because the title may name hidden things.
    is_hidden = kind is not TileKind.TEXT and not tile.is_asked and not tile.is_answered
    title = f"<h2>{escape(tile.heading)}</h2>" if tile.heading and not is_hidden else ""
    content = _content(tile, known, FULL * width / 12 - 52, is_high)
    return f'<section class="{classes}" style="grid-column:span {width}">{title}{content}</section>'


def _content(tile: TileShown, known: Collection[str], width: float, is_high: bool) -> str:
    """Return the content of a tile below its title. `known` has texts that appear once above all tiles."""
    result = tile.result
    if tile.tile.kind is TileKind.TEXT:
        return f"<div class=prose>{_prose(without_clicks(tile.tile.text))}</div>"
    if tile.analysis is not None:
        return _analysis(tile, tile.analysis, known, width)
    if result is None:
        return _quiet(NO_ANSWER if tile.is_asked else NOT_AVAILABLE)
    texts = (tile.subtitle, without_clicks(tile.tile.note), tile.words)
    about = "".join(_quiet(text) for text in texts if text and text not in known)
    if not result.table.num_rows:
        return about + _quiet(NO_ROWS)
    warnings = [word for word in _warnings(tile) if word not in known]
    # A tile shows settings that it keeps as its own, and the reasons why it can't use the board's.
    ignored = ignored_words(tile) if not tile.tile.keeps else ""
    foot = (_quiet(ignored) if ignored else "") + "".join(_warning(word) for word in warnings)
    match tile.tile.kind:
        case TileKind.NUMBER:
            return _number(tile, result, width, is_high) + about + foot
        case TileKind.CHART:
            return about + _chart(tile, result, width) + foot
        case TileKind.PIVOT:
            return about + _table(pivot_table(result).table) + foot
        case _:
            return about + _table(without_earlier(result)) + foot


def _warnings(tile: TileShown) -> Iterator[str]:
    """Yield short warnings about a tile's trust. The full sentences aren't used, because they can name people."""
    return (fact.word for fact in tile.facts if fact.state in ("bad", "caution") and fact.kind != "certified")


def _quiet(text: str) -> str:
    return f"<p class=quiet>{escape(text)}</p>"


def _warning(word: str) -> str:
    return f'<p class="quiet warning">{escape(word)}</p>'


def _number(tile: TileShown, result: Result, width: float, is_high: bool) -> str:
    """Return the number with its change, trend and pace. In a tall tile, the trend is a chart."""
    target = number_words(tile, result).target if tile.pace is not None else ()
    pace = "".join(f'<p class="quiet {verdict}">{escape(text)}</p>' for text, verdict in target if text)
    return _value(main_values(result)[0], result, tile.usual) + _trend(tile.line, width, is_high) + pace


def _trend(line: Result | None, width: float, is_high: bool) -> str:
    values = course(line) if line is not None else None
    if line is None or not values:
        return ""
    drawn = course_chart(line, LIGHT) if is_high else None
    if drawn is None or drawn.figure is None or not is_drawable(drawn.figure):
        return line_svg(values, 240, 34)
    return _both_widths(drawn.figure, width, drawn.alt)


def _both_widths(figure: Figure, width: float, alt: str) -> str:
    """Return the figure in two sizes, for the width of its tile and for phones."""
    wide, narrow = figure_svg(figure, width, alt), figure_svg(figure, PHONE, alt)
    return f"<div class=wide>{wide}</div><div class=narrow>{narrow}</div>"


def _numbers(result: Result) -> str:
    return "".join(_quiet(column.label) + _value(column, result) for column in main_values(result))


def _value(column: ResultColumn, result: Result, usual: Usual = NO_USUAL) -> str:
    headline = read_headline(column, only_row(result), result, usual)
    parts = [f"<p class=value>{escape(headline.value)}</p>"]
    if headline.missing:
        return "".join((*parts, _quiet(headline.missing)))
    for change in headline.changes:
        if change.text == MISSING:
            parts.append(_quiet(f"No data in the {change.against}"))
        else:
            against = f"vs {change.earlier}, {change.against}"
            words = f"<b class={_JUDGED[change.verdict]}>{escape(change.words)}</b> {escape(against)}"
            parts.append(f"<p class=quiet>{words}</p>")
    return "".join(parts)


def _chart(tile: TileShown, result: Result, width: float) -> str:
    """Return the figure. If there is none, return the numbers or the table."""
    chart = chart_for(result, LIGHT, wanted=tile.tile.chart or None)
    if chart.figure is None:
        match chart.kind:
            case "tiles":
                return _numbers(result)
            case "table":
                return _table(without_earlier(result))
            case _:
                return _quiet(chart.reason)
    if not is_drawable(chart.figure):
        return _table(without_earlier(result))
    note = _quiet(text) if (text := without_clicks(chart.note)) else ""
    return _both_widths(chart.figure, width, chart.alt) + note


def _analysis(tile: TileShown, shown: AnalysisShown, known: Collection[str], width: float) -> str:
    """Return the figure of an analysis, or its first table, with the counting rule."""
    texts = (tile.subtitle, without_clicks(tile.tile.note), tile.words)
    about = "".join(_quiet(text) for text in texts if text and text not in known)
    notes = (ignored_words(tile), f"How it counts: {shown.public_counting}", *shown.notes)
    foot = "".join(_quiet(text) for text in notes if text)
    chart = shown.main_chart(LIGHT)
    if chart is not None and chart.figure is not None and is_drawable(chart.figure):
        return about + _both_widths(chart.figure, width, chart.alt) + foot
    return about + "".join(_table(text_answer_table(table).table) for table in shown.tables[:1]) + foot


def _table(table: Table) -> str:
    heads = "".join(f"<th scope=col class={head.align}>{escape(head.text)}</th>" for head in table.heads)
    shown = table.rows if len(table.rows) <= MOST_ROWS else _first(table.rows)
    rows = "".join(
        f"<tr>{''.join(_cell(cell, head.align) for cell, head in zip(row, table.heads, strict=True))}</tr>"
        for row in shown
    )
    more = _quiet(f"The first {len(shown):,} of {len(table.rows):,} rows.") if len(shown) < len(table.rows) else ""
    return (
        f"<div class=scroll tabindex=0><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{more}"
    )


def _first(rows: Sequence[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """Return the first rows and all totals. Totals have bold cells."""
    totals = [row for row in rows if row and row[0].bold]
    others = [row for row in rows if not (row and row[0].bold)]
    return [*others[: max(1, MOST_ROWS - len(totals))], *totals]


def _cell(cell: Cell, align: str) -> str:
    ink = f";color:{colour_of(cell.colour)}" if cell.colour else ""
    weight = ";font-weight:600" if cell.bold else ""
    style = f' style="{(ink + weight)[1:]}"' if ink or weight else ""
    return f"<td class={align}{style}>{escape(cell.text)}</td>"


# Text


def _prose(text: str) -> str:
    parts: list[str] = []
    open_list = ""
    for block in blocks(text):
        kind = {"bullet": "ul", "number": "ol"}.get(block.kind, "")
        if kind != open_list:
            parts += [f"</{open_list}>" if open_list else "", f"<{kind}>" if kind else ""]
            open_list = kind
        parts.append(_block(block))
    return "".join((*parts, f"</{open_list}>" if open_list else ""))


def _block(block: Block) -> str:
    lines = "<br>".join("".join(map(_span, line)) for line in block.lines)
    match block.kind:
        case "paragraph":
            return f"<p>{lines}</p>"
        case "number":
            return f"<li value={block.number}>{lines}</li>"
        case _:
            return f"<li>{lines}</li>"


def _span(span: Span) -> str:
    tag = {"bold": "strong", "italic": "em"}.get(span.style, "")
    return f"<{tag}>{escape(span.text)}</{tag}>" if tag else escape(span.text)
