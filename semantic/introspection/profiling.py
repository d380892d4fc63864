"""Profile tables within a budget, one statement at a time, so that people's questions go first.

The statements run in the calling thread. Run this in a worker (`Runner.workers.call`), because workers have a low
priority and are shared fairly between people.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

import pyarrow as pa
from sqlglot import exp

from connectors import connect
from connectors import connector as engine
from connectors.connector import Connector, ConnectorError, Limits, Listed
from semantic.errors import Cancelled, EngineFailed, UnknownName
from semantic.interop.column_types import type_text
from semantic.introspection import statements
from semantic.introspection.forms import DATE_FORMS, date_form, forms_of
from semantic.introspection.joins import join_candidates
from semantic.introspection.keys import combination_candidates, single_candidates
from semantic.introspection.kinds import Kind, kind_of
from semantic.introspection.profile import (
    Budget,
    ColumnProfile,
    JoinEvidence,
    KeyEvidence,
    ProfilingProgress,
    TableProfile,
    Value,
)
from semantic.introspection.statements import Source
from semantic.run.execute import translate
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import Dialect, find_dialect

ReportProgress = Callable[[ProfilingProgress], None]

_EXACT_DISTINCT_ROWS: Final = 100_000
_ROWS_WITHOUT_ESTIMATES: Final = 200_000
"""How many rows of a table to read if the engine can't estimate distinct values."""
_ROWS_IN_BLOCKS: Final = 500_000
_COLUMNS_AT_ONCE: Final = 150
_LOOKED_AT: Final = 1_000
_MOST_SAMPLES = 5
_LONGEST_NAME: Final = 200
_MOST_CURRENCIES: Final = 30
_FOR_JOINS: Final = 0.3
"""The share of a budget's time that is reserved for joins."""
_OUT_OF_TIME: Final = "There was no time left for this table. Draft fewer tables at once, or allow more seconds."
_NO_COLUMNS: Final = "None of its columns has a type that a model can use."


class Control:
    """Stops profiling from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._run: engine.Run | None = None
        self._is_cancelled = False

    def cancel(self) -> None:
        """Stop the running statement, and don't start any other."""
        with self._lock:
            self._is_cancelled = True
            run = self._run
        if run is not None:
            run.cancel()

    @contextmanager
    def running(self, run: engine.Run) -> Generator[None]:
        """Register the running statement for `cancel`. Raises Cancelled if `cancel` was already called."""
        with self._lock:
            if self._is_cancelled:
                raise Cancelled("Profiling was cancelled.")
            self._run = run
        try:
            yield
        finally:
            with self._lock:
                self._run = None


@dataclass(slots=True)
class _ProfileRunner:
    """Runs the statements of profiling on one engine, within the time that is left."""

    connector: Connector
    dialect: Dialect
    budget: Budget
    control: Control
    until: float
    share: float = 1.0
    waited: threading.Event = field(default_factory=threading.Event)

    def left(self) -> float:
        return self.until - time.monotonic()

    def rows(self, tree: exp.Select, most: int = 1) -> pa.Table:
        """Return the rows of a statement. Raises ConnectorError and Cancelled."""
        left = self.left()
        if left <= 0:
            raise engine.TimedOut(_OUT_OF_TIME)
        limits = Limits(max_rows=most, timeout_seconds=max(0.5, min(left, self.budget.seconds * self.share)))
        began = time.monotonic()
        run = self.connector.start(render(tree, self.dialect), limits=limits, tag="draft")
        with self.control.running(run):
            table = run.result()
        if self.budget.rest > 0:
            self.waited.wait(min(self.budget.rest * (time.monotonic() - began), max(0.0, self.left())))
        return table

    def one(self, tree: exp.Select) -> Mapping[str, object]:
        """Return the single row of a statement."""
        return self.rows(tree).to_pylist()[0]


