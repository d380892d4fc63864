"""A board as slides: a title slide, the numbers, then one finding per slide with its chart or table.

Charts and tables can be edited. The speaker notes explain what the numbers mean and where they come from. The same
board gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil

from semantic.annotations.annotation import Annotation
from semantic.boards.board import TileKind
from semantic.boards.text import Block, blocks
from semantic.display.boards.about import (
    analysis_lines,
    ignored_words,
    receipt_address,
    scope_words,
    trust_details,
    trust_fact,
    trust_words,
    with_full_stop,
    without_clicks,
)
from semantic.display.boards.answer_table import AnswerTable, answer_table, pivot_table, text_answer_table
from semantic.display.boards.cards import INKS, NO_ROWS, STATES, NumberWords, is_said, number_words
from semantic.display.boards.pdf import shared_texts
from semantic.display.boards.shown import AnalysisShown, BoardShown, TabShown, TileShown
from semantic.display.boards.slide_table import table_on_slide
from semantic.display.charts.charts import chart_for
from semantic.display.charts.native import NativeChart, Series, native_charts
from semantic.display.export.about import about
from semantic.display.format import counted, moment_in
from semantic.display.paper.figure import figure_height, is_drawable
from semantic.display.paper.pixels import figure_png
from semantic.display.rows import main_values
from semantic.display.slides.deck import HEIGHT, LEADING, WIDTH, Deck, Slide, Spot, fitted, plain
from semantic.display.slides.plot import draw_chart
from semantic.display.tokens import LIGHT
from semantic.display.words.kpi import course_points
from semantic.policy.narrow import VisibleModel
from semantic.results.result import Result

NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""The date of a presentation without answers, because this module reads no clock."""

EDGE, TOP, BOTTOM = 40.0, 92.0, 500.0  # points: the sides of a slide, and where its content begins and ends
MOST_NUMBERS = 6  # on one slide
NARROWEST, WIDEST = 380.0, 880.0  # points of a picture, whose letters grow as it gets narrower
GAP = 16.0
NOTE, MOST_NOTES = 9.5, 4  # the size of notes below a chart, and how many there are
_THIN = re.compile(r"(?:Thin bar|Dashed|Pale): [^.:]*\.\s?")
NOTHING: Mapping[str, Sequence[Annotation]] = {}


def board_presentation(
    shown: BoardShown, visible: VisibleModel, *, remarks: Mapping[str, Sequence[Annotation]] = NOTHING
) -> bytes:
    """Return the presentation for the person who sees `visible`.

    `remarks` are the remarks on each tile's chart.
    """
    slides = _Slides(shown, visible, remarks, shared_texts(shown))
    deck = Deck(shown.title, shown.as_of or NO_DAY)
    slides.first(deck)
    for tab in shown.tabs:
        name = tab.title if len(shown.tabs) > 1 else ""
        numbers = [tile for tile in _tiles(tab) if tile.tile.kind is TileKind.NUMBER]
        groups = _evenly(numbers, MOST_NUMBERS)
        for place, group in enumerate(groups, start=1):
            slides.numbers(deck, group, name, f"{place} of {len(groups)}" if len(groups) > 1 else "")
        for tile in _tiles(tab):
            if tile.tile.kind is TileKind.TEXT:
                slides.text(deck, tile, name)
            elif tile.tile.kind is not TileKind.NUMBER:
                slides.finding(deck, tile, name)
    return deck.finish()


def _evenly(tiles: Sequence[TileShown], most: int) -> list[Sequence[TileShown]]:
    """Return the tiles in as few groups as possible, with at most `most` tiles each and about equal sizes."""
    count = ceil(len(tiles) / most)
    ends = [round(len(tiles) * place / count) for place in range(count + 1)] if count else []
    return [tiles[start:end] for start, end in pairwise(ends)]


def _tiles(tab: TabShown) -> Iterator[TileShown]:
    return (tile for row in tab.rows for tile in row.tiles)


