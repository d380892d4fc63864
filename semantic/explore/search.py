"""Find metrics, dimensions and segments by a few letters of a name, synonym, tag or description, even with typos.

The search covers only what the actor can see, so hidden names affect neither the results nor their order (G6).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from heapq import nsmallest
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from semantic.model.certification_status import is_certified
from semantic.model.definitions import Dimension, Metric, Segment
from semantic.model.domains import label_of
from semantic.plan.measures.kind_names import special_kind, words_for
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import lower_first

Kind = Literal["metric", "dimension", "segment"]
Thing = Metric | Dimension | Segment

LONGEST = 100  # characters of a search that are used
WORDS = 8
CLOSE_ENOUGH = 0.72  # the similarity for suggestions if nothing was found


@dataclass(frozen=True, slots=True)
class Hit:
    """A search result.

    `why` explains a match that isn't visible in the label or the description: "Also called return on ad spend".
    """

    kind: Kind
    name: str
    label: str
    thing: Thing
    why: str = ""


class _Tier(IntEnum):
    """How well an entry matches a search, best first."""

    EXACT = 0
    SYNONYM_EXACT = 1  # the text is a whole synonym
    PREFIX = 2  # its label or name starts with the text
    WORD = 3  # every word starts a word of its label or name
    SYNONYM = 4  # in a synonym
    INITIALS = 5  # aov, of "Average order value"
    KIND = 6  # in the name of its kind
    FUZZY = 7  # a match with a typo
    TEXT = 8  # only in its description or tags


_NAMED = (_Tier.WORD, _Tier.SYNONYM)


def search(
    visible: VisibleModel,
    text: str,
    *,
    kinds: Sequence[Kind] = ("metric", "dimension", "segment"),
    recent: Sequence[str] = (),
    used: Mapping[str, int] | None = None,
    limit: int = 20,
) -> list[Hit]:
    """Return search results for `text`, best match first. Ties are sorted by certification, usage, recency and label.

    Deprecated entries come last, including those that will be deprecated soon.

    Words can be in any order and incomplete. Accents and capitals don't matter. An empty text returns everything.
    `recent` lists names, newest first, and `used` has the number of people who asked for each name.
    """
    index = _index_of(visible)
    words = _asked(text)
    often, lately = used or {}, {name: place for place, name in enumerate(recent)}
    if not words:
        # Punctuation alone matches nothing.
        return [] if text.strip() else _listed(index, visible, tuple(kinds), often, lately)[:limit]
    matches = index.find(words, " ".join(words))
    order = {kind: place for place, kind in enumerate(kinds)}
    ranked = [
        (
            match.tier,
            match.distance,
            entry.rank,
            -often.get(entry.name, 0) if often else 0,
            lately.get(entry.name, len(lately)) if lately else 0,
            order[entry.kind],
            place,
            match,
        )
        for place, match in matches.items()
        if (entry := index.entries[place]).kind in order
    ]
    return [index.hit(place, match) for *_, place, match in nsmallest(limit, ranked)]


def _listed(
    index: _Index, visible: VisibleModel, kinds: tuple[Kind, ...], often: Mapping[str, int], lately: Mapping[str, int]
) -> list[Hit]:
    """Return all entries, in the order that `search` uses for ties.

    Everything but usage is cached, because a page lists everything often.
    """

    def make() -> Sequence[tuple[Hit, int]]:
        places = [place for place, entry in enumerate(index.entries) if entry.kind in kinds]
        places.sort(key=lambda place: (kinds.index(index.entries[place].kind), place))
        hits = [index.hit(place, _Match(_Tier.EXACT)) for place in places]
        return tuple((hit, index.entries[place].rank) for hit, place in zip(hits, places, strict=True))

    # Sorting is stable, so ties keep the order of the cached list.
    listed = visible.cached(f"listed {' '.join(kinds)}", make)
    last = len(lately)
    ranked = sorted(listed, key=lambda pair: (pair[1], -often.get(pair[0].name, 0), lately.get(pair[0].name, last)))
    return [hit for hit, _ in ranked]


def near(visible: VisibleModel, text: str, *, kinds: Sequence[Kind] = ("metric",), limit: int = 3) -> list[Hit]:
    """Return the entries with the most similar names, for a `text` that has no search results. Can be empty."""
    index = _index_of(visible)
    wanted = " ".join(_asked(text))
    if not wanted:
        return []
    best: dict[int, float] = {}
    for place, likeness in index.look_like(wanted):
        if index.entries[place].kind in kinds:
            best[place] = max(likeness, best.get(place, 0.0))
    scored = sorted((-likeness, place) for place, likeness in best.items())
    return [index.hit(place, _Match(_Tier.EXACT)) for _, place in scored[:limit]]


# The index: built once for each set of policies of a model


@dataclass(frozen=True, slots=True)
class _Entry:
    """One searchable metric, dimension or segment. Its position in the index breaks ties."""

    kind: Kind
    name: str
    thing: Thing
    rank: int  # sorts equal matches, smallest first
    kind_name: str  # "" if it has no notable kind
    domain: str = ""  # the label of its team


@dataclass(frozen=True, slots=True)
class _Match:
    tier: _Tier
    distance: float = 0.0  # of a typo, relative to the word's length
    word: str = ""  # the word in the index that was meant


def _worse(match: _Match, other: _Match) -> _Match:
    return other if (other.tier, other.distance) > (match.tier, match.distance) else match


@dataclass(frozen=True, slots=True)
class _Index:
    entries: tuple[_Entry, ...]
    postings: Mapping[str, Mapping[int, _Tier]]  # word: the entries that have it, and their best match
    vocabulary: Sequence[str]  # the words, sorted
    named: Sequence[str]  # the words of names and synonyms, which are also searched with typos
    names: Mapping[str, Sequence[int]]  # whole labels and names, folded and sorted: the entries that have them
    whole_names: Sequence[str]  # the same without the entries
    synonyms: Mapping[str, Sequence[int]]  # synonyms in the same way
    compact: Sequence[tuple[str, int]]  # labels and names without spaces

    def find(self, words: Sequence[str], text: str) -> dict[int, _Match]:
        """Return each entry that matches all words.

        Its match is that of its worst-matching word or, if that's better, of its whole name.
        """
        first, *others = dict.fromkeys(words)
        matches = self._find_word(first)
        for word in others:
            other = self._find_word(word)
            matches = {place: _worse(match, other[place]) for place, match in matches.items() if place in other}
        together = "".join(words)
        if len(together) > 3:
            for name, place in self.compact:
                if together in name and place not in matches:
                    matches[place] = _Match(_Tier.WORD)
        return self._as_a_whole(matches, text)

    def _find_word(self, word: str) -> dict[int, _Match]:
        found_matches: dict[int, _Match] = {}
        for whole in _beginning_with(word, self.vocabulary):
            matches: dict[_Tier, _Match] = {}
            for place, tier in self.postings[whole].items():
                before = found_matches.get(place)
                if before is None or tier < before.tier:
                    match = matches.get(tier)
                    found_matches[place] = match if match else matches.setdefault(tier, _Match(tier, word=whole))
        if all(match.tier in (_Tier.KIND, _Tier.TEXT) for match in found_matches.values()):
            for whole, distance in self._typed_wrong(word):
                match = _Match(_Tier.FUZZY, distance, whole)
                for place, tier in self.postings[whole].items():
                    before = found_matches.get(place)
                    is_better = before is None or before.tier in (_Tier.KIND, _Tier.TEXT) or distance < before.distance
                    if tier in _NAMED and is_better:
                        found_matches[place] = match
        return found_matches

    def _typed_wrong(self, word: str) -> list[tuple[str, float]]:
        """Return the indexed words that `word` may be a misspelling of.

        If there are none, match the beginnings of longer words. A misspelling has a few wrong, missing, doubled or
        swapped letters.
        """
        edits = 0 if len(word) < 3 else 1 if len(word) < 5 else 2
        if not edits:
            return []
        close = process.extract(word, self.named, scorer=OSA.distance, score_cutoff=edits, limit=50)
        if not close:
            begun = [whole[: len(word)] for whole in self.named]
            close = process.extract(word, begun, scorer=OSA.distance, score_cutoff=1, limit=50)
        return [(self.named[place], distance / len(word)) for _, distance, place in close]

    def _as_a_whole(self, matches: dict[int, _Match], text: str) -> dict[int, _Match]:
        """Return the matches, with a better rank for entries whose whole name or synonym was typed.

        The start of a name improves the rank too.
        """
        begun, match = _Match(_Tier.PREFIX), _Match(_Tier.SYNONYM_EXACT, word=text)
        for name in _beginning_with(text, self.whole_names):
            for place in self.names[name]:
                if place in matches and matches[place].tier <= _Tier.WORD:
                    matches[place] = begun
        matches |= {place: match for place in self.synonyms.get(text, ()) if place in matches}
        matches |= {place: _Match(_Tier.EXACT) for place in self.names.get(text, ()) if place in matches}
        return matches

    def look_like(self, wanted: str) -> Iterator[tuple[int, float]]:
        """Yield the entries that have a name, synonym or longer word similar to `wanted`, with their similarity."""
        for known in (self.names, self.synonyms, self._longer_words()):
            phrases = [*known]
            # The scorer's own cutoff sometimes drops scores that are just above it.
            alike = process.extract(
                wanted, phrases, scorer=JaroWinkler.similarity, score_cutoff=CLOSE_ENOUGH - 0.1, limit=len(phrases)
            )
            alike = [(phrase, likeness) for phrase, likeness, _ in alike if likeness >= CLOSE_ENOUGH]
            yield from ((place, likeness) for phrase, likeness in alike for place in known[phrase])

    def _longer_words(self) -> dict[str, list[int]]:
        longer = [word for word in self.named if len(word) > 3]
        return {word: [place for place, tier in self.postings[word].items() if tier in _NAMED] for word in longer}

    def hit(self, place: int, match: _Match) -> Hit:
        entry = self.entries[place]
        label = entry.thing.label or entry.name
        return Hit(entry.kind, entry.name, label, entry.thing, _why(entry, match, label))


def _beginning_with(text: str, known: Sequence[str]) -> Iterator[str]:
    """Yield the items of a sorted list that start with a text."""
    for place in range(bisect_left(known, text), len(known)):
        if not known[place].startswith(text):
            return
        yield known[place]


def _why(entry: _Entry, match: _Match, label: str) -> str:
    """Return the reason for a match, or "" if the entry's label or description already shows it."""
    match match.tier:
        case _Tier.SYNONYM | _Tier.SYNONYM_EXACT:
            alike = [synonym for synonym in entry.thing.synonyms if match.word in folded(synonym)]
            return f"Also called {alike[0]}" if alike else ""
        case _Tier.KIND:
            return f"Kind: {entry.kind_name}" if entry.kind_name else ""
        case _Tier.FUZZY:
            alike = [synonym for synonym in entry.thing.synonyms if match.word in _words(synonym)]
            return f"Also called {alike[0]}" if alike and match.word not in _words(label) else ""
        case _Tier.TEXT:
            tags = [tag for tag in sorted(entry.thing.tags) if match.word in _words(tag)]
            if tags:
                return f"Tagged {tags[0]}"
            if entry.domain and match.word in _words(entry.domain):
                return f"In {entry.domain}"
            return "" if match.word in _words(entry.thing.description) else "Mentioned in its description"
        case _:
            return ""


