"""A board as one reader sees it: each tile's words, answer and trust, for the page, the workbook and the PDF.

Nothing is computed here. All numbers come from the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from semantic.boards.applied import Ignored
from semantic.boards.board import Height, Tile, TileKind
from semantic.boards.edit import widths_of
from semantic.display.charts.chart import Chart
from semantic.display.format import moment_in
from semantic.display.rows import NO_USUAL, Usual
from semantic.display.text_tables import TextTable
from semantic.display.tokens import Tokens
from semantic.display.trust import Fact
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.targets.pace import NoPace, Pace

NAMED: Final = "Named in the model:"
"""The start of the sentence that names the person who certified an analysis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisShown:
    """The result of an analysis of events, in words. `charts` returns its charts, most important first."""

    title: str
    sentence: str
    tables: tuple[TextTable, ...]
    rule: tuple[str, ...]
    notes: tuple[str, ...]
    filters: str
    scope: str
    receipt: str
    charts: Callable[[Tokens], list[Chart]]
    kind: str = ""
    computed_at: datetime | None = None  # UTC
    time_zone: str = "UTC"

    def main_chart(self, tokens: Tokens) -> Chart | None:
        """Return the chart that a tile shows: the grid of cohorts or, if there is none, the first chart."""
        drawn = [chart for chart in self.charts(tokens) if chart.figure is not None]
        return next((chart for chart in drawn if chart.kind == "heat"), next(iter(drawn), None))

    @property
    def public_counting(self) -> str:
        """The counting rule without the person who certified the analysis, for readers who don't sign in."""
        return replace(self, rule=tuple(text for text in self.rule if not text.startswith(NAMED))).counting

    @property
    def counting(self) -> str:
        """The counting rule: how the analysis counts, and which events it leaves out."""
        return " ".join((*self.rule, *([f"Filters: {self.filters}."] if self.filters else ())))


@dataclass(frozen=True, slots=True, kw_only=True)
class TileShown:
    """A tile with its answer.

    `result` is None for text. It's also None if there is no answer, and `sentence` then gives the reason. If
    `is_earlier`, a newer answer is in progress, and the current answer, if there is one, may use older data.
    """

    tile: Tile
    title: str  # the tile's own, otherwise its question's
    finding: str = ""  # the headline of its answer, or "" if there is none
    words: str = ""  # its days, comparison and filters, resolved
    query: Query | None = None  # its question under the board's state
    result: Result | None = None
    definition: str = ""  # its analysis under the board's state, as JSON
    analysis: AnalysisShown | None = None  # the result of its analysis
    seconds: float = 0.0  # how long its analysis took
    sentence: str = ""
    ignored: tuple[Ignored, ...] = ()
    line: Result | None = None  # the sparkline of a number over its period
    usual: Usual = field(default_factory=lambda: NO_USUAL)  # what is usual for a number's change
    facts: tuple[Fact, ...] = ()
    pace: Pace | None = None
    no_pace: NoPace | None = None  # why a number with targets has no pace
    is_pacing: bool = False  # its pace towards a target of the model is being computed
    is_earlier: bool = False

    @property
    def heading(self) -> str:
        """The line in bold: the author's title, the finding, or the question's title, whichever exists first.

        A number tile shows its metric instead, because its value and its change are its finding.
        """
        return self.finding if self._is_headed_by_finding else self.title

    @property
    def subtitle(self) -> str:
        """The muted line below the heading, or "" for number tiles and tiles without a finding.

        Below a finding, it's the question's title. Below the author's title, it's the finding.
        """
        if not self.finding or self.tile.kind is TileKind.NUMBER:
            return ""
        return self.title if self._is_headed_by_finding else self.finding

    @property
    def _is_headed_by_finding(self) -> bool:
        return bool(self.finding) and not self.tile.title and self.tile.kind is not TileKind.NUMBER

    @property
    def is_asked(self) -> bool:
        """Whether the tile has a question or an analysis that this reader can ask."""
        return self.query is not None or bool(self.definition)

    @property
    def is_answered(self) -> bool:
        return self.result is not None or self.analysis is not None

    @property
    def as_of(self) -> datetime | None:
        """When the answer was computed, in UTC. None if there is no answer."""
        if self.result is not None:
            return self.result.computed_at
        return self.analysis.computed_at if self.analysis is not None else None

    @property
    def time_zone(self) -> str:
        """The time zone of the answer's days. UTC if there is no answer."""
        if self.result is not None:
            return self.result.period.time_zone
        return self.analysis.time_zone if self.analysis is not None else "UTC"

    @property
    def receipt(self) -> str:
        """The ID of the answer's receipt. "" if there is no answer."""
        if self.result is not None:
            return self.result.receipt
        return self.analysis.receipt if self.analysis is not None else ""

    @property
    def scope(self) -> str:
        """The rows that the answer covers, in the policy's words."""
        if self.result is not None:
            return self.result.scope
        return self.analysis.scope if self.analysis is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShown:
    """Tiles next to each other. `widths` has each tile's width in twelfths of the row."""

    tiles: tuple[TileShown, ...]
    widths: tuple[int, ...]
    height: Height = "medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class TabShown:
    """A tab with its rows. `title` is "" if the board has only one tab."""

    title: str = ""
    rows: tuple[RowShown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardShown:
    """A board as one reader sees it, with its settings.

    `words` describes the settings for all tiles: the period, the comparison, and the filters.
    """

    title: str
    headline: str = ""  # the board's headline, or "" if there is none
    note: str = ""
    words: str = ""
    tabs: tuple[TabShown, ...] = ()
    link: str = ""  # the address that opens the board in this state

    @property
    def tiles(self) -> Iterator[TileShown]:
        """Every tile in reading order."""
        return (tile for tab in self.tabs for row in tab.rows for tile in row.tiles)

    @property
    def as_of(self) -> datetime | None:
        """When the oldest answer of the board was computed, in UTC. None if the board has no answers."""
        return min((tile.as_of for tile in self.tiles if tile.as_of is not None), default=None)

    @property
    def as_of_words(self) -> str:
        """The time of the oldest answer as text, in its question's time zone. "" if the board has no answers."""
        oldest = self._oldest
        return moment_in(oldest[0], oldest[1]) if oldest is not None else ""

    @property
    def local_as_of(self) -> datetime | None:
        """The time of the oldest answer, in its question's time zone. None if the board has no answers."""
        oldest = self._oldest
        return oldest[0].astimezone(ZoneInfo(oldest[1])) if oldest is not None else None

    @property
    def _oldest(self) -> tuple[datetime, str] | None:
        """The time of the oldest answer with its question's time zone. None if the board has no answers."""
        known = ((tile.as_of, tile.time_zone) for tile in self.tiles)
        return min(((at, zone) for at, zone in known if at is not None), key=lambda pair: pair[0], default=None)


def row_widths(tiles: Sequence[Tile]) -> tuple[int, ...]:
    """Return each tile's width in twelfths of a row: its own width, or an equal part of the space left by the others.

    The first tile without a width gets the remainder. If the widths don't fit the row, all become equal.

    >>> from semantic.boards.board import TileKind
    >>> row_widths([Tile(id="a", kind=TileKind.CHART, width=8), Tile(id="b", kind=TileKind.TEXT)])
    (8, 4)
    """
    return widths_of(tiles)
