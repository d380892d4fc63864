"""A board's tile on paper: its title, period and filters, then its number, figure, table or text, then its trust."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from semantic.annotations.annotation import Annotation
from semantic.boards.board import TileKind
from semantic.display.boards.about import ignored_words, without_clicks
from semantic.display.boards.answer_table import AnswerTable, answer_table, pivot_table, text_answer_table
from semantic.display.boards.shown import AnalysisShown, TileShown
from semantic.display.change import Verdict
from semantic.display.charts.charts import chart_for
from semantic.display.charts.sparkline import course_chart
from semantic.display.format import MISSING
from semantic.display.paper.figure import is_drawable
from semantic.display.paper.pieces import Meter, Picture, Piece, Sparkline, Words
from semantic.display.paper.prose import Prose
from semantic.display.rows import NO_USUAL, Usual, main_values
from semantic.display.tokens import LIGHT
from semantic.display.trust import Fact
from semantic.display.words.kpi import course, only_row, read_headline
from semantic.display.words.pace import attained_words, outlook_words, state_words
from semantic.query.describe import lower_first, upper_first
from semantic.results.result import Result, ResultColumn
from semantic.targets.pace import ALARMS, NoPace, Pace
from semantic.targets.pace import Verdict as OnTarget

TITLE, SMALL, LARGE = 9.5, 7.2, 19.0
"""Sizes of text, in points."""

MOST_FIGURE = 640.0  # points; a taller figure is scaled down
AS_A_TABLE = "A PDF can't show this chart, so its numbers are in this table."
NO_ROWS = "No data for these dates and filters."
INKS: Mapping[Verdict, str] = {"better": LIGHT.favourable, "worse": LIGHT.unfavourable, "": LIGHT.muted}
STATES: Mapping[str, str] = {"bad": LIGHT.unfavourable, "caution": LIGHT.caution, "good": LIGHT.favourable}


@dataclass(frozen=True, slots=True)
class TilePaper:
    """The content of a tile above and below its table. Without a table, all content is in `above`."""

    above: tuple[Piece, ...]
    table: AnswerTable | None = None
    below: tuple[Piece, ...] = ()


def tile_on_paper(
    tile: TileShown,
    remarks: Sequence[Annotation],
    texts: Collection[str],
    *,
    settings: str = "",
    is_high: bool = False,
) -> TilePaper:
    """Return the content of one tile on paper.

    `remarks` are the remarks on the tile's chart. `texts` and `settings`, the board's settings in words, appear once
    above all tiles. With `is_high`, a number fills a tall card with its sparkline, as on screen.
    """
    head, foot = tuple(_head(tile, texts, settings)), tuple(_foot(tile, texts))
    result = tile.result
    if tile.tile.kind is TileKind.TEXT:
        return TilePaper((*_title(tile), Prose(without_clicks(tile.tile.text))))
    if tile.analysis is not None:
        return _analysis(tile.analysis, head, foot)
    if result is None:
        return TilePaper((*head, Words(tile.sentence, colour=LIGHT.muted, above=6), *foot))
    if not result.table.num_rows:
        return TilePaper((*head, Words(NO_ROWS, colour=LIGHT.muted, above=6), *foot))
    match tile.tile.kind:
        case TileKind.NUMBER:
            return TilePaper((*head, *_number(tile, result, is_high=is_high), *foot))
        case TileKind.CHART:
            return _chart(tile, result, remarks, head, foot)
        case TileKind.PIVOT:
            return _table(pivot_table(result), head, foot)
        case _:
            return _table(answer_table(result), head, foot)


def _title(tile: TileShown) -> Iterator[Piece]:
    if tile.heading:
        yield Words(tile.heading, TITLE, bold=True, above=0)


def _head(tile: TileShown, texts: Collection[str], settings: str) -> Iterator[Piece]:
    yield from _title(tile)
    for text in (tile.subtitle, without_clicks(tile.tile.note), _own_days(tile, settings)):
        if text and text not in texts:
            yield Words(text, SMALL, LIGHT.muted, above=1)


def _own_days(tile: TileShown, settings: str) -> str:
    """Return the days of a tile in words, or "" for an analysis of the days with which the board's settings begin."""
    if tile.analysis is None:
        return tile.words
    return "" if settings.startswith((f"{tile.words}, ", f"{tile.words}. ")) else tile.words


