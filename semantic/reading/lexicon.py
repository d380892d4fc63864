"""The names that one person can see, indexed to recognize them in text: metrics, dimensions, members and segments.

A name that is hidden from this person is treated as an unknown word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from semantic.model.definitions import Dimension, Metric
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Value
from semantic.reading.days import DAY_WORDS, UNITS, Clock, read_days
from semantic.reading.grammar import GRAMMAR_WORDS, LINKS, SKIPPED, is_stop, read_words
from semantic.reading.text import TIMES, Token, fold, stem, stems

Members = Mapping[str, Sequence[Value]]
"""The members that a person can see, by dimension."""

LABEL, SYNONYM, SHORTENED, CODE, PART = 0, 1, 2, 3, 3
"""How well a phrase matches a name, best first: as its label, as a synonym, as the label without text in brackets or
after "by", as a code that has a label, or as a part of a member's name.
"""

MOST_TYPO_MEMBERS = 60  # members of one dimension whose names are corrected
FEW_MEMBERS = 14  # the most members that are selected by a part of their names
LONGEST_NAME = 9  # words
MOST_ENDS = 6  # metrics whose names end alike
_SUPERLATIVES = frozenset({"starkste", "starksten", "starkster", "schwachste", "schwachsten"})
_PERIODS = frozenset({"tag", "woche", "monat", "quartal", "jahr"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning of a phrase. `values` contains one member, or several members that share the phrase.

    If `contains` is set, the phrase means every member that contains this text.
    """

    kind: Literal["metric", "dimension", "member", "segment"]
    name: str
    tier: int
    values: tuple[Value, ...] = ()
    contains: str = ""
    is_part: bool = False  # selected by a part of its name


@dataclass(slots=True)
class Lexicon:
    """The names of a catalogue, stored as a tree of words, and the known words for correcting typos.

    `ends` has what the names of several metrics end in, such as abandonment, unless it's a name itself.
    """

    seen: VisibleModel
    tree: dict[str, Any] = field(default_factory=dict[str, Any])
    ends: dict[tuple[str, ...], tuple[Meaning, ...]] = field(default_factory=dict[tuple[str, ...], tuple[Meaning, ...]])
    words: set[str] = field(default_factory=set[str])
    correctable: list[str] = field(default_factory=list[str])

    def find(self, tokens: Sequence[Token], place: int) -> Iterator[tuple[int, tuple[Meaning, ...]]]:
        """Yield the names that begin at a token: the number of tokens, and the meanings."""
        waiting: list[tuple[int, dict[str, Any]]] = [(place, self.tree)]
        while waiting:
            at, node = waiting.pop()
            if at >= len(tokens) or at - place > LONGEST_NAME + 3:
                continue
            token = tokens[at]
            if at > place and token.word in SKIPPED:
                waiting.append((at + 1, node))
            inner = node.get(token.stem) if token.stem else None  # a lone accent has no letters
            if inner is not None:
                if "" in inner and not (at == place and _is_small_word(token)) and not self._is_mean(tokens, place, at):
                    yield at + 1 - place, inner[""]
                waiting.append((at + 1, inner))

    def _is_mean(self, tokens: Sequence[Token], first: int, at: int) -> bool:
        """Whether "average" before a plural asks for the mean of a count.

        "Average orders" does, but "average order value" is a metric's name.
        """
        counted = tokens[at]
        if at != first + 1 or tokens[first].stem not in ("average", "durchschnittlich") or counted.word == counted.stem:
            return False
        return any(meaning.kind == "metric" for meaning in self.tree.get(counted.stem, {}).get("", ()))

    def find_text(self, text: str) -> tuple[Meaning, ...]:
        """Return the members whose full name is this text."""
        node = self.tree
        for word in _key(text):
            node = node.get(word)
            if node is None:
                return ()
        return tuple(meaning for meaning in node.get("", ()) if meaning.kind == "member" and not meaning.is_part)

    def corrected(self, tokens: Sequence[Token]) -> tuple[Token, ...]:
        """Return the tokens with typos corrected.

        If a word is equally close to two known words, it isn't changed. German compounds are split: Kanalumsatz becomes
        Umsatz nach Kanal.
        """
        return tuple(
            each
            for token in tokens
            for each in _times(token) or self._typo_fixed(token) or self._apart(token) or (token,)
        )

    def _apart(self, token: Token) -> tuple[Token, ...]:
        """Return the words of a compound of two known names. Empty for any other word."""
        word = token.word
        if token.kind != "word" or len(word) < 8 or not word.isalpha() or self._knows(token):
            return ()
        for cut_at in range(len(word) - 4, 2, -1):
            first, last = word[:cut_at], word[cut_at:]
            for linked in ("", "s", "es", "n", "en", "e", "er"):
                head = first.removesuffix(linked)
                if (linked and head == first) or len(head) < 3:
                    continue
                joint = self._joint(head, last)
                if joint is not None:
                    parts = (last, joint, head) if joint else (head, last)
                    return tuple(Token("word", part, part, stem(part), token.start, token.end) for part in parts)
        return ()

    def _joint(self, head: str, last: str) -> str | None:
        """Return the word that joins the parts of a German compound.

        For Kanalumsatz, it's "nach", because it means Umsatz nach Kanal. "" keeps the order of the parts. None means
        that the parts don't form a compound.
        """
        kinds = {each.kind for each in self.tree.get(stem(last), {}).get("", ()) if each.tier <= SYNONYM}
        of_head = {each.kind for each in self.tree.get(stem(head), {}).get("", ()) if each.tier <= SYNONYM}
        if "metric" in of_head and last in ("entwicklung", "verlauf", "trend"):
            return ""
        if "metric" in of_head and last in _SUPERLATIVES:
            return "nach"
        if "metric" not in kinds:
            return None
        if head in _PERIODS:
            return "pro"
        if "dimension" in of_head:
            return "nach"
        return "von" if of_head & {"member", "segment"} else None

    def _typo_fixed(self, token: Token) -> tuple[Token, ...]:
        """Return the known word that a typo is closest to. Empty for any other word."""
        if token.kind != "word" or len(token.word) < 5 or not token.word.isalpha() or self._knows(token):
            return ()
        edits = 1 if len(token.word) < 8 else 2
        near = process.extract(token.word, self.correctable, scorer=OSA.distance, score_cutoff=edits, limit=6)
        near = [
            (word, distance) for word, distance, _ in near if word[0] == token.word[0] or word[1:] == token.word[1:]
        ]
        closest = {
            stem(word): word
            for word, distance in near
            if distance == near[0][1] and abs(len(word) - len(token.word)) <= edits
        }
        if len({UNITS.get(each) for each in closest.values()}) == 1 and closest.keys() & UNITS.keys():
            closest = dict([min(closest.items())])  # a month in either language
        if len(closest) > 1:  # swapped letters are the likelier error
            closest = {key: word for key, word in closest.items() if sorted(word) == sorted(token.word)}
        if len(closest) != 1:
            return ()
        word = next(iter(closest.values()))
        return (Token("word", token.text, word, stem(word), token.start, token.end),)

    def _knows(self, token: Token) -> bool:
        return token.stem in self.words or token.word in GRAMMAR_WORDS or token.word in DAY_WORDS