def profile_tables(
    connector: Connector,
    dialect: Dialect,
    tables: Sequence[str],
    budget: Budget,
    report: ReportProgress = lambda _: None,
    *,
    connection: str = "",
    control: Control | None = None,
) -> tuple[TableProfile, ...]:
    """Return a profile of each table, in order. A table that can't be read has a `problem`.

    Raises Cancelled, and EngineFailed if the engine's catalogue can't be read.
    """
    seconds = budget.seconds * (1 - _FOR_JOINS)
    asking = _ProfileRunner(connector, dialect, budget, control or Control(), time.monotonic() + seconds)
    try:
        listed = {table.name: table for table in connector.tables()}
    except ConnectorError as error:
        raise translate(error) from error
    profiles: list[TableProfile] = []
    for place, name in enumerate(tables):
        report(ProfilingProgress(name, place, len(tables)))
        asking.share = max(0.2, 2 / max(1, len(tables) - place))  # of the total time, for one statement
        profile = _profile(asking, listed.get(name) or Listed(name, None, is_view=False), connection)
        profiles.append(profile)
        report(ProfilingProgress(name, place + 1, len(tables), profile.problem))
    return tuple(profiles)


def _profile(asking: _ProfileRunner, listed: Listed, connection: str) -> TableProfile:
    empty = TableProfile(listed.name, connection, is_view=listed.is_view, read_on=datetime.now(UTC).date())
    try:
        if asking.left() <= 0:
            return replace(empty, problem=_OUT_OF_TIME)
        found = asking.connector.columns(listed.name)
        types = {name: type_text(data_type) for name, data_type in found.items()}
        names = [name for name, text in types.items() if text is not None and len(name) <= _LONGEST_NAME]
        names = names[: asking.budget.columns]
        columns = [(name, types[name] or "string") for name in names]
        left_out = tuple(name for name in types if name not in set(names))
        if not columns:
            return replace(empty, left_out=left_out, problem=_NO_COLUMNS)
        source, rows = _source(asking, listed)
        return _read(asking, replace(empty, left_out=left_out), source, rows, columns)
    except engine.Cancelled as error:
        raise translate(error) from error
    except engine.TimedOut:
        return replace(empty, problem=_OUT_OF_TIME)
    except ConnectorError as error:
        return replace(empty, problem=str(error))


def _source(asking: _ProfileRunner, listed: Listed) -> tuple[Source, int]:
    """Return which rows of a table to read, and its number of rows, estimated if possible."""
    source = Source(listed.name, asking.dialect)
    rows = listed.rows
    if rows is None:
        try:
            estimate = asking.connector.estimate(render(statements.every_row(source), asking.dialect))
            rows = estimate.rows if estimate is not None else None
        except ConnectorError:
            rows = None
    if rows is None:
        rows = _whole(asking.one(statements.row_count(source))["n"])
    most = asking.budget.rows
    if asking.dialect.distinct_estimated.startswith("COUNT"):
        most = min(most, _ROWS_WITHOUT_ESTIMATES)
    if rows <= most:
        return source, rows
    if listed.is_view and asking.dialect.name == "postgres":  # which samples only tables
        return replace(source, most_rows=most), rows
    return replace(source, percent=100.0 * most / rows, by_block=rows >= _ROWS_IN_BLOCKS), rows


def _read(
    asking: _ProfileRunner, profile: TableProfile, source: Source, rows: int, columns: Sequence[tuple[str, str]]
) -> TableProfile:
    counts: dict[str, ColumnProfile] = {}
    read_rows = 0
    exact = not source.is_sampled and rows <= _EXACT_DISTINCT_ROWS
    for begin in range(0, len(columns), _COLUMNS_AT_ONCE):
        part = columns[begin : begin + _COLUMNS_AT_ONCE]
        row = asking.one(statements.column_counts(source, part, exact=exact))
        read_rows = _whole(row["n"])
        counts |= {name: _counted(row, place, name, text, exact) for place, (name, text) in enumerate(part)}
    looked = _looked_at(asking, source, list(counts.values()), read_rows, is_view=profile.is_view)
    looked = [_with_more(asking, source, column, read_rows) for column in looked]
    profile = replace(
        profile,
        rows=rows if source.is_sampled else read_rows,
        is_sampled=source.is_sampled,
        read_rows=read_rows,
        columns=tuple(looked),
    )
    return replace(profile, keys=_keys(asking, profile, source)) if read_rows else profile


