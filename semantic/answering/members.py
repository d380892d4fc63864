"""Look up members of dimensions for a question's filters and answers.

This gives values to choose from, their labels, and notes on filter values that no row has. Everything is looked up with
smaller questions by the same actor, so row rules, masks and denied dimensions apply.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Protocol

import pyarrow as pa

from semantic.answering.column_labels import ColumnLabels
from semantic.answering.pending import Pending
from semantic.audit_trail.recorder import Recorder
from semantic.compile import Compiled
from semantic.errors import MissingRate, SemanticError, TooExpensive
from semantic.explore.filter_values import OPTION_LIMIT, option_question
from semantic.explore.unknown_values import KnownValues, find_unknown, unknown_notes
from semantic.model.definitions import Granularity, TypeKind
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_filters
from semantic.query.filter_parts import parts_of, values_listed
from semantic.query.member_labels import NO_LABELS, Labels, labels_among, member_code
from semantic.query.query import Condition, Last, Operator, Order, Query
from semantic.results.result import Result, members_of
from semantic.run.single_flight_cache import SingleFlightCache

MOST_VALUES = 200  # breakdowns whose values are kept
VALUES_SECONDS = 300.0
ReadRows = Callable[[Query, Actor, date], pa.Table]
"""A function that returns the rows of a question, without recording it. Raises SemanticError."""


class MembersWorkspace(Protocol):
    """The parts of the workspace that are needed to look up members."""

    recorder: Recorder | None

    @property
    def members(self) -> Members: ...

    def at(self, query: Query) -> MembersWorkspace: ...

    def visible(self, actor: Actor) -> VisibleModel: ...

    def start(self, query: Query, actor: Actor) -> Pending: ...

    def today(self) -> date: ...


class Members:
    """Looks up members in the data of one workspace, and caches them. Safe to use from several threads."""

    def __init__(self, workspace: MembersWorkspace, read_rows: ReadRows) -> None:
        self._workspace, self._read_rows = workspace, read_rows
        self._values = SingleFlightCache[KnownValues | None](MOST_VALUES, seconds=VALUES_SECONDS)
        self._column_labels = ColumnLabels(self._name_rows)

    def values(
        self, dimension: str, query: Query, actor: Actor, *, search: str = "", limit: int = OPTION_LIMIT
    ) -> tuple[list[object], bool]:
        """Return a dimension's values in the rows of the question's metrics, and whether there are more values.

        The most used values come first. Includes only values that this actor can see. None stands for "(none)".
        `search` only finds text. Raises SemanticError.
        """
        seen = self._workspace.visible(actor)
        codes = self._column_labels.codes_with(search.strip(), dimension, seen)
        question = option_question(dimension, query, seen, search=search, limit=limit, codes=codes)
        try:
            result = self._workspace.start(question, actor).unrecorded()
        except TooExpensive as error:
            if error.what != "days":
                raise
            shorter = replace(question, time=Last(error.most, Granularity.DAY))
            result = self._workspace.start(shorter, actor).unrecorded()
        except MissingRate:  # ask without the amount that can't be converted
            plain = replace(question, metrics=(), order=(Order(dimension),), currency=None, rates=None)
            result = self._workspace.start(plain, actor).unrecorded()
        if self._workspace.recorder is not None:
            self._workspace.recorder.offered(dimension, search.strip(), result, actor)
        values = list(dict.fromkeys(result.table.column(dimension).to_pylist()))
        return values[:limit], len(values) > limit

    def labels(
        self, dimensions: Iterable[str], query: Query, actor: Actor, values: Iterable[object] = ()
    ) -> dict[str, Labels]:
        """Return, for each dimension, labels of the members in a question's filters that this actor can see.

        If row rules could hide members, only members that occur in rows of the question's metrics, on any day, have a
        label. These are looked up once every few minutes at most. If the lookup fails, no member has a label. Labels
        that come from another dimension are looked up for the members in filters and for `values`.
        """
        known: dict[str, Labels] = {}
        for name in dimensions:
            with contextlib.suppress(SemanticError):
                if labels := self._labels_seen(name, query, actor, values):
                    known[name] = labels
        return known

    def _labels_seen(self, dimension: str, query: Query, actor: Actor, values: Iterable[object]) -> Labels:
        seen = self._workspace.visible(actor)
        labels, has_source = seen.member_labels(dimension), bool(seen.label_dimension(dimension))
        if not has_source and (not labels or seen.may_name_members):
            return labels
        if (home := self._workspace.at(query)) is not self._workspace:
            return home.members._labels_seen(dimension, query, actor, values)
        if has_source:
            return self._column_labels.of(dimension, seen, [*values, *values_listed(query.where, dimension)], None)
        days = Last(seen.limits.days, Granularity.DAY) if seen.limits.days else None
        plain = Query(metrics=query.metrics, time=days, currency=query.currency, rates=query.rates)
        question = option_question(dimension, plain, seen, search="", limit=len(labels))
        kind = seen.dimension(dimension)[0].type.kind
        codes = tuple(labels) if kind is TypeKind.STRING else tuple(map(int, labels))
        question = replace(question, where=Condition(dimension, Operator.IN, codes))
        found = self._values.get(
            ("labels", seen.access_key, repr(question)),
            lambda: self._known_values(question, dimension, self._workspace.today(), seen),
            keeps=lambda one: one is not None,
        )
        return labels_among(found.values, labels) if found is not None else NO_LABELS

    def with_unknown(self, result: Result, compiled: Compiled, seen: VisibleModel) -> Result:
        """Return the answer with notes on filter values that don't occur in any row.

        Smaller questions by the same actor find the existing values. They run only if the answer itself doesn't show
        that the values exist. Their results are cached for each version of the data and shared by all actors with the
        same policies.
        """
        result = self._with_column_labels(result, compiled, seen)
        if seen.made or not compiled.asked.where:
            return result

        def look(query: Query, column: str) -> KnownValues | None:
            return self._values.get(
                (seen.access_key, repr(query), result.data_version),
                lambda: self._known_values(query, column, compiled.asked.today, seen),
                keeps=lambda values: values is not None,
            )

        facts = list(dict.fromkeys(leg.dataset.name for leg in compiled.plan.legs))
        unknown = find_unknown(result, compiled.asked, facts, look)
        result = self._with_names(result, compiled, seen)
        return replace(result, unknown=unknown, notes=(*unknown_notes(unknown), *result.notes)) if unknown else result

    def _with_column_labels(self, result: Result, compiled: Compiled, seen: VisibleModel) -> Result:
        """Return the result with labels that come from another dimension."""
        found: dict[str, Labels] = {}
        for column, dimension in members_of(compiled.asked.keys).items():
            if seen.label_dimension(dimension):
                values = result.table.column(column).unique().to_pylist()
                found[column] = self._column_labels.of(dimension, seen, values, result.data_version)
        if not any(found.values()):
            return result
        columns = tuple(replace(one, labels=found.get(one.name) or one.labels) for one in result.columns)
        return replace(result, columns=columns)

    def _name_rows(self, query: Query, seen: VisibleModel) -> list[tuple[object, object]]:
        table = self._read_rows(query, seen.actor, self._workspace.today())
        members, names = (table.column(breakdown.dim).to_pylist() for breakdown in query.by)
        return list(zip(members, names, strict=True))

    def _with_names(self, result: Result, compiled: Compiled, seen: VisibleModel) -> Result:
        """Return the result with its filters in words, with labels of members that this actor can see."""
        asked = compiled.asked
        listed = [one for part in asked.where for one in parts_of(part) if isinstance(one, Condition)]
        if seen.may_name_members and not any(seen.label_dimension(one.dim) for one in listed):
            return result
        known = self.labels(dict.fromkeys(one.dim for one in listed), asked.query, seen.actor)
        return replace(result, filters=describe_filters(asked, known)) if known else result

    def _known_values(self, query: Query, column: str, day: date, seen: VisibleModel) -> KnownValues | None:
        """Return a breakdown's text values in the rows that an actor can see, or None if they can't be read."""
        try:
            table = self._read_rows(query, seen.actor, day)
        except SemanticError:
            return None
        values = frozenset(
            code for value in table.column(column).to_pylist() if (code := member_code(value)) is not None
        )
        return KnownValues(values, is_whole=query.limit is None or table.num_rows < query.limit)
