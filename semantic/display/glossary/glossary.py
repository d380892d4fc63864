"""The glossary: every term that a reader can see, with its meaning, from the model under the reader's policy.

It contains nothing that the policy hides. Members are listed only if the caller found them in rows that the reader can
see. All other terms come from the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from semantic.display.format import listed
from semantic.display.glossary.terms import TERMS
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.model.domains import label_of
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import upper_first
from semantic.query.member_labels import labels_among
from semantic.query.query import Value
from semantic.reading.text import fold

Members = Mapping[str, Sequence[Value]]
"""The members of each dimension in rows that the reader can see."""

LONGEST, MOST_WORDS, MOST_NEAR, CLOSE_ENOUGH = 100, 8, 3, 0.8


class Group(StrEnum):
    """A group of terms, in display order. The value is the group's name on screen."""

    METRIC = "Metrics"
    BREAKDOWN = "Breakdowns"
    VALUE = "Values"
    SEGMENT = "Segments"
    CALENDAR = "Calendar"
    TERM = "Samepage terms"


@dataclass(frozen=True, slots=True)
class Entry:
    """One term. `key` identifies it in an address: `metric.net_revenue`. `kind` describes it in a few words."""

    group: Group
    key: str
    term: str
    means: str
    kind: str
    synonyms: tuple[str, ...] = ()
    name: str = ""  # in the model
    rank: int = 1  # among entries that match equally well, the smallest first
    words: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = (
        (),
        (),
        (),
    )  # of the term, the synonyms, the rest

    @property
    def letter(self) -> str:
        """The letter under which the term is listed, or # if it doesn't begin with a letter."""
        first = fold(self.term.lstrip("("))[:1].upper()
        return first if "A" <= first <= "Z" else "#"


def glossary_of(seen: VisibleModel, today: date, members: Members) -> tuple[Entry, ...]:
    """Return all terms that this person can see, in alphabetical order."""
    entries = [*_metrics(seen, today), *_breakdowns(seen), *_values(seen, members), *_segments(seen)]
    entries += [*_calendar(seen), *_terms()]
    return tuple(sorted(map(_indexed, entries), key=_alphabetical))


def _alphabetical(entry: Entry) -> tuple[bool, str, int]:
    return entry.letter == "#", fold(entry.term.lstrip("(")), entry.rank


def _indexed(entry: Entry) -> Entry:
    texts = (entry.term, entry.name.replace("_", " ")), entry.synonyms, (entry.means, entry.kind)
    own, also, rest = (tuple(word for text in each for word in _split(text)) for each in texts)
    return replace(entry, words=(own, also, rest))


# Where terms come from


def _metrics(seen: VisibleModel, today: date) -> Iterator[Entry]:
    for metric in seen.metrics:
        how = certification_status(metric, today)
        means = metric.means or metric.description
        if metric.does_not_mean:
            means = f"{means} Not: {metric.does_not_mean}".strip()
        kind = f"Metric, {how.words.casefold()}"
        if metric.domain:
            kind = f"{kind}, {label_of(metric.domain, seen.model.domains)}"
        rank = list(CertificationStatus).index(how)
        yield Entry(
            Group.METRIC, f"metric.{metric.name}", metric.label or metric.name, means, kind, metric.synonyms,
            metric.name, rank,
        )  # fmt: skip


def _breakdowns(seen: VisibleModel) -> Iterator[Entry]:
    for dimension in seen.dimensions:
        places = seen.places(dimension.name)
        synonyms = tuple(dict.fromkeys(synonym for place in places for synonym in place.synonyms))
        means = next((place.description for place in places if place.description), "")
        kind = "Date" if dimension.kind == "time" else "Breakdown"
        label = dimension.label or upper_first(dimension.name.replace("_", " "))
        yield Entry(Group.BREAKDOWN, f"breakdown.{dimension.name}", label, means, kind, synonyms, dimension.name)


def _values(seen: VisibleModel, members: Members) -> Iterator[Entry]:
    """Yield terms for members with a label or a synonym.

    Members of several breakdowns with the same label share a term.
    """
    together: dict[str, list[tuple[str, str, str]]] = {}
    also: dict[str, dict[str, None]] = {}
    for dimension in seen.dimensions:
        values = members.get(dimension.name, ())
        if not values or seen.mask(dimension.name) is not None:
            continue
        labels = labels_among(values, seen.member_labels(dimension.name))
        synonyms = {code: words for place in seen.places(dimension.name) for code, words in place.member_synonyms}
        for code in dict.fromkeys(str(value).lower() if isinstance(value, bool) else str(value) for value in values):
            if code not in labels and code not in synonyms:
                continue
            term = labels.get(code, code)
            together.setdefault(term, []).append((dimension.label, dimension.name, code))
            also.setdefault(term, {}).update(dict.fromkeys(synonyms.get(code, ())))
    for term, places in together.items():
        codes = list(dict.fromkeys(code for *_, code in places if _split(code) != _split(term)))
        written = f" In files and links, it's {listed(codes)}." if codes else ""
        means = f"A value of {listed(dict.fromkeys(label for label, *_ in places))}.{written}"
        _, dimension_name, code = places[0]
        key = f"value.{dimension_name}.{code}"
        yield Entry(Group.VALUE, key, term, means, "Value", tuple(also[term]), rank=2)


