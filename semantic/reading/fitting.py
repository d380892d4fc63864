"""Combine the meanings of a text's parts, and find the combinations that make a question its author can ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from semantic.compile import plan_question
from semantic.errors import SemanticError
from semantic.policy.narrow import measures_of
from semantic.query.query import Breakdown, Query
from semantic.reading.assemble import assemble
from semantic.reading.cover import Piece
from semantic.reading.days import Clock
from semantic.reading.lexicon import SYNONYM, Lexicon, Meaning
from semantic.reading.parts import Contradiction, Draft, NotAQuestion, Part, WrongUnit
from semantic.reading.text import Token, as_typed

MOST_CHOICES = 48  # combinations of meanings that are tried
MOST_READINGS = 6
MOST_LOOKED_AT = 600  # combinations that are assembled, whether or not they make a question


@dataclass(frozen=True, slots=True)
class Fit:
    """A combination of meanings that makes a valid question, and its cost."""

    choice: tuple[Meaning, ...]
    query: Query
    cost: float


@dataclass(slots=True)
class Fitter:
    """The parts of one text, and which of their meanings go together."""

    tokens: Sequence[Token]
    pieces: Sequence[Piece]
    made: Draft
    lexicon: Lexicon
    clock: Clock
    previous: Query | None
    tried: int = 0
    looked_at: int = 0
    reason: str = ""  # the first refusal
    refused: Query | None = None  # its question
    is_contradictory: bool = False  # if the first combination is contradictory, the others are guesses
    wrong_unit: float = float("inf")  # the cost of the first meaning with a limit in another unit

    def _base(self) -> Query | None:
        """Return the previous question if this text continues it, otherwise None."""
        if self.previous is None:
            return None
        if not self.made.metrics() or self.made.adds or self.made.switches:
            return self.previous
        first = self.tokens[0].word
        begins = first in _GOES_ON or " ".join(token.word for token in self.tokens[:2]) in _GOES_ON
        return self.previous if begins or self.made.instead else None

    def _text(self, piece: Piece) -> str:
        return as_typed(self.tokens[piece.start : piece.end])

    def _start(self, piece: Piece) -> int:
        return self.tokens[piece.start].start

    def _end(self, piece: Piece) -> int:
        return self.tokens[piece.end - 1].end

    def _candidates(self, part: Part) -> tuple[Meaning, ...]:
        kept = part.meanings
        if part.use in ("filter", "without"):
            order = self._spread
            return tuple(sorted(kept, key=lambda meaning: (meaning.tier, -order(meaning.name), len(meaning.name))))[:6]
        return kept[:6]

    def _spread(self, name: str) -> int:
        """Return how many facts reach a dimension.

        If two dimensions share a member, the one with more facts is preferred.
        """
        seen = self.lexicon.seen
        known = seen.cached("spread of dimensions", dict[str, int])
        if name not in known:
            places = {place.dataset for place in seen.places(name)}
            facts = {measure.dataset for metric in seen.metrics for measure in measures_of(metric, seen.model)}
            known[name] = sum(not places.isdisjoint(seen.model.joins.paths(fact)) for fact in facts)
        return known[name]

    def _fits(self, base: Query | None) -> list[Fit]:
        """Return the combinations of meanings that make a question, best first."""
        groups = self._grouped()
        options = [[(rank, meaning) for rank, meaning in enumerate(meanings)] for _, meanings in groups]
        combos = list(islice(product(*options), 4_000))
        combos.sort(
            key=lambda combo: (
                _tiers(combo),
                _members_of_others(combo),
                self._datasets(combo),
                sum(rank for rank, _ in combo),
            )
        )
        fits: list[Fit] = []
        for combo in combos:
            if self.tried >= MOST_CHOICES or self.looked_at >= MOST_LOOKED_AT or len(fits) >= 2 * MOST_READINGS:
                break
            cost = _tiers(combo)
            if (fits and cost > fits[0].cost + 1) or cost > self.wrong_unit:
                break
            choice = self._spread_out(groups, [meaning for _, meaning in combo])
            fit = self._fit(choice, cost, base)
            if self.is_contradictory and not fits:
                break
            if fit is not None and all(fit.query != other.query for other in fits):
                fits.append(fit)
        return fits

    def _datasets(self, combo: Sequence[tuple[int, Meaning]]) -> int:
        """Return how many datasets the dimensions of the filters come from.

        Meanings from the same dataset are preferred, such as source and medium, because people usually mean them
        together.
        """
        names = [meaning.name for _, meaning in combo if meaning.kind == "member"]
        return len({self.lexicon.seen.places(name)[0].dataset for name in names}) if len(names) > 1 else 0

    def _grouped(self) -> list[tuple[tuple[int, ...], tuple[Meaning, ...]]]:
        """Return the groups of parts whose meanings are chosen together, with these meanings.

        For example, filters on one dimension that are joined by "and" or "vs" form a group.
        """
        groups: dict[object, list[int]] = {}
        for place, part in enumerate(self.made.parts):
            key = (part.use, part.group) if part.use in ("filter", "without") else place
            groups.setdefault(key, []).append(place)
        return [(tuple(places), self._candidates(self.made.parts[places[0]])) for places in groups.values()]

    def _spread_out(
        self, groups: Sequence[tuple[tuple[int, ...], tuple[Meaning, ...]]], chosen: Sequence[Meaning]
    ) -> dict[int, Meaning] | None:
        choice: dict[int, Meaning] = {}
        for (places, _), meaning in zip(groups, chosen, strict=True):
            choice[places[0]] = meaning
            for place in places[1:]:
                own = [other for other in self.made.parts[place].meanings if other.name == meaning.name]
                if not own:
                    return None
                choice[place] = own[0]
        return choice

    def _fit(self, choice: dict[int, Meaning] | None, cost: float, base: Query | None) -> Fit | None:
        if choice is None:
            return None
        self.looked_at += 1
        try:
            query = assemble(self.made, choice, self.lexicon.seen, self.clock, base)
        except WrongUnit as wrong:
            self.wrong_unit = min(self.wrong_unit, cost)
            self.reason = self.reason or wrong.reason
            return None
        except NotAQuestion as nothing:
            self.is_contradictory = self.is_contradictory or isinstance(nothing, Contradiction)
            self.reason = self.reason or nothing.reason
            return None
        if not self._is_likely(choice, base):
            if not self.reason and all(meaning.tier <= SYNONYM for meaning in choice.values()):
                self._can_ask(query)  # to record the reason for the refusal
            return None
        query = self._within(query)
        if not self._can_ask(query):
            return None
        return Fit(tuple(choice[place] for place in sorted(choice)), query, cost)

    def _can_ask(self, query: Query) -> bool:
        self.tried += 1
        try:
            plan_question(self.lexicon.seen, query, today=self.clock.today, noted=False)
        except SemanticError as error:
            if not self.reason:
                self.reason, self.refused = str(error), query
            return False
        return True

    def _is_likely(self, choice: Mapping[int, Meaning], base: Query | None) -> bool:
        """Whether every fact of every metric reaches every dimension.

        People don't mean a filter that applies to only half of a ratio. This check is faster than planning the
        question.
        """
        seen = self.lexicon.seen
        names = [choice[place].name for place in self.made.metrics()] or list(base.metrics if base else ())
        facts = {measure.dataset for name in names for measure in measures_of(seen.metric(name), seen.model)}
        within = {
            name for metric in names for each in measures_of(seen.metric(metric), seen.model) for name in each.within
        }
        for place, part in enumerate(self.made.parts):
            if part.use in ("by", "filter", "without") and choice[place].name not in within:
                places = {each.dataset for each in seen.places(choice[place].name)}
                if any(places.isdisjoint(seen.model.joins.paths(fact)) for fact in facts):
                    return False
        return True

    def _within(self, query: Query) -> Query:
        """Return the question, broken down by platform if a metric can't be added up across platforms.

        Each platform claims conversions for itself, so a sum would count some of them twice.
        """
        seen = self.lexicon.seen
        needed = dict.fromkeys(
            name
            for metric in query.metrics
            for measure in measures_of(seen.metric(metric), seen.model)
            for name in measure.within
        )
        present = {each.dim for each in query.by} | set(_filtered(query))
        missing = [name for name in needed if name not in present]
        if len(missing) == 1 and missing[0] == "platform":
            return replace(query, by=(*query.by, Breakdown(missing[0])))
        return query


def _tiers(combo: Sequence[tuple[int, Meaning]]) -> float:
    return float(sum(meaning.tier for _, meaning in combo))


def _members_of_others(combo: Sequence[tuple[int, Meaning]]) -> int:
    """Return how many members aren't of the dimensions that the text breaks down by: in "by channel excluding email",
    email is the channel.
    """
    by = {meaning.name for _, meaning in combo if meaning.kind == "dimension"}
    return sum(meaning.name not in by for _, meaning in combo if meaning.kind == "member") if by else 0


def _filtered(query: Query) -> Iterator[str]:
    waiting: list[object] = [query.where]
    while waiting:
        part = waiting.pop()
        parts = getattr(part, "parts", None)
        if parts is not None:
            waiting += parts
        elif hasattr(part, "dim") and len(getattr(part, "values", ())) == 1 and getattr(part, "op", "") == "in":
            yield part.dim  # pyright: ignore


_BEGINNINGS = "and; und; now; also; instead; auch; then; plus; what about; how about; und was; same for; same with"
_GOES_ON = frozenset(_BEGINNINGS.split("; "))