def _index_of(visible: VisibleModel) -> _Index:
    """Return the index of everything that this actor's policies show. It's cached with the model."""
    return visible.cached("search", lambda: _build(visible))


def _build(visible: VisibleModel) -> _Index:
    things: list[tuple[Kind, Thing]] = [
        *(("metric", metric) for metric in visible.metrics),
        *(("dimension", dimension) for dimension in visible.dimensions),
        *(("segment", segment) for segment in visible.segments),
    ]
    entries: list[_Entry] = []
    postings: dict[str, dict[int, _Tier]] = {}
    names: dict[str, list[int]] = {}
    synonyms: dict[str, list[int]] = {}
    for place, (kind, thing) in enumerate(things):
        entries.append(_entry(kind, thing, visible))
        for word, tier in _indexed(thing, visible).items():
            postings.setdefault(word, {})[place] = tier
        for name in dict.fromkeys(folded(text) for text in (thing.label, thing.name) if text):
            names.setdefault(name, []).append(place)
        for name in dict.fromkeys(folded(synonym) for synonym in thing.synonyms):
            synonyms.setdefault(name, []).append(place)
    named = [word for word, where in postings.items() if any(tier in _NAMED for tier in where.values())]
    whole_names = sorted(names)
    compact = [(name.replace(" ", ""), place) for name in whole_names for place in names[name]]
    return _Index(tuple(entries), postings, sorted(postings), sorted(named), names, whole_names, synonyms, compact)


