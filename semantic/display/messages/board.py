"""Write a board or a saved question as a letter: the numbers of its tiles, then findings, then a table.

Nothing is computed here. Every number is on a tile of the same board, as its reader sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from semantic.boards.board import TileKind
from semantic.display.boards.about import ignored_words, receipt_address, scope_words, trust_facts, with_full_stop
from semantic.display.boards.answer_table import pivot_table, without_earlier
from semantic.display.boards.cards import NO_ROWS, number_words
from semantic.display.boards.shown import AnalysisShown, BoardShown, TileShown
from semantic.display.change import Verdict
from semantic.display.format import MISSING, moment, period, writer
from semantic.display.groups import in_zone
from semantic.display.in_part import marks_of
from semantic.display.messages.blocks import (
    Bar,
    Block,
    Button,
    Column,
    Finding,
    Footer,
    Headline,
    Line,
    Link,
    Note,
    Number,
    Numbers,
    Rows,
    Scope,
)
from semantic.display.messages.message import Plain
from semantic.display.messages.message_content import MessageContent
from semantic.display.rows import NO_USUAL, Usual, is_other, is_total, key_cells, main_values, numbers_beside, row_kinds
from semantic.display.text_tables import size_of
from semantic.display.words.kpi import course, course_points, only_row, read_headline
from semantic.errors import counted
from semantic.query.describe import lower_first, upper_first
from semantic.results.result import Result, ResultColumn

MOST_FINDINGS: Final = 3
MOST_BARS: Final = 5
MOST_ANALYSES: Final = 5
TOTAL: Final = "All"
_DRAWN: Final[dict[str, str | int]] = {"retention": "share", "maturity": "rate", "profile": 0}
"""The column of the first table to draw, by header or position, for each kind of analysis. It is 1 for all other kinds,
and 0 means none.
"""
MOST_ROWS: Final = 5
MOST_COLUMNS: Final = 4
MOST_RECEIPTS: Final = 3
MOST_NAMED: Final = 3  # tiles that aren't final, named in the first line


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What a letter needs besides the answers. `zone` is the reader's time zone, for all times in the letter.

    `due` is when a late letter was due, and `sign_in_by` is the last day before the letters stop. Both are in words.
    """

    zone: str
    button: str = "Open board"
    due: str = ""
    sign_in_by: str = ""
    why: str = ""  # such as "You get this because Ana added you."
    unsubscribe: str = ""  # the address of the page that confirms it
    notes: tuple[str, ...] = ()  # notes on settings that were left out


def board_letter(shown: BoardShown, sending: Sending) -> MessageContent:
    """Return a board as a letter. `shown` must have the answers of all tiles."""
    tiles = list(shown.tiles)
    numbers = _all_numbers(tiles)
    listed = _listed(tiles)
    findings = _findings([tile for tile in tiles if tile is not listed])
    analyses = [_analysis(tile, tile.analysis) for tile in tiles if tile.analysis is not None]
    more_analyses = len(analyses) - MOST_ANALYSES
    findings += analyses[:MOST_ANALYSES]
    blocks: list[Block] = [Scope(text)] if (text := _scope(shown)) else []
    if sending.due:
        blocks.append(Note(f"This was due at {sending.due}."))
    headline = shown.headline or _only_finding(tiles)
    table = _rows(listed, listed.result, headline) if listed is not None and listed.result is not None else None
    if headline:
        blocks.append(Headline(headline))
    if numbers:
        blocks.append(Numbers(tuple(numbers)))
    blocks += [finding for finding in findings if finding.title != headline or finding.bars or finding.line]
    if table is not None:
        blocks.append(table)
    if more_analyses > 0:
        blocks.append(Note(f"{counted(more_analyses, 'more analysis', 'more analyses')} on the board."))
    blocks += [Note(text) for text in _missing(tiles, is_empty=not (numbers or findings or table))]
    blocks += [Note(text) for text in sending.notes]
    if sending.sign_in_by:
        blocks.append(Note(f"Sign in before {sending.sign_in_by} to keep receiving this.", "caution"))
    blocks += [Button(sending.button, shown.link), Footer(tuple(_footer(shown, sending)))]
    receipts = tuple(dict.fromkeys(tile.receipt for tile in tiles if tile.receipt))
    return MessageContent(
        title=shown.title, blocks=tuple(blocks), receipts=receipts, values=_values(shown, numbers, findings, table)
    )


def _only_finding(tiles: Sequence[TileShown]) -> str:
    """Return the finding of the only answered tile, or "" if there are several."""
    answered = _answered(tiles)
    return answered[0].finding if len(answered) == 1 else ""


def _answered(tiles: Sequence[TileShown]) -> list[TileShown]:
    return [tile for tile in tiles if tile.is_answered]


# The first line and the last