def _foot(tile: TileShown, texts: Collection[str]) -> Iterator[Piece]:
    """Yield what a reader must know with the numbers: ignored settings, the answer's notes, and trust problems."""
    notes = tile.result.notes if tile.result is not None else ()
    for text in (ignored_words(tile), *notes):
        if text and not is_said(text, (*texts, tile.words)):
            yield Words(text, SMALL, LIGHT.muted)
    if tile.is_earlier:
        yield Words("Newer data is available.", SMALL, LIGHT.caution)
    against = [fact for fact in tile.facts if fact.state in ("bad", "caution")]
    for fact in against:
        yield Words(f"{fact.word}: {fact.sentence}", SMALL, STATES[fact.state])
    quiet = [fact for fact in tile.facts if fact not in against]
    if quiet:
        yield Words(_words_of(quiet), SMALL, STATES.get(quiet[0].state, LIGHT.muted))


def is_said(text: str, texts: Collection[str]) -> bool:
    """Whether a sentence already appears in `texts`, alone or as part of a longer text.

    For example, a comparison period is part of the line about the days.
    """
    part = text.rstrip(".").casefold()
    return any(part in one.casefold() for one in texts)


def _words_of(facts: Sequence[Fact]) -> str:
    return " \N{MIDDLE DOT} ".join(fact.word for fact in facts)


# Numbers


@dataclass(frozen=True, slots=True)
class NumberWords:
    """The texts of a number tile: its value, a line for each comparison with its verdict, and its target."""

    value: str
    lines: tuple[tuple[str, Verdict], ...]
    target: tuple[tuple[str, Verdict], ...] = ()
    meter: float | None = None  # the value relative to the expected value


def number_words(tile: TileShown, result: Result) -> NumberWords:
    """Return the words of a tile's first metric, the same in every file."""
    words = _value_words(main_values(result)[0], result, tile.usual)
    column = main_values(result)[0]
    if tile.pace is not None:
        return replace(words, target=tuple(_target(tile.pace, column)), meter=tile.pace.to_date)
    return replace(words, target=((no_pace_words(tile.no_pace), ""),)) if tile.no_pace is not None else words


def _target(pace: Pace, column: ResultColumn) -> Iterator[tuple[str, Verdict]]:
    """Yield lines about the target, each with its verdict.

    They give the share reached, the state, and the projected and needed values.
    """
    state = "" if pace.is_early else state_words(pace, column)
    reached = ", ".join(text for text in (attained_words(pace), lower_first(state)) if text)
    judged: dict[OnTarget, Verdict] = dict.fromkeys(ALARMS, "worse")
    judged |= {OnTarget.REACHED: "better", OnTarget.REACHES: "better"}
    yield upper_first(reached), judged.get(pace.verdict, "") if state else ""
    yield outlook_words(pace, column), ""


def no_pace_words(no_pace: NoPace) -> str:
    """Return why a number has no pace. Unlike the screen, a file can't switch to another month."""
    return "Monthly target." if no_pace.is_by_month else no_pace.why


def changes_words(column: ResultColumn, result: Result, usual: Usual = NO_USUAL) -> tuple[tuple[str, Verdict], ...]:
    """Return each comparison's change in words, with its verdict."""
    return _value_words(column, result, usual).lines


