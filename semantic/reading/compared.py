"""Phrases that compare: more … than last week, more on mobile than on desktop, changed from September to October."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from semantic.reading.cover import Piece
from semantic.reading.days import YEAR, Clock, Days, read_days
from semantic.reading.grammar import Role, Word
from semantic.reading.lexicon import Lexicon
from semantic.reading.resolving import KNOWN_COST, STOP, PieceResolver
from semantic.reading.text import Token

_MORE = frozenset({
    "more", "fewer", "less", "higher", "lower", "better", "worse",
    "mehr", "weniger", "hoher", "niedriger", "besser", "schlechter",
})  # fmt: skip
_YEAR = re.compile(r"\b20[0-3]\d$|year$|jahr(?:es)?$|(?:dies|letzt|vor)jahrig")
_OR = frozenset({"or", "oder"})
_GROUPS: tuple[Role, ...] = ("operator", "why", "grain", "top", "most", "least", "worst", "calc", "by", "vs", "not")
_HAS_YEAR = re.compile(r"\b20[0-3]\d\b")
_WHERE = frozenset({
    "in", "im", "on", "at", "during", "an", "am", "zu", "for", "from", "via", "with", "of",
    "aus", "auf", "bei", "mit", "uber", "fur", "von",
})  # fmt: skip
_FROM = frozenset({"from", "von", "vom", "between", "zwischen"})
_TO = frozenset({"to", "until", "till", "and", "auf", "zu", "zum", "bis", "und", "-", "–", "—"})
_BETWEEN = frozenset({"between", "zwischen"})


def resolve_compared(
    pieces: Sequence[Piece], tokens: Sequence[Token], lexicon: Lexicon, clock: Clock
) -> tuple[Piece, ...]:
    """Return the pieces after turning phrases that compare into "versus"."""
    return _Compared(list(pieces), tokens, lexicon).settled(clock)


class _Compared(PieceResolver):
    def settled(self, clock: Clock) -> tuple[Piece, ...]:
        self._better()
        self._more()
        self._changed(clock)
        self._difference()
        self._same_again()
        self._year_of_both()
        return tuple(self.pieces)

    def _more(self) -> None:
        """Turn "more orders last week than the week before" into a comparison of both weeks, and "more orders on mobile
        than on desktop" into one of both devices.

        Not with a breakdown or a limit, where the text can also ask for the groups that have more.
        """
        places = [place for place, text in enumerate(self.texts) if text in _MORE and not self.pieces[place].meanings]
        than = [place for place, text in enumerate(self.texts) if text in ("than", "als")]
        if len(places) != 1 or len(than) != 1 or than[0] < places[0]:
            return
        metrics = [place for place, piece in enumerate(self.pieces) if piece.of("metric")]
        if len(metrics) != 1 or metrics[0] > than[0] or self._is_of_groups():
            return
        following = self._next(than[0], over=_WHERE)
        if following < 0:
            return
        after = self.pieces[following]
        if after.days is not None or after.before or self._is_other_member(following, than[0]):
            self._become(places[0], *STOP)
            self._become(than[0], Word("vs"))

    def _better(self) -> None:
        """Turn "is Google or Meta better for clicks" and "Google or Meta, which has more clicks" into Google versus
        Meta, because the numbers of both show which one is better.

        "Were clicks from Google or Meta better in October" isn't changed, because it can ask how they changed.
        """
        more = [place for place, text in enumerate(self.texts) if text in _MORE and not self.pieces[place].meanings]
        ors = [place for place, piece in enumerate(self.pieces) if self.texts[place] in _OR and piece.has("or")]
        metrics = [place for place, piece in enumerate(self.pieces) if piece.of("metric")]
        if not len(more) == len(ors) == len(metrics) == 1 or any(piece.has(*_GROUPS) for piece in self.pieces):
            return
        members = (ors[0] - 1, self._next(ors[0], over=_WHERE))
        if min(members) < 0 or self._next(more[0], over=_WHERE) not in (metrics[0], members[0]):
            return
        one, two = ({meaning.name for meaning in self.pieces[place].of("member")} for place in members)
        others = [each for place, each in enumerate(self.pieces) if place not in (*members, *metrics)]
        if not one & two or any(self._selects(piece, one & two) for piece in others):
            return
        self._become(more[0], *STOP)
        self._become(ors[0], Word("vs"))
        for place, piece in enumerate(self.pieces):
            if piece.has("which") and self._next(place) in (members[0], metrics[0], -1):
                self._become(place, *STOP)

    def _selects(self, piece: Piece, compared: set[str]) -> bool:
        """Whether a phrase has a member or segment, or breaks down by another dimension than the one compared."""
        dimensions = {meaning.name for meaning in piece.of("dimension")}
        return bool(piece.of("member") or piece.of("segment") or (dimensions and not dimensions & compared))

    def _is_of_groups(self) -> bool:
        """Whether the text breaks down, ranks or limits, or asks why."""
        return any(
            piece.has("operator", "which", "why", "grain", "top", "most", "least", "worst", "calc")
            or piece.of("segment")
            or (piece.of("dimension") and not piece.of("metric"))
            for piece in self.pieces
        )

    def _is_other_member(self, place: int, than: int) -> bool:
        """Whether a member is compared with one other member of its dimension, in a single period."""
        names = {meaning.name for meaning in self.pieces[place].of("member")}
        others = [
            piece
            for piece in self.pieces[:than]
            if names & {meaning.name for meaning in piece.of("member")} and not piece.of("metric")
        ]
        periods = sum(piece.days is not None or piece.before for piece in self.pieces)
        joined = any(piece.has("not", "vs", "or") for at, piece in enumerate(self.pieces) if at != than)
        return len(others) == 1 and periods < 2 and not joined

    def _changed(self, clock: Clock) -> None:
        """Turn "changed from September to October" into October, compared with September."""
        changes = [place for place, piece in enumerate(self.pieces) if piece.has("moved", "change")]
        if not changes or any(piece.has("vs", "compare", "grain", "operator", "trend") for piece in self.pieces):
            return
        named = [place for place, piece in enumerate(self.pieces) if piece.days is not None]
        for place in named[:1]:
            halves = self._halves(place, clock) if len(named) == 1 else self._two_periods(named)
            if halves is None:
                continue
            start, end, made = halves
            self.pieces[start:end] = made
            self.texts[start:end] = [" ".join(t.word for t in self.tokens[each.start : each.end]) for each in made]
            for change, piece in enumerate(self.pieces):
                if piece.has("change") and not piece.has("moved"):
                    self._become(change, *STOP)

    def _halves(self, place: int, clock: Clock) -> tuple[int, int, list[Piece]] | None:
        """Return the pieces of "from September to October" as a comparison, and which pieces they replace."""
        piece, words = self.pieces[place], self._words(place)
        begins = words[0] in _FROM
        for at in range(begins + 1, len(words) - 1):
            first, then = read_days(words[begins:at], 0, clock), read_days(words[at + 1 :], 0, clock)
            if words[at] not in _TO or first is None or then is None:
                continue
            if (first[0], then[0]) != (at - begins, len(words) - at - 1) or not begins:
                continue
            start = piece.start
            earlier = _in_order(first[1], then[1], has_year=bool(_HAS_YEAR.search(" ".join(words[:at]))))
            return (
                place,
                place + 1,
                [
                    Piece(start, start + 1, (Word("vs"),), cost=KNOWN_COST),
                    Piece(start + 1, start + at, days=earlier, cost=KNOWN_COST),
                    Piece(start + at, start + at + 1, STOP, cost=KNOWN_COST),
                    Piece(start + at + 1, piece.end, days=then[1], cost=KNOWN_COST),
                ],
            )
        return None

    def _two_periods(self, named: Sequence[int]) -> tuple[int, int, list[Piece]] | None:
        """Return the pieces of "von September auf Oktober" or "from last month to this month" as a comparison, and
        which pieces they replace.
        """
        first, last = named[0], named[-1]
        if len(named) != 2 or last != first + 2 or not first or self.texts[first + 1] not in _TO:
            return None
        one, two = self.pieces[first].days, self.pieces[last].days
        if self.texts[first - 1] not in _FROM or one is None or two is None:
            return None
        before, between = self.pieces[first - 1], self.pieces[first + 1]
        earlier = _in_order(one, two, has_year=bool(_HAS_YEAR.search(self.texts[first])))
        return (
            first - 1,
            last + 1,
            [
                Piece(before.start, before.end, (Word("vs"),), cost=KNOWN_COST),
                replace(self.pieces[first], days=earlier),
                Piece(between.start, between.end, STOP, cost=KNOWN_COST),
                self.pieces[last],
            ],
        )

    def _difference(self) -> None:
        """Turn "the difference between mobile and desktop" into mobile versus desktop."""
        changes = [place for place, piece in enumerate(self.pieces) if piece.has("change") and not piece.has("moved")]
        if len(changes) != 1 or self._is_of_groups():
            return
        for place, text in enumerate(self.texts):
            one = self._next(place)
            both = one + 1 if one > 0 else -1
            two = self._next(both) if 0 < both < len(self.pieces) else -1
            if text not in _BETWEEN or two < 0 or not self.pieces[both].has("and"):
                continue
            names = {meaning.name for meaning in self.pieces[one].of("member")}
            if names & {meaning.name for meaning in self.pieces[two].of("member")}:
                self._become(changes[0], *STOP)
                self._become(place, *STOP)
                self._become(both, Word("vs"))
                return

    def _same_again(self) -> None:
        """Turn "and the same week last year?" into a comparison of the previous question with that week."""
        if any(piece.of("metric") or piece.has("vs", "compare") for piece in self.pieces):
            return
        for place, piece in enumerate(self.pieces):
            before = place and self.pieces[place - 1]
            is_same = piece.before and re.search("same|gleichen|selben", self.texts[place])
            if is_same and before and before.roles and (before.is_skipped or before.has("and")):
                self._become(place - 1, Word("vs"))
                return

    def _year_of_both(self) -> None:
        """Let a year that follows only the second period apply to the first one too.

        In "Q1 vs Q2 2025", Q1 can be in 2025 or the most recent one, so both are possible.
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


def _in_order(first: Days, then: Days, *, has_year: bool) -> Days:
    """Return the first period in the year that puts it before the second, unless its year was named."""
    if has_year or first.by_year is None or then.by_year is None:
        return first
    year = then.start.year - (first.start.month > then.start.month)
    return first.by_year(year) or first