def _scope(shown: BoardShown) -> str:
    """Return the letter's first line.

    It gives the settings for all tiles, the rows that the reader can access, and which data is late or not final.
    """
    answered = _answered([*shown.tiles])
    words = shown.words or next((tile.words for tile in answered), "")
    texts = [words]
    if any(tile.scope for tile in answered):
        texts.append(f"Scope: {scope_words(shown)}")
    texts += _unsettled(shown)
    return " ".join(f"{text.rstrip('. ')}." for text in texts if text)


def _unsettled(shown: BoardShown) -> Iterator[str]:
    """Yield warnings as of the time of sending: numbers that can still change, and late data."""
    answered = _answered([*shown.tiles])
    if len(answered) == 1:
        yield from (fact.word for fact in answered[0].facts if _is_unsettled(fact.kind, fact.state))
        return
    for fact in trust_facts(shown):
        if _is_unsettled(fact.kind, fact.state):
            few = fact.sentence.count(",") < MOST_NAMED
            yield f"{fact.word}: {fact.sentence}" if few else fact.word


def _is_unsettled(kind: str, state: str) -> bool:
    return kind in ("complete", "fresh", "checks") and state in ("caution", "bad")


def _footer(shown: BoardShown, sending: Sending) -> Iterator[Line]:
    facts = [fact.word for fact in trust_facts(shown) if any(tile.is_answered for tile in shown.tiles)]
    if loaded := _loaded(shown, sending.zone):
        facts.insert(0, loaded)
    receipts = list(dict.fromkeys(tile.receipt for tile in shown.tiles if tile.receipt))
    line: list[str | Link] = [" \N{MIDDLE DOT} ".join(facts)]
    for place, receipt in enumerate(receipts[:MOST_RECEIPTS]):
        before = (" \N{MIDDLE DOT} " if line[0] else "") + ("Receipts " if len(receipts) > 1 else "Receipt ")
        line += [", " if place else before, Link(receipt, receipt_address(shown, receipt), is_spelt_out=False)]
    if len(receipts) > MOST_RECEIPTS:
        line.append(f" and {len(receipts) - MOST_RECEIPTS} more")
    yield tuple(line)
    if sending.unsubscribe:
        yield (f"{sending.why} ".lstrip(), Link("Unsubscribe", sending.unsubscribe))
    elif sending.why:
        yield sending.why


def _loaded(shown: BoardShown, zone: str) -> str:
    """Return the time up to which the least fresh data was loaded, in the reader's time zone."""
    days = [tile.result.data_to for tile in shown.tiles if tile.result is not None and tile.result.data_to is not None]
    return f"Data to {moment(min(days).astimezone(ZoneInfo(zone)))}" if days else ""


def _missing(tiles: Sequence[TileShown], *, is_empty: bool) -> Iterator[str]:
    """Yield notes on tiles that aren't in the letter: those that the reader can't see, and those without an answer."""
    asking = [tile for tile in tiles if tile.tile.kind is not TileKind.TEXT and tile.analysis is None]
    hidden = sum(not tile.is_asked and not tile.is_answered for tile in asking)
    failed = [tile for tile in asking if tile.is_asked and not tile.is_answered]
    if hidden:
        yield f"{counted(hidden, 'tile')} {'isn' if hidden == 1 else 'aren'}'t available to you."
    if failed:
        reasons = list(dict.fromkeys(tile.sentence for tile in failed if tile.sentence))
        said = f"{counted(len(failed), 'tile')} couldn't be loaded."
        yield f"{said} {reasons[0]}" if len(reasons) == 1 else said
    if is_empty and not (hidden or failed):
        yield NO_ROWS if asking else "This board has no numbers yet."


# Numbers


def _all_numbers(tiles: Sequence[TileShown]) -> list[Number]:
    """Return the numbers of the number tiles. Each number occurs once.

    If there are no number tiles, return the numbers of answers without a breakdown.
    """
    singles = [tile for tile in tiles if tile.tile.kind is TileKind.NUMBER]
    numbers = [number for tile in singles or tiles for number in _numbers(tile)]
    return list({(number.label, number.value): number for number in numbers}.values())


def _numbers(tile: TileShown) -> Iterator[Number]:
    """Yield the numbers of a tile without a breakdown, one for each metric."""
    result = tile.result
    if result is None or result.keys:
        return
    is_tile = tile.tile.kind is TileKind.NUMBER
    if not result.table.num_rows:
        yield Number(label=tile.title, value=MISSING, detail=NO_ROWS)
        return
    for column in main_values(result)[:1] if is_tile else main_values(result):
        label = tile.title if is_tile and tile.title else column.label
        yield _number(label, column, result, tile) if is_tile else _plain_number(label, column, result)


