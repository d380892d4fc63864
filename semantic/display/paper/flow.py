"""Fill pages from the top, with cards next to each other and tables over as many pages as they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from semantic.display.paper.page import Paper
from semantic.display.paper.pieces import Picture, Piece, draw_pieces, height_of
from semantic.display.paper.table import Table, bands
from semantic.display.tokens import LIGHT

MARGIN, TOP, BOTTOM = 36.0, 40.0, 46.0
GAP, PAD = 9.0, 9.0
COLUMN_GAP = 24.0
UNTORN = 0.6  # of a page
FEW_ROWS = 3  # rows that must fit below the headers where a table begins


@dataclass(frozen=True, slots=True)
class Card:
    """A framed part of a page. `units` is the card's share of the width."""

    pieces: tuple[Piece, ...]
    units: int


class Flow:
    """The current page, and how far it's filled."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.y = TOP

    @property
    def width(self) -> float:
        return self.paper.width - 2 * MARGIN

    @property
    def body(self) -> float:
        """The maximum height of content on one page."""
        return self.paper.height - TOP - BOTTOM

    @property
    def room(self) -> float:
        return self.paper.height - BOTTOM - self.y

    def make_room(self, height: float) -> None:
        """Start a new page if `height` doesn't fit on this one.

        Content taller than a page starts at the top of a page.
        """
        if height > self.room and self.y > TOP:
            self.paper.turn()
            self.y = TOP

    def put(self, pieces: Sequence[Piece], *, together: bool = False) -> None:
        """Draw pieces over the full width. With `together`, they are on the same page if they fit."""
        if together:
            self.make_room(height_of(pieces, self.width))
        for piece in pieces:
            height = piece.height(self.width)
            self.make_room(height)
            piece.draw(self.paper, MARGIN, self.y, self.width)
            self.y += height

    def put_cards(self, cards: Sequence[Card], above: Sequence[Piece] = ()) -> None:
        """Draw cards next to each other at the same height, with the content of `above` as a heading on the same page.

        If the cards are slightly too tall for the page, their figures are drawn lower.
        """
        units = sum(card.units for card in cards)
        free = self.width - GAP * (len(cards) - 1)
        widths = [free * card.units / units for card in cards]
        heading = height_of(above, self.width)
        sized = [(card.pieces, width - 2 * PAD) for card, width in zip(cards, widths, strict=True)]
        missing = max(height_of(pieces, width) for pieces, width in sized) + 2 * PAD + heading - self.room
        if missing > 0 and (lower := _lowered(sized, self.room - heading - 2 * PAD)):
            cards = [replace(card, pieces=pieces) for card, pieces in zip(cards, lower, strict=True)]
            sized = [(card.pieces, width) for card, (_, width) in zip(cards, sized, strict=True)]
        height = max(height_of(pieces, width) for pieces, width in sized) + 2 * PAD
        self.make_room(heading + height)
        self.put(above)
        left = MARGIN
        for card, width in zip(cards, widths, strict=True):
            self.paper.box(left, self.y, width, height, edge=LIGHT.line, corner=3)
            draw_pieces(self.paper, card.pieces, left + PAD, self.y + PAD, width - 2 * PAD)
            left += width + GAP
        self.y += height + GAP

    def put_pairs(self, parts: Sequence[Sequence[Piece]]) -> None:
        """Draw parts in two columns, pair by pair, so that a list takes fewer pages."""
        width = (self.width - COLUMN_GAP) / 2
        for place in range(0, len(parts), 2):
            pair = parts[place : place + 2]
            height = max(height_of(pieces, width) for pieces in pair)
            self.make_room(height)
            for at, pieces in enumerate(pair):
                draw_pieces(self.paper, pieces, MARGIN + at * (width + COLUMN_GAP), self.y, width)
            self.y += height

    def put_table(self, above: Sequence[Piece], table: Table, below: Sequence[Piece]) -> None:
        """Draw a table over the full width, on as many pages as it needs, with headers on each page."""
        for place, band in enumerate(bands(table, self.width)):
            first = list(above) if place == 0 else []
            above_it = height_of(first, self.width) + band.head_height
            height = above_it + band.row_height * len(table.rows) + GAP
            # A table that fits on a page isn't split, unless that would leave much of the previous page empty.
            least = above_it + band.row_height * min(FEW_ROWS, len(table.rows))
            self.make_room(height if height < UNTORN * self.body else least)
            self.put(first)
            self.y += 4
            done = 0
            while done < len(table.rows) or done == 0:
                fits = max(1, int((self.room - band.head_height) / band.row_height))
                count = min(fits, len(table.rows) - done)
                self.y += band.draw_rows(self.paper, MARGIN, self.y, done, count)
                done += max(count, 1)
                if done < len(table.rows):
                    self.paper.turn()
                    self.y = TOP
            self.y += GAP / 2
        self.put(below)
        self.y += GAP


def _lowered(cards: Sequence[tuple[Sequence[Piece], float]], room: float) -> list[tuple[Piece, ...]]:
    """Return the cards' pieces with lower figures that fit the page. Empty if a figure would be too low to read."""
    lowered: list[tuple[Piece, ...]] = []
    for pieces, width in cards:
        missing = height_of(pieces, width) - room
        if missing <= 0:
            lowered.append(tuple(pieces))
            continue
        pictures = [piece for piece in pieces if isinstance(piece, Picture)]
        if len(pictures) != 1 or (lower := pictures[0].lower(width, missing)) is None:
            return []
        lowered.append(tuple(lower if piece is pictures[0] else piece for piece in pieces))
    return lowered