def _times(token: Token) -> tuple[Token, ...]:
    """Return "twice" as "2 times", and an empty tuple for any other word."""
    count = TIMES.get(token.word)
    if count is None:
        return ()
    number = Token("number", token.text, str(count), str(count), token.start, token.end)
    return (number, Token("word", token.text, "times", "times", token.start, token.end))


def _is_small_word(token: Token) -> bool:
    """Whether a code of one or two letters is typed like an ordinary word, such as "at" or "no".

    In capitals, AT and NO are members.
    """
    is_word = len(token.word) == 1 or (token.word in GRAMMAR_WORDS and token.word != "uk")  # in "uk pounds"
    return len(token.word) <= 2 and is_word and not token.text.isupper()


def lexicon_of(seen: VisibleModel, members: Members) -> Lexicon:
    """Return the lexicon of what one person can see. Build it once for all people with the same access."""
    made = Lexicon(seen)
    names: dict[tuple[str, ...], list[Meaning]] = {}
    typo: set[str] = set()

    def add(text: str, meaning: Meaning, *, corrects: bool = True) -> None:
        key = _key(text)
        if not key or len(key) > LONGEST_NAME:
            return
        others = names.setdefault(key, [])
        same = [other for other in others if (other.kind, other.name) == (meaning.kind, meaning.name)]
        for other in same:
            if (
                other.kind != "member"
                or set(other.values) & set(meaning.values)
                or not (other.is_part and meaning.is_part)
            ):
                if other.tier <= meaning.tier:
                    return
                others.remove(other)
        others.append(meaning)
        if corrects:
            typo.update(word for word in _words(text) if len(word) > 4)

    for metric in seen.metrics:
        if metric.deprecated is None:
            for text, tier in _metric_names(metric):
                add(text, Meaning("metric", metric.name, tier))
    for dimension in seen.dimensions:
        if dimension.kind != "time":
            for place in seen.places(dimension.name):
                _add_dimension(place, add)
            _add_members(dimension, seen, members.get(dimension.name, ()), add)
    for segment in seen.segments:
        for text, tier in ((segment.label, LABEL), *((synonym, SYNONYM) for synonym in segment.synonyms)):
            add(text, Meaning("segment", segment.name, tier))
    _drop_periods(names)
    for key, meanings in names.items():
        if not meanings:
            continue
        node = made.tree
        for word in key:
            node = node.setdefault(word, {})
        node[""] = tuple(sorted(_merged(meanings), key=lambda meaning: (meaning.tier, meaning.name)))
        made.words.update(key)
    made.ends = _ends(seen.metrics, names)
    grammar = {word for word in DAY_WORDS | GRAMMAR_WORDS if len(word) > 4 and not is_stop(word)}
    made.correctable = sorted(typo | grammar)
    return made


