"""Why a tile is refused, in a sentence that mentions days only if the viewer or the author chose them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from semantic.boards.board import Tile
from semantic.display.failures import failure_words
from semantic.errors import PeriodNotWhole, SemanticError
from semantic.query.query import Named, Period, Query


def refusal_words(
    error: SemanticError, tile: Tile, query: Query, default: Period | None, is_valid: Callable[[Query], bool]
) -> str:
    """Return the refusal's own words, or a general sentence if its days come from the board's `default`.

    `is_valid` checks whether a question can be asked.
    """
    refusal_words = failure_words(error).removeprefix(error.title).lstrip(".: ")
    if not isinstance(error, PeriodNotWhole):
        return refusal_words
    text = f"whole {error.names[1]}s"
    if query.compare and is_valid(replace(query, compare=())):
        named = any(isinstance(comparison, Named) for comparison in query.compare)
        return refusal_words if named else f"The comparison period isn't made up of {text}. Choose another comparison."
    own = tile.question.time if tile.question is not None else None
    is_picked = query.time is not None and (query.time == own or query.time != default)
    return refusal_words if is_picked else f"The board's period isn't made up of {text}. Choose one that is."
