"""The facts that accompany the tiles of an exported board: settings, reader, trust, and each tile's receipt.

All names are those that the reader can see, as in `display.export.about`. Nothing reveals what their policy hides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from semantic.boards.board import TileKind
from semantic.display.boards.shown import AnalysisShown, BoardShown, TileShown
from semantic.display.export.about import Definition, about
from semantic.display.format import counted, moment, moment_in
from semantic.display.trust import Fact, board_trust, worst
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import upper_first

_PARTS = "bar|cell|chart|column|legend|line|mark|name|number|point|row|segment|slice|table|tile|value"
_CLICKS = re.compile(
    r"Click (?:a|an|the|any|on) |(?:Point at|Hover over) "
    rf"|(?:Tap|Select) (?:a|an|the|any|on an?|on the) (?:{_PARTS})s?\b"
)
_RECEIPT = re.compile(r"[A-Za-z0-9-]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
KIND_WORDS = {
    TileKind.NUMBER: "Number",
    TileKind.CHART: "Chart",
    TileKind.TABLE: "Table",
    TileKind.PIVOT: "Pivot",
    TileKind.TEXT: "Text",
    TileKind.ANALYSIS: "Analysis",
}
NO_ANSWERS = "No tile has data for this viewer"


def board_facts(shown: BoardShown, visible: VisibleModel) -> tuple[tuple[str, str], ...]:
    """Return facts about the whole board in reading order, each as a term and a sentence."""
    return tuple((word, text) for word, text in _facts(shown, visible) if text)


def _facts(shown: BoardShown, visible: VisibleModel) -> Iterator[tuple[str, str]]:
    yield "Headline", shown.headline
    yield "Set for all tiles", shown.words
    yield "As of", f"{shown.as_of_words} (oldest result)" if shown.as_of_words else ""
    yield "Trust", trust_words(shown)
    for text in trust_details(shown):
        yield "", text
    yield "For", visible.actor.name or visible.actor.id
    yield "Scope", scope_words(shown)
    yield "Not shown", _missing(shown)
    yield "Link", shown.link


def _missing(shown: BoardShown) -> str:
    count = sum(bool(tile.sentence) for tile in shown.tiles)
    beside = "it" if count == 1 else "each"
    return f"{counted(count, 'tile')}; the reason is shown on {beside}" if count else ""


def scope_words(shown: BoardShown) -> str:
    """Return the scope of the board's answers, which is the rows that the policy shows. Each scope occurs once."""
    scopes = dict.fromkeys(tile.scope.removeprefix("Scope: ") for tile in shown.tiles if tile.is_answered)
    if not scopes:
        return ""
    return upper_first("; ".join(scope or "no row restrictions" for scope in scopes))


def trust_facts(shown: BoardShown) -> tuple[Fact, ...]:
    """Return the trust facts of the board, counted over its tiles as on screen."""
    asked = (tile for tile in shown.tiles if tile.is_asked or tile.is_answered)
    return board_trust((tile.title, tile_facts(tile)) for tile in asked)


def tile_facts(tile: TileShown) -> tuple[Fact, ...]:
    """Return the trust facts of a tile. A tile that failed has a single fact: it has no data."""
    if not tile.is_answered and tile.sentence:
        return (Fact("No data", "cloud_off", "caution", tile.sentence),)
    return tile.facts


def trust_fact(shown: BoardShown) -> Fact:
    """Return the most serious fact about the board's tiles."""
    return worst(trust_facts(shown))


def trust_words(shown: BoardShown) -> str:
    """Return the board's trust on one line, as on screen: "9 of 10 certified · 1 not final · Data to 30 Nov 2026"."""
    facts = trust_facts(shown)
    if not facts or not any(tile.is_answered for tile in shown.tiles):
        return NO_ANSWERS
    return " \N{MIDDLE DOT} ".join((*(fact.word for fact in facts), *_oldest(shown)))


