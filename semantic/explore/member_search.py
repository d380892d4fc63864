"""Find members of dimensions by a few letters of their labels, codes or synonyms, even with a typo.

An index contains only members that its actor can see. It's built once for all actors with the same access.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from semantic.explore.search import folded
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.query import Value

LONGEST: Final = 100  # characters of a search that are used
SHORTEST: Final = 2  # letters from which members are searched; codes of countries have two
TYPO_FROM: Final = 4  # letters from which a word with one wrong letter is found
MOST_WORDS: Final = 8  # words of a name at which a search can begin
MOST_LOOKED_AT: Final = 2_000  # names that begin with a text


class Likeness(IntEnum):
    """How closely a text matches a name, best match first."""

    EXACT = 0
    SYNONYM = 1  # the text is a whole synonym or code
    PREFIX = 2
    SYNONYM_PREFIX = 3
    WORD = 4  # the start of a later word
    TYPO = 5


@dataclass(frozen=True, slots=True)
class FoundMember:
    """A member that matches a search.

    `why` explains a match that isn't visible in its label: "Also called Österreich".
    """

    dimension: str
    value: Value
    label: str
    likeness: Likeness
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Name:
    """A member's name, or the part of its name that starts at a later word."""

    member: int
    likeness: Likeness  # of a text that begins the name
    whole: Likeness | None  # of a text that is the whole name
    why: str


@dataclass(frozen=True, slots=True)
class MemberIndex:
    """The members that one actor can see, indexed by all of their names."""

    members: Sequence[tuple[str, Value, str]]  # dimension, value, label
    texts: Sequence[str]  # the names and their ends, folded and sorted
    names: Sequence[_Name]  # of each text
    words: Sequence[str]  # the first words of the texts, for typos
    reach: Mapping[str, int]  # how many facts have each dimension

    def find(self, text: str, *, among: Collection[str] | None = None, limit: int = 8) -> list[FoundMember]:
        """Return the members that match a text, best match first. With `among`, search only these dimensions.

        Among equally good matches, members of the dimensions that more facts use come first.
        """
        wanted = folded(text[:LONGEST])
        if len(wanted) < SHORTEST:
            return []
        best: dict[int, tuple[Likeness, str]] = {}
        self._add(wanted, best, among)
        if not best and len(wanted) >= TYPO_FROM:
            for near in self._near(wanted):
                self._add(near, best, among, is_typo=True)
        ranked = sorted(best.items(), key=lambda item: self._rank(item[0], item[1][0]))
        return [FoundMember(*self.members[member], likeness, why) for member, (likeness, why) in ranked[:limit]]

    def _rank(self, member: int, likeness: Likeness) -> tuple[int, int, int, int, str]:
        dimension, _, label = self.members[member]
        whole = max(likeness, Likeness.SYNONYM)  # a whole name is as good as a whole label
        return whole, -self.reach.get(dimension, 0), len(dimension), len(label), label

    def _add(
        self,
        wanted: str,
        best: dict[int, tuple[Likeness, str]],
        among: Collection[str] | None,
        *,
        is_typo: bool = False,
    ) -> None:
        for place in _beginning_with(wanted, self.texts):
            name = self.names[place]
            if among is not None and self.members[name.member][0] not in among:
                continue
            is_whole = name.whole is not None and len(self.texts[place]) == len(wanted)
            likeness = name.whole if is_whole and name.whole is not None else name.likeness
            likeness = Likeness.TYPO if is_typo else likeness
            if name.member not in best or likeness < best[name.member][0]:
                best[name.member] = likeness, name.why

    def _near(self, wanted: str) -> list[str]:
        """Return the indexed texts that differ from `wanted` by a single typo in one word.

        A typo is a wrong, missing, extra or swapped letter.
        """
        found: list[str] = []
        words = wanted.split()
        for at, word in enumerate(words):
            if len(word) < TYPO_FROM:
                continue
            close = process.extract(word, self.words, scorer=OSA.distance, score_cutoff=1, limit=5)
            found += [" ".join([*words[:at], near, *words[at + 1 :]]) for near, _, _ in close if near != word]
        return found


def member_index(seen: VisibleModel, members: Mapping[str, Sequence[Value]]) -> MemberIndex:
    """Return an index of the members of each dimension. Masked and personal dimensions are left out."""
    known: list[tuple[str, Value, str]] = []
    named: list[tuple[str, _Name]] = []
    for dimension, values in members.items():
        places = seen.places(dimension)
        if not places or seen.mask(dimension) is not None or any("personal" in place.tags for place in places):
            continue
        labels = seen.member_labels(dimension)
        synonyms: dict[str, list[str]] = {}
        for place in places:
            for code, texts in place.member_synonyms:
                synonyms.setdefault(code, []).extend(texts)
        for value in values:
            if value is None or isinstance(value, float):
                continue
            code = str(value).lower() if isinstance(value, bool) else str(value)
            label = labels.get(code, code)
            if isinstance(value, bool) and label == code:
                continue  # yes and no aren't names
            place = len(known)
            known.append((dimension, value, label))
            named += _names(place, label, Likeness.EXACT, "")
            if code != label:
                named += _names(place, code, Likeness.SYNONYM, f"Code {code}")
            for synonym in dict.fromkeys(synonyms.get(code, ())):
                named += _names(place, synonym, Likeness.SYNONYM, f"Also called {synonym}")
    named.sort(key=lambda pair: pair[0])
    texts = [text for text, _ in named]
    words = sorted({word for text in texts if len(word := text.partition(" ")[0]) >= TYPO_FROM - 1})
    return MemberIndex(known, texts, [name for _, name in named], words, _reach(seen))


def _names(member: int, text: str, whole: Likeness, why: str) -> Iterator[tuple[str, _Name]]:
    """Yield the index entries of a name: the whole name, and the part that starts at each later word."""
    words = folded(text).split()
    begun = Likeness.PREFIX if whole is Likeness.EXACT else Likeness.SYNONYM_PREFIX
    for at in range(min(len(words), MOST_WORDS)):
        end = " ".join(words[at:])
        yield end, _Name(member, Likeness.WORD if at else begun, None if at else whole, why)


def _reach(seen: VisibleModel) -> Mapping[str, int]:
    def make() -> Mapping[str, int]:
        facts = {measure.dataset for metric in seen.metrics for measure in measures_of(metric, seen.model)}
        reached = [seen.model.joins.paths(fact) for fact in facts]
        return {
            dimension.name: sum(
                any(place.dataset in paths for place in seen.places(dimension.name)) for paths in reached
            )
            for dimension in seen.dimensions
        }

    return seen.cached("facts that have a dimension", make)


def _beginning_with(text: str, texts: Sequence[str]) -> Iterator[int]:
    first = bisect_left(texts, text)
    for place in range(first, min(len(texts), first + MOST_LOOKED_AT)):
        if not texts[place].startswith(text):
            return
        yield place
