"""Find everything that a text can mean to one person: a question, metrics, values, periods or saved questions.

Results are grouped by kind, best first. A search never waits for the engine: while values are still being read in the
background, it finds everything except values. It finds only names that this person can see, so a hidden name looks like
one that doesn't exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, Literal

from semantic.compile import plan_question
from semantic.errors import SemanticError
from semantic.explore.member_search import FoundMember, Likeness
from semantic.explore.repairs import does_compile, drop_broken
from semantic.explore.search import Hit, folded, search
from semantic.model.certification_status import is_certified
from semantic.model.definitions import Dimension, Granularity, Metric, Segment
from semantic.model.settings import MONTHS, WEEK_DAYS
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import (
    calendar_name,
    describe_comparison,
    describe_filters,
    describe_range,
    describe_title,
    lower_first,
    upper_first,
)
from semantic.query.filter_parts import parts_of as all_parts
from semantic.query.member_labels import Labels
from semantic.query.narrowing import all_of, parts_of
from semantic.query.query import Breakdown, Condition, Filter, InSegment, Last, Operator, Period, Query, Top, Value
from semantic.query.resolve import Asked
from semantic.reading.days import Clock, read_days
from semantic.reading.reading import read
from semantic.reading.text import cut
from semantic.reading.understood import Reading
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.services.saved_questions import search_saved
from semantic.services.words import Words
from semantic.store.questions.questions import SavedQuestion

Kind = Literal["ask", "metric", "breakdown", "value", "segment", "period", "saved"]

GROUPS: Final[Mapping[Kind, str]] = MappingProxyType({
    "ask": "Ask", "metric": "Metrics", "breakdown": "Breakdowns", "value": "Values", "segment": "Segments",
    "period": "Periods", "saved": "Saved questions",
})  # fmt: skip
"""The title of each kind of match. Kinds with equally good matches are in this order."""

SHOWN: Final[Mapping[Kind, int]] = MappingProxyType(
    {"ask": 1, "metric": 6, "breakdown": 4, "value": 6, "segment": 3, "period": 3, "saved": 3}
)
STILL_READING: Final = "Values are still loading. Try again in a few seconds."
LONGEST: Final = 400  # characters that are read
MOST_READINGS: Final = 500
DEFAULT_PERIOD: Final = Last(13, Granularity.WEEK)
PERIODS: Final = (
    "yesterday", "last 7 days", "last 30 days", "last week", "last 13 weeks", "this month", "last month",
    "this quarter", "last quarter", "last 12 months", "this year", "last year",
)  # fmt: skip
"""Periods that are found by their first letters. Any other period is found once it is typed out."""

_EXACT, _SYNONYM, _PREFIX, _WORD, _OTHER, _TYPO, _TEXT = range(7)
_OF_MEMBER = MappingProxyType({
    Likeness.EXACT: _EXACT, Likeness.SYNONYM: _SYNONYM, Likeness.PREFIX: _PREFIX, Likeness.SYNONYM_PREFIX: _OTHER,
    Likeness.WORD: _WORD, Likeness.TYPO: _TYPO,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One possible meaning of a text. `key` is unique among the matches, and stable across searches.

    `detail` adds context, such as a value's dimension or a period's days. `why` explains the match if `label` doesn't.
    """

    kind: Kind
    key: str
    label: str
    detail: str = ""
    why: str = ""
    rank: int = _OTHER  # how well it matches, smaller first
    name: str = ""  # of the metric, dimension or segment, or the saved question's ID
    values: tuple[Value, ...] = ()
    period: Period | None = None
    query: Query | None = None  # the question in the text, if `kind` is "ask"
    thing: Metric | Dimension | Segment | SavedQuestion | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the text is the complete name or synonym of the match, not just a part."""
        return self.rank <= _SYNONYM


@dataclass(frozen=True, slots=True)
class Matches:
    """The matches for a text in groups, best first. `reading` is the text parsed into a question.

    While the values are still being read, `reading` is None and `note` says so.
    """

    groups: tuple[tuple[str, tuple[Match, ...]], ...] = ()
    reading: Reading | None = None
    note: str = ""

    def all(self) -> Iterator[Match]:
        """Yield every match, in the order shown."""
        for _, matches in self.groups:
            yield from matches

    def get(self, key: str) -> Match | None:
        """Return the match with this key, or None. Use this for keys that come from a browser."""
        return next((match for match in self.all() if match.key == key), None)


class Finder:
    """Finds what a text can mean, among the names in `words`. Several threads can use it safely."""

    def __init__(self, words: Words) -> None:
        self.words, self.workspace = words, words.workspace
        self._readings = SingleFlightCache[Reading](MOST_READINGS, seconds=60.0)

    def warm(self, actor: Actor) -> None:
        """Start reading the values that this person can see in the background, for later searches, without waiting."""
        self.words.warm(actor)

    def find(
        self,
        text: str,
        actor: Actor,
        *,
        query: Query | None = None,
        saved: Sequence[SavedQuestion] = (),
        recent: Sequence[str] = (),
        used: Mapping[str, int] | None = None,
        kinds: Collection[Kind] = tuple(GROUPS),
        shown: Mapping[Kind, int] = SHOWN,
        today: date | None = None,
    ) -> Matches:
        """Return everything that a text can mean. Never waits for the engine.

        `query` is the current question. The text can continue it, and breakdowns and values must fit its metrics.
        `saved` has the questions to search. Among equally good matches, names in `used` come first, by rank, then names
        in `recent`.
        """
        text, day = text[:LONGEST].strip(), today or self.workspace.today()
        if not text:
            return Matches()
        seen, names = self.workspace.visible(actor), self.words.known(actor)
        fits = self._fits(query, actor, day)
        found: list[Match] = []
        for hit in search(seen, text, recent=recent, used=used, limit=40):
            if hit.kind != "dimension" or fits is None or hit.name in fits:
                found.append(_named(hit, text))
        if "value" in kinds and names is not None:
            found += [
                _member(member, seen) for member in names.members.find(text, among=fits, limit=3 * shown["value"])
            ]
        if "period" in kinds:
            found += _periods(text, seen, day)
        found += [_saved(question, text) for question in search_saved(saved, text)[: shown["saved"]]]
        reading = self.reading(text, actor, query=query, today=day) if "ask" in kinds else None
        known = _labels(reading, names.members.members) if reading is not None and names is not None else {}
        ask = _asked(text, reading, found, seen, day, known) if reading is not None else None
        found = [match for match in found if match.kind in kinds]
        is_waiting = names is None and bool({"ask", "value"} & set(kinds))
        return Matches(_grouped(found, ask, shown), reading, STILL_READING if is_waiting else "")

    def reading(
        self, text: str, actor: Actor, *, query: Query | None = None, today: date | None = None
    ) -> Reading | None:
        """Return a text parsed into a question, or None while values are still being read.

        Never waits for the engine.
        """
        names, day = self.words.known(actor), today or self.workspace.today()
        if names is None:
            return None
        previous = query if query is not None and query.metrics else None
        key = (self.workspace.visible(actor).access_key, id(names), text, previous, day)
        return self._readings.get(key, lambda: read(text, names.lexicon, today=day, previous=previous))

    def _fits(self, query: Query | None, actor: Actor, day: date) -> frozenset[str] | None:
        """Return the dimensions that the question's metrics can be broken down by, or None if there is no question."""
        if query is None or not query.metrics:
            return None
        try:
            available = self.workspace.preflight(query, actor, today=day).available
        except SemanticError:  # the engine is unavailable: what doesn't fit is refused later
            return None
        return frozenset(dimension.name for dimension in available)

    def question_with(
        self, match: Match, actor: Actor, query: Query | None = None, *, recent: Sequence[str] = ()
    ) -> Query | None:
        """Return the question with a match added, or None if the match can't be added.

        If the question has no metric, it gets the most used metric that fits.
        """
        if match.query is not None:
            return match.query
        if match.kind == "saved":
            return None
        before = query or Query()
        if before.metrics or match.kind == "metric":
            return added(match, before)
        seen, day = self.workspace.visible(actor), self.workspace.today()
        for hit in search(seen, "", kinds=("metric",), recent=recent, limit=len(seen.metrics)):
            asked = added(match, added(Match(kind="metric", key="", label="", name=hit.name), before))
            if does_compile(asked, seen, self.workspace.dialect, day):
                return asked
        return None