def _value_words(column: ResultColumn, result: Result, usual: Usual = NO_USUAL) -> NumberWords:
    """Return the number as on a tile, or why there is none, with its change from each comparison."""
    headline = read_headline(column, only_row(result), result, usual)
    if headline.missing:
        return NumberWords(headline.value, ((headline.missing, ""),))
    lines: list[tuple[str, Verdict]] = []
    for change in headline.changes:
        when = (change.days if len(headline.changes) == 1 else "") or change.against
        if change.text == MISSING:
            lines.append((f"No data in the {change.against}", ""))
        else:
            lines.append((f"{change.words} vs {change.earlier}, {when}", change.verdict))
    return NumberWords(headline.value, tuple(lines))


def _number(tile: TileShown, result: Result, *, is_high: bool) -> Iterator[Piece]:
    """Yield the content of a number tile: the metric in large type, its change, its sparkline and its target."""
    words = number_words(tile, result)
    yield from _value(words)
    if tile.line is not None and (values := course(tile.line)):
        drawn = course_chart(tile.line, LIGHT).figure if is_high else None
        yield Picture(drawn) if drawn is not None and is_drawable(drawn) else Sparkline(values)
    if words.meter is not None:
        yield Meter(words.meter)
    for text, verdict in words.target:
        if text:
            yield Words(text, SMALL, INKS[verdict])


def _numbers(result: Result) -> Iterator[Piece]:
    """Yield each metric's name and number, for an answer without a breakdown."""
    for column in main_values(result):
        yield Words(column.label, SMALL, LIGHT.muted, above=4)
        yield from _value(_value_words(column, result))


def _value(words: NumberWords) -> Iterator[Piece]:
    yield Words(words.value, LARGE, bold=True, above=3)
    for text, verdict in words.lines:
        yield Words(text, 8, INKS[verdict])


# Figures and tables


def _chart(
    tile: TileShown, result: Result, remarks: Sequence[Annotation], head: tuple[Piece, ...], foot: tuple[Piece, ...]
) -> TilePaper:
    """Return the content of a chart tile: the figure, the numbers, the table, or why the tile is empty."""
    chart = chart_for(result, LIGHT, wanted=tile.tile.chart or None, annotations=remarks)
    if chart.figure is None:
        match chart.kind:
            case "tiles":
                return TilePaper((*head, *_numbers(result), *foot))
            case "table":
                return _table(answer_table(result), head, foot)
            case _:
                return TilePaper((*head, Words(chart.reason, colour=LIGHT.muted, above=6), *foot))
    texts = [note for note in (without_clicks(chart.note), ". ".join(chart.events)) if note]
    if not is_drawable(chart.figure):
        texts.insert(0, AS_A_TABLE)
        return _table(answer_table(result), head, (*(Words(text, SMALL, LIGHT.muted) for text in texts), *foot))
    notes = [Words(text, SMALL, LIGHT.muted) for text in texts]
    return TilePaper((*head, Picture(chart.figure, MOST_FIGURE), *notes, *foot))


def _analysis(shown: AnalysisShown, head: tuple[Piece, ...], foot: tuple[Piece, ...]) -> TilePaper:
    """Return the content of an analysis tile: the figure as on screen, the first table, and the counting rule below."""
    chart = shown.main_chart(LIGHT)
    figures = [chart.figure] if chart is not None and chart.figure is not None else []
    pictures = [Picture(figure, MOST_FIGURE) for figure in figures if is_drawable(figure)]
    texts = (f"How it counts: {shown.counting}", *shown.notes)
    foot = (*(Words(text, SMALL, LIGHT.muted) for text in texts), *foot)
    if not shown.tables:
        return TilePaper((*head, *pictures, *foot))
    return _table(text_answer_table(shown.tables[0]), (*head, *pictures), foot)


def _table(table: AnswerTable, head: tuple[Piece, ...], foot: tuple[Piece, ...]) -> TilePaper:
    left_out = (Words(table.left_out, SMALL, LIGHT.muted),) if table.left_out else ()
    return TilePaper(head, table, (*left_out, *foot))