@dataclass(frozen=True, slots=True)
class _Slides:
    """Draws the slides of a board. Its fields are what every slide needs."""

    shown: BoardShown
    visible: VisibleModel
    remarks: Mapping[str, Sequence[Annotation]]
    texts: tuple[str, ...]  # shown once, on the first slide

    # The first slide

    def first(self, deck: Deck) -> None:
        """Draw the title slide: the board's title, headline and days, and the person whose access it shows."""
        shown = self.shown
        slide = deck.slide(shown.title or "Board", layout="Title")
        slide.box(Spot(0, 0, 14, HEIGHT), colour=LIGHT.accent)
        y = 120.0
        y += slide.title(Spot(72, y, 800, 100), size=40, least=24) + 14
        if shown.headline:
            y += slide.text(Spot(72, y, 800, 96), shown.headline, size=22, least=14) + 14
        if note := without_clicks(shown.note):
            slide.text(Spot(72, y, 800, 60), note, size=14, colour=LIGHT.muted, least=11)
        as_of = f"As of {shown.as_of_words}" if shown.as_of_words else ""
        who = f"For {self.visible.actor.name or self.visible.actor.id}"
        scope = f"Scope: {scope_words(shown)}" if scope_words(shown) else ""
        texts = [shown.words, *(text for text in self.texts if text != shown.words)]
        lines = [*filter(None, texts), ". ".join(filter(None, (as_of, who, scope)))]
        fact = trust_fact(shown)
        top = 478.0 - 18 * (len(lines) + 1)
        for line in lines:
            slide.text(Spot(72, top, 830, 16), line, size=12, colour=LIGHT.muted, least=8)
            top += 18
        if trust := trust_words(shown):
            slide.text(Spot(72, top, 830, 16), trust, size=12, colour=STATES.get(fact.state, LIGHT.muted), least=8)
        slide.foot(self._foot)
        details = (trust_words(shown), *trust_details(shown))
        slide.notes("\n".join(filter(None, (shown.headline, shown.note, *lines, *details, self._link))))

    @property
    def _link(self) -> str:
        return f"Live board: {self.shown.link}" if self.shown.link else ""

    @property
    def _foot(self) -> str:
        as_of = f"as of {self.shown.as_of_words}" if self.shown.as_of_words else ""
        return " \N{MIDDLE DOT} ".join(filter(None, ("Samepage", self.shown.title, as_of)))

    def _begin(self, deck: Deck, title: str, subtitle: str, tab: str) -> tuple[Slide, float]:
        """Add a slide with its title on at most two lines and its subtitle below.

        Returns the slide, and the height at which its content begins.
        """
        slide = deck.slide(title)
        y = 26.0
        if tab:
            slide.text(Spot(EDGE, 16, 880, 14), tab, size=11, colour=LIGHT.muted)
            y = 32.0
        y += slide.title(Spot(EDGE, y, 880, 62), size=26, least=17) + 4
        if subtitle:
            y += slide.text(Spot(EDGE, y, 880, 30), subtitle, size=13, colour=LIGHT.muted, least=9)
        slide.foot(self._foot)
        return slide, max(TOP, y + 18)

    def _days(self, tile: TileShown) -> str:
        """Return the tile's days and filters if they differ from those on the first slide, otherwise ""."""
        return "" if tile.words in self.texts else tile.words

    # Numbers

    def numbers(self, deck: Deck, tiles: Sequence[TileShown], tab: str, part: str) -> None:
        """Draw cards next to each other. Each card has a number, its change, its trend and its target."""
        name = ", ".join(filter(None, (tab or "Key numbers", part)))
        has_headline = bool(self.shown.headline) and not tab and part[:2] in ("", "1 ")
        slide, top = self._begin(
            deck, self.shown.headline if has_headline else name, name if has_headline and part else "", ""
        )
        lines = [tiles] if len(tiles) <= 4 else _evenly(tiles, ceil(len(tiles) / 2))
        height = min(260, (BOTTOM - top - GAP * (len(lines) - 1)) / len(lines))
        for line in lines:
            width = (WIDTH - 2 * EDGE - GAP * (len(line) - 1)) / len(line)
            for place, tile in enumerate(line):
                self._card(slide, tile, Spot(EDGE + place * (width + GAP), top, width, height))
            top += height + GAP
        slide.notes("\n\n".join(self._notes(tile) for tile in tiles))

    def _card(self, slide: Slide, tile: TileShown, spot: Spot) -> None:
        slide.box(spot, edge=LIGHT.line, colour=LIGHT.page, name="Card")
        left, width, y = spot.left + 14, spot.width - 28, spot.top + 12
        y += slide.text(Spot(left, y, width, 32), tile.heading, size=13, bold=True, least=10) + 2
        if days := self._days(tile):
            y += slide.text(Spot(left, y, width, 22), days, size=9, colour=LIGHT.muted) + 2
        result = tile.result
        if result is None or not result.table.num_rows:
            text = tile.sentence if result is None else NO_ROWS
            slide.text(
                Spot(left, y + 4, width, spot.top + spot.height - y - 12), text, size=12, colour=LIGHT.muted, least=9
            )
            return
        words = number_words(tile, result)
        y += slide.text(Spot(left, y, width, 40), words.value, size=32, bold=True, least=18) + 2
        for text, verdict in words.lines[:2]:
            y += slide.text(Spot(left, y, width, 28), text, size=11, colour=INKS[verdict], least=9) + 2
        below = self._below(tile, words)
        floor = spot.top + spot.height - 10
        sizes = (fitted(text, width, 60, 9.5, least=9.5) for text, _ in below)
        need = sum(LEADING * size * len(lines) + 2 for size, lines in sizes) + (14 if words.meter is not None else 0)
        free = floor - y - need
        if free > 34 and (course := _course(tile)) is not None:
            draw_chart(
                slide,
                Spot(left - 4, y + 2, width + 8, min(free - 2, 110)),
                course,
                alt=f"Trend of {tile.title}",
                bare=True,
            )
            y += min(free, 112)
        if words.meter is not None:
            _meter(slide, Spot(left, y + 4, width, 4), words.meter, words.target[0][0])
            y += 14
        for text, colour in below:
            if y + 11 > floor:
                break
            y += slide.text(Spot(left, y, width, floor - y), text, size=9.5, colour=colour, least=8) + 1

    def _below(self, tile: TileShown, words: NumberWords) -> list[tuple[str, str]]:
        """Return the lines below a number with their colours: its target and its caveats."""
        texts = [(text, INKS[verdict]) for text, verdict in words.target if text]
        return [*texts, *((fact.word, STATES[fact.state]) for fact in tile.facts if fact.state in ("bad", "caution"))]

    # One finding

    def finding(self, deck: Deck, tile: TileShown, tab: str) -> None:
        """Draw a slide with a tile's finding as the title and its chart or table below."""
        texts = (tile.subtitle, without_clicks(tile.tile.note), self._days(tile))
        subtitle = " ".join(with_full_stop(text) for text in texts if text).removesuffix(".")
        slide, top = self._begin(deck, tile.heading or "Untitled", subtitle, tab)
        notes, result = list(self._must_read(tile)), tile.result
        if tile.analysis is not None:
            self._analysis(deck, slide, top, tile, tile.analysis, notes, tab)
            return
        if result is None or not result.table.num_rows:
            slide.text(
                Spot(EDGE, top, 880, 80), tile.sentence if result is None else NO_ROWS, size=16, colour=LIGHT.muted
            )
        elif tile.tile.kind is TileKind.CHART:
            notes = self._chart(slide, top, tile, result, notes)
        else:
            of_tile = pivot_table(result) if tile.tile.kind is TileKind.PIVOT else answer_table(result)
            self._table(slide, top, tile, of_tile, notes)
        self._write_below(slide, notes)
        slide.notes(self._notes(tile))

    def _analysis(
        self, deck: Deck, slide: Slide, top: float, tile: TileShown, found: AnalysisShown,
        notes: list[tuple[str, str]], tab: str,
    ) -> None:  # fmt: skip
        """Draw the chart of an analysis, and its first table on a separate slide.

        If it has no chart, there is only the table. The counting rule begins below the chart, and is complete in the
        speaker notes.
        """
        first = f"How it counts: {found.rule[0]}" if found.rule else ""
        more = f" The other {counted(len(found.rule) - 1, 'rule')} are in the notes." if len(found.rule) > 1 else ""
        notes = [(text, LIGHT.muted) for text in (f"{first}{more}", *found.notes) if text] + notes
        chart = found.main_chart(LIGHT)
        tables = [text_answer_table(table) for table in found.tables[:1]]
        if chart is not None and chart.figure is not None and is_drawable(chart.figure):
            spot = Spot(EDGE, top, 880, BOTTOM - top - _height(notes) - 8)
            width = min(WIDEST, max(NARROWEST, figure_height(chart.figure) * spot.width / spot.height))
            slide.picture(spot, figure_png(chart.figure, width), alt=chart.alt)
            self._write_below(slide, notes)
            slide.notes(self._notes(tile))
            if not tables or not tables[0].table.rows:
                return
            slide, top = self._begin(deck, f"{tile.title}, in numbers", self._days(tile), tab)
            notes = []
        for table in tables:
            self._table(slide, top, tile, table, notes)
        self._write_below(slide, notes)
        slide.notes(self._notes(tile))

    def _write_below(self, slide: Slide, notes: Sequence[tuple[str, str]]) -> None:
        """Draw the caveats above the footer. The speaker notes have all of them too."""
        y = BOTTOM - _height(notes)
        for text, colour in notes[:MOST_NOTES]:
            y += slide.text(Spot(EDGE, y, 880, 24), text, size=NOTE, colour=colour) + 1

    def _must_read(self, tile: TileShown) -> Iterator[tuple[str, str]]:
        for fact in tile.facts:
            if fact.state in ("bad", "caution"):
                yield f"{fact.word}: {fact.sentence}", STATES[fact.state]
        notes = tile.result.notes if tile.result is not None else ()
        for text in (ignored_words(tile), *notes):
            if text and not is_said(text, (*self.texts, tile.words)):
                yield text, LIGHT.muted
        if tile.is_earlier:
            yield "Newer data is available.", LIGHT.caution

    def _chart(
        self, slide: Slide, top: float, tile: TileShown, result: Result, notes: list[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        chart = chart_for(result, LIGHT, wanted=tile.tile.chart or None, annotations=self.remarks.get(tile.tile.id, ()))
        plots = native_charts(chart, result)
        is_multiple = chart.kind == "multiples"
        note = _of_native(chart.note) if plots and not is_multiple else chart.note
        texts = [(text, LIGHT.muted) for text in (without_clicks(note), ". ".join(chart.events)) if text]
        notes = [*texts, *notes]
        if chart.figure is None:
            if chart.kind in ("tiles", "table"):
                self._table(slide, top, tile, answer_table(result), notes)
            else:
                slide.text(Spot(EDGE, top, 880, 80), chart.reason, size=16, colour=LIGHT.muted)
            return notes
        spot = Spot(EDGE, top, 880, BOTTOM - top - _height(notes) - 8)
        if plots:
            _draw_plots(slide, spot, plots, chart.alt, is_one_scale=is_multiple)
        elif is_drawable(chart.figure):
            width = min(WIDEST, max(NARROWEST, figure_height(chart.figure) * spot.width / spot.height))
            slide.picture(spot, figure_png(chart.figure, width), alt=chart.alt)
        else:
            self._table(slide, top, tile, answer_table(result), notes)
        return notes

    def _table(
        self, slide: Slide, top: float, tile: TileShown, table: AnswerTable, notes: Sequence[tuple[str, str]]
    ) -> None:
        spot = Spot(EDGE, top, 880, BOTTOM - top - _height(notes) - 8)
        cells, left_out = table_on_slide(table.table, spot.width, spot.height - 18)
        slide.table(Spot(spot.left, spot.top, sum(cells.widths), cells.height), cells, alt=f"Table: {tile.title}")
        if left_out:
            slide.text(Spot(EDGE, spot.top + cells.height + 8, 880, 14), left_out, size=10, colour=LIGHT.muted)

    # Text

    def text(self, deck: Deck, tile: TileShown, tab: str) -> None:
        """Draw a slide for a text tile. If the first line is bold, it becomes the title."""
        found = list(blocks(without_clicks(tile.tile.text)))
        title = tile.title
        if not title and found and _is_heading(found[0]):
            title = _words(found.pop(0))
        if not title and not found:
            return
        slide, y = self._begin(deck, title or "Notes", "", tab)
        for block in found:
            mark = {"bullet": "\N{BULLET}", "number": f"{block.number}."}.get(block.kind, "")
            indent = 20.0 if mark else 0.0
            if y > BOTTOM - 20:
                break
            if mark:
                slide.text(Spot(EDGE, y, indent, 20), mark, size=15, colour=LIGHT.muted)
            y += slide.text(Spot(EDGE + indent, y, 820 - indent, BOTTOM - y), _words(block), size=15, least=11)
            y += 6 if mark else 10
        slide.notes(without_clicks(tile.tile.text))

    # Speaker notes

    def _notes(self, tile: TileShown) -> str:
        """Return the speaker notes: what the numbers mean, which days and rows they count, and the receipt."""
        return "\n".join(line for line in self._note_lines(tile) if line)

    def _note_lines(self, tile: TileShown) -> Iterator[str]:
        yield tile.title
        yield tile.finding if tile.finding != tile.title else ""
        yield without_clicks(tile.tile.note)
        result = tile.result
        if not tile.is_answered:
            yield tile.sentence
            return
        yield tile.words
        yield f"Scope: {tile.scope.removeprefix('Scope: ') or 'No row restrictions'}"
        yield ignored_words(tile)
        if tile.analysis is not None:
            yield from analysis_lines(tile, tile.analysis)
            yield f"Receipt {tile.receipt} {receipt_address(self.shown, tile.receipt)}".strip() if tile.receipt else ""
            yield self._link
        if result is None:
            return
        for definition in about(result, self.visible).definitions:
            without = f" Doesn't mean: {definition.does_not_mean}" if definition.does_not_mean else ""
            yield f"{definition.label}: {definition.means}{without} Computed as: {definition.formula}"
        yield from result.notes
        for fact in tile.facts:
            yield f"{fact.word}: {fact.sentence}"
        yield f"Computed {moment_in(result.computed_at, result.period.time_zone)}"
        if result.receipt:
            yield f"Receipt {result.receipt} {receipt_address(self.shown, result.receipt)}".strip()
        if tile.line is not None and tile.line.receipt:
            yield f"Trend: receipt {tile.line.receipt}"
        yield self._link


def _height(notes: Sequence[tuple[str, str]]) -> float:
    """Return the height that the notes below a chart or table need."""
    sizes = [fitted(plain(text), 880, 24, NOTE, least=NOTE) for text, _ in notes[:MOST_NOTES]]
    return sum(LEADING * size * len(lines) + 1 for size, lines in sizes)


def _of_native(note: str) -> str:
    """Return a chart's note without the part that the legend of an editable chart replaces.

    An editable chart shows a comparison as pale bars instead of thin ones.
    """
    return _THIN.sub("", note).strip()


def _is_heading(block: Block) -> bool:
    return block.kind == "paragraph" and len(block.lines) == 1 and all(span.style == "bold" for span in block.lines[0])


def _words(block: Block) -> str:
    return " ".join("".join(span.text for span in line) for line in block.lines)


def _course(tile: TileShown) -> NativeChart | None:
    """Return the trend of a number as a line without axes, or None."""
    points = course_points(tile.line) if tile.line is not None else []
    if len(points) < 2 or tile.line is None:
        return None
    values = tuple(value for _, value in points)
    column = main_values(tile.line)[0]
    series = Series(name=column.label, values=values, places=(-1,) * len(values), colour=LIGHT.series[0], column=column)
    days = tuple(day for day, _ in points)
    return NativeChart(kind="line", categories=tuple(day.isoformat() for day in days), series=(series,), days=days)


def _meter(slide: Slide, spot: Spot, index: float, words: str) -> None:
    """Draw a thin progress bar with a tick at the expected progress."""
    ends_at = 1.2
    reached = max(0.0, min(index, ends_at)) / ends_at
    slide.box(spot, colour=LIGHT.line, name="Target")
    if reached:
        slide.box(
            Spot(spot.left, spot.top, spot.width * reached, spot.height), colour=LIGHT.muted, name="Progress", alt=words
        )
    slide.box(
        Spot(spot.left + spot.width / ends_at, spot.top - 3, 1.2, spot.height + 6), colour=LIGHT.ink, name="Expected"
    )


def _draw_plots(slide: Slide, spot: Spot, plots: Sequence[NativeChart], alt: str, *, is_one_scale: bool) -> None:
    """Draw one chart, or several charts with names next to each other."""
    if len(plots) == 1:
        draw_chart(slide, spot, plots[0], alt=alt, size=12)
        return
    columns = len(plots) if len(plots) <= 3 else ceil(len(plots) / 2)
    rows = ceil(len(plots) / columns)
    width = (spot.width - GAP * (columns - 1)) / columns
    height = (spot.height - GAP * (rows - 1)) / rows
    known = [value for plot in plots for series in plot.series for value in series.values if value is not None]
    for place, plot in enumerate(plots):
        row, column = divmod(place, columns)
        left, top = spot.left + column * (width + GAP), spot.top + row * (height + GAP)
        slide.text(Spot(left, top, width, 16), plot.title, size=12, bold=True)
        own = Spot(left, top + 18, width, height - 18)
        most = 1.05 * max(known) if is_one_scale and known and max(known) > 0 else None
        draw_chart(slide, own, plot, alt=f"{plot.title}. {alt}", size=10, most=most, legend=not is_one_scale)