def _key(text: str) -> tuple[str, ...]:
    words = stems(text)
    return tuple(word for word in words if word not in SKIPPED) or words


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text))


_BRACKETS = re.compile(r"(?<!\s)\s*\([^()]*\)")
_AFTER = re.compile(r"(?<!\s)\s+(?:known by|by|in the|in)\s.*$", re.IGNORECASE)


def _metric_names(metric: Metric) -> Iterator[tuple[str, int]]:
    for text, tier in (
        (metric.label, LABEL),
        (metric.name.replace("_", " "), SYNONYM),
        *((synonym, SYNONYM) for synonym in metric.synonyms),
    ):
        if not text:
            continue
        if " who " in text:
            yield text.replace(" who ", " "), tier  # how many members cancelled
        plain = _BRACKETS.sub("", text)
        short = _AFTER.sub("", plain)
        if short == plain or not is_breakdown(plain[len(short) :]):
            yield text, tier
            yield plain, SHORTENED if plain != text else tier
        if short != plain and text != metric.name.replace("_", " "):
            yield short, SHORTENED


_BREAKDOWN = re.compile(
    r"\s+(?:known )?by\s+"
    r"(?:product|keyword|ads?|brand|day|week|month|year|creative|campaign|channel|platform|rep|owner|team)\b",
    re.IGNORECASE,
)


def is_breakdown(text: str) -> bool:
    """Whether a name ends like a breakdown: "Bookings by month" means bookings, broken down by month."""
    return _BREAKDOWN.match(text) is not None


def _add_dimension(place: Dimension, add: Any) -> None:
    add(place.label, Meaning("dimension", place.name, LABEL))
    add(place.name.replace("_", " "), Meaning("dimension", place.name, LABEL))
    for synonym in place.synonyms:
        add(synonym, Meaning("dimension", place.name, SYNONYM))


def _add_members(dimension: Dimension, seen: VisibleModel, values: Sequence[Value], add: Any) -> None:
    name = dimension.name
    if seen.mask(name) is not None or any("personal" in place.tags for place in seen.places(name)):
        return
    labels = seen.member_labels(name)
    shown = {
        str(value).lower() if isinstance(value, bool) else str(value): value for value in values if value is not None
    }
    corrects = len(shown) <= MOST_TYPO_MEMBERS
    for place in seen.places(name):
        for code, synonyms in place.member_synonyms:
            if code in shown:
                for synonym in synonyms:
                    tier = SYNONYM if code in labels else LABEL  # a code that only its synonyms name
                    add(synonym, Meaning("member", name, tier, (shown[code],)), corrects=corrects)
    for code, value in shown.items():
        label = labels.get(code)
        if label is not None and label.casefold() not in _VERBS:
            add(label, Meaning("member", name, LABEL, (value,)), corrects=corrects)
        if isinstance(value, str) and not (label is not None and code.casefold() in _ORDINARY):
            add(code, Meaning("member", name, LABEL if label is None else CODE, (value,)), corrects=corrects)
    texts = {labels.get(code, code): value for code, value in shown.items() if isinstance(value, str)}
    _add_parts(name, texts, add)


_ORDINARY = frozenset(
    {
        "first",
        "last",
        "none",
        "other",
        "new",
        "won",
        "lost",
        "order",
        "search",
        "product",
        "account",
        "month",
        "year",
        "home",
        "all",
    }
)
"""Codes that are also ordinary words. Members with these codes are recognized only by their labels."""

_VERBS = frozenset({"won", "lost"})
"""Labels that are verbs in most texts: "who won most deals" doesn't ask for a stage."""


