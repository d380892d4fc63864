"""A board as PDF pages for reading and printing: its tiles in screen order, then their sources.

Text can be selected, figures are vectors, and tables continue over several pages with repeated headers. Each metric's
definition and each tile's receipt are at the end. The same board gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from semantic.annotations.annotation import Annotation
from semantic.boards.board import TileKind
from semantic.display.boards.about import (
    definitions_of,
    scope_words,
    trust_fact,
    trust_words,
    with_full_stop,
    without_clicks,
)
from semantic.display.boards.cards import SMALL, TITLE, TilePaper, is_said, tile_on_paper
from semantic.display.boards.shown import BoardShown, RowShown, TileShown
from semantic.display.export.about import Definition
from semantic.display.format import moment_in
from semantic.display.paper.flow import GAP, MARGIN, PAD, Card, Flow
from semantic.display.paper.letters import fitting, printable
from semantic.display.paper.page import Paper
from semantic.display.paper.pieces import Bookmark, Piece, Space, Words, height_of
from semantic.display.paper.table import Band, bands
from semantic.display.tokens import LIGHT
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_day

NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""The date of a file without answers, because this module reads no clock."""

MANY_COLUMNS, MANY_ROWS = 8, 25  # of a table, from which on pages are landscape
QUIET = (TileKind.NUMBER, TileKind.TEXT)
TALLEST_BESIDE = 300.0  # points: the maximum for a table next to other tiles; a taller one gets its own row
NOTHING: Mapping[str, Sequence[Annotation]] = {}


def board_pdf(
    shown: BoardShown, visible: VisibleModel, *, remarks: Mapping[str, Sequence[Annotation]] = NOTHING
) -> bytes:
    """Return the PDF for the person who sees `visible`. `remarks` are the remarks on each tile's chart."""
    texts = shared_texts(shown)
    rows = [row for tab in shown.tabs for row in tab.rows]
    tiles = {
        tile.tile.id: tile_on_paper(
            tile, remarks.get(tile.tile.id, ()), texts, settings=shown.words, is_high=_is_high(row)
        )
        for row in rows
        for tile in row.tiles
    }
    paper = Paper(shown.title, shown.local_as_of or NO_DAY, across=_lies_across(shown, tiles))
    flow = Flow(paper)
    flow.put(list(_board_head(shown, visible, texts)))
    flow.y += GAP
    for tab in shown.tabs:
        heading: list[Piece] = []
        if tab.title and len(shown.tabs) > 1:
            heading = [Bookmark(tab.title), Words(tab.title, 12, bold=True, above=4), Space(GAP / 2)]
        if not tab.rows:
            flow.put(heading, together=True)
        for row in tab.rows:
            _row(flow, row, tiles, heading)
            heading = []
    _definitions(flow, definitions_of(shown, visible))
    _sources(flow, shown)
    return paper.finish(lambda number, pages: _foot(paper, shown, number, pages))


def _is_high(row: RowShown) -> bool:
    """Whether a row has a tile other than numbers and text, and so is tall on paper."""
    return any(tile.tile.kind not in QUIET for tile in row.tiles)


def _lies_across(shown: BoardShown, papers: Mapping[str, TilePaper]) -> bool:
    """Whether the pages are in landscape format.

    They are if a row has three charts or tables, or if a long table has many columns.
    """
    rows = [row for tab in shown.tabs for row in tab.rows]
    crowded = any(sum(tile.tile.kind not in QUIET for tile in row.tiles) > 2 for row in rows)
    tables = [paper.table.table for paper in papers.values() if paper.table is not None]
    wide = any(len(table.heads) > MANY_COLUMNS and len(table.rows) > MANY_ROWS for table in tables)
    return crowded or wide


def shared_texts(shown: BoardShown) -> tuple[str, ...]:
    """Return the texts that are shown once at the top instead of on each tile.

    These are the days that more than half of the answers share, and the notes that all answers share. Answers for other
    days show their own days. A note that only some answers have stays on their tiles, because readers would apply it to
    all.
    """
    answered = [tile for tile in shown.tiles if tile.is_answered]
    if len(answered) < 2:
        return ()
    days = Counter(tile.words for tile in answered if tile.words)
    notes = Counter(note for tile in answered if tile.result is not None for note in dict.fromkeys(tile.result.notes))
    most = [text for text, count in days.items() if 2 * count > len(answered)]
    return (*most, *(text for text, count in notes.items() if count == len(answered) and not is_said(text, most)))


def _board_head(shown: BoardShown, visible: VisibleModel, texts: Sequence[str]) -> Iterator[Piece]:
    """Yield the head of a board: its title, settings, reader, trust, and notes.

    Its notes apply to every tile that has no notes of its own.
    """
    yield Words(shown.title, 17, bold=True, above=0)
    if shown.headline:
        yield Words(shown.headline, 11, above=3)
    if note := without_clicks(shown.note):
        yield Words(note, 8.5, LIGHT.muted)
    if shown.words:
        yield Words(shown.words, 8.5)
    for text in texts:
        if text != shown.words:
            yield Words(text, 8, LIGHT.muted)
    fact = trust_fact(shown)
    ink = {"bad": LIGHT.unfavourable, "caution": LIGHT.caution, "good": LIGHT.favourable}.get(fact.state, LIGHT.muted)
    if trust := trust_words(shown):
        yield Words(trust, 8, ink)
    as_of = f"As of {shown.as_of_words}" if shown.as_of_words else ""
    who = f"For {visible.actor.name or visible.actor.id}"
    scope = f"Scope: {scope_words(shown)}" if scope_words(shown) else ""
    yield Words(". ".join(part for part in (as_of, who, scope) if part), 8, LIGHT.muted)


