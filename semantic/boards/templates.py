"""Templates for boards with the marketing model.

Boards from templates are stored like any other board, and limited to what each person can see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from semantic.boards.apply import Check
from semantic.boards.board import UNITS, Board, Row, Tab, Tile
from semantic.boards.data import board_from_yaml
from semantic.errors import UnknownName
from semantic.policy.narrow import VisibleModel

_FOLDER: Final = Path(__file__).parent / "templates"
NAMES: Final = ("executive_summary", "paid_media", "email", "pipeline", "ecommerce", "subscriptions")
"""The names of the templates, in display order."""


@dataclass(frozen=True, slots=True)
class Template:
    """A board to start from. `left_out` has the titles of tiles that use names hidden from this person."""

    name: str
    board: Board
    left_out: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.board.title

    @property
    def sentence(self) -> str:
        return self.board.note


@cache
def all_templates() -> tuple[Template, ...]:
    """Return every template in full, without any access checks."""
    return tuple(
        Template(name, board_from_yaml((_FOLDER / f"{name}.yml").read_text(encoding="utf-8"), f"{name}.yml"))
        for name in NAMES
    )


def templates(seen: VisibleModel, check: Check) -> tuple[Template, ...]:
    """Return the templates, each with only the tiles that this person can ask.

    A template is left out if fewer than half of its tiles remain. `check` is the preflight for the same person and day.
    """
    return tuple(fitted for template in all_templates() if (fitted := _fitted(template, seen, check)) is not None)


def _fitted(template: Template, seen: VisibleModel, check: Check) -> Template | None:
    board = template.board
    ids = {tile.id for tile in board.tiles if tile.question is None or check(tile.question).ok}
    asking = [tile for tile in board.tiles if tile.question is not None]
    if 2 * sum(tile.id in ids for tile in asking) < len(asking):
        return None
    rows = (Row(tiles=_widened(row, ids), height=row.height) for tab in board.tabs for row in tab.rows)
    fitted = replace(
        board,
        tabs=(Tab(rows=tuple(row for row in rows if row.tiles)),),
        filters=tuple(condition for condition in board.filters if _is_there(condition.dim, seen)),
    )
    return Template(template.name, fitted, tuple(_names(tile for tile in board.tiles if tile.id not in ids)))


def _widened(row: Row, kept: set[str]) -> tuple[Tile, ...]:
    """Return the remaining tiles of a row, widened to fill the space of the removed ones."""
    tiles = tuple(tile for tile in row.tiles if tile.id in kept)
    if len(tiles) < len(row.tiles) and sum(tile.width for tile in tiles) < UNITS:
        return tuple(replace(tile, width=0) for tile in tiles)
    return tiles


def _is_there(dimension: str, seen: VisibleModel) -> bool:
    try:
        seen.dimension(dimension)
    except UnknownName:
        return False
    return True


def _names(tiles: Iterable[Tile]) -> Iterator[str]:
    return (tile.title or tile.id.replace("-", " ") for tile in tiles)