def added(match: Match, query: Query) -> Query:
    """Return a question with a match added: a metric, a breakdown, a filter or a period.

    If the question already filters by the dimension, the value is added to that filter.
    """
    match match.kind:
        case "metric" if match.name not in query.metrics:
            time = query.time if query.metrics or query.time is not None else DEFAULT_PERIOD
            return drop_broken(replace(query, metrics=(*query.metrics, match.name), time=time))
        case "breakdown" if all(breakdown.dim != match.name for breakdown in query.by):
            is_time = isinstance(match.thing, Dimension) and match.thing.kind == "time"
            return drop_broken(
                replace(query, by=(*query.by, Breakdown(match.name, Granularity.MONTH if is_time else None)))
            )
        case "value":
            return replace(query, where=_with_values(query.where, match.name, match.values))
        case "segment" if InSegment(match.name) not in parts_of(query.where):
            return replace(query, where=all_of([*parts_of(query.where), InSegment(match.name)]))
        case "period":
            return replace(query, time=match.period)
        case _:
            return query


def _with_values(where: Filter | None, dimension: str, values: Sequence[Value]) -> Filter | None:
    parts = parts_of(where)
    for place, part in enumerate(parts):
        if isinstance(part, Condition) and part.dim == dimension and part.op is Operator.IN and part.via is None:
            more = tuple(value for value in values if value not in part.values)
            parts[place] = replace(part, values=(*part.values, *more))
            return all_of(parts)
    return all_of([*parts, Condition(dimension, Operator.IN, tuple(values))])


