"""Find filter values that don't occur in any row, and the closest existing values.

The lookup uses questions by the same actor, so a value that occurs only in hidden rows looks like one that doesn't
exist. If the answer itself shows that the values exist, nothing is looked up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from semantic.errors import counted
from semantic.explore.filter_values import option_question
from semantic.explore.pasted_values import near_values
from semantic.model.definitions import Aggregation, Metric, TypeKind
from semantic.model.model import Model
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.data import column_name
from semantic.query.describe import join_words, lower_first
from semantic.query.member_labels import Labels, label_of, labels_among
from semantic.query.names import own_filter
from semantic.query.query import AllOf, AnyOf, Breakdown, Condition, Filter, NotAny, Operator, Query
from semantic.query.resolve import Asked
from semantic.results.result import Result, UnknownValue

MOST_KNOWN = 2_000
"""The most values of a dimension to read at once. If there are more, the question asks only for the filter's values."""
MOST_SAID, MOST_LETTERS = 3, 60
MOST_LOOKED_UP = 200  # listed values of one filter that are looked up by name
MOST_COUNTED = 12  # metrics of one fact with their own filters


@dataclass(frozen=True, slots=True)
class KnownValues:
    """The text values of a dimension in a metric's rows. `is_whole` is whether the list is complete."""

    values: frozenset[str]
    is_whole: bool


Look = Callable[[Query, str], KnownValues | None]
"""A function that returns the texts in one column of a question's answer, or None if the question can't be asked."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """The text values that a filter lists. `is_needed` is whether every row of the answer has one of them."""

    condition: Condition
    label: str
    values: tuple[str, ...]
    is_needed: bool

    @property
    def breakdown(self) -> Breakdown:
        return Breakdown(self.condition.dim, via=self.condition.via)


def find_unknown(result: Result, asked: Asked, facts: Sequence[str], look: Look) -> tuple[UnknownValue, ...]:
    """Return the listed values that don't occur in any row this actor can see, on any day and with any other filters.

    `facts` are the datasets that the metrics count. Only text is looked up, never masked or personal values.
    """
    found: list[UnknownValue] = []
    for listing in dict.fromkeys(_listed(asked)):
        if not _is_shown(listing, result, is_alone=len(facts) == 1):
            found += _unknown(listing, asked, facts, look)
    return tuple(found)


def _listed(asked: Asked) -> Iterator[_Listed]:
    for part in asked.where:
        for condition, is_needed in _conditions(part, is_needed=True):
            label = _label(condition.dim, asked.visible)
            values = tuple(dict.fromkeys(value for value in condition.values if isinstance(value, str)))
            if label and values:
                yield _Listed(condition, label, values, is_needed)


def _conditions(part: Filter, *, is_needed: bool) -> Iterator[tuple[Condition, bool]]:
    match part:
        case Condition(op=Operator.IN | Operator.NOT_IN):
            yield part, is_needed and part.op is Operator.IN
        case AllOf(parts):
            for inner_part in parts:
                yield from _conditions(inner_part, is_needed=is_needed)
        case AnyOf(parts):
            for inner_part in parts:
                yield from _conditions(inner_part, is_needed=False)
        case NotAny(inner):
            yield from _conditions(inner, is_needed=False)
        case _:
            return


def _label(name: str, seen: VisibleModel) -> str:
    """Return a dimension's label in the form used within a sentence, or "" if its values can't be looked up."""
    places = seen.places(name)
    if not places or seen.mask(name) is not None:
        return ""
    for place in places:
        if place.kind != "categorical" or place.type.kind is not TypeKind.STRING or "personal" in place.tags:
            return ""
    return lower_first(places[0].label)


def _is_shown(listing: _Listed, result: Result, *, is_alone: bool) -> bool:
    """Whether the answer shows that each value exists: as a member, or because the answer has any rows."""
    key = column_name(listing.breakdown)
    if key in {column.name for column in result.keys}:
        members = set(result.table.column(key).to_pylist())
        if members.issuperset(listing.values):
            return True
    if not (is_alone and listing.is_needed and len(listing.condition.values) == 1):
        return False
    own = [column for column in result.values if column.metric is not None and column.calculation is None]
    return any(value for column in own for value in result.table.column(column.name).to_pylist())


def _unknown(listing: _Listed, asked: Asked, facts: Sequence[str], look: Look) -> list[UnknownValue]:
    """Return the listed values that no fact has. Empty if no fact can be queried."""
    known, is_looked = set[str](), False
    left = [*listing.values]
    for metrics in filter(None, (_counting(fact, asked) for fact in facts)):
        query = _question(listing, asked.query, metrics, asked.visible)
        members = look(query, column_name(listing.breakdown))
        if members is None:
            continue
        is_looked = True
        known |= members.values
        left = [value for value in left if value not in known]
        if left and not members.is_whole:
            named = Condition(listing.condition.dim, Operator.IN, tuple(left[:MOST_LOOKED_UP]), listing.condition.via)
            more = look(replace(query, where=named, limit=None, order=()), column_name(listing.breakdown))
            if more is None:
                return []
            left = [value for value in left[:MOST_LOOKED_UP] if value not in more.values]
        if not left:
            return []
    if not is_looked:
        return []
    labels = labels_among(known, asked.visible.member_labels(listing.condition.dim))
    return [_unknown_value(listing, value, known, labels) for value in left]


def _unknown_value(listing: _Listed, value: str, known: Collection[str], labels: Labels) -> UnknownValue:
    """Return an unknown value with the closest existing values, by value or by label."""
    codes = {label: code for code, label in labels.items()}
    near = tuple(dict.fromkeys(codes.get(text, text) for text in near_values(value, {*known, *codes})))
    return UnknownValue(listing.condition, listing.label, value, near, labels_among(near, labels))


def _question(listing: _Listed, query: Query, metrics: tuple[str, ...], seen: VisibleModel) -> Query:
    plain = replace(query, metrics=metrics, time=None, currency=None, rates=None)
    question = option_question(listing.condition.dim, plain, seen, search="", limit=MOST_KNOWN)
    return replace(question, metrics=metrics, by=(listing.breakdown,))


def _counting(fact: str, asked: Asked) -> tuple[str, ...]:
    """Return metrics of a fact that together count at least the rows of the question. Empty if there are none.

    That's one metric without a filter or, if there is none, the question's own metrics and one metric for each filter.
    Most questions about a fact share these metrics, so they also share one lookup.
    """
    seen = asked.visible
    simple = [metric for metric in seen.metrics if metric.is_simple and _is_plain(metric, fact, seen)]
    ranked = sorted(simple, key=lambda each_metric: _rank(each_metric, seen))
    by_filter: dict[str, str] = {}
    for metric in ranked:
        if metric.where is None:
            by_filter.setdefault(metric.filter.text if metric.filter else "", metric.name)
    if "" in by_filter:
        return (by_filter[""],)
    own = [
        simple_part for simple_part in _simple_parts(asked) if measures_of(simple_part, seen.model)[0].dataset == fact
    ]
    if not all(_is_undated(simple_part, seen) for simple_part in own):
        return ()
    return tuple(dict.fromkeys([*[*by_filter.values()][:MOST_COUNTED], *(simple_part.name for simple_part in own)]))


def _simple_parts(asked: Asked) -> list[Metric]:
    """Return the simple metrics that a question's metrics use."""
    waiting, metrics_by_name = [*asked.metrics], dict[str, Metric]()
    while waiting:
        metric = waiting.pop()
        if metric.name not in metrics_by_name:
            metrics_by_name[metric.name] = metric
            waiting += [asked.visible.model.metrics[name] for name in metric.inputs]
    return [metric for metric in metrics_by_name.values() if metric.is_simple]