def _entry(kind: Kind, thing: Thing, visible: VisibleModel) -> _Entry:
    return _Entry(
        kind=kind,
        name=thing.name,
        thing=thing,
        rank=_rank(thing),
        kind_name=lower_first(special_kind(thing, visible.model)) if isinstance(thing, Metric) else "",
        domain=_domain_of(thing, visible),
    )


def _domain_of(thing: Thing, visible: VisibleModel) -> str:
    return label_of(thing.domain, visible.model.domains) if isinstance(thing, Metric | Segment) else ""


def _rank(thing: Thing) -> int:
    if not isinstance(thing, Metric):
        return 1
    return 2 if thing.deprecated is not None else int(not is_certified(thing))


def _indexed(thing: Thing, visible: VisibleModel) -> dict[str, _Tier]:
    """Return every word that finds an entry, with the best match that the word can have."""
    means, domain = (thing.means if isinstance(thing, Metric) else ""), _domain_of(thing, visible)
    # The worst matches first, so that better ones overwrite them.
    tiers = dict.fromkeys(
        [word for text in (thing.description, means, domain, *thing.tags) for word in _words(text)], _Tier.TEXT
    )
    tiers |= dict.fromkeys(_of_kind(thing, visible), _Tier.KIND)
    tiers |= dict.fromkeys([one for text in (thing.label, *thing.synonyms) for one in _initials(text)], _Tier.INITIALS)
    tiers |= dict.fromkeys([word for text in thing.synonyms for word in _words(text)], _Tier.SYNONYM)
    tiers |= dict.fromkeys([*_words(thing.label), *_words(thing.name)], _Tier.WORD)
    return tiers