# Matches


def _named(hit: Hit, text: str) -> Match:
    kind: Kind = "breakdown" if hit.kind == "dimension" else hit.kind
    return Match(
        kind=kind, key=f"{kind}:{hit.name}", label=hit.label, detail=hit.thing.description, why=hit.why,
        rank=_rank_of(hit, folded(text)), name=hit.name, thing=hit.thing,
    )  # fmt: skip


def _rank_of(hit: Hit, wanted: str) -> int:
    label, synonyms = folded(hit.label), [folded(synonym) for synonym in hit.thing.synonyms]
    is_vouched = isinstance(hit.thing, Metric) and is_certified(hit.thing)
    if wanted in (label, folded(hit.name)):
        return _EXACT
    if wanted in synonyms:
        return _SYNONYM
    if label.startswith(wanted) or (is_vouched and _begins(synonyms, wanted)):
        return _PREFIX
    if all(_begins(label.split(), word) for word in wanted.split()):
        return _WORD
    if _begins(synonyms, wanted):
        return _OTHER
    is_in_text = all(word in folded(hit.thing.description) for word in wanted.split())
    return _TEXT if is_in_text or hit.why.startswith(("Mentioned", "Tagged", "Kind")) else _TYPO


def _begins(texts: Sequence[str], wanted: str) -> bool:
    return any(text.startswith(wanted) for text in texts)


def _member(member: FoundMember, seen: VisibleModel) -> Match:
    dimension = seen.dimension(member.dimension)[0]
    return Match(
        kind="value", key=f"value:{member.dimension}:{member.value}", label=member.label,
        detail=dimension.label or dimension.name, why=member.why, rank=_OF_MEMBER[member.likeness],
        name=member.dimension, values=(member.value,), thing=dimension,
    )  # fmt: skip


def _periods(text: str, seen: VisibleModel, day: date) -> Iterator[Match]:
    """Yield the period that the whole text names, or else common periods whose names begin with the text."""
    settings = seen.model.settings
    clock = Clock(day, [*MONTHS].index(settings.fiscal_start) + 1, [*WEEK_DAYS].index(settings.week_start))
    wanted = text.casefold()
    begun = [period for period in PERIODS if len(wanted) > 1 and period.startswith(wanted) and period != wanted]
    for name in (wanted, *begun):
        words = [token.word for token in cut(name)]
        read_period = read_days(words, 0, clock)
        if read_period is None or read_period[0] != len(words) or read_period[1].period is None:
            continue
        days = read_period[1]
        shown = calendar_name(days.start, days.end) or describe_range(days.start, days.end)
        yield Match(
            kind="period", key=f"period:{name}", label=upper_first(name), detail=shown,
            rank=_EXACT if name == wanted else _PREFIX, period=days.period,
        )  # fmt: skip


def _saved(question: SavedQuestion, text: str) -> Match:
    name, wanted = folded(question.name), folded(text)
    rank = _EXACT if name == wanted else _PREFIX if name.startswith(wanted) else _WORD
    return Match(
        kind="saved", key=f"saved:{question.id}", label=question.name, detail=question.sentence, rank=rank,
        name=question.id, thing=question,
    )  # fmt: skip