def _number(label: str, column: ResultColumn, result: Result, tile: TileShown) -> Number:
    """Return a number tile with its value, its first change, its target and its trend."""
    words = number_words(tile, result)
    target, on_target = words.target[0] if tile.pace is not None and words.target else ("", "")
    return _plain_number(
        label, column, result, tile.usual, target=(target, on_target), line=tuple(_course(tile.line) or ())
    )


def _plain_number(
    label: str,
    column: ResultColumn,
    result: Result,
    usual: Usual = NO_USUAL,
    *,
    target: tuple[str, Verdict] = ("", ""),
    line: tuple[float, ...] = (),
) -> Number:
    """Return a metric's value with its first change, as on the board."""
    headline = read_headline(column, only_row(result), result, usual)
    change = next(iter(headline.changes), None)
    number = Number(label=label, value=headline.value, target=target[0], on_target=target[1], bars=line)
    if headline.missing:
        return replace(number, detail=headline.missing, bars=())
    if change is None:
        return number
    if change.text == MISSING:
        return replace(number, detail=f"No data in the {change.against}")
    when = (change.days if len(headline.changes) == 1 else "") or change.against
    return replace(number, change=change.words, verdict=change.verdict, detail=f"vs {change.earlier}, {when}")


def _course(line: Result | None) -> list[float] | None:
    return course(line) if line is not None else None


# Findings and tables


def _findings(tiles: Sequence[TileShown]) -> list[Finding]:
    """Return the findings of charts in reading order. Charts with a sentence come first.

    The same numbers aren't drawn twice.
    """
    found = [(tile, finding) for tile in tiles if (finding := _finding(tile)) is not None]
    found.sort(key=lambda pair: not pair[0].finding)
    by_content = dict[object, Finding]()
    for _, finding in found:
        by_content.setdefault((finding.bars, finding.line) if finding.bars or finding.line else finding, finding)
    return list(by_content.values())[:MOST_FINDINGS]


def _finding(tile: TileShown) -> Finding | None:
    """Return the finding of a chart with a small chart, or None if there is no finding or the tile isn't a chart."""
    result = tile.result
    if result is None or tile.tile.kind is not TileKind.CHART or not result.keys or not result.table.num_rows:
        return None
    columns, bars = main_values(result), _bars(result)
    points = course_points(result) if len(result.keys) == 1 and result.keys[0].grain is not None else []
    if not (tile.finding or bars or points):
        return None
    return Finding(
        title=tile.heading,
        text=tile.subtitle or (_metric(columns, tile.heading) if bars or points else ""),
        bars=bars[:MOST_BARS],
        line=tuple(value for _, value in points),
        ends=_ends(points, result) if points else ("", ""),
        note=f"And {len(bars) - MOST_BARS} more." if len(bars) > MOST_BARS else "",
    )


def _analysis(tile: TileShown, found: AnalysisShown) -> Finding:
    """Return an analysis as a finding, with one column of its first table as bars.

    The text has the analysis's sentence, the start of its counting rule, and the board settings that don't apply.
    """
    drawn, bars = _bars_of(found)
    rule = f"How it counts: {found.rule[0]}" if found.rule else ""
    more = f"And {len(bars) - MOST_BARS} more." if len(bars) > MOST_BARS else ""
    return Finding(
        title=tile.heading,
        text=" ".join(with_full_stop(text) for text in (tile.subtitle, tile.words, drawn) if text),
        bars=bars[:MOST_BARS],
        note=" ".join(text for text in (more, *found.notes, ignored_words(tile), rule) if text),
    )


def _bars_of(found: AnalysisShown) -> tuple[str, tuple[Bar, ...]]:
    """Return the bars for the first table of an analysis, with a title such as "Visitors by step".

    There is a bar for each line of the table that has a number in that column.
    """
    column = _DRAWN.get(found.kind, 1)
    table = found.tables[0] if found.tables else None
    if isinstance(column, str):
        column = table.header.index(column) if table is not None and column in table.header else 0
    if table is None or not 0 < column < len(table.header) or table.sides[column] != "right":
        return "", ()
    name, of = table.heads[column], table.header[0]
    lines = [line for line in table.lines if line[0] != TOTAL]  # the total's bar would make all others look tiny
    bars = tuple(
        Bar(label=_bar_label(table.heads[0], line[0]), value=line[column], size=size)
        for line in lines
        if (size := size_of(line[column])) is not None
    )
    return f"{name} by {lower_first(of)}" if bars else "", bars


def _bar_label(head: str, name: str) -> str:
    """Return the label of a bar.

    A label that is only a number gets the column's name: `Month 1`, `Messages: 2`.
    """
    if not name.isdigit():
        return name
    return f"{head}: {name}" if head.endswith("s") else f"{head} {name}"


def _metric(columns: Sequence[ResultColumn], heading: str) -> str:
    """Return the name of the first metric, for a small chart. "" if the heading is the same name."""
    label = columns[0].label
    return "" if len(columns) == 1 and label.casefold() in heading.casefold() else label


