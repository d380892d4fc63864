"""What a board's file says besides its tiles: its settings, its reader, its trust, and each tile's receipt.

Everything is in the reader's own terms, as in `export_about`. Nothing names what their policy hides.
"""

from __future__ import annotations

from collections.abc import Iterator

from semantic.boards.board import TileKind
from semantic.display.boards.shown import BoardShown, TileShown
from semantic.display.export.about import Definition, about
from semantic.display.format import counted
from semantic.display.trust import Fact, board_trust, worst
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import upper_first

KIND_WORDS = {
    TileKind.NUMBER: "Number",
    TileKind.CHART: "Chart",
    TileKind.TABLE: "Table",
    TileKind.PIVOT: "Pivot",
    TileKind.TEXT: "Text",
}
NO_ANSWERS = "No tile has data for this viewer"


def board_facts(shown: BoardShown, visible: VisibleModel) -> tuple[tuple[str, str], ...]:
    """Return facts about the whole board as pairs of a word and a sentence, in reading order."""
    return tuple((word, text) for word, text in _facts(shown, visible) if text)


def _facts(shown: BoardShown, visible: VisibleModel) -> Iterator[tuple[str, str]]:
    yield "Set for all tiles", shown.words
    yield "As of", f"{shown.as_of_words} (oldest result)" if shown.as_of_words else ""
    yield "Trust", trust_words(shown)
    yield "For", visible.actor.name or visible.actor.id
    yield "Scope", scope_words(shown)
    yield "Not shown", _missing(shown)
    yield "Link", shown.link


def _missing(shown: BoardShown) -> str:
    count = sum(bool(tile.sentence) for tile in shown.tiles)
    beside = "it" if count == 1 else "each"
    return f"{counted(count, 'tile')}; the reason is shown on {beside}" if count else ""


def scope_words(shown: BoardShown) -> str:
    """Return which rows the answers were computed from, in the policy's words, each once."""
    results = [tile.result for tile in shown.tiles if tile.result is not None]
    scopes = dict.fromkeys(result.scope.removeprefix("Scope: ") for result in results)
    if not results:
        return ""
    return upper_first("; ".join(scope or "no row restrictions" for scope in scopes))


def trust_facts(shown: BoardShown) -> tuple[Fact, ...]:
    """Return the board's trust, counted over its tiles, as on screen."""
    return board_trust((tile.title, tile.facts) for tile in shown.tiles if tile.result is not None)


def trust_fact(shown: BoardShown) -> Fact:
    """Return the most serious fact about the board's tiles."""
    return worst(trust_facts(shown))


def trust_words(shown: BoardShown) -> str:
    """Return the board's trust on one line: "9 of 10 certified. 1 not final: Net revenue."."""
    facts = trust_facts(shown)
    if not facts:
        return NO_ANSWERS
    certified, *others = facts
    return " ".join((f"{certified.word}.", *(f"{fact.word}: {fact.sentence}" for fact in others)))


def tile_trust(tile: TileShown) -> str:
    """Return a tile's facts on one line: "Certified, Data to 27 Sep 2026"."""
    return ", ".join(_without_stop(fact.word) for fact in tile.facts)


def ignored_words(tile: TileShown) -> str:
    """Return the board's settings that this tile can't use, each with its reason."""
    return " ".join(f"Without {ignored.what}: {_sentence(ignored.reason)}" for ignored in tile.ignored)


def definitions_of(shown: BoardShown, visible: VisibleModel) -> tuple[Definition, ...]:
    """Return each metric of the board once, in the order of its tiles."""
    definitions: dict[Definition, None] = {}
    for tile in shown.tiles:
        if tile.result is not None:
            definitions |= dict.fromkeys(about(tile.result, visible).definitions)
    return tuple(definitions)


def _without_stop(text: str) -> str:
    return text.rstrip(". ")


def _sentence(text: str) -> str:
    return f"{_without_stop(text)}." if text else ""
