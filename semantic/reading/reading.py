"""Read a question in words: split the text, cover it with phrases, and choose their meanings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from semantic.model.settings import MONTHS, WEEK_DAYS
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Query
from semantic.reading.choosing import Chooser
from semantic.reading.cover import Piece, cover
from semantic.reading.days import Clock
from semantic.reading.draft import draft
from semantic.reading.lexicon import Lexicon
from semantic.reading.resolving import KNOWN_COST
from semantic.reading.spoken import continued, resolve_pieces
from semantic.reading.text import Token, as_typed, cut
from semantic.reading.understood import Ambiguity, Reading


def read(text: str, lexicon: Lexicon, *, today: date, previous: Query | None = None) -> Reading:
    """Return the reading of a text for the person whose lexicon this is.

    `previous` is the question that the text may continue. No text raises an error, and the reading contains only
    questions that this person can ask.
    """
    settings = lexicon.seen.model.settings
    clock = Clock(today, MONTHS.index(settings.fiscal_start) + 1, WEEK_DAYS.index(settings.week_start))
    tokens = lexicon.corrected(cut(text))
    pieces = resolve_pieces(cover(tokens, lexicon, clock), tokens, lexicon, clock)
    if previous is not None:
        pieces = continued(pieces, tokens, previous, clock)
    made = draft(pieces, tokens, _entities(lexicon.seen), lexicon)
    reading = Chooser(tokens, pieces, made, lexicon, clock, previous).reading()
    if reading.left and (ended := _with_ends(pieces, tokens, lexicon)) is not None:
        made = draft(ended, tokens, _entities(lexicon.seen), lexicon)
        asking = Chooser(tokens, ended, made, lexicon, clock, previous).reading()
        reading = asking if asking.asks else reading
    unsure = [piece for piece in pieces if piece.days is not None and piece.days.or_else]
    if not unsure:
        return reading
    other = read(_with_other_days(text, unsure, tokens), lexicon, today=today, previous=previous)
    return _either(reading, other, as_typed(tokens[unsure[0].start : unsure[0].end]))


def _with_ends(pieces: Sequence[Piece], tokens: Sequence[Token], lexicon: Lexicon) -> tuple[Piece, ...] | None:
    """Return the pieces with unknown words as what names of several metrics end in, such as abandonment.

    Such an end names no metric, so the reading asks which one is meant. None if the text names a metric, has other
    unknown words, or filters or breaks down by these.
    """
    unknown = [place for place, piece in enumerate(pieces) if piece.is_unknown]
    if not unknown or any(piece.of("metric") for piece in pieces) or unknown[-1] - unknown[0] >= len(unknown):
        return None
    if any(piece.has("by", "not", "only") for piece in pieces[: unknown[0]]):
        return None
    first, last = pieces[unknown[0]], pieces[unknown[-1]]
    meanings = lexicon.ends.get(tuple(token.stem for token in tokens[first.start : last.end]))
    if meanings is None:
        return None
    return (
        *pieces[: unknown[0]],
        Piece(first.start, last.end, meanings=meanings, cost=KNOWN_COST),
        *pieces[unknown[-1] + 1 :],
    )


def _with_other_days(text: str, pieces: Sequence[Piece], tokens: Sequence[Token]) -> str:
    """Return the text with the other meaning of its dates spelled out: "mondays" instead of "on monday"."""
    for piece in reversed(pieces):
        other = piece.days.or_else if piece.days is not None else ""
        text = text[: tokens[piece.start].start] + other + text[tokens[piece.end - 1].end :]
    return text


def _either(reading: Reading, other: Reading, words: str) -> Reading:
    """Return one reading for the two meanings of a date.

    If they give different questions, the reading asks which one is meant. If both already ask something, it asks both.
    Otherwise it's `reading`, or `other` if `reading` has neither a question nor anything to ask.
    """
    if reading.asks and other.asks:
        return replace(reading, asks=(*reading.asks, *other.asks))
    if reading.question is None or other.question is None or reading.question == other.question:
        return other if reading.question is None and not reading.asks else reading
    return replace(reading, question=None, asks=(Ambiguity(words, (reading.question, other.question)),))


def _entities(seen: VisibleModel) -> frozenset[str]:
    return seen.cached(
        "entities that words name",
        lambda: frozenset(entity.entity for dataset in seen.model.datasets.values() for entity in dataset.entities),
    )
