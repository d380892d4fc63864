"""Cover the whole text with the fewest and best-known phrases, so that no part of a longer name is read separately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from semantic.reading.days import ONE_BEFORE, SAME_OF, YEAR_OVER_YEAR, Clock, Days, read_days
from semantic.reading.grammar import Role, Word, is_stop, read_words
from semantic.reading.lexicon import Lexicon, Meaning
from semantic.reading.text import Token

UNKNOWN = 10.0
"""The cost of a token without a known meaning. It's higher than the cost of any known meaning."""

_SIGNS = frozenset("?!.:'’‘()*#…·|–—-/,;&+")
"""Signs that are skipped unless the grammar defines a meaning for them. Percent and money signs are never skipped."""


_CODES = frozenset({"at", "in", "no"})
"""Function words that are codes in capitals. An unknown market must not be read as "not" or "at"."""


_NO_WORD = "\0"
_PER = frozenset({"per", "pro", "je", "a", "an", "each", "every"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A phrase of the text, with everything it can mean. If it has no meaning, it wasn't understood."""

    start: int
    end: int  # tokens
    roles: tuple[Word, ...] = ()
    days: Days | None = None
    before: bool = False  # "the quarter before", "year over year", "the same days"
    meanings: tuple[Meaning, ...] = ()
    quoted: str = ""
    cost: float = field(default=UNKNOWN, compare=False)

    @property
    def is_unknown(self) -> bool:
        return self.cost >= UNKNOWN

    @property
    def is_skipped(self) -> bool:
        """Whether the phrase doesn't contribute to the question."""
        return not (self.days or self.before or self.meanings or self.quoted) and all(
            word.role == "stop" for word in self.roles
        )

    @property
    def kind(self) -> str:
        """What a phrase without a name is in a question, such as its period."""
        if self.days is not None:
            return "period"
        if self.before or self.has("vs"):
            return "comparison"
        kinds: tuple[tuple[Role, str], ...] = (
            ("operator", "threshold"),
            ("grain", "breakdown"),
            ("top", "top"),
            ("calc", "calculation"),
        )
        return next((kind for role, kind in kinds if self.has(role)), "word")

    def has(self, *roles: Role) -> bool:
        return any(word.role in roles for word in self.roles)

    def word(self, role: Role) -> Word | None:
        return next((word for word in self.roles if word.role == role), None)

    def of(self, kind: str) -> tuple[Meaning, ...]:
        return tuple(meaning for meaning in self.meanings if meaning.kind == kind)


def cover(tokens: Sequence[Token], lexicon: Lexicon, clock: Clock) -> tuple[Piece, ...]:
    """Return the phrases that cover all tokens at the lowest cost.

    The time is linear in the length of the text, because each phrase has at most a few words.
    """
    words = [token.word if token.kind in ("word", "number", "sign") else _NO_WORD for token in tokens]
    dated = [
        _NO_WORD if token.word in _CODES and _is_code(token, tokens) else word
        for token, word in zip(tokens, words, strict=True)
    ]
    best: list[tuple[float, Piece | None]] = [(0.0, None)]
    best += [(float("inf"), None)] * len(tokens)
    for place in range(len(tokens)):
        sofar = best[place][0]
        for piece in _pieces(tokens, words, dated, place, lexicon, clock):
            cost = sofar + piece.cost
            if cost < best[piece.end][0]:
                best[piece.end] = (cost, piece)
    pieces: list[Piece] = []
    place = len(tokens)
    while place > 0:
        piece = best[place][1]
        assert piece is not None  # every token has at least an unknown piece
        pieces.append(piece)
        place = piece.start
    return tuple(reversed(pieces))


def _pieces(
    tokens: Sequence[Token], words: Sequence[str], dated: Sequence[str], place: int, lexicon: Lexicon, clock: Clock
) -> list[Piece]:
    """Return every phrase that can begin at a token, one for each possible end.

    `dated` are the words that can be part of a period, without codes such as AT.
    """
    token = tokens[place]
    if token.kind == "odd":
        return [Piece(place, place + 1)]
    if token.kind == "quoted":
        inner = tuple(meaning for meaning in lexicon.find_text(token.text))
        return [Piece(place, place + 1, meanings=inner, quoted=token.text, cost=1.0)]
    roles: dict[int, list[Word]] = {}
    for size, word in read_words(words, place):
        if size == 1 and (word.role == "stop" or token.word in _CODES) and _is_code(token, tokens):
            continue
        if word.role == "sort" and token.word == "order" and place and words[place - 1] in _PER:
            continue  # sessions per order by device
        roles.setdefault(size, []).append(word)
    meanings = dict(lexicon.find(tokens, place))
    days, before = read_days(dated, place, clock), _before(words, place)
    pieces = [Piece(place, place + 1, cost=UNKNOWN)]
    if token.kind == "sign" and token.word in _SIGNS and 1 not in roles:
        pieces.append(Piece(place, place + 1, roles=(Word("stop"),), cost=0.3))
    for size in {*roles, *meanings}:
        known = tuple(roles.get(size, ()))
        named = meanings.get(size, ())
        pieces.append(Piece(place, place + size, known, None, meanings=named, cost=_cost(known, named, size)))
    if days is not None:
        pieces.append(Piece(place, place + days[0], days=days[1], cost=0.9))
    if before is not None:
        pieces.append(Piece(place, place + before, before=True, cost=0.95))
    return pieces


def _is_code(token: Token, tokens: Sequence[Token]) -> bool:
    """Whether a short word is a code in capitals, such as IT. In a text that is all in capitals, no word is a code."""
    if not (token.kind == "word" and len(token.text) == 2 and token.text.isupper()):
        return False
    return any(other.kind == "word" and not other.text.isupper() for other in tokens)


def _cost(roles: Sequence[Word], meanings: Sequence[Meaning], size: int) -> float:
    costs = [0.5 * size if word.role == "stop" and size == 1 else 0.8 for word in roles]
    if meanings:
        costs.append(1.0 + 0.02 * meanings[0].tier)
    return min(costs)


def _before(words: Sequence[str], place: int) -> int | None:
    text = " ".join(words[place : place + 6])
    for pattern in (YEAR_OVER_YEAR, ONE_BEFORE, SAME_OF):
        match = pattern.match(text)
        if match and match[0] and (len(text) == match.end() or text[match.end()] == " "):
            return len(match[0].split())
    return None


def is_filler(token: Token) -> bool:
    return token.kind == "sign" or is_stop(token.word)