def _labels(reading: Reading, members: Sequence[tuple[str, Value, str]]) -> dict[str, Labels]:
    """Return the labels of the members that a text uses as filters, by dimension."""
    if reading.question is None or reading.question.where is None:
        return {}
    named = {part.dim for part in all_parts(reading.question.where) if isinstance(part, Condition)}
    known: dict[str, dict[str, str]] = {}
    for dimension, value, label in members:
        if dimension in named and not isinstance(value, bool):
            known.setdefault(dimension, {})[str(value)] = label
    return {**known}


def _asked(
    text: str, reading: Reading, found: Sequence[Match], seen: VisibleModel, day: date, known: Mapping[str, Labels]
) -> Match | None:
    """Return the whole text as a question, or None if it's just the name of another match."""
    phrases = [phrase for phrase in reading.understood if phrase.kind != "word"]
    is_name = bool(found) and min(match.rank for match in found) < _TYPO
    if is_name and (len(phrases) < 2 or reading.question is None):
        return None
    return Match(
        kind="ask", key="ask", label=text, detail=read_as(reading, seen, day, known),
        rank=_EXACT if reading.question else _TEXT, query=reading.question,
    )  # fmt: skip


def read_as(reading: Reading, seen: VisibleModel, day: date, known: Mapping[str, Labels] | None = None) -> str:
    """Return in one line how a text was understood, or what wasn't. `known` has members' labels by dimension."""
    if reading.question is not None:
        try:
            return in_words(reading.question, seen, day, known)
        except SemanticError:
            return ""
    if reading.left:
        return f"{_quoted(reading.left)} not understood"
    if reading.asks:
        metrics = {query.metrics for query in reading.asks[0].readings}
        names_metric = any(phrase.kind == "metric" for phrase in reading.understood)
        if len(metrics) > 1 and not names_metric:
            return "Which metric?"
        return f"{_quoted([reading.asks[0].words])} has several meanings"
    return reading.reason


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"\N{LEFT DOUBLE QUOTATION MARK}{word}\N{RIGHT DOUBLE QUOTATION MARK}" for word in words[:3])


def in_words(query: Query, seen: VisibleModel, day: date, known: Mapping[str, Labels] | None = None) -> str:
    """Return a question in one line. Raises SemanticError.

    For example, `Net revenue by channel · Top 3 · Market is Austria · October 2026`.
    """
    asked = plan_question(seen, query, today=day, noted=False).asked
    top = _top_words(query.top, query, seen) if query.top is not None else ""
    parts = [describe_title(asked), top, describe_filters(asked, known or None), period_words(asked)]
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)


def _top_words(top: Top, query: Query, seen: VisibleModel) -> str:
    metric = seen.metric(top.metric)
    by = f" by {lower_first(metric.label or metric.name)}" if query.metrics != (top.metric,) else ""
    return f"Top {top.n:,}{by}{', with Other' if top.other else ''}"


def period_words(asked: Asked) -> str:
    """Return a question's period and comparison in words: `October 2026 vs previous period`."""
    days = asked.days
    last = days.end - timedelta(days=1) if days.end is not None and not days.is_open else None
    words = calendar_name(days.start, last) or describe_range(days.start, last)
    against = ", ".join(describe_comparison(compared) for compared in asked.compared)
    return f"{words} vs {against}" if against else words


def _order(match: Match) -> tuple[int, bool]:
    rank = max(match.rank, _SYNONYM) if match.kind == "value" else match.rank
    return rank, not (isinstance(match.thing, Metric) and is_certified(match.thing))


def _grouped(
    found: Sequence[Match], ask: Match | None, shown: Mapping[Kind, int]
) -> tuple[tuple[str, tuple[Match, ...]], ...]:
    """Return the matches by kind. The kind with the best match comes first.

    The text as a question comes first if it can be asked.
    """
    groups: dict[Kind, list[Match]] = {}
    is_named = any(match.rank <= _PREFIX for match in found)
    for match in found:
        if match.rank < _TEXT or not is_named:
            groups.setdefault(match.kind, []).append(match)
    for matches in groups.values():
        matches.sort(key=_order)  # the sort is stable, so equal matches keep the search's order
    order = sorted(
        groups, key=lambda kind: (max(min(match.rank for match in groups[kind]), _SYNONYM), [*GROUPS].index(kind))
    )
    named = [(GROUPS[kind], tuple(groups[kind][: shown[kind]])) for kind in order if shown[kind]]
    asks = [(GROUPS["ask"], (ask,))] if ask is not None else []
    return tuple([*asks, *named] if ask is not None and ask.query is not None else [*named, *asks])