def trust_details(shown: BoardShown) -> tuple[str, ...]:
    """Return one line for each problem, with the tiles that it affects: "1 not final: Net revenue."."""
    return tuple(f"{fact.word}: {fact.sentence}" for fact in trust_facts(shown) if fact.state != "good")


def _oldest(shown: BoardShown) -> Iterator[str]:
    """Yield how far the least fresh data reaches, in its question's time zone.

    Yields nothing if no answer has a date.
    """
    known = [(tile.result.data_to, tile.result) for tile in shown.tiles if tile.result is not None]
    ends = [(day, result) for day, result in known if day is not None]
    if ends:
        day, result = min(ends, key=lambda pair: pair[0])
        yield f"Data to {moment(day.astimezone(ZoneInfo(result.period.time_zone)))}"


def tile_trust(tile: TileShown) -> str:
    """Return the trust facts of a tile on one line: "Certified, Data to 27 Sep 2026"."""
    return ", ".join(_without_stop(fact.word) for fact in tile.facts)


def ignored_words(tile: TileShown) -> str:
    """Return the board settings that this tile can't use, each with the reason."""
    return " ".join(f"Without {ignored.what}: {_sentence(ignored.reason)}" for ignored in tile.ignored)


def analysis_lines(tile: TileShown, found: AnalysisShown) -> Iterator[str]:
    """Yield lines about an analysis for its reader: how it counts, its limitations, its trust, and when it ran."""
    yield f"How it counts: {found.counting}"
    yield from found.notes
    for fact in tile.facts:
        yield f"{fact.word}: {fact.sentence}"
    if found.computed_at is not None:
        yield f"Computed {moment_in(found.computed_at, found.time_zone)}"


def definitions_of(shown: BoardShown, visible: VisibleModel) -> tuple[Definition, ...]:
    """Return the definition of each metric on the board, in the order of the tiles. Each definition occurs once."""
    definitions: dict[Definition, None] = {}
    for tile in shown.tiles:
        if tile.result is not None:
            definitions |= dict.fromkeys(about(tile.result, visible).definitions)
    return tuple(definitions)


def without_clicks(text: str) -> str:
    """Return the text without sentences that tell readers where to click, because a file can't be clicked.

    If nothing else is left of a list item, the item is removed too.

    >>> without_clicks("Largest first. Click a channel to filter. Click rate is in %.")
    'Largest first. Click rate is in %.'
    """
    lines: list[str] = []
    for line in text.split("\n"):
        mark = line[: len(line) - len(line.lstrip(" -*"))] if line.lstrip().startswith(("- ", "* ")) else ""
        sentences = _SENTENCE.split(line[len(mark) :])
        kept = [sentence for sentence in sentences if not _CLICKS.match(sentence)]
        if kept or not sentences[0]:
            lines.append(mark + " ".join(kept) if len(kept) < len(sentences) else line)
    return "\n".join(lines)


def receipt_address(shown: BoardShown, receipt: str) -> str:
    """Return the address of a receipt, next to the board's own address. "" if that address isn't known."""
    base, slash, _ = shown.link.partition("?")[0].rpartition("/")
    is_known = base.startswith(("https://", "http://")) and _RECEIPT.fullmatch(receipt) is not None
    return f"{base}{slash}receipt?receipt={receipt}" if is_known else ""


def with_full_stop(text: str) -> str:
    """Return the text with a full stop, unless it ends with a question mark, an exclamation mark or an ellipsis.

    >>> tuple(with_full_stop(text) for text in ("Funnel: Views to Carts", "Do they come back?", "All.", ""))
    ('Funnel: Views to Carts.', 'Do they come back?', 'All.', '')
    """
    text = text.rstrip(". ")
    return text if not text or text.endswith(("?", "!", "\N{HORIZONTAL ELLIPSIS}")) else f"{text}."


def _without_stop(text: str) -> str:
    return text.rstrip(". ")


def _sentence(text: str) -> str:
    return f"{_without_stop(text)}." if text else ""
