"""The phrases of a text in order, with functions that interpret a phrase by its neighbours."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from semantic.model.definitions import NumberFormat
from semantic.reading.cover import Piece
from semantic.reading.lexicon import LABEL, SYNONYM, Lexicon, Meaning
from semantic.reading.parts import Part
from semantic.reading.text import Token, stem

_WITH_ANY = frozenset(
    f"{word} {article}"
    for word in ("with", "used", "using", "have", "had", "mit", "where")
    for article in ("a", "an", "any", "some", "einem", "einer", "irgendeinem")
)
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
        """Whether rows can have no value for this dimension.

        An order can have no coupon, but it always is paid or not.
        """
        kinds = {self.lexicon.seen.dimension(meaning.name)[0].kind for meaning in dimension}
        return bool(kinds) and "boolean" not in kinds

    def yes(self, dimension: tuple[Meaning, ...]) -> tuple[Meaning, ...]:
        """Return the dimensions that are yes or no and named by their label, such as email consent.

        A label such as "new or returning" doesn't say which of both is the yes.
        """
        seen = self.lexicon.seen
        return tuple(
            each
            for each in dimension
            if each.tier == LABEL
            and seen.dimension(each.name)[0].kind == "boolean"
            and not re.search(r"\b(?:or|vs|versus|oder)\b", seen.dimension(each.name)[0].label.casefold())
        )

    def says_with(self, place: int, *, after_metric: bool) -> bool:
        """Whether rows are asked for that have any value: "orders with a coupon", "mit Gutschein". Not "with a coupon
        SALE5", and not "revenue with coupon", which can be a breakdown.
        """
        piece = self.pieces[place]
        words = " ".join(token.word for token in self.tokens[: piece.start])
        before = re.sub(r"\bw /(?!\S)", "with", words).split()[-2:]
        following = self.pieces[place + 1] if place + 1 < len(self.pieces) else None
        if following is not None and (following.quoted or following.is_unknown or following.of("member")):
            return False
        dimension = piece.of("dimension")
        if self.yes(dimension):
            return before[-1:] in (["with"], ["have"], ["had"], ["mit"])
        if not self.can_miss(dimension):
            return False
        said = " ".join(before) in _WITH_ANY or before[-1:] == ["mit"]
        return said or (before[-1:] == ["with"] and self.is_plural(piece) and after_metric)

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

    def noun_follows(self, place: int, member: tuple[Meaning, ...]) -> bool:
        """Whether the dimension of a member comes right after it, as in "the email channel"."""
        following = self.pieces[place + 1].of("dimension") if place + 1 < len(self.pieces) else ()
        return bool({meaning.name for meaning in following} & {meaning.name for meaning in member})

    def describes_metric(self, place: int) -> bool:
        """Whether a metric comes right after a singular noun, as in "email conversions"."""
        following, word = self.pieces[place + 1 : place + 2], self.tokens[self.pieces[place].end - 1].word
        return bool(following) and bool(following[0].of("metric")) and not word.endswith("s")

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

    def of_how_much(self, place: int, metric: tuple[Meaning, ...]) -> tuple[Meaning, ...]:
        """Return the metrics that "how much" or "how many" can ask for, if some are amounts and others numbers.

        "How much did we refund" is an amount.
        """
        formats = {self.format(each) for each in metric if each.tier <= SYNONYM}
        texts = {self.text(at) for at in range(place)}
        if formats != {NumberFormat.MONEY, NumberFormat.COUNT}:
            return metric
        much, many = texts & {"how much", "wie viel", "wieviel"}, texts & {"how many", "wie viele", "wieviele"}
        wanted = NumberFormat.MONEY if much else NumberFormat.COUNT if many else None
        return tuple(each for each in metric if wanted is None or self.format(each) is wanted)

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

    def _counted(self, piece: Piece) -> Iterator[str]:
        """Yield the entity that a phrase counts, by its own last word or by the name of its metric: "Kunden" are
        customers. "Conversion rate" isn't a conversion.
        """
        named = [self.tokens[piece.end - 1].stem] if not piece.of("dimension") else []
        counts = [each for each in piece.of("metric")[:1] if self.format(each) is NumberFormat.COUNT]
        yield from (
            each for each in (*named, *(stem(each.name.split("_")[-1]) for each in counts)) if each in self.entities
        )

    def entity_before(self, place: int) -> tuple[str, int]:
        """Return the entity that a limit is about, as in "customers with", and where it's named, or ("", -1)."""
        for at in range(place - 1, max(-1, place - 5), -1):
            piece = self.pieces[at]
            for entity in self._counted(piece):
                return entity, at
            if piece.of("dimension") or piece.of("metric"):
                break
        return "", -1