def _of_kind(thing: Thing, visible: VisibleModel) -> list[str]:
    """Return what people call this kind of metric, such as rolling, cohort or month to date."""
    if not isinstance(thing, Metric):
        return []
    known = (*words_for(thing, visible.model), special_kind(thing, visible.model))
    return [word for text in known for word in _words(text) if len(word) > 2]


def _initials(text: str) -> Iterator[str]:
    """Yield the initials of a text with three or more words, ignoring brackets: aov for "Average order value"."""
    words = _words(_IN_BRACKETS.sub(" ", text) if "(" in text else text)
    if len(words) > 2:
        yield "".join([word[0] for word in words])


# Normalized text

_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"})


_WORD, _IN_BRACKETS = re.compile(r"[^\W_]+"), re.compile(r"\([^()]*\)")


def _words(text: str) -> list[str]:
    """Return the words of a text in lower case, without accents.

    >>> _words("LTV:CAC, Übersicht der e-mails")
    ['ltv', 'cac', 'ubersicht', 'der', 'e', 'mails']
    """
    if text.isascii():  # most texts are ASCII, with no accents to remove
        return _WORD.findall(text.lower())
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


def _asked(text: str) -> list[str]:
    """Return the words of a search. Single letters before other words are dropped, such as the e of e-mail.

    The last word may be incomplete.
    """
    words = _words(text[:LONGEST])[:WORDS]
    return [word for word in words[:-1] if len(word) > 1] + words[-1:]


def folded(text: str) -> str:
    """Return a text's words in lower case, without accents and punctuation.

    >>> folded("  Großbritannien (UK) ")
    'grossbritannien uk'
    """
    return " ".join(_words(text))