def _ends(points: Sequence[tuple[date, float]], result: Result) -> tuple[str, str]:
    """Return the first and last period of a line with their values: "29 Nov 2026: €3.41K"."""
    column, grain = main_values(result)[0], result.keys[0].grain
    write = writer(column, numbers_beside(column, result))
    first, last = (f"{period(start, grain)}: {write(value)}" for start, value in (points[0], points[-1]))
    return upper_first(first), upper_first(last)


def _bars(result: Result) -> tuple[Bar, ...]:
    """Return a bar for each member of an answer by one breakdown. The largest comes first, and Other last."""
    if len(result.keys) != 1 or result.keys[0].is_dated:
        return ()
    column, kinds = main_values(result)[0], row_kinds(result)
    write = writer(column, numbers_beside(column, result))
    values: list[float | None] = result.table.column(column.name).to_pylist()
    rows = [place for place, kind in enumerate(kinds) if not is_total(kind) and values[place] is not None]
    rows.sort(key=lambda place: (is_other(kinds[place]), -_size(values[place])))
    labels = _labels(result)
    return tuple(Bar(label=labels[row][0], value=write(values[row]), size=_size(values[row])) for row in rows)


def _size(value: float | None) -> float:
    return float(value) if value is not None else 0.0


def _labels(result: Result) -> list[list[str]]:
    """Return each row's keys as on screen, in the question's time zone."""
    zone, marks = ZoneInfo(result.period.time_zone), marks_of(result)
    columns = [[in_zone(value, zone) for value in result.table.column(key.name).to_pylist()] for key in result.keys]
    rows = zip(*columns, row_kinds(result), strict=True)
    return [key_cells(values, kinds, result.keys, marks) for *values, kinds in rows]


def _listed(tiles: Sequence[TileShown]) -> TileShown | None:
    """Return the tile whose rows are listed in the letter, or None.

    It's the first table or, if there is none, the first chart with rows that the letter doesn't show.
    """
    tables = [tile for tile in tiles if tile.tile.kind in (TileKind.TABLE, TileKind.PIVOT) and _has_rows(tile)]
    if tables:
        return tables[0]
    is_only = len(_answered(tiles)) == 1
    return next((tile for tile in tiles if _has_rows(tile) and _is_missing(tile, is_only=is_only)), None)


def _has_rows(tile: TileShown) -> bool:
    return tile.result is not None and bool(tile.result.keys) and bool(tile.result.table.num_rows)


def _is_missing(tile: TileShown, *, is_only: bool) -> bool:
    """Whether the letter doesn't show all of a chart.

    It can leave out the whole chart or, if it's the only answer, some metrics or points.
    """
    finding, result = _finding(tile), tile.result
    if tile.tile.kind is not TileKind.CHART or result is None:
        return False
    if finding is None or not is_only:
        return finding is None
    return len(main_values(result)) > 1 or not (finding.bars or finding.line)


def _rows(tile: TileShown, result: Result, headline: str) -> Rows:
    """Return the first rows of a table without totals or, for a chart over time, the latest rows."""
    table = pivot_table(result).table if tile.tile.kind is TileKind.PIVOT else without_earlier(result)
    rows = [row for row in table.rows if not row[0].bold]
    columns = tuple(Column(head.text, head.align == "right") for head in table.heads[:MOST_COLUMNS])
    is_over_time = tile.tile.kind is TileKind.CHART and result.keys[0].is_dated
    shown = rows[-MOST_ROWS:] if is_over_time else rows[:MOST_ROWS]
    return Rows(
        title=tile.heading if tile.heading != headline else "",
        head=columns,
        rows=tuple(tuple(cell.text for cell in row[:MOST_COLUMNS]) for row in shown),
        left_out=max(0, len(rows) - MOST_ROWS),
        left_columns=len(table.heads) - len(columns),
    )


# As data


def _values(
    shown: BoardShown, numbers: Sequence[Number], findings: Sequence[Finding], table: Rows | None
) -> dict[str, Plain]:
    """Return the letter's content as data, for a webhook."""
    return {
        "title": shown.title,
        "headline": shown.headline,
        "settings": shown.words,
        "numbers": [
            {"label": number.label, "value": number.value, "change": number.change, "detail": number.detail}
            for number in numbers
        ],
        "findings": [
            {
                "title": finding.title,
                "text": finding.text,
                "bars": [{"label": bar.label, "value": bar.value} for bar in finding.bars],
                "ends": [*finding.ends],
            }
            for finding in findings
        ],
        "table": {
            "title": table.title,
            "head": [column.name for column in table.head],
            "rows": [[*row] for row in table.rows],
        }
        if table is not None
        else None,
        "link": shown.link,
    }
