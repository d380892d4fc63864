"""The phrases of a text in order, with functions that interpret a phrase by its neighbours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from semantic.model.definitions import NumberFormat
from semantic.reading.cover import Piece
from semantic.reading.lexicon import Lexicon, Meaning
from semantic.reading.parts import Part
from semantic.reading.text import Token, stem

ARTICLES = frozenset({"the", "all", "our", "der", "die", "das", "unserer", "aller"})


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of one text.

    A place is an index of `pieces`. `entities` are the stems of countable things, such as customers.
    """

    pieces: Sequence[Piece]
    tokens: Sequence[Token]
    entities: frozenset[str]
    lexicon: Lexicon

    def text(self, place: int) -> str:
        """Return the words of a phrase in their normalized form."""
        piece = self.pieces[place]
        return " ".join(token.word for token in self.tokens[piece.start : piece.end])

    def text_before(self, place: int) -> str:
        """Return the phrase before a place, skipping words without meaning. "" at the start."""
        earlier = [at for at in range(place) if not self.pieces[at].is_skipped]
        return self.text(earlier[-1]) if earlier else ""

    def can_miss(self, dimension: tuple[Meaning, ...]) -> bool:
        """Whether rows can have no value of this dimension.

        An order can have no coupon, but it always is paid or not.
        """
        kinds = {self.lexicon.seen.dimension(meaning.name)[0].kind for meaning in dimension}
        return bool(kinds) and "boolean" not in kinds

    def have_attribute(self, piece: Piece, part: Part) -> bool:
        """Whether the named things have these members as an attribute.

        For example, campaigns have an objective in "awareness campaigns".
        """
        seen = self.lexicon.seen
        things = {place.dataset for each in piece.of("dimension") for place in seen.places(each.name)}
        picked = {place.dataset for each in part.meanings for place in seen.places(each.name)}
        return any(not picked.isdisjoint(seen.model.joins.paths(thing)) for thing in things)

    def as_typed(self, part: Part) -> tuple[Meaning, ...]:
        """Return the meanings of a part, with a search text written as the person typed it.

        A search for a single word that many names contain ignores case, so the typed form can be used.
        """
        piece = self.pieces[part.piece]
        if piece.end - piece.start > 1:
            return part.meanings
        typed = self.tokens[piece.start].text
        return tuple(
            replace(each, contains=typed) if each.contains.casefold() == typed.casefold() else each
            for each in part.meanings
        )

    def says_whose(self, place: int, piece: Piece) -> bool:
        """Whether a name only says which entity a condition applies to, as in "customers with more than 2 orders"."""
        if piece.end - piece.start > 1 or self.tokens[piece.start].stem not in self.entities:
            return False
        following = next((each for each in self.pieces[place + 1 :] if not each.is_skipped), None)
        return following is not None and (following.has("with", "which", "operator") or bool(following.of("segment")))

    def is_plural(self, piece: Piece) -> bool:
        """Whether a noun looks like an English or German plural."""
        word = self.tokens[piece.end - 1].word
        return stem(word) != word or word.endswith(("en", "nale", "arkte", "ander"))

    def versus_follows(self, place: int, member: tuple[Meaning, ...]) -> bool:
        """Whether "vs" and another member of the same dimension follow the phrase."""
        names = {meaning.name for meaning in member}
        following = [piece for piece in self.pieces[place + 1 : place + 4] if not piece.is_skipped]
        if len(following) < 2 or not following[0].has("vs", "and"):
            return False
        return any(m.name in names for m in following[1].of("member")) and not (
            following[0].has("and") and not following[0].has("vs") and bool(following[1].of("metric"))
        )

    def is_value_of(self, piece: Piece) -> bool:
        """Whether the text asks for the value of a counted thing, as in "the value of orders"."""
        before = [token.word for token in self.tokens[: piece.start] if token.word not in ARTICLES]
        return before[-2:] in (["value", "of"], ["values", "of"]) or before[-1:] == ["wert"]

    def format(self, meaning: Meaning) -> NumberFormat:
        """Return the number format of a metric."""
        return self.lexicon.seen.metric(meaning.name).format

    def follows_including(self, place: int) -> bool:
        """Whether a place follows "including", as in "revenue including tax"."""
        before = {self.text_before(place), self.text(max(0, place - 2))}  # "incl." has a full stop
        return not before.isdisjoint(("including", "incl", "inkl", "inklusive"))

    def noun_before(self, place: int, used: Collection[int]) -> frozenset[str]:
        """Return the dimensions named right before a member, unless they're already used, as in "variant A"."""
        for at in range(place - 1, -1, -1):
            piece = self.pieces[at]
            if piece.of("dimension") and not piece.of("metric"):
                names = frozenset(meaning.name for meaning in piece.of("dimension"))
                own = {meaning.name for meaning in self.pieces[place].of("member")}
                return names if names & own and at not in used else frozenset()
            if not piece.is_skipped and not piece.has("of"):
                break
        return frozenset()

    def named_together(self, first: int, place: int) -> tuple[Meaning, ...]:
        """Return the metrics whose name consists of two separate phrases, as in "win rate … by number of deals"."""
        last = self.pieces[first]
        words = [*self.tokens[last.start : last.end]]
        for at in range(place - 1, -1, -1):
            if self.pieces[at].has("by"):
                words += self.tokens[self.pieces[at].start : self.pieces[place].end]
                break
        found = dict(self.lexicon.find(words, 0)).get(len(words), ())
        return tuple(meaning for meaning in found if meaning.kind == "metric")