def _add_parts(name: str, texts: Mapping[str, Value], add: Any) -> None:
    """Add the parts of members' names.

    A part that few names have means exactly these members. A part that many names have means all members that contain
    it.
    """
    families: dict[str, list[str]] = {}
    for text in texts:
        if match := re.fullmatch(r"([A-Za-z]{3,})\d+", text):
            families.setdefault(match[1], []).append(text)
    for family, codes in families.items():
        if len(codes) > 1:
            add(family, Meaning("member", name, CODE, (), contains=family), corrects=False)
    by_part: dict[str, list[tuple[str, Value]]] = {}
    for text, value in texts.items():
        for part in _parts(text):
            by_part.setdefault(part.casefold(), []).append((part, value))
    for whole, owners in by_part.items():
        if len(texts) <= FEW_MEMBERS:
            values = tuple(dict.fromkeys(value for _, value in owners))
            if len(values) < len(texts) and len(values) <= 3:
                add(whole, Meaning("member", name, PART, values, is_part=True), corrects=False)
        elif len(owners) > 1:
            shortest = min(owners, key=lambda owner: owner[0])[0]
            add(whole, Meaning("member", name, PART, (), contains=shortest, is_part=True), corrects=False)


def _parts(text: str) -> Iterator[str]:
    """Yield each part of a name that consists of whole words. Parts of one or two letters are left out."""
    words = re.findall(r"[^\s,;()]+", text)
    if len(words) < 2 or len(words) > 7 or len(text) > 80:
        return
    for size in range(1, min(4, len(words) - 1) + 1):
        for first in range(len(words) - size + 1):
            part = words[first : first + size]
            if all(len(word) > 2 for word in part) and not _is_grammar(part):
                yield " ".join(part)


def _is_grammar(words: Sequence[str]) -> bool:
    """Whether words of a name are read as grammar or days: a single word, or several that begin or end with a link.

    For example, "gets" or "from Meta". "Table lamp" is a part of names, although a question can ask for a table.
    """
    first, last = fold(words[0]), fold(words[-1])
    if len(words) > 1:
        return not LINKS.isdisjoint((first, last))
    return not {first, stem(first)}.isdisjoint(GRAMMAR_WORDS | DAY_WORDS)


def _ends(
    metrics: Iterable[Metric], names: Mapping[tuple[str, ...], object]
) -> dict[tuple[str, ...], tuple[Meaning, ...]]:
    """Return what the names of a few metrics end in, with these metrics, unless it's a name itself."""
    ends: dict[tuple[str, ...], dict[str, Meaning]] = {}
    for metric in metrics:
        for text in (metric.label, *metric.synonyms):
            key = _key(text)
            if metric.deprecated is not None or "(" in text or not LINKS.isdisjoint(_words(text)):
                continue
            for cut_at in range(1, len(key)):
                if key[cut_at:] not in names and _is_end(key[cut_at:]):
                    ends.setdefault(key[cut_at:], {})[metric.name] = Meaning("metric", metric.name, PART, is_part=True)
    return {key: tuple(each.values()) for key, each in ends.items() if 1 < len(each) <= MOST_ENDS}


def _is_end(words: tuple[str, ...]) -> bool:
    return len(words[-1]) > 3 and words not in (("rate",), ("share",)) and GRAMMAR_WORDS.isdisjoint(words)


def _merged(meanings: Iterable[Meaning]) -> list[Meaning]:
    """Return the meanings, with values of one dimension that share a synonym combined into one meaning."""
    merged: dict[tuple[str, str, int, str, bool], Meaning] = {}
    for meaning in meanings:
        key = (meaning.kind, meaning.name, meaning.tier, meaning.contains, meaning.is_part)
        other = merged.get(key)
        values = meaning.values if other is None else tuple(dict.fromkeys((*other.values, *meaning.values)))
        merged[key] = replace(meaning, values=values)
    return [*merged.values()]


def _is_share(word: str) -> bool:
    return any(each.value == "percent_of_total" and size == 1 for size, each in read_words((word,), 0))


_ANY_DAY = Clock(date(2026, 6, 30))


def _drop_periods(names: dict[tuple[str, ...], list[Meaning]]) -> None:
    """Remove names of a metric that can also be read in another way.

    That's a name that is another metric's name with a period or breakdown, such as "YTD revenue", or a shortened name
    that can mean a share of another metric.
    """
    for key in [*names]:
        if len(key) > 1 and all(meaning.kind == "metric" for meaning in names[key]):
            for cut in range(1, len(key)):
                for part, rest in ((key[:cut], key[cut:]), (key[cut:], key[:cut])):
                    days = read_days(part, 0, _ANY_DAY)
                    grain = any(word.role == "grain" and size == len(part) for size, word in read_words(part, 0))
                    if rest in names and (grain or (days is not None and days[0] == len(part))):
                        names.pop(key, None)
            if key in names and key[1:] in names and _is_share(key[0]):  # share of spend
                names[key] = [meaning for meaning in names[key] if meaning.tier < SHORTENED]