def named_in_model(seen: VisibleModel) -> Members:
    """Return the members with a label or synonym in the model.

    Only use this for readers without row rules that hide members.
    """
    assert seen.may_name_members
    named: dict[str, tuple[Value, ...]] = {}
    for dimension in seen.dimensions:
        places = seen.places(dimension.name)
        if can_be_named(seen, dimension.name):
            codes = [code for place in places for code, _ in (*place.labels, *place.member_synonyms)]
            named[dimension.name] = tuple(dict.fromkeys(codes))
    return named


def can_be_named(seen: VisibleModel, dimension: str) -> bool:
    """Whether the model can have labels for members of a breakdown.

    It can't if the breakdown is masked, personal, or a part of names.
    """
    places = seen.places(dimension)
    if any(place.read_from for place in places):
        return False
    is_named = any(place.labels or place.member_synonyms for place in places)
    is_personal = any({"personal", "sensitive"} & place.tags for place in places)
    return is_named and not is_personal and seen.mask(dimension) is None


def _segments(seen: VisibleModel) -> Iterator[Entry]:
    for segment in seen.segments:
        yield Entry(
            Group.SEGMENT, f"segment.{segment.name}", segment.label or segment.name, segment.description, "Segment",
            segment.synonyms, segment.name,
        )  # fmt: skip


def _calendar(seen: VisibleModel) -> Iterator[Entry]:
    settings = seen.model.settings

    def day(key: str, term: str, means: str, *synonyms: str) -> Entry:
        return Entry(Group.CALENDAR, f"calendar.{key}", term, means, "Calendar", synonyms)

    zone = settings.time_zone.replace("_", " ")
    yield day("day", "Day", f"From midnight to midnight in {zone}.", "time zone", "timezone")
    yield day(
        "week", "Week", f"Weeks begin on {settings.week_start.capitalize()}.", "week start", "first day of the week"
    )
    fiscal = settings.fiscal_start.capitalize()
    yield day("fiscal_year", "Fiscal year", f"The fiscal year begins in {fiscal}.", "financial year", "FY")
    yield day("fiscal_quarter", "Fiscal quarter", f"Three months, the first of which begins in {fiscal}.", "FQ")
    yield day(
        "complete", "Complete periods",
        "“Last 3 months” counts only months that have ended, unless you include the current one.",
        "last month", "last week", "rolling",
    )  # fmt: skip
    yield day(
        "last_year", "Same period last year",
        "Days and weeks are compared with the same weekdays, 364 days earlier. Months and longer periods are compared "
        "with the same dates a year earlier.",
        "year over year", "YoY", "last year",
    )  # fmt: skip
    yield day(
        "currency", "Reporting currency", f"Money is shown in {settings.currency} unless you choose another currency.",
        "currency", "exchange rate",
    )  # fmt: skip
    for period in seen.periods:
        label = period.label or upper_first(period.name.replace("_", " "))
        yield day(period.name, label, period.description or "A period of the company's own calendar.", *period.synonyms)


def _terms() -> Iterator[Entry]:
    for term in TERMS:
        key = fold(term.word).strip("()").replace(" ", "_")
        yield Entry(Group.TERM, f"term.{key}", term.word, term.means, "Samepage term", term.synonyms)


# Search


def matching(entries: Iterable[Entry], text: str) -> list[Entry]:
    """Return the entries that match every word of a text, best first.

    A word also matches the beginning of a longer word. Matches in names come first, then synonyms, then meanings. An
    empty text returns all entries in the given order.
    """
    words = _split(text[:LONGEST])[:MOST_WORDS]
    if not words:
        return [] if text.strip() else list(entries)
    scored = [(score, entry) for entry in entries if (score := _score(words, entry)) is not None]
    return [entry for _, entry in sorted(scored, key=lambda pair: pair[0])]


def _score(words: Sequence[str], entry: Entry) -> tuple[int, int] | None:
    """Return a sort key for how well an entry matches, best first, or None if a word doesn't match.

    A whole name is the best match, then a whole synonym, words of the name, words of synonyms, and all other words.
    """
    asked = list(words)
    if asked == _split(entry.term):
        return 0, entry.rank
    if any(asked == _split(synonym) for synonym in entry.synonyms):
        return 1, entry.rank
    worst = 0
    for word in words:
        tier = next((at for at, each in enumerate(entry.words) if any(one.startswith(word) for one in each)), None)
        if tier is None:
            return None
        worst = max(worst, tier)
    return 2 + worst, entry.rank


def nearest(entries: Sequence[Entry], text: str) -> list[Entry]:
    """Return the entries with the most similar names or synonyms, for a text without matches."""
    wanted = " ".join(_split(text[:LONGEST]))
    if not wanted:
        return []
    names = [(fold(name), at) for at, entry in enumerate(entries) for name in (entry.term, *entry.synonyms)]
    close = process.extract(
        wanted, [name for name, _ in names], scorer=JaroWinkler.similarity, score_cutoff=CLOSE_ENOUGH, limit=20
    )
    return [entries[at] for at in list(dict.fromkeys(names[place][1] for *_, place in close))[:MOST_NEAR]]


def _split(text: str) -> list[str]:
    """Return the words of a text, reduced to letters and digits for comparison."""
    return "".join(letter if letter.isalnum() else " " for letter in fold(text)).split()