def _counted(row: Mapping[str, object], place: int, name: str, text: str, exact: bool) -> ColumnProfile:
    rows, known = _whole(row["n"]), _whole(row[f"k{place}"])
    return ColumnProfile(
        name=name,
        type=text,
        null_share=1 - known / rows if rows else 0.0,
        distinct=min(known, _whole(row[f"d{place}"])),
        is_exact=exact,
        minimum=_value(row.get(f"a{place}")),
        maximum=_value(row.get(f"z{place}")),
    )


def _looked_at(
    asking: _ProfileRunner, source: Source, columns: Sequence[ColumnProfile], rows: int, *, is_view: bool
) -> list[ColumnProfile]:
    """Return the columns with samples, lengths and formats from a sample of rows spread over the table."""
    few = source
    if not source.is_sampled and rows > 2 * _LOOKED_AT and not (is_view and asking.dialect.name == "postgres"):
        few = replace(source, percent=120.0 * _LOOKED_AT / rows)
    names = [column.name for column in columns]
    table = asking.rows(statements.some_rows(few, names, _LOOKED_AT), _LOOKED_AT)
    return [_with_samples(column, table.column(place).to_pylist()) for place, column in enumerate(columns)]


def _with_samples(column: ColumnProfile, values: Sequence[object]) -> ColumnProfile:
    known = [value for value in map(_value, values) if value is not None]
    samples = tuple(dict.fromkeys(known))[:_MOST_SAMPLES]
    if column.type != "string":
        return replace(column, samples=samples)
    texts = [str(value) for value in known]
    lengths = (sum(map(len, texts)) / len(texts), max(map(len, texts))) if texts else (0.0, 0)
    return replace(column, samples=samples, lengths=lengths, forms=forms_of(texts) if texts else {})


def _with_more(asking: _ProfileRunner, source: Source, column: ColumnProfile, rows: int) -> ColumnProfile:
    """Return a column with what only some columns need: the values of currencies, and texts that aren't dates."""
    kind = kind_of(column, rows)
    if kind is Kind.CURRENCY or (column.forms.get("currency", 0) >= 0.9 and column.distinct <= _MOST_CURRENCIES):
        table = asking.rows(statements.value_counts(source, column.name, _MOST_CURRENCIES), _MOST_CURRENCIES)
        pairs = [(row["v"], row["n"]) for row in table.to_pylist() if row["v"] is not None]
        return replace(column, counts=tuple((str(value), int(count)) for value, count in pairs))
    if kind is Kind.TEXT_DATE:
        pattern = DATE_FORMS[date_form(column.forms)].pattern
        unfit = asking.one(statements.unfit_count(source, column.name, pattern))["u"]
        return replace(column, unfit=_whole(unfit))
    return column


def _keys(asking: _ProfileRunner, profile: TableProfile, source: Source) -> tuple[KeyEvidence, ...]:
    """Return how well columns identify a row, for keys and near keys.

    All rows are counted unless there are too many.
    """
    whole = source if not source.is_sampled or profile.rows > asking.budget.exact_rows else source.whole()
    exact = not whole.is_sampled
    names = single_candidates(profile.table, profile.columns, profile.read_rows)
    keys: list[KeyEvidence] = []
    if names:
        row = asking.one(statements.key_counts(whole, names))
        rows = _whole(row["n"])
        for place, name in enumerate(names):
            known, distinct = _whole(row[f"k{place}"]), _whole(row[f"d{place}"])
            keys.append(KeyEvidence((name,), rows, distinct, rows - known, is_exact=exact))
    if any(key.is_unique and not key.missing for key in keys):
        return tuple(keys)
    try:
        return (*keys, *_combinations(asking, profile, whole))
    except engine.TimedOut:
        return tuple(keys)