def _is_plain(metric: Metric, fact: str, seen: VisibleModel) -> bool:
    """Whether a metric counts the rows of `fact` on every day, without converting currencies."""
    measure = measures_of(metric, seen.model)[0]
    return measure.dataset == fact and not measure.currency and _is_undated(metric, seen)


def _is_undated(metric: Metric, seen: VisibleModel) -> bool:
    """Whether a metric counts rows on all days, and can be added up over every dimension."""
    measure = measures_of(metric, seen.model)[0]
    return measure.over_time is None and not measure.within


def _rank(metric: Metric, seen: VisibleModel) -> tuple[bool, str]:
    return measures_of(metric, seen.model)[0].agg not in (Aggregation.COUNT, Aggregation.SUM), metric.name


def unknown_notes(unknown: Sequence[UnknownValue]) -> tuple[str, ...]:
    """Return a sentence for each filter: `No rows for market "de" (closest: DE) or "xx".`"""
    by_filter: dict[Condition, list[UnknownValue]] = {}
    for each_unknown in unknown:
        by_filter.setdefault(each_unknown.condition, []).append(each_unknown)
    return tuple(_sentence(every) for every in by_filter.values())


def unknown_counts(unknown: Sequence[UnknownValue]) -> tuple[str, ...]:
    """Return the same notes without the values, for a reader who didn't choose the filter.

    For example, `No rows for 2 values of market.`
    """
    by_filter = Counter((each_unknown.condition, each_unknown.label) for each_unknown in unknown)
    return tuple(f"No rows for {counted(count, 'value')} of {label}." for (_, label), count in by_filter.items())


def corrected(query: Query, unknown: UnknownValue, value: str, model: Model) -> Query:
    """Return the question with an unknown value replaced by `value`."""
    return replace(query, where=_corrected(query.where, unknown, value, model)) if query.where else query


def _corrected(part: Filter, unknown: UnknownValue, value: str, model: Model) -> Filter:
    match part:
        case Condition() if own_filter(part, model) == unknown.condition:
            values = dict.fromkeys(value if part_value == unknown.value else part_value for part_value in part.values)
            return replace(part, values=tuple(values))
        case AllOf(parts) | AnyOf(parts):
            return type(part)(tuple(_corrected(inner_part, unknown, value, model) for inner_part in parts))
        case NotAny(inner):
            return NotAny(_corrected(inner, unknown, value, model))
        case _:
            return part


def _sentence(every: Sequence[UnknownValue]) -> str:
    words = [f'"{_seen(unknown.value)}"{_closest(unknown)}' for unknown in every[:MOST_SAID]]
    if len(every) > MOST_SAID:
        words.append(f"{len(every) - MOST_SAID:,} more of your values")
    return f"No rows for {every[0].label} {join_words(words, 'or')}."


def _closest(unknown: UnknownValue) -> str:
    names = [_seen(label_of(value, unknown.labels) or value) for value in unknown.near]
    return f" (closest: {join_words(names, 'or')})" if names else ""


def _seen(text: str) -> str:
    """Return text from the data in the form used within a sentence: on one line and, if it's long, shortened."""
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return plain if len(plain) <= MOST_LETTERS else plain[: MOST_LETTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"
