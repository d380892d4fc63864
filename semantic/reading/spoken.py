"""Phrases that have a meaning only together: neither … nor, more … than last week, five with the most.

They're resolved after the cover, by replacing their pieces with function words of the same meaning. An incomplete
phrase stays, or becomes, an unknown piece, so it's never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from semantic.model.definitions import Additivity
from semantic.policy.narrow import measures_of
from semantic.reading.cover import Piece
from semantic.reading.days import YEAR
from semantic.reading.grammar import Word
from semantic.reading.lexicon import SKIPPED, Lexicon, Meaning
from semantic.reading.text import NUMBERS, Token

_NEITHER = frozenset({"neither", "weder"})
_AVERAGE = frozenset({
    "average", "avg", "mean", "durchschnittlich", "durchschnittliche", "durchschnittlicher", "durchschnittlichen",
    "durchschnittliches", "mittlere", "mittlerer", "mittleren",
})  # fmt: skip
_MORE = frozenset({
    "more", "fewer", "less", "higher", "lower", "better", "worse",
    "mehr", "weniger", "hoher", "niedriger", "besser", "schlechter",
})  # fmt: skip
_YEAR = re.compile(r"\b20[0-3]\d$|year$|jahr(?:es)?$|(?:dies|letzt|vor)jahrig")
_OF = frozenset({"of", "von", "vom", "in", "on", "an", "am", "at", "der", "the"})
_STOP = (Word("stop"),)
_SKIPPED_COST = 0.5
_KNOWN_COST = 0.8


def resolve_pieces(pieces: Sequence[Piece], tokens: Sequence[Token], lexicon: Lexicon) -> tuple[Piece, ...]:
    """Return the pieces after resolving phrases whose meaning depends on other phrases."""
    return _PieceResolver(list(pieces), tokens, lexicon).settled()


class _PieceResolver:
    def __init__(self, pieces: list[Piece], tokens: Sequence[Token], lexicon: Lexicon) -> None:
        self.pieces, self.tokens, self.lexicon = pieces, tokens, lexicon
        self.texts = [" ".join(token.word for token in tokens[piece.start : piece.end]) for piece in pieces]

    def settled(self) -> tuple[Piece, ...]:
        self._neither()
        self._ranked()
        self._counted()
        self._more()
        self._average()
        self._share_of_one()
        self._same_again()
        self._year_of_both()
        return tuple(self.pieces)

    def _become(self, place: int, *roles: Word) -> None:
        piece = self.pieces[place]
        cost = _SKIPPED_COST if roles == _STOP else _KNOWN_COST
        self.pieces[place] = Piece(piece.start, piece.end, roles, cost=cost)

    def _leave(self, place: int) -> None:
        self.pieces[place] = Piece(self.pieces[place].start, self.pieces[place].end)

    def _next(self, place: int, *, over: frozenset[str] = frozenset()) -> int:
        """Return the index of the next piece that isn't skipped, ignoring the prepositions in `over`, or -1 if there is
        none.
        """
        for at in range(place + 1, len(self.pieces)):
            if not (self.pieces[at].is_skipped or (self.texts[at] in over and not self.pieces[at].meanings)):
                return at
        return -1

    def _neither(self) -> None:
        """Turn "neither A nor B" into "without A and B". One without the other isn't understood."""
        first = [place for place, text in enumerate(self.texts) if text in _NEITHER]
        start = first[0] if first else len(self.pieces)
        nors = [place for place, text in enumerate(self.texts) if text == "nor" or (text == "noch" and place > start)]
        for place in nors:
            if any(self.pieces[at].has("not") for at in range(place)):
                self._become(place, Word("not"), Word("and"))
            else:
                self._leave(place)
        for place in first:
            if place and self.pieces[place - 1].has("not"):
                self._leave(place)  # excluding neither
        if first and (len(first) > 1 or not nors or nors[-1] < start):
            for place in first:
                self._leave(place)

    def _ranked(self) -> None:
        """Turn "five channels with the most clicks" into the top five. The number must not belong to anything else."""
        for place, piece in enumerate(self.pieces):
            count = self._count(piece)
            after = self._next(place)
            if count < 2 or after != place + 1 or not self._is_of_members(after):
                continue
            ends = [at for at, each in enumerate(self.pieces) if each.has("most", "least", "worst", "top")]
            if len(ends) != 1 or ends[0] < place or any(each.of("metric") for each in self.pieces[: ends[0]]):
                return
            last = self.pieces[ends[0]]
            word = last.word("top")
            following = self._next(ends[0])
            if following < 0 or not self.pieces[following].of("metric") or (word is not None and word.number):
                return
            if word is not None:
                self._become(ends[0], replace(word, number=float(count)))
                self._become(place, *_STOP)
            else:
                self._become(place, Word("top", "top", float(count)))
            return

    def _count(self, piece: Piece) -> int:
        token = self.tokens[piece.start]
        if not piece.is_unknown or piece.end - piece.start != 1:
            return 0
        if token.kind == "number" and token.word.isdigit():
            return int(token.word) if len(token.word) < 4 else 0
        return NUMBERS.get(token.word, 0)

    def _is_of_members(self, place: int) -> bool:
        return bool(self.pieces[place].of("dimension")) and not self.pieces[place].of("metric")

    def _counted(self) -> None:
        """Leave "over two campaigns" as unknown in "revenue over two campaigns": the number counts campaigns, so it
        isn't a limit on revenue.
        """
        for place, piece in enumerate(self.pieces):
            word = piece.word("operator")
            following = place + 1 < len(self.pieces) and self.pieces[place + 1]
            if word is None or not following or word.value.partition(" ")[2]:
                continue
            if following.of("dimension") and not following.of("metric"):
                self._leave(place)

    def _more(self) -> None:
        """Turn "more orders last week than the week before" into a comparison of both weeks.

        Not with a breakdown or a limit, where the text can also ask for the groups that have more.
        """
        places = [place for place, text in enumerate(self.texts) if text in _MORE and not self.pieces[place].meanings]
        than = [place for place, text in enumerate(self.texts) if text in ("than", "als")]
        if len(places) != 1 or len(than) != 1 or than[0] < places[0]:
            return
        metrics = [place for place, piece in enumerate(self.pieces) if piece.of("metric")]
        if len(metrics) != 1 or metrics[0] > than[0]:
            return
        if any(
            piece.has("operator", "which", "why", "grain", "top", "most", "least", "worst", "calc")
            or piece.of("segment")
            or (piece.of("dimension") and not piece.of("metric"))
            for piece in self.pieces
        ):
            return
        following = self._next(than[0], over=frozenset({"in", "im", "on", "at", "during", "an", "am", "zu", "for"}))
        if following >= 0 and (self.pieces[following].days is not None or self.pieces[following].before):
            self._become(places[0], *_STOP)
            self._become(than[0], Word("vs"))

    def _average(self) -> None:
        """Turn "average cost per click" into "cost per click", which is already an average."""
        for place, piece in enumerate(self.pieces):
            if not piece.is_unknown or self.texts[place] not in _AVERAGE:
                continue
            following = next((each for each in self.pieces[place + 1 :] if not self._is_article(each)), None)
            if following is not None and following.of("metric") and all(map(self._is_mean, following.of("metric"))):
                self._become(place, *_STOP)

    def _share_of_one(self) -> None:
        """Turn "the share of mobile in revenue" into the mobile share of revenue. "The share of mobile revenue" isn't
        changed.
        """
        for place, piece in enumerate(self.pieces):
            word = piece.word("calc")
            member = self._next(place, over=_OF)
            if word is None or word.value != "percent_of_total" or member < 0:
                continue
            of = member + 1 < len(self.pieces) and self.pieces[member + 1].has("of")
            metric = self._next(member, over=_OF)
            if self.pieces[member].of("member") and of and metric >= 0 and self.pieces[metric].of("metric"):
                for each in (self.pieces, self.texts):
                    each.insert(place, each.pop(member))  # pyright: ignore
                return

    def _same_again(self) -> None:
        """Turn "and the same week last year?" into the previous question, compared with that week."""
        if any(piece.of("metric") or piece.has("vs", "compare") for piece in self.pieces):
            return
        for place, piece in enumerate(self.pieces):
            before = place and self.pieces[place - 1]
            is_same = piece.before and re.search("same|gleichen|selben", self.texts[place])
            if is_same and before and before.roles and (before.is_skipped or before.has("and")):
                self._become(place - 1, Word("vs"))
                return

    def _year_of_both(self) -> None:
        """Handle a year that is named only with the second period: in "Q1 vs Q2 2025", Q1 can be of that year or the
        most recent one.
        """
        named = [place for place, piece in enumerate(self.pieces) if piece.days is not None]
        for place, other in pairwise(named):
            days, then = self.pieces[place].days, self.pieces[other].days
            if days is None or then is None or days.by_year is None or then.by_year is None or then.unit is YEAR:
                continue
            has_year = bool(_YEAR.search(self.texts[place])) or not _YEAR.search(self.texts[other])
            if days.or_else or has_year or not any(each.has("vs") for each in self.pieces[place + 1 : other]):
                continue
            of_year = days.by_year(then.start.year)
            if of_year is not None and days.start.year != then.start.year and of_year.start != then.start:
                either = replace(days, or_else=f"{self.texts[place]} {then.start.year}")
                self.pieces[place] = replace(self.pieces[place], days=either)

    def _is_article(self, piece: Piece) -> bool:
        return piece.end - piece.start == 1 and self.tokens[piece.start].word in SKIPPED

    def _is_mean(self, meaning: Meaning) -> bool:
        """Whether a metric is a mean of something that adds up.

        The growth of a balance isn't, because its average is another number.
        """
        seen = self.lexicon.seen
        metric = seen.metric(meaning.name)
        if not metric.is_ratio or any(each.offset or each.offset_to for each in metric.uses):
            return False
        return all(measure.additivity is not Additivity.SEMI for measure in measures_of(metric, seen.model))