def _combinations(asking: _ProfileRunner, profile: TableProfile, source: Source) -> Iterator[KeyEvidence]:
    """Yield unique combinations of as few columns as possible, and the best combination of each size."""
    size = 0
    for names in combination_candidates(profile.table, profile.columns, profile.read_rows):
        if size and len(names) > size:
            return
        known = asking.one(statements.known_count(source, names))
        rows, complete = _whole(known["n"]), _whole(known["k"])
        distinct = _whole(asking.one(statements.combination_count(source, names))["d"])
        key = KeyEvidence(names, rows, distinct, rows - complete, is_exact=not source.is_sampled)
        if key.is_unique:
            if not key.missing:
                size = len(names)
            yield key


def profile_joins(
    connector: Connector,
    dialect: Dialect,
    profiles: Sequence[TableProfile],
    budget: Budget,
    report: ReportProgress = lambda _: None,
    *,
    control: Control | None = None,
) -> tuple[JoinEvidence, ...]:
    """Return how well columns match the keys that they could refer to. Raises Cancelled.

    A comparison that fails or takes too long is left out, so its join isn't proven.
    """
    seconds = budget.seconds * _FOR_JOINS
    asking = _ProfileRunner(connector, dialect, budget, control or Control(), time.monotonic() + seconds)
    by_name = {profile.table: profile for profile in profiles}
    candidates = join_candidates(profiles)
    found: list[JoinEvidence] = []
    for place, candidate in enumerate(candidates):
        report(ProfilingProgress(candidate.table, place, len(candidates)))
        here, there = by_name[candidate.table], by_name[candidate.target]
        source = Source(here.table, dialect)
        if here.rows > budget.rows and not (here.is_view and dialect.name == "postgres"):
            by_block = here.rows >= _ROWS_IN_BLOCKS
            source = replace(source, percent=100.0 * budget.rows / here.rows, by_block=by_block)
        elif here.rows > budget.rows:
            source = replace(source, most_rows=budget.rows)
        target = Source(there.table, dialect)
        try:
            row = asking.one(statements.match_counts(source, candidate.columns, target, candidate.target_columns))
        except engine.Cancelled as error:
            raise translate(error) from error
        except ConnectorError:
            continue
        evidence = JoinEvidence(
            candidate.table,
            candidate.columns,
            candidate.target,
            candidate.target_columns,
            _whole(row["n"]),
            _whole(row["m"]),
            is_exact=not source.is_sampled,
        )
        found.append(evidence)
    return tuple(found)


def _whole(value: object) -> int:
    """Return a count from the engine as an integer."""
    if not isinstance(value, int | float | Decimal):
        raise EngineFailed("The engine counted rows in an unexpected way.")
    return int(value)


def _value(value: object) -> Value | None:
    """Return a value that a profile can show, or None for any other value, including NaN."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value[:_LONGEST_NAME]
    return value if isinstance(value, bool | int | float | Decimal | date) else None


def profile_at(
    url: str, tables: Sequence[str], budget: Budget, report: ReportProgress = lambda _: None
) -> tuple[tuple[TableProfile, ...], tuple[JoinEvidence, ...]]:
    """Return profiles of these tables at `url`, or of all its tables, and how well their columns match keys.

    Raises UnknownName for a table that doesn't exist, and EngineFailed.
    """
    try:
        connector = connect(url)
    except ConnectorError as error:
        raise translate(error) from error
    try:
        dialect = find_dialect(connector.dialect)
        names = chosen_tables([table.name for table in connector.tables()], tables)
        profiles = profile_tables(connector, dialect, names, budget, report)
        return profiles, profile_joins(connector, dialect, profiles, budget, report)
    except ConnectorError as error:
        raise translate(error) from error
    finally:
        connector.close()


def chosen_tables(listed: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the listed tables that are in `wanted`, or all of them if that's empty. Raises UnknownName."""
    by_lower = {name.lower(): name for name in listed}
    found: list[str] = []
    for name in wanted:
        if (known := name if name in listed else by_lower.get(name.lower())) is None:
            raise UnknownName(name, listed, kind="table")
        found.append(known)
    return tuple(dict.fromkeys(found)) if wanted else tuple(listed)