def _foot(paper: Paper, shown: BoardShown, number: int, pages: int) -> None:
    """Draw the footer of a page: the board's title, the time of its answers, and the page number."""
    y = paper.height - 22
    as_of = f"as of {shown.as_of_words}" if shown.as_of_words else ""
    said = ", ".join(part for part in ("Samepage", shown.title, as_of) if part)
    shortened = fitting(printable(said), paper.width - 2 * MARGIN - 80, 7)
    paper.line([(MARGIN, y - 11), (paper.width - MARGIN, y - 11)], colour=LIGHT.line, width=0.5)
    paper.text(MARGIN, y, shortened, size=7, colour=LIGHT.muted)
    paper.text(paper.width - MARGIN, y, f"Page {number} of {pages}", size=7, colour=LIGHT.muted, align="right")


# Tiles


def _row(flow: Flow, row: RowShown, papers: Mapping[str, TilePaper], heading: Sequence[Piece]) -> None:
    """Draw the tiles of a row next to each other, with the heading above them on the same page.

    A table that needs the full width, or is taller than the other tiles, gets its own row.
    """
    line: list[Card] = []
    units = dict(zip((tile.tile.id for tile in row.tiles), row.widths, strict=True))
    for tile in row.tiles:
        parts = papers[tile.tile.id]
        card = _card(flow, parts, units[tile.tile.id], sum(row.widths), len(row.tiles))
        if card is not None:
            line.append(card)
            continue
        if line:
            flow.put_cards(line, heading)
            line, heading = [], []
        assert parts.table is not None
        flow.put_table([*heading, *parts.above], parts.table.table, parts.below)
        heading = []
    if line:
        flow.put_cards(line, heading)


def _card(flow: Flow, parts: TilePaper, units: int, of: int, count: int) -> Card | None:
    """Return the tile as a card, or None if its table needs a row of its own."""
    if parts.table is None:
        return Card((*parts.above, *parts.below), units)
    width = (flow.width - GAP * (count - 1)) * units / of - 2 * PAD
    table_bands = bands(parts.table.table, width)
    pieces: list[Piece] = [*parts.above, Space(4), *table_bands, *parts.below]
    fits = len(table_bands) == 1 and _is_readable(table_bands[0]) and height_of(pieces, width) <= TALLEST_BESIDE
    return Card(tuple(pieces), units) if fits else None


def _is_readable(band: Band) -> bool:
    """Whether the text of a table has a readable size. A table next to other tiles must not be shrunk below it."""
    return band.size >= 7


# At the end


def _definitions(flow: Flow, definitions: Sequence[Definition]) -> None:
    if not definitions:
        return
    flow.y += GAP
    flow.make_room(90)
    flow.paper.bookmark("Definitions")
    flow.put([Words("Definitions", 12, bold=True, above=0)])
    parts: list[list[Piece]] = []
    for definition in definitions:
        texts = (
            definition.means,
            definition.does_not_mean and f"Doesn't mean: {definition.does_not_mean}",
            f"Computed as: {definition.formula}",
            ". ".join(
                part.rstrip(".")
                for part in (definition.owner and f"Owner: {definition.owner}", definition.certified)
                if part
            ),
        )
        lines = [Words(text, 7.5, LIGHT.muted, above=0) for text in texts if text]
        parts.append([Words(definition.label, 8.5, bold=True, above=6), *lines])
    flow.put_pairs(parts)


def _sources(flow: Flow, shown: BoardShown) -> None:
    """Draw the sources: each answer's days, scope, freshness, versions and receipt, and a link to the board."""
    flow.y += GAP
    flow.make_room(90)
    flow.paper.bookmark("Sources")
    flow.put([Words("Sources", 12, bold=True, above=0)])
    parts: list[list[Piece]] = []
    for tile in shown.tiles:
        source = list(_source(tile))
        if source:
            lines = [Words(text, SMALL, LIGHT.muted, above=0) for text in source]
            parts.append([Words(tile.title, TITLE - 1, bold=True, above=5), *lines])
    flow.put_pairs(parts)
    if shown.link:
        flow.put([Words(f"Live board: {shown.link}", SMALL, above=8)])


def _source(tile: TileShown) -> Iterator[str]:
    result = tile.result
    if tile.analysis is not None:
        yield f"{with_full_stop(tile.title)} {tile.words or 'All time'}, {tile.time_zone}."
        computed = f"Computed {moment_in(tile.as_of, tile.time_zone)}" if tile.as_of is not None else ""
        yield ". ".join(part for part in (tile.scope, computed) if part)
        if tile.receipt:
            yield f"Receipt {tile.receipt}"
    if result is None:
        if tile.sentence:
            yield tile.sentence
        return
    yield f"{result.title}. {result.period.words or 'All time'}, {result.period.time_zone}. {result.filters}".strip()
    data = result.data_to_words or (f"Data loaded {describe_day(result.data_to)}" if result.data_to else "")
    version = f"Model version {result.version_words or result.model_version}"
    computed = f"Computed {moment_in(result.computed_at, result.period.time_zone)}"
    yield ". ".join(part for part in (result.scope, data, version, computed) if part)
    if result.receipt:
        yield f"Receipt {result.receipt}"
    if tile.line is not None and tile.line.receipt:
        yield f"Trend: receipt {tile.line.receipt}"
