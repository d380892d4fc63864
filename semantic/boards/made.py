"""Make tiles from questions. The question decides how its tile is shown, unless someone chooses another way."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from semantic.boards.board import Tile, TileKind
from semantic.query.query import Query

NOT_WHOLE: Final = (
    "Part of this question isn't available to you, and would be missing on a board. Open it in Explore and add "
    "what's shown there."
)
"""The message for a saved question that can't become a tile."""


def kinds_for(query: Query) -> tuple[TileKind, ...]:
    """Return the kinds of tile that can show a question's answer, best first."""
    count = len(query.by)
    if not count:
        return (TileKind.NUMBER, TileKind.TABLE) if len(query.metrics) == 1 else (TileKind.TABLE,)
    if count == 1:
        return TileKind.CHART, TileKind.TABLE
    if count == 2:
        return TileKind.CHART, TileKind.TABLE, TileKind.PIVOT
    return TileKind.TABLE, TileKind.PIVOT


def make_tile(query: Query, id: str, *, title: str = "", chart: str = "", origin: str = "") -> Tile:
    """Return a tile for a question, shown in the most suitable way. If it's a chart, it's of the kind `chart`.

    >>> make_tile(Query(metrics=("revenue",)), "revenue").kind
    <TileKind.NUMBER: 'number'>
    """
    kind = TileKind.TABLE if chart == "table" else kinds_for(query)[0]
    chosen = chart if kind is TileKind.CHART else ""
    return Tile(id=id, kind=kind, title=title, question=query, chart=chosen, origin=origin)


def ask_instead(tile: Tile, query: Query) -> Tile:
    """Return the tile with a different question, shown as before if possible.

    If its display was automatic, or doesn't fit the new question, the most suitable one is used.
    """
    fitting = kinds_for(query)
    was_chosen = tile.question is not None and tile.kind is not kinds_for(tile.question)[0]
    kind = tile.kind if was_chosen and tile.kind in fitting else fitting[0]
    same = tile.question is not None and _shape(tile.question) == _shape(query)
    return replace(tile, question=query, kind=kind, chart=tile.chart if same and kind is TileKind.CHART else "")


def show_as(tile: Tile, kind: TileKind) -> Tile:
    """Return the tile shown as another kind, or unchanged if its question can't be shown that way."""
    if tile.question is None or kind not in kinds_for(tile.question) or kind is tile.kind:
        return tile
    return replace(tile, kind=kind, chart="")


def _shape(query: Query) -> tuple[int, int, int, bool]:
    """Return the properties of a question that decide which charts are suitable."""
    dated = sum(breakdown.runs for breakdown in query.by)
    return dated, len(query.by) - dated, len(query.metrics), bool(query.compare)
