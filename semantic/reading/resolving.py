"""Replace pieces of a text whose meaning depends on other pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semantic.reading.cover import Piece
from semantic.reading.grammar import Word
from semantic.reading.lexicon import SYNONYM, Lexicon, Meaning
from semantic.reading.text import Token, stem

STOP = (Word("stop"),)
SKIPPED_COST = 0.5
KNOWN_COST = 0.8


class PieceResolver:
    """The pieces of a text, what they say, and ways to replace them."""

    def __init__(self, pieces: list[Piece], tokens: Sequence[Token], lexicon: Lexicon) -> None:
        self.pieces, self.tokens, self.lexicon = pieces, tokens, lexicon
        self.texts = [" ".join(token.word for token in tokens[piece.start : piece.end]) for piece in pieces]

    def _become(self, place: int, *roles: Word) -> None:
        piece = self.pieces[place]
        cost = SKIPPED_COST if roles == STOP else KNOWN_COST
        self.pieces[place] = Piece(piece.start, piece.end, roles, cost=cost)

    def _leave(self, place: int) -> None:
        self.pieces[place] = Piece(self.pieces[place].start, self.pieces[place].end)

    def _next(self, place: int, *, over: frozenset[str] = frozenset()) -> int:
        """Return the index of the next piece that has a meaning, or -1. Prepositions in `over` are skipped too."""
        for at in range(place + 1, len(self.pieces)):
            if not (self.pieces[at].is_skipped or (self.texts[at] in over and not self.pieces[at].meanings)):
                return at
        return -1

    def _called(self, *words: str) -> tuple[Meaning, ...]:
        """Return the metrics whose name or synonym consists of these words."""
        tokens = [Token("word", word, word, stem(word), 0, 0) for word in words]
        found = dict(self.lexicon.find(tokens, 0)).get(len(tokens), ())
        return tuple(meaning for meaning in found if meaning.kind == "metric" and meaning.tier <= SYNONYM)

    def _words(self, place: int) -> list[str]:
        piece = self.pieces[place]
        return [token.word for token in self.tokens[piece.start : piece.end]]

    def _is_open(self, first: int, last: int) -> bool:
        """Whether there are only days, filters and words without meaning between two phrases."""
        return all(
            piece.is_skipped or piece.days is not None or piece.has("of") or piece.of("member")
            for piece in self.pieces[first + 1 : last]
        )

    def _rename(self, place: int, metrics: tuple[Meaning, ...]) -> None:
        self.pieces[place] = replace(self.pieces[place], roles=(), meanings=metrics, cost=1.0)
