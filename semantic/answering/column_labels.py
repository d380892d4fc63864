"""Labels of members that come from another dimension of the same dataset, such as a campaign's name for its ID.

The labels are queried as the person who sees them, so row rules, masks and denied dimensions apply. They are cached for
each version of the data, and shared by people with the same access.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from semantic.errors import AmbiguousPath, EngineFailed, SemanticError
from semantic.model.definitions import TypeKind
from semantic.policy.narrow import VisibleModel
from semantic.query.member_labels import NO_LABELS, Labels, labels_among, member_code
from semantic.query.query import Breakdown, Condition, Operator, Order, Query
from semantic.run.single_flight_cache import SingleFlightCache

MOST_WHOLE = 2_000
"""The most members of a dimension for which all labels are queried. Of more members, only the shown ones are
queried.
"""
MOST_SHOWN = 10_000
"""The most members of an answer whose labels are queried. If there are more, codes are shown instead."""
LETTERS = 200
"""The maximum length of a label, as in the model. Longer names are cut."""
MOST_KEPT, KEPT_SECONDS = 200, 300.0

Rows = Sequence[tuple[object, object]]
"""Pairs of a member and one of its names."""
Ask = Callable[[Query, VisibleModel], Rows]
"""A function that runs a question with two breakdowns and returns their values. Raises SemanticError."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The labels of a dimension that have been read. `is_whole` is false if the dimension has too many members."""

    labels: Labels = field(default_factory=lambda: NO_LABELS)
    is_whole: bool = True


class ColumnLabels:
    """Looks up labels of members, and caches them. Safe to use from several threads."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known = SingleFlightCache[_Known | None](MOST_KEPT, seconds=KEPT_SECONDS)

    def of(self, dimension: str, seen: VisibleModel, values: Iterable[object], version: str | None) -> Labels:
        """Return the labels of these members that the actor of `seen` can see. Empty if they can't be read.

        `version` is the data's version. If it's None, labels that are up to a few minutes old are used.
        """
        if not seen.label_dimension(dimension):
            return NO_LABELS
        codes = {code for value in values if (code := member_code(value)) is not None}
        if not codes:
            return NO_LABELS
        known = self._read(dimension, seen, None, version)
        if known is not None and not known.is_whole:
            known = self._read(dimension, seen, frozenset(codes), version) if len(codes) <= MOST_SHOWN else None
        return labels_among(codes, known.labels) if known is not None else NO_LABELS

    def codes_with(self, text: str, dimension: str, seen: VisibleModel) -> tuple[str, ...]:
        """Return the members whose label contains this text, ignoring case. Empty if they can't be read."""
        name = seen.label_dimension(dimension)
        known = self._read(dimension, seen, None, None) if name and text else None
        if known is None:
            return ()
        if known.is_whole:
            wanted = text.casefold()
            return tuple(code for code, label in known.labels.items() if wanted in label.casefold())
        query = _with(_question(dimension, name, seen), Condition(name, Operator.CONTAINS, (text,)))
        try:
            rows = self._rows(query, dimension, seen)
        except SemanticError:
            return ()
        return tuple(dict.fromkeys(code for value, _ in rows if (code := member_code(value)) is not None))

    def _read(
        self, dimension: str, seen: VisibleModel, codes: frozenset[str] | None, version: str | None
    ) -> _Known | None:
        """Return the labels of the members in `codes`, or of all members if `codes` is None.

        None if the engine failed. That result isn't cached, so the next answer tries again.
        """
        key = (seen.access_key, seen.model.version, dimension, codes, version)
        return self._known.get(key, lambda: self._asked(dimension, seen, codes), keeps=lambda known: known is not None)

    def _asked(self, dimension: str, seen: VisibleModel, codes: frozenset[str] | None) -> _Known | None:
        name = seen.label_dimension(dimension)
        query = _question(dimension, name, seen)
        if codes is not None:
            kind = seen.dimension(dimension)[0].type.kind
            listed = tuple(sorted(codes)) if kind is TypeKind.STRING else tuple(sorted(map(int, codes)))
            query = _with(query, Condition(dimension, Operator.IN, listed), limit=seen.limits.rows)
        try:
            rows = self._rows(query, dimension, seen)
        except EngineFailed:
            return None
        except SemanticError:  # this person can't ask for both together, so members keep their codes
            return _Known()
        if codes is None and query.limit is not None and len(rows) >= query.limit:
            return _Known(is_whole=False)
        written = seen.member_labels(dimension)
        if not seen.may_name_members:  # the model may have a label for a member that row rules hide
            written = labels_among({code for value, _ in rows if (code := member_code(value)) is not None}, written)
        return _Known(labels_of(rows, written))

    def _rows(self, query: Query, dimension: str, seen: VisibleModel) -> Rows:
        """Return the rows of a question for members and their names. Raises SemanticError."""
        try:
            return self._ask(query, seen)
        except AmbiguousPath:  # other datasets have both dimensions too, so a metric decides
            source = next(place.dataset for place in seen.places(dimension) if place.labels_from)
            metric = next((one.name for one in seen.metrics if one.measure.partition(".")[0] == source), "")
            if not metric:
                raise
            return self._ask(replace(query, metrics=(metric,)), seen)


def labels_of(rows: Iterable[tuple[object, object]], written: Labels = NO_LABELS) -> Labels:
    """Return a label for each member that has one.

    `written` has the labels from the model, which take precedence over names from the data.

    A member with several names has the alphabetically last one as its label. If several members have the same name, or
    it's the label or code of another member, the code follows in brackets. A member without a name has no label.

    >>> labels_of([("c1", "Spring"), ("c2", "Spring"), ("c3", "Sale"), ("c3", "Big sale"), ("c4", None)])
    {'c1': 'Spring (c1)', 'c2': 'Spring (c2)', 'c3': 'Sale'}
    """
    names: dict[str, str] = {}
    codes: dict[str, str] = {}
    for value, name in rows:
        code = member_code(value)
        if code is None:
            continue
        codes[code.casefold()] = code
        text = _on_one_line(name) if isinstance(name, str) else ""
        if text and code not in written:
            names[code] = max(names.get(code, ""), text)
    owners = Counter(text.casefold() for text in (*names.values(), *written.values()))
    return {code: written[code] for code in codes.values() if code in written} | {
        code: text if owners[text.casefold()] == 1 and codes.get(text.casefold(), code) == code else f"{text} ({code})"
        for code, text in names.items()
    }


def _on_one_line(name: str) -> str:
    text = " ".join(name.split())
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def _question(dimension: str, name: str, seen: VisibleModel) -> Query:
    """Return the question that lists a dimension's members with their names."""
    limit = min(MOST_WHOLE + 1, seen.limits.rows or MOST_WHOLE + 1)
    return Query(by=(Breakdown(dimension), Breakdown(name)), order=(Order(dimension), Order(name)), limit=limit)


def _with(query: Query, where: Condition, *, limit: int | None = MOST_WHOLE) -> Query:
    return replace(query, where=where, limit=limit)
